"""Statuses without a finding: by a maker's publications, and by how much was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from unittest.mock import MagicMock

import pytest

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


def test_a_measure_may_be_as_large_as_the_map_allows() -> None:
    """Too much of what was lost or hidden is no silence: at the limit it is, beyond it is not."""
    provisions = [(one, need, most) for one in baseline() for need in one.needs for most in need.most]
    assert provisions
    for provision, need, (measure, limit) in provisions:
        only = replace(provision, needs=(replace(need, least=(), most=((measure, limit),)),))
        for value, found in ((limit, 0), (limit + 0.01, 1)):
            coverage = MagicMock(spec=Coverage, sessions=(), **{measure: value})
            assert len(shortfalls(only, coverage)) == found, (provision.v3, measure)


@pytest.mark.parametrize("hidden", [0, 3])
def test_hidden_certificates_are_named_where_certificates_are_judged(hidden: int) -> None:
    """EN 303 645 5.5-1 rests on certificates, 5.3-7 and others do not."""
    seen = Coverage(
        hours=48, flows=90, bytes=100, understood=100, packets=1000, outside=90, handshakes=9, logins=9, hidden=hidden,
        boots=9, carriers=9, served=9, set_up_seen=True,
    )  # fmt: skip
    for provision in baseline():
        status, message = silence(provision, seen)
        if status is Status.NO_VIOLATION_SEEN:
            judged = any(on.rule == "tls.certificate" for on in provision.on)
            assert (message.parameters["hidden"] is not None) == (bool(hidden) and judged), provision.v3


def test_what_a_provision_has_no_record_for_is_not_on_record() -> None:
    """A maker may publish; where the provision asks nothing of it, that says nothing."""
    made = Published(("https://example.com",), "a list", "2026-05-01")
    without = next(one for one in baseline() if one.record is None)
    known = DeviceKnowledge(vendor="Example", published={"disclosure": made, "support": made, None: made})  # type: ignore[dict-item]
    assert recorded(without, known) is None
    support = next(one for one in baseline() if one.record == "support")
    assert recorded(support, DeviceKnowledge(vendor="Example")) is None, "silence on support is no missing policy"
    assert recorded(support, known) is not None
    status, message = recorded(of("5.2-1"), DeviceKnowledge(vendor="Example")) or (None, None)
    assert status is Status.NONE_ON_RECORD and message is not None and message.parameters["vendor"] == "Example"


def test_shares_are_said_in_percent() -> None:
    provision = of("5.5-1")
    seen = Coverage(hours=48, flows=2000, bytes=1000, understood=123, packets=1000, outside=9, handshakes=9, logins=9,
                    carriers=9)  # fmt: skip
    (short,) = shortfalls(provision, seen)
    assert (short.id, short.parameters["measure"], short.parameters["value"]) == (
        "shortfall.least", "understood_share", 12,
    )  # fmt: skip
    lost = replace(seen, understood=1000, packets_lost=1000)
    (most,) = shortfalls(provision, lost)
    assert (most.id, most.parameters["measure"], most.parameters["value"]) == ("shortfall.most", "lost_share", 50)


@pytest.mark.parametrize("kind", ["least", "most"])
def test_the_limit_itself_is_enough(kind: str) -> None:
    provision = next(one for one in baseline() if any(getattr(need, kind) for need in one.needs))
    need = next(one for one in provision.needs if getattr(one, kind))
    ((measure, limit), *_) = getattr(need, kind)
    for value, short in ((limit, 0), (limit + (-0.01 if kind == "least" else 0.01), 1)):
        coverage = MagicMock(sessions=())
        for each in provision.needs:
            for name, amount in (*each.least, *each.most):
                setattr(coverage, name, amount)
        setattr(coverage, measure, value)
        assert len(shortfalls(provision, coverage)) == short, (measure, value)
