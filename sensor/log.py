"""The log of a command: sentences on standard error, plain or as lines of JSON, from a level on."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

FORMATS = ("plain", "json")

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""From which level on, by how often `-v` was given."""


class _Handler(logging.Handler):
    """Writes what modules log, in the same form. An exception's text may hold payload: it is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        write(record.getMessage(), record.levelno, record.name)


_form = FORMATS[0]
_handler = _Handler()


def configure(verbosity: int, form: str) -> None:
    """From now on: ``form`` one of `FORMATS`; ``verbosity`` how often `-v` was given."""
    global _form
    _form = form
    root = logging.getLogger("sensor")
    root.setLevel(LEVELS[min(verbosity, len(LEVELS) - 1)])
    if _handler not in root.handlers:
        root.addHandler(_handler)


def write(sentence: str, level: int = logging.WARNING, source: str = "lanwitness") -> None:
    """A sentence on standard error, with what a terminal could take for a command made harmless."""
    if _form == "json":
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": logging.getLevelName(level).lower(),
            "source": source,
            "message": sentence,
        }
        line = json.dumps(entry)
    else:
        line = "lanwitness: " + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in sentence)
    print(line, file=sys.stderr)  # noqa: T201
