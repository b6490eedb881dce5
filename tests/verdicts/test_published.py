"""A maker's publications in words, and when they are all that a provision asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from sensor.catalogue import Message, worded
from sensor.verdicts.published import WORKING, Policy, Support, record_of

URL = "https://maker.example/security"


def text_of(parts: Iterable[Message | str]) -> str:
    return ", ".join(one if isinstance(one, str) else worded("reason", *one) for one in parts)


@pytest.mark.parametrize(
    ("policy", "complete", "lacks"),
    [
        (Policy(URL, "a@maker.example", 5, 30), True, ""),
        (Policy(URL, None, 5, 30), False, "no contact known to us"),
        (Policy(URL, "a@maker.example", 5), False, "how often it reports progress is not known to us"),
        (Policy(URL, "a@maker.example", None, 30), False, "its time to the first answer is not known to us"),
        (Policy(URL, "a@maker.example"), False, "no times known to us"),
    ],
)
def test_contact_and_both_times_make_a_policy_complete(policy: Policy, complete: bool, lacks: str) -> None:
    made = record_of(policy, None, "source", "2026-01-01")["disclosure"]
    assert (
        made.complete is complete
        and lacks in text_of(made.parts)
        and ("known to us" in text_of(made.parts)) != complete
    )


def test_days_are_counted_as_the_maker_counts_them() -> None:
    assert "within 1 working day," in text_of(Policy(URL, "c", 1, 7, counted=WORKING).parts())
    assert "within 2 days," in text_of(Policy(URL, "c", 2, 7).parts())


def test_times_and_support_that_stand_elsewhere_name_their_own_source() -> None:
    record = record_of(
        Policy(URL, "c", 5, 30, fix_days=90, team=True),
        Support(until=date(2031, 12, 31)),
        "list",
        "2026-01-01",
        ("https://maker.example/support", "2026-02-02"),
        ("https://maker.example/times", "2026-03-03"),
    )
    assert "2026-03-03" in text_of(record["disclosure"].parts) and record["disclosure"].source == "list"
    assert record["handling"].source == "https://maker.example/times"
    assert record["support"].source == "https://maker.example/support" and record["support"].complete
    assert record["monitoring"].complete


def test_a_team_alone_does_not_say_for_how_long() -> None:
    assert not record_of(Policy(URL, team=True), None, "s", "d")["monitoring"].complete
    some = Support(years=3, since="launch", what="televisions")
    assert not record_of(Policy(URL, team=True), some, "s", "d")["monitoring"].complete
    assert "monitoring" not in record_of(Policy(URL), some, "s", "d")


@pytest.mark.parametrize(
    ("support", "since", "complete"),
    [
        (Support(years=3), "launch", False),
        (Support(years=3, since="purchase"), "purchase", False),
        (Support(until=date(2031, 12, 31)), None, True),
    ],
)
def test_a_period_counts_from_the_launch_where_nothing_else_is_said(
    support: Support, since: str | None, complete: bool
) -> None:
    assert support.message.parameters.get("since") == since and support.complete is complete
    made = record_of(None, support, "source", "2026-01-01")
    assert set(made) == {"support"} and made["support"].complete is complete


def test_times_and_periods_have_the_source_that_states_them() -> None:
    policy = Policy(URL, "c", 5, 30, fix_days=90, team=True)
    made = record_of(
        policy, Support(until=date(2031, 12, 31), what="routers"), "list", "2026-01-01", ("sheet", "2026-02-02"),
        ("study", "2026-03-03"),
    )  # fmt: skip
    assert {kind: (one.source, one.date, one.complete) for kind, one in made.items()} == {
        "disclosure": ("list", "2026-01-01", True),
        "handling": ("study", "2026-03-03", True),
        "monitoring": ("list", "2026-01-01", False),  # of some products alone
        "support": ("sheet", "2026-02-02", True),
    }
    assert "study" in text_of(made["disclosure"].parts)
    alone = record_of(Policy(URL, "c"), None, "list", "2026-01-01", None, ("study", "2026-03-03"))
    assert set(alone) == {"disclosure"} and "study" not in text_of(alone["disclosure"].parts)
