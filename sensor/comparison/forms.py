"""A comparison as JSON, Markdown and JUnit, in the words of a catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from xml.etree import ElementTree as Xml

from sensor.comparison.runs import CHANGES, WORSE, DeviceChange, FindingChange, RunComparison, VerdictChange
from sensor.junit_xml import set_counts, xml_text
from sensor.needs import texts
from sensor.text import printable

FORMAT = 1
"""Raised when a field changes its meaning."""

SHOWN = 200
"""Lines of a device in Markdown: more than a person reads."""

LONGEST = 400
"""Characters of one cell."""

_ESCAPED: Final = str.maketrans({one: f"\\{one}" for one in "\\`*_{}[]<>#|~!&"})
"""What Markdown or HTML within it would take for markup (CommonMark 2.4)."""


def as_json(comparison: RunComparison, before: str, after: str) -> dict[str, Any]:
    """The document of `compare --json`. ``before`` and ``after`` name the runs."""
    return {
        "comparison": "lanwitness",
        "format": FORMAT,
        "before": before,
        "after": after,
        "worse": comparison.got_worse,
        "counts": comparison.counts(),
        "devices": [{**asdict(one), "worse": one.got_worse} for one in comparison.devices],
    }


def markdown(comparison: RunComparison, before: str, after: str, language: str = "en") -> str:
    """For people, and for the summary of a CI job."""
    words = texts(language)["compare"]
    lines = [f"# {words['title'].format(before=_cell(before), after=_cell(after))}", ""]
    lines += [sentence(comparison, language), ""]
    for device in comparison.devices:
        shown = [one for one in device.findings if one.matters]
        statuses = [one for one in device.verdicts if device.paired is not None and one.before != one.after]
        if not shown and not statuses and device.paired is not None:
            continue
        lines += [f"## {_cell(device.name or words['no_device'])}", ""]
        for note in notes(device, language):
            lines += [note, ""]
        if statuses:
            lines += [*_table((words["change"], words["capability"], words["before"], words["after"]))]
            lines += [_row(words[one.change], words[one.capability], *_statuses(one, words)) for one in statuses]
            lines.append("")
        if shown:
            lines += [*_table((words["change"], words["severity"], words["finding"], words["key"]))]
            lines += [
                _row(words[one.change], _severities(one, words), _summary(one, words), f"`{one.key.replace('`', '_')}`")
                for one in shown[:SHOWN]
            ]
            lines.append("")
            if len(shown) > SHOWN:
                lines += [words["more"].format(count=len(shown) - SHOWN), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def sentence(comparison: RunComparison, language: str = "en", head: str | None = None) -> str:
    """The outcome in one line: how many findings are new, worse, better, gone, not seen again, the same. ``head``: its
    beginning, where neither side is the earlier one."""
    words = texts(language)["compare"]
    counts = comparison.counts()
    listed = ", ".join(words["count"][one].format(count=counts[one]) for one in CHANGES if counts[one])
    head = head or (words["got_worse"] if comparison.got_worse else words["no_worse"])
    return f"{head} {listed}." if listed else f"{head} {words['nothing']}"


def notes(device: DeviceChange, language: str = "en") -> Iterator[str]:
    """What a reader must know of a device before its lines."""
    words = texts(language)["compare"]
    if device.paired is None:
        yield words["only_after"] if device.before is None else words["only_before"]
    elif device.paired in ("as", "model"):
        yield words[f"paired_{device.paired}"].format(before=device.before, after=device.after)
    if any(one.change == "not_seen_again" for one in device.findings) and device.after is not None:
        yield words["silence"]


def junit(comparison: RunComparison, before: str, after: str, language: str = "en") -> str:
    """The document; names hold no address, so that they stay the same over captures and units."""
    words = texts(language)["compare"]
    root = Xml.Element("testsuites", name=xml_text(words["title"].format(before=before, after=after)))
    counted = Counter[str]()
    for device in comparison.devices:
        counted[device.subject] += 1
        number = counted[device.subject]
        name = device.subject if number == 1 else f"{device.subject} {number}"
        suite = Xml.SubElement(root, "testsuite", name=xml_text(name))
        for one in device.findings:
            if one.matters:
                case = _case(suite, name, one.key.partition("/")[2])
                text = f"{words[one.change]}: {_severities(one, words)}: {one.summary}"
                _outcome(case, one.change, text)
        for verdict in device.verdicts:
            case = _case(suite, f"{name}.verdict", verdict.capability)
            was, now = _statuses(verdict, words)
            _outcome(case, "same" if verdict.change == "new" else verdict.change, f"{words['change']}: {was} → {now}")
        set_counts(suite)
    set_counts(root)
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: Xml.Element, classname: str, name: str) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=xml_text(classname), name=xml_text(name), time="0")


def _outcome(case: Xml.Element, change: str, text: str) -> None:
    if change in WORSE:
        Xml.SubElement(case, "failure", type=change, message=xml_text(text))
    elif change == "not_seen_again":
        Xml.SubElement(case, "skipped", message=xml_text(text))
    else:
        Xml.SubElement(case, "system-out").text = xml_text(text)


def _statuses(one: VerdictChange, words: Mapping[str, Any]) -> tuple[str, str]:
    before, after = (words["status"][each] if each else "-" for each in (one.before, one.after))
    return before, after


def _severities(one: FindingChange, words: Mapping[str, Any]) -> str:
    both = [words["severities"][each] for each in (one.severity_before, one.severity_after) if each is not None]
    return " → ".join(dict.fromkeys(both))


def _summary(one: FindingChange, words: Mapping[str, Any]) -> str:
    return f"{one.summary} ({words['reason'][one.reason]})" if one.reason else one.summary


def _table(titles: Sequence[str]) -> list[str]:
    return [_row(*titles), "|" + "---|" * len(titles)]


def _row(*cells: str) -> str:
    return "| " + " | ".join(one if one.startswith("`") else _cell(one) for one in cells) + " |"


def _cell(text: str) -> str:
    """A text that is no markup, on one line."""
    return printable(text, LONGEST).translate(_ESCAPED)
