"""iSCSI login PDUs by RFC 7143, clauses 11.12 and 11.13, with CHAP as in its appendix B.3."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.iscsi import DATA_LIMIT, PROTOCOL, Iscsi, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings


def pdu(opcode: int, flags: int, *pairs: str, status: int = 0) -> bytes:
    text = b"".join(pair.encode() + b"\0" for pair in pairs)
    head = (
        bytes([opcode, flags, 0, 0, 0])
        + len(text).to_bytes(3, "big")
        + bytes(28)
        + status.to_bytes(2, "big")
        + bytes(10)
    )
    return head + text + bytes(-len(text) % 4)


NAME = "InitiatorName=iqn.2001-04.com.example:host"
TARGET = "TargetName=iqn.2001-04.com.example:disk1"
FIRST = pdu(0x43, 0x81, NAME, TARGET, "SessionType=Normal", "AuthMethod=CHAP,None")
SECOND = pdu(0x23, 0x81, "AuthMethod=CHAP")
THIRD = pdu(0x43, 0x00, "CHAP_A=5")
CHALLENGE = pdu(0x23, 0x00, "CHAP_A=5", "CHAP_I=197", "CHAP_C=0x0a0b0c")


@pytest.mark.parametrize(
    ("end", "accepted", "basis"),
    [
        (pdu(0x23, 0x87), True, "login status 0000"),
        (pdu(0x23, 0x00, status=0x0201), False, "login status 0201"),
        (pdu(0x23, 0x00, status=0x0301), None, "login status 0301"),
    ],
)
def test_chap(end: bytes, accepted: bool | None, basis: str) -> None:
    response = pdu(0x43, 0x87, "CHAP_N=anna", "CHAP_R=0x8876e228")
    parsed = converse(Iscsi, [(C, FIRST), (S, SECOND), (C, THIRD), (S, CHALLENGE), (C, response), (S, end)])
    (login,) = events(parsed, Login)
    assert isinstance(login, Login)
    assert login.secret == Secret("197:0x0a0b0c:0x8876e228")
    assert (login.username, login.scheme, login.clear, login.accepted, login.basis) == (
        "anna",
        "chap",
        False,
        accepted,
        basis,
    )
    assert [span.side for span in login.spans] == [S, C, S]
    assert parsed[0] == Attribute(field="iscsi.initiator", value="iqn.2001-04.com.example:host", side=C)
    assert parsed[-1] == Enough()


def test_mutual_chap() -> None:
    response = pdu(0x43, 0x87, "CHAP_N=anna", "CHAP_R=0x88", "CHAP_I=7", "CHAP_C=0xdd")
    parsed = converse(
        Iscsi,
        [
            (C, FIRST),
            (S, SECOND),
            (C, THIRD),
            (S, CHALLENGE),
            (C, response),
            (S, pdu(0x23, 0x87, "CHAP_N=disk", "CHAP_R=0x99")),
        ],
    )
    assert [(e.username, e.secret, e.accepted, e.verifier) for e in events(parsed, Login)] == [  # type: ignore[attr-defined]
        ("anna", Secret("197:0x0a0b0c:0x88"), True, S),
        ("disk", Secret("7:0xdd:0x99"), None, C),
    ]


def test_use_without_login() -> None:
    parsed = converse(Iscsi, [(C, pdu(0x43, 0x87, NAME, TARGET, "AuthMethod=None")), (S, pdu(0x23, 0x87))])
    assert [(e.resource, e.granted, e.control) for e in events(parsed, Access)] == [
        ("iqn.2001-04.com.example:disk1", True, True)
    ]  # type: ignore[attr-defined]


def test_full_feature_phase_is_of_no_interest() -> None:
    assert converse(Iscsi, [(C, b"\x01\xc1" + bytes(46))]) == [Enough()]


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 13260, Transport.TCP)

    assert recognise(opening(FIRST)) is Match.SURE
    assert recognise(opening(FIRST[:20])) is Match.MORE
    for lure in (
        b"",
        b"CONNECT example.com:443 HTTP/1.1\r\n\r\n" + bytes(40),
        b"\x43" + bytes(60),
        FIRST[:5] + b"\xff\xff\xff" + FIRST[8:],
        b"C" * 60,
    ):
        assert recognise(opening(lure)) is Match.NO


def test_a_login_cut_anywhere() -> None:
    """RFC 7143 §11.12: 48 bytes of header, opcode 03 with the immediate bit, no additional header, then text."""
    text = b"InitiatorName=iqn.2026-11.example:one\0"
    login = bytes([0x43, 0x81, 0, 0, 0]) + len(text).to_bytes(3, "big") + bytes(40) + text
    openings.stream(recognise, login, sure=56)
    for place, value in ((0, 0x03), (1, 0xA1), (1, 0x91), (2, 1), (3, 1), (4, 1)):
        assert recognise(openings.of(login[:place] + bytes([value]) + login[place + 1 :])) is Match.NO
    assert recognise(openings.of(login[:2] + b"\1" + login[3:20])) is Match.NO  # known before it is whole
    for size, match in ((4, Match.NO), (5, Match.SURE)):
        assert recognise(openings.of(login[:5] + size.to_bytes(3, "big") + login[8:])) is match


RESPONSE = pdu(0x43, 0x87, "CHAP_N=anna", "CHAP_R=0x88")


@pytest.mark.parametrize(
    ("status", "accepted"), [(0x0201, False), (0x0202, None), (0x0200, None), (0x0101, None), (0x0300, None)]
)
def test_statuses_of_a_login(status: int, accepted: bool | None) -> None:
    """RFC 7143 §11.13.5: 0201 is a failed authentication; 0202 is one that may not use the target."""
    script = [(C, FIRST), (S, CHALLENGE), (C, RESPONSE), (S, pdu(0x23, 0, status=status))]
    found = [e for e in converse(Iscsi, script, damage=False) if isinstance(e, Login)]
    assert [(e.accepted, e.basis) for e in found] == [(accepted, f"login status {status:04x}")]


@pytest.mark.parametrize("flags", [0x00, 0x81, 0x80, 0x82, 0x03, 0x07])
def test_a_step_before_the_last_decides_nothing(flags: int) -> None:
    """§11.13.3: the transit bit and the full feature phase (3) as next stage; with both the login is over."""
    script = [(C, FIRST), (S, CHALLENGE), (C, RESPONSE), (S, pdu(0x23, flags))]
    parsed = converse(Iscsi, script, damage=False)
    assert [e.accepted for e in parsed if isinstance(e, Login)] == [None]
    assert not any(isinstance(e, Enough) for e in parsed)
    refused = converse(Iscsi, [*script, (S, pdu(0x23, 0, status=0x0201))], damage=False)
    assert [e.accepted for e in refused if isinstance(e, Login)] == [False]


def test_use_without_a_login_by_its_status_and_name() -> None:
    for pairs, name in (
        ((NAME, TARGET), "iqn.2001-04.com.example:disk1"),
        ((NAME, "SessionType=Discovery"), "Discovery"),
        ((NAME,), "discovery"),
    ):
        for status, granted in ((0, True), (0x0202, False)):
            script = [(C, pdu(0x43, 0x87, *pairs)), (S, pdu(0x23, 0x87, status=status))]
            found = [e for e in converse(Iscsi, script, damage=False) if isinstance(e, Access)]
            assert [(e.resource, e.granted, e.status) for e in found] == [(name, granted, status)]


def test_each_end_sends_its_own_kind_and_headers_may_be_longer() -> None:
    for script in ([(C, pdu(0x23, 0x87))], [(S, pdu(0x43, 0x87, NAME))], [(C, FIRST), (S, pdu(0x3F, 0))]):
        assert converse(Iscsi, script, damage=False)[-1] == Enough()
    longer = RESPONSE[:4] + b"\2" + RESPONSE[5:48] + bytes(8) + RESPONSE[48:]
    found = [e for e in converse(Iscsi, [(C, FIRST), (S, CHALLENGE), (C, longer)]) if isinstance(e, Login)]
    assert [(e.username, e.secret, e.verifier) for e in found] == [("anna", Secret("197:0x0a0b0c:0x88"), S)]
    assert [e.side for e in converse(Iscsi, [(S, pdu(0x23, 0, NAME))], damage=False)] == []


@pytest.mark.parametrize(("length", "whole"), [(DATA_LIMIT, True), (DATA_LIMIT + 1, False)])
def test_how_long_a_text_may_be(length: int, whole: bool) -> None:
    head = FIRST[:5] + length.to_bytes(3, "big") + FIRST[8:48]
    run = Run(Iscsi())
    if whole:
        run.feed(C, head)
    else:
        with pytest.raises(Malformed):
            run.feed(C, head)


def test_a_key_has_up_to_31_letters_figures_and_underscores() -> None:
    """§6.1: 63 bytes at most; the first key of a login is short."""
    for text, match in (
        ("InitiatorName=x", Match.SURE), ("A_b1=" + "x" * 9, Match.SURE), ("a" * 31 + "=x", Match.SURE),
        ("a" * 32 + "=x", Match.NO), ("a b=xxxxx", Match.NO), ("=xxxxxxxx", Match.NO), ("a-b=xxxx", Match.NO),
    ):  # fmt: skip
        assert recognise(openings.of(pdu(0x43, 0x87, text))) is match, text


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={3260})


@pytest.mark.parametrize("size", range(1, 56))
def test_a_header_cut_short(size: int) -> None:
    """Before the length is known nothing speaks against it; from then on the reserved bytes have to be zero."""
    data = FIRST[:size]
    assert recognise(openings.of(data)) is Match.MORE
    for place in (2, 3, 4):
        changed = (FIRST[:place] + b"\1" + FIRST[place + 1 :])[:size]
        assert recognise(openings.of(changed)) is (Match.NO if size >= 8 else Match.MORE), place


def test_logins_of_one_connection_are_bounded() -> None:
    script = [(C, FIRST), (S, CHALLENGE), *[(C, pdu(0x43, 0, "CHAP_N=a", f"CHAP_R=0x{n}")) for n in range(6)]]
    found = [e for e in converse(Iscsi, script, damage=False) if isinstance(e, Login)]
    assert [e.secret for e in found] == [Secret(f"197:0x0a0b0c:0x{n}") for n in range(4)]
