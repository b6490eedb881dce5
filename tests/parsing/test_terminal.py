"""Terminal sessions without a carrier: line and character mode, editing, echo, type-ahead, several attempts, shells
without a login."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import Access, Attribute, Login, Transfer
from sensor.model import Secret, Side
from sensor.parsing.parser import Parsed, Parser
from sensor.parsing.terminal import AHEAD_LIMIT, ANSWER_LINES, TYPED_LIMIT, TerminalSession
from tests.conversation import C, Run, S, Script, converse


class Bare(Parser):
    """A terminal carried by nothing."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.terminal = TerminalSession("telnet", "prompt")
        self.offsets = [0, 0]

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        start = self.offsets[side]
        self.offsets[side] += len(data)
        return self.terminal.typed(data, start) if side is C else self.terminal.shown(data, start)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        self.offsets[side] += length
        self.terminal.lost(side)
        return iter(())

    def close(self) -> Iterator[Parsed]:
        return self.terminal.close()


def logins(script: Script, **more: bool) -> list[tuple[str | None, Secret | None, bool | None, str | None]]:
    return [
        (item.username, item.secret, item.accepted, item.basis)
        for item in converse(Bare, script, **more)
        if isinstance(item, Login)
    ]


SHELL, REFUSED, AGAIN = "shell prompt after password", "'login incorrect' after password", "asked again after password"
ASKED: Script = [(S, b"nas login: "), (C, b"anna\r\n"), (S, b"anna\r\nPassword: "), (C, b"s3cret\r\n")]


def test_line_mode_let_in_by_the_shells_prompt() -> None:
    script = [*ASKED, (S, b"\r\n~ # "), (C, b"ls\r\n")]
    parsed = converse(Bare, script)
    login = next(item for item in parsed if isinstance(item, Login))
    assert (login.username, login.secret, login.accepted, login.basis) == ("anna", Secret("s3cret"), True, SHELL)
    assert (login.scheme, login.mechanism, login.clear) == ("prompt", "password", True)
    assert [(span.side, span.start, span.end) for span in login.spans] == [(C, 0, 5), (C, 6, 13)]
    assert not [item for item in parsed if isinstance(item, Access)]


def test_the_words_of_a_refusal_are_its_evidence() -> None:
    script = [
        *ASKED,
        (S, b"\r\n\r\nLogin incorrect\r\nnas login: "),
        (C, b"bo\r\n"),
        (S, b"bo\r\nPassword: "),
        (C, b"right\r\n"),
        (S, b"\r\nLast login: yesterday\r\n$ "),
    ]
    parsed = [item for item in converse(Bare, script) if isinstance(item, Login)]
    assert [(item.username, item.accepted, item.basis) for item in parsed] == [
        ("anna", False, REFUSED),
        ("bo", True, "'last login' after password"),
    ]
    refusal = parsed[0].spans[-1]
    shown = b"".join(data for side, data in script if side is S)
    assert shown[refusal.start : refusal.end] == b"Login incorrect\r\n"


def test_a_second_prompt_is_a_refusal() -> None:
    script = [
        *ASKED,
        (S, b"\r\nnas login: "),
        (C, b"bo\r\n"),
        (S, b"bo\r\nPassword: "),
        (C, b"2\r\n"),
        (S, b"\r\nPassword: "),
        (C, b"3\r\n"),
    ]
    assert logins(script) == [
        ("anna", Secret("s3cret"), False, AGAIN),
        ("bo", Secret("2"), False, AGAIN),
        ("bo", Secret("3"), None, None),
    ]


def test_a_capture_that_ends_at_the_prompt() -> None:
    assert logins([*ASKED, (S, b"\r\n$ ")])[0][2:] == (True, SHELL)
    assert logins([*ASKED, (S, b"\r\nnas login: ")])[0][2:] == (False, AGAIN)
    assert logins(ASKED)[0][2:] == (None, None)
    assert logins([*ASKED, (S, b"\r\nMain Menu\r\nEnter selection: ")])[0][2:] == (None, None)


def characters(text: str, echo: bool) -> Script:
    script: list[tuple[Side, bytes]] = []
    for character in text:
        script.append((C, character.encode()))
        if echo:
            script.append((S, character.encode()))
    return script


def test_character_mode_one_key_a_packet() -> None:
    script = [
        (S, b"nas login: "),
        *characters("anna", True),
        (C, b"\r\0"),
        (S, b"\r\nPassword: "),
        *characters("s3cret", False),
        (C, b"\r\0"),
        (S, b"\r\n$ "),
    ]
    assert logins(script) == [("anna", Secret("s3cret"), True, SHELL)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (b"anmb\x7f\x7fna", "anna"),
        (b"anmb\x08\x08na", "anna"),
        (b"bo\x7f\x7f\x7f\x7fanna", "anna"),
        (b"bo\x15anna", "anna"),
        (b"big bo\x17anna", "big anna"),
        ("anü\x7fna".encode(), "anna"),
        (b"m\xfcl\x7fller", "m\\xfcller"),
        (b"\x1b[24;80Ranna\x1b[D\x1bOA", "anna"),
        (b"anna ", "anna"),
    ],
)
def test_editing(typed: bytes, meant: str) -> None:
    script = [(S, b"nas login: "), (C, typed + b"\r\n"), (S, b"x\r\nPassword: "), (C, b"pa\x7fass\r\n")]
    assert logins(script) == [(meant, Secret("pass"), None, None)]


def test_erasing_the_whole_name_on_a_screen_that_echoes() -> None:
    keys = [
        (C, b"b"),
        (S, b"b"),
        (C, b"\x7f"),
        (S, b"\x08 \x08"),
        (C, b"a"),
        (S, b"a"),
        (C, b"\r"),
        (S, b"\r\nPassword: "),
        (C, b"p\r"),
    ]
    assert logins([(S, b"login: "), *keys]) == [("a", Secret("p"), None, None)]


def test_an_interrupt_brings_the_prompt_again() -> None:
    script = [
        (S, b"login: "),
        (C, b"bo\x03"),
        (S, b"^C\r\nlogin: "),
        (C, b"anna\r\n"),
        (S, b"\r\nPassword: "),
        (C, b"p\r\n"),
    ]
    assert logins(script) == [("anna", Secret("p"), None, None)]


def test_a_script_that_does_not_wait() -> None:
    # What botnets do: name, password and commands in one go.
    script = [
        (S, b"\r\nlogin: "),
        (C, b"root\r\nxc3511\r\nenable\r\nshell\r\n"),
        (S, b"root\r\nPassword: \r\n\r\nBusyBox v1.1 built-in shell\r\n# "),
    ]
    assert logins(script) == [("root", Secret("xc3511"), True, "'busybox v' after password")]
    script = [(C, b"root\r\nadmin\r\n"), (S, b"login: root\r\nPassword: \r\nLogin incorrect\r\nlogin: ")]
    assert logins(script) == [("root", Secret("admin"), False, REFUSED)]


def test_a_password_begun_before_its_prompt_is_shown() -> None:
    script = [
        (S, b"login: "),
        (C, b"anna\r\n"),
        (S, b"anna\r\n"),
        (C, b"s3"),
        (S, b"Password: "),
        (C, b"cret\r\n"),
        (S, b"\r\n$ "),
    ]
    assert logins(script) == [("anna", Secret("s3cret"), True, SHELL)]


def test_a_password_without_a_name_and_a_second_for_more_rights() -> None:
    script = [
        *[
            (S, b"User Access Verification\r\n\r\nPassword: "),
            (C, b"one\r\n"),
            (S, b"\r\nRouter>"),
            (C, b"enable\r\n"),
            (S, b"enable\r\nPassword: "),
        ],
        *[(C, b"two\r\n"), (S, b"\r\n% Bad secrets\r\n\r\nRouter>"), (C, b"exit\r\n")],
    ]
    assert logins(script) == [
        (None, Secret("one"), True, SHELL),
        (None, Secret("two"), False, "'bad secrets' after password"),
    ]


def test_the_prompt_names_the_user() -> None:
    script = [
        *ASKED,
        (S, b"\r\n$ "),
        (C, b"sudo ls\r\n"),
        (S, b"sudo ls\r\n[sudo] password for anna: "),
        (C, b"s3cret\r\n"),
        (S, b"\r\n$ "),
    ]
    assert logins(script) == [("anna", Secret("s3cret"), True, SHELL)] * 2


def test_an_unknown_prompt_before_the_password_is_for_the_name() -> None:
    script: Script = [(S, b"Engineer: "), (C, b"anna\r\n"), (S, b"Password: "), (C, b"s3cret\r\n"), (S, b"# ")]
    assert logins(script) == [("anna", Secret("s3cret"), True, SHELL)]
    chosen: Script = [(S, b"Your choice: "), (C, b"login\r\n"), (S, b"Password: "), (C, b"s3cret\r\n"), (S, b"# ")]
    assert logins(chosen) == [(None, Secret("s3cret"), True, SHELL)]
    inside: Script = [(S, b"nas> "), (C, b"enable\r\n"), (S, b"Password: "), (C, b"s3cret\r\n"), (S, b"nas# ")]
    assert logins(inside) == [(None, Secret("s3cret"), True, SHELL)]


def test_prompts_whose_answer_is_typed_below_them() -> None:
    script: Script = [
        (S, b"Login:\r\n> "),
        (C, b"anna\r\n"),
        (S, b"anna\r\nPassword:\r\n"),
        (C, b"s3cret\r\n"),
        (S, b"\r\nnas# "),
    ]
    assert logins(script) == [("anna", Secret("s3cret"), True, SHELL)]
    assert logins([(S, b"The default is in the manual.\r\n"), (C, b"s3cret\r\n"), (S, b"what?\r\n")]) == []


def test_after_a_menu_a_second_prompt_is_no_verdict_on_the_first_password() -> None:
    script = [*ASKED, (S, b"\r\nChoose: "), (C, b"9\r\n"), (S, b"9\r\nPassword: "), (C, b"expert\r\n")]
    assert logins(script) == [("anna", Secret("s3cret"), None, None), ("anna", Secret("expert"), None, None)]


def test_a_shell_without_a_login() -> None:
    parsed = converse(
        Bare,
        [
            (S, b"BusyBox v1.1 built-in shell\r\n# "),
            (C, b"cat /etc/passwd\r\n"),
            (S, b"cat /etc/passwd\r\nroot::0:0\r\n# "),
            (C, b"exit\r\n"),
        ],
    )
    assert [(item.resource, item.granted, item.control) for item in parsed if isinstance(item, Access)] == [
        ("shell", True, True)
    ]
    sent, shown = (item for item in parsed if isinstance(item, Transfer))
    assert (sent.side, sent.data, sent.control, sent.application) == (C, b"cat /etc/passwd\nexit\n", True, "telnet")
    assert (shown.side, b"root::0:0" in shown.data, shown.control) == (S, True, False)


def test_a_name_alone_opens_a_shell() -> None:
    script = [
        (S, b"Meow login: "),
        *characters("root", True),
        (C, b"\r\n"),
        (S, b"\r\nWelcome\r\nroot@Meow:~# "),
        (C, b"id\r\n"),
        (S, b"id\r\nuid=0(root)\r\nroot@Meow:~# "),
    ]
    parsed = converse(Bare, script)
    assert [(i.resource, i.granted, i.control, i.username) for i in parsed if isinstance(i, Access)] == [
        ("shell", True, True, "root")
    ]
    assert logins(script) == []


def test_a_name_with_a_password_or_without_a_shell_opens_nothing() -> None:
    for script in (
        [*ASKED, (S, b"\r\nnas# "), (C, b"ls\r\n")],
        [(S, b"login: "), (C, b"root\r\n"), (S, b"root\r\nLogin incorrect\r\nlogin: "), (C, b"anna\r\n")],
        [(S, b"login: "), (C, b"root\r\n")],
    ):
        assert not [item for item in converse(Bare, script) if isinstance(item, Access)]


def test_no_password_stands_in_the_session_that_is_reported() -> None:
    script = [
        *ASKED,
        (S, b"\r\n$ "),
        (C, b"passwd\r\n"),
        (S, b"passwd\r\nNew password: "),
        (C, b"canary-canary\r\n"),
        (S, b"\r\n$ "),
        (C, b"exit\r\n"),
    ]
    parsed = converse(Bare, script)
    assert [item.data for item in parsed if isinstance(item, Transfer) and item.side is C] == [b"passwd\nexit\n"]
    assert not any(b"s3cret" in item.data or b"canary" in item.data for item in parsed if isinstance(item, Transfer))
    assert len([item for item in parsed if isinstance(item, Login)]) == 1


def test_the_banner_is_reported_once() -> None:
    parsed = converse(Bare, [(S, b"\x1b[2JExample Camera 7\r\n"), *ASKED, (S, b"\r\n$ "), (C, b"\r\n")])
    assert [(item.field, item.value) for item in parsed if isinstance(item, Attribute)] == [
        ("telnet.banner", "Example Camera 7\nnas login:")
    ]


@pytest.mark.parametrize(
    "script",
    [
        [(S, b"$ "), (C, b"echo Password:\r\n"), (S, b"echo Password:\r\nPassword:\r\n$ "), (C, b"ls\r\n")],
        [(S, b"menu: "), *characters("find login:", True), (C, b"\r"), (S, b"\r\nmenu: "), (C, b"x\r")],
        [(S, b"The default password: admin\r\nmenu: "), (C, b"a\r\nb\r\n")],
        [(S, b"login: "), (C, b"anna\r\n")],
        [(C, b"login: anna\r\npassword: x\r\n")],
        [(S, b"Password: ")],
    ],
)
def test_what_is_no_login(script: Script) -> None:
    assert logins(script) == []


def test_losses() -> None:
    run = Run(Bare())
    for side, data in ASKED[:3]:
        run.feed(side, data)
    run.feed(C, b"s3c")
    run.gap(C, 2)
    run.feed(C, b"t\r\n")
    run.feed(S, b"\r\nLogin incorrect\r\nlogin: ")
    run.feed(C, b"bo\r\n")
    run.feed(S, b"bo\r\nPassw")
    run.gap(S, 5)
    run.feed(C, b"p\r\n")
    assert not [item for item in run.close() if isinstance(item, Login)]


def test_bounds() -> None:
    run = Run(Bare())
    run.feed(S, b"login: ")
    run.feed(C, b"a\r\n")
    run.feed(S, b"Password: ")
    run.feed(C, b"x" * (2 * TYPED_LIMIT) + b"\r\n")
    run.feed(S, b"y" * 100_000)
    run.feed(C, b"z\r\n" * 100)
    assert len(run.parser.terminal._shown_end) <= 256 and len(run.parser.terminal._ahead) <= AHEAD_LIMIT
    assert [item.secret for item in run.close() if isinstance(item, Login)] == [Secret("x" * TYPED_LIMIT)]


def test_a_name_typed_at_an_unknown_prompt_is_short_and_a_word() -> None:
    """What a password prompt follows was a name, if it can be one: letters and digits, and not a number alone."""
    for typed, name in (
        ("engineer", "engineer"), ("eng1neer", "eng1neer"), ("12345", None), ("two words", None),
        ("x" * 64, "x" * 64), ("x" * 2000, None),
    ):  # fmt: skip
        script: Script = [(S, b"Engineer: "), (C, typed.encode() + b"\r\n"), (S, b"\r\nPassword: "), (C, b"s3cret\r\n")]
        assert [user for user, *_ in logins(script, damage=False, bytewise=False)] == [name], typed[:20]


def test_what_is_typed_in_the_session_is_kept_as_text_and_before_it_is_not() -> None:
    script = [*ASKED, (S, b"\r\n~ # "), (C, b"ls -l\r\n"), (S, b"ls -l\r\nfile\r\n~ # "), (C, b"id\r\n")]
    typed = [item.data for item in converse(Bare, script) if isinstance(item, Transfer) and item.side is C]
    assert typed == [b"ls -l\nid\n"]


def test_a_line_sent_ahead_answers_the_prompt_that_then_comes() -> None:
    """Both lines are sent before any prompt: the first is the name, the second the password."""
    script: Script = [(C, b"anna\r\ns3cret\r\n"), (S, b"login: "), (S, b"anna\r\nPassword: "), (S, b"\r\n~ # ")]
    assert logins(script, bytewise=False)[0][:2] == ("anna", Secret("s3cret"))


@pytest.mark.parametrize(
    ("between", "basis"), [(0, REFUSED), (ANSWER_LINES - 2, REFUSED), (ANSWER_LINES - 1, AGAIN), (40, AGAIN)]
)
@pytest.mark.parametrize("before", [False, True])
def test_the_words_of_a_refusal_stand_in_the_first_lines_after_the_password(
    between: int, basis: str, before: bool
) -> None:
    """The first ends the line of the password. What comes later is the session's. Each attempt counts its own."""
    first = [*ASKED, (S, b"\r\n" + b"notice\r\n" * 8 + b"nas login: "), *ASKED[1:]]
    answer = b"\r\n" + b"notice\r\n" * between + b"Login incorrect\r\nnas login: "
    found = logins([*(first if before else ASKED), (S, answer), (C, b"bo\r\n")])
    assert [one[2:] for one in found] == [(False, AGAIN)] * before + [(False, basis)]


def test_the_answer_to_a_program_in_the_shell_is_part_of_the_session() -> None:
    script = [
        *ASKED, (S, b"\r\n~ # "), (C, b"reset\r\n"), (S, b"reset\r\nErase everything (y/n)? "), (C, b"yes\r\n"),
        (S, b"yes\r\ndone\r\n~ # "), (C, b"exit\r\n"),
    ]  # fmt: skip
    (typed,) = [item for item in converse(Bare, script) if isinstance(item, Transfer) and item.side is C]
    assert typed.data == b"reset\nyes\nexit\n"
