"""Questions to a corpus in SQL: DuckDB over its Parquet parts, read-only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensor.corpus.folder import KINDS, MANIFEST, NoCorpus

INSTALL = "DuckDB is not installed: pip install 'lanwitness[corpus]'"


class NoAnswer(Exception):  # noqa: N818 - a sentence for the user
    """DuckDB is not installed, or cannot answer; the text is a sentence."""


def connection(folder: Path) -> Any:
    """DuckDB with a view for each kind of record, `manifest`, and `failure`: captures without records. It reads files
    below the folder alone, and writes none. Raises NoAnswer, NoCorpus."""
    try:
        import duckdb
    except ImportError:
        raise NoAnswer(INSTALL) from None
    if not any((folder / MANIFEST).glob("part-*.parquet")):
        raise NoCorpus(f"{folder}: nothing was read into it yet")
    opened = duckdb.connect()
    for kind in (*KINDS, MANIFEST):
        if any((folder / kind).rglob("part-*.parquet")):
            pattern = str(folder.resolve() / kind / "**" / "part-*.parquet").replace("'", "''")
            # DuckDB takes no parameter there; the quotes of the path are doubled.
            opened.execute(f"CREATE VIEW {kind} AS SELECT * FROM read_parquet('{pattern}', union_by_name = true)")  # noqa: S608
    opened.execute(
        "CREATE VIEW failure AS SELECT path, sha256, kind, reason FROM manifest"
        " WHERE outcome IN ('failed', 'unreadable')"
    )
    opened.execute("SET allowed_directories = ['" + str(folder.resolve()).replace("'", "''") + "']")
    opened.execute("SET enable_external_access = false")
    opened.execute("SET lock_configuration = true")
    return opened


def answer(folder: Path, question: str) -> tuple[list[str], list[Sequence[Any]]]:
    """Columns and rows of one query. Raises NoAnswer with DuckDB's own words, NoCorpus."""
    with connection(folder) as opened:
        import duckdb

        reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
        try:
            statements = opened.extract_statements(question)
            # COPY and EXPORT write where files can be read.
            if len(statements) != 1 or statements[0].type not in reading:
                raise NoAnswer("one SELECT is answered; a corpus is only read")
            found = opened.execute(question)
            return [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.Error as error:
            raise NoAnswer(str(error)) from None
