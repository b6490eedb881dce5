"""Live runs for tests, in this process: a stream of bytes watched to its end, and what its tellers were told."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sensor.export.records import records
from sensor.live.snapshot import Snapshot
from sensor.live.streams import StdinStream
from sensor.live.watch import LiveRun
from sensor.records import Record
from sensor.run import Options, Result
from sensor.vault import Vault


@dataclass
class Listener:
    """A teller that remembers."""

    moments: list[Snapshot] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def update(self, snapshot: Snapshot) -> None:
        self.moments.append(snapshot)
        self.records += snapshot.delta.records

    @property
    def result(self) -> Result:
        return self.moments[-1].result


def watch(data: bytes, *outputs: Any, options: Options | None = None, **more: Any) -> tuple[int, Listener, list[str]]:
    """Exit status, what was told, sentences."""
    listener, sentences = Listener(), list[str]()
    made = LiveRun(
        streams=[StdinStream("-", cast(Any, io.BytesIO(data)))],
        vault=Vault(bytes(32)),
        options=options or Options(strict=True),
        name="w1",
        capture="-",
        outputs=[listener, *outputs],
        say=sentences.append,
        **more,
    )
    with signals_restored():
        return made.go(), listener, sentences


@contextmanager
def signals_restored() -> Iterator[None]:
    """The test's own handlers stand again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def plain(result: Result) -> list[Record]:
    """A result's records without the names that a live run must give before it has seen the capture: those of the run,
    the findings and the capture."""
    found = list(records(result))
    names = {record["id"]: f"finding {n}" for n, record in enumerate(r for r in found if r["record"] == "finding")}
    return [_renamed(record, names, result.id, result.capture) for record in found]


def _renamed(value: Any, names: dict[str, str], run: str, capture: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(each, names, run, capture) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, names, run, capture) for each in value]
    if isinstance(value, str):
        if value in (run, capture):
            return "-"
        name, _, rest = value.partition(" ")
        return names[name] + (f" {rest}" if rest else "") if name in names else value
    return value


def data_of(path: Path) -> bytes:
    """A capture's bytes."""
    return path.read_bytes()
