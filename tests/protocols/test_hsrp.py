"""HSRP messages by RFC 2281, clause 5.1, and version 2's fields."""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.hsrp import PROTOCOL, Hsrp, recognise
from tests.conversation import C, Run, converse
from tests.protocols import openings

VERSION_1 = b"\0\0\x10\x03\x0a\x6e\x01\0" + b"cisco\0\0\0" + b"\xc0\0\x02\x01"
GROUP = b"\x01\x28\x02\x00\x06\x04" + bytes(36)
TEXT = b"\x03\x08cisco\0\0\0"
MD5 = b"\x04\x1c\x01\0" + bytes(26)


def test_text() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("cisco"), scheme="hsrp-text")
    assert converse(Hsrp, [(C, VERSION_1), (C, VERSION_1)]) == [login]
    assert converse(Hsrp, [(C, GROUP + TEXT)]) == [login]


def test_md5_is_not_reported() -> None:
    assert (
        converse(
            Hsrp, [(C, VERSION_1 + MD5), (C, GROUP + MD5), (C, VERSION_1[:8] + bytes(8) + VERSION_1[16:])], damage=False
        )
        == []
    )


def test_recognised() -> None:
    def opening(data: bytes, port: int = 1985) -> Opening:
        return Opening(data, b"", port, port, Transport.UDP)

    assert recognise(opening(VERSION_1)) is Match.SURE
    assert recognise(opening(GROUP + TEXT, 2029)) is Match.SURE
    for lure in (VERSION_1[:19], b"\x01" + VERSION_1[1:], VERSION_1[:2] + b"\x03" + VERSION_1[3:], b""):
        assert recognise(opening(lure)) is Match.NO
    assert recognise(opening(VERSION_1, 40000)) is Match.NO


def test_of_either_end_on_its_ports() -> None:
    """RFC 2281 §5.1: twenty bytes, version 0, operations 0 to 2 with a state, 3 (advertise) without."""
    hello = bytes([0, 0, 16, 3, 10, 100, 1, 0]) + b"cisco\0\0\0" + bytes([192, 0, 2, 1])
    openings.datagram(recognise, hello, port=1985, away=Match.NO, exact=False, counts={0: 1, 1: 4, 2: 3})
    openings.datagram(recognise, hello, port=2029, away=Match.NO, exact=False)
    assert recognise(openings.of(hello[:19], 1985, udp=True)) is Match.NO
    for operation, state, match in ((3, 3, Match.SURE), (2, 8, Match.SURE), (1, 5, Match.NO), (0, 0, Match.SURE)):
        assert recognise(openings.of(bytes([0, operation, state]) + hello[3:], 1985, udp=True)) is match
    second = bytes([1, 40, 2, 0, 6, 4]) + bytes(36)
    openings.datagram(recognise, second, port=1985, exact=False, counts={1: 41, 2: 1})
    assert recognise(openings.of(second[:-1], 1985, udp=True)) is Match.NO


def test_states_of_version_1() -> None:
    """RFC 2281 §5.1: initial, learn, listen, speak, standby, active."""
    states = {0, 1, 2, 4, 8, 16}
    openings.values(recognise, VERSION_1, {2: (states, set(range(256)) - states)}, port=1985, udp=True)


def test_the_password_is_that_of_its_place() -> None:
    """Eight bytes behind the first eight; in version 2 those of a text field alone, wherever it stands."""
    assert [
        item.secret
        for item in converse(Hsrp, [(C, VERSION_1[:8] + b"12345678" + VERSION_1[16:])])
        if isinstance(item, Login)
    ] == [Secret("12345678")]
    other = b"\x05\x02ab"
    for data, number in ((GROUP + other + TEXT, 1), (TEXT + GROUP, 0), (GROUP + other, 0), (GROUP, 0)):
        if data[:1] != b"\1":
            data = b"\1" + data[1:2] + data[2:]
        found = [item for item in converse(Hsrp, [(C, data)], damage=False) if isinstance(item, Login)]
        assert len(found) == number
    with pytest.raises(Malformed):
        Run(Hsrp()).feed(C, VERSION_1[:19])


def test_two_secrets_are_two_logins() -> None:
    second = VERSION_1[:8] + b"other\0\0\0" + VERSION_1[16:]
    found = [
        item.secret for item in converse(Hsrp, [(C, VERSION_1), (C, second), (C, VERSION_1)]) if isinstance(item, Login)
    ]
    assert found == [Secret("cisco"), Secret("other")]


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "only_at_home", ports={1985, 2029}, transport=Transport.UDP)
