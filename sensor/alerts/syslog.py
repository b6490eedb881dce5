"""Syslog channel: alerts as RFC 5424 messages to a collector of the user's, over TLS, TCP or UDP."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final

from sensor.alerts.sender import Undelivered, body_of
from sensor.alerts.spool import QueuedMessage
from sensor.files import error_reason
from sensor.settings.keys import SyslogSettings as Settings

PATIENCE = 10.0
"""Seconds for a connection and for what is sent on it."""

LONGEST_DATAGRAM = 2048
"""Bytes of a message over UDP: what every receiver should take (RFC 5424 6.1)."""

SEVERITIES: Final[Mapping[str, int]] = {"critical": 2, "high": 3, "medium": 4, "low": 5, "info": 6}
"""Critical, error, warning, notice, informational (RFC 5424 6.2.1)."""

ENTERPRISE: Final = 32473
"""Behind the ``@`` of our structured data: the number for examples (RFC 5612), because this program has none."""

PARAMETERS: Final = ("id", "severity", "device", "name", "rule", "finding", "capability", "status", "count")


def message_of(alert: Mapping[str, Any], facility: int, host: str) -> bytes:
    """An alert as a message. Its texts have no controls (docs/alerts.md), so it is one line."""
    priority = facility * 8 + SEVERITIES.get(str(alert.get("severity")), SEVERITIES["info"])
    values = {name: alert[name] for name in PARAMETERS if alert.get(name) is not None}
    pairs = "".join(f' {name}="{_escaped(str(value))}"' for name, value in values.items())
    kind = re.sub(r"[^!-~]", "", str(alert.get("kind") or ""))[:32] or "-"
    head = f"<{priority}>1 {alert.get('time') or '-'} {host} lanwitness {os.getpid()} {kind}"
    text = ": ".join(str(alert[name]) for name in ("title", "text") if alert.get(name))
    return f"{head} [lanwitness@{ENTERPRISE}{pairs}] \ufeff{text}".encode("utf-8", "replace")


def _escaped(value: str) -> str:
    """A parameter's value (RFC 5424 6.3.3)."""
    return re.sub(r'(["\\\]])', r"\\\1", value)


def host_name() -> str:
    """This machine's name as a message has it; the nil value where it has none."""
    return re.sub(r"[^!-~]", "", socket.gethostname())[:255] or "-"


class SyslogChannel:
    """The channel. A connection for each message: alerts are few, and one that stands idle is found dead too late."""

    name = "syslog"

    def __init__(self, settings: Settings, patience: float = PATIENCE) -> None:
        """ValueError for a file of certificates that cannot be used."""
        self._settings, self._patience = settings, patience
        self._context: ssl.SSLContext | None = None
        if settings.protocol == "tls":
            try:
                self._context = ssl.create_default_context(cafile=settings.ca_file)
            except OSError:  # ssl.SSLError is one
                raise ValueError(f"{settings.ca_file}: no certificates can be read there") from None

    def deliver(self, message: QueuedMessage) -> None:
        """Hand it over. Over UDP nobody says whether it arrived."""
        content = message_of(body_of(message), self._settings.facility, host_name())
        where = (self._settings.host, self._settings.port)
        try:
            if self._settings.protocol == "udp":
                family, _, _, _, address = socket.getaddrinfo(*where, type=socket.SOCK_DGRAM)[0]
                with socket.socket(family, socket.SOCK_DGRAM) as datagram:
                    datagram.sendto(_cut(content), address)
                return
            with socket.create_connection(where, self._patience) as plain:
                # Octet counting (RFC 5425 4.3, RFC 6587 3.4.1).
                framed = b"%d %b" % (len(content), content)
                if self._context is None:
                    plain.sendall(framed)
                    return
                with self._context.wrap_socket(plain, server_hostname=self._settings.host) as channel:
                    channel.sendall(framed)
                    with contextlib.suppress(OSError):  # many a collector ends without a word
                        channel.unwrap()
        except ssl.SSLCertVerificationError:
            raise Undelivered("the collector's certificate cannot be trusted") from None
        except OSError as error:
            raise Undelivered(f"the collector cannot be reached ({error_reason(error, 'no answer')})") from None

    def close(self) -> None:
        """Nothing is held open."""


def _cut(content: bytes) -> bytes:
    """At most a datagram that all take, with whole characters."""
    return content[:LONGEST_DATAGRAM].decode("utf-8", "ignore").encode()
