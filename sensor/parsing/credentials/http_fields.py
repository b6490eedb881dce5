"""Credentials in an HTTP request (target, header fields, body), and the request without them.

Where a body crossed hashed (``scheme`` ends in ``-hash``) the secret is the hash as sent. HNAP's header is the HMAC
and the time stamp as sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials import field_names as fields
from sensor.parsing.credentials import field_sets
from sensor.parsing.credentials.credential import Credential, authorization, is_token
from sensor.parsing.credentials.session_cookies import is_session_cookie
from sensor.parsing.formats import xml
from sensor.parsing.formats.http_body import multipart
from sensor.parsing.formats.http_headers import Fields, decode_latin, field_name, raw, shown, text, unquote
from sensor.parsing.formats.json import document

MASK = "***"
"""Stands where a credential stood, in what is handed on for search."""

MAX_PAIRS = 256
"""Fields of one query or form that are read: the fullest settings pages have about a hundred."""

MAX_NODES = 5000
"""Values of one JSON document that are visited."""

BODY_LIMIT = 64 * 1024
"""Bytes of a body that are searched for logins: login and set-up messages are a few hundred long, uploads are not
theirs."""

CREDENTIAL_FIELDS = frozenset({"authorization", "proxy-authorization", "x-wsse", "hnap_auth", *fields.KEY_HEADERS})
"""Header fields that are left out of what is handed on."""

_PATH_TOKENS = (
    # Philips Hue and deCONZ: /api/<user name>/lights (developers.meethue.com, "Getting started"); the name is the
    # key, drawn at random.
    expression(
        r"^/api/((?!v\d+/)(?=[A-Za-z-]{0,127}\d)[A-Za-z0-9-]{5,128})(?=/(?:lights|groups|config|schedules|scenes|sensors|rules|resourcelinks|capabilities)\b)"
    ),
    expression(r"^/api/((?=[A-Za-z-]{0,127}\d)[A-Za-z0-9-]{32,40})(?=/?$)"),
    # Telegram's bot API: /bot<number>:<key>/method (core.telegram.org/bots/api, "Making requests").
    expression(r"^/bot(\d{6,12}:[A-Za-z0-9_-]{30,50})(?=/)"),
    # TP-Link and OpenWrt pages: /cgi-bin/luci/;stok=<32 hex>/admin.
    expression(r";stok=([0-9a-f]{16,64})(?=/|$)"),
    # ThingsBoard's device API: /api/v1/<access token>/telemetry (thingsboard.io, "HTTP Device API Reference"; the
    # same over CoAP).
    # Names of collections and UUIDs of devices stand in that place elsewhere.
    expression(
        r"^/api/v1/((?=[A-Za-z_-]{0,63}\d)(?![0-9a-f]{8}-|\d+/)[A-Za-z0-9_-]{16,64})(?=/(?:telemetry|attributes|rpc|claim|firmware|software)\b)"
    ),
    # IFTTT's webhooks: /trigger/<event>/with/key/<key> (ifttt.com/maker_webhooks).
    expression(r"^/trigger/[^/]{1,128}(?:/json)?/with/key/([A-Za-z0-9_-]{16,64})"),
    # Blynk's first API: /<token of 32>/update/V1 (blynkapi.docs.apiary.io).
    expression(
        r"^/((?=[A-Za-z_-]{0,31}\d)[A-Za-z0-9_-]{32})(?=/(?:update|get|pin|project|notify|email|isHardwareConnected|isAppConnected)\b)"
    ),
    # Servlet containers without cookies: ;jsessionid=… (Servlet 3.1 §7.1.3).
    expression(r";jsessionid=([^;/?]{8,256})", re.IGNORECASE),
)
_PATH_SCHEMES = ("hue", "hue", *["path"] * 6)

_MAY_HOLD = expression(r"[?@;]|/api/|/bot|/with/key/|^/[A-Za-z0-9_-]{32}/")
"""What a URL with any login in it has: a query, a user, or the beginning of one of the patterns above."""


def _is_plain(encoded: str) -> bool:
    """Whether `unquote` and `shown` leave each part as it is."""
    return encoded.isascii() and "%" not in encoded and "+" not in encoded


def pairs(encoded: str) -> Iterator[tuple[str, str]]:
    """``a=b&c=d`` as ``(name, value)`` (WHATWG URL §5.1)."""
    plain = _is_plain(encoded)
    for part in encoded.split("&", MAX_PAIRS)[:MAX_PAIRS]:
        name, equals, value = part.partition("=")
        if equals and name:
            yield (name, value) if plain else (unquote(name, plus=True), unquote(value, plus=True))


def _masked_query(query: str, names: set[str | None]) -> str:
    parts = query.split("&", MAX_PAIRS)[:MAX_PAIRS]
    if names:
        plain = _is_plain(query)
        for place, part in enumerate(parts):
            name = part.partition("=")[0]
            if (name if plain else shown(unquote(name, plus=True)))[: fields.NAME_LIMIT] in names:
                parts[place] = f"{name}={MASK}"
    return "&".join(parts)


class Target:
    """A request's target taken apart: ``path`` (keys blanked), ``url`` (path and query, secrets blanked), ``host``
    where the target names one."""

    __slots__ = ("found", "host", "path", "url")

    def __init__(self, sent: bytes) -> None:
        self.found: list[Credential] = []
        self.host: str | None = None
        target = decode_latin(sent)
        scheme = None if target.startswith("/") else re.match(r"[a-z][a-z0-9+.-]{1,15}://", target)
        if scheme:
            authority, slash, rest = target[scheme.end() :].partition("/")
            userinfo, at, host = authority.rpartition("@")
            self.host = shown(host[:255])
            target = slash + rest if slash else "/"
            if at:
                user, _, password = userinfo.partition(":")
                secret = Secret(raw(unquote(password))) if password else None
                self.found.append(Credential("password", shown(unquote(user)), secret, "userinfo"))
        path, mark, query = target.partition("?")
        path = self._keys(path)
        if mark:
            found = list(field_sets.credentials(pairs(query), "query", path=path))
            self.found.extend(found)
            query = _masked_query(query, {c.name for c in found})
        self.path = shown(path[:2048])
        self.url = shown((path + mark + query)[:8192])

    def _keys(self, path: str) -> str:
        if not _MAY_HOLD.search(path):
            return path
        for pattern, scheme in zip(_PATH_TOKENS, _PATH_SCHEMES, strict=True):
            found = pattern.search(path)
            if found:
                self.found.append(Credential("token", None, Secret(found[1]), scheme, name="path"))
                path = path[: found.start(1)] + MASK + path[found.end(1) :]
        return path


def masked_url(value: str) -> str:
    """Any URL (a Referer) without the secrets in it."""
    if not _MAY_HOLD.search(value):
        return value
    target = Target(value.encode("utf-8", "backslashreplace"))
    scheme = value.partition("://")[0] + "://" if target.host is not None else ""
    return scheme + (target.host or "") + target.url


_BASIC = expression(r"(?i)basic(?: |%20|\+)[A-Za-z0-9+/%]{4}")


def cookies(values: Iterable[bytes]) -> tuple[list[Credential], str]:
    """The session cookies of Cookie fields (RFC 6265 §4.2), and the line without their values."""
    found: list[Credential] = []
    shown: list[str] = []
    for part in [p for value in values for p in text(value).split(";", MAX_PAIRS)][:MAX_PAIRS]:
        name, equals, value = part.strip().partition("=")
        bare = value.strip('"')
        whole = authorization(raw(unquote(bare)), "") if _BASIC.match(bare) else None
        if equals and whole and whole.username is not None:
            # Routers' pages keep what Authorization would carry: Authorization=Basic%20YWRtaW46YWRtaW4%3D.
            found.append(replace(whole, scheme="basic", name=name))
            shown.append(f"{name}={MASK}")
        elif equals and is_session_cookie(name, bare):
            found.append(Credential("cookie", None, Secret(bare), "cookie", name=name))
            shown.append(f"{name}={MASK}")
        else:
            shown.append(part.strip())
    return found, "; ".join(shown)


_SUBPROTOCOL = expression(
    r"(?i)(?:^|[,\s])((?:[a-z.]{0,40}\.)?bearer(?:\.authorization\.k8s\.io)?)[.,\s]\s*([A-Za-z0-9._~+/=-]{8,4096})"
)
"""A token in Sec-WebSocket-Protocol, where browsers cannot set Authorization: ``authorization.bearer.<token>``
``base64url.bearer.authorization.k8s.io.<token>``."""


def header_credentials(headers: Fields, method: str) -> Iterator[Credential]:
    """The credentials in a request's header fields, Cookie apart."""
    for name, value in headers.items:
        if name in ("authorization", "proxy-authorization"):
            found = authorization(value, method)
            if found:
                yield replace(found, name=" ".join(filter(None, (field_name(name), found.name))))
        elif name == "x-wsse":
            found = authorization(
                value if value[:5].upper() == b"WSSE " else b"WSSE " + value.removeprefix(b"UsernameToken"), method
            )
            if found:
                yield replace(found, scheme="wsse", name="X-WSSE")
        elif name == "hnap_auth":
            yield Credential("password", None, Secret(value), "hnap", clear=False, name="HNAP_AUTH")
        elif name == "sec-websocket-protocol":
            token = _SUBPROTOCOL.search(text(value[:8192]))
            if token:
                yield Credential("token", None, Secret(token[2]), "bearer", name="Sec-WebSocket-Protocol")
        elif name in fields.KEY_HEADERS:
            bare = text(value).removeprefix("Bearer ").strip('"')
            if is_token(bare, 5):
                yield Credential("token", None, Secret(bare), "header", name=name)


def safe_header(headers: Fields, cookie_line: str) -> str:
    """The header block without credentials, a field a line."""
    lines: list[str] = []
    for name, value in headers.items:
        if name in CREDENTIAL_FIELDS or (name == "sec-websocket-protocol" and b"earer" in value):
            continue
        if name == "cookie":
            continue
        shown = text(value)
        lines.append(f"{name}: {masked_url(shown) if name in ('referer', 'origin') else shown}")
    if cookie_line:
        lines.append(f"cookie: {cookie_line}")
    return "\n".join(lines)


_SCALARS = frozenset({str, int, float})
_NAMES_COMPARED = 64
"""Names of an object up to which it is remembered whether they say anything: objects of status have some twenty."""


@lru_cache(128)
def _is_of_logins(names: tuple[str, ...]) -> bool:
    """Whether an object with these names may hold a secret, or the user of one in an object inside it."""
    users = (fields.Kind.USER, fields.Kind.NETWORK)
    return any(fields.may_carry_secret(name) or fields.kind_of(name) in users for name in names)


def json_objects(document: object, *, secrets: bool = False) -> Iterator[list[tuple[str, str]]]:
    """The scalar fields of each object in a JSON document; an object inherits the user of those around it (``{"user":
    …, "auth": {"pass": …}}``). ``secrets``: without those whose names say that they hold none.
    """
    stack: list[tuple[object, list[tuple[str, str]]]] = [(document, [])]
    seen = 0
    while stack and seen < MAX_NODES:
        node, inherited = stack.pop()
        seen += 1
        if isinstance(node, list):
            stack.extend((item, inherited) for item in node[:MAX_NODES] if isinstance(item, dict | list))
        elif isinstance(node, dict):
            if secrets and not inherited and len(node) <= _NAMES_COMPARED and not _is_of_logins(tuple(node)):
                seen += sum([type(value) in _SCALARS for value in node.values()])
                stack.extend((item, inherited) for item in node.values() if isinstance(item, dict | list))
                continue
            own = [
                (str(k), v if isinstance(v, str) else str(v))
                for k, v in node.items()
                if isinstance(v, str | int | float) and not isinstance(v, bool)
            ]
            seen += len(own)
            given = own
            if inherited:
                own_kinds = {fields.kind_of(k) for k, _ in own}
                given = own + [(k, v) for k, v in inherited if fields.kind_of(k) not in own_kinds]
            yield given
            passed = [(k, v) for k, v in given if fields.kind_of(k) in (fields.Kind.USER, fields.Kind.NETWORK)][:8]
            stack.extend((item, passed) for item in node.values() if isinstance(item, dict | list))


_LOGIN_METHOD = expression(r"(?i)(?:^|[._/])(?:log_?in|authorize|authenticate)$")


def _positional_login(document: object) -> Credential | None:
    """JSON-RPC 1.0 and 2.0 with parameters by position: ``{"method": "login", "params": ["anna", "…"]}``."""
    if not isinstance(document, dict) or not _LOGIN_METHOD.search(str(document.get("method"))[: fields.NAME_LIMIT]):
        return None
    given = document.get("params")
    if not isinstance(given, list) or len(given) < 2 or not all(isinstance(item, str) for item in given[:2]):
        return None
    user, secret = given[0], given[1]
    if not user or len(user) > 512 or len(secret) > fields.SECRET_LIMIT:
        return None
    return Credential("password", shown(user), Secret(raw(secret)), "json")


def json_credentials(data: bytes, path: str = "") -> Iterator[Credential]:
    """The logins in a JSON document, each secret once; nothing for what is no JSON."""
    sent = document(data)
    seen: set[Secret | None] = set()
    positional = _positional_login(sent)
    if positional is not None:
        seen.add(positional.secret)
        yield positional
    for given in json_objects(sent):
        for found in field_sets.credentials(given, "json", path=path):
            if found.secret not in seen:
                seen.add(found.secret)
                yield found


def _members(elements: list[xml.XmlElement]) -> Iterator[tuple[str, str]]:
    """XML-RPC's structures: ``<member><name>…</name><value><string>…</string></value></member>``
    (xmlrpc.com/spec.md)."""
    name = ""
    for element in elements:
        if element.path[-2:] == ("member", "name"):
            name = element.text
        elif element.path[-1] == "member":
            name = ""
        elif name and element.text and "member" in element.path[-3:]:
            yield name, element.text


def xml_credentials(data: bytes) -> Iterator[Credential]:
    """The logins in XML elements (``<userName>`` ``<password>``)."""
    elements, _ = xml.read(data)
    yield from field_sets.credentials(((e.path[-1], e.text) for e in elements if e.text), "xml")
    yield from field_sets.credentials(_members(elements), "xml", tokens=False)
    for element in elements:
        if len(element.attributes) > 1:
            yield from field_sets.credentials(element.attributes, "xml", tokens=False)


_FORM = expression(rb"[\w.\-\[\]%+:$@]{1,128}=[^\x00-\x08\x0e-\x1f]*", re.DOTALL)


def body_credentials(
    data: bytes, kind: str | None, boundary: str, *, whole: bool, path: str = ""
) -> Iterator[Credential]:
    """The logins in a decoded request body, sent to ``path``; ``whole`` False: the last field may be cut and is not
    believed."""
    data = data[:BODY_LIMIT]
    start = data[:256].lstrip()[:1]
    if kind == "multipart/form-data":
        yield from field_sets.credentials(multipart(data, boundary), "multipart", path=path)
    elif start in (b"{", b"["):
        yield from json_credentials(data, path)
    elif start == b"<":
        yield from xml_credentials(data)
    elif kind in (None, "application/x-www-form-urlencoded", "text/plain") and _FORM.fullmatch(data):
        given = list(pairs(decode_latin(data)))
        yield from field_sets.credentials(given if whole else given[:-1], "form", path=path)
