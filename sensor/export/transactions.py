"""Transactions of a capture, for formats with a line for each: DNS, HTTP, TLS and DHCP, masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, Final, Literal, TypedDict
from urllib.parse import urlsplit

from sensor.certificates import names
from sensor.events import Access, Attribute, Binding, Event, Handshake, Login, Lookup
from sensor.evidence.text_mask import LearningMask, TextMask
from sensor.export.records import time_text
from sensor.light_dataclass import dataclass
from sensor.model import Endpoint, Flow, Observation
from sensor.records import FlowRecord
from sensor.vault import Vault

Kind = Literal["dns", "http", "tls", "dhcp"]

MOST: Final = 100_000
"""Transactions of one capture (some 100 MB); more are counted."""

MOST_CLIENTS: Final = 4096
"""DHCP clients that are between a request and its answer at a time."""

MOST_MESSAGES: Final = 16
"""DHCP messages that are named of one exchange."""

MAX_NAME, MAX_PATH = 255, 1024
"""Characters that are kept of a name (RFC 1035 3.1) and of a path."""

CHANNELS: Final = frozenset({"tls", "dtls", "quic"})


class Transaction(TypedDict):
    """A question and its answer, within the flow from ``client`` to ``server`` that began at ``start``."""

    record: Literal["transaction"]
    run: str
    kind: Kind
    time: str | None
    client: str
    server: str
    start: str | None
    transport: str
    device: str | None
    detail: dict[str, Any]


def flow_key(one: FlowRecord | Transaction) -> str:
    """What a flow and its transactions have in common."""
    return "\x1f".join((one["run"], one["client"], one["server"], one["start"] or ""))


@dataclass(slots=True)
class _Exchange:
    kind: Kind
    time: int
    flow: Flow
    detail: dict[str, Any]
    place: str = ""
    """Where the request of HTTP went, before it is masked."""


@dataclass(slots=True)
class _Lease:
    """What a DHCP client said since its last lease."""

    flow: Flow
    time: int
    detail: dict[str, Any] = field(default_factory=dict)


class Transactions:
    """Hears a run's observations. ``finish`` makes ``finished`` of them, when all logins are known."""

    EVENTS: Final[tuple[type[Event], ...]] = (Lookup, Access, Login, Handshake, Binding, Attribute)

    def __init__(self, vault: Vault) -> None:
        self.left_out = 0
        self.finished: list[Transaction] = []
        self._learning = LearningMask(vault)
        self._seen: list[_Exchange] = []
        self._questions: dict[tuple[int, str, str], _Exchange] = {}
        self._leases: dict[str, _Lease] = {}
        self._clients: dict[int, tuple[Flow, str]] = {}
        """The DHCP client that spoke last in a flow, by the flow's id, which the flow itself holds."""

    def observe(self, observation: Observation) -> None:
        """Take in one event."""
        event = observation.event
        if isinstance(event, Lookup):
            if event.source == "dns":
                self._lookup(event, observation)
        elif isinstance(event, Login | Access):
            self._request(event, observation)
        elif isinstance(event, Handshake):
            if event.kind in CHANNELS:
                self._add("tls", observation.time, observation.flow, _handshake(event))
        elif isinstance(event, Binding):
            if event.via == "dhcp":
                self._leased(event, observation)
        elif isinstance(event, Attribute) and event.field.startswith("dhcp."):
            self._dhcp(event.field.removeprefix("dhcp."), event.value, observation)

    def finish(self, run: str, device_of: Callable[[Endpoint], str | None]) -> None:
        """The capture is over."""
        for mac, lease in self._leases.items():
            self._close(mac, lease)
        self._leases.clear()
        mask = self._learning.mask()
        for one in sorted(self._seen, key=lambda seen: seen.time):
            flow = one.flow
            self.finished.append(
                {
                    "record": "transaction",
                    "run": run,
                    "kind": one.kind,
                    "time": time_text(one.time),
                    "client": str(flow.client),
                    "server": str(flow.server),
                    "start": time_text(flow.first_time),
                    "transport": flow.transport.value,
                    "device": device_of(flow.client) or device_of(flow.server),
                    "detail": _masked_detail(one, mask),
                }
            )
        self._seen.clear()
        self._questions.clear()

    def _add(self, kind: Kind, time: int, flow: Flow, detail: dict[str, Any], place: str = "") -> _Exchange | None:
        if len(self._seen) >= MOST:
            self.left_out += 1
            return None
        made = _Exchange(kind, time, flow, detail, place)
        self._seen.append(made)
        return made

    def _lookup(self, event: Lookup, observation: Observation) -> None:
        time, flow = observation.time, observation.flow
        key = (id(flow), event.name, event.kind)
        question = {"name": event.name[:MAX_NAME], "kind": event.kind}
        if not event.answered:
            if key not in self._questions and (made := self._add("dns", time, flow, {**question, "asked": True})):
                self._questions[key] = made
            return
        answers = [] if event.kind == "TXT" else [one[:MAX_NAME] for one in event.answers]
        answered = {"code": event.code, "answers": answers, "answered": time_text(time)}
        before = self._questions.pop(key, None)
        if before is not None:
            before.detail |= answered
        else:
            self._add("dns", time, flow, {**question, **answered})

    def _request(self, event: Login | Access, observation: Observation) -> None:
        """A request of HTTP; several logins of one request are one line."""
        if isinstance(event, Login):
            if event.secret is not None:
                self._learning.learn(event.secret)
            if event.served:
                return
        if observation.protocol not in ("http", "http2") or not event.resource:
            return
        detail = {
            "method": event.action if event.action and event.action.isupper() else None,
            "status": event.status,
            "username": event.username[:MAX_NAME] if event.username else None,
        }
        time, flow, place = observation.time, observation.flow, event.resource[: 2 * MAX_PATH]
        before = self._seen[-1] if self._seen else None
        if before is not None and before.flow is flow and (before.time, before.place) == (time, place):
            before.detail |= {name: before.detail[name] or value for name, value in detail.items()}
        else:
            self._add("http", time, flow, detail, place)

    def _dhcp(self, name: str, value: str, observation: Observation) -> None:
        """What a client says of itself, until it is given a lease."""
        flow = observation.flow
        if name == "client_mac":
            if value not in self._leases and len(self._leases) >= MOST_CLIENTS:
                self._close(*self._leases.popitem())
            self._leases.setdefault(value, _Lease(flow, observation.time))
            if len(self._clients) >= MOST_CLIENTS:
                self._clients.clear()
            self._clients[id(flow)] = (flow, value)
        elif id(flow) in self._clients and (lease := self._leases.get(self._clients[id(flow)][1])):
            if name == "message":
                lease.detail["messages"] = [*lease.detail.get("messages", ()), value][:MOST_MESSAGES]
            elif name in ("hostname", "requested"):
                lease.detail[name] = value[:MAX_NAME]

    def _leased(self, event: Binding, observation: Observation) -> None:
        lease = self._leases.pop(event.mac, None)
        before = lease.detail if lease is not None else {}
        messages = [*before.get("messages", ()), "ACK"]
        given = {"mac": event.mac, "address": event.address, "seconds": event.seconds, "messages": messages}
        self._add("dhcp", observation.time, observation.flow, {**before, **given})

    def _close(self, mac: str, lease: _Lease) -> None:
        """An exchange without a lease."""
        if lease.detail.get("messages"):
            self._add("dhcp", lease.time, lease.flow, {"mac": mac, **lease.detail})


def _handshake(event: Handshake) -> dict[str, Any]:
    subject, issuer = names(event.certificates[0]) if event.certificates else (None, None)
    return {
        "channel": event.kind,
        "version": event.version,
        "cipher": event.cipher,
        "server_name": event.server_name[:MAX_NAME] if event.server_name else None,
        "subject": subject,
        "issuer": issuer,
        "established": event.established,
        "alpn": event.selected_alpn,
        "ja3": event.ja3,
        "ja3s": event.ja3s,
        "ja4": event.ja4,
    }


def _masked_detail(one: _Exchange, mask: TextMask) -> dict[str, Any]:
    """What may be shown of it."""
    detail = one.detail
    if one.kind == "http":
        host, path = _parts(one.place)
        shown = {"host": host, "username": detail["username"]}
        shown = {name: mask.name(text) if text else None for name, text in shown.items()}
        return {**detail, **shown, "path": mask.path(path)[:MAX_PATH]}
    if one.kind == "dhcp":
        return detail
    texts = ("name", "server_name", "subject", "issuer")
    shown = {key: mask.name(detail[key]) for key in texts if detail.get(key)}
    answers = {"answers": [mask.name(each) for each in detail["answers"]]} if detail.get("answers") else {}
    return {**detail, **shown, **answers}


def _parts(resource: str) -> tuple[str | None, str]:
    """Host (without a user name) and path (without parameters, which hold sessions) of a request's resource."""
    try:
        split = urlsplit(resource)
    except ValueError:
        return None, ""
    if not split.scheme:
        return None, resource.partition(";")[0]
    return split.netloc.rpartition("@")[2][:MAX_NAME] or None, split.path.partition(";")[0] or "/"
