"""Captures and labels made by others (IoT SENTINEL): one of each kind of device in CI, all of them nightly.

Skips where they are not at hand.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sensor.devices.device import Device
from sensor.records import claimed
from tests.replaying import SHARED, read

LABELS = SHARED / "truth" / "devices.csv"
CAPTURES = SHARED / "captures" / "devices"
SAME = {
    "smart plug": "plug",
    "outlet": "plug",
    "gateway": "hub",
    "bridge": "hub",
    "lighting hub": "hub",
    "ip camera": "camera",
    "cube": "hub",
}

pytestmark = pytest.mark.skipif(not LABELS.is_file(), reason="the shared captures are not here")


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def right(field: str, said: str, wanted: list[str]) -> bool:
    if field == "category":
        return said in {SAME.get(word, word).replace(" ", "_") for word in wanted}
    return any(plain(word) in plain(said) or plain(said) in plain(word) for word in wanted)


def tally(captures: list[Path], rows: list[dict[str, str]]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    devices: dict[Path, dict[str, Device]] = {
        path: {device.id: device for device in read(path).devices} for path in captures
    }
    for row in rows:
        device = devices[CAPTURES / row["capture"]].get(row["mac"])
        for field in ("vendor", "category", "model"):
            wanted = [
                word
                for word in (row[field] + (";" + row["vendor_aliases"] if field == "vendor" else "")).split(";")
                if word
            ]
            said = claimed(getattr(device, field)) if device else None
            verdict = "silent" if said is None else "right" if right(field, said, wanted) else "wrong"
            if field in row["on_wire"]:
                found[field, verdict] += 1
            elif verdict == "wrong":
                found["unseen", verdict] += 1
    return found


def check_errors(found: Counter[tuple[str, str]]) -> None:
    assert found["unseen", "wrong"] == 0
    for field, least in (("vendor", 0.95), ("category", 0.9), ("model", 0.6)):
        shown = sum(count for (name, _), count in found.items() if name == field)
        assert found[field, "right"] >= least * shown, found
        assert found[field, "wrong"] <= 0.02 * shown, found


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(LABELS.read_text("utf-8").splitlines()))


def test_one_of_each_kind() -> None:
    by_folder: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows():
        by_folder[row["capture"].split("/")[0]].append(row)
    chosen = [found[len(found) // 2] for found in by_folder.values()]
    check_errors(tally([CAPTURES / row["capture"] for row in chosen], chosen))


@pytest.mark.nightly
def test_all_of_them() -> None:
    found = rows()
    check_errors(tally(sorted({CAPTURES / row["capture"] for row in found}), found))
