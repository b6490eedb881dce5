"""The terminal page of a live run: the sensor's state, the devices, the newest findings."""

from __future__ import annotations

import heapq
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sensor.catalogue import LANGUAGES, number
from sensor.devices.device import Device
from sensor.export.terminal import SEVERITIES, mark_of, name_of, page_texts, size_text, summary_of
from sensor.live.health import message_of
from sensor.live.snapshot import Snapshot
from sensor.model import BLIND, Capability, Finding, Severity, Status
from sensor.needs import texts
from sensor.records import claimed
from sensor.run import Result
from sensor.text import safe
from sensor.wording import in_language

FINDINGS = 8
"""Findings on the page, the newest of those above info."""

LIMITS = 3
"""Sentences on what limits what is seen."""

AROUND = 10 + LIMITS
"""Lines of the page besides devices and findings."""


class Screen:
    """A context: the page stands while it is open, and stays as it was last when it is closed."""

    def __init__(self, console: Console | None = None, *, language: str = LANGUAGES[0]) -> None:
        self._language = language
        self._words = page_texts(language)
        self.console = console or Console(highlight=False, markup=False, emoji=False)
        self._live = Live(console=self.console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, sentence: str) -> None:
        """A sentence above the page."""
        self._live.console.print(Text(safe(sentence, 400), style="yellow"))

    def update(self, snapshot: Snapshot) -> None:
        """Draw it anew."""
        self._live.update(self.page(snapshot), refresh=True)

    def page(self, snapshot: Snapshot) -> RenderableType:
        """The page, no higher than the terminal."""
        result, height = snapshot.result, self.console.size.height
        around = AROUND + len(message_of(snapshot.watched, self._language)) // self.console.width
        findings = newest(result, min(FINDINGS, max(1, (height - around) // 4)))
        rows = max(1, height - around - 2 * len(findings))
        parts: list[RenderableType] = [self._head(snapshot), Text()]
        if result.devices:
            parts += [self._devices(result, rows), Text()]
        live = self._words["live"]
        names = {device.id: name_of(device, self._language) for device in result.devices}
        parts.append(Text(live["found_last" if findings else "nothing_yet"], style="bold" if findings else "dim"))
        for finding in findings:
            who = names.get(finding.device or "") or safe(finding.device or str(finding.server), 40)
            severity = self._words["severity"][finding.severity.name.lower()]
            line = Text.assemble((f"{severity:>8}", SEVERITIES[finding.severity]), "  ", (who, "bold"))
            for text in (line, Text(" " * 10 + safe(summary_of(finding, self._language), 300))):
                text.truncate(self.console.width - 1, overflow="ellipsis")
                parts.append(text)
        return Group(*parts, Text(live["ends"], style="dim"))

    def _head(self, snapshot: Snapshot) -> RenderableType:
        sensor = snapshot.sensor
        blind = sensor.state in BLIND
        live = self._words["live"]
        amount = live["amount_lost" if sensor.dropped else "amount"].format(
            packets=number(sensor.packets, self._language),
            lost=number(sensor.dropped, self._language),
            size=size_text(sensor.bytes, self._language),
        )
        first = Text.assemble((live["listens"].format(source=safe(sensor.source, 60)), "bold"), f"   {amount}")
        first.truncate(self.console.width - 1, overflow="ellipsis")
        status = Text(
            safe(message_of(snapshot.watched, self._language), 400),
            style="bold red" if blind else "green" if sensor.state == "ok" else "yellow",
        )
        caveats = {"record": "capture", "caveats": sensor.more.get("caveats", ())[:LIMITS]}
        shown = in_language(caveats, self._language)["caveats"]
        limits = [Text(safe(one["sentence"], 400), style="yellow") for one in shown]
        for text in limits:
            text.truncate(self.console.width - 1, overflow="ellipsis")
        return Group(first, status, *(text for text in limits if text.plain != status.plain))

    def _devices(self, result: Result, rows: int) -> RenderableType:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        wide = self.console.width >= 100
        columns, capabilities = self._words["column"], self._words["capability"]
        table.add_column(columns["device"], no_wrap=True, overflow="ellipsis", max_width=28 if wide else 18)
        if wide:
            table.add_column(columns["what"], no_wrap=True, overflow="ellipsis", max_width=30)
        for word in capabilities.values():
            table.add_column(word if wide else word[:4], no_wrap=True)
        ranked = sorted(result.devices, key=lambda one: (_worst(result, one), one.id))
        for device in ranked[:rows]:
            judgement = result.judged.get(device.id)
            marks = {one.capability: one.status for one in judgement.verdicts} if judgement is not None else {}
            found = [marks.get(Capability(each)) for each in capabilities]
            cells = [Text("") if each is None else mark_of(each, self._language) for each in found]
            if not wide:
                for cell in cells:
                    cell.truncate(7)
            table.add_row(
                Text(name_of(device, self._language), style="bold"),
                *([Text(self._kind(device))] if wide else []),
                *cells,
            )
        if len(ranked) > rows:
            table.add_row(Text(self._words["live"]["rows_more"].format(count=len(ranked) - rows), style="dim"))
        return table

    def _kind(self, device: Device) -> str:
        category = claimed(device.category)
        if category and self._language != LANGUAGES[0]:
            category = texts(self._language)["category"].get(category, category)
        parts = (claimed(device.vendor), (category or "").replace("_", " "), claimed(device.model))
        unnamed = self._words["live"]["several"] if device.hidden else self._words["page"]["not_known"]
        return safe(" ".join(filter(None, parts)) or unnamed, 60)


def newest(result: Result, count: int) -> list[Finding]:
    """The findings seen last, newest first; remarks (info) are left out."""
    serious = (finding for finding in result.findings.values() if finding.severity > Severity.INFO)
    return heapq.nlargest(count, serious, key=lambda finding: finding.time)


def _worst(result: Result, device: Device) -> int:
    judgement = result.judged.get(device.id)
    order = list(Status)
    return min((order.index(one.status) for one in judgement.verdicts), default=99) if judgement is not None else 99
