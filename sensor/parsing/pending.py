"""Logins and commands whose answers have not been seen yet.

A parser holds a login back until the protocol itself says whether it was accepted. `PendingLogin` is for protocols
in which only logins matter, `CommandQueue` for those whose commands are pipelined and answered in order or by a mark
of their own. Nothing keeps a client from a second login before the answer to its first one: the answer is the first's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from sensor.events import Login, Span
from sensor.light_dataclass import dataclass
from sensor.model import Side

COMMAND_LIMIT = 256
"""Commands of one connection that may await their replies. The longest pipelines that clients send are a mail to a
hundred receivers (RFC 2920; servers take 100 by RFC 5321 4.5.3.1.8) and a folder fetched at once (RFC 2449 6.6, RFC
3977 3.5)."""

LOGIN_LIMIT = 16
"""Logins of one connection that may await their answers: programs that guess passwords send a few at once."""

DROPPED_LIMIT = 10_000
"""Commands of one pipeline whose replies may still come after they were dropped: Redis's documentation on pipelining
advises batches of 10,000. Where more are dropped, their replies were not captured, or the commands have none."""

ARGUMENT_LIMIT = 1024
"""Bytes of a waiting command's argument that are stored: a user's name, or the name of a mechanism."""


def answered(login: Login, accepted: bool | None, basis: str | None, *spans: Span) -> Login:
    """``login`` with the protocol's own verdict, what it rests on, and the ``spans`` of the answer as further
    evidence."""
    return replace(login, accepted=accepted, basis=basis, spans=(*login.spans, *spans))


@dataclass(slots=True)
class Command:
    """A command that awaits its reply, with the login that it is, if it is one. A parser that needs more of it
    derives its own."""

    verb: str
    span: Span
    argument: bytes = b""
    login: Login | None = None

    def __post_init__(self) -> None:
        self.argument = self.argument[:ARGUMENT_LIMIT]


CommandT = TypeVar("CommandT", bound=Command)


class CommandQueue(Generic[CommandT]):
    """Commands in the order in which they were sent, at most ``limit``. True while one awaits its reply.

    A command that no longer fits is dropped with its reply to come: as many replies are then taken for dropped
    commands, so that the others keep theirs.
    """

    __slots__ = ("_commands", "_dropped", "_limit")

    def __init__(self, limit: int = COMMAND_LIMIT) -> None:
        self._commands: deque[CommandT] = deque()
        self._limit = limit
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._commands)

    def __iter__(self) -> Iterator[CommandT]:
        return iter(self._commands)

    @property
    def first(self) -> CommandT | None:
        """The command that the next reply belongs to. It stays in the queue."""
        return self._commands[0] if self._commands and not self._dropped else None

    def awaits(self, verbs: Collection[str]) -> bool:
        """Whether a command with one of ``verbs`` awaits its reply."""
        return any(command.verb in verbs for command in self._commands)

    def append(self, command: CommandT) -> Iterator[Login]:
        """Add a command. Yields the login of the oldest one where that is dropped for it."""
        if len(self._commands) >= self._limit:
            oldest = self._commands.popleft()
            self._dropped = self._dropped + 1 if self._dropped < DROPPED_LIMIT else 0
            if oldest.login is not None:
                yield oldest.login
        self._commands.append(command)

    def take(self) -> CommandT | None:
        """Remove and return the command that the next reply belongs to; None where that one was dropped, or none
        waits."""
        if self._dropped:
            self._dropped -= 1
            return None
        return self._commands.popleft() if self._commands else None

    def take_where(self, fits: Callable[[CommandT], bool]) -> CommandT | None:
        """Remove and return the oldest command that ``fits`` accepts, for replies that name theirs (a tag, a verb)."""
        for position, command in enumerate(self._commands):
            if fits(command):
                del self._commands[position]
                return command
        return None

    def skip_to(self, verbs: Collection[str]) -> Iterator[Login]:
        """Remove the commands before the first with one of ``verbs``: a reply to that one shows that theirs were lost.

        Yields their logins. Does nothing where no command has one of ``verbs``.
        """
        if not self.awaits(verbs):
            return
        self._dropped = 0
        while self._commands[0].verb not in verbs:
            missed = self._commands.popleft()
            if missed.login is not None:
                yield missed.login

    def unanswered(self) -> Iterator[Login]:
        """Empty the queue and yield its logins: the connection ended, or replies were lost."""
        commands, self._commands, self._dropped = self._commands, deque(), 0
        for command in commands:
            if command.login is not None:
                yield command.login


@dataclass(slots=True)
class _Attempt(Command):
    key: object = None


class PendingLogin:
    """The logins of a connection that await their answers, oldest first. True while there is one.

    `add` one that was sent. Assign to ``login`` where the protocol itself has only one, or its next step replaces it.
    """

    __slots__ = ("_attempts",)

    def __init__(self) -> None:
        self._attempts: CommandQueue[_Attempt] = CommandQueue(LOGIN_LIMIT)

    def __len__(self) -> int:
        return len(self._attempts)

    @property
    def login(self) -> Login | None:
        """The login that the next answer belongs to."""
        first = self._attempts.first
        return None if first is None else first.login

    @login.setter
    def login(self, login: Login | None) -> None:
        self._attempts = CommandQueue(LOGIN_LIMIT)
        if login is not None:
            deque(self.add(login), 0)

    def add(self, login: Login, key: object = None) -> Iterator[Login]:
        """One more login; ``key`` is what its answer names it by. Yields the oldest where they are too many."""
        yield from self._attempts.append(_Attempt("", Span(Side.CLIENT, 0, 0), login=login, key=key))

    def awaits(self, key: object) -> bool:
        """Whether a login with this key is pending."""
        return any(attempt.key == key for attempt in self._attempts)

    def answer(self, accepted: bool | None, basis: str | None, *spans: Span, key: object = None) -> Iterator[Login]:
        """The login with its answer (see `answered`), which then is no longer pending: the oldest with this key."""
        attempt = self._attempts.take() if key is None else self._attempts.take_where(lambda one: one.key == key)
        if attempt is not None and attempt.login is not None:
            yield answered(attempt.login, accepted, basis, *spans)

    def unanswered(self) -> Iterator[Login]:
        """The logins as they are: the connection ended, or their answers were lost."""
        yield from self._attempts.unanswered()
