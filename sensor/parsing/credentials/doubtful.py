"""Doubtful values of password fields: sizes, directories, placeholders, and texts in base64."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sensor.lazy_pattern import expression
from sensor.parsing.sasl import unbase64

SHORT_NAMES = frozenset({"pw", "pwd", "pass"})
"""Names that also mean the width of a picture, the working directory, or a run of a program."""

LOGIN_PATH = expression(
    r"(?i)log_?[io]n|sign_?in|sign-?on|auth(?!or(?!i[sz]))|session|unlock|credential|passw|(?:^|[/._-])(?:user|admin)"
)
"""What the paths of pages and programs have in common that check a login."""

_NUMBER = expression(r"[+-]?\d{1,5}(?:[.,]\d{1,6})?(?:px|em|%|pt|mm|cm|in)?")
_SIZE_NAME = expression(r"(?i)^(?:[a-z]{0,3}[hwxy]|.{0,16}(?:width|height|size|scale|zoom|dpi|res|res[xy])|[wh]\d?)$")
_DIRECTORY = expression(r"(?:~|\.{0,2}/|\.{1,2}$|[A-Za-z]:[\\/]|\\\\)[^\x00-\x1f]{0,512}")
_SHELL_NAME = expression(r"(?i)^(?:cmd|command|exec|execute|shell|run|dir|path|folder|cwd|chdir|file|filename|ls)$")
_RELATIVE = expression(r"\d(?:px|em|%|pt)$")
_RUN = expression(r"(?i)(?:true|false|yes|no|on|off|all|none|null|through|first|second|next|last|early|late)?")
_HEX = expression(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{6,31}")
_PRINTABLE = expression(rb"[\x20-\x7e]{1,256}")
_LEFT_OUT = expression(
    r"(?i)[*•x.#_-]+|<.*>|%\S*|\$\w+|\$?\{.*\}|\$?\(.*\)|\[.*\]|null|none|nil|empty|hidden|redacted|masked|yes|no|on|off|true|false|ok|"
    r"fail(?:ed|ure)?|invalid|incorrect|wrong|expired|required|set|unset|unknown|undefined|changed|accepted|rejected|0|1",
    re.DOTALL,
)


def is_placeholder(value: str) -> bool:
    """Whether a value in a log or a settings file stands where a password was left out (a mask, a variable, nothing),
    or says how it went."""
    return not value or bool(_LEFT_OUT.fullmatch(value))


def is_size_or_directory(name: str, value: str, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether the value is a number beside its twin (``pw=640&ph=480``), or the directory of a command (``pwd=/root``
    beside ``cmd=ls``), whatever user stands in the same set."""
    others = [(key, text) for key, text in pairs if key != name]
    if _NUMBER.fullmatch(value):
        return any(_NUMBER.fullmatch(text) and _SIZE_NAME.match(key) for key, text in others)
    return bool(_DIRECTORY.fullmatch(value)) and any(_SHELL_NAME.match(key) for key, _ in others)


def is_no_password_alone(value: str) -> bool:
    """Whether the value of one of `SHORT_NAMES` is none where no user stands beside it and the path is no login's.

    Letters and digits of hex are the number of a page or a checksum (``pwd=ab12cd34``); from 32 on, a hash.
    """
    short = len(value) < 4 and bool(_NUMBER.fullmatch(value))
    whole = (_HEX, _RUN, _DIRECTORY)
    return short or any(form.fullmatch(value) for form in whole) or bool(_RELATIVE.search(value))


def decoded(value: str) -> str | None:
    """The printable text whose base64 the value is; None where it is no base64, or that of something else."""
    if len(value) < 4 or len(value) % 4 or len(value) > 512:
        return None
    plain = unbase64(value.encode("ascii", "replace"))
    return plain.decode("ascii") if plain and _PRINTABLE.fullmatch(plain) else None


def undone(user: str | None, password: str) -> tuple[str, str] | None:
    """(user, password) as they were before a page encoded them; None where the password is what it looks like.

    Both are base64 of readable text, or the password alone is, padded (``admin`` and ``YWRtaW4=``, as the pages of
    TP-Link's NC cameras send it): nobody types what ends in ``=`` and decodes to readable text. Without padding a
    password may look like that.
    """
    plain = decoded(password)
    if not user or plain is None:
        return None
    name = decoded(user)
    if name is not None:
        return name, plain
    return (user, plain) if password.endswith("=") else None


_JOINED = expression(r"([\w.@+-]{1,64}):([^\s:]{1,128})")


def joined(value: str) -> tuple[str, str] | None:
    """(user, password) where a value is the base64 of both with a colon between, as Basic has it; else None."""
    found = _JOINED.fullmatch(decoded(value.partition(" ")[2] if value[:6].lower() == "basic " else value) or "")
    return (found[1], found[2]) if found else None
