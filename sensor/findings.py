"""Ledger of findings: a repetition adds to ``count``, ``last_time`` and evidence of the first one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.model import Endpoint, Finding, Severity

FINDINGS = 50_000
"""Different findings kept in one run: far more than a person can read; an attacker's inventions end here and are
counted.
"""

SIBLINGS = 32
"""Findings kept that differ in their secret alone: a token made anew for each request is one story, told with examples.
"""

FRAMES = 32
"""Frames kept as evidence of one finding: the first ones, which are enough to check it."""


LISTS = ("values", "resources")
"""Parts of ``detail`` that grow when a finding is seen again."""

LISTED = 16
"""Entries kept of such a list: examples, as many as a person reads."""


class Ledger:
    """All findings of a run in the order they were first seen."""

    def __init__(self) -> None:
        self.overflow = 0
        self.decrypted: set[tuple[Endpoint | None, Endpoint | None]] = set()
        """Ends of connections that were read with secrets from a key log."""
        self._by_identity: dict[tuple[object, ...], Finding] = {}
        self._families: dict[tuple[object, ...], list[Finding]] = {}

    def __len__(self) -> int:
        return len(self._by_identity)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._by_identity.values())

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Take findings in."""
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take one in, or fold it into the one that says the same."""
        if (finding.client, finding.server) in self.decrypted and not finding.rule.startswith("tls."):
            finding = _decrypted(finding)
        known = self._by_identity.get(finding.identity)
        if known is not None:
            self._fold(known, finding)
        elif len(self._by_identity) >= FINDINGS:
            self.overflow += 1
        elif not finding.has_secret:
            self._by_identity[finding.identity] = finding
        else:
            family = self._families.setdefault(finding.identity[:-1], [])
            if len(family) < SIBLINGS:
                family.append(finding)
                self._by_identity[finding.identity] = finding
            else:
                last = family[-1]
                last.detail["more_secrets"] = last.detail.get("more_secrets", 0) + 1
                self._fold(last, finding)

    @staticmethod
    def _fold(known: Finding, again: Finding) -> None:
        known.count += 1
        known.time = min(known.time, again.time)
        known.last_time = max(known.last_time, again.last_time)
        if len(known.frames) < FRAMES:
            known.frames = tuple(dict.fromkeys(known.frames + again.frames))[:FRAMES]
        if "bytes" in again.detail and "bytes" in known.detail:
            known.detail["bytes"] += again.detail["bytes"]
        for name in LISTS:
            if name in again.detail and name in known.detail:
                known.detail[name] = list(dict.fromkeys([*known.detail[name], *again.detail[name]]))[:LISTED]
        # A repeat may know what the first did not: that the login was accepted.
        if known.detail.get("accepted") is not True and again.detail.get("accepted") is not None:
            known.detail.update(accepted=again.detail["accepted"], basis=again.detail.get("basis"))
            known.summary, known.severity = again.summary, again.severity


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
        summary="Inside an encrypted connection, read with its keys: it was not in the clear on the wire.",
        advice="Nothing to do: it shows what the encryption protects.",
        detail={**finding.detail, "decrypted": True},
        identity=(DECRYPTED, *finding.identity),
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
