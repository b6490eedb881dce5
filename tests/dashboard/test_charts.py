"""Small charts and icons: geometry that fits its box, an icon for each category."""

import re
from xml.etree import ElementTree

import pytest

from dashboard.charts import SPARK, charts, icon_of, icons, spark
from sensor.devices.device import CATEGORIES
from sensor.model import Capability


def test_a_sparkline_stays_in_its_box_and_is_as_high_as_its_highest() -> None:
    path = spark([0, 5, 100, 0, 25])
    numbers = [float(number) for number in re.findall(r"[VH]([\d.]+)", path)]
    assert path.startswith("M0 22") and path.endswith("Z")
    assert max(float(x) for x in re.findall(r"H([\d.]+)", path)) == SPARK[0]
    assert min(float(y) for y in re.findall(r"V([\d.]+)", path)) == 1.0 and min(numbers) >= 0
    # Half the height for a quarter of the bytes.
    assert re.findall(r"V([\d.]+)", path)[4] == "11.5"


@pytest.mark.parametrize("amounts", [[], [0, 0, 0]])
def test_nothing_is_drawn_of_nothing(amounts: list[int]) -> None:
    assert spark(amounts) == ""


def test_every_category_and_capability_has_an_icon() -> None:
    assert {*CATEGORIES, *(f"c_{one.value}" for one in Capability), "unknown"} == icons()
    assert icon_of("camera") == "camera" and icon_of(None) == icon_of('"><script>') == "unknown"


def test_the_sprite_is_shapes_and_nothing_else() -> None:
    from importlib.resources import files

    root = ElementTree.fromstring(files("dashboard").joinpath("static", "icons.svg").read_text("utf-8"))
    assert {element.tag.partition("}")[2] for element in root.iter()} == {"svg", "symbol", "path", "circle", "rect"}


def test_charts_of_a_device() -> None:
    cell = {"device": "d", "hour": 5, "protection": "encrypted", "party": "", "bytes": 7}
    over, recent, parties = charts({"all": [cell], "recent": [], "parties": [{**cell, "party": "vendor"}]})
    assert over is not None and over.highest == 7 and recent is None and parties is not None
    assert parties.rows[0][0] == "vendor"
