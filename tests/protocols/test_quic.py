"""QUIC: the examples of RFC 9001 and RFC 9369, and conversations protected by their rules."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sensor.events import Attribute, Enough, Handshake
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.quic import PROTOCOL, Quic
from sensor.protocols.quic.keys import V1, V2, initial_keys, version_name
from tests.conversation import C, S, Script, converse, events
from tests.protocols import tls_bytes as make

# RFC 9001 appendix A: the id, the keys it leads to, the client's frames, the server's whole packet.
TARGET = bytes.fromhex("8394c8f03e515708")
CLIENT_KEYS = ("1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2")
SERVER_KEYS = ("cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314")
CLIENT_FRAMES = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b65"
    "78616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa4"
    "7fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002"
    "40010039003204"
    "08ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff"
)
SERVER_PACKET = bytes.fromhex(
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839"
    "b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456"
    "cbc42158407dd074ee"
)
# RFC 9369 appendix A
CLIENT_KEYS_2 = ("8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9")


def varint(value: int) -> bytes:
    return value.to_bytes(1, "big") if value < 64 else (value | 0x4000).to_bytes(2, "big")


def protect(
    first: int,
    version: int,
    target: bytes,
    source: bytes,
    number: int,
    frames: bytes,
    keys: tuple[str, str, str],
    token: bytes | None = b"",
) -> bytes:
    """A long-header packet as RFC 9001 §5 builds it, with a packet number of four bytes.

    ``token`` None for packets without that field.
    """
    key, vector, header_key = (bytes.fromhex(item) for item in keys)
    header = struct.pack(">BI", first | 3, version) + make.vector(1, target) + make.vector(1, source)
    if token is not None:
        header += varint(len(token)) + token
    header += (4 + len(frames) + 16 | 0x4000).to_bytes(2, "big")
    at = len(header)
    header += number.to_bytes(4, "big")
    nonce = (int.from_bytes(vector, "big") ^ number).to_bytes(12, "big")
    body = AESGCM(key).encrypt(nonce, frames, header)
    mask = Cipher(algorithms.AES(header_key), modes.ECB()).encryptor().update(body[:16])
    hidden = bytes(a ^ b for a, b in zip(header[at:], mask[1:], strict=False))
    return bytes((header[0] ^ mask[0] & 0x0F,)) + header[1:at] + hidden + body


FIRST = protect(0xC0, V1, TARGET, b"", 2, CLIENT_FRAMES + bytes(1162 - len(CLIENT_FRAMES)), CLIENT_KEYS)
SHORT = b"\x4c" + bytes(40)


def handshake(script: Script, **how: Any) -> Handshake:
    found = events(converse(Quic, script, **how), Handshake)
    assert len(found) == 1
    assert isinstance(found[0], Handshake)
    return found[0]


def test_the_packet_made_here_is_the_one_of_the_rfc() -> None:
    # RFC 9001 appendix A.2: header, first bytes and last bytes of the protected packet
    assert len(FIRST) == 1200
    assert FIRST.startswith(
        bytes.fromhex("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b")
    )
    assert FIRST.endswith(bytes.fromhex("e221af44860018ab0856972e194cd934"))


def test_keys_of_both_versions() -> None:
    made = initial_keys(V1, TARGET)
    assert made is not None
    assert tuple((k.key.hex(), k.vector.hex(), k.header.hex()) for k in made) == (CLIENT_KEYS, SERVER_KEYS)
    second = initial_keys(V2, TARGET)
    assert second is not None
    assert (second[0].key.hex(), second[0].vector.hex(), second[0].header.hex()) == CLIENT_KEYS_2
    assert initial_keys(0x0A0A0A0A, TARGET) is None


def test_the_worked_example_of_rfc_9001() -> None:
    script = [(C, FIRST), (S, SERVER_PACKET), (C, SHORT)]
    event = handshake(script)
    assert (event.kind, event.version, event.cipher, event.server_name) == (
        "quic",
        "TLS 1.3",
        "TLS_AES_128_GCM_SHA256",
        "example.com",
    )
    assert (event.alpn, event.established, event.certificates) == (("alpn",), True, ())
    assert event.offered_ciphers == ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")
    # q: QUIC, 13: TLS 1.3, d: a name, 2 suites, 11 extensions, "alpn"
    assert event.ja4 is not None and event.ja4.startswith("q13d0211an_")
    output = converse(Quic, script, damage=False)
    assert isinstance(output[-1], Enough)
    assert [item.value for item in output if isinstance(item, Attribute)] == ["1"]


def test_version_2() -> None:
    # RFC 9369 appendix A.2: the type bits are turned round, the protected header is given
    first = protect(0xD0, V2, TARGET, b"", 2, CLIENT_FRAMES + bytes(1162 - len(CLIENT_FRAMES)), CLIENT_KEYS_2)
    assert first.startswith(bytes.fromhex("d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485"))
    output = converse(Quic, [(C, first)], damage=False)
    assert [item.value for item in output if isinstance(item, Attribute)] == ["2"]
    assert [item.server_name for item in output if isinstance(item, Handshake)] == ["example.com"]


def crypto(start: int, end: int) -> bytes:
    hello = CLIENT_FRAMES[4:]
    return b"\x06" + varint(start) + varint(end - start) + hello[start:end]


def test_a_hello_cut_into_frames_and_packets_in_any_order() -> None:
    frames = [
        crypto(100, 180) + b"\x01\x00\x00" + crypto(0, 60) + bytes(30),
        crypto(180, 241),
        crypto(90, 110) + crypto(40, 100),
    ]
    packets = [protect(0xC0, V1, TARGET, b"", n, frame + bytes(200), CLIENT_KEYS) for n, frame in enumerate(frames)]
    event = handshake([(C, packet) for packet in packets])
    assert event.server_name == "example.com"
    assert len(event.spans) == 1
    assert (event.spans[0].start, event.spans[0].end) == (0, 3)
    assert handshake([(C, b"".join(packets))], damage=False).server_name == "example.com"


def test_a_retry_changes_the_keys() -> None:
    other = bytes.fromhex("f067a5502a4262b5")
    keys = initial_keys(V1, other)
    assert keys is not None
    texts = (keys[0].key.hex(), keys[0].vector.hex(), keys[0].header.hex())
    retry = struct.pack(">BI", 0xF0, V1) + make.vector(1, b"") + make.vector(1, other) + b"token" + bytes(16)
    lost = protect(0xC0, V1, TARGET, b"", 0, crypto(0, 100) + bytes(800), CLIENT_KEYS)
    again = protect(0xC0, V1, other, b"", 1, crypto(0, 241) + bytes(800), texts, b"token")
    assert handshake([(C, lost), (S, retry), (C, again)]).server_name == "example.com"


def test_a_version_negotiation_is_lived_through() -> None:
    greased = protect(0xC0, 0x1A2A3A4A, TARGET, b"", 0, bytes(1200), CLIENT_KEYS)
    offer = b"\x80" + bytes(4) + make.vector(1, b"") + make.vector(1, TARGET) + struct.pack(">II", V1, V2)
    assert handshake([(C, greased), (S, offer), (C, FIRST)], damage=False).server_name == "example.com"
    assert recognise(greased) is Match.SURE
    assert recognise(b"", offer) is Match.SURE


@pytest.mark.parametrize(
    ("code", "name"),
    [(0x0128, "handshake_failure"), (0x0178, "no_application_protocol"), (0x02, "quic 0x2"), (0, None)],
)
def test_a_server_that_closes_in_the_handshake(code: int, name: str | None) -> None:
    close = protect(0xC0, V1, b"", TARGET, 0, b"\x1c" + varint(code) + b"\x06\x00" + bytes(20), SERVER_KEYS)
    event = handshake([(C, FIRST), (S, close)])
    assert (event.established, event.alert) == (False if name else None, name)


def test_the_rest_of_a_datagram_behind_an_initial_packet() -> None:
    behind = protect(0xE0, V1, b"", TARGET, 0, bytes(60), SERVER_KEYS, None)
    event = handshake([(C, FIRST), (S, SERVER_PACKET + behind), (S, SHORT)], damage=False)
    # the server may send data before the client is done (RFC 8446 §2): that proves nothing
    assert (event.version, event.established) == ("TLS 1.3", None)


def test_mid_stream_says_only_that_it_is_quic() -> None:
    output = converse(
        Quic, [(C, protect(0xC0, V1, b"x" * 8, b"", 9, bytes(1200), CLIENT_KEYS)), (C, SHORT)], damage=False
    )
    assert [type(item) for item in output] == [Attribute]


def test_names_in_googles_old_hellos() -> None:
    # "QUIC Crypto": tags in order of their number, each with the offset of its value's end
    tags = [(b"PAD\0", b"-" * 100), (b"SNI\0", b"tv.example"), (b"VER\0", b"Q043")]
    ends, index = 0, b""
    for tag, value in tags:
        ends += len(value)
        index += tag + struct.pack("<I", ends)
    hello = b"CHLO" + struct.pack("<HH", len(tags), 0) + index + b"".join(value for _, value in tags)
    old = b"\x0d" + bytes(8) + b"Q043" + b"\x01" + bytes(12) + b"\xa0\x01\x00\x04" + hello
    event = handshake([(C, old)])
    assert (event.kind, event.version, event.server_name, event.ja3, event.ja4) == (
        "quic",
        None,
        "tv.example",
        None,
        None,
    )
    assert event.offered_versions == ("QUIC Q043",)
    assert recognise(old) is Match.SURE


def test_frames_without_end_are_bounded() -> None:
    parser = Quic(None)
    for number in range(100):
        frames = b"".join(b"\x06" + varint(1000 + number * 3) + varint(4000) + bytes(4000) for _ in range(3))
        list(parser.receive(C, protect(0xC0, V1, TARGET, b"", number, frames, CLIENT_KEYS)))
    assert [item for item in parser.close() if isinstance(item, Handshake)] == []


def recognise(client: bytes, server: bytes = b"") -> Match:
    assert PROTOCOL.recognise is not None
    return PROTOCOL.recognise(Opening(client, server, 50000, 12345, Transport.UDP))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (FIRST, Match.SURE),
        (SERVER_PACKET, Match.SURE),
        (SHORT, Match.NO),
        (b"\xc0\x00\x00\x00\x01\x15" + bytes(30), Match.NO),
        (b"\xc0\x12\x34\x56\x78\x08" + bytes(1300), Match.NO),
        (b"\x80\x60" + bytes(200), Match.NO),
        (b"\xc0", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition(data: bytes, match: Match) -> None:
    assert recognise(data) is match


def test_names_of_versions() -> None:
    assert [version_name(v) for v in (V1, V2, 0xFF00001D, 0x51303436, 0x1A2A3A4A)] == [
        "1",
        "2",
        "draft-29",
        "Q046",
        "0x1a2a3a4a",
    ]


@pytest.mark.parametrize(
    ("first", "version", "size", "match"),
    [
        (0xC0, 0x1A2A3A4A, 1200, Match.SURE),
        (0xC0, 0x1A2A3A4A, 1199, Match.NO),
        (0x80, 0x1A2A3A4A, 1200, Match.NO),
        (0xC0, 0x1A2A3A4B, 1200, Match.NO),
        (0x40, 0x1A2A3A4A, 1200, Match.NO),
        (0xC0, 1, 40, Match.SURE),
        (0x80, 1, 40, Match.NO),
    ],
)
def test_versions_that_ask_for_a_negotiation(first: int, version: int, size: int, match: Match) -> None:
    """RFC 9000 §15 and §14.1: 0x?a?a?a?a in a datagram of 1,200 bytes; §17.2: the fixed bit."""
    data = struct.pack(">BI", first, version) + b"\x08" + TARGET + b"\0"
    assert recognise(data.ljust(size, b"\0")) is match


@pytest.mark.parametrize(("target", "source", "match"), [(20, 20, Match.SURE), (21, 0, Match.NO), (0, 21, Match.NO)])
def test_ids_have_twenty_bytes_at_most(target: int, source: int, match: Match) -> None:
    data = struct.pack(">BI", 0xC0, 1) + bytes((target,)) + bytes(target) + bytes((source,)) + bytes(source + 60)
    assert recognise(data) is match


@pytest.mark.parametrize(
    ("offered", "match"),
    [(b"\0\0\0\1", Match.SURE), (b"\x1a\x2a\x3a\x4a\0\0\0\1", Match.SURE), (b"\0\0\0\1\0", Match.NO),
     (b"\x1a\x2a\x3a\x4a", Match.NO), (b"", Match.NO)],
)  # fmt: skip
def test_a_server_offers_versions(offered: bytes, match: Match) -> None:
    """RFC 9000 §17.2.1: whole versions, one of them known."""
    assert recognise(b"", b"\x80\0\0\0\0\0\x08" + TARGET + offered) is match
