"""Logins in a settings file: XML, JSON, lines of names and values, a router's commands.

Telephones, set-top boxes and switches fetch such files over TFTP. Only what is a settings file as a whole is read: a
page of instructions or an image may quote any login. Blanks and placeholders (``********``, ``%s``, ``<your
password>``) are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials import field_names as fields
from sensor.parsing.credentials import field_sets
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.doubtful import is_placeholder
from sensor.parsing.credentials.http_fields import json_credentials
from sensor.parsing.formats import xml

FILE_LIMIT = 64 * 1024
"""Bytes of a file that are searched: the longest settings of telephones (every line key spelled out) have about 40
KB."""

MAX_LINES = 4096
"""Lines read of a file."""

MAX_FOUND = 32
"""Logins reported of one file: accounts of a telephone with all its line keys."""

SETTINGS_SHARE = 0.9
"""Of the lines that say something, how many must be settings: prose quotes a few, a settings file is nothing else. One
line is always let pass, in a file of five or more: its title (Ralink's ``Default``)."""

_CONTROL = expression(r"[\x00-\x08\x0e-\x1f]")
_SETTING = expression(r"([\w.\-\[\]/]{1,128})[ \t]*[=:][ \t]*(.{0,512})")
_SECTION = expression(r"\[([^\]]{1,128})\]")
_COMMENT = ("#", ";", "//", "!")

_ROLE = expression(r"(admin|user|var|root):(\S{1,128})")
"""Yealink's ``user_password``: role and password in one."""
_ROUTER = expression(r"^(?:hostname \S+|version \d+\.\d)", re.MULTILINE)
_COMMANDS = (
    expression(
        r"^username (?P<user>\S{1,128}) (?:.{1,64} )?(?:password|secret) (?:(?P<form>\d) )?(?P<secret>\S{1,512})$"
    ),
    expression(r"^enable (?:password|secret)(?: level \d+)? (?:(?P<form>\d) )?(?P<secret>\S{1,512})$"),
    expression(r"^ ?password (?:(?P<form>\d) )?(?P<secret>\S{1,512})$"),
)
"""Commands of Cisco IOS and those that speak like it ("Cisco IOS Security Command Reference", username, enable
password, password): 0 or no form is plain text, the others are hashes (5, 8, 9) and a scrambling (7), reported as
``ios-5`` and so on."""
_COMMUNITY = expression(r"^snmp-server community (\S{1,128})(?: |$)")


def credentials(data: bytes, *, whole: bool = True) -> Iterator[Credential]:
    """The logins in a file that is all settings; ``whole`` False: its end is missing, and the last line of what came
    is not believed."""
    if not whole or len(data) > FILE_LIMIT:
        data = data[:FILE_LIMIT]
        data = data[: data.rfind(b"\n") + 1]
    if b"\0" in data and b"\n" not in data:
        data = data.replace(b"\0", b"\n")  # a router's NVRAM
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text or (text[0] not in "<{[" and "\n" not in text):
        return  # one line is no settings
    if _CONTROL.search(text[:1024]):
        return
    if text[0] == "<":
        found = _xml_settings(data)
    elif text[0] == "{" or text[:2] in ("[{", "[\n", "[\r"):
        found = (c for c in json_credentials(data) if c.secret)
    else:
        lines = [line.rstrip() for line in text.split("\n", MAX_LINES)[:MAX_LINES]]
        found = _commands(lines) if _ROUTER.search(text) and "!" in lines else _lines(lines)
    seen: set[tuple[str | None, Secret | None]] = set()
    for one in found:
        if (one.username, one.secret) not in seen:
            seen.add((one.username, one.secret))
            yield one
            if len(seen) >= MAX_FOUND:
                return


def _set(pairs: Iterable[tuple[str, str]], scheme: str) -> Iterator[Credential]:
    """Names with dots (``account.1.password``) belong together as far as they agree before the last one."""
    sets: dict[str, list[tuple[str, str]]] = {}
    for name, value in pairs:
        value = value.strip().strip("\"'")
        if is_placeholder(value) or fields.is_label(value):
            continue
        before, _, last = name.rpartition(".")
        pair = _ROLE.fullmatch(value) if last == "user_password" else None
        if pair is not None:
            sets.setdefault(f"{name} {pair[1]}", []).extend([("user", pair[1]), ("password", pair[2])])
            continue
        sets.setdefault(before, []).append((name if last.isdigit() else last, value))
    for together in sets.values():
        yield from field_sets.credentials(together, scheme)


def _xml_settings(data: bytes) -> Iterator[Credential]:
    """The attributes of one element are one set, and so are its children that are only text; a page of HTML is no
    settings file."""
    elements, _ = xml.read(data)
    inside: dict[int, list[tuple[str, str]]] = {}
    for element in elements:
        if element.path[0].lower() == "html":
            return
        depth = len(element.path)
        children = inside.pop(depth, [])
        given = dict(element.attributes)
        named = next((given[key] for key in ("name", "id", "key") if given.get(key)), "")
        value = element.text or given.get("value", "")
        if value and not children:
            # <user_pass idx="1">…, or <setting name="user_pass">… and <setting name="user_pass" value="…"/>
            own = fields.kind_of(element.path[-1]) is not None or not named
            inside.setdefault(depth - 1, []).append((element.path[-1] if own else named, value))
        yield from _set(element.attributes, "xml")
        yield from _set(children, "xml")


def _lines(lines: list[str]) -> Iterator[Credential]:
    """``name = value`` or ``name: value``, in sections or not."""
    sections: dict[str, list[tuple[str, str]]] = {}
    section, seen, settings = "", 0, 0
    for line in map(str.strip, lines):
        if not line or line.startswith(_COMMENT):
            continue
        seen += 1
        if head := _SECTION.fullmatch(line):
            section = head[1]
            settings += 1
        elif setting := _SETTING.fullmatch(line):
            sections.setdefault(section, []).append((setting[1], setting[2]))
            settings += 1
    if settings >= 2 and settings >= min(SETTINGS_SHARE * seen, max(seen - 1, 4)):
        for together in sections.values():
            yield from _set(together, "settings")


def _commands(lines: list[str]) -> Iterator[Credential]:
    for line in lines:
        community = _COMMUNITY.match(line)
        if community:
            yield Credential("community", None, Secret(community[1]), "settings", name="snmp-server community")
            continue
        for pattern in _COMMANDS:
            found = pattern.match(line)
            if found:
                given = found.groupdict()
                plain = given.get("form") in (None, "0") and not given["secret"].startswith("$")
                scheme = "settings" if plain else f"ios-{given.get('form') or 5}"
                yield Credential("password", given.get("user"), Secret(given["secret"]), scheme, plain)
                break
