"""Parsers of independent protocols that all flows share: they read a datagram and keep nothing."""

from __future__ import annotations

from sensor.events import Event
from sensor.model import Flow, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Protocol
from sensor.statistics import Statistics


class SharedParsers:
    """Those of one run, made when they are first wanted."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._parsers: dict[str, DatagramParser] = {}

    def events(self, protocol: Protocol, side: Side, data: bytes) -> list[Event] | None:
        """What a datagram says; None where a conversation has to read it, which also says what is wrong with it."""
        events = self.read(protocol, side, data)
        if events is not None:
            figures = self._statistics.of(protocol.name)
            figures.calls += 1
            figures.bytes += len(data)
        return events

    def read(self, protocol: Protocol, side: Side, data: bytes) -> list[Event] | None:
        """The same of one that is not counted."""
        parser = self._parsers.get(protocol.name)
        if parser is None:
            made = protocol.parser(None)
            reads_each = protocol.independent or protocol.exchanges is not None
            if not (reads_each and isinstance(made, DatagramParser)):
                return None
            parser = self._parsers[protocol.name] = made
        try:
            return [item for item in parser.datagram(side, Cursor(data)) if isinstance(item, Event)]
        except Malformed:
            return None
        except Exception:
            if self._statistics.strict:
                raise
            return None  # the conversation meets it, too, and contains it


def name_flow(flow: Flow, protocol: Protocol) -> None:
    """A flow turned out to be of that protocol, from its first byte."""
    flow.application, flow.layers, flow.protection = protocol.name, (protocol.name,), protocol.protection
