"""ClientHello and ServerHello bodies (SSL 3.0 to TLS 1.3, DTLS, QUIC), with JA3, JA3S and JA4.

RFC 8446 §4.1, RFC 5246 §7.4.1, RFC 6347 §4.2.1. JA3/JA3S as first published by Salesforce (BSD-3): MD5 over decimal
lists. JA4 as FoxIO's ``technical_details/JA4.md`` describes it (the client's TLS fingerprint alone, BSD-3): SHA-256
over sorted hex lists.
"""

from __future__ import annotations

import hashlib
import struct

from sensor.light_dataclass import dataclass
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_suites import is_grease

SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, EARLY_DATA, VERSIONS = 0, 10, 11, 13, 16, 42, 43

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""SHA-256 of "HelloRetryRequest": the random of a ServerHello that only asks for another ClientHello (RFC 8446
§4.1.3)."""

_TWO = struct.Struct(">HH")

_NAMES = {
    0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
    0x0100: "DTLS 1.0", 0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
}  # fmt: skip

_JA4_VERSIONS = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2", 0xFEFF: "d1", 0xFEFD: "d2",
    0xFEFC: "d3",
}  # fmt: skip


def version_name(number: int) -> str:
    """``TLS 1.2``; drafts of TLS 1.3 (0x7fXX, RFC 8446 §4.2.1 before its publication) count as it; else the number in
    hex.

    0x0100 is what OpenSSL before 0.9.8f wrote for DTLS 1.0. Four bytes are one of Google's QUIC versions, which had
    no TLS: ``QUIC Q043``.
    """
    if number > 0xFFFF:
        return "QUIC " + number.to_bytes(4, "big").decode("ascii", "backslashreplace")
    if number >> 8 == 0x7F:
        return "TLS 1.3"
    return _NAMES.get(number) or f"0x{number:04x}"


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers. Numbers as on the wire, GREASE included; ``extensions`` their types in order;
    ``versions`` from supported_versions."""

    version: int
    ciphers: tuple[int, ...]
    extensions: tuple[int, ...] = ()
    server_name: str | None = None
    alpn: tuple[bytes, ...] = ()
    groups: tuple[int, ...] = ()
    point_formats: tuple[int, ...] = ()
    versions: tuple[int, ...] = ()
    signatures: tuple[int, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """Names of the versions offered, best first as sent; without the extension only the highest is known."""
        return tuple(version_name(v) for v in self.versions if not is_grease(v)) or (version_name(self.version),)


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a server chose. ``version`` is the one really negotiated (supported_versions before the old field);
    ``retry`` a HelloRetryRequest."""

    legacy_version: int
    version: int
    cipher: int
    extensions: tuple[int, ...] = ()
    alpn: bytes | None = None
    retry: bool = False

    @property
    def modern(self) -> bool:
        """TLS or DTLS 1.3: all that follows is encrypted."""
        return self.version in (0x0304, 0xFEFC) or self.version >> 8 == 0x7F


def _extensions(cursor: Cursor) -> list[tuple[int, Cursor]]:
    """Type and content of each extension (RFC 5246 §7.4.1.4: the block may be absent)."""
    found: list[tuple[int, Cursor]] = []
    if cursor.remaining < 2:
        return found
    block = cursor.take(cursor.u16())
    at, end = 0, len(block)
    while at < end:
        if at + 4 > end:
            raise Malformed("extension cut in its header")
        kind, size = _TWO.unpack_from(block, at)
        at += 4 + size
        if at > end:
            raise Malformed("extension longer than its block")
        found.append((kind, Cursor(block, at - size, at)))
    return found


def _numbers(cursor: Cursor, prefix: int, width: int) -> tuple[int, ...]:
    """A list of ``width``-byte numbers after a length of ``prefix`` bytes; an odd rest is left."""
    body = cursor.take(cursor.u8() if prefix == 1 else cursor.u16())
    if width == 1:
        return tuple(body)
    count = len(body) // 2
    return struct.unpack_from(f">{count}H", body)


def _names(cursor: Cursor) -> tuple[bytes, ...]:
    """ALPN's list of names (RFC 7301 §3.1)."""
    names = cursor.sub(cursor.u16())
    found: list[bytes] = []
    while names.remaining:
        found.append(names.take(names.u8()))
    return tuple(found)


def _host(cursor: Cursor) -> str | None:
    """The first host_name of a server_name extension (RFC 6066 §3)."""
    names = cursor.sub(cursor.u16())
    while names.remaining:
        kind = names.u8()
        name = names.text(names.u16(), "ascii")
        if kind == 0 and name:
            return name
    return None


def client_hello(body: bytes, *, datagram: bool = False) -> ClientHello:
    """A ClientHello's body (after the handshake header). ``datagram``: DTLS, which has a cookie. Raises `Malformed`.

    An extension whose content breaks its own rules is stored by its type: the rest of the offer still stands.
    """
    cursor = Cursor(body)
    version = cursor.u16()
    cursor.skip(32)
    cursor.skip(cursor.u8())
    if datagram:
        cursor.skip(cursor.u8())
    ciphers = _numbers(cursor, 2, 2)
    cursor.skip(cursor.u8())
    server_name: str | None = None
    alpn: tuple[bytes, ...] = ()
    lists: dict[int, tuple[int, ...]] = {}
    extensions = _extensions(cursor)
    for kind, content in extensions:
        try:
            if kind == SERVER_NAME:
                server_name = _host(content)
            elif kind == ALPN:
                alpn = _names(content)
            elif kind == VERSIONS:
                lists[kind] = _numbers(content, 1, 2)
            elif kind in (GROUPS, SIGNATURES):
                lists[kind] = _numbers(content, 2, 2)
            elif kind == POINT_FORMATS:
                lists[kind] = _numbers(content, 1, 1)
        except Malformed:
            continue
    return ClientHello(
        version,
        ciphers,
        tuple(kind for kind, _ in extensions),
        server_name,
        alpn,
        lists.get(GROUPS, ()),
        lists.get(POINT_FORMATS, ()),
        lists.get(VERSIONS, ()),
        lists.get(SIGNATURES, ()),
    )


def server_hello(body: bytes) -> ServerHello:
    """A ServerHello's body, of TLS or DTLS. Raises `Malformed`."""
    cursor = Cursor(body)
    legacy = cursor.u16()
    random = cursor.take(32)
    # Drafts of TLS 1.3 up to 21 had neither session nor compression in it.
    early_draft = legacy >> 8 == 0x7F
    if not early_draft:
        cursor.skip(cursor.u8())
    cipher = cursor.u16()
    if not early_draft:
        cursor.skip(1)
    version = legacy
    alpn: bytes | None = None
    extensions = _extensions(cursor)
    for kind, content in extensions:
        if kind == VERSIONS and content.remaining == 2:
            version = content.u16()
        elif kind == ALPN:
            try:
                alpn = next(iter(_names(content)), None)
            except Malformed:
                continue
    return ServerHello(legacy, version, cipher, tuple(kind for kind, _ in extensions), alpn, random == RETRY)


def certificates(body: bytes, most: int) -> tuple[bytes, ...]:
    """A Certificate message's body (up to TLS 1.2) as DER, leaf first, at most ``most`` of them."""
    cursor = Cursor(body)
    chain = cursor.sub(cursor.u24())
    found: list[bytes] = []
    while chain.remaining and len(found) < most:
        der = chain.take(chain.u24())
        if der:
            found.append(der)
    return tuple(found)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _dashed(numbers: tuple[int, ...]) -> str:
    return "-".join(str(n) for n in numbers if not is_grease(n))


def ja3(hello: ClientHello) -> str:
    """MD5 of ``version,ciphers,extensions,groups,formats`` in decimal, GREASE left out."""
    formats = "-".join(map(str, hello.point_formats))
    return _md5(
        f"{hello.version},{_dashed(hello.ciphers)},{_dashed(hello.extensions)},{_dashed(hello.groups)},{formats}"
    )


def ja3s(hello: ServerHello) -> str:
    """MD5 of ``version,cipher,extensions`` in decimal; the version is the old field's."""
    return _md5(f"{hello.legacy_version},{hello.cipher},{'-'.join(map(str, hello.extensions))}")


def _hexed(numbers: list[int]) -> list[str]:
    return [f"{n:04x}" for n in numbers]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12


def _ja4_alpn(names: tuple[bytes, ...]) -> str:
    first = names[0] if names else b""
    if not first:
        return "00"
    ends = bytes((first[0], first[-1]))
    if ends.isalnum():
        return ends.decode("ascii")
    return first.hex()[0] + first.hex()[-1]


def ja4(hello: ClientHello, letter: str) -> str:
    """FoxIO's JA4; ``letter``: ``t`` over TCP, ``q`` in QUIC, ``d`` in DTLS."""
    real = [v for v in hello.versions if not is_grease(v)]
    # DTLS counts its versions downwards (0xfeff is 1.0): the lowest number is the newest.
    best = (min(real) if letter == "d" else max(real)) if real else hello.version
    ciphers = [c for c in hello.ciphers if not is_grease(c)]
    extensions = [e for e in hello.extensions if not is_grease(e)]
    host = "d" if SERVER_NAME in hello.extensions else "i"
    counts = f"{min(len(ciphers), 99):02}{min(len(extensions), 99):02}"
    head = f"{letter}{_JA4_VERSIONS.get(best, '00')}{host}{counts}{_ja4_alpn(hello.alpn)}"
    listed = ",".join(sorted(_hexed([e for e in extensions if e not in (SERVER_NAME, ALPN)])))
    signed = ",".join(_hexed([s for s in hello.signatures if not is_grease(s)]))
    tail = f"{listed}_{signed}" if signed else listed
    return f"{head}_{_short_hash(','.join(sorted(_hexed(ciphers))))}_{_short_hash(tail)}"
