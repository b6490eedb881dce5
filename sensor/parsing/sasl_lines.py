"""A protocol of lines that carries SASL in base64 (SMTP, POP3, IMAP, NNTP): the part that is the same in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.events import Event, Span
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl import Exchange, unbase64


class SaslLineParser(LineParser):
    """Holds the exchange that is under way. ``challenge_open``: the server's challenge is the last that was heard, so the client's next line answers it."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.exchange: Exchange | None = None
        self.challenge_open = False

    def begin(self, arguments: bytes, span: Span) -> Iterator[Parsed]:
        """The client names a mechanism, and perhaps answers at once: ``PLAIN AGFubmEA…``."""
        yield from self.finish(None, None, None)
        mechanism, _, initial = arguments.strip().partition(b" ")
        self.exchange = Exchange(mechanism, span)
        data = unbase64(initial) if initial.strip() else None
        if data is not None:
            yield from self.exchange.response(data, span)

    def challenged(self, text: bytes) -> Iterator[Parsed]:
        """The server asks."""
        if self.exchange:
            self.challenge_open = True
            data = unbase64(text)
            if data is not None:
                yield from self.exchange.challenge(data)

    def is_answer(self, line: bytes, verbs: frozenset[str]) -> bool:
        """Whether a line of the client goes into the exchange. Where the challenge was not captured, what is base64 and no command does."""
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
        """The server has decided (or nobody ever will): ``after`` such as ``235 after AUTH``, to which the mechanism is added."""
        exchange, self.exchange, self.challenge_open = self.exchange, None, False
        if exchange:
            yield from exchange.logins(accepted, after and f"{after} {exchange.mechanism}", answer)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login inside the exchange waits for its answer."""
        return self.exchange.from_inner(event) if self.exchange else (event,)

    def close(self) -> Iterator[Parsed]:
        """An exchange that was never decided."""
        yield from self.finish(None, None, None)
