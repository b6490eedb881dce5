"""dpkt as oracle: what it reads in every well-formed packet of the captures at hand, the pass reads too, and nothing
else.

The captures are this repository's own and, where present, a folder of others' (LANWITNESS_SHARED, else ../shared). A
sample by a fixed stride runs always, everything with `-m nightly`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sensor.capture import find_captures
from sensor.decode import engine
from sensor.selfcheck.second_decoder import compare
from tests.decode.wire import MODES

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LANWITNESS_SHARED") or ROOT.parent / "shared")
STRIDE = 12

OWN = find_captures(str(ROOT / "pcaps"))
ALL = OWN + find_captures(str(SHARED / "captures"))
SAMPLE = OWN + ALL[len(OWN) :: STRIDE]


def differences(path: str, module: Any, most: int | None) -> tuple[int, list[str]]:
    """Packets that were compared, and what differs."""
    engine = module.Engine(local=[], ethertypes=set(), ip_protocols=set(), duplicate_cache=False)
    found = compare(path, most, engine)
    return found.packets - found.skipped, [layer.sentence() for layer in found.layers.values() if layer.differed]


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: Path(path).parent.name + "/" + Path(path).name)
def test_the_pass_reads_what_dpkt_reads(path: str) -> None:
    assert differences(path, engine, 3000)[1] == []


@pytest.mark.nightly
@pytest.mark.parametrize("mode", MODES)
def test_the_pass_reads_what_dpkt_reads_in_everything(mode: str) -> None:
    found = {path: differences(path, MODES[mode], None)[1] for path in ALL}
    assert {path: sentences for path, sentences in found.items() if sentences} == {}


def test_the_sample_has_packets_to_compare() -> None:
    """An oracle that skips everything would agree with anything."""
    assert sum(differences(path, engine, 1000)[0] for path in OWN) > 1000
