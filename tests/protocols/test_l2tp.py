"""L2TP by RFC 2661: PPP inside, proxied logins, names, hidden attributes, headers."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute, Inner, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.l2tp import ATTRIBUTES, PROTOCOL, L2tp, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings

PAP = b"\xc0\x23\x01\x01\x00\x10\x04anna\x06s3cret"


def attribute(kind: int, value: bytes, *, head: int = 0x8000, vendor: int = 0) -> bytes:
    return (head | 6 + len(value)).to_bytes(2, "big") + vendor.to_bytes(2, "big") + kind.to_bytes(2, "big") + value


def control(*attributes: bytes) -> bytes:
    body = bytes(4) + bytes(4) + b"".join(attributes)
    return b"\xc8\x02" + (4 + len(body)).to_bytes(2, "big") + body


def data(frame: bytes, flags: int = 0x0002) -> bytes:
    body = b"\0\1\0\2" + (bytes(4) if flags & 0x0800 else b"") + (b"\0\2xx" if flags & 0x0200 else b"") + frame
    return flags.to_bytes(2, "big") + ((4 + len(body)).to_bytes(2, "big") if flags & 0x4000 else b"") + body


@pytest.mark.parametrize("flags", [0x0002, 0x4002, 0x0802, 0x4A02])
@pytest.mark.parametrize("framing", [b"", b"\xff\x03"])
def test_ppp_inside(flags: int, framing: bytes) -> None:
    assert converse(L2tp, [(C, data(framing + PAP, flags))]) == [Inner(PAP, "ppp", C)]
    assert converse(L2tp, [(C, data(framing + b"\0\x21E\0\0\x14", flags))], damage=False) == []


def test_the_proxys_login() -> None:
    request = control(
        attribute(0, b"\0\x0c"), attribute(29, b"\0\3"), attribute(30, b"anna@isp"), attribute(33, b"s3cret")
    )
    [login] = events(converse(L2tp, [(C, request)]), Login)
    assert (login.username, login.secret, login.scheme, login.clear) == ("anna@isp", Secret("s3cret"), "pap", True)
    chap = control(
        attribute(29, b"\0\2"), attribute(30, b"anna"), attribute(31, b"\1\2"), attribute(32, b"\0\7"),
        attribute(33, b"\xaa\xbb")
    )  # fmt: skip
    [login] = events(converse(L2tp, [(C, chap)]), Login)
    assert (login.username, login.secret, login.scheme, login.clear) == ("anna", Secret("aabb:0102:07"), "chap", False)
    assert converse(L2tp, [(C, control(attribute(33, b"s3cret")))], damage=False) == []


def test_names_and_what_is_hidden() -> None:
    parsed = converse(
        L2tp, [(S, control(attribute(7, b"lns.example"), attribute(8, b"Example Inc"), attribute(9, b"x")))]
    )
    assert [(a.field, a.value, a.side) for a in events(parsed, Attribute)] == [
        ("l2tp.host", "lns.example", S), ("l2tp.vendor", "Example Inc", S),
    ]  # fmt: skip
    hidden = [attribute(29, b"\0\3"), attribute(33, b"s3cret", head=0xC000), attribute(33, b"s3cret", vendor=9)]
    assert converse(L2tp, [(C, control(*hidden))], damage=False) == []
    assert converse(L2tp, [(C, control(*[attribute(1, b"")] * ATTRIBUTES, attribute(7, b"late")))], damage=False) == []


def test_recognise() -> None:
    def opening(seen: bytes, port: int = 1701) -> Opening:
        return Opening(seen, b"", 40000, port, Transport.UDP)

    for seen in (control(attribute(7, b"a")), data(PAP), data(PAP, 0x4A02)):
        assert recognise(opening(seen)) is Match.SURE
        assert recognise(opening(seen, 1702)) is Match.NO
    for lure in (b"\xc8\x03" + control()[2:], control()[:-1], b"\x80\x02" + bytes(10), b"\x00\x12" + bytes(9), b"\0\2"):
        assert recognise(opening(lure)) is Match.NO


def test_flags_of_either_end() -> None:
    """RFC 2661 §3.1: version 2, reserved bits zero; control messages have a length and numbers, and no offset."""
    control = struct.pack(">HHHHHH", 0xC802, 20, 0, 0, 0, 0) + bytes(8)
    openings.datagram(recognise, control, port=1701, away=Match.NO, counts={0: 0xC0, 1: 0x03})
    for flags, match in (
        (0xCA02, Match.NO),
        (0x8802, Match.NO),
        (0xC002, Match.NO),
        (0xC812, Match.NO),
        (0xCC02, Match.NO),
    ):
        assert recognise(openings.of(struct.pack(">H", flags) + control[2:], 1701, udp=True)) is match
    data = struct.pack(">HHH", 0x0002, 7, 9)
    openings.datagram(recognise, data, port=1701, away=Match.NO, exact=False)
    assert recognise(openings.of(data[:5], 1701, udp=True)) is Match.NO


@pytest.mark.parametrize(
    ("kind", "scheme"), [(1, None), (2, "chap"), (3, "pap"), (4, None), (5, "mschap"), (0, None), (6, None)]
)
def test_how_the_user_logged_in_to_the_proxy(kind: int, scheme: str | None) -> None:
    """RFC 2661 4.4.5: 1 text, 2 CHAP, 3 PAP, 4 none, 5 MS-CHAP."""
    for side in (C, S):
        sent = control(attribute(29, bytes([0, kind])), attribute(30, b"anna"), attribute(31, b"\1\2"),
                       attribute(32, b"\0\7"), attribute(33, b"\xaa\xbb"))  # fmt: skip
        found = [e for e in converse(L2tp, [(side, sent)], damage=False) if isinstance(e, Login)]
        assert [(e.scheme, e.username, e.verifier, e.clear) for e in found] == (
            [(scheme, "anna", side.other, scheme == "pap")] if scheme else []
        )


@pytest.mark.parametrize("missing", [30, 31, 32])
def test_a_proxys_login_without_one_of_its_parts(missing: int) -> None:
    parts = {29: b"\0\2", 30: b"anna", 31: b"\1\2", 32: b"\0\7", 33: b"\xaa\xbb"}
    sent = control(*(attribute(kind, value) for kind, value in parts.items() if kind != missing))
    [login] = [e for e in converse(L2tp, [(C, sent)], damage=False) if isinstance(e, Login)]
    expected = {30: "aabb:0102:07", 31: "aabb::07", 32: "aabb:0102:00"}[missing]
    assert (login.username, login.secret) == (None if missing == 30 else "anna", Secret(expected))


def test_versions_lengths_and_the_first_of_two_attributes() -> None:
    for first in (0xC801, 0xC803, 0xC800, 0xC80F):
        with pytest.raises(Malformed):
            Run(L2tp()).feed(C, struct.pack(">H", first) + control()[2:])
    behind = control(attribute(7, b"one"), attribute(7, b"two")) + attribute(8, b"behind the message")
    found = [(e.field, e.value) for e in converse(L2tp, [(C, behind)], damage=False) if isinstance(e, Attribute)]
    assert found == [("l2tp.host", "one")]
    with pytest.raises(Malformed):
        Run(L2tp()).feed(C, control(attribute(7, b"one"))[:-1])


@pytest.mark.parametrize(
    ("protocol", "inside"),
    [(b"\xc0\x23", True), (b"\xc2\x23", True), (b"\xc2\x27", True), (b"\xc0\x21", False), (b"\x80\x21", False)],
)
def test_which_frames_hold_a_login(protocol: bytes, inside: bool) -> None:
    """RFC 1334, 1994, 2284: PAP, CHAP, EAP; LCP and IPCP are none."""
    frame = protocol + PAP[2:]
    for side in (C, S):
        assert converse(L2tp, [(side, data(frame))], damage=False) == ([Inner(frame, "ppp", side)] if inside else [])
        for changed in (b"\xfe\x03", b"\xff\x02"):
            assert converse(L2tp, [(side, data(changed + frame))], damage=False) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "only_at_home", ports={1701}, transport=Transport.UDP)


def test_a_length_beyond_the_datagram_reads_what_is_there() -> None:
    sent = control(attribute(7, b"lns.example"))
    for length, shown in ((len(sent) + 50, 1), (len(sent), 1)):
        data = sent[:2] + length.to_bytes(2, "big") + sent[4:]
        assert len(events(converse(L2tp, [(C, data)], damage=False), Attribute)) == shown
    for length in (0, 3, 11):
        with pytest.raises(Malformed):
            Run(L2tp()).feed(C, sent[:2] + length.to_bytes(2, "big") + sent[4:])
