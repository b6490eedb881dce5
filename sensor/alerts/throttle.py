"""Throttling of alerts: repeats wait for hours, a flood becomes one line, quiet hours delay.

Pure but for its state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensor.alerts.alert import Alert
from sensor.alerts.state import AlertState
from sensor.catalogue import worded
from sensor.settings.keys import RISING, QuietHours
from sensor.settings.keys import AlertSettings as Rules

HOUR = 3600.0
KEYS = 20_000
"""Alerts whose last time is remembered."""


class Outgoing(NamedTuple):
    """An alert and when it may be sent, seconds since 1970 UTC."""

    alert: Alert
    at: float


class AlertThrottle:
    """Decides over each alert. ``state.sent`` holds what went out last and what was held back since."""

    def __init__(self, rules: Rules, state: AlertState) -> None:
        self._rules = rules
        self._state = state
        self._hour = 0.0
        self._sent = 0
        self._suppressed: list[Alert] = []
        self.suppressed = 0
        """Alerts that were counted instead of sent, since the start."""

    def recent(self, key: str, now: float, seconds: float) -> bool:
        """Whether this alert went out so little time ago. A clock that was set back silences nothing for years."""
        return key in self._state.sent and 0 <= now - self._state.sent[key][0] < seconds

    def admit(self, alert: Alert, now: float) -> list[Outgoing]:
        """What goes out because of this alert: itself, or nothing."""
        out = self.due(now)
        last, left_out = self._state.sent.get(alert.key, (0.0, 0.0))
        if alert.kind != "sensor" and self.recent(alert.key, now, self._rules.repeat_hours * HOUR):
            self._note(alert.key, last, left_out + alert.count)
            self.suppressed += 1
            return out
        if self._sent >= self._rules.at_most_an_hour and alert.severity != "critical":
            # What was left out before is not of this hour: the next one that is sent counts it.
            self._note(alert.key, now, left_out)
            self._suppressed.append(alert)
            self.suppressed += 1
            return out
        self._note(alert.key, now, 0.0)
        self._sent += 1
        return [*out, self._outgoing(alert.counted(alert.count + int(left_out)), now)]

    def due(self, now: float) -> list[Outgoing]:
        """What goes out because time went by: one line for all that an hour's flood held back."""
        if 0 <= now - self._hour < HOUR:
            return []
        self._hour, self._sent = now, 0
        if not self._suppressed:
            return []
        suppressed, self._suppressed = self._suppressed, []
        self._sent = 1
        return [self._outgoing(_summary(suppressed, now, self._rules.language), now)]

    def _outgoing(self, alert: Alert, now: float) -> Outgoing:
        quiet = self._rules.quiet
        if quiet is None or (quiet.unless != "off" and alert.rank >= RISING.index(quiet.unless)):
            return Outgoing(alert, now)
        return Outgoing(alert, quiet_until(quiet, now))

    def _note(self, key: str, when: float, left_out: float) -> None:
        sent = self._state.sent
        sent.pop(key, None)
        sent[key] = [when, left_out]
        while len(sent) > KEYS:
            del sent[next(iter(sent))]
        self._state.changed = True


COUNTED = ("new_device", "finding", "verdict", "sensor")
"""Kinds of alerts that a count names; the rest are others."""


def _summary(suppressed: list[Alert], now: float, language: str) -> Alert:
    counts: dict[str, int] = {}
    for alert in suppressed:
        kind = alert.kind if alert.kind in COUNTED else "other"
        counts[kind] = counts.get(kind, 0) + alert.count
    listed = [worded("alert", f"held_back.{kind}", {"count": count}, language) for kind, count in counts.items()]
    return Alert(
        key="summary",
        kind="summary",
        severity=max(suppressed, key=lambda one: one.rank).severity,
        time=now,
        title=worded("alert", "held_back.title", {"count": sum(counts.values())}, language),
        text=worded("alert", "held_back.text", {"listed": listed}, language),
        count=sum(counts.values()),
    )


def quiet_until(quiet: QuietHours, now: float) -> float:
    """When quiet hours that hold at ``now`` are over; ``now`` itself where none hold. Seconds since 1970 UTC."""
    zone = ZoneInfo(quiet.zone) if quiet.zone else None
    here = datetime.fromtimestamp(now, zone)
    clock = here.time()
    night = quiet.start > quiet.end
    inside = clock >= quiet.start or clock < quiet.end if night else quiet.start <= clock < quiet.end
    if not inside:
        return now
    day = here.date() + timedelta(days=1) if night and clock >= quiet.start else here.date()
    end = datetime.combine(day, quiet.end, zone).timestamp()
    # In the hour that a change to winter time repeats, the end may lie behind: then it has come.
    return max(end, now)
