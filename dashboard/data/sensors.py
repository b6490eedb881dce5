"""Rows of the list of sensors: who each is, whether it is heard, what it lost."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.data.rows import Content
from sensor.catalogue import LANGUAGES
from sensor.model import SensorState
from sensor.store.fleet_reader import FleetSensor
from sensor.store.rows import timestamp
from sensor.wording import sensor_message

NARROW = ("site", "bench", "sensor")
"""What a page over all sensors can be narrowed by: the sensor by its id."""

Narrowed = Mapping[str, str]
"""Values of `NARROW` that are asked for."""

HEARD = 300.0
"""Seconds without a report after which a sensor is not heard; the shipped alert waits as long."""


def where_in(sensor: FleetSensor, narrowed: Narrowed) -> bool:
    """Whether a sensor is among those that are asked for."""
    own = {"site": sensor.identity.site, "bench": sensor.identity.bench, "sensor": sensor.identity.id}
    return all(own[name] == value for name, value in narrowed.items())


def is_heard(sensor: FleetSensor, now: float) -> bool:
    """Whether it reported lately and listens. ``now``: seconds since 1970."""
    ended = sensor.health is not None and sensor.health.state == SensorState.ENDED
    return not ended and now - sensor.heard / 1_000_000 < HEARD


def row_of_sensor(sensor: FleetSensor, now: float, language: str = LANGUAGES[0]) -> Content:
    """A sensor as a row. ``seconds_ago``: since it was heard last, by this machine's clock."""
    health, identity = sensor.health, sensor.identity
    return {
        "id": identity.id,
        "name": identity.name,
        "site": identity.site,
        "bench": identity.bench,
        "interface": identity.interface,
        "version": sensor.version,
        "run": next(iter(sensor.runs), None),
        "heard": is_heard(sensor, now),
        "last_heard": timestamp(sensor.heard),
        "seconds_ago": max(0, int(now - sensor.heard / 1_000_000)),
        "first_heard": timestamp(sensor.first_seen),
        "state": health.state if health is not None else None,
        "message": sensor_message(health.message, health.more, language) if health is not None else "",
        "packets": health.packets if health is not None else None,
        "lost": health.dropped if health is not None else None,
        "last_packet": timestamp(health.last_packet) if health is not None else None,
        "lag_seconds": sensor.lag,
        "days": sensor.days,
        "fingerprint_key": sensor.fingerprint_key,
    }
