"""Messages wait in order, across restarts, bounded in number and age."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.alerts.spool import AGE, Spool


def numbers(spool: Spool, now: float = 1e9) -> list[int]:
    found = []
    while (message := spool.next(now)) is not None:
        found.append(message.body["n"])
        spool.done(message)
    return found


def filled(folder: Path, count: int, **more: int) -> Spool:
    spool = Spool(folder, **more)
    for number in range(count):
        spool.put({"n": number}, at=0.0, now=1e9)
    return spool


def test_in_order_also_after_a_restart(tmp_path: Path) -> None:
    spool = filled(tmp_path / "hook", 12)
    first = spool.next(1e9)
    assert first is not None and first.body == {"n": 0}
    again = Spool(tmp_path / "hook")
    assert len(again) == 12
    same = again.next(1e9)
    assert same is not None and same.id == first.id, "a receiver can tell that it is the same"
    assert numbers(again) == list(range(12))
    assert not list((tmp_path / "hook").iterdir()) and len(Spool(tmp_path / "hook")) == 0


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    filled(tmp_path / "hook", 1)
    [file] = (tmp_path / "hook").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    spool = filled(tmp_path, 7, most=3)
    assert spool.dropped == 4 and len(list(tmp_path.iterdir())) == 3
    assert numbers(Spool(tmp_path, most=2)) == [5, 6]


def test_what_is_too_old_is_given_up(tmp_path: Path) -> None:
    spool = filled(tmp_path, 2)
    assert spool.next(1e9 + AGE + 1) is None and spool.dropped == 2
    assert not list(tmp_path.iterdir())


def test_one_that_must_wait_lets_others_pass_and_its_age_counts_from_then(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put({"n": 1}, at=1e9 + AGE * 2, now=1e9)
    assert spool.next(1e9) is None and spool.soonest() == 1e9 + AGE * 2
    spool.put({"n": 2}, at=1e9, now=1e9)
    assert numbers(spool) == [2]
    assert numbers(spool, 1e9 + AGE * 2) == [1]
    assert spool.soonest() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": 0}', '{"at": 0, "made": 0, "body": 3}', "[" * 100_000])
def test_what_cannot_be_read_is_put_away(tmp_path: Path, text: str) -> None:
    bad = tmp_path / f"{10**12:013d}-000001-{'a' * 32}.json"
    bad.write_text(text, "utf-8")
    (tmp_path / "readme.json").write_text("{}", "utf-8")
    assert len(Spool(tmp_path)) == 0 and not list(tmp_path.iterdir())


def test_where_nothing_can_be_written_it_waits_in_memory(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("a file, not a folder", "utf-8")
    spool = Spool(tmp_path / "hook")
    with pytest.raises(OSError):
        spool.put({"n": 1}, at=0.0, now=1e9)
    assert numbers(spool) == [1]


def test_a_message_is_given_up_when_it_is_older_than_the_age(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put({"n": 1}, at=0.0, now=1000.0)
    assert spool.next(1000.0 + AGE) is not None and spool.dropped == 0
    assert spool.next(1001.0 + AGE) is None and spool.dropped == 1


def test_a_file_of_another_name_is_put_away(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text('{"at": 0, "made": 0, "body": {}}', "utf-8")
    assert len(Spool(tmp_path)) == 0 and not list(tmp_path.iterdir())


def test_each_waits_for_its_own_time_and_age_counts_from_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "hook")
    for number, at in ((0, 1e9 + 100), (1, 0.0), (2, 1e9 + 50)):
        spool.put({"n": number}, at=at, now=1e9)
    assert spool.soonest() == 0.0
    assert numbers(spool) == [1] and spool.soonest() == 1e9 + 50
    assert numbers(spool, 1e9 + 49) == [] and numbers(spool, 1e9 + 50) == [2]
    assert numbers(spool, 1e9 + 100 + AGE) == [0] and spool.dropped == 0 and spool.soonest() is None
    spool.put({"n": 3}, at=1e9 + 100, now=1e9)
    assert numbers(spool, 1e9 + 100 + AGE + 1) == [] and spool.dropped == 1 and len(spool) == 0


def test_what_was_taken_away_is_not_sent_and_what_has_no_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = filled(tmp_path / "hook", 2)
    first, second = sorted((tmp_path / "hook").iterdir())
    first.unlink()
    assert numbers(spool) == [1] and spool.dropped == 0 and not second.exists()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("sensor.alerts.spool.write_whole", full)
    with pytest.raises(OSError, match="no space"):
        spool.put({"n": 7}, at=0.0, now=1e9)
    assert numbers(spool) == [7] and len(spool) == 0


def test_a_name_is_the_messages_id_and_a_clock_before_1970_breaks_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "hook")
    spool.put({"n": 1}, at=0.0, now=-5.0, name="0" * 32)
    message = spool.next(0.0)
    assert message is not None and message.id == "0" * 32 and Spool(tmp_path / "hook").next(0.0) == message


@given(st.lists(st.tuples(st.sampled_from("ppppndrat"), st.integers(0, 3)), max_size=30), st.integers(1, 6))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_messages_wait_as_in_a_plain_list(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], most: int
) -> None:
    """p puts one that may go after some minutes, n looks at the next, d delivers it, r is a restart, a and t let days
    and minutes go by: in the order they came, the oldest given up where they are too many, and what is too old."""
    folder = tmp_path_factory.mktemp("spool") / "hook"
    spool, waiting, now, dropped = Spool(folder, most=most), list[tuple[int, float, float]](), 1e9, 0
    for number, (step, size) in enumerate(steps):
        if step == "p":
            spool.put({"n": number}, at=now + 60 * size, now=now)
            waiting.append((number, now + 60 * size, now))
            dropped += len(waiting) > most
            waiting = waiting[-most:]
        elif step == "a":
            now += 86_400.0 * size
        elif step == "t":
            now += 60.0 * size
        elif step == "r":
            now += 1.0  # no start takes less
            spool, dropped = Spool(folder, most=most), 0
        if step in "nd":
            dropped += sum(now - max(made, at) > AGE for _, at, made in waiting)
            waiting = [one for one in waiting if now - max(one[2], one[1]) <= AGE]
            due = next((one for one in waiting if one[1] <= now), None)
            found = spool.next(now)
            assert (None if found is None else found.body["n"]) == (None if due is None else due[0])
            if step == "d" and found is not None and due is not None:
                spool.done(found)
                waiting.remove(due)
        assert (len(spool), spool.dropped) == (len(waiting), dropped)
        assert spool.soonest() == min((at for _, at, _ in waiting), default=None)
        assert not folder.exists() or len(list(folder.iterdir())) == len(waiting)
