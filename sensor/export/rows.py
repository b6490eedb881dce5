"""Records as rows for spreadsheets, shells and notebooks: CSV, JSON Lines, Markdown, a plain table."""

from __future__ import annotations

import csv
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

from sensor.grouping import equal_findings
from sensor.records import (
    CaptureRecord,
    DeviceRecord,
    FindingRecord,
    LedgerRecord,
    ProvisionRecord,
    VerdictRecord,
)
from sensor.text import no_formula, safe

FORMS: Final = ("csv", "table", "jsonl", "markdown")

SHAPES: Final[Mapping[str, Any]] = {
    "capture": CaptureRecord,
    "device": DeviceRecord,
    "finding": FindingRecord,
    "ledger": LedgerRecord,
    "provision": ProvisionRecord,
    "verdict": VerdictRecord,
}
"""Records that can be rows, and their types."""

FAMILIES: Final = ("credential", "tls", "transfer", "personal", "update", "exposure", "network")
"""Findings by the first word of their rule."""

SELECTABLE: Final = (*SHAPES, *FAMILIES)

_FINDING = ("severity", "rule", "device", "client", "server", "protocol", "time", "count", "summary")
DEFAULTS: Final[Mapping[str, Sequence[str]]] = {
    "capture": ("run", "packets", "bytes", "first_time", "last_time", "capture"),
    "device": ("id", "addresses", "hostname", "vendor", "category", "model", "in_scope"),
    "finding": _FINDING,
    "ledger": ("device", "personal", "volumes"),
    "provision": ("device", "provision.v3.1.3", "modal", "status", "headline"),
    "verdict": ("device", "capability", "status", "severity", "headline"),
}
"""Fields without ``--fields``, by kind."""

GAP = "  "

WRAPPED = 20
"""Columns that the last field of a table must have to be wrapped; with fewer it is left out."""

CELL = 300
"""Characters of one cell of a table."""


class UnknownField(ValueError):  # noqa: N818 - a sentence for the user
    """A field that no record of the kind has; the text names those that there are."""


class Rows:
    """Records of one kind written to ``stream`` as rows.

    ``selected`` is one of `SELECTABLE`; ``fields`` are names, with dots into what they hold (``detail.username``);
    ``width`` is the terminal's, None for none; ``group`` makes equal findings one row. Raises UnknownField.
    """

    def __init__(
        self,
        stream: TextIO,
        form: str,
        selected: str = "finding",
        fields: Sequence[str] | None = None,
        *,
        width: int | None = None,
        group: bool = False,
    ) -> None:
        self.kind = "finding" if selected in FAMILIES else selected
        self.left_out: list[str] = []
        """Fields for which a table had no room."""
        self._family = f"{selected}." if selected in FAMILIES else ""
        self._fields = list(fields or DEFAULTS[self.kind])
        self._stream, self._form, self._width, self._group = stream, form, width, group
        self._found: list[Mapping[str, Any]] = []
        known = SHAPES[self.kind].__annotations__
        for one in self._fields:
            if one.partition(".")[0] not in known:
                raise UnknownField(f"{one}: a {self.kind} record has {', '.join(known)}")

    def add(self, record: Mapping[str, Any]) -> None:
        """Take a record in; those of other kinds are passed over."""
        if record["record"] == self.kind and str(record.get("rule", "")).startswith(self._family):
            self._found.append(record)

    def write(self) -> None:
        """Write all rows, with their titles but in JSON Lines."""
        found = self._found
        if self._group and self.kind == "finding":
            found = [{**group.first, "count": group.count} for group in equal_findings(found)]
        if self._form == "jsonl":
            for one in found:
                values = {name: _value(one, name) for name in self._fields}
                self._stream.write(json.dumps(values, ensure_ascii=True, separators=(",", ":")) + "\n")
            return
        rows = [[_text(_value(one, name)) for name in self._fields] for one in found]
        if self._form == "csv":
            write_csv(self._stream, self._fields, found)
        elif self._form == "markdown":
            for row in (self._fields, ["---"] * len(self._fields), *rows):
                self._stream.write("| " + " | ".join(_no_markup(cell) for cell in row) + " |\n")
        else:
            self._table([self._fields, *([safe(cell, CELL) for cell in row] for row in rows)])

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as their widest cell: nothing is cut. On a terminal, what does not fit is wrapped where it is
        the last, else left out.
        """
        widths = [max(len(row[at]) for row in rows) for at in range(len(self._fields))]
        shown, last = len(widths), None
        if self._width is not None:
            while shown > 1 and sum(widths[:shown]) + len(GAP) * (shown - 1) > self._width:
                room = self._width - sum(widths[: shown - 1]) - len(GAP) * (shown - 1)
                if room >= WRAPPED and " " in max((row[shown - 1] for row in rows), key=len):
                    last = room
                    break
                shown -= 1
        self.left_out = self._fields[shown:]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row[: shown - 1], widths, strict=False)]
            lines = textwrap.wrap(row[shown - 1], last, break_long_words=False) if last else [row[shown - 1]]
            begin = GAP.join([*cells, ""])
            for number, line in enumerate(lines or [""]):
                self._stream.write(f"{begin if number == 0 else ' ' * len(begin)}{line}".rstrip() + "\n")


def write_csv(stream: TextIO, fields: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Records as CSV with titles; text that a spreadsheet would calculate, or a terminal obey, is made harmless."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(fields)
    for one in records:
        cells = [_text(_value(one, name)) for name in fields]
        writer.writerow([no_formula(safe(cell, len(cell) + 1)) for cell in cells])


def _value(record: Mapping[str, Any], name: str) -> Any:
    """A field; of a claim its value. Dots lead into it; a name with dots of its own (``v3.1.3``) is found as well."""
    value: Any = record
    rest = name
    while rest:
        if not isinstance(value, Mapping):
            return None
        if rest in value:
            value, rest = value[rest], ""
        else:
            first, _, rest = rest.partition(".")
            value = value.get(first)
    return value["value"] if isinstance(value, Mapping) and "confidence" in value else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _no_markup(cell: str) -> str:
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|" else one for one in safe(cell, CELL)) if cell != "---" else cell
