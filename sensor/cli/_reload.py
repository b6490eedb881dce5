"""SIGHUP for `watch`: configuration read again, records opened anew; the store at the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sensor.cli._config import alerts_of, corrections_source, read_again, retention_of, settings
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.live.orders import OrderDesk
    from sensor.live.outputs import AlarmOutput, JsonOutput
    from sensor.live.record_file import RecordFile
    from sensor.store.location import StoreLocation
    from sensor.store.recorder import Recorder
    from sensor.store.types import SensorIdentity

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Reload:
    """What SIGHUP does to a live run that has no terminal."""

    store: str | None
    recorder: Recorder | None
    json: JsonOutput | None
    alarms: AlarmOutput
    say: Callable[[str], None]

    def __call__(self) -> None:
        """Take over what can be taken over while it runs; the old holds where the new cannot be used."""
        if self.json is not None:
            try:
                self.json.reopen()
            except OSError as error:
                self.say(f"the file of --json cannot be opened anew: {error_reason(error, 'refused')}")
        try:
            if not read_again():
                return
            alerts = _alerts(self.store, self.recorder)
        except (click.ClickException, OSError, ValueError) as error:
            text = error.format_message() if isinstance(error, click.ClickException) else str(error)
            self.say(f"{text}; the configuration that was read before goes on")
            return
        before, self.alarms.alerts = self.alarms.alerts, alerts
        if before is not None:
            before.close()
        if self.recorder is not None:
            self.recorder.retain(_retain(self.recorder.where))
        self.say("the configuration was read again: alerts and retention are as it says; the rest needs a restart")


def alarm_output(store: str | None, recorder: Recorder | None, name: str, stack: ExitStack) -> AlarmOutput:
    """Alerts, where the configuration names a channel for them. They end with ``stack``."""
    from sensor.live.outputs import AlarmOutput
    from sensor.store.provenance import tool

    made = AlarmOutput(_alerts(store, recorder), name, tool())
    stack.callback(lambda: made.alerts.close() if made.alerts is not None else None)
    return made


def _alerts(store: str | None, recorder: Recorder | None) -> Any:
    from sensor.replay import complain
    from sensor.store.location import store_location

    if not settings().alerts.anywhere:
        return None
    corrections = None
    if recorder is not None and store is not None:
        corrections = corrections_source(recorder, store_location(store))
    return alerts_of(settings(), corrections, complain)


def recorder_of(where: StoreLocation, capture: str, desk: OrderDesk | None) -> Recorder:
    """The store of a live run of ``capture``; with a database server orders, and a queue on this disk for outages."""
    from sensor import config
    from sensor.live.outputs import store_sentence
    from sensor.replay import complain
    from sensor.store.outage_queue import OutageQueue, QueueLimits, queue_path
    from sensor.store.recorder import Recorder

    path = queue_path(where, config.load().state, capture)
    store = settings().store
    limits = QueueLimits(store.outage_hours, store.outage_mb * MEGABYTE)
    return Recorder(
        where,
        lambda health: complain(store_sentence(health)),
        retain=_retain(where),
        queue=None if path is None else lambda: OutageQueue(path, limits),
        obey=None if desk is None else desk.look,
    )


def order_desk(where: StoreLocation, identity: SensorIdentity | None) -> OrderDesk | None:
    """Where a hub's orders for this sensor are carried out; a store in a file has none."""
    from sensor import config
    from sensor.live.orders import OrderDesk

    return None if where.path is not None or identity is None else OrderDesk(identity.id, config.load().state)


def _retain(where: StoreLocation) -> Any:
    from sensor import config, removal
    from sensor.replay import complain

    return removal.daily(where, config.load().state, retention_of(settings()), complain)


def record_file(stream: BinaryIO, options: Any) -> RecordFile | None:
    """The file of ``--json``, which may be moved away; None for standard output."""
    from sensor.live.record_file import RecordFile

    if options.json_path in (None, "-"):
        return None
    size = None if options.json_size is None else options.json_size * MEGABYTE
    return RecordFile(Path(options.json_path), stream.fileno(), size)


def never_stored(recorder: Recorder) -> str:
    """What a store that could never be written has cost, as a sentence; "" where it was written."""
    health = recorder.health
    left = health.waiting + health.lost
    if health.written is not None or not left:
        return ""
    journaled = recorder.in_journal()
    place = "beside it" if recorder.where.path is not None else "on this disk"
    where = f"{journaled:,} wait {place} for the next start" if journaled else "none is kept anywhere else"
    return f"{health.message or recorder.where.name}: the store was never written; {left:,} records and counts, {where}"


def at_terminal() -> bool:
    """Whether this program belongs to a terminal: SIGHUP then says that it is gone."""
    return any(map(os.isatty, (0, 1, 2)))
