"""The terminal page of a `Result`: devices, findings, five marks a device, at 80 columns and more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sensor.capture import Capture
from sensor.capture.join import Joined
from sensor.catalogue import LANGUAGES
from sensor.devices.device import Device
from sensor.export.disclosed import SHOWN, lines
from sensor.export.progress import Progress
from sensor.export.records import caveats_of, device_record, device_records, finding_record, time_text
from sensor.model import Capability, Finding, Severity, Status
from sensor.needs import described, needs, texts
from sensor.records import claimed
from sensor.run import Result
from sensor.text import safe, short_names, size

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

CAPABILITIES = {
    Capability.NO_DEFAULT_PASSWORDS: "passwords",
    Capability.VULNERABILITY_DISCLOSURE: "disclosure",
    Capability.SOFTWARE_UPDATES: "updates",
    Capability.SECURE_COMMUNICATION: "encryption",
    Capability.PERSONAL_DATA: "privacy",
}

MARKS: dict[Status, tuple[str, str, str]] = {
    Status.VIOLATED: ("broken", "bold red", "a requirement is broken, with packets as proof"),
    Status.CONCERN: ("concern", "yellow", "evidence against it, but a fact is missing that packets cannot give"),
    Status.RECOMMENDATION_MISSED: ("missed", "yellow", "a recommendation is not followed"),
    Status.INSUFFICIENT_EVIDENCE: ("unclear", "dim", "not enough was seen to say anything"),
    Status.SIGN_SEEN: ("sign", "green", "something speaks for it; no proof"),
    Status.NO_VIOLATION_SEEN: ("clear", "green", "nothing against it in a day or more of listening; no proof"),
    Status.NONE_ON_RECORD: ("not known", "dim", "no published record is known"),
    Status.PARTLY_ON_RECORD: ("in part", "green", "the maker has published a part of it"),
    Status.ON_RECORD: ("on record", "green", "the maker has published it"),
    Status.NOT_OBSERVABLE: ("-", "dim", "traffic cannot show it"),
    Status.NOT_APPLICABLE: ("n/a", "dim", "it does not apply to the device"),
}
"""Status: the word in the table, its style, what it means."""

SEVERITIES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


def name_of(device: Device) -> str:
    """What a person may know the device by: its own name, else maker and kind, else its address."""
    vendor, model, category = claimed(device.vendor), claimed(device.model), claimed(device.category)
    kind = texts(LANGUAGES[0])["category"].get(category, category) if category else None
    made = " ".join(part for part in (vendor, model or kind) if part)
    return safe(device.hostname or made or (device.addresses[0] if device.addresses else device.id), NAME_LENGTH)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


class Terminal:
    """The user's terminal, or ``console``. ``plain``: no colour, no bar."""

    def __init__(self, *, plain: bool = False, console: Console | None = None) -> None:
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
            self._console.print("No device of the local network is in this capture.")
            if result.findings:
                self._findings(result)
        self._console.print()

    def comparison(self, found: RunComparison, name: str) -> None:
        """Print what became of an earlier run."""
        from sensor.export.compared import compared_lines

        self._title(f"Compared with {safe(name, 100)}")
        for line in compared_lines(found):
            self._console.print(Text(safe(line, 400)))
        self._console.print()

    def _title(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def _head(self, result: Result) -> None:
        # Only the beginning of the times: a person wants the minute.
        first, last = (time_text(t) for t in (result.first_time, result.last_time))
        when = ""
        if first and last:
            end = last[11:16] if last[:10] == first[:10] else last[:16].replace("T", " ")
            when = f"{first[:16].replace('T', ' ')} to {end} UTC, "
        seconds = max(0, result.last_time - result.first_time) // 1_000_000_000
        line = f"{when}{_duration(seconds)}, {result.packets:,} packets, {len(result.devices)} devices"
        self._console.print(Text(safe(result.capture, 400), style="bold"))
        self._console.print(Text(line))
        for one in caveats_of(result):
            self._console.print(Text(one["sentence"], style="yellow"))

    def _devices(self, result: Result) -> None:
        self._title("Who is here")
        shown = result.devices[:DEVICES_SHOWN]
        names = min(max(len(name_of(device)) for device in shown), 16 if self._console.width < 100 else NAME_LENGTH)
        addresses = max(len(_address(device)) for device in shown)  # never cut
        table = _table()
        table.add_column("device", no_wrap=True, overflow="ellipsis", width=names)
        table.add_column("address", no_wrap=True, overflow="ellipsis", width=addresses)
        what_it_is = min(60, self._console.width - names - addresses - 3 * SIZE_COLUMN - 10)
        if what_it_is >= SHORTEST:
            table.add_column("what it is", no_wrap=True, overflow="ellipsis", width=what_it_is)
        table.add_column("readable", justify="right", no_wrap=True, width=SIZE_COLUMN)
        table.add_column("encrypted", justify="right", no_wrap=True, width=SIZE_COLUMN)
        table.add_column("unknown", justify="right", no_wrap=True, width=SIZE_COLUMN)
        for device in shown:
            what = described(device_record(result, device))
            firmware = claimed(device.firmware)
            runs = (claimed(device.os), f"firmware {firmware}" if firmware else None)
            what = ", ".join(filter(None, (what, *runs)))
            table.add_row(
                Text(name_of(device), style="bold"),
                Text(_address(device)),
                *([Text(safe(what, 80) or "not known")] if what_it_is >= SHORTEST else []),
                size(device.bytes.cleartext),
                size(device.bytes.encrypted),
                size(device.bytes.unknown),
            )
        self._console.print(table)
        self._more(len(result.devices) - DEVICES_SHOWN, "devices")

    def _findings(self, result: Result) -> None:
        serious = sorted(
            (f for f in result.findings.values() if f.severity > Severity.INFO), key=lambda f: (-f.severity, f.time)
        )
        mild = len(result.findings) - len(serious)
        self._title("What crossed in the clear, and other findings")
        if not serious:
            self._console.print(
                Text(
                    "Nothing was found. That is no proof that there is nothing."
                    if not mild
                    else "Only remarks, no finding."
                )
            )
        names = {device.id: name_of(device) for device in result.devices}
        groups: dict[tuple[str | None, str, str], list[Finding]] = {}
        for finding in serious:
            groups.setdefault((finding.device, finding.rule, finding.summary), []).append(finding)
        for same in list(groups.values())[:FINDINGS_SHOWN]:
            self._finding(result, same, names)
        self._more(sum(len(same) for same in list(groups.values())[FINDINGS_SHOWN:]), "findings")
        if mild:
            self._console.print(Text(f"and {mild} remarks (severity info), in the records", style="dim"))

    def _disclosed(self, result: Result) -> None:
        found = lines(result)
        if found:
            self._title("Personal data that was sent readable")
        names = {device.id: name_of(device) for device in result.devices}
        for one in found[:SHOWN]:
            self._console.print(Text(f"{names[one.device]}: {safe(one.what)} to {safe(one.destination)}"))
        self._more(len(found) - SHOWN, "lines")

    def _finding(self, result: Result, same: list[Finding], names: dict[str, str]) -> None:
        """One finding and those that say the same of its device, as one."""
        finding = same[0]
        who = names.get(finding.device or "", safe(finding.device or str(finding.server), 40))
        tag = Text.assemble((f"{finding.severity.name.lower():>8}", SEVERITIES[finding.severity]), "  ", (who, "bold"))
        self._console.print(tag, overflow="ellipsis", no_wrap=True)
        user = finding.detail.get("username")
        facts = [f"{finding.client} to {finding.server}"]
        facts += [f"user {safe(user, 40)}"] if user else []
        count = sum(one.count for one in same)
        facts += [f"{count:,} times"] if count > 1 else []
        facts += [f"in {len(same):,} findings"] if len(same) > 1 else []
        called = short_names(part.path for part in result.parts)
        for one in result.evidence(finding.frames[:4]):
            of = f" of {safe(called[one.capture], 60)}" if result.parts[1:] else ""
            facts.append(f"packets {', '.join(map(str, one.frames))}{of}")
        self._indented(Text(finding.summary))
        self._indented(Text(", ".join(facts), style="dim"))

    def _needs(self, result: Result) -> None:
        """What needs a person, one line of problem and one of remedy each; what can wait is counted by device."""
        serious = [(name, one) for name, one in result.findings.items() if one.severity > Severity.INFO]
        found = needs(
            (finding_record(result, name, one) for name, one in serious),
            device_records(result).values(),
        )
        if not found:
            return
        urgent = [one for one in found if one["urgent"]]
        self._title(
            _counted(len(urgent), "thing needs you", "things need you") if urgent else "Nothing urgent was seen"
        )
        for one in urgent[:NEEDS_SHOWN]:
            self._console.print()
            self._indented(
                Text(safe(one["problem"], 300)), bullet=Text("      ● ", SEVERITIES[Severity[one["severity"].upper()]])
            )
            self._indented(Text(safe(one["remedy"], 300), style="dim"))
        self._more(len(urgent) - NEEDS_SHOWN, "things that need you")
        waiting = [one for one in found if not one["urgent"]]
        if waiting:
            names = list(dict.fromkeys(safe(one["name"], 60) for one in waiting))
            listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
            self._console.print()
            what = _counted(len(waiting), "thing", "things")
            self._indented(Text(f"{what} can wait: {listed}.", style="dim"))

    def _indented(self, text: Text, bullet: Text | None = None) -> None:
        for line in text.wrap(self._console, max(30, min(self._console.width, 120) - INDENT)):
            line.rstrip()
            begin = Text(" " * (INDENT if bullet is None else INDENT - len(bullet)))
            self._console.print(
                (bullet or Text()).copy().append_text(begin).append_text(line), no_wrap=True, overflow="crop"
            )
            bullet = None

    def _verdicts(self, result: Result) -> None:
        self._title("The five baseline capabilities")
        if not result.judged:
            self._console.print(Text("No device here is clearly a consumer-IoT device of its own; none is judged."))
            return
        table = _table()
        table.add_column("device", no_wrap=True, overflow="ellipsis")
        for word in CAPABILITIES.values():
            table.add_column(word, no_wrap=True)
        used: set[Status] = set()
        for device in [d for d in result.devices if d.id in result.judged][:DEVICES_SHOWN]:
            verdicts = {verdict.capability: verdict.status for verdict in result.judged[device.id].verdicts}
            used |= set(verdicts.values())
            table.add_row(Text(name_of(device), style="bold"), *(Text(*MARKS[verdicts[c]][:2]) for c in CAPABILITIES))
        self._console.print(table)
        self._more(len(result.judged) - DEVICES_SHOWN, "devices")
        for status in Status:
            if status in used:
                word, style, meaning = MARKS[status]
                self._console.print(Text(f"{word:>10}", style=style).append(f"  {meaning}", style="dim"))

    def _more(self, count: int, what: str) -> None:
        if count > 0:
            self._console.print(Text(f"and {count:,} more {what}, in the records (--json FILE)", style="dim"))


def _address(device: Device) -> str:
    return safe(next(iter(device.addresses), device.id), 40)


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=False, pad_edge=False)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts: Iterable[tuple[int, str]] = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "under a second"
