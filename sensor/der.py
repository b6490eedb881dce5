"""A certificate in BER, or in DER with faults, as the DER that strict readers take (X.690, RFC 5280).

OpenSSL and the TLS stacks of devices read more than DER allows: defaults that are written out, booleans other than
0xFF, times without seconds, long and indefinite lengths, padded numbers. Depth, elements and bytes are bounded.
"""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

MAX_BYTES = 64 * 1024
"""Of one certificate: those of public servers have some 2 kB."""

MAX_DEPTH = 32
"""Levels of nesting; a certificate has 10."""

MAX_ELEMENTS = 8192
"""Elements of one certificate; one with a hundred names has some 300."""

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, ENUMERATED, UTF8_STRING = 1, 2, 3, 4, 6, 10, 12
PRINTABLE_STRING, TELETEX_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME, UNIVERSAL_STRING, BMP_STRING = (
    19, 20, 22, 23, 24, 28, 30,
)  # fmt: skip
SEQUENCE, SET, CONSTRUCTED, CONTEXT = 0x30, 0x31, 0x20, 0x80
VERSION, EXTENSIONS = 0xA0, 0xA3
JOINED = frozenset({BIT_STRING, OCTET_STRING, UTF8_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING})
"""Types that BER may send in parts (X.690, 8.6.4, 8.7.3, 8.23.6)."""

SUBJECT_ALT_NAME, BASIC_CONSTRAINTS = bytes.fromhex("551d11"), bytes.fromhex("551d13")
DNS_NAME, IP_ADDRESS = 0x82, 0x87
"""GeneralName's [2] and [7] (RFC 5280, 4.2.1.6)."""

RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")

PRINTABLE = expression(rb"[A-Za-z0-9 '()+,\-./:=?]*")
TIME = expression(rb"(\d{10}|\d{12})(\d\d)?(?:[.,]\d+)?(Z|[+-]\d{4})?")


class NotBerError(ValueError):
    """The bytes are no certificate in BER within the bounds."""


@dataclass(slots=True)
class Element:
    """One element. ``parts`` is None for a primitive one, whose contents are ``body``; ``raw`` is all of it as read."""

    tag: int
    body: bytes = b""
    parts: list[Element] | None = None
    raw: bytes = field(default=b"", repr=False)

    def inside(self) -> list[Element]:
        """The elements of a constructed one. Raises `NotBerError` for a primitive one."""
        if self.parts is None:
            raise NotBerError("a primitive element where a constructed one belongs")
        return self.parts


class _Reader:
    """BER with definite and indefinite lengths; counts the elements."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._elements = 0

    def element(self, at: int, end: int, depth: int) -> tuple[Element, int]:
        """The element at ``at`` and where it ends."""
        self._elements += 1
        if depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NotBerError("nested too deep or too many elements")
        start, data = at, self._data
        if at + 2 > end or data[at] & 0x1F == 0x1F:
            raise NotBerError("cut, or a tag of several bytes")
        tag, length, at = data[at], data[at + 1], at + 2
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise NotBerError("an indefinite length of a primitive element")
            parts = []
            while data[at : at + 2] != b"\0\0" or at + 2 > end:
                part, at = self.element(at, end, depth + 1)
                parts.append(part)
            return _joined(Element(tag, b"", parts, data[start : at + 2])), at + 2
        if length > 0x80:
            octets = length & 0x7F
            if at + octets > end:
                raise NotBerError("a cut length")
            length, at = int.from_bytes(data[at : at + octets], "big"), at + octets
        stop = at + length
        if stop > end:
            raise NotBerError("an element that is longer than what it stands in")
        if not tag & CONSTRUCTED:
            return Element(tag, data[at:stop], None, data[start:stop]), stop
        parts = []
        while at < stop:
            part, at = self.element(at, stop, depth + 1)
            parts.append(part)
        return _joined(Element(tag, b"", parts, data[start:stop])), stop


def _joined(element: Element) -> Element:
    """A string that was sent in parts as one."""
    kind = element.tag & ~CONSTRUCTED
    if kind not in JOINED or element.parts is None:
        return element
    if any(part.parts is not None for part in element.parts):
        raise NotBerError("a string in parts of another kind")
    bodies = [part.body for part in element.parts]
    if kind == BIT_STRING:
        unused = bodies[-1][:1] if bodies else b"\0"
        return Element(kind, unused + b"".join(body[1:] for body in bodies), None, element.raw)
    return Element(kind, b"".join(bodies), None, element.raw)


def read(data: bytes) -> Element:
    """The first element of ``data``; what follows it is left alone. Raises `NotBerError`."""
    if len(data) > MAX_BYTES:
        raise NotBerError("too long")
    return _Reader(data).element(0, len(data), 0)[0]


def _written(element: Element) -> bytes:
    """The element in DER."""
    if element.parts is not None:
        parts = [_written(part) for part in element.parts]
        body = b"".join(sorted(parts) if element.tag == SET else parts)
    else:
        element = _primitive(element)
        body = element.body
    length = len(body)
    if length < 0x80:
        return bytes((element.tag, length)) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((element.tag, 0x80 | len(octets))) + octets + body


def _primitive(element: Element) -> Element:
    """X.690, 10 and 11, and RFC 5280, 4.1.2.5 for times."""
    tag, body = element.tag, element.body
    if tag == BOOLEAN:
        return Element(tag, b"\xff" if any(body) else b"\0")
    if tag in (INTEGER, ENUMERATED):
        return Element(tag, _shortest(body))
    if tag == BIT_STRING and body:
        unused = body[0] & 7 if len(body) > 1 else 0
        last = bytes((body[-1] >> unused << unused,)) if len(body) > 1 else b""
        return Element(tag, bytes((unused,)) + body[1:-1] + last)
    if tag in (UTC_TIME, GENERALIZED_TIME):
        return _time(tag, body)
    if tag in (PRINTABLE_STRING, IA5_STRING, UTF8_STRING, TELETEX_STRING, BMP_STRING, UNIVERSAL_STRING):
        return _text(tag, body)
    return element


def _shortest(body: bytes) -> bytes:
    """A number without needless leading bytes (X.690, 8.3.2)."""
    while len(body) > 1 and (body[0], body[1] >> 7) in ((0, 0), (0xFF, 1)):
        body = body[1:]
    return body or b"\0"


def _time(tag: int, body: bytes) -> Element:
    """With seconds, in UTC; one with a zone of its own is moved there."""
    match = TIME.fullmatch(body)
    if match is None:
        raise NotBerError("a time of another form")
    digits, seconds, zone = match.groups()
    if tag == UTC_TIME:  # YYMMDDhhmm, perhaps ss
        if len(digits) == 12:
            digits, seconds = digits[:10], digits[10:]
        digits = (b"19" if digits[:2] >= b"50" else b"20") + digits
    elif len(digits) == 10:  # hours alone
        digits += b"00"
    try:
        when = datetime.strptime((digits + (seconds or b"00")).decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if zone and zone != b"Z":
            shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            when += shift if zone[:1] == b"-" else -shift
    except (ValueError, OverflowError) as error:
        raise NotBerError("a time that is none") from error
    text = f"{when.year:04}{when:%m%d%H%M%S}Z".encode()
    short = 1950 <= when.year < 2050
    return Element(UTC_TIME, text[2:]) if short else Element(GENERALIZED_TIME, text)


def _text(tag: int, body: bytes) -> Element:
    """A string whose bytes are not of its own type as UTF-8."""
    try:
        if tag == PRINTABLE_STRING and not PRINTABLE.fullmatch(body):
            return Element(UTF8_STRING, body.decode().encode())
        if tag == IA5_STRING:
            body.decode("ascii")
        elif tag in (UTF8_STRING, TELETEX_STRING):
            body.decode()
        elif tag == BMP_STRING:
            body.decode("utf-16-be")
        elif tag == UNIVERSAL_STRING:
            body.decode("utf-32-be")
    except UnicodeDecodeError:
        return Element(UTF8_STRING, body.decode("latin-1").encode())
    return Element(tag, body)


def _fields(certificate: Element) -> list[Element]:
    """The fields of the part that is signed (RFC 5280, 4.1.2)."""
    if [part.tag for part in certificate.inside()][:1] != [SEQUENCE] or certificate.tag != SEQUENCE:
        raise NotBerError("no certificate")
    return certificate.inside()[0].inside()


def _extensions(certificate: Element) -> list[Element]:
    lists = [part for part in _fields(certificate) if part.tag == EXTENSIONS]
    return [extension for part in lists for sequence in part.inside() for extension in sequence.inside()]


def certificate_of(data: bytes) -> bytes:
    """The certificate in DER. Raises `NotBerError`."""
    whole = read(data)
    fields = _fields(whole)
    if len(whole.inside()) < 3:
        raise NotBerError("not the three parts of a certificate")
    if fields and fields[0].tag == VERSION:
        version = [part.body for part in fields[0].inside()]
        # An explicit default is left out (X.690, 11.5); a number that no version has is 3, as OpenSSL reads it.
        if version and _shortest(version[0]) == b"\0":
            del fields[0]
        elif version and _shortest(version[0]) not in (b"\1", b"\2"):
            fields[0].inside()[0].body = b"\2"
    for extension in _extensions(whole):
        parts = extension.inside()
        if len(parts) == 3 and parts[1].tag == BOOLEAN and not any(parts[1].body):
            del parts[1]
        if parts and parts[-1].tag == OCTET_STRING:
            parts[-1].body = _value(parts[0].body, parts[-1].body)
    return _written(whole)


def _value(oid: bytes, body: bytes) -> bytes:
    """What an extension holds, in DER where it is BER; else as it is."""
    try:
        value = read(body)
        if oid == BASIC_CONSTRAINTS:
            parts = value.inside()
            if parts and parts[0].tag == BOOLEAN and not any(parts[0].body):
                del parts[0]
        return _written(value) if len(value.raw) == len(body) else body
    except NotBerError:
        return body


def signed_part(data: bytes) -> bytes:
    """The bytes that the certificate's signature is over, as they were sent. Raises `NotBerError`."""
    whole = read(data)
    _fields(whole)
    return whole.inside()[0].raw


def alternative_names(data: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """Domain names and IP addresses of subjectAltName; None without one. Raises `NotBerError`."""
    for extension in _extensions(read(data)):
        parts = extension.inside()
        if len(parts) > 1 and parts[0].body == SUBJECT_ALT_NAME:
            names = read(parts[-1].body).inside()
            return [n.body for n in names if n.tag == DNS_NAME], [n.body for n in names if n.tag == IP_ADDRESS]
    return None


def rsa_bits(data: bytes) -> int | None:
    """Bits of the RSA key, also one that strict readers refuse; None for another kind of key. Raises `NotBerError`."""
    for part in _fields(read(data)):
        if part.tag != SEQUENCE or len(part.inside()) != 2:
            continue
        algorithm, key = part.inside()
        if key.tag == BIT_STRING and algorithm.parts and algorithm.parts[0].body == RSA_ENCRYPTION:
            numbers = read(key.body[1:]).inside()
            return int.from_bytes(numbers[0].body, "big").bit_length() if numbers else None
    return None
