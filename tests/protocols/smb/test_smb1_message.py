"""SMB 1 messages by MS-CIFS 2.2.3: header, statuses of both kinds, strings."""

from __future__ import annotations

import struct

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.smb.smb1_message import TEXT_LIMIT, Smb1Message, header, number, part, string
from tests.conversation import C, S


def raw(command: int = 0x73, status: int = 0, flags: int = 0, flags2: int = 0) -> bytes:
    head = struct.pack("<BIBH", command, status, flags, flags2)
    return b"\xffSMB" + head + b"\xee" * 16 + struct.pack("<HH", 0x1234, 0x5678) + b"rest"


def test_a_header() -> None:
    command, message = header(S, raw(0x73, 5, 0x98, 0xC001))
    assert command == 0x73
    assert message == Smb1Message(S, raw(0x73, 5, 0x98, 0xC001), True, 0xC001, 5, 0x1234, 0x5678)
    assert message.wide
    _, message = header(C, raw(flags=0x18, flags2=0x4001))
    assert not message.answers and not message.wide
    with pytest.raises(Malformed):
        header(C, b"\xfeSMB" + bytes(28))


@pytest.mark.parametrize(
    ("flags2", "status", "accepted"),
    [
        (0x4000, 0, True),
        (0, 0, True),
        (0x4000, 0xC000006D, False),  # STATUS_LOGON_FAILURE (MS-ERREF 2.3)
        (0x4000, 0xC0000016, None),  # STATUS_MORE_PROCESSING_REQUIRED
        (0, 0x00020002, False),  # ERRSRV badpw
        (0, 0x00050002, False),  # ERRSRV access
        (0, 0x08BF0002, False),  # ERRSRV accountexpired
        (0, 0x00050001, False),  # ERRDOS noaccess
        (0, 0x00020001, None),  # ERRDOS badfile
        (0, 0x00010002, None),  # ERRSRV error
    ],
)
def test_what_a_status_says(flags2: int, status: int, accepted: bool | None) -> None:
    """MS-CIFS 2.2.2.4: without the flag, class and code of an older server."""
    _, message = header(S, raw(status=status, flags2=flags2))
    assert message.verdict(False)[0] is accepted


def test_a_status_that_is_no_verdict_is_named() -> None:
    _, message = header(S, raw(status=0x00010002))
    assert message.verdict(False) == (None, "error class 2 code 1")


def test_numbers_among_the_words() -> None:
    words = b"\1\0\2\0\3\0\0\0"
    assert (number(words, 0), number(words, 2), number(words, 4, 4)) == (1, 2, 3)
    for at, size in ((7, 2), (5, 4), (8, 2)):
        with pytest.raises(Malformed):
            number(words, at, size)


@pytest.mark.parametrize(
    ("data", "wide", "texts"),
    [
        (b"anna\0HOME\0", False, ["anna", "HOME"]),
        (b"anna", False, ["anna"]),
        (b"an\x84\0", False, ["anä"]),  # code page 850
        ("änna\0HOME\0".encode("utf-16-le"), True, ["änna", "HOME"]),
        ("anna".encode("utf-16-le"), True, ["anna"]),
        (b"\1\0" + b"\0\1" + b"\0\0", True, ["\x01\u0100"]),  # a zero byte inside two characters ends nothing
        (b"\0\0", True, [""]),
    ],
)
def test_strings(data: bytes, wide: bool, texts: list[str]) -> None:
    cursor = Cursor(data)
    assert [string(cursor, wide) for _ in texts] == texts
    assert cursor.remaining == 0


def test_wide_strings_begin_at_an_even_place() -> None:
    """MS-CIFS 2.2.1.1."""
    cursor = Cursor(b"\xff\xee" + "ab\0".encode("utf-16-le"))
    cursor.skip(1)
    assert string(cursor, True) == "ab"
    cursor = Cursor(b"\xffab\0")
    cursor.skip(1)
    assert string(cursor, False) == "ab"


def test_long_strings_are_cut() -> None:
    assert len(string(Cursor(b"x" * 5 * TEXT_LIMIT), True)) == TEXT_LIMIT
    assert len(string(Cursor(b"x" * 5 * TEXT_LIMIT), False)) == 2 * TEXT_LIMIT


def test_a_part_of_a_message() -> None:
    _, message = header(S, raw())
    assert part(message, 32, 4) == b"rest" == part(message, 32, 99) and part(message, 34, 1) == b"s"


def test_a_wide_string_at_the_end_of_a_message() -> None:
    """MS-CIFS 2.2.1.1: the pad byte is there only where a string follows."""
    cursor = Cursor(b"abc")
    cursor.skip(3)
    assert string(cursor, True) == "" and cursor.remaining == 0
    odd = Cursor(b"x\0" + "ab".encode("utf-16-le") + b"\0\0rest")
    odd.skip(1)
    assert string(odd, True) == "ab" and odd.remaining == 4
    across = Cursor(b"a\0\0b\0\0")  # zeros of two characters are no end
    assert string(across, True) == "a\u6200" and across.remaining == 0
