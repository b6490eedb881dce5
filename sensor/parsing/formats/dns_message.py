"""DNS messages (RFC 1035 4), shared by DNS, mDNS, LLMNR and the NetBIOS name service."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import field
from functools import lru_cache
from struct import Struct

from sensor.events import Lookup
from sensor.light_dataclass import dataclass
from sensor.model import address_text
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.dns_name import Name, name_end, name_text, query_text, read_name
from sensor.parsing.parser import Match, Opening

HEADER = 12
ONE_QUESTION = b"\0\1\0\0\0\0\0\0"
"""The counts of a message with a question alone."""
_HEAD, _COUNTS, _QUESTION, _RECORD = Struct("!6H"), Struct("!4H"), Struct("!2H"), Struct("!HHIH")
QUESTION_LIMIT = 64
RECORD_LIMIT = 512
"""Records read of one message: a full UDP answer with EDNS holds fewer than 300; only zone transfers hold more."""
ANSWERS_LIMIT = 64
"""Texts stored of one answer: no host has more addresses."""
REMEMBERED_STRINGS = 512
"""Bytes of a TXT record that is remembered: responders announce the same ones over and over."""
UNKNOWN_SHOWN = 32
"""Octets shown of a record whose type has no text form here."""

A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV, DNAME, OPT, SVCB, HTTPS, ANY = (
    1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 39, 41, 64, 65, 255,
)  # fmt: skip
NB, NBSTAT = 32, 33
"""RFC 1002 4.2.1.3; NBSTAT has SRV's number."""

KINDS = {
    A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", PTR: "PTR", HINFO: "HINFO", MX: "MX", TXT: "TXT", 17: "RP", 24:
    "SIG", 25: "KEY",
    AAAA: "AAAA", 29: "LOC", 32: "NB", SRV: "SRV", 35: "NAPTR", 37: "CERT", DNAME: "DNAME", OPT: "OPT", 43: "DS", 44:
    "SSHFP", 46: "RRSIG",
    47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY",
    SVCB: "SVCB",
    HTTPS: "HTTPS", 99: "SPF", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", ANY: "ANY", 256: "URI", 257: "CAA",
    32769: "DLV",
}  # fmt: skip
CODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH", 10: "NOTZONE",
}  # fmt: skip
SERVICE_KEYS = {
    0: "mandatory",
    1: "alpn",
    2: "no-default-alpn",
    3: "port",
    4: "ipv4hint",
    5: "ech",
    6: "ipv6hint",
    7: "dohpath",
}
"""RFC 9460 14.3.2, RFC 9461."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question: ``kind`` by number, ``klass`` with mDNS's top bit (RFC 6762 5.4) still in it."""

    name: Name
    kind: int
    klass: int


@dataclass(frozen=True, slots=True)
class Record:
    """A resource record: ``data`` as sent, ``text`` its presentation, ``target`` the name in it (PTR, SRV, CNAME …),
    ``strings`` of TXT and HINFO."""

    name: Name
    kind: int
    klass: int
    ttl: int
    data: bytes = field(repr=False)
    text: str
    target: Name | None = None
    strings: tuple[bytes, ...] = ()


@dataclass(slots=True)
class DnsMessage:
    """A message as far as it could be read; ``damage`` says where that was not the end."""

    identity: int
    flags: int
    questions: list[Question] = field(default_factory=list)
    answers: list[Record] = field(default_factory=list)
    authorities: list[Record] = field(default_factory=list)
    additionals: list[Record] = field(default_factory=list)
    damage: str | None = None

    @property
    def response(self) -> bool:
        """The QR bit."""
        return bool(self.flags & 0x8000)

    @property
    def opcode(self) -> int:
        """0 query, 4 notify, 5 update; NetBIOS has its own."""
        return self.flags >> 11 & 15

    @property
    def code(self) -> str:
        """The answer's code by name."""
        return CODES.get(self.flags & 15) or f"RCODE{self.flags & 15}"


def kind_name(kind: int) -> str:
    """``A``, ``AAAA`` …; ``TYPE123`` for one without a name (RFC 3597 5)."""
    return KINDS.get(kind) or f"TYPE{kind}"


def parse(data: bytes) -> DnsMessage:
    """A message as far as it can be read. Raises `Malformed` only where not even the head is there."""
    if len(data) < HEADER:
        raise Malformed(f"{HEADER} bytes wanted, {len(data)} left")
    identity, flags, queries, *counts = _HEAD.unpack_from(data)
    questions: list[Question] = []
    message = DnsMessage(identity, flags, questions, [], [], [])
    names: dict[int, tuple[Name, int]] = {}
    position = HEADER
    try:
        for _ in range(min(queries, QUESTION_LIMIT)):
            name, position = read_name(data, position, names)
            if position + 4 > len(data):
                raise Malformed(f"4 bytes wanted, {len(data) - position} left")
            kind, klass = _QUESTION.unpack_from(data, position)
            questions.append(Question(name, kind, klass))
            position += 4
        if queries > QUESTION_LIMIT:
            raise Malformed(f"more than {QUESTION_LIMIT} questions")
        left = RECORD_LIMIT
        for section, count in zip((message.answers, message.authorities, message.additionals), counts, strict=True):
            if count:
                for _ in range(min(count, left)):
                    record, position = _record(data, position, names)
                    section.append(record)
                left -= len(section)
    except Malformed as error:
        message.damage = str(error)
    return message


def _record(data: bytes, position: int, names: dict[int, tuple[Name, int]]) -> tuple[Record, int]:
    """The record at ``position`` and where it ends; ``names``: see `read_name`."""
    name, position = read_name(data, position, names)
    start = position + _RECORD.size
    if start > len(data):
        cursor = Cursor(data, position)
        for size in (2, 2, 4, 2):
            cursor.skip(size)  # says which field is cut
    kind, klass, ttl, length = _RECORD.unpack_from(data, position)
    stop = start + length
    if stop > len(data):
        raise Malformed(f"{length} bytes wanted, {len(data) - start} left")
    value = data[start:stop]
    reader = READERS.get(kind)
    if reader is None or klass & 0x7FFF not in (1, 3, 4):
        return Record(name, kind, klass, ttl, value, _unknown(value)), stop
    try:
        text, target, strings = reader(data, start, stop, names)
    except Malformed:
        # The record's own length still holds, so only its content is lost (RFC 3597 4 asks to carry on).
        return Record(name, kind, klass, ttl, value, _unknown(value)), stop
    return Record(name, kind, klass, ttl, value, text, target, strings), stop


def times_to_live(data: bytes) -> list[int] | None:
    """Where the times to live of a whole message's records begin; that of an OPT record is none (RFC 6891 6.1.3). None
    for a message with anything beside its records, or more of them than are read.
    """
    places = []
    try:
        questions, *counts = _COUNTS.unpack_from(data, 4)
        position, records = HEADER, sum(counts)
        if questions > QUESTION_LIMIT or records > RECORD_LIMIT:
            return None
        for _ in range(questions):
            position = name_end(data, position) + _QUESTION.size
        for _ in range(records):
            position = name_end(data, position)
            kind, _, _, length = _RECORD.unpack_from(data, position)
            if kind != OPT:
                places.append(position + 4)
            position += _RECORD.size + length
    except (Malformed, struct.error):
        return None
    return places if position == len(data) else None


def _unknown(value: bytes) -> str:
    """RFC 3597 5."""
    return f"\\# {len(value)} {value[:UNKNOWN_SHOWN].hex()}".rstrip()


Names = dict[int, tuple[Name, int]]
"""Those of a message that were read: see `read_name`."""
Read = tuple[str, Name | None, tuple[bytes, ...]]
Reader = Callable[[bytes, int, int, Names], Read]
"""A message, where the content of a record begins and ends in it, the names so far."""


def _address(size: int) -> Reader:
    def read(data: bytes, start: int, stop: int, _names: Names) -> Read:
        if stop - start != size:
            raise Malformed("address of another length")
        return address_text(data[start:stop]) or "", None, ()

    return read


def _named(fields: int) -> Reader:
    """``fields`` numbers of 16 bits, then a name: PTR and its like 0, MX 1, SRV 3."""
    numbers = Struct(f"!{fields}H")

    def read(data: bytes, start: int, stop: int, names: Names) -> Read:
        if stop - start < numbers.size:
            raise Malformed("a record without its numbers")
        target, _ = read_name(data, start + numbers.size, names)
        text = query_text(target)
        return " ".join([*map(str, numbers.unpack_from(data, start)), text]) if fields else text, target, ()

    return read


def _start_of_authority(data: bytes, start: int, _stop: int, names: Names) -> Read:
    primary, behind = read_name(data, start, names)
    mailbox, _ = read_name(data, behind, names)
    return f"{name_text(primary)} {name_text(mailbox)}".lower(), primary, ()


def _strings(data: bytes, start: int, stop: int, _names: Names) -> Read:
    if stop - start <= REMEMBERED_STRINGS:
        return _read_strings(data[start:stop])
    return _read_strings.__wrapped__(data[start:stop])


@lru_cache(256)
def _read_strings(value: bytes) -> Read:
    strings: list[bytes] = []
    position, end = 0, len(value)
    while position < end:
        stop = position + 1 + value[position]
        if stop > end:
            raise Malformed("a string runs out of its record")
        strings.append(value[position + 1 : stop])
        position = stop
    return " ".join([s.decode("utf-8", "backslashreplace") for s in strings]), None, tuple(strings)


def _authorization(data: bytes, start: int, stop: int, _names: Names) -> Read:
    """RFC 8659 4.1: who may issue certificates for the name, and where to report attempts."""
    cursor = Cursor(data, start, stop)
    flags = cursor.u8()
    tag = cursor.take(cursor.u8()).decode("ascii", "backslashreplace")
    value = cursor.rest().decode("utf-8", "backslashreplace")
    return f'{flags} {tag} "{value}"', None, ()


def _service_binding(data: bytes, start: int, stop: int, _names: Names) -> Read:
    """RFC 9460 2.2."""
    cursor = Cursor(data, start, stop)
    priority = cursor.u16()
    target, cursor.position = read_name(data, cursor.position)
    words = [str(priority), query_text(target)]
    while cursor.remaining:
        key = cursor.u16()
        value = cursor.take(cursor.u16())
        words.append(f"{SERVICE_KEYS.get(key, f'key{key}')}={_service_value(key, value)}".rstrip("="))
    return " ".join(words), target, ()


def _service_value(key: int, value: bytes) -> str:
    if key == 1:
        names, rest = [], Cursor(value)
        while rest.remaining:
            names.append(rest.take(rest.u8()).decode("ascii", "backslashreplace"))
        return ",".join(names)
    if key == 3 and len(value) == 2:
        return str(int.from_bytes(value, "big"))
    step = {4: 4, 6: 16}.get(key)
    if step and len(value) % step == 0:
        return ",".join(str(ipaddress.ip_address(value[i : i + step])) for i in range(0, len(value), step))
    return value.decode("ascii") if key == 7 and value.isascii() else value[:UNKNOWN_SHOWN].hex()


READERS: dict[int, Reader] = {
    A: _address(4), AAAA: _address(16), NS: _named(0), CNAME: _named(0), PTR: _named(0), DNAME: _named(0), MX:
    _named(1), SRV: _named(3),
    SOA: _start_of_authority, TXT: _strings, HINFO: _strings, 99: _strings, SVCB: _service_binding, HTTPS:
    _service_binding,
    257: _authorization,
}  # fmt: skip


def only_question(data: bytes, source: str) -> Lookup | None:
    """The question of a query that holds nothing else, as `lookups` says it; None for any other message."""
    if len(data) < HEADER or data[2] & 0x80 or data[4:HEADER] != ONE_QUESTION:
        return None
    try:
        name, position = read_name(data, HEADER)
    except Malformed:
        return None
    if position + _QUESTION.size > len(data):
        return None
    return Lookup(name=query_text(name), kind=kind_name(data[position] << 8 | data[position + 1]), source=source)


def lookups(message: DnsMessage, source: str) -> list[Lookup]:
    """A query's questions, or a response's questions with the answers to each. An answer of another kind than the
    question's is shown only if it redirects."""
    if not message.response:
        return [
            Lookup(name=query_text(question.name), kind=kind_name(question.kind), source=source)
            for question in message.questions
        ]
    # A response that does not repeat its question answers what its records say.
    queries = [(q.name, q.kind) for q in message.questions] or list(
        dict.fromkeys((r.name, r.kind) for r in message.answers)
    )[:QUESTION_LIMIT]
    several = len(queries) > 1
    code = message.code
    found = []
    for name, kind in queries:
        fits = (kind, CNAME, DNAME)
        lower = query_text(name)
        texts = [
            record.text
            for record in message.answers
            if (kind == ANY or record.kind in fits) and (not several or query_text(record.name) == lower)
        ]
        answers = tuple(texts[:ANSWERS_LIMIT])
        found.append(Lookup(name=lower, kind=kind_name(kind), answers=answers, answered=True, code=code, source=source))
    return found


def plausible(data: bytes) -> bool:
    """Whether ``data`` is a DNS message at first sight: the head's own rules, and a first name and kind that can be."""
    if len(data) < HEADER + 5 or data[3] & 0x40 or data[2] >> 3 & 15 not in (0, 4, 5):
        return False
    response = data[2] >= 0x80
    questions, answers, authorities, additionals = _COUNTS.unpack_from(data, 4)
    records = answers + authorities + additionals
    if not questions + records or questions > QUESTION_LIMIT or (not response and data[3] & 15):
        return False
    # A question takes 5 bytes at least, a record 11.
    if questions * 5 + records * 11 + HEADER > len(data) + (len(data) if data[2] & 2 else 0):
        return False
    try:
        after = name_end(data, HEADER)
    except Malformed:
        return False
    if len(data) < after + 4:
        return False
    kind, klass = _QUESTION.unpack_from(data, after)
    klass &= 0x7FFF
    return (klass in (1, 3, 4, 254, 255) or kind == OPT) and (kind in KINDS or 0 < kind < 300)


def recognise_on(port: int, opening: Opening) -> Match:
    """A DNS message on ``port``: mDNS and LLMNR have DNS's form, so only the port distinguishes them."""
    if port not in (opening.client_port, opening.server_port):
        return Match.NO
    for data in (opening.client, opening.server):
        if data:
            return Match.SURE if plausible(data) else Match.NO
    return Match.MORE
