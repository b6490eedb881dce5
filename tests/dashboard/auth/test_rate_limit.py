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
