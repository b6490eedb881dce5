"""A mail as `Transfer` events: the message itself, and each attached or embedded file decoded."""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator

from sensor.events import DATA_LIMIT, Span, Transfer
from sensor.lazy_pattern import expression
from sensor.model import Side

HEADER_LIMIT = 32 * 1024
"""Bytes of one header block that are read: mails of devices have one or two, list mail with many ``Received`` lines a
dozen."""

PARTS_LIMIT = 16
"""Files of one mail that are reported: cameras attach a handful of pictures."""

DEPTH_LIMIT = 4
"""Multiparts within multiparts: alternative in related in mixed is three."""

_FOLD = expression(rb"\r?\n[ \t]+")
_PARAMETER = expression(
    rb';\s*(boundary|name|filename)\*?\s*=\s*(?:"([^"\r\n]{0,255})"|([^\s;"]{1,255}))', re.IGNORECASE
)


def mail(
    side: Side,
    application: str,
    raw: bytes,
    size: int,
    *,
    spans: tuple[Span, ...] = (),
    complete: bool = True,
    name: str | None = None,
) -> Iterator[Transfer]:
    """Transfers of a mail whose first bytes are ``raw`` and whose length on the wire was ``size``: the whole as
    ``message/rfc822``, then its files.

    ``name``: what the protocol calls it; a file is called as its part says (RFC 2183 2.3, RFC 2045 5.1).
    """
    yield Transfer(
        side=side,
        application=application,
        name=name,
        media_type="message/rfc822",
        size=size,
        data=raw[:DATA_LIMIT],
        complete=complete,
        spans=spans,
    )
    for title, media_type, encoded, data in _files(raw):
        yield Transfer(
            side=side,
            application=application,
            name=title,
            media_type=media_type,
            size=encoded,
            data=data[:DATA_LIMIT],
            complete=complete,
            spans=spans,
        )


def _headers(block: bytes) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in _FOLD.sub(b" ", block).splitlines():
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _parameters(value: bytes) -> dict[bytes, bytes]:
    return {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAMETER.finditer(value)}


def _files(raw: bytes) -> Iterator[tuple[str | None, str, int, bytes]]:
    """(name, media type, size as sent, decoded bytes) of the leaves that are not the mail's own text. Part by part
    without recursion."""
    waiting = [(raw, 0)]
    reported = 0
    while waiting and reported < PARTS_LIMIT:
        part, depth = waiting.pop()
        head, body = _split(part)
        fields = _headers(head)
        content_type = fields.get(b"content-type", b"")
        parameters = _parameters(content_type)
        media_type = content_type.partition(b";")[0].strip().lower().decode("ascii", "backslashreplace")[:100]
        if media_type.startswith("multipart/"):
            if depth < DEPTH_LIMIT and parameters.get(b"boundary"):
                inside = body.split(b"--" + parameters[b"boundary"], PARTS_LIMIT + 1)[1 : PARTS_LIMIT + 1]
                waiting.extend((piece, depth + 1) for piece in reversed(inside) if not piece.startswith(b"--"))
            continue
        title = _parameters(fields.get(b"content-disposition", b"")).get(b"filename") or parameters.get(b"name")
        if title is None and (not media_type or media_type.startswith("text/")):
            continue
        reported += 1
        name = title.decode("utf-8", "backslashreplace") if title else None
        yield name, media_type, len(body), _decode(body, fields.get(b"content-transfer-encoding", b"").lower())


def _split(part: bytes) -> tuple[bytes, bytes]:
    """Header block and body: the first empty line parts them (RFC 5322 2.1); a part that begins with it has no
    header."""
    part = part.removeprefix(b"\r\n").removeprefix(b"\n") if part[:4] not in (b"\r\n\r\n", b"\n\n") else part
    end = re.search(rb"\r?\n\r?\n", part[:HEADER_LIMIT])
    return (part[: end.start()], part[end.end() :]) if end else (part[:HEADER_LIMIT], b"")


def _decode(body: bytes, encoding: bytes) -> bytes:
    """RFC 2045 6.: base64 as far as it goes (a cut mail ends anywhere), quoted-printable, or the bytes as they are."""
    if encoding != b"base64":
        return quopri.decodestring(body) if encoding == b"quoted-printable" else body
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    if len(digits) % 4 == 1:  # six bits make no byte
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
