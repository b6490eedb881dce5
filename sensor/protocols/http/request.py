"""A request's header block into all that it says by itself: what is asked for, its credentials, how its body is framed, what may be searched.

Apps poll: the same header block comes thousands of times, on new connections. What a block says follows from its bytes alone, so it is worked out once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sensor.events import Inner
from sensor.model import Side
from sensor.parsing.credentials.credential import Credential, negotiated
from sensor.parsing.credentials.http_fields import Target, cookies, header_credentials, safe_header
from sensor.parsing.formats.http_headers import REMEMBERED, Fields, media_type, request_line
from sensor.protocols.http.direction import MAX_LENGTH, Framing
from sensor.protocols.http.exchange import READING

HEADER_LIMIT = 16 * 1024
"""Bytes of a header block handed on for search: it is read, not stored."""

CHANNELS = {"authorization": 0, "www-authenticate": 0, "proxy-authorization": 1, "proxy-authenticate": 1}
"""One NTLM exchange may run with the server and one with the proxy."""

_DIGITS = re.compile(r"[0-9]{1,16}")


class ParsedRequest(NamedTuple):
    """``resource`` is the URL without query; ``wants`` what to switch to (the Upgrade field's word, ``connect``); ``url`` and ``header`` without secrets."""

    method: str
    path: str
    resource: str
    control: bool
    wants: str | None
    credentials: tuple[Credential, ...]
    inner: tuple[Inner, ...]
    kind: str | None
    parameters: dict[str, str]
    codings: list[str]
    framing: Framing
    length: int
    agent: str | None
    url: bytes
    header: bytes


def asked_of(line: bytes, fields: Fields) -> ParsedRequest:
    """What a request says; ``line`` must be a request line. Nobody may change the answer: it is shared."""
    return _asked(line, fields) if fields.shared else _read(line, fields)


def _read(line: bytes, fields: Fields) -> ParsedRequest:
    asked = request_line(line)
    assert asked is not None
    method, target = asked.method, Target(asked.target)
    host = target.host or (fields.get("host") or "")[:255]
    wants = "connect" if method == "CONNECT" else next(iter(fields.tokens("upgrade")), None)
    found, cookie_line = cookies(fields.all("cookie"))
    kind, parameters = media_type(fields.get("content-type"))
    framing, length = _framing(method, wants, fields)
    return ParsedRequest(
        method=method,
        path=target.path,
        resource=f"http://{host}{target.path}" if host and method != "CONNECT" else target.path,
        control=method not in READING or fields.raw("soapaction") is not None,
        wants=wants,
        credentials=(*target.found, *header_credentials(fields, method), *found),
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


_asked = lru_cache(REMEMBERED)(_read)


def negotiation(fields: Fields, names: tuple[str, ...], side: Side) -> Iterator[Inner]:
    """NTLM messages in the fields of these names."""
    for name in names:
        for value in fields.all(name):
            message = negotiated(value)
            if message:
                yield Inner(message, "ntlmssp", side, CHANNELS[name])


def _framing(method: str, wants: str | None, fields: Fields) -> tuple[Framing, int]:
    """RFC 9112 §6.3; a POST without a length is given the benefit of the doubt."""
    length = content_length(fields)
    if "chunked" in fields.tokens("transfer-encoding"):
        return Framing.CHUNKED, length or 0
    if length:
        return Framing.LENGTH, length
    if wants == "connect" or (wants and wants != "h2c"):
        return Framing.HOLD, 0
    if length is None and method in ("POST", "PUT", "PATCH"):
        return Framing.UNFRAMED, 0
    return Framing.NONE, 0


def content_length(fields: Fields) -> int | None:
    """Content-Length; None where it is absent or no number."""
    value = fields.get("content-length") or ""
    first = value.partition(",")[0].strip()
    return int(first) if _DIGITS.fullmatch(first) and int(first) < MAX_LENGTH else None
