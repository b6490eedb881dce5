"""Small charts and icons: geometry that fits its box, an icon for each category."""

from xml.etree import ElementTree

import pytest

from dashboard.charts import STRIP, charts, icon_of, icons, strip
from sensor.devices.device import CATEGORIES
from sensor.model import Capability


def test_a_strip_is_filled_by_its_parts_in_one_order() -> None:
    parts = strip({"unknown": 25, "encrypted": 50, "cleartext": 25})
    assert parts == [("encrypted", 0.0, 50.0), ("cleartext", 50.0, 25.0), ("unknown", 75.0, 25.0)]
    assert strip({"encrypted": 3, "cleartext": 0}) == [("encrypted", 0.0, float(STRIP))]


@pytest.mark.parametrize("amounts", [{}, {"encrypted": 0, "unknown": 0}])
def test_nothing_is_drawn_of_nothing(amounts: dict[str, int]) -> None:
    assert strip(amounts) == []


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
