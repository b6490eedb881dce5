"""Attributes that the header fields of HTTP tell of either end, each reported once a connection."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.credential import realm
from sensor.parsing.formats.http_headers import Fields
from sensor.parsing.parser import Parsed

MAX_REPORTED = 64
"""Different attributes reported of one connection: a proxy's connection carries many servers' names."""

_SERVER_FIELDS = (("server", "http.server"), ("x-powered-by", "http.powered_by"))


class ReportedAttributes:
    """The attributes of one connection that were reported."""

    __slots__ = ("_reported",)

    def __init__(self) -> None:
        self._reported: set[tuple[str, str]] = set()

    def report(self, field: str, value: str | None, side: Side) -> Iterator[Parsed]:
        """One attribute, unless it is blank or was reported."""
        if value and (field, value) not in self._reported and len(self._reported) < MAX_REPORTED:
            self._reported.add((field, value))
            yield from attribute_events(field, value, side)

    def response(self, fields: Fields) -> Iterator[Parsed]:
        """What a response's header fields tell of the server."""
        for name, field in _SERVER_FIELDS:
            yield from self.report(field, fields.get(name), Side.SERVER)
        for name in ("www-authenticate", "proxy-authenticate"):
            for value in fields.all(name):
                yield from self.report("http.realm", realm(value), Side.SERVER)
