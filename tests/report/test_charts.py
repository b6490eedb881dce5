"""Charts: proportional to the bytes, within their box, equal to the table beside them."""

from __future__ import annotations

import itertools

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


def test_parts_of_a_bar_stand_one_after_the_other() -> None:
    made = by_party([cell(1, 10, "encrypted"), cell(1, 20, "cleartext"), cell(1, 30, "unknown")])
    assert made is not None
    ends = sorted((one.x, one.x + one.width) for one in made.rects)
    assert len(ends) == 3 and all(end == pytest.approx(start) for (_, end), (start, _) in itertools.pairwise(ends))
    assert made.ticks[0][0] == pytest.approx(ends[-1][1] + 6)


def test_columns_of_hours_have_their_labels_apart() -> None:
    """One column has its label, many only as many as there is room for, the first one among them."""
    for hours, labels in ((1, 1), (2, 2), (COLUMNS, None)):
        made = over_time([cell(hour, 10) for hour in range(hours)])
        assert made is not None and made.step == 1 and len(made.rows) == hours
        places = [tick[0] for tick in made.ticks]
        assert labels is None or len(places) == labels
        assert places[0] == 1 and all(b - a >= 79 for a, b in itertools.pairwise(places))
    wider = over_time([cell(hour, 10) for hour in range(COLUMNS + 1)])
    assert wider is not None and wider.step > 1


def test_bytes_that_are_none_make_no_column_too_high() -> None:
    made = over_time([cell(1, 0)])
    assert made is not None and made.rects == []
