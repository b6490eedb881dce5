"""Publications of a maker: how to report a flaw, how flaws are handled, how long support lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sensor.catalogue import Message
from sensor.light_dataclass import dataclass

WORKING, CALENDAR = "working", "calendar"
"""How a maker counts its days."""

COUNTED = (WORKING, CALENDAR)

SINCE = frozenset({"launch", "purchase", "manufacture", "end_of_sale"})
"""What a support period in years begins with."""

Record = Mapping[str, "Published"]
"""A maker's publications by kind: ``disclosure`` (5.2-1), ``handling`` (5.2-2), ``monitoring`` (5.2-3), ``support``
(5.3-13)."""


@dataclass(frozen=True, slots=True)
class Published:
    """A maker's publication, its source, and the date on which it was seen there.

    ``parts``: what is published, as messages, or as text where it is a name or an address. ``complete``: all that the
    provision asks for is known.
    """

    parts: tuple[Message | str, ...]
    source: str
    date: str
    complete: bool = True

    @property
    def data(self) -> list[object]:
        """The parts as plain data."""
        return [one.data if isinstance(one, Message) else one for one in self.parts]


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

    def parts(self) -> tuple[Message | str, ...]:
        """Address, contact and times: EN 303 645 5.2-1 asks for the contact and for both times."""
        parts: list[Message | str] = [
            Message("policy.of", {"policy": self.policy, "holder": self.holder}) if self.holder else self.policy,
            Message("policy.contact", {"contact": self.contact}) if self.contact else Message("policy.no_contact"),
        ]
        if self.answer_days:
            parts.append(Message(f"policy.answer_{self.counted}", {"days": self.answer_days}))
        if self.update_days:
            parts.append(Message("policy.updates", {"days": self.update_days}))
        if not (self.answer_days and self.update_days):
            lacks = "updates" if self.answer_days else "answer" if self.update_days else "times"
            parts.append(Message(f"policy.no_{lacks}"))
        return tuple(parts)

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

    @property
    def message(self) -> Message:
        """The period."""
        if self.until is not None:
            return Message("support.until", {"until": self.until.isoformat(), "what": self.what})
        return Message("support.years", {"years": self.years, "since": self.since or "launch", "what": self.what})

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
        apart = (
            [Message("policy.times_by", {"source": timed[0], "date": timed[1]})] if timed and policy.answer_days else []
        )
        record["disclosure"] = Published((*policy.parts(), *apart), source, when, policy.complete)
        if policy.fix_days:
            fixes = Message("policy.fixes", {"days": policy.fix_days})
            record["handling"] = Published((fixes,), *(timed or (source, when)))
        if policy.team:
            lasts = Message("policy.no_period")
            if support is not None:
                lasts = Message("policy.supported", {"support": support.message.data})
            parts = (Message("policy.team"), lasts)
            record["monitoring"] = Published(parts, source, when, support is not None and not support.what)
    if support is not None:
        record["support"] = Published((support.message,), *period, support.complete)
    return record
