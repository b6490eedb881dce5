"""What an FTP control connection knows of a data connection it announces, for the parser of the latter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class DataConnection:
    """Filled in when the transfer command comes, which is after the port was announced (RFC 959 3.3): ``command`` such as RETR, ``path`` its argument."""

    command: str | None = None
    path: str | None = None
