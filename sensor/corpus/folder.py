"""The folder of a corpus: settings, a manifest of what was read, Parquet parts of each kind of record.

``_corpus.json`` · ``manifest/part-<task>.parquet`` · ``<record>/tool=<version>/part-<task>.parquet``. The manifest part
of a task is written last: parts of a task without one are from a reader that was killed, and are removed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Final, Literal

from sensor.export.arrow import TYPES, arrow_table, pyarrow
from sensor.export.run_records import RunRecords, encodable
from sensor.files import replacement, write_atomic
from sensor.light_dataclass import dataclass
from sensor.store.provenance import tool

SCHEMA_VERSION = 1
"""Of the columns; a change of their meaning is another number."""

SETTINGS, LOCK, MANIFEST = "_corpus.json", "_corpus.lock", "manifest"

Outcome = Literal["read", "damaged", "unreadable", "failed"]

FAILED: Final = frozenset({"unreadable", "failed"})
"""Outcomes of captures that have no records."""

KINDS: Final = tuple(TYPES)


class NoCorpus(Exception):  # noqa: N818 - a sentence for the user
    """The folder is no corpus, or cannot be one; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class CorpusSettings:
    """What a corpus was read with. ``paths`` as absolute paths; ``facts`` the path of a laboratory's file."""

    paths: tuple[str, ...]
    flows: bool = False
    local: tuple[str, ...] = ()
    facts: str | None = None
    facts_sha256: str | None = None

    def options(self) -> dict[str, object]:
        """What decides about the records, beside the captures."""
        return {"flows": self.flows, "local": list(self.local), "facts": self.facts_sha256}


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What became of one capture. ``reason``: a sentence where it was damaged or has no records; ``kind`` of a failure:
    ``unreadable`` ``bug`` ``timeout`` ``memory`` ``killed``; ``same_as``: the path of an equal file that was read in
    its place."""

    key: str
    path: str
    size: int
    modified: int
    sha256: str
    outcome: Outcome
    run: str | None = None
    kind: str | None = None
    reason: str | None = None
    same_as: str | None = None
    records: int = 0
    seconds: float = 0.0
    tool: str = field(default_factory=lambda: tool().version)


class CorpusFolder:
    """A corpus on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self) -> CorpusSettings:
        """As they were written. Raises NoCorpus."""
        try:
            found = json.loads((self.path / SETTINGS).read_text("utf-8"))
            version = found["schema_version"]
            if version != SCHEMA_VERSION:
                raise NoCorpus(f"{self.path}: its columns are of version {version}, which this program does not read")
            values = {**found["settings"], "paths": tuple(found["settings"]["paths"])}
            return CorpusSettings(**{**values, "local": tuple(values["local"])})
        except (OSError, ValueError, KeyError, TypeError):
            raise NoCorpus(f"{self.path} is no corpus: it has no {SETTINGS} that can be read") from None

    def begin(self, settings: CorpusSettings) -> CorpusSettings:
        """Make the folder, or check that it was made with the same options; its settings with all paths so far. Raises
        NoCorpus, OSError."""
        if (self.path / SETTINGS).exists():
            before = self.settings()
            if before.options() != settings.options():
                raise NoCorpus(f"{self.path} was read with other options; choose another folder, or the same options")
            paths = tuple(dict.fromkeys((*before.paths, *settings.paths)))
            settings = CorpusSettings(paths, settings.flows, settings.local, settings.facts, settings.facts_sha256)
        elif self.path.is_dir() and any(path.name != LOCK for path in self.path.iterdir()):
            raise NoCorpus(f"{self.path} holds other files; choose an empty folder")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = {"format": "lanwitness-corpus", "schema_version": SCHEMA_VERSION, "settings": asdict(settings)}
        write_atomic(self.path / SETTINGS, (json.dumps(content, indent=1) + "\n").encode())
        return settings

    @contextmanager
    def locked(self) -> Iterator[None]:
        """For one writer at a time. Raises NoCorpus, OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self.path / LOCK, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NoCorpus(f"{self.path}: another process reads captures into it now") from None
            yield

    def write_part(self, kind: str, task: str, table: Any) -> None:
        """A part of a kind of record, or of the manifest: there whole or not at all. Raises OSError."""
        import pyarrow.parquet

        folder = self.path / kind if kind == MANIFEST else self.path / kind / f"tool={tool().version}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        named = table.replace_schema_metadata({"schema_version": str(SCHEMA_VERSION), "tool_version": tool().version})
        with replacement(folder / f"part-{task}.parquet") as (file, _):
            pyarrow.parquet.write_table(named, file, compression="zstd")

    def write_records(self, task: str, records: Iterable[dict[str, Any]]) -> None:
        """The records of a task, a part for each kind that is there. Raises OSError."""
        for kind, rows in RunRecords.of(records).by_kind().items():
            if rows:
                self.write_part(kind, task, arrow_table(kind, rows))

    def write_manifest(self, task: str, rows: Iterable[ManifestRow]) -> None:
        """What became of the captures of a task: from here on they count as read. Raises OSError."""
        self.write_part(
            MANIFEST,
            task,
            pyarrow().Table.from_pylist([encodable(asdict(row)) for row in rows], schema=manifest_schema()),
        )

    def manifest(self) -> list[ManifestRow]:
        """What became of each capture, by the last reading. Raises OSError."""
        import pyarrow.parquet

        parts = sorted(map(str, (self.path / MANIFEST).glob("part-*.parquet")))
        if not parts:
            return []
        # All at once: a corpus of large captures has a part for each.
        table = pyarrow.parquet.ParquetDataset(parts, schema=manifest_schema()).read()
        return [ManifestRow(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]

    def forget_failures(self) -> int:
        """Take what failed out of the manifest, so that it is read again; how many captures. Raises OSError."""
        import pyarrow.parquet

        count = 0
        for part in (self.path / MANIFEST).glob("part-*.parquet"):
            rows = pyarrow.parquet.read_table(part, schema=manifest_schema()).to_pylist()
            left = [ManifestRow(**row) for row in rows if row["outcome"] not in FAILED]
            if len(left) < len(rows):
                count += len(rows) - len(left)
                self.write_manifest(part.stem.removeprefix("part-"), left)
        return count

    def clean(self) -> None:
        """Remove what a killed reader left: unfinished files, and parts of tasks without a manifest. Raises OSError."""
        whole = {part.name for part in (self.path / MANIFEST).glob("part-*.parquet")}
        for kind in (MANIFEST, *KINDS):
            for path in (self.path / kind).rglob("*part-*"):
                if path.name.startswith(".part-") or (kind != MANIFEST and path.name not in whole):
                    path.unlink()


def manifest_schema() -> Any:
    """Arrow's schema of the manifest."""
    library = pyarrow()
    types = {
        "size": library.int64(),
        "modified": library.int64(),
        "records": library.int64(),
        "seconds": library.float64(),
    }
    return library.schema([(name, types.get(name, library.string())) for name in ManifestRow.__dataclass_fields__])
