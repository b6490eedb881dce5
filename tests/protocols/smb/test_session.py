"""Session setups of SMB: what a status says, names, pairs, bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from sensor.events import Access, Content, Inner, Login, Skip, Span, Upgrade
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed
from sensor.protocols.smb.files import PIPE
from sensor.protocols.smb.session import (
    KEEPALIVE,
    MESSAGE,
    NEGATIVE,
    PENDING_LIMIT,
    REQUEST,
    SESSIONS,
    WHOLE,
    Sessions,
    SessionStream,
    called_names,
    fits,
    frame,
    verdict,
)
from tests.conversation import C, Run, S, converse
from tests.protocols import smb_bytes as make

PLACE = Span(Side.SERVER, 0, 40)


def login(name: str) -> Login:
    return Login(mechanism="password", username=name, secret=Secret("x"), scheme="plaintext")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (0xC0000022, "STATUS_ACCESS_DENIED"), (0xC000005E, "STATUS_NO_LOGON_SERVERS"),
        (0xC0000064, "STATUS_NO_SUCH_USER"), (0xC000006A, "STATUS_WRONG_PASSWORD"),
        (0xC000006D, "STATUS_LOGON_FAILURE"), (0xC000006E, "STATUS_ACCOUNT_RESTRICTION"),
        (0xC000006F, "STATUS_INVALID_LOGON_HOURS"), (0xC0000070, "STATUS_INVALID_WORKSTATION"),
        (0xC0000071, "STATUS_PASSWORD_EXPIRED"), (0xC0000072, "STATUS_ACCOUNT_DISABLED"),
        (0xC000015B, "STATUS_LOGON_TYPE_NOT_GRANTED"), (0xC000018D, "STATUS_TRUSTED_RELATIONSHIP_FAILURE"),
        (0xC0000193, "STATUS_ACCOUNT_EXPIRED"), (0xC0000224, "STATUS_PASSWORD_MUST_CHANGE"),
        (0xC0000234, "STATUS_ACCOUNT_LOCKED_OUT"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("guest", [False, True])
def test_statuses_that_refuse(status: int, name: str, guest: bool) -> None:
    """MS-ERREF 2.3.1."""
    assert verdict(status, guest) == (False, name)


def test_statuses_that_do_not() -> None:
    assert verdict(0, False) == (True, "STATUS_SUCCESS")
    assert verdict(0, True) == (None, "STATUS_SUCCESS as guest")
    assert verdict(0xC000009A, False)[0] is None


def test_a_reply_belongs_to_its_own_message_and_is_given_once() -> None:
    sessions = Sessions()
    assert [*sessions.add_login(1, login("a")), *sessions.add_login(2, login("b"))] == []
    assert list(sessions.setup_reply(3, True, "STATUS_SUCCESS", PLACE)) == []
    (found,) = sessions.setup_reply(2, True, "STATUS_SUCCESS", PLACE)
    assert isinstance(found, Login) and (found.username, found.accepted, found.spans) == ("b", True, (PLACE,))
    assert list(sessions.setup_reply(2, True, "STATUS_SUCCESS", PLACE)) == []
    assert [(one.username, one.accepted) for one in sessions.unanswered() if isinstance(one, Login)] == [("a", None)]
    assert list(sessions.unanswered()) == []


@pytest.mark.parametrize(
    ("accepted", "basis", "granted"),
    [(True, "STATUS_SUCCESS", True), (None, "STATUS_SUCCESS as guest", True), (False, "STATUS_LOGON_FAILURE", False),
     (None, "status 0xc000009a", None)],
)  # fmt: skip
def test_nobody_gets_a_session_or_none(accepted: bool | None, basis: str, granted: bool | None) -> None:
    sessions = Sessions()
    assert list(sessions.add_login(1, Access(resource="smb", action="anonymous", granted=None))) == []
    (found,) = sessions.setup_reply(1, accepted, basis, PLACE)
    assert isinstance(found, Access) and (found.granted, found.spans) == (granted, (PLACE,))


def test_setups_that_nobody_answers_are_reported_and_bounded() -> None:
    sessions = Sessions()
    reported = [one for number in range(PENDING_LIMIT + 3) for one in sessions.add_login(number, login(f"{number}"))]
    assert [one.username for one in reported if isinstance(one, Login)] == ["0", "1", "2"]
    (found,) = sessions.setup_reply(3, True, "STATUS_SUCCESS", PLACE)
    assert isinstance(found, Login) and found.username == "3"


def channels(*found: Any) -> list[int]:
    return [one.channel for one in found if isinstance(one, Inner)]


def test_tokens_of_one_setup_share_a_conversation_and_a_new_one_begins() -> None:
    """MS-SMB2 3.3.5.5: the session's number ties a client's answer to the challenge."""
    sessions = Sessions()
    one = channels(*sessions.setup_request(1, 0, b"asn1" + make.BEGIN, Side.CLIENT))
    one += channels(*sessions.setup_challenge(1, 77, b"asn1" + make.CHALLENGE, Side.SERVER))
    one += channels(*sessions.setup_request(2, 77, make.ANSWER, Side.CLIENT))
    assert len(one) == 3 and len(set(one)) == 1
    (other,) = channels(*sessions.setup_request(3, 88, make.ANSWER, Side.CLIENT))
    (again,) = channels(*sessions.setup_request(4, 77, make.BEGIN, Side.CLIENT))
    assert len({one[0], other, again}) == 3
    assert list(sessions.setup_request(5, 77, b"kerberos", Side.CLIENT)) == []


def test_numbers_of_sessions_are_bounded() -> None:
    sessions = Sessions()
    made = [
        channels(*sessions.setup_challenge(1000 + number, number, make.CHALLENGE, Side.SERVER))[0]
        for number in range(SESSIONS + 1)
    ]
    assert channels(*sessions.setup_request(1, 1, make.ANSWER, Side.CLIENT)) == [made[1]]
    (other,) = channels(*sessions.setup_request(2, 0, make.ANSWER, Side.CLIENT))
    assert other not in made


def test_names_of_a_session_request() -> None:
    """RFC 1001 §14.1, RFC 1002 §4.3.2."""
    called, calling = make.name("NAS"), make.name("LAPTOP")
    assert called_names(called + calling) == ["NAS", "LAPTOP"]
    assert called_names(called + calling[:-2]) == []
    assert called_names(b"\x21" + called[1:] + calling) == []
    for letter in (0x40, 0x51):
        assert called_names(called[:5] + bytes((letter,)) + called[6:] + calling) == []


@pytest.mark.parametrize("kind", [0x00, 0x81, 0x82, 0x83, 0x84, 0x85])
def test_each_type_of_packet_of_the_session_service(kind: int) -> None:
    """RFC 1002 §4.3.1; over port 445 the length has 24 bits (MS-SMB2 2.1)."""
    assert frame(Cursor(bytes((kind, 1, 0, 2)))) == (kind, 0x010002)
    for other in (0x01, 0x80, 0x86):
        with pytest.raises(Malformed):
            frame(Cursor(bytes((other, 0, 0, 2))))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"\0\0\0\x10AAAA", b"", Match.SURE), (b"\0\0\0\x10AAA", b"", Match.MORE), (b"\0\0\0\x10BBBB", b"", Match.NO),
        (b"", b"\0\0\0\x10BBBB", Match.SURE), (b"\0\0\0\x10AAAA", b"\0\0\0\x10B", Match.MORE),
        (b"\0\0\0\x10AAAA", b"\0\0\0\x10C", Match.NO), (b"\x01\0\0\x10AAAA", b"", Match.NO), (b"", b"", Match.NO),
    ],
)  # fmt: skip
def test_what_fits_a_version(client: bytes, server: bytes, match: Match) -> None:
    """The client speaks the first version, the server may answer in either."""
    assert fits(Opening(client, server, 40000, 445, Transport.TCP), (b"AAAA", b"BBBB")) is match


class Lines(SessionStream):
    """One packet, one event."""

    MAGIC = b"\xfeSMB"
    NEXT: ClassVar[dict[bytes, str]] = {b"\xffSMB": "smb1"}

    def packet(self, side: Side, kind: int, body: bytes, *, whole: bool) -> Iterator[Parsed]:
        """Its kind, size and whether all of it came."""
        yield Content(side=side, name=f"{kind:02x} {len(body)} {whole}", data=body[:8])


def packet(body: bytes, kind: int = 0, length: int | None = None) -> bytes:
    return bytes((kind,)) + (len(body) if length is None else length).to_bytes(3, "big") + body


def names(parsed: list[Parsed]) -> list[str | None]:
    return [one.name for one in parsed if isinstance(one, Content)]


def test_packets_of_both_sides_and_those_that_are_too_long() -> None:
    script = [
        (C, packet(b"\xfeSMB-one") + packet(b"", KEEPALIVE)),
        (S, packet(b"\xfeSMB" + bytes(WHOLE)) + packet(b"\xfeSMB-two")),
        (S, packet(b"\xfeSMB" + bytes(WHOLE - 4))),
    ]
    parsed = converse(Lines, script, damage=False, bytewise=False)
    assert names(parsed) == ["00 8 True", "85 0 True", f"00 {WHOLE} False", "00 8 True", f"00 {WHOLE} True"]
    run = Run(Lines())
    run.feed(S, packet(b"\xfeSMB" + bytes(WHOLE - 4), length=WHOLE + 9))
    assert [one.length for one in run.parsed if isinstance(one, Skip)] == [9]


@pytest.mark.parametrize(("kind", "goes"), [(MESSAGE, True), (REQUEST, False), (NEGATIVE, False)])
def test_another_version_goes_on_with_a_message_of_its_magic(kind: int, goes: bool) -> None:
    run = Run(Lines())
    run.feed(C, packet(b"\xfeSMB-one"))
    list(run.parser.sessions.add_login(1, login("a")))  # type: ignore[attr-defined]
    run.feed(S, packet(b"\xffSMB-two", kind))
    assert [one for one in run.parsed if isinstance(one, Upgrade)] == [Upgrade("smb1")] * goes
    assert run.parser.pending(S) == (packet(b"\xffSMB-two") if goes else b"")
    assert [one.accepted for one in run.parsed if isinstance(one, Login)] == [None] * goes


@pytest.mark.parametrize("noise", [b"", b"x", b"abc", b"\xfeSMB", b"\x01\0\0\x08\xfeSMB", bytes(900) + b"\xfeSM"])
def test_after_a_loss_the_next_message_of_the_version_goes_on(noise: bytes) -> None:
    """A header of four bytes, of which the first is 0, before the magic."""
    run = Run(Lines())
    run.feed(C, packet(b"\xfeSMB-one") + packet(b"\xfeSMB", length=500))
    run.gap(C, 100)
    run.feed(S, packet(b"\xfeSMB-other"))
    run.feed(C, noise + packet(b"\xfeSMB-two!"))
    run.feed(C, packet(b"any"))
    assert names(run.parsed) == ["00 8 True", "00 10 True", "00 9 True", "00 3 True"]
    [*_, second, _] = [one for one in run.parsed if isinstance(one, Content)]
    assert second.data == b"\xfeSMB-two"


def test_a_login_of_a_pipe_has_its_own_answer() -> None:
    parser = Lines()
    assert list(parser.from_inner(login("a"), PIPE | 1)) == [login("a")]
    assert list(parser.from_inner(Content(side=C, name="n", data=b""), 2)) == [Content(side=C, name="n", data=b"")]
    assert list(parser.from_inner(login("b"), 2)) == []
    assert list(parser.from_inner(Access(resource="smb", action="a", granted=None), 4)) == []
    assert [type(one) for one in parser.close()] == [Login, Access]
    assert list(parser.close()) == []
