"""Replay of finished captures to records and pages: `lanwitness replay`.

The only place of the replay that touches files, terminals and clocks.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from sensor.capture import Capture, NotACapture, find_captures, open_capture
from sensor.capture.join import Joined
from sensor.catalogue import LANGUAGES
from sensor.cycle_search import end_loading
from sensor.export.disclosed import ledger_records
from sensor.export.jsonlines import JsonLines
from sensor.export.progress import Progress
from sensor.export.records import Summary, flow_record, records
from sensor.files import error_reason
from sensor.light_dataclass import dataclass
from sensor.log import write
from sensor.model import Flow, Status
from sensor.records import Record
from sensor.run import Options, Result, Run
from sensor.vault import Vault
from sensor.wording import in_language

if TYPE_CHECKING:
    from sensor.comparison.runs import RunComparison
    from sensor.export.compared import Baseline
    from sensor.export.rows import Rows
    from sensor.export.transactions import Transactions
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
    language: str = LANGUAGES[0]
    """The language of the sentences in the records."""
    jobs: int = 1
    """Processes that read captures at a time; more than one neither joins nor stores them."""
    cross_check: int = 0
    """Findings of each capture that are held to Wireshark's dissection."""
    summary: Summary = field(default_factory=Summary)
    crashed: bool = False
    """Whether a process that read a capture failed on a bug of this program."""

    def run(self) -> int:
        """Read everything; the exit status."""
        began = time.monotonic()
        lines = JsonLines(self.json, self.json_name) if self.json is not None else None
        runs: list[str] = []
        unread = damaged = 0
        got_worse = False
        judged: set[Status] = set()
        named: set[str] = set()
        for result, troubled in self._results(lines):
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

    def _results(self, lines: JsonLines | None) -> Iterator[tuple[Result | None, int]]:
        if self.join:
            return self._joined(lines)
        return self._in_processes(lines) if self.jobs > 1 else self._apart(lines)

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
            bar = stack.enter_context(self.progress(capture, path))
            run, result = _run(capture, path, self.vault, self.options, flows, sink, bar)
            bar.close()
            self._say_troubles(result, path)
            if self.cross_check:
                self._cross_check(result, path)
            if sink is not None:
                sink.keep(result, run.pipeline.device_of, self.options.facts)
            self._hand_out(result, lines, flows)
            return result

    def _cross_check(self, result: Result, path: str) -> None:
        """Hold findings to Wireshark's dissection, and say where it differs."""
        from sensor.evidence.cross_check import cross_check
        from sensor.evidence.dissect import NoDissector

        try:
            found = cross_check(path, result.findings, self.cross_check)
        except (NoDissector, OSError) as error:
            self.say(f"{path}: no cross-check: {error}")
            return
        result.cross_check = found.record()
        for one in found.differ:
            self.say(f"{path}: {one.sentence()}")
        if self.page is not None:
            self.say(f"{path}: {found.sentence()}")

    def _in_processes(self, lines: JsonLines | None) -> Iterator[tuple[Result | None, int]]:
        """As `_apart`, by several processes at a time; what one of them dies of costs the capture that it read."""
        from sensor.replay.workers import Lost, Workers

        end_loading()
        spooled = self.options.flows and lines is not None
        with tempfile.TemporaryDirectory(prefix="lanwitness-") as folder:

            def spool(place: int, mode: str) -> IO[str]:
                return Path(folder, f"{place}.jsonl").open(mode, encoding="utf-8", errors="backslashreplace")

            def read_apart(place: int, path: str) -> Result | Lost:
                with ExitStack() as stack:
                    try:
                        capture = stack.enter_context(open_capture(path))
                    except NotACapture as error:
                        return Lost(str(error))
                    except OSError as error:
                        return Lost(error_reason(error, "cannot be read"))
                    flows = stack.enter_context(spool(place, "w")) if spooled else None
                    return _run(capture, path, self.vault, self.options, flows, None, Progress())[1]

            for place, path, answer in Workers(self.jobs, read_apart).answers(self._captures()):
                if isinstance(answer, Lost):
                    self.say(f"{path}: {answer.reason}")
                    self.crashed |= answer.bug
                    yield None, 1
                    continue
                self._say_troubles(answer, path)
                with ExitStack() as stack:
                    flows = stack.enter_context(spool(place, "r")) if spooled else None
                    self._hand_out(answer, lines, flows)
                Path(folder, f"{place}.jsonl").unlink(missing_ok=True)
                yield answer, 0

    def _say_troubles(self, result: Result, path: str) -> None:
        """Sentences on what could not be read of a capture."""
        damages = [(part.path, part.damage) for part in result.parts] or [(path, result.damage)]
        for name, damage in damages if result.damage else ():
            if damage:
                self.say(f"{name}: {damage}")
        for reason, packets in result.undecoded.items():
            log.info("%s: not read: %s (%d packets)", path, reason, packets)

    def _hand_out(self, result: Result, lines: JsonLines | None, flows: IO[str] | None) -> None:
        """The records of a run, to whoever takes them."""
        if self.rows is not None:
            for record in self._records(result):
                self.rows.add(record)
        if lines is not None:
            self._write(lines, result, flows)

    def _records(self, result: Result) -> Iterator[Record]:
        for record in chain(records(result), ledger_records(result)):
            yield in_language({**record}, self.language)

    def _write(self, lines: JsonLines, result: Result, flows: IO[str] | None) -> None:
        for record in self._records(result):
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
        from sensor.export.compared import comparison_record

        found = baseline.compare(result, self.language)
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
        if self.crashed:
            return BUG
        if not runs or (self.store is not None and self.store.failed):
            return UNUSABLE
        order = list(Status)
        if self.fail_on is not None and any(order.index(status) <= order.index(self.fail_on) for status in judged):
            return FAILED_ON
        if self.fail_on_new and got_worse:
            return FAILED_ON
        return DAMAGED if troubled else DONE


def _run(
    capture: Capture | Joined,
    path: str,
    vault: Vault,
    options: Options,
    flows: IO[str] | None,
    sink: StoreSink | None,
    bar: Progress,
    transactions: Transactions | None = None,
) -> tuple[Run, Result]:
    """Read a capture to its end; flow records go to ``flows``, packets to ``sink``."""
    listeners: list[Callable[[Flow], None]] = [_spool(flows, lambda: run)] if flows is not None else []
    if sink is not None:
        listeners.append(sink.traffic.flow_ended)
    run = Run(vault, options, _all(listeners))
    end_loading()
    if transactions is not None:
        run.pipeline.listeners.record(transactions.EVENTS, transactions.observe)
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
    return run, run.finish(path, capture.link_types, damage, parts, capture.dropped)


def read(
    path: str,
    vault: Vault,
    options: Options,
    flows: IO[str] | None = None,
    transactions: Transactions | None = None,
) -> Result | str:
    """One capture, quietly; a sentence where it cannot be read. ``flows`` takes its flows as lines of JSON."""
    try:
        with open_capture(path) as capture:
            run, result = _run(capture, path, vault, options, flows, None, Progress(), transactions)
    except NotACapture as error:
        return f"{path}: {error}"
    except OSError as error:
        return f"{path}: {error_reason(error, 'cannot be read')}"
    if transactions is not None:
        transactions.finish(result.id, run.pipeline.device_of)
    return result


def read_records(
    path: str, vault: Vault, options: Options, transactions: Transactions | None = None
) -> list[Record] | str:
    """All records of one capture but the summary, with its flows where ``options`` has them; or a sentence."""
    flows = io.StringIO()
    result = read(path, vault, options, flows if options.flows else None, transactions)
    if isinstance(result, str):
        return result
    found: list[Record] = [*records(result), *({**one} for one in ledger_records(result))]
    return found + [{"record": "flow", "run": result.id, **json.loads(line)} for line in flows.getvalue().splitlines()]


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
    """A warning for the user, on standard error."""
    write(sentence)
