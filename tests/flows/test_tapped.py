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


def test_it_weighs_the_tap_and_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"he")
    assert found.conversation.weigh() == ears.buffered_bytes + 2 == found.conversation.buffered_bytes
    found.close()
    assert found.conversation.weigh() < ears.buffered_bytes


@pytest.mark.parametrize(("greedy", "skips"), [(True, 0), (False, 1)])
def test_what_the_parser_skips_comes_on_where_the_tap_wants_it(
    greedy: bool, skips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = talk(ears := Ears(greedy=greedy), monkeypatch).say(C, b"hello\nbody 10\n123")
    assert len(found.wants.skips) == skips
    if greedy:
        found.say(C, b"4567890after\n")
        assert [value for _, value, _ in found.events] == ["hello", "body 10", "after"]
        assert b"".join(data for _, data, _ in ears.heard) == b"hello\nbody 10\n1234567890after\n"


@pytest.mark.parametrize("patient", [True, False])
def test_a_patient_tap_reads_on_alone(patient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears(patient=patient)
    found = talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"enough\n")
    assert found.wants.ignored == ([] if patient else [5])
    found.say(C, b"more\n").say(S, b"reply\n")
    assert [value for _, value, _ in found.events] == ["hello", "enough"]
    assert [data for _, data, _ in ears.heard[2:]] == ([b"more\n", b"reply\n"] if patient else [])
    if patient:
        ears.patient = False
        found.say(C, b"last\n").say(C, b"not this\n")
        assert ears.heard[-1] == (C, b"last\n", False) and found.wants.ignored == [5]


def test_gaps_are_reported_when_the_tap_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"enough\n").say(C, b"more\n", lost=10).close()
    assert ears.gaps == [0] and ears.closed == 1
    assert [value for _, value, _ in found.events] == ["hello", "enough"]


def test_ends_that_were_turned_are_heard_on_the_decoder_s_side(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    talk(ears, monkeypatch, start_known=False).say(S, b"hello\n").say(C, b"reply\n")
    assert [(side, data) for side, data, _ in ears.heard] == [(S, b"hello\n"), (C, b"reply\n")]
    assert ears.heard[-1][2] is True


def test_what_an_upgrade_hands_over_is_not_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        plain.TABLE, "other", plain.Protocol(name="other", parser=plain.Other, protection=Protection.CLEARTEXT)
    )
    ears = Ears()
    talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"starttls\nnext\n").say(C, b"last\n")
    assert [data for _, data, _ in ears.heard] == [b"hello\n", b"starttls\nnext\n", b"last\n"]


def test_a_tap_that_had_enough_does_not_end_what_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears(patient=False)
    found = talk(ears, monkeypatch).say(C, b"hello\n").say(C, b"more\n").say(C, b"last\n")
    assert [value for _, value, _ in found.events] == ["hello", "more", "last"] and found.wants.ignored == []


def test_a_loss_costs_the_parser_its_line_with_a_tap_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"hello\nabc").say(C, b"xyz\nnext\n", lost=4).close()
    assert [value for _, value, _ in found.events] == ["hello", "next"] and ears.gaps == [0]


def test_a_tap_is_closed_once_and_weighs_nothing_then(monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    found = talk(ears, monkeypatch).say(C, b"hello\n").close()
    assert found.conversation.weigh() == found.conversation.buffered_bytes == 0
    found.conversation.segment(C, 6, -1, 16, 3, b"abc", 9, 9)
    found.conversation.segment(C, 19, -1, 16, 3, b"abc", 10, 10)
    found.close()
    assert ears.closed == 1 and ears.gaps == []
