"""Statuses without a finding: by a maker's publications, and by how much was seen."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.catalogue import Message, worded
from sensor.model import Status
from sensor.verdicts.baseline import Provision, baseline
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.published import Published
from sensor.verdicts.settle import DeviceKnowledge
from sensor.verdicts.silence import recorded, shortfalls, silence


def of(v3: str) -> Provision:
    return next(provision for provision in baseline() if provision.v3 == v3)


def said(found: Iterable[Message]) -> list[str]:
    return [worded("reason", *one) for one in found]


def test_a_policy_whose_times_are_not_known_is_on_record_in_part() -> None:
    def status(published: Published | None) -> Status | None:
        record = {} if published is None else {"disclosure": published}
        found = recorded(of("5.2-1"), DeviceKnowledge(vendor="Example", published=record))
        return found[0] if found else None

    assert status(Published(("https://example.com/security",), "a list", "2026-05-01")) is Status.ON_RECORD
    part = Published(("https://example.com/security",), "a list", "2026-05-01", complete=False)
    assert status(part) is Status.PARTLY_ON_RECORD
    assert status(None) is Status.NONE_ON_RECORD
    assert recorded(of("5.2-1"), DeviceKnowledge()) is None
    assert recorded(of("5.5-1"), DeviceKnowledge(vendor="Example")) is None


def test_a_laboratorys_sessions_stand_in_for_the_day() -> None:
    """Only all of them, and for nothing but the hours."""
    heard = Coverage(hours=1, flows=50, bytes=100, understood=100, packets=1000, outside=9, handshakes=9, logins=1)
    provision = next(one for one in baseline() if {need.name for need in one.needs} == {"listening", "login"})
    assert said(shortfalls(provision, heard)) == ["1 hours of listening (at least 24)"]
    heard.sessions = ("boot", "use")
    assert said(shortfalls(provision, heard)) == ["1 hours of listening (at least 24)"]
    heard.sessions = ("boot", "idle", "use")
    assert said(shortfalls(provision, heard)) == []
    status, message = silence(provision, heard)
    assert status is Status.NO_VIOLATION_SEEN and said([message])[0].endswith("boot, idle, use.")
    heard.flows = 2
    assert said(shortfalls(provision, heard)) == ["2 conversations (at least 10)"]


def test_silence_says_what_was_missing() -> None:
    dns_alone = Coverage(hours=48, flows=2000, bytes=100, understood=100, packets=1000, outside=2000)
    short = said(shortfalls(of("5.5-1"), dns_alone))
    assert "0 secure channels (at least 1)" in short and len(short) == 2
    status, message = silence(of("5.5-1"), dns_alone)
    assert status is Status.INSUFFICIENT_EVIDENCE and "0 secure channels" in said([message])[0]
    assert silence(of("5.1-4"), dns_alone)[0] is Status.NOT_OBSERVABLE
    assert silence(of("5.3-2"), dns_alone)[0] is Status.INSUFFICIENT_EVIDENCE
