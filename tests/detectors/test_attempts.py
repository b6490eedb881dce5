"""Wrong logins in a row: twenty in a minute are a concern, a lock is evidence for the device."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors.attempts import Attempts
from sensor.events import Access, Event, Login
from sensor.model import Finding, Flow, Secret, Severity
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

SECOND = 1_000_000_000


def wrong(number: int = 0, **more: Any) -> Login:
    return Login(
        **{
            "mechanism": "password",
            "username": "admin",
            "secret": Secret(f"guess {number}"),
            "scheme": "user/pass",
            "accepted": False,
            "basis": "530 after PASS",
            **more,
        }
    )


def tried(
    *events: Event, gap: int = SECOND, gaps: list[int] | None = None, application: str = "ftp", **ends: bytes
) -> list[Finding]:
    detector = Attempts(World())
    time = 1_000 * SECOND
    for number, event in enumerate(events):
        made = flow(ends.get("client", LAPTOP), ends.get("server", CAMERA), 21, application)
        assert list(detector.observe(seen(event, made, time=time, frames=(number + 1,)))) == []
        time += gaps[number] if gaps else gap
    assert [one.detail for one in detector.finish()] == [one.detail for one in detector.finish()]
    return list(detector.finish())


def test_twenty_refusals_in_a_minute_without_a_lock() -> None:
    (found,) = tried(*map(wrong, range(20)))
    assert (found.rule, found.severity, found.role) == ("credential.unlimited_attempts", Severity.MEDIUM, "server")
    assert found.detail == {"refused": 20, "seconds": 19.0, "clients": 1, "limit": None, "after": None}
    assert found.provisions == ("EN 303 645 5.1-5",) and found.frames == tuple(range(1, 21))
    assert tried(*map(wrong, range(19))) == []


def test_slower_guessing_says_nothing() -> None:
    assert tried(*map(wrong, range(40)), gap=4 * SECOND) == []


def test_a_login_that_works_begins_the_count_anew() -> None:
    right = wrong(accepted=True)
    assert tried(*map(wrong, range(15)), right, *map(wrong, range(15))) == []
    (guessed,) = tried(*map(wrong, range(25)), right)
    assert guessed.detail["refused"] == 25


def test_many_clients_are_counted_together() -> None:
    detector = Attempts(World())
    for number in range(20):
        made = flow(bytes((192, 168, 1, 100 + number)), CAMERA, 21, "ftp")
        list(detector.observe(seen(wrong(number), made, time=number * SECOND)))
    (found,) = detector.finish()
    assert found.detail["clients"] == 20


@pytest.mark.parametrize(("status", "limit"), [(429, "too many requests"), (423, "locked")])
def test_a_status_that_locks(status: int, limit: str) -> None:
    basic = {"accepted": None, "basis": None, "status": 401, "resource": "/"}
    tries = [wrong(number, **basic) for number in range(5)]
    for answer in (
        wrong(9, **{**basic, "status": status}),
        Access(resource="/", action="GET", granted=False, status=status),
    ):
        (found,) = tried(*tries, answer, *[wrong(number, **basic) for number in range(30)], application="http")
        assert (found.severity, found.detail["limit"], found.detail["after"]) == (Severity.INFO, limit, 5)
    assert tried(tries[0], wrong(9, **{**basic, "status": status}), application="http") == [], "not by these refusals"


def test_basic_logins_refused_with_401() -> None:
    basic = {"accepted": None, "basis": None, "status": 401, "resource": "/"}
    (found,) = tried(*[wrong(number, **basic) for number in range(20)], application="http")
    assert found.severity is Severity.MEDIUM
    stale = [one for _ in range(20) for one in (wrong(**basic), wrong(**{**basic, "status": 200}))]
    assert tried(*stale, application="http") == [], "Digest with a stale nonce: the next try works"


def test_a_service_that_closes() -> None:
    (found,) = tried(*map(wrong, range(4)), wrong(basis="421 after PASS"))
    assert (found.severity, found.detail["limit"], found.detail["after"]) == (Severity.INFO, "closed", 4)


def test_a_growing_delay() -> None:
    gaps = [SECOND * 2**number // 4 for number in range(12)]
    (found,) = tried(*map(wrong, range(12)), gaps=gaps)
    assert (found.severity, found.detail["limit"]) == (Severity.INFO, "growing delay")
    assert tried(*map(wrong, range(12)), gaps=[3 * SECOND] * 12) == [], "the client's own pace"


def test_a_service_outside_is_not_judged() -> None:
    assert tried(*map(wrong, range(30)), client=CAMERA, server=CLOUD) == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.attempts.MAX_SERVICES", 2)
    detector = Attempts(World())
    for number in range(200):
        list(detector.observe(seen(wrong(), flow(LAPTOP, bytes((192, 168, 2, number)), 21, "ftp"))))
    assert len(detector._services) == 2


def knocked(packets: tuple[int, int], size: int = 40, payload: tuple[int, int] = (0, 0), **ends: Any) -> Flow:
    made = flow(ends.get("client", LAPTOP), CAMERA, ends.get("port", 21), "")
    made.packets, made.bytes, made.payload = packets, (packets[0] * 60, packets[1] * size), payload
    made.first_time = ends.get("time", 1_030) * SECOND
    return made


def after(refusals: int, *flows: Flow) -> list[Finding]:
    detector = Attempts(World())
    for number in range(refusals):
        list(detector.observe(seen(wrong(number), flow(LAPTOP, CAMERA, 21, "ftp"), time=(1_000 + number) * SECOND)))
    for one in flows:
        assert not list(detector.flow_ended(one))
    return list(detector.finish())


RESET, SILENT = knocked((1, 1)), knocked((4, 0))


@pytest.mark.parametrize("closed", [(RESET, RESET), (SILENT, SILENT), (RESET, SILENT), (knocked((2, 2), 60), RESET)])
def test_connections_that_are_not_taken_any_more_are_a_lock(closed: tuple[Flow, ...]) -> None:
    (found,) = after(5, *closed)
    assert (found.severity, found.detail["limit"], found.detail["after"]) == (Severity.INFO, "connections refused", 5)
    (guessed,) = after(25, *closed)
    assert guessed.detail["limit"] == "connections refused"


@pytest.mark.parametrize(
    ("refusals", "flows"),
    [
        (5, ()),
        (5, (RESET,)),
        (2, (RESET, RESET)),
        # Long after, before the last refusal, from somebody else, at another port.
        (5, (knocked((1, 1), time=1_090), knocked((1, 1), time=1_091))),
        (5, (knocked((1, 1), time=1_001), knocked((1, 1), time=1_002))),
        (5, (knocked((1, 1), client=CLOUD), knocked((1, 1), client=CLOUD))),
        (5, (knocked((1, 1), port=80), knocked((1, 1), port=80))),
        # Taken, and closed without a word; taken, and used.
        (5, (knocked((3, 2), 52), knocked((3, 2), 52))),
        (5, (knocked((1, 1), 44), knocked((1, 1), 44))),
        (5, (knocked((3, 3), 40, (9, 9)), knocked((3, 3), 40, (9, 9)))),
    ],
)
def test_what_is_no_closed_service(refusals: int, flows: tuple[Flow, ...]) -> None:
    assert after(refusals, *flows) == []


def test_a_service_that_goes_on_answering_is_not_closed() -> None:
    detector = Attempts(World())
    ftp = flow(LAPTOP, CAMERA, 21, "ftp")
    for number in range(5):
        list(detector.observe(seen(wrong(number), ftp, time=(1_000 + number) * SECOND)))
    for knock in (RESET, RESET):
        list(detector.flow_ended(knock))
    list(detector.observe(seen(wrong(9), ftp, time=1_040 * SECOND)))
    assert list(detector.finish()) == []
    list(detector.observe(seen(wrong(9, accepted=True), ftp, time=1_050 * SECOND)))
    assert list(detector.finish()) == []


def test_anonymous_logins_are_no_guesses() -> None:
    assert tried(*(wrong(number, username="anonymous") for number in range(25))) == []


def test_guesses_within_less_than_a_second_are_told_as_one_second() -> None:
    (found,) = tried(*map(wrong, range(20)), gap=SECOND // 1000)
    assert "20 of them in 1 s," in found.summary
