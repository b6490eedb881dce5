"""Publications of a maker: how to report a flaw, how flaws are handled, how long support lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

WORKING, CALENDAR = "working", "calendar"
"""How a maker counts its days."""

COUNTED = (WORKING, CALENDAR)

SINCE = {
    "launch": "from the launch of the product",
    "purchase": "from the purchase",
    "manufacture": "from the date of manufacture",
    "end_of_sale": "from the end of sale",
}
"""What a support period in years begins with."""

Record = Mapping[str, "Published"]
"""A maker's publications by kind: ``disclosure`` (5.2-1), ``handling`` (5.2-2), ``monitoring`` (5.2-3), ``support``
(5.3-13)."""


@dataclass(frozen=True, slots=True)
class Published:
    """A maker's publication in words, its source, and the date on which it was seen there.

    ``complete``: all that the provision asks for is known.
    """

    text: str
    source: str
    date: str
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """What a maker states about reports of flaws; None where it is not known.

    ``counted``: the days of ``answer_days``; ``team``: it names who watches over the security of its products.
    """

    policy: str
    contact: str | None = None
    answer_days: int | None = None
    update_days: int | None = None
    fix_days: int | None = None
    counted: str = CALENDAR
    holder: str | None = None
    team: bool = False

    def text(self) -> str:
        """Address, contact and times in words: EN 303 645 5.2-1 asks for the contact and for both times."""
        by = f" of {self.holder}" if self.holder else ""
        parts = [self.policy + by, f"contact {self.contact}" if self.contact else "no contact known to us"]
        if self.answer_days:
            days = f"{self.answer_days} {'working ' if self.counted == WORKING else ''}day"
            parts.append(f"first answer within {days}{'' if self.answer_days == 1 else 's'}")
        parts += [f"news every {self.update_days} days"] if self.update_days else []
        return ", ".join(parts) + self._lacks()

    def _lacks(self) -> str:
        if self.answer_days and self.update_days:
            return ""
        if self.answer_days:
            return "; how often it gives news is not known to us"
        if self.update_days:
            return "; its time to the first answer is not known to us"
        return "; times that it states are not known to us"

    @property
    def complete(self) -> bool:
        """Whether contact and both times are known (5.2-1)."""
        return bool(self.contact and self.answer_days and self.update_days)


@dataclass(frozen=True, slots=True)
class Support:
    """A published support period: ``until`` a date, or ``years`` from one of `SINCE`, of ``what`` products."""

    until: date | None = None
    years: int | None = None
    since: str | None = None
    what: str | None = None

    def text(self) -> str:
        """The period in words."""
        of = f" ({self.what})" if self.what else ""
        if self.until is not None:
            return f"until {self.until.isoformat()}{of}"
        return f"at least {self.years} years {SINCE[self.since or 'launch']}{of}"

    @property
    def complete(self) -> bool:
        """Whether it is this product's own end: years say nothing of a product whose beginning is unknown."""
        return self.until is not None


def record_of(
    policy: Policy | None,
    support: Support | None,
    source: str,
    when: str,
    supported: tuple[str, str] | None = None,
    timed: tuple[str, str] | None = None,
) -> dict[str, Published]:
    """The publications by kind. ``supported`` and ``timed``: source and date of the support period and of the times,
    where they are others.
    """
    record: dict[str, Published] = {}
    period = supported or (source, when)
    if policy is not None:
        apart = f"; times by {timed[0]}, {timed[1]}" if timed and policy.answer_days else ""
        record["disclosure"] = Published(policy.text() + apart, source, when, policy.complete)
        if policy.fix_days:
            text = f"a flaw is to be mended within {policy.fix_days} days; whether it is, is not on record"
            record["handling"] = Published(text, *(timed or (source, when)))
        if policy.team:
            text = "a team for the security of its products is named"
            text += f", support {support.text()}" if support else "; for how long is not known to us"
            record["monitoring"] = Published(text, source, when, support is not None and not support.what)
    if support is not None:
        record["support"] = Published(support.text(), *period, support.complete)
    return record
