"""Files of an SMB connection: handles, directions, holes, pipes, bounds."""

from __future__ import annotations

from sensor.events import Inner, Transfer
from sensor.parsing.parser import Parsed
from sensor.protocols.smb.files import BEGINNING_LIMIT, NAME_LIMIT, OPEN_FILES, TOTAL_LIMIT, UNDER_WAY, Files
from tests.conversation import C, S

ONE, TWO = b"\1", b"\2"


def brief(parsed: list[Parsed]) -> list[tuple[str | None, int, int | None, bytes, bool]]:
    return [(t.name, int(t.side), t.size, t.data, t.complete) for t in parsed if isinstance(t, Transfer)]


def opened(*pairs: tuple[bytes, str]) -> Files:
    files = Files("smb2")
    for number, (handle, name) in enumerate(pairs):
        files.open_request(number, name)
        assert list(files.open_reply(number, handle)) == []
    return files


def test_answers_name_their_requests() -> None:
    files = Files("smb2")
    files.open_request(7, "a.txt")
    files.open_request(8, "b.txt")
    assert list(files.open_reply(8, TWO)) == list(files.open_reply(7, ONE)) == []
    files.read_request(1, ONE, 0)
    files.read_request(2, TWO, 0)
    assert [*files.read_reply(2, S, b"BB", 2), *files.read_reply(1, S, b"A", 1)] == []
    assert list(files.read_reply(1, S, b"again", 5)) == []
    assert brief(list(files.close(ONE))) == [("a.txt", S, 1, b"A", True)]
    assert brief(list(files.close_all())) == [("b.txt", S, 2, b"BB", False)]
    assert list(files.close_all()) == [] and list(files.close(ONE)) == []


def test_each_direction_is_a_transfer() -> None:
    files = opened((ONE, "a"))
    assert [*files.data(ONE, C, 0, b"up", 2), *files.data(ONE, S, 0, b"down", 4)] == []
    assert brief(list(files.close(ONE))) == [("a", C, 2, b"up", True), ("a", S, 4, b"down", True)]


def test_an_opened_file_that_nobody_used_is_no_transfer() -> None:
    assert list(opened((ONE, "a")).close(ONE)) == []


def test_only_what_joins_is_stored_and_all_is_counted() -> None:
    files = opened((ONE, "a"))
    for at, data in ((0, b"abc"), (10, b"xyz"), (3, b"def")):
        assert list(files.data(ONE, S, at, data, 3)) == []
    assert brief(list(files.close(ONE))) == [("a", S, 9, b"abcdef", True)]


def test_a_file_that_was_open_before_has_no_name() -> None:
    files = Files("smb")
    files.read_request(1, ONE, 0)
    assert list(files.read_reply(1, S, b"x", 1)) == []
    [transfer] = files.close(ONE)
    assert isinstance(transfer, Transfer) and (transfer.name, transfer.application) == (None, "smb")


def test_a_pipe_is_a_conversation_of_its_own() -> None:
    files = opened((ONE, "srvsvc"), (TWO, "samr"))
    inner = [
        *files.data(ONE, C, 0, b"\5\0\x0b", 3),
        *files.data(TWO, C, 0, b"\5\0\x0b", 3),
        *files.data(ONE, S, 0, b"\5\0\x0c", 3),
        *files.data(ONE, S, 0, b"", 0),
    ]
    assert all(isinstance(item, Inner) and item.protocol == "dcerpc" for item in inner)
    channels = [item.channel for item in inner if isinstance(item, Inner)]
    assert channels[0] == channels[2] != channels[1] and all(channel & 1 for channel in channels)
    assert [item.side for item in inner if isinstance(item, Inner)] == [C, C, S]
    assert list(files.close_all()) == []


def test_bounds() -> None:
    files = Files("smb2")
    for number in range(UNDER_WAY + 1):
        files.open_request(number, "x" * 2 * NAME_LIMIT)
        files.read_request(number, bytes([0, number % 251]), 0)
    assert [*files.open_reply(0, ONE), *files.data(ONE, S, 0, b"a", 1)] == []
    assert brief(list(files.close(ONE))) == [(None, S, 1, b"a", True)]
    assert [*files.open_reply(1, ONE), *files.data(ONE, S, 0, b"a", 1)] == []
    assert brief(list(files.close(ONE)))[0][0] == "x" * NAME_LIMIT
    assert list(files.read_reply(0, S, b"lost", 4)) == [] == list(files.close_all())


def test_the_oldest_of_too_many_open_files_is_reported() -> None:
    files = Files("smb2")
    reported: list[Parsed] = []
    for number in range(OPEN_FILES + 1):
        reported += files.data(number.to_bytes(2, "big"), S, 0, b"x", 1)
    assert brief(reported) == [(None, S, 1, b"x", True)]
    assert len(brief(list(files.close_all()))) == OPEN_FILES


def test_what_is_stored_is_bounded_and_comes_free_again() -> None:
    files = Files("smb2")
    full = TOTAL_LIMIT // BEGINNING_LIMIT
    block = b"x" * (BEGINNING_LIMIT + 5)
    for number in range(full + 1):
        assert list(files.data(bytes([number]), S, 0, block, len(block))) == []
    assert [len(data) for _, _, _, data, _ in brief(list(files.close(bytes([full]))))] == [0]
    assert [(size, len(data)) for _, _, size, data, _ in brief(list(files.close(b"\0")))] == [
        (BEGINNING_LIMIT + 5, BEGINNING_LIMIT)
    ]
    assert list(files.data(b"new", S, 0, block, len(block))) == []
    assert [len(data) for _, _, _, data, _ in brief(list(files.close(b"new")))] == [BEGINNING_LIMIT]
