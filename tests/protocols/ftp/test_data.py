"""FTP data connections: files and listings, either direction, of any size, with losses."""

from __future__ import annotations

import pytest

from sensor.events import DATA_LIMIT, Enough, Login, Span, Transfer
from sensor.model import Secret
from sensor.parsing.lines import EVIDENCE_LENGTH
from sensor.protocols.ftp.data import COUNTED_LIMIT, PROTOCOL, DataConnection, FtpData
from tests.conversation import C, Run, S, converse, events


def test_a_file_has_the_name_that_the_control_connection_announced() -> None:
    parsed = converse(lambda: FtpData(DataConnection("RETR", "/etc/motd")), [(S, b"hello "), (S, b"world")])
    assert parsed == [
        Transfer(side=S, application="ftp", name="/etc/motd", size=11, data=b"hello world", spans=(Span(S, 0, 11),))
    ]


def test_the_name_may_come_after_the_connection() -> None:
    hint = DataConnection()
    run = Run(PROTOCOL.parser(hint))
    hint.command, hint.path = "STOR", "up.jpg"
    run.feed(C, b"\xff\xd8\xff")
    assert [item.name for item in run.close() if isinstance(item, Transfer)] == ["up.jpg"]


def test_a_listing_is_text() -> None:
    parsed = events(
        converse(lambda: FtpData(DataConnection("LIST", None)), [(S, b"-rw-r--r-- 1 anna diary.txt\r\n")]), Transfer
    )
    assert [(item.name, item.media_type) for item in parsed] == [("LIST", "text/plain")]  # type: ignore[attr-defined]


def test_nothing_crossed() -> None:
    assert converse(FtpData, [(C, b"")], bytewise=False) == []


def test_of_a_large_file_the_beginning_is_stored_and_the_rest_counted() -> None:
    run = Run(FtpData(DataConnection("RETR", "big")))
    run.feed(S, b"a" * DATA_LIMIT)
    run.feed(S, b"b" * 1_000_000)
    (transfer,) = run.close()
    assert isinstance(transfer, Transfer)
    assert (transfer.size, transfer.data, transfer.complete) == (DATA_LIMIT + 1_000_000, b"a" * DATA_LIMIT, True)
    assert transfer.spans == (Span(S, 0, EVIDENCE_LENGTH),)


def test_a_file_without_end_is_reported_when_enough_is_counted() -> None:
    run = Run(FtpData(DataConnection("RETR", "disk.img")))
    for _ in range(2 * COUNTED_LIMIT // 1_000_000):
        run.feed(S, b"a" * 1_000_000)
    enough, transfer = run.close()
    assert isinstance(transfer, Transfer) and enough == Enough()
    assert (transfer.size, transfer.complete) == (17_000_000, False)


def test_a_loss_is_counted_and_reported() -> None:
    run = Run(FtpData())
    run.feed(S, b"abc")
    run.gap(S, 100)
    run.feed(S, b"def")
    (transfer,) = run.close()
    assert isinstance(transfer, Transfer)
    assert (transfer.size, transfer.data, transfer.complete, transfer.name) == (106, b"abcdef", False, None)


def test_a_settings_file_that_is_fetched_shows_its_secrets() -> None:
    data = b"user = mara\npassword = hedge-6\n"
    for command, expected in (("RETR", [("mara", Secret("hedge-6"), True)]), ("STOR", [])):
        parsed = converse(lambda c=command: FtpData(DataConnection(c, "backup.cfg")), [(S, data)])  # type: ignore[misc]
        assert [(e.username, e.secret, e.served) for e in parsed if isinstance(e, Login)] == expected


def test_each_side_is_an_object_of_its_own_and_a_gap_alone_counts() -> None:
    found = events(converse(lambda: FtpData(DataConnection("STOR", "x")), [(C, b"ab"), (S, b"c")]), Transfer)
    assert [(t.side, t.size, t.spans) for t in found] == [(C, 2, (Span(C, 0, 2),)), (S, 1, (Span(S, 0, 1),))]
    run = Run(FtpData(DataConnection("RETR", "x")))
    run.gap(S, 7)
    assert [(t.size, t.complete) for t in events(run.close(), Transfer)] == [(7, False)]


@pytest.mark.parametrize(
    ("command", "media"),
    [("LIST", "text/plain"), ("NLST", "text/plain"), ("MLSD", "text/plain"), ("RETR", None), (None, None)],
)
def test_only_listings_are_text(command: str | None, media: str | None) -> None:
    [found] = events(converse(lambda: FtpData(DataConnection(command, None)), [(S, b"x")]), Transfer)
    assert (found.media_type, found.name) == (media, command)


def test_counting_ends_at_its_bound() -> None:
    for size, ended in ((COUNTED_LIMIT - 1, False), (COUNTED_LIMIT, True)):
        run = Run(FtpData(DataConnection("RETR", "x")))
        run.gap(S, size - 1)
        run.feed(S, b"x")
        assert any(isinstance(item, Enough) for item in run.parsed) is ended


def test_who_shows_the_secrets_of_a_file() -> None:
    for side in (C, S):
        found = converse(
            lambda: FtpData(DataConnection("RETR", "b.cfg")), [(side, b"user = mara\npassword = hedge-6\n")]
        )
        assert [(e.verifier, e.resource, e.served) for e in found if isinstance(e, Login)] == [(side, "b.cfg", True)]
