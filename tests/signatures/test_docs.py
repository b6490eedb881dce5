"""The documents say what there is."""

from __future__ import annotations

from pathlib import Path

from sensor.devices.signatures.check import counts

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_counts_are_the_shipped_ones() -> None:
    assert (DOCS / "signatures.md").read_text("utf-8").endswith("## How many there are\n" + counts())
