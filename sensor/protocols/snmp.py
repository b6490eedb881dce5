"""SNMP v1, v2c and v3: communities and users with the agent's answer, and the agent's attributes.

RFC 1157, RFC 3416, RFC 3412 and RFC 3414. A community is reported once per flow, when the agent answered it (an agent
keeps silent on a wrong one) or when the flow ends. A version 3 user with authentication is a login with
``clear=False``: the secret is ``$SNMPv3$``, the kind of digest, the message's number, the message with its digest
zeroed (what RFC 3414 clause 6.3.1 hashes), engine id and digest with ``$`` between (hashcat modes 25000, 26700 to
27300).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from sensor.events import Access, Attribute, Content, Enough, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import ber
from sensor.parsing.formats.ber import BerElement
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.pending import answered

GET, RESPONSE, SET, TRAP_V1, TRAP_V2, REPORT = 0xA0, 0xA2, 0xA3, 0xA4, 0xA7, 0xA8
REQUESTS = frozenset({0xA0, 0xA1, 0xA3, 0xA5, 0xA6})
"""Get, GetNext, Set, GetBulk, Inform: what is answered."""

ACTIONS = {0xA0: "get", 0xA1: "get", 0xA3: "set", 0xA5: "get", 0xA6: "inform", 0xA7: "trap"}

AUTHORIZATION_ERROR = 16
"""RFC 3416 clause 3: authorizationError."""

PENDING_LIMIT = 64
"""Requests of one flow that may await an answer; managers have a handful in flight."""

REPORTED_LIMIT = 512
"""Communities, users and values of one flow that are reported; a walk of a small device has some hundred values."""

DATAGRAMS = 4096
"""Datagrams of one flow that are read: a poller that stays on its port repeats the same requests for ever."""

MESSAGE_LIMIT = 1500
"""Bytes of a version 3 message in the secret: what cracking tools take."""

DIGESTS = {12: 0, 16: 3, 24: 4, 32: 5, 48: 6}
"""hashcat's number of a digest by its length: MD5 or SHA-1, SHA-224, -256, -384, -512 (RFC 7860)."""

TEXTS = {
    "1.3.6.1.2.1.1.1.0": "snmp.sysdescr",
    "1.3.6.1.2.1.1.2.0": "snmp.sysobjectid",
    "1.3.6.1.2.1.1.4.0": "snmp.syscontact",
    "1.3.6.1.2.1.1.5.0": "snmp.sysname",
    "1.3.6.1.2.1.1.6.0": "snmp.syslocation",
    "1.3.6.1.2.1.25.3.2.1.3.1": "snmp.device_description",
    "1.3.6.1.2.1.43.5.1.1.16.1": "snmp.printer_name",
    "1.3.6.1.2.1.43.5.1.1.17.1": "snmp.serial",
}
"""An agent's attributes: RFC 3418 (system group), RFC 2790 (hrDeviceDescr), RFC 3805 (printer name, serial number)."""

REFUSALS = {"1.3.6.1.6.3.15.1.1.3.0": "usmStatsUnknownUserNames", "1.3.6.1.6.3.15.1.1.5.0": "usmStatsWrongDigests"}
"""Reports that refuse a user (RFC 3414, clause 5)."""


class _Pdu(NamedTuple):
    """A protocol data unit: ``kind`` its tag, ``identifier`` the request id, ``error`` the error status."""

    kind: int
    identifier: int
    error: int
    values: list[tuple[str, BerElement]]


class Snmp(DatagramParser):
    """Datagrams between a manager and an agent, or a notifier and its receiver."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[tuple[object, ...], Login | Access] = {}
        self._reported: set[object] = set()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        if sum(self._counts) > DATAGRAMS:
            yield from self.close()
            yield Enough()
            return
        whole = cursor.peek(cursor.remaining)
        tag, length = ber.header(cursor)
        if tag != ber.SEQUENCE:
            raise Malformed("not an SNMP message")
        # A datagram that the capture cut short still shows its community.
        fields = cursor.sub(min(length, cursor.remaining))
        version = ber.expect(fields, ber.INTEGER).integer()
        if version in (0, 1):
            community = ber.expect(fields, ber.OCTET_STRING).body
            pdu = _readable(fields)
            scheme = "snmpv1" if version == 0 else "snmpv2c"
            login = Login(mechanism="community", username=None, secret=Secret(community), scheme=scheme)
            yield from self._exchange(side, (version, pdu.identifier, community), login, pdu)
            yield from self._values(side, pdu)
        elif version == 3:
            yield from self._version_3(side, whole, fields)
        else:
            raise Malformed("not a version of SNMP")

    def _exchange(
        self, side: Side, key: tuple[object, ...], attempt: Login | Access, pdu: _Pdu, refused: str | None = None
    ) -> Iterator[Parsed]:
        """Pair requests and answers; report each distinct attempt once, when its answer is known."""
        here = self.here()
        if pdu.kind in REQUESTS:
            if isinstance(attempt, Login):
                attempt = replace(attempt, verifier=side.other)
            if len(self._pending) >= PENDING_LIMIT and key not in self._pending:
                yield from self._report(self._pending.pop(next(iter(self._pending))))
            self._pending[key] = replace(attempt, spans=(here,))
            return
        if pdu.kind not in (RESPONSE, REPORT):
            # A notification is never answered.
            yield from self._report(
                replace(attempt, verifier=side.other, spans=(here,)) if isinstance(attempt, Login) else attempt
            )
            return
        if pdu.kind == REPORT and (refused is None or key not in self._pending):
            # Discovery and time windows: neither accepted nor refused, the manager repeats the request.
            return
        request = self._pending.pop(key, None)
        if request is None:
            request = replace(attempt, verifier=side) if isinstance(attempt, Login) else attempt
        refusal = refused or ("authorizationError" if pdu.error == AUTHORIZATION_ERROR else None)
        if isinstance(request, Login):
            basis = f"{refusal} in answer" if refusal else "agent answered a request with it"
            yield from self._report(answered(request, refusal is None, basis, here))
        else:
            yield from self._report(replace(request, granted=refusal is None, spans=(*request.spans, here)))

    def _report(self, attempt: Login | Access) -> Iterator[Parsed]:
        """The attempt, unless the same with the same answer was reported before."""
        key: object
        if isinstance(attempt, Login):
            secret = attempt.secret if attempt.mechanism == "community" else None
            who = (attempt.scheme, attempt.username, secret, attempt.verifier)
            key, settled = (
                (*who, attempt.accepted),
                attempt.accepted is None and {(*who, True), (*who, False)} & self._reported,
            )
        else:
            key, settled = (attempt.resource, attempt.action, attempt.granted), None
        if key in self._reported or settled:
            return
        if len(self._reported) < REPORTED_LIMIT:
            self._reported.add(key)
        yield attempt

    def _values(self, side: Side, pdu: _Pdu) -> Iterator[Parsed]:
        """Attributes and text among the values that an answer or a notification carries."""
        if pdu.kind in REQUESTS and pdu.kind != SET:
            return
        texts: list[bytes] = []
        for name, value in pdu.values:
            key = hash((name, value.body))
            if (
                value.tag not in (ber.OCTET_STRING, ber.OID)
                or not value.body
                or key in self._reported
                or len(self._reported) >= REPORTED_LIMIT
            ):
                continue
            self._reported.add(key)
            field = TEXTS.get(name)
            if field is not None and pdu.kind != SET:
                yield Attribute(field=field, value=value.oid() if value.tag == ber.OID else value.text(), side=side)
            if value.tag == ber.OCTET_STRING:
                texts.append(value.body)
                yield from _served(side, pdu.kind, name, value)
        if texts:
            yield Content(side=side, name="values", data=b"\n".join(texts))

    def _version_3(self, side: Side, message: bytes, fields: Cursor) -> Iterator[Parsed]:
        """RFC 3412 clause 6 and the user-based security parameters inside it (RFC 3414, clause 2.4)."""
        header = ber.expect(fields, ber.SEQUENCE).children()
        if len(header) != 4 or len(header[2].body) != 1:
            raise Malformed("SNMPv3 header of another shape")
        identifier, flags, model = header[0].integer(), header[2].body[0], header[3].integer()
        security = ber.expect(fields, ber.OCTET_STRING).body
        if model != 3:
            return
        usm = ber.expect(Cursor(security), ber.SEQUENCE).children()
        if len(usm) != 6:
            raise Malformed("SNMPv3 security parameters of another shape")
        engine, user, digest = usm[0].body, usm[3].text(), usm[4].body
        # Of an encrypted PDU only the reportable flag is readable. Requests set it, answers and notifications do not
        # (RFC 3412, clause 6.4).
        kind = GET if flags & 4 else RESPONSE if (3, identifier) in self._pending else TRAP_V2
        pdu = _Pdu(kind, identifier, 0, [])
        refused = None
        if not flags & 2:
            scoped = ber.expect(fields, ber.SEQUENCE).children()
            if len(scoped) != 3:
                raise Malformed("SNMPv3 scoped PDU of another shape")
            pdu = _pdu(scoped[2])._replace(identifier=identifier)
            refused = (
                next((REFUSALS[name] for name, _ in pdu.values if name in REFUSALS), None)
                if pdu.kind == REPORT
                else None
            )
            if pdu.kind != REPORT:
                yield from self._values(side, pdu)
        if (
            pdu.kind in (RESPONSE, REPORT, TRAP_V2)
            and engine
            and ("engine", engine) not in self._reported
            and len(self._reported) < REPORTED_LIMIT
        ):
            self._reported.add(("engine", engine))
            yield Attribute(field="snmp.engine_id", value=engine.hex(), side=side)
        attempt: Login | Access
        if flags & 1 and digest:
            zeroed = message.replace(digest, bytes(len(digest)), 1)[:MESSAGE_LIMIT]
            kind_of_digest = DIGESTS.get(len(digest), 0)
            secret = Secret(f"$SNMPv3${kind_of_digest}${identifier}${zeroed.hex()}${engine.hex()}${digest.hex()}")
            attempt = Login(mechanism="password", username=user, secret=secret, scheme="snmpv3-usm", clear=False)
        elif user or pdu.kind == REPORT:
            if user and ("user", user) not in self._reported and len(self._reported) < REPORTED_LIMIT:
                self._reported.add(("user", user))
                yield Attribute(field="snmp.user", value=user, side=side)
            attempt = Access(
                resource=f"snmp user {user}",
                action=ACTIONS.get(pdu.kind, "get"),
                granted=None,
                control=pdu.kind == SET,
                username=user or None,
            )
        else:
            return
        yield from self._exchange(side, (3, identifier), attempt, pdu, refused)

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        for attempt in self._pending.values():
            if isinstance(attempt, Login):
                yield from self._report(attempt)


SECRETS = (
    # SNMP-COMMUNITY-MIB (RFC 3584 §5.4), DOCS-CABLE-DEVICE-MIB (RFC 4639): the communities of the agent itself.
    ("1.3.6.1.6.3.18.1.1.1.2.", "community", "snmpCommunityName"),
    ("1.3.6.1.2.1.69.1.2.1.4.", "community", "docsDevNmAccessCommunity"),
    # CABH-PS-DEV-MIB: the password of a cable modem's pages (CVE-2014-4862, CVE-2014-4863).
    ("1.3.6.1.4.1.4491.2.4.1.1.6.1.2.", "password", "cabhPsDevUIPassword"),
    # Keys of the Wi-Fi of modems: Arris, Broadcom's reference (Motorola), Ubee (CVE-2014-4862, -4863; OSVDB 110555).
    ("1.3.6.1.4.1.4115.1.20.1.1.3.26.1.2.", "key", "WPAPreSharedKey"),
    ("1.3.6.1.4.1.4413.2.2.2.1.5.4.2.4.1.2.", "key", "WPA-PSK"),
    ("1.3.6.1.4.1.4684.38.2.2.2.1.5.4.2.4.1.2.", "key", "WPA-PSK"),
)
"""Objects whose value is a secret of the agent: prefix, mechanism, name."""


def _served(side: Side, kind: int, oid: str, value: BerElement) -> Iterator[Parsed]:
    """A secret that an agent's answer shows."""
    row = next((row for row in SECRETS if oid.startswith(row[0])), None) if kind == RESPONSE else None
    if row is not None and value.body.strip(b"\0 *"):
        scheme = "snmp/wifi" if row[1] == "key" else "snmp"
        secret = Secret(value.body)
        yield Login(
            mechanism=row[1], username=None, secret=secret, scheme=scheme, name=row[2], verifier=side, served=True
        )


def _readable(fields: Cursor) -> _Pdu:
    """The PDU at the cursor. A broken or cut one counts as a notification: its community crossed, without answer."""
    try:
        return _pdu(ber.read(fields))
    except Malformed:
        return _Pdu(TRAP_V2, 0, 0, [])


def _pdu(element: BerElement) -> _Pdu:
    """A PDU's fields (RFC 3416 clause 3; RFC 1157 clause 4.1.6 for the version 1 trap)."""
    if not 0xA0 <= element.tag <= 0xA8:
        raise Malformed("not an SNMP PDU")
    fields = element.children()
    if element.tag == TRAP_V1:
        if len(fields) != 6:
            raise Malformed("SNMP trap of another shape")
        return _Pdu(TRAP_V1, 0, 0, _bindings(fields[5]))
    if len(fields) != 4:
        raise Malformed("SNMP PDU of another shape")
    return _Pdu(element.tag, fields[0].integer(), fields[1].integer(), _bindings(fields[3]))


def _bindings(element: BerElement) -> list[tuple[str, BerElement]]:
    """Names and values of a variable-bindings list."""
    found = []
    for binding in element.children():
        pair = binding.children()
        if len(pair) != 2 or pair[0].tag != ber.OID:
            raise Malformed("SNMP variable binding of another shape")
        found.append((pair[0].oid(), pair[1]))
    return found


def recognise(opening: Opening) -> Match:
    """A SEQUENCE of the datagram's length, a known version, then a community and a PDU, or a version 3 header.

    On SNMP's ports a readable community is enough, for agents that are tested with broken PDUs and captures that cut
    them.
    """
    data = opening.client or opening.server
    home = bool({161, 162} & {opening.client_port, opening.server_port})
    try:
        cursor = Cursor(data)
        tag, length = ber.header(cursor)
        whole = length == cursor.remaining
        if tag != ber.SEQUENCE or not (whole or home) or cursor.take(2) != b"\x02\x01":
            return Match.NO
        version = cursor.u8()
        tag, length = ber.header(cursor)
        if version == 3:
            return Match.SURE if tag == ber.SEQUENCE and cursor.u8() == ber.INTEGER else Match.NO
        if version > 1 or tag != ber.OCTET_STRING:
            return Match.NO
        community = cursor.take(length)
        if whole and 0xA0 <= cursor.peek(1)[0] <= 0xA8:
            return Match.SURE
        return Match.WEAK if home and community.isascii() and community.decode().isprintable() else Match.NO
    except (Malformed, IndexError):
        return Match.NO


PROTOCOL = Protocol(
    name="snmp",
    title="SNMP",
    secure_form="SNMP version 3 with encryption",
    commands="its settings",
    telemetry=True,
    discloses={
        "name": ("snmp.sysname", "snmp.printer_name"),
        "serial number": ("snmp.serial",),
        "version": ("snmp.sysdescr", "snmp.device_description"),
        "location": ("snmp.syslocation",),
        "contact": ("snmp.syscontact",),
    },
    parser=Snmp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"\x30",
    ports=frozenset({161, 162}),
)
