"""Rate limiting of log-ins: waits by name and address."""

from dashboard.auth.rate_limit import FORGOTTEN, FREE, LARGEST, LONGEST, RateLimit


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
