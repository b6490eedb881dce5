"""What holds for every protocol with a login, as conversations that each of their tests runs with its own words.

    @pytest.mark.parametrize("check", CHECKS)
    def test_logins_of_every_kind(check: Check) -> None:
        check(Dialogue(Pop3, lambda user, secret: talk(f"C: USER {user}", "S: +OK", f"C: PASS {secret}"), …))

The expected values follow from the protocol's rules for its answers, which the ``Dialogue`` names; none is specific to
a parser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sensor.events import Enough, Login, Span, Upgrade
from sensor.model import Secret
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Parsed, Parser
from tests.conversation import C, Run, S, Script, converse

ANNA, WRONG = ("anna", "s3cret-one"), ("berta", "other-two")


@dataclass(frozen=True)
class Dialogue:
    """How a protocol logs in. ``attempt``: from the first command to the one with the secret, the server's steps
    between; its last turn is the client's and holds the secret.
    """

    parser: Callable[[], Parser]
    attempt: Callable[[str, str], Script]
    accepted: bytes
    refused: bytes
    undecided: Sequence[bytes] = ()
    """Answers that neither accept nor refuse: the server is busy, the command came at a wrong time."""
    opening: Script = ()
    secret: Callable[[str, str], Secret] = field(default=lambda _, secret: Secret(secret))
    """What the parser takes for the secret: a hash where it cannot be read."""
    named: bool = True
    """The login has a name."""
    name: Callable[[str], str] = field(default=lambda user: user)
    """The name of a login as the protocol completes it: with its realm."""
    again: bool = True
    """The same connection may log in once more."""
    second: bool = False
    """A second login in one connection breaks the protocol, and is found all the same."""
    prompted: bool = False
    """What is typed where nothing was asked for is no login."""
    pipelined: bool = True
    """The client may send everything before the first answer."""
    resumes: bool = True
    """It can be read on behind a loss; else all ends there."""
    evident: bool = False
    """An answer says by itself what it answers: it may be paired behind a loss."""
    shows_answer: bool = True
    """The evidence holds the answer."""
    datagrams: bool = False
    """Each turn is a datagram: evidence counts them, and a secret is there whole or not at all."""

    def logins(self, script: Script) -> list[Login]:
        """Those of a whole conversation, fed in every way."""
        return [item for item in converse(self.parser, script, damage=False) if isinstance(item, Login)]

    def expected(self, user: str, secret: str, accepted: bool | None) -> tuple[str | None, Secret, bool | None]:
        """One login in brief."""
        return (self.name(user) if self.named else None, self.secret(user, secret), accepted)


Check = Callable[[Dialogue], None]


def brief(logins: Sequence[Parsed]) -> list[tuple[str | None, Secret | None, bool | None]]:
    """Name, secret, and what became of it."""
    return [(item.username, item.secret, item.accepted) for item in logins if isinstance(item, Login)]


def _place(dialogue: Dialogue, script: Script, turn: int) -> Span:
    def length(data: bytes) -> int:
        return 1 if dialogue.datagrams else len(data)

    side, data = script[turn]
    start = sum(length(sent) for sender, sent in script[:turn] if sender is side)
    return Span(side, start, start + length(data))


def _within(spans: Sequence[Span], place: Span) -> bool:
    return any(place.start <= span.start and span.end <= place.end for span in spans if span.side is place.side)


def the_answer_decides(dialogue: Dialogue) -> None:
    """Accepted, refused, neither, none: and the evidence is the command with the secret and its answer."""
    asked = [*dialogue.opening, *dialogue.attempt(*ANNA)]
    answers: list[tuple[bytes, bool | None]] = [(dialogue.accepted, True), (dialogue.refused, False)]
    answers += [(answer, None) for answer in dialogue.undecided]
    for answer, accepted in answers:
        script = [*asked, (S, answer)]
        found = dialogue.logins(script)
        assert brief(found) == [dialogue.expected(*ANNA, accepted)], answer
        [login] = found
        assert _within(login.spans, _place(dialogue, script, len(asked) - 1)), answer
        if accepted is not None:
            assert _within(login.spans, _place(dialogue, script, len(asked))) or not dialogue.shows_answer, answer
            assert login.basis, answer
    unanswered = dialogue.logins(asked)
    assert brief(unanswered) == [dialogue.expected(*ANNA, None)]
    assert not any(span.start >= _place(dialogue, [*asked, (S, b"?")], len(asked)).start
                   for span in unanswered[0].spans if span.side is S)  # fmt: skip


def attempts_have_their_own_answers(dialogue: Dialogue) -> None:
    """A refused login and then an accepted one, the other way round, and one that is repeated without an answer."""
    if not dialogue.again:
        return
    first, second = dialogue.attempt(*WRONG), dialogue.attempt(*ANNA)
    script = [*dialogue.opening, *first, (S, dialogue.refused), *second, (S, dialogue.accepted)]
    found = dialogue.logins(script)
    assert brief(found) == [dialogue.expected(*WRONG, False), dialogue.expected(*ANNA, True)]
    turn = len(dialogue.opening) + len(first)
    refusal, acceptance = _place(dialogue, script, turn), _place(dialogue, script, len(script) - 1)
    if dialogue.shows_answer:
        assert _within(found[0].spans, refusal) and _within(found[1].spans, acceptance)
    assert not _within(found[0].spans, acceptance) and not _within(found[1].spans, refusal)
    assert brief(dialogue.logins([*dialogue.opening, *first, (S, dialogue.refused), *second])) == [
        dialogue.expected(*WRONG, False), dialogue.expected(*ANNA, None),
    ]  # fmt: skip


def everything_at_once(dialogue: Dialogue) -> None:
    """All attempts of the client before any answer: each answer belongs to the command in its place."""
    if not dialogue.pipelined:
        return
    script = [*dialogue.attempt(*WRONG), (S, dialogue.refused)]
    expected = [dialogue.expected(*WRONG, False)]
    if dialogue.again:
        script += [*dialogue.attempt(*ANNA), (S, dialogue.accepted)]
        expected.append(dialogue.expected(*ANNA, True))
    sent = [b"".join(data for side, data in script if side is end) for end in (C, S)]
    assert brief(dialogue.logins([*dialogue.opening, (C, sent[0]), (S, sent[1])])) == expected


def in_flight(dialogue: Dialogue, outcomes: tuple[bool, bool], answers: int) -> Script:
    """The client sends a second login before the first is answered; then the server's turns come in their order."""
    first, second = dialogue.attempt(*WRONG), dialogue.attempt(*ANNA)
    mine = [(side, data) for side, data in second if side is C]
    given = [(S, dialogue.accepted if accepted else dialogue.refused) for accepted in outcomes]
    between = [(side, data) for side, data in second if side is S]
    return [*dialogue.opening, *first, *mine, *[given[0], *between, given[1]][: answers if answers < 2 else None]]


def a_second_login_does_not_take_the_answer_of_the_first(dialogue: Dialogue) -> None:
    """Two logins before any answer: the first answer is the first's, or nobody's; none is lost."""
    if dialogue.prompted:
        return
    for outcomes in ((False, True), (True, False)):
        for answers in (0, 1, 2):
            found = brief(dialogue.logins(in_flight(dialogue, outcomes, answers)))
            sent = [dialogue.expected(*attempt, None)[:2] for attempt in (WRONG, ANNA)]
            secrets = [each[:2] for each in found]
            assert sorted(secrets, key=sent.index) == sent[: len(secrets)], (outcomes, answers, found)
            assert len(secrets) == 2 or not (dialogue.again or dialogue.second), (outcomes, answers, found)
            for name, secret, accepted in found:
                at = sent.index((name, secret))
                assert accepted in ({None, outcomes[at]} if at < answers else {None}), (outcomes, answers, found)


def nobody_accepts_himself(dialogue: Dialogue) -> None:
    """The server's answer sent by the client accepts nothing; the login is found all the same."""
    run = Run(dialogue.parser())
    try:
        for side, data in [*dialogue.opening, *dialogue.attempt(*ANNA), (C, dialogue.accepted)]:
            run.feed(side, data)
    except Malformed:
        pass
    found = brief(run.close())
    assert [each[:2] for each in found[:1]] == [dialogue.expected(*ANNA, None)[:2]]
    assert all(accepted is not True for _, _, accepted in found)


def _lossy(dialogue: Dialogue, *steps: tuple[Script, int, int]) -> list[Parsed]:
    """Feed pieces; after each one, so many bytes of a side are lost (0: none)."""
    run = Run(dialogue.parser())
    for script, side, lost in steps:
        try:
            for end, data in script:
                run.feed(end, data)
            if lost:
                run.gap((C, S)[side], lost)
        except Malformed:
            # The flow is left; what the parser still holds comes out.
            break
    return run.close()


def an_answer_after_a_loss_decides_nothing(dialogue: Dialogue) -> None:
    """What was lost may have held the answer, and what comes after may answer something else. The login stays."""
    asked = [*dialogue.opening, *dialogue.attempt(*ANNA)]
    found = brief(_lossy(dialogue, (asked, 1, 500), ([(S, b"\r\n"), (S, dialogue.accepted)], 0, 0)))
    assert [each[:2] for each in found] == [dialogue.expected(*ANNA, None)[:2]]
    if not dialogue.evident:
        assert found[0][2] is None


def a_secret_with_a_hole_is_none(dialogue: Dialogue) -> None:
    """Bytes of the command with the secret are lost: nobody may be shown what is left of it, and the next attempt is
    found whole.
    """
    *before, (_, command) = [*dialogue.opening, *dialogue.attempt(*WRONG)]
    cut = command.find(WRONG[1].encode())
    if cut < 0 or dialogue.datagrams:
        return
    cut += 3
    start: Script = [*before, (C, command[:cut])]
    rest: Script = [(C, command[cut + 4 :]), (S, dialogue.refused)]
    if dialogue.again:
        rest = [*rest, *dialogue.attempt(*ANNA), (S, dialogue.accepted)]
    found = brief(_lossy(dialogue, (start, 0, 4), (rest, 0, 0)))
    whole = dialogue.secret(*ANNA)
    assert {secret for _, secret, _ in found} <= {None, whole}
    if dialogue.resumes and dialogue.again:
        assert whole in {secret for _, secret, _ in found}


def nothing_is_reported_after_the_end(dialogue: Dialogue) -> None:
    """Closing once more says nothing again, and a login is reported once."""
    run = Run(dialogue.parser())
    for side, data in [*dialogue.opening, *dialogue.attempt(*ANNA)]:
        run.feed(side, data)
    assert len(brief(run.close())) == 1
    if not any(isinstance(item, Enough | Upgrade) for item in run.parsed):
        assert len(brief([*run.parser.close()])) == 0


def the_server_logs_nobody_in(dialogue: Dialogue) -> None:
    """The commands of a login in what the server sends (a banner, a page, a mail) are nobody's login."""
    run = Run(dialogue.parser())
    try:
        for side, data in [*dialogue.opening, *((S, data) for _, data in dialogue.attempt(*ANNA))]:
            run.feed(side, data)
    except Malformed:
        pass
    assert dialogue.secret(*ANNA) not in [secret for _, secret, _ in brief(run.close())]


def an_answer_before_the_command_decides_nothing(dialogue: Dialogue) -> None:
    """The server accepts before anybody asked; then the command comes, and no answer to it."""
    run = Run(dialogue.parser())
    try:
        for side, data in [*dialogue.opening, (S, dialogue.accepted), *dialogue.attempt(*ANNA)]:
            run.feed(side, data)
    except Malformed:
        pass
    assert all(accepted is not True for _, _, accepted in brief(run.close()))


def a_third_attempt_has_its_own_answer(dialogue: Dialogue) -> None:
    """The same wrong pair twice, refused twice; then the right one."""
    if not dialogue.again:
        return
    refused = [*dialogue.attempt(*WRONG), (S, dialogue.refused)]
    script = [*dialogue.opening, *refused, *refused, *dialogue.attempt(*ANNA), (S, dialogue.accepted)]
    found = brief(dialogue.logins(script))
    assert found[0] == dialogue.expected(*WRONG, False) and found[-1] == dialogue.expected(*ANNA, True)
    assert len(found) <= 3 and all(each == found[0] for each in found[:-1])


CHECKS: tuple[Check, ...] = (
    the_answer_decides,
    attempts_have_their_own_answers,
    everything_at_once,
    a_second_login_does_not_take_the_answer_of_the_first,
    nobody_accepts_himself,
    an_answer_after_a_loss_decides_nothing,
    a_secret_with_a_hole_is_none,
    nothing_is_reported_after_the_end,
    the_server_logs_nobody_in,
    an_answer_before_the_command_decides_nothing,
    a_third_attempt_has_its_own_answer,
)

CHECKS_WITHOUT_SIDES: tuple[Check, ...] = tuple(
    check for check in CHECKS if check not in (nobody_accepts_himself, the_server_logs_nobody_in)
)
"""For protocols whose messages say themselves which end sent them, and whose frames may have no addresses."""
