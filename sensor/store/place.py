"""What a user typed after --store (a path or a database URL) into a `Place`, and a store's trouble into one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class StoreFailed(Exception):  # noqa: N818 - a sentence for the user, not a bug
    """The store cannot be opened, read or written; the text is a sentence for the user and holds nothing of a row."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is. ``path``: an SQLite file; else ``url`` is another database's."""

    name: str
    path: Path | None
    url: str | None = None


SQLITE = ("sqlite:///", "sqlite+pysqlite:///")


def place(text: str) -> Place:
    """``home.db`` and ``sqlite:///home.db`` are the same file. StoreFailed for what names no lasting place.

    The name, for messages, leaves out what a URL may carry of user and password.
    """
    if "://" not in text:
        if not text or text == ":memory:":
            raise StoreFailed("--store: a store needs a file or a database URL")
        return Place(text, Path(text))
    for scheme in SQLITE:
        if text.startswith(scheme):
            path = text.removeprefix(scheme).partition("?")[0]
            if path and path != ":memory:":
                return Place(path, Path(path))
    scheme, _, rest = text.partition("://")
    if scheme.partition("+")[0] == "sqlite":
        raise StoreFailed("--store: a store needs a file: sqlite:///FILE")
    # The path may hold an @ as well: the last one before it ends the credentials (RFC 3986 3.2.1).
    host = rest.partition("/")[0].rpartition("@")[2]
    return Place(f"{scheme}://{host}/{rest.partition('/')[2].partition('?')[0]}", None, text)


SENTENCES = {
    "database is locked": "another program is writing to it; try again when that is done",
    "attempt to write a readonly database": "it cannot be written (read-only)",
    "database or disk is full": "the disk is full; what was in the store stands",
    "disk i/o error": "the disk failed, or has no room; what was in the store stands",
    "unable to open database file": "cannot be opened (does its folder exist, and may you write there?)",
    "file is not a database": "is not a store: the file is no SQLite database",
    "file is encrypted or is not a database": "is not a store: the file is no SQLite database",
    "database disk image is malformed": "the file is damaged",
}
"""SQLite's messages (sqlite3.c, sqlite3ErrStr) -> what a user can make of them."""


def sentence(where: Place, error: BaseException) -> str:
    """One sentence for a database's error. Its own text may hold rows, so only known texts are used; else its kind is named."""
    text = str(error).lower()
    for known, told in SENTENCES.items():
        if known in text:
            return f"{where.name}: {told}"
    if isinstance(error, OSError) and error.strerror:
        return f"{where.name}: {error.strerror.lower()}"
    return f"{where.name}: the store cannot be used ({type(error).__name__})"
