"""Baichuan logins as neolink describes them: without and with a nonce, both answers, blank passwords, look-alikes."""

from __future__ import annotations

import struct
from hashlib import md5

import pytest

from sensor.events import Login, Skip
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.formats import xml
from sensor.parsing.parser import Match, Opening
from sensor.protocols.baichuan import PROTOCOL, Baichuan, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue

NONCE = "13BCECE33DA453DB"
XML = '<?xml version="1.0" encoding="UTF-8" ?>\n'
NONCE_XML = f'{XML}<body>\n<Encryption version="1.1">\n<type>md5</type>\n<nonce>{NONCE}</nonce>\n</Encryption>\n</body>'
DEVICE = b'<?xml version="1.0" encoding="UTF-8" ?><body><DeviceInfo version="1.1"><type>ipc</type></DeviceInfo></body>'


def message(kind: int, body: bytes, *, status: int = 0, number: int = 1, offset: int = 0) -> bytes:
    head = b"\xf0\xde\xbc\x0a" + struct.pack("<II", number, len(body)) + bytes([offset, 0, 0, 1])
    head += struct.pack("<HH", status, kind)
    return head + (b"" if kind in (0x6514, 0x6614) else bytes(4)) + body


def hidden(text: str, offset: int = 0) -> bytes:
    key = (0x1F, 0x2D, 0x3C, 0x4B, 0x5A, 0x69, 0x78, 0xFF)
    return bytes(byte ^ key[(offset + i) % 8] ^ offset for i, byte in enumerate(text.encode()))


def hashed(text: str) -> str:
    return md5(text.encode()).hexdigest().upper()[:31]


def legacy(user: str, secret: str) -> bytes:
    return message(0x6514, (user.encode().ljust(32, b"\0") + secret.encode().ljust(32, b"\0")).ljust(1836, b"\0"))


def modern(user: str, secret: str, offset: int = 0) -> bytes:
    names = f"<userName>{hashed(user + NONCE)}</userName>\n<password>{hashed(secret + NONCE)}</password>"
    text = f'{XML}<body>\n<LoginUser version="1.1">\n{names}\n<userVer>1</userVer>\n</LoginUser>\n</body>'
    return message(0x6414, hidden(text, offset), offset=offset)


def begun(offset: int = 0) -> Script:
    return [
        (C, message(0x6514, b"", status=0xDC01)),
        (S, message(0x6614, hidden(NONCE_XML, offset), status=0xDD01, offset=offset)),
    ]


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (401, False), (400, None)])
@pytest.mark.parametrize("offset", [0, 3])
def test_a_login_with_a_nonce(status: int, accepted: bool | None, offset: int) -> None:
    script = [*begun(offset), (C, modern("admin", "hunter2", offset)), (S, message(0, DEVICE, status=status))]
    (seen,) = events(converse(Baichuan, script), Login)
    assert (seen.username, seen.scheme, seen.clear) == ("admin", "baichuan-nonce", False)
    assert seen.secret == Secret(f"{NONCE}:{hashed('admin' + NONCE)}:{hashed('hunter2' + NONCE)}")
    assert (seen.accepted, seen.basis) == (accepted, None if accepted is None else f"status {status} after the login")


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (401, False)])
def test_a_login_without_a_nonce(status: int, accepted: bool) -> None:
    script = [(C, legacy(hashed("hall"), hashed("hunter2"))), (S, message(0, DEVICE, status=status))]
    (seen,) = events(converse(Baichuan, script), Login)
    assert (seen.username, seen.scheme, seen.accepted) == (None, "baichuan-md5", accepted)
    assert seen.secret == Secret(f"{hashed('hall')}:{hashed('hunter2')}")


def test_blank_passwords() -> None:
    script = [(C, legacy(hashed("admin"), "")), (S, message(0, DEVICE, status=200))]
    script += [*begun(), (C, modern("admin", "")), (S, message(0, DEVICE, status=200))]
    assert [(e.username, e.secret, e.clear, e.accepted) for e in events(converse(Baichuan, script), Login)] == [
        ("admin", Secret(""), True, True),
        ("admin", Secret(""), True, True),
    ]


def test_hashes_that_only_asked_for_a_nonce_have_no_answer() -> None:
    script = [(C, legacy(hashed("admin"), hashed("hunter2"))), begun()[1], (C, modern("admin", "hunter2"))]
    seen = events(converse(Baichuan, [*script, (S, message(0, DEVICE, status=401))]), Login)
    assert [(e.scheme, e.accepted) for e in seen] == [("baichuan-md5", None), ("baichuan-nonce", False)]


def test_a_camera_that_hides_nothing() -> None:
    script = [begun()[0], (S, message(0x6614, NONCE_XML.encode(), status=0xDD00)), (C, modern("admin", "x"))]
    assert [e.scheme for e in events(converse(Baichuan, script), Login)] == ["baichuan-nonce"]


def test_media_is_passed_over() -> None:
    run = Run(Baichuan())
    run.feed(S, message(0, b"1001" + bytes(90_000), number=3, status=200))
    run.feed(C, legacy(hashed("admin"), hashed("x")))
    assert [e.accepted for e in events(run.close(), Login)] == [None]
    assert not [s for s in run.parsed if isinstance(s, Skip)]  # all of it was there


def test_a_loss_leaves_the_login_without_an_answer() -> None:
    run = Run(Baichuan())
    run.feed(C, legacy(hashed("admin"), hashed("hunter2")))
    with pytest.raises(Malformed):
        run.gap(S, 10)
    assert [e.accepted for e in events(run.parsed, Login)] == [None]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (message(0x6514, b""), b"", Match.SURE),
        (b"", message(0x6614, b""), Match.SURE),
        (b"\xf0\xde", b"", Match.MORE),
        (b"\xf0\xdf\0\0\0", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 7000, Transport.TCP)) is match


def test_an_opening_cut_anywhere() -> None:
    openings.stream(recognise, message(0x6514, b""), sure=4)
    openings.stream(recognise, message(0x6614, b""), sure=4, server=True)


@pytest.mark.parametrize("number", [1, 3])
def test_a_body_too_long_to_be_a_login_is_passed_over(number: int) -> None:
    run = Run(Baichuan())
    head = message(0x6414, b"", number=number)
    run.feed(S, head[:8] + (9_000_000).to_bytes(4, "little") + head[12:])
    assert [item.length for item in run.parsed if isinstance(item, Skip)] == [9_000_000]


def test_a_legacy_message_without_a_body_is_no_login() -> None:
    assert events(converse(Baichuan, begun()), Login) == []


WITHOUT_A_NONCE = Dialogue(
    Baichuan,
    lambda user, secret: [(C, legacy(hashed(user), hashed(secret)))],
    accepted=message(0, DEVICE, status=200),
    refused=message(0, DEVICE, status=401),
    undecided=(message(0, DEVICE, status=400), message(0, DEVICE, status=201)),
    secret=lambda user, secret: Secret(f"{hashed(user)}:{hashed(secret)}"),
    named=False,
    pipelined=False,
    resumes=False,
)
"""The statuses that neolink describes; a name whose hash is not that of ``admin`` is not known."""

WITH_A_NONCE = Dialogue(
    Baichuan,
    lambda user, secret: [*begun(3), (C, modern(user, secret, 3))],
    accepted=message(0, DEVICE, status=200),
    refused=message(0, DEVICE, status=401),
    secret=lambda user, secret: Secret(f"{NONCE}:{hashed(user + NONCE)}:{hashed(secret + NONCE)}"),
    named=False,
    pipelined=False,
    resumes=False,
)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("dialogue", [WITHOUT_A_NONCE, WITH_A_NONCE])
def test_logins_whatever_happens(dialogue: Dialogue, check: Check) -> None:
    check(dialogue)


@pytest.mark.parametrize(
    ("user", "secret"),
    [("", hashed("x")), (hashed("admin")[:-1], hashed("x")), (hashed("admin"), "abc"), (hashed("admin").lower(), "")],
)
def test_what_is_no_hash_is_no_login(user: str, secret: str) -> None:
    """A hash has 31 capital hex digits; only an empty password is sent as none."""
    assert events(converse(Baichuan, [(C, legacy(user, secret))], damage=False), Login) == []


def test_a_nonce_leaves_what_came_before_it_unanswered_and_media_is_no_answer() -> None:
    script = [(C, legacy(hashed("admin"), hashed("x"))), (S, message(0, b"1001", number=3, status=200))]
    assert [e.accepted for e in events(converse(Baichuan, script, damage=False), Login)] == [None]


@pytest.mark.parametrize("place", [0, 1, 2, 3, 18, 19])
def test_what_is_no_header_ends_the_reading(place: int) -> None:
    """The four bytes of the magic, and a class that no message has."""
    data = bytearray(message(0x6514, b""))
    data[place] ^= 0x80
    with pytest.raises(Malformed):
        Run(Baichuan()).feed(C, bytes(data))


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={9000})


@pytest.mark.parametrize(("more", "read"), [(0, True), (1, False)])
def test_how_long_a_body_of_a_login_may_be(more: int, read: bool) -> None:
    """Names and passwords stand in its first 64 bytes; what is longer than any login is passed over."""
    names = hashed("admin").encode().ljust(32, b"\0") + hashed("x").encode().ljust(32, b"\0")
    data = message(0x6514, names.ljust(xml.SIZE_LIMIT // 4 + more, b"\0"))
    run = Run(Baichuan())
    run.feed(C, data)
    assert len(events(run.close(), Login)) == read
