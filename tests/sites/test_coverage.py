"""Coverage of several hearings: added up where they were apart, the larger where two may have heard the same."""

from __future__ import annotations

import pytest

from sensor.export.records import coverage_record
from sensor.records import Record
from sensor.sites.coverage import EMPTY, Hearing, coverage_of, together
from sensor.verdicts.coverage import Coverage

DAY = [f"2026-05-0{number}T00:00:00.000000Z" for number in range(1, 6)]


def record(**more: object) -> Record:
    made = Coverage(hours=13.0, flows=6, bytes=1000, understood=900, packets=100)
    for name, value in more.items():
        setattr(made, name, value)
    return {**coverage_record(made)}


def test_what_was_heard_at_different_times_is_added_up() -> None:
    found = together(
        [
            Hearing(record(packets_lost=3), DAY[0], DAY[1]),
            Hearing(record(flows=7, set_up_seen=False), DAY[2], DAY[3]),
        ]
    )
    assert (found["hours"], found["flows"], found["bytes"], found["packets_lost"]) == (26.0, 13, 2000, 3)
    assert found["bytes_understood"] == 1800 and found["set_up_seen"] is False


def test_what_was_heard_at_the_same_time_counts_once() -> None:
    found = together([Hearing(record(), DAY[0], DAY[2]), Hearing(record(flows=7, bytes=800), DAY[1], DAY[3])])
    assert (found["hours"], found["flows"], found["bytes"]) == (13.0, 7, 1000)
    # Times that nobody knows may be the same.
    assert together([Hearing(record(), None, None), Hearing(record(), DAY[3], DAY[4])])["flows"] == 6


def test_the_worst_share_stands_for_runs_at_the_same_time() -> None:
    lossy = record(understood=100, packets_lost=100, packets=100)
    found = coverage_of(together([Hearing(record(), DAY[0], DAY[2]), Hearing(lossy, DAY[1], DAY[3])]))
    assert found.understood_share == 0.1 and found.lost_share >= 0.5


def test_hours_that_only_one_heard_are_added() -> None:
    first = Hearing(record(), DAY[0], DAY[2], frozenset(range(13)))
    second = Hearing(record(), DAY[1], DAY[3], frozenset(range(10, 23)))
    assert together([first, second])["hours"] == 23.0


def test_three_runs_of_which_two_were_at_the_same_time() -> None:
    spans = ((DAY[0], DAY[1]), (DAY[0], DAY[1]), (DAY[3], DAY[4]))
    assert together([Hearing(record(), *span) for span in spans])["flows"] == 12


def test_a_record_becomes_the_coverage_that_it_was_made_of() -> None:
    whole = record(
        boots=1, served=2, outside=3, logins=4, handshakes=5, hidden=1, protected=7, unproven=8, open_outside=9,
        carriers=10, packets_lost=2, sessions=("boot",), set_up_seen=True, set_up_sign="dhcp",
    )  # fmt: skip
    again = coverage_record(coverage_of(whole))
    assert {**again, "encrypted_share": whole["encrypted_share"]} == whole


def test_what_an_older_version_or_a_hostile_sensor_wrote_counts_as_nothing() -> None:
    odd = {"hours": "many", "flows": -5, "logins": 10**400, "bytes": None, "no_parser": {"tcp/1": "x"}, "sessions": [1]}
    found = together([Hearing(odd, DAY[0], DAY[1]), Hearing(record(), DAY[3], DAY[4])])
    assert (found["hours"], found["flows"], found["logins"], found["bytes"]) == (13.0, 6, 0, 1000)
    assert found["no_parser"] == {} and found["sessions"] == []


@pytest.mark.parametrize(
    "more",
    [
        {"hours_active": 10**400},
        {"hours_idle": 1e308},
        {"encrypted_share": 10**400},
        {"encrypted_share": -1.0},
        {"hours": float("nan")},
        {"bytes": float("inf")},
        {"no_parser": {"tcp": 10**400}},
    ],
)
def test_numbers_that_no_sensor_counts_are_none(more: dict[str, object]) -> None:
    wild = {**record(), **more}
    without = {**record(), **{name: EMPTY[name] for name in more}}
    for first, second in (((DAY[0], DAY[1]), (DAY[3], DAY[4])), ((DAY[0], DAY[3]), (DAY[1], DAY[4]))):
        found, expected = (together([Hearing(record(), *first), Hearing(one, *second)]) for one in (wild, without))
        assert found == expected
