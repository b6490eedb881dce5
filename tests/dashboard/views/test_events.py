"""Server-sent events: a stamp that changes with the pages, its interval, the limit of streams."""

from pathlib import Path

import pytest

from dashboard.queries import Queries
from dashboard.views.events import EVERY, LASTS, QUIET, STREAMS, StampWatch, stream
from sensor.store.corrections import Corrections
from sensor.store.location import StoreFailed, store_location
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, runs, site, store
from tests.store.keeping import capture, stored_run


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_stamp_changes_with_runs_and_with_the_users_word(tmp_path: Path) -> None:
    path = store(tmp_path)
    queries = Queries(store_location(str(path)))
    stamps = [queries.stamp(), queries.stamp()]
    with Writer(store_location(str(path))) as writer:
        writer.keep(stored_run(capture("ftp_login"), written=7))
        stamps.append(queries.stamp())
        with Corrections(store_location(str(path))) as corrections:
            number = corrections.name(CAMERA, "Garden", by="anna")
            stamps.append(queries.stamp())
            corrections.undo(number, by="anna")
            stamps.append(queries.stamp())
        writer.remove(queries.runs()[0]["id"])
        stamps.append(queries.stamp())
    assert stamps[0] == stamps[1] and len(set(stamps[1:])) == 5


def test_the_store_is_read_only_so_often() -> None:
    clock, looks = Clock(), []
    watch = StampWatch(lambda: str(looks.append(1) or len(looks)), clock)
    assert [watch.stamp() for _ in range(5)] == ["1"] * 5
    clock.now += EVERY
    assert watch.stamp() == "2"


def test_the_first_page_is_made_before_a_change_is_announced(tmp_path: Path) -> None:
    path = store(tmp_path)
    queries = Queries(store_location(str(path)))
    clock = Clock()
    watch = StampWatch(queries.stamp, clock, queries.renew)
    made: list[str] = []
    devices = queries.reader.devices
    queries.reader.devices = lambda run: made.append(run) or devices(run)  # type: ignore[func-returns-value, method-assign]
    before = [queries.home(None, language=each)["run"]["id"] for each in ("en", "de")]
    first = watch.stamp()
    with Writer(store_location(str(path))) as writer:
        writer.keep(stored_run(capture("ftp_login"), written=7))
        clock.now += EVERY
        assert watch.stamp() != first
        made_before = len(made)
        after = [queries.home(None, language=each)["run"]["id"] for each in ("en", "de")]
        assert set(after).isdisjoint(before) and len(made) == made_before
        removed = queries.home(after[0])["run"]["id"]
        writer.remove(removed)
    clock.now += EVERY
    assert watch.stamp() and queries.home(None)["run"]["id"] == before[0], "a page that is gone stops nothing"


def test_a_store_that_cannot_be_read_gives_no_event() -> None:
    def look() -> str:
        raise StoreFailed("gone")

    assert StampWatch(look, Clock()).stamp() == ""


def test_a_stream_says_what_changed_that_it_is_there_and_ends() -> None:
    clock = Clock()
    watch = StampWatch(lambda: "a" if clock.now < 100 else "b", clock)
    events = list(stream(watch, clock.sleep, clock))
    assert events[0].startswith("retry:") and [line for line in events if line.startswith("data")] == [
        "data: a\n\n",
        "data: b\n\n",
    ]
    assert len([line for line in events if line.startswith(":")]) >= LASTS / QUIET - 8
    assert LASTS <= clock.now < LASTS + 2 * EVERY


def test_streams_are_bounded_and_come_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site(tmp_path).log_in()
    open_ones = [client.get("/events") for _ in range(STREAMS)]
    assert {one.status_code for one in open_ones} == {200}
    assert open_ones[0].headers["Content-Type"].startswith("text/event-stream")
    assert client.get("/events").status_code == 503
    for one in open_ones:
        one.close()
    again = client.get("/events")
    assert again.status_code == 200
    again.close()


def test_the_stamp_for_browsers_without_streams(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    assert client.get("/stamp").json["stamp"] and runs(client)  # type: ignore[index]


def test_a_server_that_stops_ends_its_streams() -> None:
    one = StampWatch(lambda: "a")
    found = stream(one)
    assert [next(found), next(found)] == ["retry: 5000\n\n", "data: a\n\n"]
    one.close()
    assert list(found) == []
