"""The period of a report (``--from``, ``--to``): findings by when they were seen, bytes by hour."""

from __future__ import annotations

from datetime import UTC, datetime

from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store.types import TrafficCell

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` (included) to ``until`` (excluded); None for open."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, since: str | None, until: str | None) -> Period:
        """From what was typed: a day, or a time with its zone (none means UTC). ValueError with a sentence."""
        made = cls(_parse_time(since, "--from"), _parse_time(until, "--to"))
        if made.since is not None and made.until is not None and made.until <= made.since:
            raise ValueError("--to must lie behind --from")
        return made

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    def meets(self, first: str | None, last: str | None) -> bool:
        """Whether something seen from ``first`` to ``last`` (RFC 3339; None: not known) was seen within it."""
        if self.since is not None and last is not None and datetime.fromisoformat(last) < self.since:
            return False
        return self.until is None or first is None or datetime.fromisoformat(first) < self.until

    def has(self, finding: Record) -> bool:
        """Whether a finding was seen within it."""
        return self.meets(finding["time"], finding["last_time"])

    def counts(self, cell: TrafficCell) -> bool:
        """Whether an hour of bytes begins within it."""
        begins = cell.hour * HOUR
        since = None if self.since is None else self.since.timestamp() - HOUR
        return (since is None or begins > since) and (self.until is None or begins < self.until.timestamp())

    def shown(self) -> dict[str, str | None] | None:
        """For the report; None where nothing is left out."""
        if not self:
            return None
        return {
            name: f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else None
            for name, time in (("from", self.since), ("to", self.until))
        }


def _parse_time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option}: {text[:40]!r} is no day or time such as 2026-05-01 or 2026-05-01T10:00Z") from None
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
