"""Corrections by users: names, kinds, merges, mutes and accepted findings, each with author and time.

An undone correction stays as a record; only `forget` removes one.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from sensor.devices.device import CATEGORIES
from sensor.lazy_pattern import expression
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreLocation

MOST = 10_000
"""Corrections a store takes: no home needs them, and every page reads those that stand."""

NAME = 80
"""Characters of a device's name and of who says something."""

NOTE = 1000
"""Characters of a note."""

DESTINATION = 255
"""Characters of an address or a host name."""

RULE = expression(r"[a-z_]+(\.[a-z0-9_]+)+")


class CorrectionRefused(ValueError):  # noqa: N818 - a sentence for the user
    """What was said cannot be; the text is a sentence for the user and repeats nothing of what was typed."""


class Corrections:
    """The store's corrections, open to be written. Every call that says something gives its number, with which it can
    be undone.

    Raises StoreFailed where the store cannot be written, Refused for what cannot be. ``by`` is who says it, as the log
    shows it.
    """

    def __init__(self, where: StoreLocation, clock: Callable[[], float] = time.time) -> None:
        """Open the store. ``clock``: seconds since 1970 UTC."""
        self.where = where
        self._clock = clock
        self._engine = open_store(where, write=True)

    def name(self, device: str, name: str | None, *, by: str) -> int:
        """Call a device so. None: by what it calls itself again."""
        given = None if name is None else line(name, NAME, "A name")
        return self._device(device, by, kind="name", value=given)

    def category(self, device: str, category: str | None, *, by: str) -> int:
        """Say what kind of device it is (one of `sensor.devices.device.CATEGORIES`). None: as inferred again."""
        if category is not None and category not in CATEGORIES:
            raise CorrectionRefused("There is no such kind of device.")
        return self._device(device, by, kind="category", value=category)

    def yours(self, device: str, *, mine: bool, by: str) -> int:
        """Say whether a device is the user's own: nobody is asked about it again."""
        return self._device(device, by, kind="yours", value="yes" if mine else "no")

    def merge(self, device: str, into: str, *, by: str) -> int:
        """Say that a device is part of another: both are shown as that one. `apart` or `undo` takes it back."""
        with translate_errors(self.where), self._engine.begin() as connection:
            applied = AppliedCorrections(standing(connection), self._now())
            if applied.merged_into(device) == applied.merged_into(into):
                raise CorrectionRefused("They are one device already.")
            return self._say(
                connection, by, kind="merge", device=device, other=applied.merged_into(into), known=(device, into)
            )

    def apart(self, device: str, other: str, *, by: str) -> int:
        """Say that two records are not the same device, whatever they share."""
        if device == other:
            raise CorrectionRefused("That is one device.")
        with translate_errors(self.where), self._engine.begin() as connection:
            return self._say(connection, by, kind="apart", device=device, other=other, known=(device, other))

    def mute(
        self,
        *,
        by: str,
        rule: str | None = None,
        device: str | None = None,
        destination: str | None = None,
        until: int | None = None,
        note: str = "",
    ) -> int:
        """Be quiet about findings: they are marked, and raise no alert. At least one of ``rule``, ``device`` and
        ``destination`` (the address or name of the other end) must be given; what is given must all be so. ``until`` µs
        since 1970 UTC; None: for good."""
        if rule is None and device is None and destination is None:
            raise CorrectionRefused("Say what to be quiet about: a rule, a device or a destination.")
        if rule is not None and (not RULE.fullmatch(rule) or len(rule) > NAME):
            raise CorrectionRefused("There is no such rule.")
        if until is not None and until <= self._now():
            raise CorrectionRefused("That time is past.")
        given = None if destination is None else line(destination, DESTINATION, "A destination").lower()
        with translate_errors(self.where), self._engine.begin() as connection:
            known = () if device is None else (device,)
            what = {"rule": rule, "device": device, "destination": given, "until": until}
            return self._say(connection, by, kind="mute", **what, note=text(note), known=known)

    def accept(self, run: str, finding: str, *, by: str, note: str = "") -> int:
        """Say of one finding that it is known and may be; the note says why."""
        with translate_errors(self.where), self._engine.begin() as connection:
            columns = schema.findings.c
            device = connection.execute(select(columns.device).where(columns.run == run, columns.id == finding)).first()
            if device is None:
                raise CorrectionRefused("There is no such finding.")
            return self._say(connection, by, kind="accept", run=run, finding=finding, device=device[0], note=text(note))

    def undo(self, number: int, *, by: str) -> None:
        """Take back what was said; what was said of the same before that counts again."""
        columns = schema.corrections.c
        values = {"undone_by": line(by, NAME, "A name"), "undone_at": self._now()}
        with translate_errors(self.where), self._engine.begin() as connection:
            change = update(schema.corrections).where(columns.id == number, columns.undone_at.is_(None)).values(values)
            if not connection.execute(change).rowcount:
                raise CorrectionRefused("There is nothing to undo under this number.")

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Corrections:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)

    def _device(self, device: str, by: str, **what: Any) -> int:
        with translate_errors(self.where), self._engine.begin() as connection:
            return self._say(connection, by, device=device, known=(device,), **what)

    def _say(self, connection: Connection, by: str, *, known: tuple[str, ...] = (), **what: Any) -> int:
        columns = schema.corrections.c
        for device in known:
            if (
                connection.execute(select(schema.devices.c.id).where(schema.devices.c.id == device).limit(1)).first()
                is None
            ):
                raise CorrectionRefused("There is no such device.")
        if (connection.execute(select(func.count()).select_from(schema.corrections)).scalar() or 0) >= MOST:
            raise CorrectionRefused("The store holds too many corrections.")
        row = {**what, "by": line(by, NAME, "A name"), "at": self._now()}
        return int(connection.execute(insert(schema.corrections).values(row).returning(columns.id)).scalar_one())


def standing(connection: Connection, *, everything: bool = False) -> list[Correction]:
    """The corrections that are not undone (``everything``: those, too), as they were said."""
    columns = schema.corrections.c
    query = select(schema.corrections).order_by(columns.id)
    if not everything:
        query = query.where(columns.undone_at.is_(None))
    rows = (dict(row) for row in connection.execute(query).mappings())
    return [Correction(number=row.pop("id"), **row) for row in rows]


def line(given: str, most: int, what: str) -> str:
    """A text of one line without what a screen would not show or would turn round; Refused where nothing is left or it
    is too long."""
    cleaned = "".join(
        c for c in unicodedata.normalize("NFC", given) if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029"
    ).strip()
    if not cleaned:
        raise CorrectionRefused(f"{what} cannot be empty.")
    if len(cleaned) > most:
        raise CorrectionRefused(f"{what} can have {most} characters.")
    return cleaned


def text(given: str) -> str | None:
    """A note; None where it is empty. Its lines become one."""
    return line(" ".join(given.split()), NOTE, "A note") if given.strip() else None
