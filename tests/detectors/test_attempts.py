"""Wrong logins in a row: twenty in a minute are a concern, a lock is evidence for the device."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors.attempts import Attempts
from sensor.events import Access, Attribute, Event, Login
from sensor.model import Finding, Flow, OnRepeat, Secret, Severity, Side, Transport
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


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (wrong(), OnRepeat.AGAIN),
        (wrong(accepted=None, status=401), OnRepeat.AGAIN),
        (wrong(accepted=None, status=429), OnRepeat.AGAIN),
        (wrong(accepted=True), OnRepeat.NOTHING),
        (wrong(accepted=None), OnRepeat.NOTHING),
        (Access(resource="/", action="GET", granted=False, status=401), OnRepeat.AGAIN),
        (Access(resource="/", action="GET", granted=False), OnRepeat.AGAIN),
        (Access(resource="/", action="GET", granted=None, status=423), OnRepeat.AGAIN),
        (Access(resource="/", action="GET", granted=True, status=200), OnRepeat.NOTHING),
        (Attribute(field="http.server", value="x", side=Side.SERVER), OnRepeat.NOTHING),
    ],
)
def test_what_counts_each_time(event: Event, manner: OnRepeat) -> None:
    assert Attempts(World()).on_repeat(event) is manner


def test_once_something_was_refused_what_is_let_in_counts_too() -> None:
    detector = Attempts(World())
    right, knock = wrong(accepted=True), knocked((1, 1))
    assert (detector.changes, detector.awaits(knock)) == (0, False)
    list(detector.observe(seen(wrong(), flow(LAPTOP, CAMERA, 21, "ftp"))))
    assert (detector.changes, detector.awaits(knock), detector.on_repeat(right)) == (1, True, OnRepeat.AGAIN)
    list(detector.observe(seen(wrong(), flow(LAPTOP, CAMERA, 21, "ftp"))))
    list(detector.observe(seen(wrong(), flow(LAPTOP, CAMERA, 23, "telnet"))))
    assert detector.changes == 2


@pytest.mark.parametrize("ends", [(CAMERA, CLOUD), (CLOUD, CLOUD), (CLOUD, CAMERA), (LAPTOP, CAMERA)])
def test_only_a_device_at_home_has_attempts_to_limit(ends: tuple[bytes, bytes]) -> None:
    found = tried(*map(wrong, range(20)), client=ends[0], server=ends[1])
    assert [one.device for one in found] == (["c0.a8.01.05"] if ends[1] == CAMERA else [])


def test_the_end_that_checks_the_login_is_judged_and_the_other_ones_are_counted() -> None:
    detector = Attempts(World())
    for number in range(20):
        made = flow(CAMERA, bytes((203, 0, 113, number)), 21, "ftp")
        event = wrong(number, verifier=Side.CLIENT)
        list(detector.observe(seen(event, made, time=number * SECOND)))
    assert list(detector.finish()) == [], "twenty services of one refusal each"
    made = flow(CAMERA, LAPTOP, 21, "ftp")
    found = Attempts(World())
    for number in range(20):
        list(found.observe(seen(wrong(number, verifier=Side.CLIENT), made, time=number * SECOND)))
    (one,) = found.finish()
    assert (one.device, one.role, one.detail["clients"]) == ("c0.a8.01.05", "client", 1)


@pytest.mark.parametrize(("gap", "seconds"), [(60 * SECOND // 19, 60.0), (61 * SECOND // 19, None)])
def test_twenty_within_a_minute(gap: int, seconds: float | None) -> None:
    found = tried(*map(wrong, range(20)), gap=gap)
    assert [one.detail["seconds"] for one in found] == ([seconds] if seconds else [])


def test_the_fastest_twenty_count_and_a_clock_that_goes_back_counts_nothing() -> None:
    quick = [2 * SECOND] * 19 + [3 * SECOND] + [SECOND] * 19 + [5 * SECOND] * 30
    (found,) = tried(*map(wrong, range(60)), gaps=quick)
    assert (found.detail["seconds"], found.detail["refused"], found.count) == (19.0, 60, 60)
    assert found.last_time == 1_000 * SECOND + sum(quick[:59])
    assert tried(*map(wrong, range(20)), gap=-SECOND) == []


@pytest.mark.parametrize("refusals", [2, 3])
def test_a_lock_follows_three_refusals(refusals: int) -> None:
    found = tried(*map(wrong, range(refusals)), wrong(basis="421 Too many"))
    assert [one.detail["limit"] for one in found] == (["closed"] if refusals == 3 else [])
    assert [one.detail["limit"] for one in after(refusals, RESET, RESET)] == (
        ["connections refused"] if refusals == 3 else []
    )


@pytest.mark.parametrize(
    ("more", "limit"),
    [
        ({"basis": "421 after PASS"}, "closed"), ({"basis": "429 slow down"}, "closed"),
        ({"basis": "423 locked"}, "closed"), ({"basis": "530 after 421"}, None), ({"basis": None}, None),
        ({"basis": "421 ready", "accepted": True}, None), ({"basis": "421 ready", "accepted": None}, None),
        ({"accepted": None, "status": 423}, "locked"), ({"accepted": None, "status": 403}, None),
    ],
)  # fmt: skip
def test_answers_that_lock(more: dict[str, Any], limit: str | None) -> None:
    """The codes of RFC 959, 5321, 4918 and 6585 where they begin the answer to a refused login."""
    found = tried(*map(wrong, range(5)), wrong(**more))
    assert [one.detail["limit"] for one in found] == ([limit] if limit else [])


def test_the_first_lock_counts() -> None:
    locks = [wrong(accepted=None, status=429), wrong(9), wrong(accepted=None, status=423)]
    (found,) = tried(*map(wrong, range(4)), *locks)
    assert (found.detail["limit"], found.detail["after"]) == ("too many requests", 4)
    # A page that anybody may be refused says nothing of another service's logins.
    page = Access(resource="/", action="GET", granted=False, status=429)
    assert tried(page, *map(wrong, range(4))) == []


def test_a_delay_grows_from_third_to_third_up_to_two_seconds() -> None:
    def limits(*gaps: float) -> list[Any]:
        steps = [int(gap * SECOND) for gap in gaps]
        return [one.detail["limit"] for one in tried(*map(wrong, range(len(gaps) + 1)), gaps=[*steps, 0])]

    assert limits(0.5, 0.5, 0.5, 1, 1, 1, 2, 2, 2) == ["growing delay"]
    assert limits(0.5, 0.5, 0.5, 1, 1, 1, 1.9, 1.9, 1.9) == [], "less than two seconds at the end"
    assert limits(1, 1, 1, 1.7, 1.7, 1.7, 4, 4, 4) == [], "the second third is not 1.8 times the first"
    assert limits(1, 1, 1, 3, 3, 3, 5, 5, 5) == [], "nor the last one the second"
    assert limits(0.5, 0.5, 1, 1, 2, 2, 4, 4) == [], "nine gaps at least"
    # The middle one of each third counts: one long wait is no rule.
    assert limits(0.5, 0.5, 0.5, 0.5, 9, 0.5, 9, 0.5, 0.5) == []


def test_what_works_again_ends_the_row_but_a_login_without_an_answer_does_not() -> None:
    unknown, works = wrong(accepted=None, basis=None), wrong(accepted=None, basis=None, status=200)
    (found,) = tried(*map(wrong, range(10)), unknown, *map(wrong, range(9)), wrong(9))
    assert found.detail["refused"] == 20
    assert tried(*map(wrong, range(10)), works, *map(wrong, range(10))) == []


def test_what_is_remembered_of_one_service_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.attempts.MAX_TIMES", 25)
    monkeypatch.setattr("sensor.detectors.attempts.FRAMES", 4)
    detector = Attempts(World())
    for number in range(60):
        made = flow(bytes((192, 168, 3, number)), CAMERA, 21, "ftp")
        list(detector.observe(seen(wrong(number), made, time=number * SECOND, frames=(number,))))
    (found,) = detector.finish()
    assert (found.frames, found.detail["clients"], found.detail["refused"]) == ((0, 1, 2, 3), 25, 60)
    (service,) = detector._services.values()
    assert len(service.times) <= 26
    for _ in range(60):
        list(detector.flow_ended(knocked((1, 1), client=bytes((192, 168, 3, 1)))))
    assert len(service.not_taken) == 25


def test_a_datagram_without_an_answer_is_no_connection_that_was_not_taken() -> None:
    silent = knocked((4, 0))
    silent.transport = Transport.UDP
    assert after(5, silent, silent) == []
    assert after(5, knocked((0, 0)), knocked((0, 0))) == []
