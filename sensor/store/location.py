"""Locations of stores (a path or a database URL), and the states and sentences of their failures."""

from __future__ import annotations

import enum
import errno
import ipaddress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sensor.light_dataclass import dataclass


class StoreState(enum.Enum):
    """How a store does, in a word for programs; a sentence for the user goes with each but ``ok``."""

    OK = "ok"
    LOCKED = "locked"
    """Another program is writing."""
    FULL = "full"
    """No room on the disk."""
    READ_ONLY = "read_only"
    """The disk, the file or the database cannot be written."""
    DISK = "disk"
    """The disk failed (a full one may say so, too)."""
    DAMAGED = "damaged"
    MISSING = "missing"
    """No such file or folder, or not the one any more that was opened."""
    FOREIGN = "foreign"
    """Something else than a store."""
    NEWER = "newer"
    """Written by a newer version of the program."""
    OLDER = "older"
    """To be brought up to date by who may write."""
    UNREACHABLE = "unreachable"
    """A database server that does not answer, or refuses the user."""
    FAILED = "failed"
    """Anything else."""


class StoreFailed(Exception):  # noqa: N818 - a sentence for the user, not a bug
    """The store cannot be opened, read or written; the text is a sentence for the user and holds nothing of a row."""

    def __init__(self, sentence: str, state: StoreState = StoreState.FAILED) -> None:
        super().__init__(sentence)
        self.state = state


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Where a store is. ``path``: an SQLite file; else ``url`` is another database's."""

    name: str
    path: Path | None
    url: str | None = None

    @property
    def argument(self) -> str:
        """The location as `store_location` reads it in a process with another working directory."""
        return self.url or str(self.path.absolute() if self.path is not None else self.name)

    @property
    def server(self) -> str | None:
        """The host of a database on another machine; None for a file, a socket, and this machine."""
        if self.url is None:
            return None
        try:
            parts = urlsplit(self.url)
            host = (parse_qs(parts.query).get("host") or [parts.hostname or ""])[0]
        except ValueError:
            return None
        try:
            local = ipaddress.ip_address(host).is_loopback
        except ValueError:
            local = not host or host.startswith("/") or host == "localhost"
        return None if local else host


SQLITE = ("sqlite:///", "sqlite+pysqlite:///")

PASSWORDS = {"password", "sslpassword"}
"""libpq's settings (its manual, 34.1.2) that are secrets themselves."""


def store_location(text: str) -> StoreLocation:
    """``home.db`` and ``sqlite:///home.db`` are the same file. StoreFailed for what names no lasting place.

    A URL with a password is refused: every user of the machine sees it in the list of processes. The name, for
    messages, leaves out the user.
    """
    if "://" not in text:
        if not text or text == ":memory:":
            raise StoreFailed("--store: a store needs a file or a database URL")
        return StoreLocation(text, Path(text))
    for scheme in SQLITE:
        if text.startswith(scheme):
            path = text.removeprefix(scheme).partition("?")[0]
            if path and path != ":memory:":
                return StoreLocation(path, Path(path))
    scheme, _, rest = text.partition("://")
    if scheme.partition("+")[0] == "sqlite":
        raise StoreFailed("--store: a store needs a file: sqlite:///FILE")
    try:
        parts = urlsplit(text)
        secret = parts.password is not None or not PASSWORDS.isdisjoint(parse_qs(parts.query, keep_blank_values=True))
    except ValueError:
        raise StoreFailed("--store: not a database URL that is understood", StoreState.FOREIGN) from None
    if secret:
        raise StoreFailed("the URL holds a password; write it into a private file, and name that: ?password_file=FILE")
    # The path may hold an @ as well: the last one before it ends the credentials (RFC 3986 3.2.1).
    host = rest.partition("/")[0].rpartition("@")[2]
    return StoreLocation(f"{scheme}://{host}/{rest.partition('/')[2].partition('?')[0]}", None, text)


SENTENCES = {
    "database is locked": (StoreState.LOCKED, "another program is writing to it; try again when that is done"),
    "attempt to write a readonly database": (StoreState.READ_ONLY, "it cannot be written (read-only)"),
    "database or disk is full": (StoreState.FULL, "the disk is full; what was in the store stands"),
    "disk i/o error": (StoreState.DISK, "the disk failed, or has no room; what was in the store stands"),
    "unable to open database file": (
        StoreState.MISSING,
        "cannot be opened (does its folder exist, and may you write there?)",
    ),
    "root certificate file": (
        StoreState.UNREACHABLE,
        "the server's certificate cannot be checked; ?sslrootcert=FILE names that of the authority",
    ),
    "certificate verify failed": (
        StoreState.UNREACHABLE,
        "the server's certificate is not trusted; ?sslrootcert=FILE names that of its authority",
    ),
    "server certificate for": (StoreState.UNREACHABLE, "the server's certificate is for another name"),
    # Before there is a connection, psycopg's errors have no code.
    "is not permitted to log in": (StoreState.UNREACHABLE, "the database server does not let this user in"),
    "authentication failed": (StoreState.UNREACHABLE, "the database server does not let this user in"),
    "no pg_hba.conf entry": (StoreState.UNREACHABLE, "the database server does not let this user in"),
    "server does not support ssl": (StoreState.UNREACHABLE, "the server offers no TLS"),
    "violates row-level security": (
        StoreState.READ_ONLY,
        "this sensor's id is not the one it was enrolled under; `lanwitness hub join` with its bundle mends that",
    ),
    'unique constraint "pk_runs"': (StoreState.READ_ONLY, "another sensor has put in a run of this name"),
    "file is not a database": (StoreState.FOREIGN, "is not a store: the file is no SQLite database"),
    "file is encrypted or is not a database": (StoreState.FOREIGN, "is not a store: the file is no SQLite database"),
    "database disk image is malformed": (StoreState.DAMAGED, "the file is damaged"),
}
"""SQLite's messages (sqlite3.c, sqlite3ErrStr) -> what a user can make of them."""

SQLSTATES = {
    "08": (StoreState.UNREACHABLE, "the database server cannot be reached"),
    "28": (StoreState.UNREACHABLE, "the database server does not let this user in"),
    "3D": (StoreState.MISSING, "there is no such database"),
    "25006": (StoreState.READ_ONLY, "it cannot be written (read-only)"),
    "42501": (StoreState.READ_ONLY, "this user may not write to it"),
    "53100": (StoreState.FULL, "the database server's disk is full; what was in the store stands"),
    "55P03": (StoreState.LOCKED, "another program is writing to it; try again when that is done"),
    "57P": (StoreState.UNREACHABLE, "the database server is starting or shutting down"),
    "58": (StoreState.DISK, "the database server's disk failed"),
    "XX001": (StoreState.DAMAGED, "the database is damaged"),
}
"""Beginnings of PostgreSQL's error codes (its manual, appendix A) -> the same."""

ERRNOS = {
    errno.ENOSPC: StoreState.FULL,
    errno.EDQUOT: StoreState.FULL,
    errno.EFBIG: StoreState.FULL,
    errno.EROFS: StoreState.READ_ONLY,
    errno.EACCES: StoreState.READ_ONLY,
    errno.EPERM: StoreState.READ_ONLY,
    errno.EIO: StoreState.DISK,
    errno.ENOENT: StoreState.MISSING,
    errno.ENOTDIR: StoreState.MISSING,
}


def failure(where: StoreLocation, error: BaseException) -> StoreFailed:
    """A database's error as state and one sentence. Its own text may hold rows, so only known texts are used; else its
    kind is named."""
    text = str(error).lower()
    for known, (state, sentence) in SENTENCES.items():
        if known in text:
            return StoreFailed(f"{where.name}: {sentence}", state)
    code = getattr(error, "sqlstate", None)
    for known, (state, sentence) in SQLSTATES.items():
        if isinstance(code, str) and code.startswith(known):
            return StoreFailed(f"{where.name}: {sentence}", state)
    if isinstance(error, OSError) and error.strerror:
        return StoreFailed(f"{where.name}: {error.strerror.lower()}", ERRNOS.get(error.errno or 0, StoreState.FAILED))
    if where.path is None and type(error).__name__ == "OperationalError":
        # Before there is a connection there is no code.
        return StoreFailed(f"{where.name}: {SQLSTATES['08'][1]}", StoreState.UNREACHABLE)
    return StoreFailed(f"{where.name}: the store cannot be used ({type(error).__name__})")
