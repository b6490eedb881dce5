"""Records of a live run written in the form of another format, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sensor.export.formats._format import formats
from sensor.export.run_records import without_values


class Lines(Protocol):
    """Where records go; `sensor.export.jsonlines.JsonLines` is one."""

    def write(self, record: Mapping[str, Any]) -> None:
        """One record as one line."""

    def flush(self) -> None:
        """Hand over what waits."""


def live_formats() -> list[str]:
    """Formats in which a live run can be written."""
    return [name for name, one in formats().items() if one.live is not None]


class ShapedLines:
    """Lines of a format (one of `live_formats`) of the records that are written; kinds that it has none of are passed
    over. Values that ``--reveal`` shows stay out.
    """

    def __init__(self, lines: Lines, form: str) -> None:
        self._lines = lines
        live = formats()[form].live
        if live is None:
            raise ValueError(form)
        self._shape = live()

    def write(self, record: Mapping[str, Any]) -> None:
        """The lines of a record. Raises OutputFailed."""
        for line in self._shape(without_values(dict(record))):
            self._lines.write(line)

    def flush(self) -> None:
        """Hand over what waits. Raises OutputFailed, BrokenPipeError."""
        self._lines.flush()
