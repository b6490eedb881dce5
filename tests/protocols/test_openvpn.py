"""OpenVPN: packets made from its protocol.h, without and with tls-auth and tls-crypt."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable

import pytest

from sensor.events import Enough, Handshake, Inner
from sensor.model import Protection, Side, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.openvpn import PROTOCOLS, OpenVpn, OpenVpnStream
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import tls_bytes as tls

CLIENT, SERVER = b"client-1", b"server-1"


def packet(
    opcode: int,
    session: bytes,
    number: int | None,
    payload: bytes = b"",
    *,
    acked: tuple[int, ...] = (),
    remote: bytes = b"",
    mac: int = 0,
) -> bytes:
    """A control packet; ``mac`` bytes of a tls-auth MAC with its packet number and time."""
    head = bytes((opcode << 3,)) + session + (b"m" * mac + struct.pack(">II", 1, 1_780_000_000) if mac else b"")
    acks = bytes((len(acked),)) + b"".join(struct.pack(">I", a) for a in acked) + (remote if acked else b"")
    return head + acks + (struct.pack(">I", number) if number is not None else b"") + payload


def resets(mac: int = 0) -> list[tuple[Side, bytes]]:
    return [(C, packet(7, CLIENT, 0, mac=mac)), (S, packet(8, SERVER, 0, acked=(0,), remote=CLIENT, mac=mac))]


def control(mac: int = 0) -> Script:
    """Resets, then a real TLS handshake in control packets, a piece of it out of order and once more."""
    script = resets(mac)
    sent = [1, 1]
    for side, data in tls.talk(ssl.TLSVersion.TLSv1_2):
        pieces = [data[i : i + 400] for i in range(0, len(data), 400)]
        made = [packet(4, (CLIENT, SERVER)[side], sent[side] + n, piece, mac=mac) for n, piece in enumerate(pieces)]
        sent[side] += len(made)
        script += [(side, one) for one in [*reversed(made), made[0]]]
        script.append(
            (side.other, packet(5, (SERVER, CLIENT)[side], None, acked=(sent[side],), remote=b"x" * 8, mac=mac))
        )
    return script


def inside(script: Script) -> list[tuple[Side, bytes]]:
    output = converse(OpenVpn, script, damage=False)
    assert {item.protocol for item in output if isinstance(item, Inner)} == {"tls"}
    return [(item.side, item.data) for item in output if isinstance(item, Inner)]


@pytest.mark.parametrize("mac", [0, 20, 32, 64])
def test_the_control_channels_handshake_goes_inside_in_its_order(mac: int) -> None:
    script = control(mac)
    for side in Side:
        plain = b"".join(data for end, data in inside(script) if end is side)
        # record type, version
        assert plain[:3] in (b"\x16\x03\x01", b"\x16\x03\x03")
        assert tls.der() in plain or side is C


def test_once_the_handshake_is_seen_nothing_more_is_wanted() -> None:
    run = Run(OpenVpn(None))
    for side, data in control()[:4]:
        run.feed(side, data)
    handshake = Handshake(kind="tls", version="TLS 1.2")
    assert list(run.parser.from_inner(handshake, 0)) == [handshake]
    run.feed(C, packet(6, CLIENT, 1))
    assert run.parsed[-1] == Enough()


def test_with_tls_crypt_nothing_can_be_read() -> None:
    sealed = bytes((7 << 3,)) + CLIENT + struct.pack(">II", 1, 1_780_000_000) + bytes(range(60, 100))
    assert converse(OpenVpn, [(C, sealed)]) == [Enough()]


def test_over_tcp() -> None:
    script = [(side, len(data).to_bytes(2, "big") + data) for side, data in control()[:3]]
    output = converse(OpenVpnStream, script)
    assert [item.side for item in output if isinstance(item, Inner)] == [C]
    recognise = PROTOCOLS[1].recognise
    assert recognise is not None
    first = script[0][1]
    openings = {
        first: Match.SURE,
        first[:5]: Match.MORE,
        b"\0": Match.MORE,
        b"GET / HTTP/1.1": Match.NO,
        b"\0\x0e\xff": Match.NO,
        b"": Match.NO,
    }
    assert {data: recognise(Opening(data, b"", 40000, 443, Transport.TCP)) for data in openings} == openings


def test_packets_that_never_come_do_not_pile_up() -> None:
    parser = OpenVpn(None)
    list(parser.receive(*resets()[0]))
    for number in range(2, 400):
        assert not [item for item in parser.receive(C, packet(4, CLIENT, number, b"x")) if isinstance(item, Inner)]
    # the first one still fits, and brings those that were kept
    brought = [item for item in parser.receive(C, packet(4, CLIENT, 1, b"x")) if isinstance(item, Inner)]
    assert 1 < len(brought) <= 65


def on(port: int) -> Callable[[bytes, bytes], Match]:
    recognise = PROTOCOLS[0].recognise
    assert recognise is not None
    return lambda client, server: recognise(Opening(client, server, 40000, port, Transport.UDP))


EARLY = bytes((10 << 3,)) + CLIENT + struct.pack(">II", 0x0F000001, 1_780_000_000) + bytes(range(200)) + b"wrapped key"
EARLY_ANSWER = bytes((8 << 3,)) + SERVER + struct.pack(">II", 0x0F000001, 1_780_000_000) + bytes(range(49))
SEALED = bytes((10 << 3,)) + CLIENT + struct.pack(">II", 1, 1_780_000_000) + bytes(range(40))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (resets()[0][1], b"", Match.SURE),
        (b"", resets()[1][1], Match.SURE),
        (resets(20)[0][1], resets(20)[1][1], Match.SURE),
        (SEALED, b"", Match.WEAK),
        (EARLY, b"", Match.WEAK),
        (EARLY, EARLY_ANSWER, Match.SURE),
        (EARLY[:9] + b"\x0f\0\1\1" + EARLY[13:], b"", Match.NO),
        (SEALED, bytes((8 << 3,)) + SEALED[1:], Match.SURE),
        (resets()[0][1] + b"x", b"", Match.NO),
        (b"8 is a number, not an opcode", b"", Match.NO),
        (bytes((9 << 3,)) + bytes(60), b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert on(12345)(client, server) is match
    assert PROTOCOLS[0].protection is Protection.ENCRYPTED


def test_in_mid_stream_the_port_speaks() -> None:
    assert on(1194)(bytes((9 << 3,)) + bytes(60), b"") is Match.WEAK
    assert on(1194)(b"hello", b"") is Match.NO


def test_resets_that_are_cut_or_of_another_kind() -> None:
    """A first byte of opcode and key 0, a session of eight bytes, at least a count and a packet number."""
    reset, answer = resets()[0][1], resets()[1][1]
    for size in range(1, len(reset)):
        assert on(12345)(reset[:size], b"") is Match.NO, size
    assert on(12345)(reset, b"") is Match.SURE
    for opcode in range(32):
        for key in (0, 1):
            first = bytes((opcode << 3 | key,))
            good = not key
            assert (on(12345)(first + reset[1:], b"") is Match.SURE) is (good and opcode in (7, 10)), opcode
            assert (on(12345)(b"", first + answer[1:]) is Match.SURE) is (good and opcode == 8), opcode
    for place in range(len(reset) - 5, len(reset)):  # nothing is acknowledged, and the number is zero
        changed = bytearray(reset)
        changed[place] = 3
        assert on(12345)(bytes(changed), b"") is Match.NO, place
