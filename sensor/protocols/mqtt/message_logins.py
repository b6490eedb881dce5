"""A published JSON message into the passwords and network keys it hands over: devices are set up and configured by such messages."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Login, Span
from sensor.model import Side
from sensor.parsing.credentials.http_fields import BODY_LIMIT, json_credentials


def message_logins(side: Side, name: str, data: bytes, span: Span) -> Iterator[Login]:
    """Logins in ``data`` that ``side`` sent under ``name``. Tokens are left out: in telemetry a field of that name is an id more often than a secret."""
    if data[:1] not in (b"{", b"[") or len(data) > BODY_LIMIT:
        return
    for found in json_credentials(data):
        if found.mechanism != "token":
            yield Login(
                mechanism=found.mechanism,
                username=found.username,
                secret=found.secret,
                scheme=found.scheme,
                clear=found.clear,
                name=found.name,
                resource=name,
                spans=(span,),
                asked_by=side.other,
            )
