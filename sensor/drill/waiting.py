"""Waiting for a sensor's report of a drill, in a store that it writes or a capture of the mirror."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from sensor.drill.hearing import RULES, PartResult, heard
from sensor.drill.set_piece import SetPiece
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.records import Record
    from sensor.store.location import StoreLocation
    from sensor.store.reader import StoreReader
    from sensor.store.types import Sensor
    from sensor.vault import Vault

EVERY = 0.5
"""Seconds between two looks."""

BLOCKS = 16
"""Blocks of a capture in which VLAN tags are looked for: up to 131,072 packets, some 0.1 s."""

ETHERNET = 1

PAGES, SIZE = 5, 200
"""Pages of the newest findings that are looked at, and findings of a page: a busy home brings no thousand meanwhile."""


@dataclass(frozen=True, slots=True)
class SensorReport:
    """What is known now: records of findings, a sentence on how the sensor does ("" for none), and the VLANs whose
    tagged packets it hears."""

    records: list[Record]
    sentence: str = ""
    vlans: tuple[int, ...] = ()


def wait_for(
    piece: SetPiece,
    look: Callable[[], SensorReport],
    seconds: float,
    *,
    steady: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[PartResult], str]:
    """The results as soon as all is well, else after ``seconds``; and the sensor's sentence."""
    until = steady() + seconds
    while True:
        report = look()
        results = heard(piece, report.records, report.vlans)
        if all(one.well for one in results) or steady() >= until:
            return results, report.sentence
        sleep(EVERY)


def of_store(where: StoreLocation) -> SensorReport:
    """The newest findings of the run that was changed last. Raises StoreFailed."""
    from sensor.store.reader import StoreReader

    with StoreReader(where) as reader:
        run = reader.run()
        if run is None:
            return SensorReport([], "the store has no run yet: does the sensor run?")
        sensor = reader.sensor(run.id)
        sentence = "its newest run is a finished capture: does the sensor run?" if sensor is None else sensor.message
        return SensorReport(list(_newest(reader, run.id)), sentence, _vlans(sensor))


def _vlans(sensor: Sensor | None) -> tuple[int, ...]:
    sources = sensor.more.get("sources", []) if sensor is not None else []
    return tuple(sorted({vlan for one in sources for vlan in one.get("vlans", [])}))


def listens_to(where: StoreLocation) -> frozenset[str]:
    """The interfaces of the sensor that writes the store; none where it cannot be known. Raises StoreFailed."""
    from sensor.store.reader import StoreReader

    with StoreReader(where) as reader:
        run = reader.run()
        sensor = None if run is None else reader.sensor(run.id)
        return frozenset() if sensor is None else frozenset(sensor.source.split(", "))


def of_capture(path: str, vault: Vault) -> SensorReport:
    """The findings of a capture, which may still be written to."""
    from sensor.export.records import records
    from sensor.replay import read
    from sensor.run import Options

    result = read(path, vault, Options())
    if isinstance(result, str):
        return SensorReport([], result)
    return SensorReport(list(records(result)), vlans=_tagged(path))


def _tagged(path: str) -> tuple[int, ...]:
    """The VLANs of a capture's first packets (IEEE 802.1Q: 0 is a priority alone, 4095 is reserved)."""
    from sensor.capture import NotACapture, open_capture
    from sensor.evidence.frame_layout import VLANS

    tags = set()
    try:
        with open_capture(path) as capture:
            for block in islice(capture, BLOCKS):
                data, table = block.data, block.table
                for row in range(0, 5 * block.count, 5):
                    at, captured, link = table[row], table[row + 1], table[row + 4]
                    if link == ETHERNET and captured >= 18 and int.from_bytes(data[at + 12 : at + 14], "big") in VLANS:
                        tags.add(int.from_bytes(data[at + 14 : at + 16], "big") & 0x0FFF)
    except (OSError, NotACapture):
        return ()
    return tuple(sorted(tags - {0, 0x0FFF}))


def _newest(reader: StoreReader, run: str) -> Iterator[Record]:
    from sensor.store.finding_queries import FindingQuery

    for number in range(1, PAGES + 1):
        page = reader.findings(run, FindingQuery(rule=RULES), order="newest", page=number, size=SIZE)
        yield from page.findings
        if number >= page.pages:
            return
