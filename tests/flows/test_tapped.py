"""Reading along: every byte once, in order, also what the parser skips, gives up or has had enough of; nothing that is
encrypted.
"""

from __future__ import annotations

import pytest

from sensor.flows.tapped import Tapped
from sensor.model import Protection
from sensor.statistics import Statistics
from tests.flows import test_conversation as plain
from tests.flows.test_conversation import C, S, Talk, registry  # noqa: F401 - the fixture


class Ears:
    """A tap that keeps what it hears."""

    def __init__(self, *, patient: bool = True, greedy: bool = False) -> None:
        self.heard: list[tuple[int, bytes, bool]] = []
        self.gaps: list[int] = []
        self.closed = 0
        self.patient, self.greedy = patient, greedy
        self.buffered_bytes = 7

    def take(self, side: int, data: bytes, frame: int, time: int, turned: bool) -> None:
        self.heard.append((side, data, turned))

    def gap(self, side: int, *, turned: bool) -> None:
        self.gaps.append(side)

    def close(self, *, turned: bool) -> None:
        self.closed += 1

    def wants(self, side: int) -> bool:
        return self.greedy

    def goes_on(self) -> bool:
        return self.patient


def talk(ears: Ears, monkeypatch: pytest.MonkeyPatch, **more: bool) -> Talk:
    monkeypatch.setattr(plain, "Conversation", lambda *args, **kwargs: Tapped(*args, tap=ears, **kwargs))
    assert Statistics
    return Talk(**more)


def test_every_byte_is_heard_once_whatever_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    talk(ears, monkeypatch).say(C, b"he").say(C, b"llo\n").say(S, b"reply\n").close()
    assert ears.heard == [(0, b"he", False), (0, b"llo\n", False), (1, b"reply\n", False)] and ears.closed == 1


def test_what_is_encrypted_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"starttls\nnext\n").say(S, b"reply\n")
    assert found.flow.protection is Protection.ENCRYPTED
    assert ears.heard[0] == (0, b"hello\n", False) and (1, b"reply\n", False) not in ears.heard


def test_gaps_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"more\n", lost=10).close()
    assert ears.gaps == [0]


def test_it_weighs_what_the_tap_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"hello\n")
    assert found.conversation.weigh() >= ears.buffered_bytes
