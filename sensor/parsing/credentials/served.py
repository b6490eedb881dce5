"""Secrets that a server shows: filled-in pages, settings, addresses with a login, cookies, redirects.

Believed are forms that are filled in, settings in JSON, XML or lines, and addresses that name user and password; not
prose, scripts, translations (``"password": "Kennwort"``), masks and places left open. Tokens in bodies are what a
log-in is answered with, and are not reported.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials import field_names as fields
from sensor.parsing.credentials import field_sets, settings_file
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.doubtful import SHORT_NAMES, is_placeholder
from sensor.parsing.credentials.http_fields import Target, json_objects, pairs
from sensor.parsing.credentials.session_cookies import is_session_cookie
from sensor.parsing.credentials.setup_forms import form_of, setup_credentials
from sensor.parsing.formats.http_headers import Fields, decode_latin, raw, shown, text, unquote
from sensor.parsing.formats.json import document

SIZE_LIMIT = 64 * 1024
"""Bytes of a body that are searched: the longest settings pages of firmware."""

MAX_TAGS = 1024
"""Tags of one page that are read."""

MAX_FOUND = 32
"""Secrets reported of one body."""

NAME_BYTES = 128
"""Bytes of the names in JSON that are remembered to say a secret or none."""

MAX_ADDRESSES = 64
"""Addresses looked at in one body."""

_NOT_SHOWN = expression(rb"<script\b.*?(?:</script|\Z)|<style\b.*?(?:</style|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.I)
_SCRIPT = expression(rb"<script\b[^<>]{0,256}>", re.IGNORECASE)
_VARIABLE = expression(
    r"(?:^|[;{\s])var\s{1,8}([A-Za-z_]\w{0,63})\s{0,8}=\s{0,8}(?:\"([^\"\n]{0,256})\"|'([^'\n]{0,256})')"
)
_STREAM = expression(rb"""(?i)\brtsps?:(?:\\?/){2}[^\s"'<>,]{3,512}""")
_TAG = expression(rb"<(form|/form|input|iframe|video|img|embed|source|object|a|meta)\b([^<>]{0,2048})>", re.IGNORECASE)
_ATTRIBUTE = expression(
    rb"""([A-Za-z][\w:-]{0,40})\s{0,4}=\s{0,4}(?:"([^"]{0,1024})"|'([^']{0,1024})'|([^\s"'<>]{1,512}))"""
)
_ADDRESS = expression(rb"""(?i)\b(?:rtsps?|rtmps?|https?|ftps?|mqtts?|wss?):(?:\\?/){2}[^\s"'<>,]{3,512}""")
SECRETS = frozenset({"set-cookie", "location", "refresh"})
"""The fields of `header_secrets`."""
_SECTION = expression(rb"\[[A-Za-z][\w .:-]{0,63}\]\s")
"""The head of a section of settings, which begins as a list of JSON does."""
_TEXT_FILES = frozenset({None, "text/plain", "application/octet-stream", "application/x-config", "text/config"})
_DOWNLOADS = expression(
    r"application/(?:x-)?(?:force-)?(?:download|unknown|conf(?:ig)?|cfg|backup)|text/(?:x-)?(?:conf|ini)"
)
_REFRESH = expression(r"(?i)^\s{0,8}\d{1,5}\s{0,8}[;,]\s{0,8}url\s{0,8}=\s{0,8}(\S{1,1024})")
_EXAMPLE = expression(
    r"(?i)(?:user|usr|username|name|login|admin_?user|my_?user):(?:pass|pwd|password|passwd|secret|pw)"
)
_JOINED = expression(r"[_;](?=\w{1,16}=)")
_STRING = expression(rb'"([^"]*)"(\s*:)?')
"""A string of JSON without escapes, and the mark that makes it a field's name."""
_STRINGS = frozenset({"string", "text", "password", "str"})
"""What descriptions of an interface give as an example of a value (OpenAPI)."""


def _is_shown(found: Credential, value: str) -> bool:
    """Whether a value can be the secret itself, rather than a label, a mask or a place left open."""
    if is_placeholder(value) or value.lower() in _STRINGS or "{{" in value or "<%" in value:
        return False
    if fields.is_label(value):
        return False
    blanks = sum(c.isspace() for c in value)
    sentence = found.mechanism == "password" and blanks > (2 if found.username else 0)
    return not sentence and len(value) >= 3


def _believed(given: Iterable[tuple[str, str]], found: Iterable[Credential]) -> Iterator[Credential]:
    """The passwords and keys among logins of one set of fields whose values are shown."""
    logins = list(found)
    values = {Secret(raw(value)): value for _, value in given} if logins else {}
    for one in logins:
        value = values.get(one.secret) if one.secret is not None else None
        if one.mechanism == "password" and not one.username and fields.fold(one.name or "") in SHORT_NAMES:
            continue  # the width of a picture, a test that passed
        if one.mechanism in ("password", "key") and value is not None and _is_shown(one, value):
            yield one


def _attributes(tag: bytes) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, *value in islice(_ATTRIBUTE.findall(tag), 32):
        given.setdefault(text(name).lower(), html.unescape(decode_latin(b"".join(value))))
    return given


def _page(data: bytes) -> Iterator[Credential]:
    """The fields of each form of a page, filled in; a field of the type "password" is one whatever its name."""
    action = ""
    given: list[tuple[str, str]] = []
    hidden: set[str] = set()
    addresses: list[str] = []

    def form() -> Iterator[Credential]:
        found = list(setup_credentials(form_of(action), given, "html"))
        names = {one.name for one in found}
        rest = [(name, value) for name, value in given if name not in names]
        found += field_sets.credentials(rest, "html", tokens=False)
        names |= {one.name for one in found}
        for name, value in rest:
            if shown(name) not in names and name in hidden and fields.kind_of(name) is None:
                found.append(Credential("password", None, Secret(raw(value)), "html", name=shown(name[:128])))
        yield from _believed(given, found)

    for tag, inside in islice(_TAG.findall(_NOT_SHOWN.sub(b" ", data)), MAX_TAGS):
        kind, attributes = tag.lower(), _attributes(inside)
        if kind == b"input":
            name, value = attributes.get("name") or attributes.get("id") or "", attributes.get("value", "")
            if name and value and attributes.get("type", "text").lower() in ("text", "password", "hidden"):
                given.append((name, value))
                if attributes.get("type", "").lower() == "password":
                    hidden.add(name)
            addresses.append(value)
        elif kind in (b"form", b"/form"):
            yield from form()
            action, given, hidden = "/" + attributes.get("action", "").lstrip("./"), [], set()
        elif kind == b"meta":
            target = _REFRESH.search(attributes.get("content", "")) if "http-equiv" in attributes else None
            yield from target_secrets(target[1]) if target else ()
        else:
            addresses.append(attributes.get("src") or attributes.get("data") or attributes.get("href") or "")
    yield from form()
    scripts = b"\n".join(_scripts(data))
    yield from _variables(decode_latin(scripts))
    yield from _addresses(b"\n".join(_STREAM.findall(scripts)))
    yield from _addresses("\n".join(addresses).encode("utf-8", "surrogateescape"))


def _scripts(data: bytes) -> Iterator[bytes]:
    low, at = data.lower(), 0
    while begin := _SCRIPT.search(low, at):
        end = low.find(b"</script", begin.end())
        if end < 0:
            return
        yield data[begin.end() : end]
        at = end


def _variables(script: str) -> Iterator[Credential]:
    """What a script is told by ``var name = "value"``, as the pages and ``get_params.cgi`` of cameras do."""
    given = [(name, one or two) for name, one, two in islice(_VARIABLE.findall(script), MAX_TAGS)]
    yield from _believed(given, field_sets.credentials(given, "script", tokens=False))


def target_secrets(target: str) -> Iterator[Credential]:
    """The login and the session's key in an address that a response sends the client to."""
    target = target.strip("\"' ")[:1024]
    yield from address_credentials(target if "://" in target else f"://{target}")
    for found in Target(target.encode("utf-8", "replace")).found:
        if found.mechanism == "token":
            yield found


def address_credentials(address: str) -> Iterator[Credential]:
    """The password in an address: before its host, in its query, or in its path as XMeye's recorders write it."""
    if not address.isprintable() or len(address) > 1024:
        return
    rest, _, query = address.partition("://")[2].partition("?")
    authority, _, path = rest.partition("/")
    login, at, _ = authority.rpartition("@")
    user, colon, password = login.partition(":")
    if at and colon and not _EXAMPLE.fullmatch(login):
        found = Credential("password", shown(unquote(user)), Secret(raw(unquote(password))), "userinfo")
        if _is_shown(found, unquote(password)):
            yield found
    for encoded in (query, _JOINED.sub("&", path.rpartition("/")[2])):
        given = list(pairs(encoded))
        for found in _believed(given, field_sets.credentials(given, "query", tokens=False, path=path)):
            if found.mechanism == "password":
                yield found


def _addresses(data: bytes) -> Iterator[Credential]:
    if b":/" not in data and b":\\/" not in data:
        return
    for found in islice(_ADDRESS.finditer(data), MAX_ADDRESSES):
        yield from address_credentials(html.unescape(decode_latin(found[0].replace(b"\\/", b"/").rstrip(b").;]}"))))


def served_credentials(data: bytes, kind: str | None, *, whole: bool) -> Iterator[Credential]:
    """The secrets in a decoded body of this media type that a server sent; ``whole`` False: its end is missing."""
    seen: set[tuple[str | None, Secret | None]] = set()
    for one in _in_body(data[:SIZE_LIMIT], kind, whole=whole and len(data) <= SIZE_LIMIT):
        if one.secret is not None and (one.username, one.secret) not in seen:
            seen.add((one.username, one.secret))
            yield one
            if len(seen) >= MAX_FOUND:
                return


def _in_body(data: bytes, kind: str | None, *, whole: bool) -> Iterator[Credential]:
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"#EXTM3U", b"v=0")):
        yield from _addresses(data)
        return
    if start.startswith(b"var ") and _is_list(data):
        yield from _variables(decode_latin(data))
        return
    if "javascript" in (kind or "") or (kind or "").startswith(("image/", "audio/", "video/", "font/", "text/css")):
        return
    low = start[:64].lower()
    if low.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<form")) or kind == "text/html":
        if start[:1] == b"<":
            yield from _page(data)
        return
    if start[:1] in (b"{", b"[") and not _SECTION.match(start):
        yield from _json(data)
        yield from _addresses(data)
    elif start[:1] == b"<":
        yield from settings_file.credentials(data, whole=whole)
        yield from _addresses(data)
    elif kind in _TEXT_FILES or _DOWNLOADS.fullmatch(kind or ""):
        yield from settings_file.credentials(data, whole=whole)


def _json(data: bytes) -> Iterator[Credential]:
    if not _may_name_secret(data):
        return
    sent = document(data)
    for given in (*json_objects(sent, secrets=True), *_named(sent)):
        yield from _believed(given, field_sets.credentials(given, "json", tokens=False))


def _may_name_secret(data: bytes) -> bool:
    """Whether a document of JSON may have a field that is looked at as a secret, by the names in it; True where they
    may be spelt another way (escapes, UTF-16), or stand in values (`_named`)."""
    if b"\\" in data or b"\0" in data or b'"value"' in data:
        return True
    names = [name for name, colon in _STRING.findall(data) if colon]
    if max(map(len, names), default=0) > NAME_BYTES:
        return any(map(_read_name, names))
    return any(map(_is_secrets_name, names))


def _read_name(name: bytes) -> bool:
    try:
        return fields.may_carry_secret(name.decode("utf-8", "surrogatepass"))  # as JSON is
    except UnicodeDecodeError:
        return False  # nor is it JSON


_is_secrets_name = lru_cache(4096)(_read_name)


def _named(document: object) -> Iterator[list[tuple[str, str]]]:
    """The settings of a list of objects that each are a name and a value: ``[{"key": …, "value": …}, …]``."""
    rows = document if isinstance(document, list) else [*document.values()] if isinstance(document, dict) else []
    for row in (rows, *(one for one in rows[:MAX_TAGS] if isinstance(one, list))):
        given = []
        for one in row[:MAX_TAGS]:
            name = next((one[key] for key in ("key", "name", "param") if key in one), None) if _is_pair(one) else None
            if isinstance(name, str) and isinstance(one["value"], str):
                given.append((name, one["value"]))
        if len(given) > 1:
            yield given


def _is_pair(one: object) -> bool:
    return isinstance(one, dict) and "value" in one and len(one) <= 4


def _is_list(data: bytes) -> bool:
    """Whether a script is nothing but variables that are given a value."""
    lines = [line for line in data.splitlines()[:MAX_TAGS] if line.strip()]
    return len(lines) > 1 and all(line.startswith(b"var ") and b"=" in line for line in lines)


def header_secrets(headers: Fields, status: int) -> Iterator[Credential]:
    """The session cookies that a response sets (RFC 6265 §4.1), and the secrets in the address that it redirects to."""
    if status >= 400:
        return
    for value in headers.all("set-cookie")[:16]:
        name, _, content = text(value[:8192]).partition(";")[0].strip().partition("=")
        bare = content.strip('"')
        if is_session_cookie(name, bare):
            yield Credential("cookie", None, Secret(bare), "cookie", name=name)
    location = headers.get("location")
    page = headers.get("refresh")
    refresh = _REFRESH.search(page[:1024]) if page else None
    for target in filter(None, (location, refresh and refresh[1])):
        yield from target_secrets(target)
