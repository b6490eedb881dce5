"""A sensor as a row: heard until five minutes went by, not where it was stopped."""

from dataclasses import replace

import pytest

from dashboard.data.sensors import HEARD, is_heard, row_of_sensor, where_in
from sensor.store.fleet_reader import FleetSensor
from sensor.store.types import Sensor
from tests.store.several import HALL

AT = 1_800_000_000
SENSOR = FleetSensor(HALL, "1.0", 0, AT * 10**6, {"r": 1}, Sensor(AT * 10**6, "ok", "", "eth0", 9, 9, 1, None))


def test_it_is_heard_while_it_reports() -> None:
    assert is_heard(SENSOR, AT + HEARD - 1) and not is_heard(SENSOR, AT + HEARD)
    assert SENSOR.health is not None
    stopped = replace(SENSOR, health=replace(SENSOR.health, state="ended"))
    assert not is_heard(stopped, AT)
    row = row_of_sensor(SENSOR, AT + 90)
    assert (row["heard"], row["seconds_ago"], row["lag_seconds"], row["run"]) == (True, 90, None, "r")
    # This machine's clock may be behind the sensor's.
    assert row_of_sensor(SENSOR, AT - 90)["seconds_ago"] == 0


@pytest.mark.parametrize(
    ("narrowed", "fits"),
    [({}, True), ({"site": "Home"}, True), ({"site": "Lab"}, False), ({"sensor": HALL.id, "bench": "3"}, False)],
)
def test_what_a_page_is_narrowed_by(narrowed: dict[str, str], fits: bool) -> None:
    assert where_in(SENSOR, narrowed) is fits
