"""Replays for tests: a capture through the whole program in this process, its records as dicts."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sensor.capture import Capture, open_capture
from sensor.export.progress import Progress
from sensor.export.records import records
from sensor.model import Endpoint
from sensor.records import Record
from sensor.run import Options, Result, Run
from sensor.vault import Vault

ROOT = Path(__file__).resolve().parent.parent
PCAPS = ROOT / "pcaps"
SHARED = Path(os.environ.get("LANWITNESS_SHARED", ROOT.parent / "shared"))
"""Captures made by others, where they are at hand; tests that use them skip without."""


def read(path: Path | str, *, reveal: bool = False, options: Options | None = None) -> Result:
    """A capture as a `Result`; a bug in a parser is raised."""
    run = Run(Vault(bytes(32), reveal=reveal), options or Options(strict=True))
    with open_capture(str(path)) as capture:
        for block in capture:
            run.feed(block)
        return run.finish(str(path), capture.link_types, capture.damage)


def read_bytes(data: bytes, name: str = "capture", **more: Any) -> Result:
    """The same from bytes."""
    options = more.pop("options", None) or Options(strict=True)
    run = Run(Vault(bytes(32), reveal=more.pop("reveal", False)), options, more.pop("on_flow", None))
    with open_capture(name, io.BytesIO(data)) as capture:
        for block in capture:
            run.feed(block)
        return run.finish(name, capture.link_types, capture.damage)


def replayed(path: Path | str, **more: Any) -> list[Record]:
    """The records of a capture, as they come back from JSON."""
    return [json.loads(json.dumps(record)) for record in records(read(path, **more))]


def of(found: Sequence[Record], kind: str, rule: str | None = None) -> list[Record]:
    """Records of a kind (and rule)."""
    return [r for r in found if r["record"] == kind and (rule is None or r["rule"] == rule)]


def secret_hash(finding: Record) -> str | None:
    """SHA-256 of a revealed secret's bytes, so that no test prints one; bytes that are not UTF-8 stand as
    ``\\xNN`` in records.
    """
    secret = finding["detail"].get("secret")
    if not secret or "value" not in secret:
        return None
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), secret["value"].encode())
    return hashlib.sha256(raw).hexdigest()


def address(endpoint: str | None) -> str | None:
    """The address of a record's endpoint."""
    end = Endpoint.parse(endpoint)
    return end.host if end else None


def folders() -> Iterator[Path]:
    """Our own captures that have a truth beside them."""
    return (path.parent for path in sorted(PCAPS.glob("*/expected.json")))


def capture_in(folder: Path) -> Path:
    """The capture of a folder."""
    return next(folder.glob("capture.*"))


__all__ = ["PCAPS", "SHARED", "Capture", "Progress", "Record", "Result"]
