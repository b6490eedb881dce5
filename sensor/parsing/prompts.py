"""Recognition of terminal prompts for names, passwords and commands, and of words about a login."""

from __future__ import annotations

import enum
import re
from functools import cache

from sensor.lazy_pattern import expression, expression_of

LINE_END_LIMIT = 256
"""Bytes of the last shown line that are searched: a prompt with a long path and its colours."""


class Prompt(enum.Enum):
    """What a prompt asks for. ``SECRET`` is a password that is no login (a new one, its repetition)."""

    USER = "user"
    PASSWORD = "password"  # noqa: S105 - the word, not one
    SECRET = "secret"  # noqa: S105
    SHELL = "shell"


_USER_WORDS = """
login|login as|login name|loginname|login id|login user|logon|logon id|log in|username|user name|userid|user id|user
account|account name
operator|operator name|operator id|benutzername|benutzer|anmeldename|benutzerkennung|kennung|utilisateur
nom d'utilisateur|identifiant|usuario|nombre de usuario|utente|nome utente
usuário|utilizador|nome de usuário|gebruikersnaam|gebruiker|użytkownik|nazwa użytkownika|логин|пользователь
имя пользователя
användarnamn|brugernavn|brukernavn|käyttäjätunnus|uživatel|uživatelské jméno|felhasználónév|felhasználó|kullanıcı adı
kullanıcı
utilizator|korisnik|ім'я користувача|用户名|用户|账号|帐号|使用者|登录名
ユーザー名|ユーザ名|ユーザー|ログイン|ログイン名|사용자|사용자 이름|아이디|로그인
"""
_HIDDEN_WORDS = """
password|passwd|pass word|passcode|passphrase|pass|pwd|pw|pass code|pin|pin code
passwort|kennwort|mot de passe|contraseña|clave|parola d'ordine|senha|palavra-passe
wachtwoord|hasło|пароль|lösenord|adgangskode|passord|salasana|heslo|jelszó|parola|şifre|密码|口令|密碼|パスワード|비밀번호|암호
"""
_NOT_A_LOGIN = (
    rb"new|retype|re-?enter|re-?type|confirm|again|verify|old|current|neues|nouveau|nueva|nova|nuovo|wiederholen"
)

_REFUSALS = """
login incorrect|incorrect login|login failed|login failure|login invalid|invalid login|login denied|bad login
logon failure|logon failed
incorrect password|password incorrect|wrong password|bad password|invalid password|password error|password is wrong
bad passwords|bad secrets
incorrect username|invalid username|invalid user|unknown user|bad username|user name or password|username or password
user or password|wrong login
authentication failed|authentication failure|authentication error|authorization failed|access denied|permission denied
not authorized|login error
invalid credentials|incorrect user|too many failures|falsches passwort|anmeldung fehlgeschlagen|passwort falsch
ungültig|mot de passe incorrect|identifiant incorrect
échec|contraseña incorrecta|acceso denegado|usuario incorrecto|senha incorreta|senha inválida|acesso negado
accesso negato|password errata|неверный|错误|失败|密码错误
"""
_ADMISSIONS = (
    "last login|last failed login|built-in shell|busybox v|"
    "letzte anmeldung|dernière connexion|último inicio|último acesso|ultimo accesso|login successful"
)

_ENCODINGS = ("utf-8", "latin-1", "cp1251", "gbk")
"""How devices of those languages write on a terminal."""


def _words(text: str) -> bytes:
    """An alternation of the words, longest first, in each encoding and case that can hold them."""
    found: set[bytes] = set()
    for word in re.split(r"[|\n]", text):
        for form in {word, word.capitalize(), word.upper()}:
            for encoding in _ENCODINGS:
                try:
                    found.add(re.escape(form.encode(encoding)))
                except UnicodeEncodeError:
                    continue
    ordered = sorted((-len(form), form) for form in found if form)
    return b"|".join(form for _, form in ordered)


# Between the word and the colon stand at most a bracket, or for whom: "Password (max 8):", "Password for anna:".
_BRACKET = rb"\s*[(\[][^\r\n)\]]{0,30}[)\]]"
_BETWEEN = rb"(?:" + _BRACKET + rb"|\s+(?:for|of|on|user)(?:\s+user)?\s+'?(?P<whom>[^\s:']{1,64})'?|'s)?"
_COLON = rb"\xef\xbc\x9a|\xa3\xba"  # the wide one, in UTF-8 and GBK
# Behind it: blanks, also such as do not break, a bell, an input field that was drawn and gone back over.
_END = rb"[\s\x07\x08\xc2\xa0_]*$"
# A question is a prompt only where it is all that the line says: "Forgot your password?" waits for nothing.
_ONLY = rb"^\W{0,16}(?:please\s+)?(?:enter\s+)?(?:the\s+|your\s+)?"


@cache
def _hidden() -> bytes:
    return _words(_HIDDEN_WORDS)


@cache
def _names() -> bytes:
    return _words(_USER_WORDS)


_PASSWORD = expression_of(
    lambda: rb"(?<![A-Za-z0-9_])(?:" + _hidden() + rb")" + _BETWEEN + rb"\s*(?:[:>=]|" + _COLON + rb")" + _END,
    re.IGNORECASE,
)
_USER = expression_of(
    lambda: (
        rb"(?<![A-Za-z0-9_])(?:" + _names() + rb")(?:" + _BRACKET + rb")?\s*(?:[:=]|(?<=name)>|" + _COLON + rb")" + _END
    ),
    re.IGNORECASE,
)
_QUESTION = expression_of(
    lambda: _ONLY + rb"(?:(?P<user>" + _names() + rb")|(?P<password>" + _hidden() + rb"))\s?\?" + _END, re.IGNORECASE
)
_LINE = expression_of(
    lambda: (
        _ONLY + rb"(?:(?P<user>" + _names() + rb")|(?P<password>" + _hidden() + rb"))\s?(?:[:?]|" + _COLON + rb")\s*$"
    ),
    re.IGNORECASE,
)
_CHOICE = expression(
    rb"\b(?:selection|select|choice|choose|option|menu|command|cmd|number|continue|press|more)\b|[/|](?:n|no)\b|\d\s*[):\].-]+\s*$",
    re.IGNORECASE,
)
_OTHER_SECRET = expression(rb"\b(?:" + _NOT_A_LOGIN + rb")\b", re.IGNORECASE)
_OWNER = expression(rb"([^\s@']{1,64})@[^\s@']{1,128}'s password:\s*$", re.IGNORECASE)
_SHELL = expression(rb"(?:^|[\w\])~/\s.\-@:>*?])[#$>]\s{0,2}$|(?:^|[A-Za-z~\])\s])%\s?$")
_BRACKETED = expression(rb"^\s*<[\w.\-]{1,64}>\s?$")
_ESCAPES = expression(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()#][0-9A-Za-z]|[0-Zc=>^_\\])")
_REFUSED = expression_of(lambda: _words(_REFUSALS), re.IGNORECASE)
_ADMITTED = expression_of(lambda: _words(_ADMISSIONS), re.IGNORECASE)
_PROMPT_AND_ECHO = expression_of(
    lambda: (
        rb"(?<![A-Za-z0-9_])(?:(?P<user>"
        + _names()
        + rb")|(?P<password>"
        + _hidden()
        + rb"))\s*:[ \t]*(?P<typed>[^\r\n]*)$"
    ),
    re.IGNORECASE,
)


def bare(shown: bytes) -> bytes:
    """Terminal output without colours, titles and cursor moves (ECMA-48 5.4, 8.3), returns and NULs."""
    return _ESCAPES.sub(b"", shown).replace(b"\r", b"").replace(b"\0", b"")


def prompt(shown_end: bytes) -> Prompt | None:
    """The prompt at the end of the output, a line not yet ended."""
    text = bare(shown_end[-LINE_END_LIMIT:])
    if _PASSWORD.search(text):
        return Prompt.SECRET if _OTHER_SECRET.search(text) else Prompt.PASSWORD
    if _USER.search(text):
        return Prompt.USER
    found = _QUESTION.search(text)
    if found:
        return Prompt.USER if found["user"] else Prompt.PASSWORD
    if b"<" in text and b">" in text[-3:]:  # "Press <Enter>" is none, "<HUAWEI>" is
        return Prompt.SHELL if _BRACKETED.match(text) else None
    return Prompt.SHELL if _SHELL.search(text) else None


def prompt_above(line: bytes) -> Prompt | None:
    """The prompt that a whole line is, where the answer is typed below it, with nothing or a mere ``>`` before it."""
    found = _LINE.search(bare(line[-LINE_END_LIMIT:]))
    return None if found is None else Prompt.USER if found["user"] else Prompt.PASSWORD


def awaits_word(shown_end: bytes) -> bool:
    """Whether the end of the output asks for a word ("Engineer:"), and not for a choice or a command.

    Only the next prompt shows what the word was.
    """
    text = bare(shown_end[-LINE_END_LIMIT:]).rstrip()
    return text[-1:] in (b":", b"=", b"?") and not _CHOICE.search(text)


def owner(shown_end: bytes) -> bytes | None:
    """The user that a password prompt names: "Password for anna:", "anna@host's password:"."""
    text = bare(shown_end[-LINE_END_LIMIT:])
    found = _PASSWORD.search(text)
    if found and found["whom"]:
        return found["whom"]
    named = _OWNER.search(text)
    return named[1] if named else None


def prompt_and_echo(line: bytes) -> tuple[Prompt, bytes] | None:
    """A shown line that was a prompt and what was echoed after it: ``login: anna``."""
    found = _PROMPT_AND_ECHO.search(bare(line[-LINE_END_LIMIT:]))
    if found is None:
        return None
    typed = found["typed"].strip()
    if found["user"]:
        return Prompt.USER, typed
    return None if typed.strip(b"*") else (Prompt.PASSWORD, b"")  # a password is not echoed: the text there is output


def verdict(line: bytes) -> tuple[bool, str] | None:
    """Whether a line shown after a password lets in or refuses, and in which words."""
    text = bare(line[:LINE_END_LIMIT])
    for accepted, pattern in ((True, _ADMITTED), (False, _REFUSED)):
        found = pattern.search(text)
        if found:
            return accepted, found[0].lower().decode("utf-8", "replace")
    return None
