"""Parsed header blocks of HTTP requests: target, credentials, body framing, and text to search.

Apps poll: the same header block comes thousands of times, on new connections. The result depends on the block's bytes
alone, so it is cached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sensor.events import Inner, Span
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.credentials.credential import Credential, negotiated
from sensor.parsing.credentials.http_fields import (
    Target,
    body_credentials,
    cookies,
    header_credentials,
    safe_header,
)
from sensor.parsing.formats.http_headers import REMEMBERED, Fields, media_type, request_line
from sensor.protocols.http._directions import Framing
from sensor.protocols.http.exchange import ENVELOPE, MAX_LOGINS, READ_ONLY_METHODS, ROOT_ELEMENT_LIMIT, HttpExchange
from sensor.protocols.http.framing import MAX_LENGTH

HEADER_LIMIT = 16 * 1024
"""Bytes of a header block handed on for search: it is read, not stored."""

CHANNELS = {"authorization": 0, "www-authenticate": 0, "proxy-authorization": 1, "proxy-authenticate": 1}
"""One NTLM exchange may run with the server and one with the proxy."""

_PROXY_FIELDS = ("proxy-connection", "proxy-authorization")

_HOST = expression(rb"((?:[a-z0-9_-]{1,63}\.){1,16}[a-z][a-z0-9-]{1,62})\.?(?::\d{1,5})?")
"""RFC 9110 7.2: a name and perhaps a port; the last label of a domain is not a number."""

_DIGITS = expression(r"[0-9]{1,16}")


class ParsedRequest(NamedTuple):
    """A request's header block, parsed.

    ``resource``: the URL without its query. ``referred``: secrets in the address of
    the page that the request came from. ``upgrade``: the protocol to switch to (the Upgrade field's word, or
    ``connect``). ``server``: the name in Host where the request goes to that server itself. ``url`` and ``header``:
    with secrets masked.
    """

    method: str
    server: str | None
    path: str
    resource: str
    control: bool
    upgrade: str | None
    credentials: tuple[Credential, ...]
    referred: tuple[Credential, ...]
    inner: tuple[Inner, ...]
    kind: str | None
    parameters: dict[str, str]
    codings: list[str]
    framing: Framing
    length: int
    agent: str | None
    url: bytes
    header: bytes


def parse_request(line: bytes, fields: Fields) -> ParsedRequest:
    """Parse a request's header block. ``line`` must be a request line. The result is shared: do not change it."""
    return _parse_cached(line, fields) if fields.shared else _parse(line, fields)


def _parse(line: bytes, fields: Fields) -> ParsedRequest:
    start_line = request_line(line)
    assert start_line is not None
    method, target = start_line.method, Target(start_line.target)
    host = target.host or (fields.get("host") or "")[:255]
    upgrade = "connect" if method == "CONNECT" else next(iter(fields.tokens("upgrade")), None)
    cookie_credentials, cookie_line = cookies(fields.all("cookie"))
    kind, parameters = media_type(fields.get("content-type"))
    framing, length = _framing(method, upgrade, fields)
    return ParsedRequest(
        method=method,
        server=_server(start_line.target, fields),
        path=target.path,
        resource=f"http://{host}{target.path}" if host and method != "CONNECT" else target.path,
        control=method not in READ_ONLY_METHODS or fields.raw("soapaction") is not None,
        upgrade=upgrade,
        credentials=(*target.found, *header_credentials(fields, method), *cookie_credentials),
        referred=_referred(fields),
        inner=tuple(negotiation(fields, ("authorization", "proxy-authorization"), Side.CLIENT)),
        kind=kind,
        parameters=parameters,
        codings=fields.tokens("content-encoding"),
        framing=framing,
        length=length,
        agent=fields.get("user-agent"),
        url=f"http://{host}{target.url}".encode("utf-8", "replace"),
        header=safe_header(fields, cookie_line).encode("utf-8", "replace")[:HEADER_LIMIT],
    )


def _referred(fields: Fields) -> tuple[Credential, ...]:
    """The secrets in Referer: sent on, but no login of this request."""
    value = fields.raw("referer")
    if value is None:
        return ()
    return tuple(replace(found, scheme="referer") for found in Target(value).found if found.secret)


def _server(target: bytes, fields: Fields) -> str | None:
    """The name in Host; None for an address or a name of one label, and for a request to a proxy (RFC 9112 3.2.2)."""
    sent = fields.all("host")
    to_proxy = not target.startswith(b"/") or any(fields.raw(name) is not None for name in _PROXY_FIELDS)
    if to_proxy or len(sent) != 1:
        return None
    found = _HOST.fullmatch(sent[0].strip().lower())
    return found[1].decode("ascii") if found else None


_parse_cached = lru_cache(REMEMBERED)(_parse)


def exchange_of(parsed: ParsedRequest, span: Span) -> HttpExchange:
    """The exchange that a request's header block begins."""
    exchange = HttpExchange(
        method=parsed.method,
        path=parsed.path,
        resource=parsed.resource,
        span=span,
        control=parsed.control,
        upgrade=parsed.upgrade,
        kind=parsed.kind,
        parameters=parsed.parameters,
        codings=parsed.codings,
    )
    for credential in parsed.credentials:
        exchange.add(credential)
    brought = {login.secret for login in exchange.logins}
    exchange.logins += [
        found.login(spans=(span,)) for found in parsed.referred[:MAX_LOGINS] if found.secret not in brought
    ]
    exchange.has_credentials = exchange.has_credentials or any(b"NTLMSSP\0\1" not in i.data for i in parsed.inner)
    return exchange


def add_body_credentials(exchange: HttpExchange, data: bytes, span: Span, *, complete: bool) -> None:
    """The logins in a request's decoded body."""
    if ENVELOPE.search(data, 0, ROOT_ELEMENT_LIMIT):
        return  # the SOAP parser reports the logins in it
    boundary = exchange.parameters.get("boundary", "")
    for credential in body_credentials(data, exchange.kind, boundary, whole=complete, path=exchange.path):
        exchange.add(credential, exchange.span, span)


def negotiation(fields: Fields, names: tuple[str, ...], side: Side) -> Iterator[Inner]:
    """NTLM messages in the fields of these names."""
    for name in names:
        for value in fields.all(name):
            message = negotiated(value)
            if message:
                yield Inner(message, "ntlmssp", side, CHANNELS[name])


def _framing(method: str, upgrade: str | None, fields: Fields) -> tuple[Framing, int]:
    """RFC 9112 §6.3; a POST, PUT or PATCH without a length is assumed to have a body."""
    length = content_length(fields)
    if "chunked" in fields.tokens("transfer-encoding"):
        return Framing.CHUNKED, length or 0
    if length:
        return Framing.LENGTH, length
    if upgrade == "connect" or (upgrade and upgrade != "h2c"):
        return Framing.HOLD, 0
    if length is None and method in ("POST", "PUT", "PATCH"):
        return Framing.UNFRAMED, 0
    return Framing.NONE, 0


def content_length(fields: Fields) -> int | None:
    """The Content-Length; None where it is absent or not a number."""
    value = fields.get("content-length") or ""
    first = value.partition(",")[0].strip()
    return int(first) if _DIGITS.fullmatch(first) and int(first) < MAX_LENGTH else None
