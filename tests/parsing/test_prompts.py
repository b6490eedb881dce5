"""Prompts and verdicts as devices show them, in several languages and encodings, and lines that are neither."""

from __future__ import annotations

import time

import pytest

from sensor.parsing.prompts import Prompt, awaits_word, bare, owner, prompt, prompt_above, prompt_and_echo, verdict

USER, PASSWORD, SECRET, SHELL = Prompt.USER, Prompt.PASSWORD, Prompt.SECRET, Prompt.SHELL


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("osboxes login: ", USER),
        ("(none) login: ", USER),
        ("Login:", USER),
        ("login as: ", USER),
        ("Username:", USER),
        ("User Name : ", USER),  # APC
        ("Username(1-64 chars):", USER),
        ("Account:", USER),
        ("Benutzername: ", USER),
        ("Nom d'utilisateur: ", USER),
        ("Usuário: ", USER),
        ("логин: ", USER),
        ("Имя пользователя: ", USER),
        ("用户名：", USER),
        ("ユーザー名: ", USER),
        ("ログイン: ", USER),
        ("Logon ID: ", USER),
        ("Loginname: ", USER),
        ("Operator: ", USER),
        ("username=", USER),
        ("Username> ", USER),
        ("Login? ", USER),
        ("Username:________\b\b\b\b\b\b\b\b", USER),
        ("Pwd:", PASSWORD),
        ("PW: ", PASSWORD),
        ("Enter your password? ", PASSWORD),
        ("Password:\u00a0", PASSWORD),
        ("Password:\x07", PASSWORD),
        ("Forgot your password? ", None),
        ("Will this PIN be used? ", None),
        ("Password: ", PASSWORD),
        ("Password  : ", PASSWORD),
        ("password for anna: ", PASSWORD),
        ("[sudo] password for anna: ", PASSWORD),
        ("anna@host's password: ", PASSWORD),
        ("Please enter password (max 16):", PASSWORD),
        ("Password>", PASSWORD),
        ("PassWord:", PASSWORD),
        ("Passwort: ", PASSWORD),
        ("Mot de passe : ", PASSWORD),
        ("Contraseña: ", PASSWORD),
        ("Senha: ", PASSWORD),
        ("Hasło: ", PASSWORD),
        ("Пароль: ", PASSWORD),
        ("密码:", PASSWORD),
        ("パスワード: ", PASSWORD),
        ("PIN: ", PASSWORD),
        ("\x1b[1;32mPassword:\x1b[0m ", PASSWORD),
        ("New password: ", SECRET),
        ("Retype new password: ", SECRET),
        ("Old Password: ", SECRET),
        ("# ", SHELL),
        ("~ # ", SHELL),
        ("$ ", SHELL),
        ("osboxes@osboxes:~$ ", SHELL),
        ("\x1b]0;anna@nas: ~\x07\x1b[01;32manna@nas\x1b[00m:\x1b[01;34m~\x1b[00m$ ", SHELL),
        ("Router>", SHELL),
        ("Router(config)#", SHELL),
        ("[admin@MikroTik] > ", SHELL),
        ("<HUAWEI>", SHELL),
        ("C:\\Users\\anna>", SHELL),
        ("user@junos>", SHELL),
        ("login> ", SHELL),
        ("host% ", SHELL),
        ("", None),
        ("hello", None),
        ("Last login: Tue Apr 30 09:39:25 on pts/1", None),
        ("Press <Enter>", None),
        ("100%", None),
        ("Enter selection: ", None),
        ("the password: is a word", None),
        ("Compass: ", None),
    ],
)
def test_prompt(shown: str, kind: Prompt | None) -> None:
    assert prompt(shown.encode()) is kind


@pytest.mark.parametrize(
    ("shown", "encoding", "kind"),
    [("Contraseña: ", "latin-1", PASSWORD), ("密码：", "gbk", PASSWORD), ("Пароль: ", "cp1251", PASSWORD)],
)
def test_prompts_in_old_encodings(shown: str, encoding: str, kind: Prompt) -> None:
    assert prompt(shown.encode(encoding)) is kind


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("[sudo] password for anna: ", b"anna"),
        ("Password for user 'bo': ", b"bo"),
        ("cy@nas's password: ", b"cy"),
        ("Password: ", None),
    ],
)
def test_whose_password(shown: str, name: bytes | None) -> None:
    assert owner(shown.encode()) == name


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Password:\r", PASSWORD),
        ("Please enter your username: ", USER),
        ("Login ?", USER),
        ("Default password:", None),
        ("Login incorrect", None),
        ("Reset the password:", None),
    ],
)
def test_a_prompt_whose_answer_is_typed_below_it(line: str, kind: Prompt | None) -> None:
    assert prompt_above(line.encode()) is kind


@pytest.mark.parametrize(
    ("shown", "asks"),
    [
        ("Engineer: ", True),
        ("ID=", True),
        ("Enter selection: ", False),
        ("Continue (y/n)? ", False),
        ("1) Status 2) Quit: ", True),
        ("Main menu, command: ", False),
        ("2):", False),
        ("router>", False),
        ("", False),
    ],
)
def test_questions_that_are_no_known_prompt(shown: str, asks: bool) -> None:
    assert awaits_word(shown.encode()) is asks


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("Login incorrect", False),
        ("% Login invalid", False),
        ("% Authentication failed", False),
        ("Access denied", False),
        ("Bad password", False),
        ("Wrong password!", False),
        ("Logon failure: unknown user name or bad password.", False),
        ("Senha incorreta", False),
        ("用户名或密码错误", False),
        ("Last login: Tue Apr 30 09:39:25 CEST 2019 on pts/1", True),
        ("Last failed login: Tue Apr 30 from 192.0.2.1", True),
        ("BusyBox v1.19.4 (2014-01-01) built-in shell (ash)", True),
        ("Unauthorized use is prohibited.", None),
        ("Welcome", None),
        ("", None),
    ],
)
def test_verdict(line: str, accepted: bool | None) -> None:
    found = verdict(line.encode())
    assert (found[0] if found else None) is accepted


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"nas login: anna", (USER, b"anna")),
        (b"Password: ", (PASSWORD, b"")),
        (b"Password: ****", (PASSWORD, b"")),
        (b"Default password: admin", None),
        (b"nothing asked", None),
    ],
)
def test_prompt_and_echo(line: bytes, expected: tuple[Prompt, bytes] | None) -> None:
    assert prompt_and_echo(line) == expected


def test_bare_takes_colours_titles_returns_and_nuls_away() -> None:
    assert bare(b"\x1b]0;title\x07\x1b[1;31mred\x1b[0m\r\0 text\x1b(B") == b"red text"


@pytest.mark.parametrize(
    "piece", [b"password ", b"login (", b"\x1b[", b"\x1b]", b"a@", b" ", b"'", b"_\b", b"\xa0", b"enter "]
)
def test_no_output_takes_long(piece: bytes) -> None:
    shown = (piece * 256)[:256]
    start = time.process_time()
    for _ in range(20):
        prompt(shown), owner(shown), verdict(shown), prompt_and_echo(shown), prompt_above(shown), awaits_word(shown)
    assert time.process_time() - start < 2  # a catastrophic pattern would need minutes


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("<HUAWEI>", SHELL), ("<HUAWEI> ", SHELL), ("Press <Enter> ", None), ("<Enter>", SHELL), ("a<b # ", SHELL),
        ("<b>bold</b> text $ ", SHELL), ("router> ", SHELL), ("<a> <b>", None),
    ],
)  # fmt: skip
def test_names_in_angle_brackets(shown: str, kind: Prompt | None) -> None:
    """A name alone in brackets is a prompt (VRP, Comware); a key in brackets is none."""
    assert prompt(shown.encode()) is kind


@pytest.mark.parametrize(
    ("shown", "asks"),
    [
        ("Engineer:", True),
        ("Engineer=", True),
        ("Engineer?", True),
        ("Engineer", False),
        ("Choice:", False),
        ("", False),
        ("Engineer: ", True),
    ],
)
def test_what_asks_for_a_word(shown: str, asks: bool) -> None:
    assert awaits_word(shown.encode()) is asks


@pytest.mark.parametrize(
    ("shown", "kind"),
    [("Press <Enter> $ ", SHELL), ("Press <Enter>: # ", SHELL), ("Press <Enter>: ", None), ("a <b> ", None)],
)
def test_a_key_in_brackets_before_a_prompt(shown: str, kind: Prompt | None) -> None:
    assert prompt(shown.encode()) is kind
