"""Logins at the prompts of a terminal session, read from keystrokes and screen output."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Event, Login, Span, Transfer
from sensor.model import Secret, Side
from sensor.parsing import prompts as screen
from sensor.parsing.attributes import attribute_events
from sensor.parsing.lines import BoundedBody
from sensor.parsing.prompts import LINE_END_LIMIT, Prompt, bare, prompt
from sensor.parsing.sasl import readable

TYPED_LIMIT = 8 * 1024
"""Bytes of one typed line: terminals take 4,096 (Linux N_TTY_BUF_SIZE), programs without a terminal may send more."""

NAME_LIMIT = 64
"""Bytes of a name typed at a question that is no known prompt."""

AHEAD_LIMIT = 8
"""Lines typed before their prompt that are stored: a script sends name, password and a few commands at once."""

ANSWER_LINES = 12
"""Lines after a password in which its refusal may stand; what comes later is the session."""

EVIDENCE_LENGTH = 4096
"""Bytes of a session that are named as evidence."""

_BACKSPACES, _KILLS, _WORD, _CANCEL = b"\x08\x7f", b"\x15\x18", 0x17, 0x03


class TerminalSession:
    """One session. A prompt is read when the client types or the session ends: only then is the output complete.

    ``Login``: ``scheme`` as given; accepted by a shell's prompt or a greeting after the password, refused by the
    words for it or by a second prompt.
    """

    def __init__(self, application: str, scheme: str) -> None:
        self.application = application
        self.scheme = scheme
        self.user: tuple[str, tuple[Span, ...]] | None = None
        self._shown_end = bytearray()
        self._shown_end_start = 0
        self._banner: bytearray | None = bytearray()
        self._line = bytearray()
        self._line_start = 0
        self._begun = False
        self._escape = b""
        self._kind: Prompt | None = None
        self._whom: bytes | None = None
        self._above = b""
        self._unnamed = False
        self._perhaps: tuple[str, tuple[Span, ...]] | None = None
        self._after_return = False
        self._broken = False
        self._ahead: deque[tuple[bytes, Span]] = deque(maxlen=AHEAD_LIMIT)
        self._shown_since_line = False
        self._attempt: Login | None = None
        self._answer_lines = 0
        self._moved_on = False
        self._secret_prompted = False
        self._named = False
        self._inside = False
        self._session = (BoundedBody(), BoundedBody())
        self._session_start = [0, 0]

    # What is shown

    def shown(self, data: bytes, start: int) -> Iterator[Event]:
        """Output of the server, from byte ``start`` of its stream."""
        if self._banner is not None and len(self._banner) < EVIDENCE_LENGTH:
            self._banner += data
        self._shown_since_line = True
        position = 0
        while True:
            end = data.find(b"\n", position)
            if self._inside and position < len(data):
                self._keep(Side.SERVER, data[position : end + 1 or None], start + position)
            if end < 0:
                self._shown_end += data[position:]
                del self._shown_end[:-LINE_END_LIMIT]
                return
            self._shown_end += data[position:end]
            line = bytes(self._shown_end[-LINE_END_LIMIT:])
            self._shown_end.clear()
            position = end + 1
            line_start, self._shown_end_start = self._shown_end_start, start + position
            yield from self._line_shown(line, Span(Side.SERVER, line_start, start + position))

    def _line_shown(self, line: bytes, span: Span) -> Iterator[Event]:
        if line.strip():
            self._above = line
        if self._ahead:
            echoed = screen.prompt_and_echo(line)
            if echoed and (echoed[0] is Prompt.PASSWORD or echoed[1] == self._ahead[0][0].strip()):
                yield from self._bind(echoed[0], *self._ahead.popleft())
        if self._attempt is not None and self._answer_lines < ANSWER_LINES:
            self._answer_lines += 1
            answer = screen.verdict(line)
            if answer:
                yield from self._answered(answer[0], f"'{answer[1]}' after password", span)

    # What is typed

    def typed(self, data: bytes, start: int) -> Iterator[Event]:
        """Keystrokes of the client, from byte ``start`` of its stream."""
        for offset, byte in enumerate(data, start):
            if self._after_return:
                self._after_return = False
                if byte in b"\n\0":  # RFC 854: CR NUL is a return, CR LF a new line
                    continue
            if self._escaping(byte):
                continue
            if not self._begun and not self._broken:
                self._begun = True
                yield from self._begin(offset)
            if byte in b"\r\n":
                self._after_return = byte == 0x0D
                yield from self._entered(offset + 1)
            elif byte in _BACKSPACES:
                _erase(self._line)
            elif byte in _KILLS or byte == _CANCEL:
                self._line.clear()
                self._begun = byte != _CANCEL  # after an interrupt the prompt comes again
            elif byte == _WORD:
                words = bytes(self._line).rstrip(b" ").rpartition(b" ")
                self._line[:] = words[0] + words[1]
            elif len(self._line) < TYPED_LIMIT:
                self._line.append(byte)

    def _escaping(self, byte: int) -> bool:
        """Whether ``byte`` belongs to an escape sequence (ECMA-48 5.4: ESC [ parameters final) and not to the text.

        Arrow keys, and the terminal's own answers, which a device may request before its prompt.
        """
        if not self._escape:
            self._escape = b"\x1b" if byte == 0x1B else b""
            return byte == 0x1B
        if self._escape == b"\x1b" and byte in b"[O":
            self._escape = bytes([byte])
            return True
        if self._escape == b"[" and 0x20 <= byte < 0x40:
            return True
        inside, self._escape = self._escape != b"\x1b", b""
        return inside

    def _begin(self, offset: int) -> Iterator[Event]:
        """The first key of a line: what stands at the end of the screen is what it answers."""
        yield from self._banner_event()
        yield from self._settle(Span(Side.CLIENT, offset, offset + 1))
        self._line_start = offset
        shown_end = bytes(self._shown_end)
        self._kind = prompt(shown_end)
        if self._above and bare(shown_end).strip() in (b"", b">"):
            self._kind = screen.prompt_above(self._above) or self._kind
        self._whom = screen.owner(shown_end) if self._kind is Prompt.PASSWORD else None
        self._unnamed = self._kind is None and not self._inside and screen.awaits_word(shown_end)

    def _entered(self, end: int) -> Iterator[Event]:
        line, span = bytes(self._line), Span(Side.CLIENT, self._line_start, end)
        self._line.clear()
        self._begun = False
        if self._broken:
            self._broken = False
            return
        self._above = b""
        ahead = not self._shown_since_line
        self._shown_since_line = False
        kind = self._kind
        if kind is None and not (line and bytes(self._shown_end).endswith(line)):
            kind = prompt(bytes(self._shown_end))  # the prompt came while the line was typed
            kind = kind if kind is Prompt.PASSWORD else None
        if kind is not Prompt.PASSWORD:
            word = self._unnamed and 0 < len(line) <= NAME_LIMIT and line.strip().isalnum() and not line.isdigit()
            self._perhaps = (readable(line.strip()), (span,)) if word else None
        if kind is None:
            if line and ahead and not self._inside:
                self._ahead.append((line, span))
            elif line:
                self._moved_on = True
                yield from self._command(line, span)
            return
        self._shown_end.clear()
        yield from self._bind(kind, line, span)

    def _bind(self, kind: Prompt, line: bytes, span: Span) -> Iterator[Event]:
        """``line`` is the answer to a prompt of ``kind``."""
        if kind is Prompt.USER:
            self._named = bool(line.strip())
            if line:
                self.user = (readable(line.strip()), (span,))
        elif kind is Prompt.PASSWORD:
            self._secret_prompted = True
            yield from self._given_up()
            # The answer to an unknown prompt was a name where a password prompt follows.
            user = (readable(self._whom), ()) if self._whom else self.user or self._perhaps
            self._whom = self._perhaps = None
            spans = (*(user[1] if user else ()), span)
            self._attempt = Login(
                mechanism="password",
                username=user[0] if user else None,
                secret=Secret(line),
                scheme=self.scheme,
                spans=spans,
            )
            self._answer_lines, self._moved_on = 0, False
        elif kind is Prompt.SHELL:
            self._ahead.clear()
            if not self._inside:
                self._inside = True
                if not self._secret_prompted:
                    yield self._opened(span)
            yield from self._command(line, span)

    def _opened(self, span: Span) -> Access:
        """A shell that no password was asked for, with the name that was typed at a prompt before it."""
        name, named = self.user if self._named and self.user else (None, ())
        return Access(
            resource="shell", action="command", granted=True, control=True, username=name, spans=(*named, span)
        )

    def _command(self, line: bytes, span: Span) -> Iterator[Event]:
        if self._inside:
            self._keep(Side.CLIENT, line + b"\n", span.start)
        return iter(())

    # How it went

    def _settle(self, here: Span) -> Iterator[Event]:
        """The client types again, or the session is over: the screen's end answers the last password."""
        kind = prompt(bytes(self._shown_end)) if self._shown_end else None
        if self._ahead and kind in (Prompt.USER, Prompt.PASSWORD):
            self._shown_end.clear()
            yield from self._bind(kind, *self._ahead.popleft())
            return
        if self._attempt is None or kind is None:
            return
        if kind is Prompt.SHELL:
            yield from self._answered(True, "shell prompt after password", None)
        elif not self._moved_on:
            yield from self._answered(False, "asked again after password", None)
        else:
            yield from self._given_up()

    def _answered(self, accepted: bool, basis: str, span: Span | None) -> Iterator[Event]:
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        self._inside = self._inside or accepted
        if accepted:
            self._ahead.clear()
            self.user = None  # the next password prompt is for another user
        yield replace(attempt, accepted=accepted, basis=basis, spans=(*attempt.spans, span) if span else attempt.spans)

    def _given_up(self) -> Iterator[Event]:
        if self._attempt is not None:
            yield self._attempt
        self._attempt = None

    def _banner_event(self) -> Iterator[Event]:
        if self._banner is not None:
            text = bare(bytes(self._banner))
            self._banner = None
            yield from attribute_events(f"{self.application}.banner", text, Side.SERVER)

    def _keep(self, side: Side, data: bytes, start: int) -> None:
        if not self._session[side].size:
            self._session_start[side] = start
        self._session[side].add(data)

    def lost(self, side: Side) -> None:
        """Bytes of a side are missing: the line that they were part of is discarded."""
        if side is Side.CLIENT:
            self._line.clear()
            self._broken, self._begun, self._after_return, self._escape = True, False, False, b""
        else:
            self._shown_end.clear()

    def close(self) -> Iterator[Event]:
        """End the session: yield its open login and its readable text."""
        yield from self._banner_event()
        yield from self._settle(Span(Side.SERVER, 0, 0))
        yield from self._given_up()
        for side in Side:
            words = self._session[side]
            if words.size:
                start = self._session_start[side]
                spans = (Span(side, start, start + min(words.size, EVIDENCE_LENGTH)),)
                data = bytes(words.data)
                yield Transfer(
                    side=side,
                    application=self.application,
                    name="session",
                    media_type="text/plain",
                    size=words.size,
                    data=data,
                    control=side is Side.CLIENT,
                    spans=spans,
                )


def _erase(line: bytearray) -> None:
    """Take the last character away: all bytes of it where it is UTF-8 (RFC 3629 3.)."""
    taken = 1
    while taken < 4 and taken < len(line) and line[-taken] & 0xC0 == 0x80:
        taken += 1
    del line[-taken if line and line[-taken] >= 0xC0 else -1 :]
