"""Ledger of findings: a repetition adds to ``count``, ``last_time`` and evidence of the first one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from sensor.catalogue import Message
from sensor.memory import DEFAULT_BUDGET
from sensor.model import Endpoint, Finding, Severity

FINDINGS = DEFAULT_BUDGET.findings
"""Different findings of one run: far more than a person can read. Beyond it a severe one takes the place of a slight
one, and one of a device with few findings that of one with most; both are counted.
"""

RANKED = 64
"""Findings without room after which it is looked again which device has most."""

SIBLINGS = 32
"""Findings kept that differ in their secret alone: a token made anew for each request is one story, told with examples.
"""

FRAMES = 32
"""Frames kept as evidence of one finding: the first ones, which are enough to check it."""


LISTS = ("values", "resources")
"""Parts of ``detail`` that grow when a finding is seen again."""

LISTED = 16
"""Entries kept of such a list: examples, as many as a person reads."""


class Refound(NamedTuple):
    """A finding as it was added once, so that it can be added again: ``known`` is the one it was folded into.
    ``more``: it differs in its secret alone from more than are kept.
    """

    known: Finding
    more: bool
    bytes: int | None
    accepted: bool | None
    basis: str | None
    message: Message
    severity: Severity


class Ledger:
    """All findings of a run in the order they were first seen."""

    def __init__(self, most: int = FINDINGS) -> None:
        self.overflow = 0
        """Findings that found no room or lost it."""
        self._most = most
        self._by_device: dict[str | None, list[list[Finding]]] = {}
        """Device -> severity -> its findings, in order."""
        self._most_of: str | None = None
        """The device with most findings, as of the last look."""
        self.decrypted: set[tuple[Endpoint | None, Endpoint | None]] = set()
        """Ends of connections that were read with secrets from a key log."""
        self.added: list[Refound] | None = None
        """Where somebody notes what is added."""
        self._by_identity: dict[tuple[object, ...], Finding] = {}
        self._families: dict[tuple[object, ...], list[Finding]] = {}

    def __len__(self) -> int:
        return len(self._by_identity)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._by_identity.values())

    @property
    def is_full(self) -> bool:
        """Whether no new one is taken in."""
        return len(self._by_identity) >= self._most

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Take findings in."""
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take one in, or fold it into the one that says the same."""
        if (finding.client, finding.server) in self.decrypted and not finding.rule.startswith("tls."):
            finding = _decrypted(finding)
        known, more = self._by_identity.get(finding.identity), False
        if known is None:
            if self.is_full:
                self.overflow += 1
                if not self._make_room(finding):
                    return
            family = self._families.setdefault(finding.identity[:-1], []) if finding.has_secret else None
            more = family is not None and len(family) >= SIBLINGS
            if family is not None and more:
                known = family[-1]
            else:
                self._by_identity[finding.identity] = finding
                by_severity = self._by_device.setdefault(finding.device, [[] for _ in Severity])
                by_severity[finding.severity].append(finding)
                if family is not None:
                    family.append(finding)
        detail = finding.detail
        amount = detail.get("bytes")
        again = Refound(
            known or finding, more, amount, detail.get("accepted"), detail.get("basis"), finding.message,
            finding.severity,
        )  # fmt: skip
        if known is not None:
            self._fold(again, finding.time, finding.last_time, finding.frames)
            if "served" in known.detail and "served" not in detail and not more:
                # A cookie that was set and is sent now: a login from here on.
                known.detail.pop("served")
                known.message, known.provisions = finding.message, finding.provisions
            for name in LISTS:
                if name in detail and name in known.detail:
                    known.detail[name] = list(dict.fromkeys([*known.detail[name], *detail[name]]))[:LISTED]
        if self.added is not None:
            self.added.append(again)

    def _make_room(self, finding: Finding) -> bool:
        """Give up the newest of the slightest findings of the device that has most, if this one is worth more: more
        severe, or of a device that has fewer."""
        if self.overflow % RANKED == 1:
            self._most_of = max(self._by_device, key=self._size, default=None)
        crowd = self._by_device.get(self._most_of)
        if crowd is None:
            return False
        for severity, found in zip(Severity, crowd, strict=True):
            for moved in [one for one in found[-1:] if one.severity is not severity]:
                found.remove(moved)  # it was found to matter more, or less
                crowd[moved.severity].append(moved)
            if found:
                fewer = self._size(finding.device) + 1 < self._size(self._most_of)
                if finding.severity > severity or (finding.severity == severity and fewer):
                    self._give_up(found.pop())
                    return True
                return False
        return False

    def _size(self, device: str | None) -> int:
        return sum(map(len, self._by_device.get(device, ())))

    def _give_up(self, victim: Finding) -> None:
        del self._by_identity[victim.identity]
        family = self._families.get(victim.identity[:-1])
        if family is not None and victim in family:
            family.remove(victim)

    def add_again(self, again: Refound, time: int, frames: tuple[int, ...]) -> None:
        """Count what was added before, seen again in ``frames``."""
        self._fold(again, time, time, frames)

    @staticmethod
    def only_counts(again: Refound) -> bool:
        """Whether adding it again changes nothing but counts and times."""
        known = again.known
        return len(known.frames) >= FRAMES and (again.accepted is None or known.detail.get("accepted") is True)

    @staticmethod
    def count_again(again: Refound, time: int) -> None:
        """Count what was added before, seen again, where that is all (`only_counts`)."""
        known = again.known
        known.count += 1
        if time < known.time:
            known.time = time
        if time > known.last_time:
            known.last_time = time
        if again.more:
            known.detail["more_secrets"] = known.detail.get("more_secrets", 0) + 1
        if again.bytes is not None and "bytes" in known.detail:
            known.detail["bytes"] += again.bytes

    @staticmethod
    def _fold(again: Refound, time: int, last_time: int, frames: tuple[int, ...]) -> None:
        Ledger.count_again(again, time)
        known = again.known
        detail = known.detail
        if last_time > known.last_time:
            known.last_time = last_time
        if len(known.frames) < FRAMES:
            known.frames = tuple(dict.fromkeys(known.frames + frames))[:FRAMES]
        # A repeat may know what the first did not: that the login was accepted.
        if again.accepted is not None and detail.get("accepted") is not True:
            detail.update(accepted=again.accepted, basis=again.basis)
            known.message, known.severity = again.message, again.severity


DECRYPTED = "decrypted."
"""Begins the rule of what was not in the clear on the wire: it accuses nobody and decides no verdict."""


def _decrypted(finding: Finding) -> Finding:
    """The finding as what secrets from a key log showed."""
    if finding.rule.startswith(DECRYPTED):
        return finding
    return replace(
        finding,
        rule=DECRYPTED + finding.rule,
        severity=Severity.INFO,
        capability=None,
        provisions=(),
        message=Message("decrypted"),
        detail={**finding.detail, "decrypted": True},
        identity=(DECRYPTED, *finding.identity),
    )


MADE_ANEW = 4
"""Tokens under one name, each sent once, from which they are one value that a device makes anew for each request."""


def join_fresh_tokens(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, with tokens that a device makes anew for each request as one of them, at most a challenge.

    None of these lets anybody in later, as far as is seen. Nothing that was passed is changed.
    """
    listed = list(findings)
    families: dict[tuple[object, ...], list[Finding]] = {}
    for finding in listed:
        if _is_token_sent(finding):
            # What a device serves is sent by one client: each of several has a token of its own.
            sender = finding.client.address if finding.role == "server" and finding.client else None
            families.setdefault((sender, *finding.identity[:-1]), []).append(finding)
    joined: dict[int, Finding | None] = {}
    for family in families.values():
        if len(family) >= MADE_ANEW and all(_is_sent_once(one) for one in family):
            joined |= dict.fromkeys(map(id, family))
            joined[id(family[0])] = _joined(family)
    return [one for finding in listed if (one := joined.get(id(finding), finding)) is not None]


def _is_token_sent(finding: Finding) -> bool:
    detail = finding.detail
    sent = finding.rule == "credential.cleartext" and finding.role is not None and "served" not in detail
    # A path has no name for its token: those of different services would be taken for one.
    return sent and detail.get("mechanism") == "token" and detail.get("scheme") != "path"


def _is_sent_once(finding: Finding) -> bool:
    """Whether nothing shows that the service takes the token, be it again."""
    once = finding.count - int(finding.detail.get("more_secrets", 0)) == 1
    return once and finding.detail.get("accepted") is not True


def _joined(family: list[Finding]) -> Finding:
    first, count = family[0], sum(one.count for one in family)
    return replace(
        first,
        rule="credential.challenge",
        severity=min(first.severity, Severity.LOW),
        message=Message("login.made_anew", first.message.parameters),
        count=count,
        time=min(one.time for one in family),
        last_time=max(one.last_time for one in family),
        frames=tuple(dict.fromkeys(frame for one in family for frame in one.frames))[:FRAMES],
        detail={**first.detail, "made_anew": True, "more_secrets": count - 1},
    )


def finding_id(run: str, finding: Finding) -> str:
    """12 hex digits, the same for the same capture: of what was seen where first, never of a secret."""
    detail = finding.detail
    parts = (
        run,
        finding.rule,
        str(finding.client),
        str(finding.server),
        finding.protocol,
        finding.frames,
        detail.get("mechanism"),
        detail.get("name"),
    )
    return hashlib.sha256(repr((*parts, detail.get("content"), finding.time)).encode()).hexdigest()[:12]
