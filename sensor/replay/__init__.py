"""Replay of finished captures to records and pages: `lanwitness replay`.

The only place of the replay that touches files, terminals and clocks.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from sensor.capture import Capture, NotACapture, find_captures, open_capture
from sensor.capture.join import Joined
from sensor.comparison.runs import RunComparison
from sensor.export.compared import Baseline, comparison_record
from sensor.export.disclosed import ledger_records
from sensor.export.jsonlines import JsonLines
from sensor.export.progress import Progress
from sensor.export.records import Summary, flow_record, records
from sensor.export.rows import Rows
from sensor.files import error_reason
from sensor.model import Flow, Status
from sensor.run import Options, Result, Run
from sensor.vault import Vault

if TYPE_CHECKING:
    from sensor.replay.storing import RunStore, StoreSink

log = logging.getLogger(__name__)

DONE, DAMAGED, UNUSABLE, FAILED_ON, BUG = 0, 1, 2, 3, 70
"""Exit statuses (docs/output.md)."""

SPOOLED = 8 * 1024 * 1024
"""Bytes of flow records kept in memory until the run has its name; more goes to a temporary file."""


@dataclass(slots=True)
class Replay:
    """What was asked: captures and folders, where JSON goes, and how to tell the user. ``page`` prints a result for
    people."""

    paths: Iterable[str]
    vault: Vault
    options: Options
    json: BinaryIO | None
    json_name: str
    page: Callable[[Result], None] | None
    say: Callable[[str], None]
    progress: Callable[[Capture | Joined, str], Progress]
    fail_on: Status | None = None
    store: RunStore | None = None
    join: bool = False
    """Read all captures as one, in time order."""
    baseline: Baseline | None = None
    """An earlier replay that each run is compared with."""
    show_comparison: Callable[[RunComparison, str], None] | None = None
    fail_on_new: bool = False
    """Whether what is new or worse than the baseline makes the replay fail."""
    rows: Rows | None = None
    """Takes the records, to write some of them as rows at the end."""
    summary: Summary = field(default_factory=Summary)

    def run(self) -> int:
        """Read everything; the exit status."""
        began = time.monotonic()
        lines = JsonLines(self.json, self.json_name) if self.json is not None else None
        runs: list[str] = []
        unread = damaged = 0
        got_worse = False
        judged: set[Status] = set()
        named: set[str] = set()
        for result, troubled in self._joined(lines) if self.join else self._apart(lines):
            unread += troubled
            if result is None:
                continue
            runs.append(result.id)
            judged |= {verdict.status for judgement in result.judged.values() for verdict in judgement.verdicts}
            named |= result.devices_with_facts
            self.summary.add(result)
            damaged += (
                sum(part.damage is not None for part in result.parts) if result.parts else result.damage is not None
            )
            if self.page is not None:
                self.page(result)
            if self.baseline is not None:
                got_worse |= self._compare(self.baseline, result, lines)
        if lines is not None and runs:
            lines.write(self.summary.record(time.monotonic() - began, runs))
            lines.flush()
        if self.rows is not None and runs:
            self.rows.write()
            if self.rows.left_out:
                self.say(f"no room for {', '.join(self.rows.left_out)}; --fields or --format csv shows them")
        if runs and self.options.facts is not None:
            for name in sorted(set(self.options.facts.devices) - named):
                self.say(f"--facts tells of {name}, which is in none of the captures")
        return self._status(runs, unread + damaged, judged, got_worse=got_worse)

    def _captures(self) -> Iterator[str]:
        for path in self.paths:
            if path != "-" and Path(path).is_dir():
                found = find_captures(path)
                if not found:
                    self.say(f"{path}: no capture in this folder")
                yield from found
            else:
                yield path

    def _apart(self, lines: JsonLines | None) -> Iterator[tuple[Result | None, int]]:
        """Each capture as a run of its own, or None and 1 (and a sentence) where it cannot be read at all."""
        for path in self._captures():
            try:
                sink = self._store_sink()
                capture = sink.open(path) if sink is not None else open_capture(path)
            except NotACapture as error:
                self.say(f"{path}: {error}")
                yield None, 1
            except OSError as error:
                self.say(f"{path}: {error_reason(error, 'cannot be read')}")
                yield None, 1
            else:
                yield self._read(capture, path, lines, sink), 0

    def _joined(self, lines: JsonLines | None) -> Iterator[tuple[Result | None, int]]:
        """All captures as one run, and how many could not be read at all."""
        paths: dict[str, str] = {}
        for path in self._captures():
            real = path if path == "-" else os.path.realpath(path)
            if real in paths:
                self.say(f"{path}: the same file was named before; it is read once")
            else:
                paths[real] = path
        sink = self._store_sink()
        opener = sink.open if sink is not None else open_capture
        capture = Joined(list(paths.values()), opener, self.say, sink.ended if sink is not None else lambda _path: None)
        if not capture.parts:
            yield None, capture.unread
            return
        first, others = capture.parts[0].path, len(capture.parts) - 1
        result = self._read(capture, f"{first} and {others} more" if others else first, lines, sink)
        yield result, capture.unread

    def _store_sink(self) -> StoreSink | None:
        return self.store.begin(self.vault) if self.store is not None else None

    def _read(self, capture: Capture | Joined, path: str, lines: JsonLines | None, sink: StoreSink | None) -> Result:
        """A capture, or several as one, into a run."""
        with ExitStack() as stack:
            stack.callback(capture.close)
            flows: IO[str] | None = None
            if self.options.flows and lines is not None:
                flows = stack.enter_context(
                    tempfile.SpooledTemporaryFile(SPOOLED, "w+", encoding="utf-8", errors="backslashreplace")
                )
            listeners: list[Callable[[Flow], None]] = [_spool(flows, lambda: run)] if flows is not None else []
            if sink is not None:
                listeners.append(sink.traffic.flow_ended)
            run = Run(self.vault, self.options, _all(listeners))
            bar = stack.enter_context(self.progress(capture, path))
            parts = capture.parts if isinstance(capture, Joined) else []
            damage: str | None = None
            try:
                for block in capture:
                    run.feed(block)
                    if sink is not None:
                        sink.feed(block, run.frames, parts)
                    bar.update()
            except OSError as error:
                damage = f"reading failed: {error_reason(error, 'unknown error')}; what came before it was read"
            damage = capture.damage or damage
            result = run.finish(path, capture.link_types, damage, parts, capture.dropped)
            bar.close()
            for sentence in (
                [f"{part.path}: {part.damage}" for part in parts if part.damage] if parts else [f"{path}: {damage}"]
            ):
                if damage:
                    self.say(sentence)
            for reason, packets in result.undecoded.items():
                log.info("%s: not read: %s (%d packets)", path, reason, packets)
            if sink is not None:
                sink.keep(result, run.pipeline.device_of, self.options.facts)
            if self.rows is not None:
                for record in chain(records(result), ledger_records(result)):
                    self.rows.add(record)
            if lines is not None:
                self._write(lines, result, flows)
            return result

    def _write(self, lines: JsonLines, result: Result, flows: IO[str] | None) -> None:
        for record in chain(records(result), ledger_records(result)):
            self.summary.count(record)
            lines.write(record)
        if flows is not None:
            flows.seek(0)
            for line in flows:
                record = {"record": "flow", "run": result.id, **json.loads(line)}
                self.summary.count(record)
                lines.write(record)
        lines.flush()

    def _compare(self, baseline: Baseline, result: Result, lines: JsonLines | None) -> bool:
        """Set a run against the earlier one; whether something got worse."""
        found = baseline.compare(result)
        if self.show_comparison is not None:
            self.show_comparison(found, baseline.name)
        if lines is not None:
            record = comparison_record(result, baseline, found)
            self.summary.count(record)
            lines.write(record)
        return found.got_worse

    def _status(self, runs: list[str], troubled: int, judged: set[Status], *, got_worse: bool) -> int:
        if self.summary.failures:
            self.say(
                f"{self.summary.failures} parser failures: bugs of this program, each cost one flow; please report them"
            )
            return BUG
        if not runs or (self.store is not None and self.store.failed):
            return UNUSABLE
        order = list(Status)
        if self.fail_on is not None and any(order.index(status) <= order.index(self.fail_on) for status in judged):
            return FAILED_ON
        if self.fail_on_new and got_worse:
            return FAILED_ON
        return DAMAGED if troubled else DONE


def read(path: str, vault: Vault, options: Options) -> Result | str:
    """One capture, quietly; a sentence where it cannot be read."""
    try:
        with open_capture(path) as capture:
            run = Run(vault, options)
            for block in capture:
                run.feed(block)
            return run.finish(path, capture.link_types, capture.damage, dropped=capture.dropped)
    except NotACapture as error:
        return f"{path}: {error}"
    except OSError as error:
        return f"{path}: {error_reason(error, 'cannot be read')}"


def _all(listeners: list[Callable[[Flow], None]]) -> Callable[[Flow], None] | None:
    """One for all of them; None for none, which is quickest."""
    if len(listeners) < 2:
        return listeners[0] if listeners else None

    def notify_all(flow: Flow) -> None:
        for listener in listeners:
            listener(flow)

    return notify_all


def _spool(spool: IO[str], run: Callable[[], Run]) -> Callable[[Flow], None]:
    """A flow's record without its run, which has no name before the capture's end."""

    def write(flow: Flow) -> None:
        pipeline = run().pipeline
        device = pipeline.device_of(flow.client) or pipeline.device_of(flow.server)
        record = flow_record("", flow, device)
        del record["record"], record["run"]
        spool.write(json.dumps(record, ensure_ascii=False) + "\n")

    return write


def complain(sentence: str) -> None:
    """A sentence on standard error, with what a terminal could take for a command made harmless."""
    print("lanwitness: " + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in sentence), file=sys.stderr)  # noqa: T201
