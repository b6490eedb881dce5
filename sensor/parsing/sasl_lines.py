"""SASL in base64 inside a protocol of lines (SMTP, POP3, IMAP, NNTP)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.events import Event, Span
from sensor.model import Side
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl import SaslExchange, SaslExchanges, unbase64


class SaslLineParser(LineParser):
    """Parser of lines with the exchanges that are under way."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.exchanges = SaslExchanges()

    def begin(self, arguments: bytes, span: Span) -> Iterator[Parsed]:
        """The client names a mechanism, and perhaps answers at once: ``PLAIN AGFubmEA…``."""
        mechanism, _, initial = arguments.strip().partition(b" ")
        yield from self.exchanges.begin(SaslExchange(mechanism, span))
        if initial.strip():
            yield from self.exchanges.response(unbase64(initial), span)

    def challenged(self, text: bytes) -> Iterator[Parsed]:
        """The server's challenge."""
        yield from self.exchanges.challenge(unbase64(text))

    def is_answer(self, line: bytes, verbs: frozenset[str]) -> bool:
        """Whether a line of the client belongs to the exchange.

        Where the challenge was not captured, a line of base64 that is no command does.
        """
        if not self.exchanges or self.exchanges.challenge_open:
            return bool(self.exchanges)
        verb = line.partition(b" ")[0].upper().decode("ascii", "replace")
        return verb not in verbs and (line == b"*" or unbase64(line) is not None)

    def answer(self, line: bytes) -> Iterator[Parsed]:
        """The client answers; ``*`` gives up, which the server's answer then says."""
        yield from self.exchanges.response(unbase64(line), self.here())

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login inside the exchange waits for its answer."""
        return self.exchanges.from_inner(event)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Answers of the server may be lost with its lines."""
        if side is Side.SERVER:
            yield from self.exchanges.lost()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Exchanges that were never decided."""
        yield from self.exchanges.unanswered()
