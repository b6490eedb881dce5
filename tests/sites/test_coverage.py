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


SAME, LATER = (DAY[0], DAY[1]), (DAY[3], DAY[4])


@pytest.mark.parametrize(
    ("first", "second", "apart", "at_once"),
    [
        # (encrypted share, bytes): apart by bytes, 100 of 400 and 600 of 600 are 700 of 1000; at once the worse.
        ({"encrypted": 100, "bytes": 400}, {"encrypted": 600, "bytes": 600}, 0.7, 0.25),
        ({"encrypted": 0, "bytes": 0}, {"encrypted": 300, "bytes": 600}, 0.5, 0.5),
        ({"encrypted": 0, "bytes": 0}, {"encrypted": 0, "bytes": 0}, None, None),
    ],
)
def test_the_share_that_was_encrypted(
    first: dict[str, int], second: dict[str, int], apart: float | None, at_once: float | None
) -> None:
    for span, expected in ((LATER, apart), (SAME, at_once)):
        found = together([Hearing(record(**first), *SAME), Hearing(record(**second), *span)])
        assert found["encrypted_share"] == expected


def test_ports_without_a_parser_are_named_by_all_who_heard_them() -> None:
    first, second = {"tcp/1": 10, "tcp/2": 5}, {"tcp/2": 7, "tcp/3": 1}
    for span, expected in (
        (LATER, {"tcp/1": 10, "tcp/2": 12, "tcp/3": 1}),
        (SAME, {"tcp/1": 10, "tcp/2": 7, "tcp/3": 1}),
    ):
        found = together([Hearing(record(unread=first), *SAME), Hearing(record(unread=second), *span)])
        assert found["no_parser"] == expected


@pytest.mark.parametrize("span", [SAME, LATER])
def test_a_set_up_that_one_saw_was_seen(span: tuple[str, str]) -> None:
    def of(first: bool | None, second: bool | None) -> tuple[bool | None, str | None]:
        sides = [
            Hearing(record(set_up_seen=seen, set_up_sign="matter" if seen else None), *when)
            for seen, when in ((first, SAME), (second, span))
        ]
        found = together(sides)
        return found["set_up_seen"], found["set_up_sign"]

    assert of(None, True) == of(False, True) == of(True, False) == of(True, None) == (True, "matter")
    # It was there already: that is known, whatever the other one could not tell.
    assert of(None, False) == of(False, None) == (False, None)
    assert of(None, None) == (None, None)


@pytest.mark.parametrize("span", [SAME, LATER])
def test_sessions_of_all_count(span: tuple[str, str]) -> None:
    found = together([Hearing(record(sessions=("use",)), *SAME), Hearing(record(sessions=("boot", "use")), *span)])
    assert found["sessions"] == ["boot", "use"]


def test_hours_in_use_add_up_where_somebody_could_tell() -> None:
    plain = record()
    assert (plain["hours_active"], plain["hours_idle"]) == (None, None)
    told = {**plain, "hours_active": 3, "hours_idle": 9}
    for first, second, expected in ((told, told, (6, 18)), (told, plain, (3, 9)), (plain, told, (3, 9)),
                                    (plain, plain, (None, None))):  # fmt: skip
        found = together([Hearing(first, *SAME), Hearing(second, *LATER)])
        assert (found["hours_active"], found["hours_idle"]) == expected


def test_hours_of_both_at_once_are_never_more_than_both_had() -> None:
    # The longer heard 13 hours; the other 2 in hours of the clock of which 5 are not among the longer's: 15, not 18.
    first = Hearing(record(), *SAME, frozenset(range(13)))
    second = Hearing(record(hours=2.0), *SAME, frozenset(range(10, 18)))
    assert together([first, second])["hours"] == together([second, first])["hours"] == 15.0


def test_three_in_a_row_of_which_the_first_outlasts_the_second_were_at_once() -> None:
    spans = ((DAY[0], DAY[4]), (DAY[1], DAY[2]), (DAY[3], DAY[4]))
    for order in ((0, 1, 2), (2, 1, 0)):
        assert together([Hearing(record(), *spans[one]) for one in order])["flows"] == 6


def test_one_that_begins_as_the_other_ends_may_have_heard_the_same() -> None:
    assert together([Hearing(record(), DAY[0], DAY[1]), Hearing(record(), DAY[1], DAY[2])])["flows"] == 6
    for unknown in ((None, DAY[4]), (DAY[3], None)):
        assert together([Hearing(record(), *SAME), Hearing(record(), *unknown)])["flows"] == 6


def test_losses_of_the_worse_hearing_stand_for_the_most_packets() -> None:
    # 50 of 100 packets are missing with the one; of the other's 100 that is 100 missing beside them.
    lossy = record(packets=50, packets_lost=50)
    assert together([Hearing(record(), *SAME), Hearing(lossy, *SAME)])["packets_lost"] == 100
    deaf = record(packets=0, packets_lost=7)
    assert together([Hearing(record(), *SAME), Hearing(deaf, *SAME)])["packets_lost"] == 7
