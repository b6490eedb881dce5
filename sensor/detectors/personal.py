"""Personal data that crossed readable: ``personal.<category>``, without the value itself."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.catalogue import Message
from sensor.detectors._content import is_binary, is_code
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.events import Attribute, Content, Event, Login, Lookup, Transfer
from sensor.lazy_pattern import expression
from sensor.model import Capability, Finding, Flow, Observation, OnRepeat, Secret, Severity, Side
from sensor.parsing.registry import facts
from sensor.personal_data.exif import gps_position, xmp
from sensor.personal_data.finder import find
from sensor.personal_data.shapes import PersonalItem

SENSITIVE = frozenset({"location", "health", "credit_card", "photo"})
"""Sensitive categories (EN 303 645 5.8-2, and common law): a person's place, body and money."""

IDENTIFIERS = frozenset({"mac", "serial", "uuid", "imei"})
"""Categories that name a thing, and a person only together with something else: a note."""

HEX = expression(r"[^0-9a-f]")

MAX_SEARCHED = 256 * 1024
"""Bytes searched of an object that a device sent: all that is stored of it."""

MAX_SEARCHED_FOREIGN = 64 * 1024
"""Bytes searched of an object from outside: the beginning of a page, the whole of an answer."""

FLOW_BUDGET = 16 * 1024 * 1024
"""Bytes searched of one flow: after so many messages the next one adds nothing."""

MAX_FLOWS = 8192
"""Flows whose budget is remembered at a time."""

SMALL_DATA = 4096
"""Bytes up to which results are cached: headers and log lines repeat."""

MAX_CACHED = 512
"""Results cached."""

PAGE_TYPES = ("text/html", "application/xhtml", "text/x-")
"""Media types of published content: names of people in it are meant to be read by all."""

PAGE_BEGINNING = expression(
    rb"\s{0,64}(?:<!doctype html|<html|<head|<script|<!--|<style|function\b|\(function|var |/\*|//)", re.I
)
"""Beginning of published content without a declared type."""

TYPED_FIELDS = frozenset(
    {
        "rtcp.email",
        "rtcp.phone",
        "rtcp.location",
        "rtcp.name",
        "rtcp.note",
        "snmp.syscontact",
        "snmp.syslocation",
        "irc.realname",
        "rfb.name",
    }
)
"""Attributes that a person may have typed.

Names and numbers that devices announce belong to ``exposure.disclosure``.
"""

LOGIN_NAME_FIELDS = (".user", "eapol.identity")
"""Suffixes of attributes with a login's name."""

FIELD_NAME = expression(r"[A-Za-z0-9_.\-\[\]$ ]{1,64}")


class Personal(Detector):
    """``personal.*``."""

    EVENTS = (Transfer, Content, Attribute, Lookup, Login)
    SEARCHES_PERSONAL_DATA = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._searched: OrderedDict[int, int] = OrderedDict()
        self._cached: OrderedDict[tuple[bool, bytes], list[PersonalItem]] = OrderedDict()

    def hears_field(self, field: str) -> bool:
        """By its name alone."""
        return field in TYPED_FIELDS or field.endswith(LOGIN_NAME_FIELDS)

    def on_repeat(self, event: Event) -> OnRepeat:
        """What is found follows from the event and its ends; nothing is in most names and their addresses."""
        return OnRepeat.NOTHING if isinstance(event, Lookup) and not _has_texts(event) else OnRepeat.SAME

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Search the readable parts of an event."""
        event = observation.event
        if isinstance(event, Transfer):
            return self._transfer(observation, event)
        if isinstance(event, Content):
            return self._search(observation, event.side, event.data, event.name, published=False)
        if isinstance(event, Attribute):
            if event.field.endswith(LOGIN_NAME_FIELDS):
                return self._named(observation, event)
            if event.field not in TYPED_FIELDS:
                return ()
            return self._search(
                observation, event.side, f"{event.field} {event.value}".encode(), event.field, published=False
            )
        if isinstance(event, Lookup):
            return self._lookup(observation, event) if _has_texts(event) else ()
        return self._login(observation, event) if isinstance(event, Login) else ()

    def awaits(self, flow: Flow) -> bool:
        """A flow that was searched."""
        return flow.uid in self._searched

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Forget its budget."""
        self._searched.pop(flow.uid, None)
        return ()

    def _transfer(self, observation: Observation, event: Transfer) -> Iterable[Finding]:
        if event.data[:2] == b"\xff\xd8":
            return self._picture(observation, event)
        if is_binary(event):
            return ()
        # A device's own pages show its owner's data and are no publication.
        published = is_code(event) or (_is_published(event) and not self._is_own(observation, event.side))
        place = PLACES.get(event.application, "content")
        return self._search(observation, event.side, event.data, place, published=published)

    def _picture(self, observation: Observation, event: Transfer) -> Iterator[Finding]:
        place = gps_position(event.data)
        if place is not None:
            text = f"{place[0]:.4f},{place[1]:.4f}"
            found = PersonalItem("photo", text, text, "Exif GPS", ("plain",))
            yield self._finding(observation, event.side, found, "picture", published=False)
        yield from self._search(observation, event.side, xmp(event.data), "picture", published=False)

    def _lookup(self, observation: Observation, event: Lookup) -> Iterator[Finding]:
        """E-mail addresses in text records (RFC 1035 3.3.14, RFC 8659 4.4), which a domain publishes."""
        for answer in event.answers:
            if "@" in answer:
                yield from self._search(observation, Side.SERVER, answer.encode(), f"dns {event.kind}", published=True)

    def _login(self, observation: Observation, event: Login) -> Iterator[Finding]:
        """A user name that is an e-mail address, or one without a secret.

        The finding of the login itself does not report a person.
        """
        name = event.username or ""
        if "@" in name:
            yield from self._search(
                observation, event.verifier.other, name.encode("utf-8", "replace"), "user name", published=False
            )
        elif name and event.secret is None:
            found = PersonalItem("account", name.lower(), name, None, ("plain",))
            yield self._finding(observation, event.verifier.other, found, "user name", published=False)

    def _named(self, observation: Observation, event: Attribute) -> Iterator[Finding]:
        """The user name of a login without a readable secret: reported, at severity ``info``."""
        if "@" in event.value:
            yield from self._search(observation, event.side, event.value.encode(), "user name", published=False)
        else:
            found = PersonalItem("account", event.value.lower(), event.value, None, ("plain",))
            yield self._finding(observation, event.side, found, "user name", published=False, quiet=True)

    def _search(
        self, observation: Observation, side: Side, data: bytes, place: str, *, published: bool
    ) -> Iterable[Finding]:
        if len(data) > MAX_SEARCHED_FOREIGN:
            data = data[: MAX_SEARCHED if self._is_own(observation, side) else MAX_SEARCHED_FOREIGN]
        if len(data) <= SMALL_DATA:
            found = self._cached.get((published, data))
            if found is None:
                found = self._cached[published, data] = self._find(observation.flow, data, published=published)
                if len(self._cached) > MAX_CACHED:
                    self._cached.popitem(last=False)
        else:
            found = self._find(observation.flow, data, published=published)
        if not found:
            return ()
        return [self._finding(observation, side, one, place, published=published) for one in found]

    def _is_own(self, observation: Observation, side: Side) -> bool:
        """Whether a device sent what came from that side."""
        return self.context.device_of(observation.flow.end(side)) is not None

    def _find(self, flow: Flow, data: bytes, *, published: bool) -> list[PersonalItem]:
        spent = self._searched.get(flow.uid, 0)
        if spent > FLOW_BUDGET:
            return []
        self._searched[flow.uid] = spent + len(data)
        if len(self._searched) > MAX_FLOWS:
            self._searched.popitem(last=False)
        return find(data, published=published)

    def _finding(
        self,
        observation: Observation,
        side: Side,
        found: PersonalItem,
        place: str,
        *,
        published: bool,
        quiet: bool = False,
    ) -> Finding:
        flow = observation.flow
        if found.category == "account" and _is_mac_of(found.text, flow):
            # A device that calls itself by its own hardware address names no account.
            found = replace(found, category="mac")
        ends = self.responsible(flow, side)
        sent = ends.role == side.name.lower()
        severity = _severity(found, ends, observation.protocol, sent=sent, published=published)
        severity = Severity.INFO if quiet else severity
        value = self.context.vault.shown(Secret(found.text))
        assert value is not None
        party = self.context.party_of(flow.end(side.other))
        name = found.name if found.name and FIELD_NAME.fullmatch(found.name) else None
        loud = severity > Severity.INFO
        provisions = ["EN 303 645 5.8-1"] if loud and ends.remote else []
        if provisions and found.category in SENSITIVE:
            provisions.append("EN 303 645 5.8-2")
        finding = self.finding(
            observation,
            f"personal.{found.category}",
            severity,
            ends,
            capability=Capability.PERSONAL_DATA if loud else None,
            provisions=tuple(provisions),
            message=_message(found, ends, observation.protocol, published=published),
            detail={
                "encoding": list(found.encoding),
                "excerpt": f"{name or place}: {value['mask']}…",
                "field": name,
                "place": place,
                "party": party,
                "sent": sent,
                "value": value,
                "harmless": "published" if published else found.benign_reason,
            },
            # One finding per service is enough at severity ``info``; above it one per value.
            identity=(observation.protocol, severity, value["fingerprint"] if loud else None),
            protocol=observation.protocol,
        )
        finding.has_secret = loud
        return finding


def _is_mac_of(text: str, flow: Flow) -> bool:
    """Whether a name is the hardware address of an end of the flow, in any spelling."""
    digits = HEX.sub("", text.lower())
    return len(digits) == 12 and digits in (flow.client.mac.hex(), flow.server.mac.hex())


def _is_published(event: Transfer) -> bool:
    declared = (event.media_type or "").lower()
    if event.application not in ("http", "ftp", "http2") or event.side is Side.CLIENT:
        return False
    return declared.startswith(PAGE_TYPES) or PAGE_BEGINNING.match(event.data) is not None


def _has_texts(event: Lookup) -> bool:
    """Whether it answers with more than names and addresses."""
    return event.answered and event.kind not in ("A", "AAAA", "PTR", "NS", "CNAME")


PLACES = {"http": "body", "mqtt": "message", "syslog": "log line"}
"""Where an object stands, by its application."""


def _severity(found: PersonalItem, ends: Responsible, protocol: str, *, sent: bool, published: bool) -> Severity:
    """Severity: highest for data that leaves the home, low inside it, ``info`` between two foreign hosts."""
    if found.benign_reason or published or ends.device is None or found.category in IDENTIFIERS:
        return Severity.INFO
    if not ends.remote:
        return Severity.LOW if found.category in SENSITIVE else Severity.INFO
    if facts(protocol).mail and found.category in ("email", "phone"):
        # ``transfer.unencrypted`` reports the mail itself; a mail always names its sender and receiver.
        return Severity.INFO
    other = Severity.LOW if found.category == "account" else Severity.MEDIUM
    level = Severity.HIGH if found.category in SENSITIVE else other
    if not sent:
        return Severity(level - 1) if found.name else Severity.INFO
    return level


def _message(found: PersonalItem, ends: Responsible, protocol: str, *, published: bool) -> Message:
    parameters = {
        "category": found.category,
        "service": facts(protocol).title,
        "where": ends.where_seen,
        "remark": "published" if published else "benign" if found.benign_reason else None,
        "reason": found.benign_reason,
    }
    return Message("personal", parameters)


DETECTOR = Personal
