"""Charts: proportional to the bytes, within their box, equal to the table beside them."""

from __future__ import annotations

import pytest

from sensor.report.charts import COLUMNS, HEIGHT, WIDTH, by_party, hour_text, over_time, totals
from sensor.store.types import TrafficCell

DAY = 24


def cell(hour: int, amount: int, protection: str = "encrypted", party: str = "vendor") -> TrafficCell:
    return TrafficCell("cam", hour, protection, party, amount)


def test_heights_are_bytes() -> None:
    chart = over_time([cell(10, 300), cell(10, 100, "cleartext"), cell(11, 200)])
    assert chart is not None and chart.step == 1 and chart.highest == 400
    assert [(r.kind, r.height) for r in chart.rects] == [
        ("encrypted", HEIGHT * 3 / 4),
        ("cleartext", HEIGHT / 4),
        ("encrypted", HEIGHT / 2),
    ]
    # The upper one stands on the lower one.
    assert chart.rects[1].y + chart.rects[1].height == pytest.approx(chart.rects[0].y)


@pytest.mark.parametrize("span", [1, 5, COLUMNS, COLUMNS + 1, 40 * DAY, 4000 * DAY, 24 * 366 * 5000])
def test_any_span_fits_and_no_byte_is_lost(span: int) -> None:
    cells = [cell(100, 5), cell(100 + span - 1, 7, "unknown")] + [cell(100 + span // 2, 1, "cleartext")]
    chart = over_time(cells)
    assert chart is not None
    assert all(
        r.x >= 0 and r.x + r.width <= WIDTH and r.y >= 0 and r.y + r.height <= HEIGHT + 1e-6 for r in chart.rects
    )
    assert totals(chart.rows) == {"encrypted": 5, "unknown": 7, "cleartext": 1}


def test_parties_in_their_order() -> None:
    chart = by_party([cell(1, 10, party=""), cell(1, 40, party="tracker"), cell(2, 20, "cleartext", "local")])
    assert chart is not None and [label for label, _ in chart.rows] == ["local", "tracker", ""]
    widths = {r.y: r.width for r in chart.rects}
    assert sorted(widths.values())[0] * 4 == pytest.approx(sorted(widths.values())[2])
    assert all(r.x + r.width <= WIDTH for r in chart.rects)


def test_nothing_is_no_chart() -> None:
    assert over_time([]) is None and by_party([]) is None


def test_hours_as_text() -> None:
    assert (hour_text(0), hour_text(25), hour_text(48, 24)) == ("1970-01-01 00:00", "1970-01-02 01:00", "1970-01-03")
    assert hour_text(10**15) == "?"
