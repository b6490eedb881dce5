"""Webhook channel: alerts posted to one address of the user's, signed by Standard Webhooks 1.0.0.

No redirect is followed, no proxy used, no answer kept.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message as Headers
from typing import IO, Any

from sensor import __version__
from sensor.alerts.sender import Undelivered, body_of
from sensor.alerts.spool import QueuedMessage
from sensor.settings.keys import WebhookSettings as Settings

PATIENCE = 10.0
"""Seconds for each step of a request (Standard Webhooks asks receivers to answer quickly and senders for 15 to 30 at
most in all)."""

PREFIX = "whsec_"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever stands at the address may not send us to another one."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        """Never."""
        return


def key_of(secret: str) -> bytes:
    """The signing key: ``whsec_`` and base64 as the standard writes it, else the text's own bytes."""
    secret = secret.strip()
    if secret.startswith(PREFIX):
        with contextlib.suppress(binascii.Error, ValueError):
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return secret.encode()


def signature(key: bytes, name: str, when: int, body: bytes) -> str:
    """``v1,…``: HMAC-SHA256 over ``id.timestamp.body`` in base64."""
    signed = b".".join((name.encode(), str(when).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


class WebhookChannel:
    """The channel. ``secret``: the text of the user's file, None to send unsigned."""

    name = "webhook"

    def __init__(
        self, settings: Settings, secret: str | None, clock: Callable[[], float] = time.time, patience: float = PATIENCE
    ) -> None:
        """ValueError for a file of certificates that cannot be used."""
        self._url = settings.url
        self._key = key_of(secret) if secret else None
        self._clock = clock
        self._patience = patience
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
        except OSError:  # ssl.SSLError is one
            raise ValueError(f"{settings.ca_file}: no certificates can be read there") from None
        # An empty ProxyHandler: what the environment says of proxies is not the user's word here.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            NoRedirects(),
            urllib.request.UnknownHandler(),  # no other scheme
        ):
            self._opener.add_handler(handler)

    def deliver(self, message: QueuedMessage) -> None:
        """One POST; anything but an answer of 2xx is a failure."""
        body = json.dumps(body_of(message), ensure_ascii=False).encode()
        when = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"LANwitness/{__version__}",
            "webhook-id": message.id,
            "webhook-timestamp": str(when),
        }
        if self._key is not None:
            headers["webhook-signature"] = signature(self._key, message.id, when, body)
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - settings allow http and https only
        try:
            with self._opener.open(request, timeout=self._patience):
                return
        except urllib.error.HTTPError as error:
            with error:
                raise Undelivered(f"the address answers {error.code}", _after(error.headers)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Undelivered(reason(error)) from None

    def close(self) -> None:
        """Nothing is held."""


def reason(error: BaseException) -> str:
    """Why nothing arrived, in a few words that name no address."""
    cause: Any = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    if isinstance(cause, TimeoutError):
        return "it does not answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return f"it cannot be reached ({cause.strerror.lower()})"
    return f"it does not answer as a web server does ({type(cause).__name__})"


def _after(headers: Headers | None) -> float | None:
    """Seconds of a Retry-After (RFC 9110 10.2.3); a date is not looked at."""
    value = (headers.get("Retry-After") if headers is not None else None) or ""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
