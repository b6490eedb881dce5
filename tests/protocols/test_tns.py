"""TNS packets as in openwall's john-samples: three encodings of fields, answers, redirections."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Expect, Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tns import PACKETS, Tns, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings


def packet(kind: int, payload: bytes, wide: bool = False) -> bytes:
    size = len(payload) + 8
    return (size.to_bytes(4, "big") if wide else size.to_bytes(2, "big") + b"\0\0") + bytes([kind, 0, 0, 0]) + payload


def data(payload: bytes, wide: bool = False) -> bytes:
    return packet(6, b"\0\0" + payload, wide)


def sized(value: bytes, form: str, factor: int = 1) -> bytes:
    if form == "compact":
        return bytes([1, len(value)]) + bytes([len(value)]) + value
    size = (len(value) * factor).to_bytes(4, "little")
    if form == "pieces" and len(value) > 40:
        return (
            size
            + b"\xfe"
            + b"".join(bytes([len(value[at : at + 40])]) + value[at : at + 40] for at in range(0, len(value), 40))
            + b"\0"
        )
    return size + bytes([len(value)]) + value


def field(name: bytes, value: bytes, form: str) -> bytes:
    factor = 3 if form == "pieces" else 1
    return (
        sized(name, "compact" if form == "compact" else "whole", factor)
        + sized(value, form, factor)
        + (b"\0" if form == "compact" else bytes(4))
    )


SERVER_KEY, SALT, PASSWORD, CLIENT_KEY = b"A1" * 48, b"4F739806EBC1D7742BC6", b"4E" * 32, b"C3" * 48
ERROR = data(b"\4" + bytes(20) + b"\x33ORA-01017: invalid username/password; logon denied\n")


def login(form: str = "whole", wide: bool = False) -> list[tuple[object, bytes]]:
    first = data(b"\3\x76\2" + bytes(20) + b"\4anna" + field(b"AUTH_TERMINAL", b"pts/4", form), wide)
    challenge = data(b"\x08\2\0" + field(b"AUTH_SESSKEY", SERVER_KEY, form) + field(b"AUTH_VFR_DATA", SALT, form), wide)
    second = data(
        b"\3\x73\3"
        + bytes(20)
        + b"\4anna"
        + field(b"AUTH_SESSKEY", CLIENT_KEY, form)
        + field(b"AUTH_PASSWORD", PASSWORD, form),
        wide,
    )
    return [(C, first), (S, challenge), (C, second)]


ACCEPTED = data(
    b"\x08\x1e\0" + field(b"AUTH_VERSION_STRING", b"- Production", "whole") + field(b"AUTH_SESSION_ID", b"151", "whole")
)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("form", ["whole", "pieces", "compact"])
@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [(ACCEPTED, True, "AUTH_VERSION_STRING after the password"), (ERROR, False, "ORA-01017 invalid username/password")],
)
def test_login(wide: bool, form: str, answer: bytes, accepted: bool, basis: str) -> None:
    output = converse(Tns, [*login(form, wide), (S, answer)], damage=not wide)  # type: ignore[list-item]
    (found,) = events(output, Login)
    assert isinstance(found, Login)
    assert found.secret == Secret(b"$o5logon$" + b"*".join((SERVER_KEY, SALT, PASSWORD, CLIENT_KEY)))
    assert (found.username, found.scheme, found.clear, found.accepted, found.basis) == (
        "anna",
        "o5logon",
        False,
        accepted,
        basis,
    )
    assert [span.side for span in found.spans] == [S, C, S]
    assert (output[-1] == Enough()) is accepted


def test_other_errors_and_no_answer() -> None:
    other = data(b"\4" + bytes(20) + b"ORA-12154: TNS:could not resolve\n")
    assert [e.accepted for e in events(converse(Tns, [*login(), (S, other)], damage=False), Login)] == [None]  # type: ignore[attr-defined,list-item]
    assert [e.accepted for e in events(converse(Tns, login(), damage=False), Login)] == [None]  # type: ignore[attr-defined,arg-type]


def test_login_over_several_packets() -> None:
    script = login("pieces")
    whole = script[2][1][10:]
    parts = data(whole[:120]) + data(whole[120:])
    (found,) = events(converse(Tns, [*script[:2], (C, parts), (S, ACCEPTED)]), Login)  # type: ignore[list-item]
    assert (found.username, found.accepted) == ("anna", True)  # type: ignore[attr-defined]


DESCRIPTION = (
    b"(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=orcl)(CID=(PROGRAM=sqlplus@pc-1)(HOST=pc-1)(USER=anna)))"
    b"(ADDRESS=(PROTOCOL=TCP)(HOST=192.0.2.9)(PORT=1521)))"
)
CONNECT = packet(1, b"\x01\x3a\x01\x2c" + bytes(46) + DESCRIPTION)


def test_connect_and_redirect() -> None:
    output = converse(
        Tns, [(C, CONNECT), (S, packet(5, b"\0\x33(ADDRESS=(PROTOCOL=tcp)(HOST=192.0.2.9)(PORT=33012))"))]
    )
    assert output == [
        Attribute(field="tns.program", value="sqlplus@pc-1", side=C),
        Attribute(field="tns.hostname", value="pc-1", side=C),
        Expect("tns", 33012, S),
    ]


def test_queries_are_of_no_interest() -> None:
    output = converse(
        Tns, [(C, data(b"\3\x5eSELECT 1")), (S, data(b"\x06rows"))] * PACKETS, damage=False, bytewise=False
    )
    assert output == [Enough()]


def test_lures() -> None:
    # A field's name in a query is no login, nor is one without a value.
    assert (
        converse(Tns, [(C, data(b"\3\x5eSELECT 'AUTH_PASSWORD' FROM dual")), (C, data(b"AUTH_PASSWORD"))], damage=False)
        == []
    )


def test_recognised() -> None:
    def opening(client: bytes, port: int = 1521) -> Opening:
        return Opening(client, b"", 50000, port, Transport.TCP)

    assert recognise(opening(CONNECT, 49161)) is Match.SURE
    assert recognise(opening(CONNECT[:6], 49161)) is Match.MORE
    assert recognise(opening(login()[2][1])) is Match.WEAK
    assert recognise(opening(login()[2][1], 49161)) is Match.NO
    for lure in (
        b"",
        bytes(40),
        b"\0\x64\0\0\1\0\0\0\x09\x09" + bytes(90),
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ):
        assert recognise(opening(lure)) is Match.NO


def test_an_opening_cut_anywhere() -> None:
    """Length, checksum 0, kind 1 (CONNECT), flags, checksum, version (0134 to 0140 in practice)."""
    connect = (58).to_bytes(2, "big") + b"\0\0\1\0\0\0" + b"\1\x3a" + bytes(48)
    openings.stream(recognise, connect, sure=10)
    for place, value in ((2, 1), (3, 1), (4, 2), (8, 2), (9, 0x2F), (9, 0x51), (1, 25), (0, 0x21)):
        assert recognise(openings.of(connect[:place] + bytes([value]) + connect[place + 1 :])) is Match.NO, place
    for version, match in ((0x0130, Match.SURE), (0x0150, Match.SURE)):
        assert recognise(openings.of(connect[:8] + version.to_bytes(2, "big") + connect[10:])) is match
    for start, match in ((b"\0\x3a\0", Match.MORE), (b"\0\x3a\1", Match.NO), (b"\0\x3a\0\0\2", Match.NO)):
        assert recognise(openings.of(start)) is match
    data = (20).to_bytes(2, "big") + b"\0\0\6\0\0\0" + bytes(12)
    assert recognise(openings.of(data, 1521)) is Match.WEAK and recognise(openings.of(data)) is Match.NO
    assert recognise(openings.of(data[:5] + b"\1" + data[6:], 1521)) is Match.NO
