"""What holds for each way to recognise a protocol: where it is cut, which end speaks, which port, which bytes count.

    stream(recognise, HELLO, sure=8, port=9000)     # from eight bytes on it is known, before that it may be
    datagram(recognise, QUERY, port=53, counts={0: 0xFF})     # one byte more or less is none, nor is 0xFF in front

The numbers come from the protocol's own definition: the length of its header, the values that a field may have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType

from sensor.model import Transport
from sensor.parsing.parser import Match, Opening, Protocol

Recognise = Callable[[Opening], Match]
ELSEWHERE = 49_999
"""A port at which no protocol is at home."""


def of(data: bytes, port: int = ELSEWHERE, *, server: bool = False, udp: bool = False, answer: bytes = b"") -> Opening:
    """What the client said to a port, or, with `server`, what was said from there first."""
    sides = (answer, data) if server else (data, answer)
    return Opening(*sides, 50_000, port, Transport.UDP if udp else Transport.TCP)


def stream(
    recognise: Recognise,
    data: bytes,
    *,
    sure: int,
    more: int = 1,
    port: int = ELSEWHERE,
    server: bool = False,
    answer: bytes = b"",
    found: Match = Match.SURE,
) -> None:
    """Cut anywhere: from ``sure`` bytes on it is ``found``, from ``more`` bytes on it may be, before that it is not."""
    for size in range(1, len(data) + 1):
        expected = found if size >= sure else Match.MORE if size >= more else Match.NO
        assert recognise(of(data[:size], port, server=server, answer=answer)) is expected, (size, data[:size])


def datagram(
    recognise: Recognise,
    data: bytes,
    *,
    port: int = ELSEWHERE,
    found: Match = Match.SURE,
    away: Match | None = None,
    exact: bool = True,
    counts: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Said by either end; on its port at either end, and ``away`` from it; with another length it is none (`exact`),
    nor with another value of a byte that ``counts``.
    """
    for server in (False, True):
        assert recognise(of(data, port, server=server, udp=True)) is found
        turned = Opening(*((b"", data) if server else (data, b"")), port, 50_000, Transport.UDP)
        assert recognise(turned) is found
        if away is not None:
            assert recognise(of(data, ELSEWHERE, server=server, udp=True)) is away
        if exact:
            assert recognise(of(data[:-1], port, server=server, udp=True)) is Match.NO
            assert recognise(of(data + b"\0", port, server=server, udp=True)) is Match.NO
    for place, value in counts.items():
        changed = data[:place] + bytes([value]) + data[place + 1 :]
        assert recognise(of(changed, port, udp=True)) is Match.NO, (place, value)


def values(
    recognise: Recognise,
    data: bytes,
    places: Mapping[int, tuple[Iterable[int], Iterable[int]]],
    *,
    port: int = ELSEWHERE,
    server: bool = False,
    udp: bool = False,
    found: Match = Match.SURE,
    otherwise: Match = Match.NO,
) -> None:
    """What one byte at a time may be, by its place: with the first values it is ``found``, with the second it is not.

    ``{0: ((1, 2), (0, 3))}``: versions 1 and 2 are this protocol, 0 and 3 are not.
    """
    for place, (right, wrong) in places.items():
        for value in (*right, *wrong):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            expected = found if value in (*right,) else otherwise
            assert recognise(of(changed, port, server=server, udp=udp)) is expected, (place, value)


def declares(
    protocol: Protocol,
    *traits: str,
    ports: Collection[int] = (),
    transport: Transport = Transport.TCP,
    numbers: Collection[int] = (),
) -> None:
    """What a protocol says of itself: its ports (IANA's, or those that its makers name), over what it runs, the
    numbers by which it is reached (EtherTypes, IP protocols), and of the traits that are true or false those named.
    """
    assert set(protocol.ports) == set(ports)
    assert set(protocol.transports) == {transport}
    assert set(protocol.ethertypes | protocol.ip_protocols) == set(numbers)
    assert {each.name for each in fields(protocol) if getattr(protocol, each.name) is True} == set(traits)
