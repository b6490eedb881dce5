"""The earlier part of a live run: what the same sensor on the same source left in the store."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._config import settings
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.live.saved_state import SavedState
    from sensor.live.streams import PacketStream
    from sensor.run_state import RunState
    from sensor.store.location import StoreLocation
    from sensor.store.types import SensorIdentity, StateKey, StoredState

PATIENCE = (1.0, 2.0, 5.0)
"""Seconds between the looks at a database that does not answer yet, before a new run is begun."""


@dataclass(frozen=True, slots=True)
class EarlierPart:
    """``run`` and ``state``: what goes on; both None where a run begins. ``saved`` takes what it goes on with later,
    ``identity`` is the sensor's: None without a store. ``local``: a copy on this disk of what is saved, for a store
    that is on a server."""

    run: str | None = None
    state: RunState | None = None
    saved: SavedState | None = None
    identity: SensorIdentity | None = None
    local: Path | None = None
    parts: Mapping[StateKey, str] = field(default_factory=dict)
    """What is in the store, or in that copy."""


def earlier_part(where: StoreLocation, capture: str, streams: list[PacketStream]) -> EarlierPart:
    """What a run of ``capture`` (how the run names its sources) goes on with."""
    from sensor import config
    from sensor.live.local_state import local_path
    from sensor.live.saved_state import SavedState, read_state

    identity = _identity(capture)
    local = local_path(where, config.load().state, capture)
    stored = _stored(where, identity)
    state = read_state(stored.parts) if stored is not None else None
    if stored is None or state is None or _is_another(streams[0], state):
        return EarlierPart(saved=SavedState(), identity=identity, local=local)
    # Of what the copy on this disk says the store may lack the last: everything is written again.
    saved = SavedState(stored.parts if stored.last_packet is not None else None)
    return EarlierPart(stored.run, state, saved, identity, local, stored.parts)


def _identity(capture: str) -> SensorIdentity:
    """Which sensor this is; where that cannot be kept, of this run alone."""
    from sensor import config
    from sensor.identity import identity, load_id
    from sensor.replay import complain

    path = config.load().sensor_file
    try:
        number = load_id(path)
    except OSError as error:
        complain(f"{path}: {error_reason(error, 'cannot be kept')}; after a restart this is another sensor")
        number = str(uuid.uuid4())
    return identity(number, settings().sensor, capture)


def _stored(where: StoreLocation, identity: SensorIdentity) -> StoredState | None:
    """What the store says that it goes on with; while the server is away, what this disk says."""
    from sensor import config
    from sensor.live.local_state import local_path, read_local
    from sensor.store.location import StoreFailed, StoreState
    from sensor.store.reader import StoreReader

    path = local_path(where, config.load().state, identity.interface)
    local = None if path is None else read_local(path)
    for patience in (*PATIENCE, None):
        try:
            with StoreReader(where) as reader:
                return _with_waiting(where, identity, reader.live_state(identity.id, identity.interface), local)
        except StoreFailed as error:
            # A database server may come up after the sensor does; anything else its writer reports.
            if error.state is not StoreState.UNREACHABLE:
                break
            if patience is None:
                return local
            time.sleep(patience)
    return None


def _with_waiting(
    where: StoreLocation, identity: SensorIdentity, stored: StoredState | None, local: StoredState | None
) -> StoredState | None:
    """With what an outage of the server kept from it: that is written before anything of this start. ``local``: the run
    as this disk has it, of which all may still wait."""
    from sensor import config
    from sensor.store.outage_queue import queue_path, waiting_state

    path = queue_path(where, config.load().state, identity.interface)
    if path is None:
        return stored
    if local is not None and (stored is None or stored.run != local.run) and waiting_state(path, local.run):
        return local
    if stored is None:
        return None
    parts = {**stored.parts, **waiting_state(path, stored.run)}
    return replace(stored, parts={key: value for key, value in parts.items() if value is not None})


def _is_another(stream: PacketStream, state: RunState) -> bool:
    """Whether a stream is another capture than the one that the run heard (`sensor.live.continuation`)."""
    from sensor.live.continuation import is_another, stations_of
    from sensor.live.streams import StdinStream

    if not isinstance(stream, StdinStream):
        return False
    return is_another(stream.first_packets(stations_of(state)), state)


def watch_alone(where: StoreLocation, streams: list[PacketStream], stack: ExitStack) -> None:
    """Until ``stack`` ends no other `watch` of this sensor listens to one of these for the same store. UsageError."""
    from sensor import config
    from sensor.live.single import AlreadyWatched, lock

    for stream in streams:
        try:
            stack.callback(os.close, lock(config.load().state / "locks", where.argument, stream.name))
        except AlreadyWatched as error:
            raise click.UsageError(str(error)) from None
        except OSError:
            # A state folder that cannot be written is reported where more depends on it.
            return
