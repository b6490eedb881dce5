"""The bar of a replay: nothing for what is quick, a bar for what takes its time, nothing left of it at the end."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sensor.capture import open_capture
from sensor.export import progress_bar as progress
from sensor.export.progress_bar import ProgressBar
from tests.replaying import PCAPS


@pytest.mark.parametrize("after", [0.0, 3600.0])
def test_a_bar_appears_only_for_what_takes_time(after: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "BAR_AFTER", after)
    out = io.StringIO()
    with (
        open_capture(str(PCAPS / "ntp" / "capture.pcap")) as capture,
        ProgressBar(Console(file=out, force_terminal=True, width=80), capture, "ntp") as bar,
    ):
        for _ in capture:
            bar.update()
        bar.update()
    assert ("ntp" in out.getvalue()) is (after == 0)
