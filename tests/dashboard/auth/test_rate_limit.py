"""Rate limiting of log-ins: waits by name and address."""

import random

import pytest

from dashboard.auth.rate_limit import FORGOTTEN, FREE, LARGEST, LONGEST, SPREAD, RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_failures_are_free_then_each_costs_more() -> None:
    clock = Clock()
    throttle = RateLimit(clock)
    waits = []
    for _ in range(FREE + 12):
        waits.append(throttle.wait("anna"))
        clock.now += throttle.wait("anna")
        throttle.failed("anna")
    assert waits[:FREE] == [0.0] * FREE
    assert waits[FREE : FREE + 4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == LONGEST


def test_others_need_not_wait_and_success_or_time_forgets() -> None:
    clock = Clock()
    throttle = RateLimit(clock)
    for _ in range(FREE):
        throttle.failed("192.0.2.1", "192.0.2.1 anna")
    assert throttle.wait("192.0.2.1") > 0 and throttle.wait("192.0.2.2", "192.0.2.2 anna") == 0
    throttle.succeeded("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0 and throttle.wait("192.0.2.1 anna") > 0
    clock.now += FORGOTTEN
    assert throttle.wait("192.0.2.1 anna") == 0


def test_what_is_remembered_is_bounded() -> None:
    throttle = RateLimit(Clock())
    for number in range(LARGEST + 50):
        throttle.failed(str(number))
    assert len(throttle._failures) == LARGEST and "0" not in throttle._failures


def test_the_longest_wait_of_several_keys_counts() -> None:
    throttle = RateLimit(Clock())
    for key, failures in (("name", FREE), ("address", FREE + 2), ("other", 1)):
        for _ in range(failures):
            throttle.failed(key)
    assert [throttle.wait(*keys) for keys in (("name",), ("address",), ("other",), ("unknown",), ())] == [2, 8, 0, 0, 0]
    assert throttle.wait("name", "address", "other") == throttle.wait("address", "name") == 8


def test_each_key_has_as_many_free_failures_as_it_is_given() -> None:
    throttle = RateLimit(Clock(), free=2)
    throttle.failed("a")
    assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 2


def test_after_an_hour_failures_count_from_one_again() -> None:
    clock = Clock()
    throttle = RateLimit(clock, free=3)
    for gap in (0, 1, FORGOTTEN, 1):
        clock.now += gap
        throttle.failed("a")
        assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 2
    clock.now += FORGOTTEN - 1
    throttle.failed("a")
    assert throttle.wait("a") == 4


def test_a_clock_that_is_late_makes_nobody_wait_for_less_than_nothing() -> None:
    clock = Clock()
    throttle = RateLimit(clock, free=1)
    throttle.failed("a")
    clock.now += 1000
    assert throttle.wait("a") == 0


@pytest.mark.parametrize("free", [0, 1, 2, FREE])
def test_nobody_waits_before_the_first_failure_that_counts(free: int) -> None:
    """Without a failure there is nothing to wait for, however few are free."""
    throttle = RateLimit(Clock(), free=free)
    assert throttle.wait("a") == throttle.wait() == 0 or free == 0
    waits = []
    for _ in range(free + 2):
        throttle.failed("a")
        waits.append(throttle.wait("a"))
    assert waits == [0.0] * (free - 1) + ([2.0, 4.0, 8.0] if free else [4.0, 8.0])


@pytest.mark.parametrize(
    ("failures", "after", "left"),
    [
        (1, 0, 2), (1, 0.5, 1.5), (1, 1.999, 0.001), (1, 2, 0), (1, 2.001, 0), (2, 0, 4), (2, 3.5, 0.5), (2, 4, 0),
        (8, 0, 256), (9, 0, 300), (9, 299, 1), (9, 300, 0), (40, 0, 300), (40, 300, 0),
    ],
)  # fmt: skip
def test_how_long_a_wait_is(failures: int, after: float, left: float) -> None:
    """It doubles from two seconds, and five minutes are the longest; what has passed is taken off."""
    clock = Clock()
    throttle = RateLimit(clock, free=1)
    for _ in range(failures):
        throttle.failed("a")
    clock.now += after
    assert throttle.wait("a") == pytest.approx(left)


@pytest.mark.parametrize("count", [LARGEST - 1, LARGEST, LARGEST + 1])
def test_the_oldest_failure_makes_room_and_no_other(count: int) -> None:
    throttle = RateLimit(Clock(), free=1)
    for number in range(count):
        throttle.failed(str(number))
    throttle.failed(str(count - 1))
    assert (throttle.wait("0") > 0) is (count <= LARGEST)
    assert throttle.wait("1") > 0 and throttle.wait(str(count - 1)) == 4


def test_who_failed_again_is_no_longer_the_oldest() -> None:
    throttle = RateLimit(Clock(), free=1)
    for number in range(LARGEST):
        throttle.failed(str(number))
    throttle.failed("0")
    throttle.failed("one more")
    assert throttle.wait("0") == 4 and throttle.wait("1") == 0 and throttle.wait("2") == 2


def test_waits_are_those_of_a_plain_list_of_failures() -> None:
    """A model: all times of failures of a key; those before a gap of an hour, or before a success, do not count."""
    chance, clock = random.Random(11), Clock()
    throttle = RateLimit(clock, free=3)
    failures: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    for _ in range(600):
        clock.now += chance.choice([0, 0, 1, 2, 100, 301, FORGOTTEN - 1, FORGOTTEN])
        key = chance.choice("abc")
        match chance.choice(["failed", "failed", "failed", "failed", "failed", "succeeded", "wait"]):
            case "failed":
                throttle.failed(key)
                if failures[key] and clock.now - failures[key][-1] >= 3600:
                    failures[key] = []
                failures[key].append(clock.now)
            case "succeeded":
                throttle.succeeded(key)
                failures[key] = []
        for one, times in failures.items():
            left = times[-1] + min(2 ** (len(times) - 2), 300) - clock.now if len(times) >= 3 else 0
            assert throttle.wait(one) == max(0, left)


@pytest.mark.parametrize("free", [1, FREE, SPREAD])
def test_a_wrong_password_each_few_minutes_for_weeks_still_waits(free: int) -> None:
    """Two thousand failures are more than a power of two can double (2.0 ** 1024 overflows)."""
    clock = Clock()
    throttle = RateLimit(clock, free=free)
    for _ in range(2100):
        throttle.failed("a")
        clock.now += 300
    assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 300
