"""SASL in base64 inside a protocol of lines (SMTP, POP3, IMAP, NNTP)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.events import Event, Span
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl import SaslExchange, unbase64


class SaslLineParser(LineParser):
    """Parser of lines with the exchange that is under way.

    ``challenge_open``: the server's challenge came last, so the client's next line answers it.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.exchange: SaslExchange | None = None
        self.challenge_open = False

    def begin(self, arguments: bytes, span: Span) -> Iterator[Parsed]:
        """The client names a mechanism, and perhaps answers at once: ``PLAIN AGFubmEA…``."""
        yield from self.finish(None, None, None)
        mechanism, _, initial = arguments.strip().partition(b" ")
        self.exchange = SaslExchange(mechanism, span)
        data = unbase64(initial) if initial.strip() else None
        if data is not None:
            yield from self.exchange.response(data, span)

    def challenged(self, text: bytes) -> Iterator[Parsed]:
        """The server's challenge."""
        if self.exchange:
            self.challenge_open = True
            data = unbase64(text)
            if data is not None:
                yield from self.exchange.challenge(data)

    def is_answer(self, line: bytes, verbs: frozenset[str]) -> bool:
        """Whether a line of the client belongs to the exchange.

        Where the challenge was not captured, a line of base64 that is no command does.
        """
        if self.exchange is None or self.challenge_open:
            return self.exchange is not None
        verb = line.partition(b" ")[0].upper().decode("ascii", "replace")
        return verb not in verbs and (line == b"*" or unbase64(line) is not None)

    def answer(self, line: bytes) -> Iterator[Parsed]:
        """The client answers; ``*`` gives up, which the server's answer then says."""
        self.challenge_open = False
        data = unbase64(line)
        if self.exchange and data is not None:
            yield from self.exchange.response(data, self.here())

    def finish(self, accepted: bool | None, after: str | None, answer: Span | None) -> Iterator[Event]:
        """End the exchange with the server's verdict, or without one.

        ``after`` such as ``235 after AUTH``; the mechanism is added to it.
        """
        exchange, self.exchange, self.challenge_open = self.exchange, None, False
        if exchange:
            yield from exchange.logins(accepted, after and f"{after} {exchange.mechanism}", answer)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login inside the exchange waits for its answer."""
        return self.exchange.from_inner(event) if self.exchange else (event,)

    def close(self) -> Iterator[Parsed]:
        """An exchange that was never decided."""
        yield from self.finish(None, None, None)
