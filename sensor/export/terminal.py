"""The terminal page of a `Result`: devices, findings, five marks a device, at 80 columns and more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sensor.capture import Capture
from sensor.capture.join import Joined
from sensor.catalogue import LANGUAGES, counted, number, texts_of, worded
from sensor.devices.device import Device
from sensor.export.disclosed import SHOWN, lines
from sensor.export.progress import Progress
from sensor.export.records import caveats_of, device_record, device_records, finding_record, time_text
from sensor.model import Capability, Finding, Severity, Status
from sensor.needs import described, needs, texts
from sensor.records import claimed
from sensor.run import Result
from sensor.text import safe, short_names, size
from sensor.wording import in_language

if TYPE_CHECKING:
    from sensor.comparison.runs import RunComparison

FINDINGS_SHOWN = 12
"""Findings on the page: what a person reads at once, worst first; the records have all."""

NEEDS_SHOWN = 8
"""Things that need a person on the page, the first to be dealt with first."""

SIZE_COLUMN = 9
"""Columns of a number of bytes and of its title."""

INDENT = 10
"""Columns before the text of a finding."""

DEVICES_SHOWN = 60
"""Devices on the page: a large home; a lab with more reads the records."""

SHORTEST = 8
"""Columns that are worth a column of what a device is; a narrower terminal shows names and addresses instead."""

NAME_LENGTH = 28
"""Characters of a device's name: fits its column at 80."""

MARKS: dict[Status, str] = {
    Status.VIOLATED: "bold red",
    Status.CONCERN: "yellow",
    Status.RECOMMENDATION_MISSED: "yellow",
    Status.INSUFFICIENT_EVIDENCE: "dim",
    Status.SIGN_SEEN: "green",
    Status.NO_VIOLATION_SEEN: "green",
    Status.NONE_ON_RECORD: "dim",
    Status.PARTLY_ON_RECORD: "green",
    Status.ON_RECORD: "green",
    Status.NOT_OBSERVABLE: "dim",
    Status.NOT_APPLICABLE: "dim",
}
"""Status: the style of its word."""

SEVERITIES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


def page_texts(language: str = LANGUAGES[0]) -> dict[str, Any]:
    """The words of the pages in a language."""
    return texts_of("sensor.export", language)


def name_of(device: Device, language: str = LANGUAGES[0]) -> str:
    """What a person may know the device by: its own name, else maker and kind, else its address."""
    vendor, model, category = claimed(device.vendor), claimed(device.model), claimed(device.category)
    kind = texts(language)["category"].get(category, category) if category else None
    made = " ".join(part for part in (vendor, model or kind) if part)
    return safe(device.hostname or made or (device.addresses[0] if device.addresses else device.id), NAME_LENGTH)


def summary_of(finding: Finding, language: str = LANGUAGES[0]) -> str:
    """What was found, in a language."""
    return worded("summary", *finding.message, language)


def mark_of(status: Status, language: str = LANGUAGES[0]) -> Text:
    """A status as tables show it."""
    return Text(page_texts(language)["mark"][status.value], style=MARKS[status])


def size_text(count: int, language: str = LANGUAGES[0]) -> str:
    """Bytes with the language's decimal sign."""
    return size(count).replace(".", ",") if language == "de" else size(count)


class Terminal:
    """The user's terminal, or ``console``. ``plain``: no colour, no bar."""

    def __init__(self, *, plain: bool = False, console: Console | None = None, language: str = LANGUAGES[0]) -> None:
        self._language = language
        self._words = page_texts(language)
        self._console = console or Console(no_color=plain or None, highlight=False, markup=False, emoji=False)
        self._errors = Console(stderr=True, no_color=plain or None, markup=False, emoji=False)
        self._plain = plain

    def progress(self, capture: Capture | Joined, path: str) -> Progress:
        """A bar on standard error for a capture that takes longer than a second; nothing where no terminal is."""
        if self._plain or not self._errors.is_terminal:
            return Progress()
        from sensor.export.progress_bar import ProgressBar

        return ProgressBar(self._errors, capture, safe(path, 40))

    def page(self, result: Result) -> None:
        """Print the page."""
        self._head(result)
        if result.devices:
            self._needs(result)
            self._devices(result)
            self._findings(result)
            self._disclosed(result)
            self._verdicts(result)
        else:
            self._console.print(self._words["page"]["nobody"])
            if result.findings:
                self._findings(result)
        self._console.print()

    def comparison(self, found: RunComparison, name: str) -> None:
        """Print what became of an earlier run."""
        from sensor.export.compared import compared_lines

        self._title(self._words["page"]["compared"].format(name=safe(name, 100)))
        for line in compared_lines(found, self._language):
            self._console.print(Text(safe(line, 400)))
        self._console.print()

    def _title(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def _head(self, result: Result) -> None:
        # Only the beginning of the times: a person wants the minute.
        first, last = (time_text(t) for t in (result.first_time, result.last_time))
        seconds = max(0, result.last_time - result.first_time) // 1_000_000_000
        figures = {
            "duration": _duration(seconds) or self._words["page"]["under_a_second"],
            "packets": self._count("packets", result.packets),
            "devices": self._count("devices", len(result.devices)),
        }
        if first and last:
            end = last[11:16] if last[:10] == first[:10] else last[:16].replace("T", " ")
            begin = first[:16].replace("T", " ")
            line = self._words["page"]["head_timed"].format(first=begin, last=end, **figures)
        else:
            line = self._words["page"]["head"].format(**figures)
        self._console.print(Text(safe(result.capture, 400), style="bold"))
        self._console.print(Text(line))
        for one in in_language({"record": "capture", "caveats": caveats_of(result)}, self._language)["caveats"]:
            self._console.print(Text(one["sentence"], style="yellow"))

    def _devices(self, result: Result) -> None:
        page, columns = self._words["page"], self._words["column"]
        self._title(page["devices"])
        shown = result.devices[:DEVICES_SHOWN]
        names = min(max(len(self._name(device)) for device in shown), 16 if self._console.width < 100 else NAME_LENGTH)
        addresses = max(len(_address(device)) for device in shown)  # never cut
        table = _table()
        table.add_column(columns["device"], no_wrap=True, overflow="ellipsis", width=names)
        table.add_column(columns["address"], no_wrap=True, overflow="ellipsis", width=addresses)
        what_it_is = min(60, self._console.width - names - addresses - 3 * SIZE_COLUMN - 10)
        if what_it_is >= SHORTEST:
            table.add_column(columns["what"], no_wrap=True, overflow="ellipsis", width=what_it_is)
        table.add_column(columns["readable"], justify="right", no_wrap=True, width=SIZE_COLUMN)
        table.add_column(columns["encrypted"], justify="right", no_wrap=True, width=SIZE_COLUMN)
        table.add_column(columns["unknown"], justify="right", no_wrap=True, width=SIZE_COLUMN)
        for device in shown:
            what = described(device_record(result, device), self._language)
            firmware = claimed(device.firmware)
            runs = (claimed(device.os), page["firmware"].format(version=firmware) if firmware else None)
            what = ", ".join(filter(None, (what, *runs)))
            table.add_row(
                Text(self._name(device), style="bold"),
                Text(_address(device)),
                *([Text(safe(what, 80) or page["not_known"])] if what_it_is >= SHORTEST else []),
                size_text(device.bytes.cleartext, self._language),
                size_text(device.bytes.encrypted, self._language),
                size_text(device.bytes.unknown, self._language),
            )
        self._console.print(table)
        self._more(len(result.devices) - DEVICES_SHOWN, "devices")

    def _findings(self, result: Result) -> None:
        serious = sorted(
            (f for f in result.findings.values() if f.severity > Severity.INFO), key=lambda f: (-f.severity, f.time)
        )
        mild = len(result.findings) - len(serious)
        page = self._words["page"]
        self._title(page["findings"])
        if not serious:
            self._console.print(Text(page["remarks_only"] if mild else page["no_finding"]))
        names = {device.id: self._name(device) for device in result.devices}
        groups: dict[tuple[str | None, str, str], list[Finding]] = {}
        for finding in serious:
            groups.setdefault((finding.device, finding.rule, summary_of(finding, self._language)), []).append(finding)
        for same in list(groups.values())[:FINDINGS_SHOWN]:
            self._finding(result, same, names)
        self._more(sum(len(same) for same in list(groups.values())[FINDINGS_SHOWN:]), "findings")
        if mild:
            self._console.print(Text(self._count("remarks", mild), style="dim"))

    def _disclosed(self, result: Result) -> None:
        found = lines(result, self._language)
        if found:
            self._title(self._words["page"]["personal"])
        names = {device.id: self._name(device) for device in result.devices}
        for one in found[:SHOWN]:
            line = {"device": names[one.device], "what": safe(one.what), "destination": safe(one.destination)}
            self._console.print(Text(self._words["page"]["sent_to"].format(**line)))
        self._more(len(found) - SHOWN, "lines")

    def _finding(self, result: Result, same: list[Finding], names: dict[str, str]) -> None:
        """One finding and those that say the same of its device, as one."""
        finding = same[0]
        who = names.get(finding.device or "", safe(finding.device or str(finding.server), 40))
        severity = self._words["severity"][finding.severity.name.lower()]
        tag = Text.assemble((f"{severity:>8}", SEVERITIES[finding.severity]), "  ", (who, "bold"))
        self._console.print(tag, overflow="ellipsis", no_wrap=True)
        user = finding.detail.get("username")
        words = self._words["fact"]
        facts = [words["ends"].format(client=finding.client, server=finding.server)]
        facts += [words["user"].format(name=safe(user, 40))] if user else []
        count = sum(one.count for one in same)
        facts += [words["times"].format(count=number(count, self._language))] if count > 1 else []
        facts += [words["findings"].format(count=number(len(same), self._language))] if len(same) > 1 else []
        called = short_names(part.path for part in result.parts)
        for one in result.evidence(finding.frames[:4]):
            of = safe(called[one.capture], 60) if result.parts[1:] else ""
            frames = ", ".join(map(str, one.frames))
            facts.append(words["packets_of" if of else "packets"].format(numbers=frames, capture=of))
        self._indented(Text(summary_of(finding, self._language)))
        self._indented(Text(", ".join(facts), style="dim"))

    def _needs(self, result: Result) -> None:
        """What needs a person, one line of problem and one of remedy each; what can wait is counted by device."""
        serious = [(name, one) for name, one in result.findings.items() if one.severity > Severity.INFO]
        found = needs(
            (in_language({**finding_record(result, name, one)}, self._language) for name, one in serious),
            device_records(result).values(),
            self._language,
        )
        if not found:
            return
        urgent = [one for one in found if one["urgent"]]
        self._title(self._count("urgent", len(urgent)) if urgent else self._words["page"]["nothing_urgent"])
        for one in urgent[:NEEDS_SHOWN]:
            self._console.print()
            severity = Severity[one["severity"].upper()]
            bullet = Text("      ").append("●", SEVERITIES[severity]).append(" ")
            self._indented(Text(safe(one["problem"], 300), style="bold"), bullet=bullet)
            self._indented(Text(safe(one["remedy"], 300), style="dim"))
        self._more(len(urgent) - NEEDS_SHOWN, "needs")
        waiting = [one for one in found if not one["urgent"]]
        if waiting:
            names = list(dict.fromkeys(safe(one["name"], 60) for one in waiting))
            listed = ", ".join(names[:6]) + (
                self._words["page"]["names_more"].format(count=len(names) - 6) if len(names) > 6 else ""
            )
            self._console.print()
            things = self._count("waiting", len(waiting))
            self._indented(Text(self._words["page"]["waiting"].format(things=things, names=listed), style="dim"))

    def _count(self, forms: str, count: int) -> str:
        return counted(self._words[forms], count, number(count, self._language))

    def _name(self, device: Device) -> str:
        return name_of(device, self._language)

    def _indented(self, text: Text, bullet: Text | None = None) -> None:
        for line in text.wrap(self._console, max(30, min(self._console.width, 120) - INDENT)):
            line.rstrip()
            begin = Text(" " * (INDENT if bullet is None else INDENT - len(bullet)))
            self._console.print(
                (bullet or Text()).copy().append_text(begin).append_text(line), no_wrap=True, overflow="crop"
            )
            bullet = None

    def _verdicts(self, result: Result) -> None:
        page = self._words["page"]
        self._title(page["verdicts"])
        if not result.judged:
            self._console.print(Text(page["none_judged"]))
            return
        table = _table()
        table.add_column(self._words["column"]["device"], no_wrap=True, overflow="ellipsis")
        for word in self._words["capability"].values():
            table.add_column(word, no_wrap=True)
        used: set[Status] = set()
        for device in [d for d in result.devices if d.id in result.judged][:DEVICES_SHOWN]:
            verdicts = {verdict.capability: verdict.status for verdict in result.judged[device.id].verdicts}
            used |= set(verdicts.values())
            marks = (mark_of(verdicts[Capability(each)], self._language) for each in self._words["capability"])
            table.add_row(Text(self._name(device), style="bold"), *marks)
        self._console.print(table)
        self._more(len(result.judged) - DEVICES_SHOWN, "devices")
        for status in Status:
            if status in used:
                word, meaning = (self._words[table][status.value] for table in ("mark", "meaning"))
                self._console.print(Text(f"{word:>10}", style=MARKS[status]).append(f"  {meaning}", style="dim"))

    def _more(self, count: int, what: str) -> None:
        if count > 0:
            line = counted(self._words["more"][what], count, number(count, self._language))
            self._console.print(Text(line, style="dim"))


def _address(device: Device) -> str:
    return safe(next(iter(device.addresses), device.id), 40)


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=False, pad_edge=False)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts: Iterable[tuple[int, str]] = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value)
