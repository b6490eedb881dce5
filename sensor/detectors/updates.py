"""How a device comes by new software: ``update.check``, ``update.cleartext``."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from functools import lru_cache
from typing import TypeVar

from sensor.catalogue import Message
from sensor.detectors._chains import judge_chain
from sensor.detectors._content import content_of
from sensor.detectors._detector import Context, Detector
from sensor.detectors._update_hosts import UpdateHost, is_served_by, update_hosts
from sensor.detectors._update_signs import (
    MAX_TEXT,
    Image,
    has_signature,
    image_of,
    is_manifest,
    is_named_update,
    update_patterns,
)
from sensor.events import Attribute, Content, Event, Handshake, Lookup, Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Flow, Observation, OnRepeat, Severity, Side

MAX_FLOWS = 8192
"""Flows whose last request is remembered: answers follow their requests."""

MAX_CHECKS = 8192
"""Pairs of device and host whose checks are remembered, and devices whose starts are."""

CHECK_INTERVAL = 60 * 1_000_000_000
"""Nanoseconds from which two checks of one host count as two: one check resolves IPv4 and IPv6 and fetches a page."""

FRAMES = 16
"""Frames named as evidence of the checks of one host."""

SAME_START = 128 * 1_000_000_000
"""Nanoseconds within which DHCP's DISCOVER is repeated in one start (RFC 2131 4.1: tries 64 s apart, doubled)."""

AFTER_START = 600 * 1_000_000_000
"""Nanoseconds after a start within which a check follows it: a device sets its clock and joins its service first."""

MIN_IMAGE_BYTES = 1024
"""Least bytes of an image that only its name identifies."""

PROVISIONS = ("EN 303 645 5.3-7", "EN 303 645 5.3-10")

MAX_PATH_CHARACTERS = 160
"""Characters of a path in a finding."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class RequestState:
    """The last request of a flow's client."""

    host: str = ""
    updater: bool = False


@dataclass(slots=True)
class Checks:
    """The checks of a device at a host: the first one as a finding, and what the others add.

    ``maker``: whose device alone it is a check of, None where the name or path says it itself. ``channels``: how well
    the channels protected it (see `_channel`). ``starts``: those of the device that a check followed, by number.
    """

    first: Finding
    maker: str | None
    last: int
    count: int = 0
    frames: tuple[int, ...] = ()
    channels: set[str] = field(default_factory=set)
    starts: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Starts:
    """The starts of a device: how many, and when the last one was and its DISCOVER was repeated last (ns)."""

    count: int = 0
    last: int = 0
    repeated: int = 0


class Updates(Detector):
    """``update.check`` ``update.cleartext``."""

    EVENTS = (Transfer, Content, Attribute, Handshake, Lookup)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._requests: OrderedDict[int, RequestState] = OrderedDict()
        self._checks: dict[tuple[object, ...], Checks] = {}
        self._starts: OrderedDict[str, Starts] = OrderedDict()
        self._updaters = False
        """A program was heard whose name is that of an updater: then any request of a flow may be a check."""

    def hears_field(self, field: str) -> bool:
        """By its name alone."""
        return field in ("http.user_agent", "dhcp.message")

    def on_repeat(self, event: Event) -> OnRepeat:
        """A request is remembered for its flow; one that may look for updates, and its program's name, count."""
        if isinstance(event, Content):
            if event.name != "url" or event.side is not Side.CLIENT:
                return OnRepeat.NOTHING
            host, path = _host_and_path(event)
            named, row = _update_signs_of(host, path)
            return OnRepeat.AGAIN if self._updaters or named or row is not None else OnRepeat.FLOW
        if isinstance(event, Attribute):
            if event.field == "http.user_agent":
                return OnRepeat.AGAIN if is_named_update("agent", event.value[:MAX_TEXT]) else OnRepeat.NOTHING
            return OnRepeat.AGAIN if event.field == "dhcp.message" else OnRepeat.NOTHING
        if isinstance(event, Lookup):
            if not _asks_for_address(event):
                return OnRepeat.NOTHING
            _, sure, row = _update_signs_of_name(event.name[:MAX_TEXT])
            return OnRepeat.AGAIN if sure or row is not None else OnRepeat.NOTHING
        return OnRepeat.SAME if isinstance(event, Transfer) else OnRepeat.AGAIN

    @property
    def changes(self) -> int:
        """Whether any request may be a check."""
        return int(self._updaters)

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings from an object; requests and names are remembered until the end."""
        event = observation.event
        if isinstance(event, Transfer):
            return self._object(observation, event)
        if isinstance(event, Content):
            if event.name == "url" and event.side is Side.CLIENT:
                self._request(observation, event)
        elif isinstance(event, Attribute):
            self._attribute(observation, event)
        elif isinstance(event, Handshake):
            self._name(observation, event.server_name, event.kind, _channel(event, observation.time))
        elif isinstance(event, Lookup) and _asks_for_address(event):
            self._name(observation, event.name, "dns")
        return ()

    def awaits(self, flow: Flow) -> bool:
        """A flow with a request."""
        return flow.uid in self._requests

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Forget its request."""
        self._requests.pop(flow.uid, None)
        return ()

    def finish(self) -> Iterable[Finding]:
        """Checks; a host that only the table of makers tells counts for a device of that maker alone."""
        for checks in self._checks.values():
            if checks.maker is None or self._is_of(checks.maker, checks.first.device):
                yield self._summed(checks)

    def _is_of(self, maker: str, device: str | None) -> bool:
        return device is not None and is_served_by(maker, self.context.identity_of(device))

    def _flow(self, observation: Observation) -> RequestState:
        found = self._requests.get(observation.flow.uid)
        if found is None:
            found = RequestState()
            _remember(self._requests, observation.flow.uid, found, MAX_FLOWS)
        return found

    def _attribute(self, observation: Observation, event: Attribute) -> None:
        if event.field == "http.user_agent":
            if is_named_update("agent", event.value[:MAX_TEXT]):
                self._flow(observation).updater = self._updaters = True
        elif event.field == "dhcp.message" and event.value == "DISCOVER":
            device = self.context.device_of(observation.flow.end(event.side))
            if device is not None:
                starts = self._starts.get(device) or Starts()
                if not starts.count or not 0 <= observation.time - starts.repeated < SAME_START:
                    starts.count, starts.last = starts.count + 1, observation.time
                starts.repeated = observation.time
                _remember(self._starts, device, starts, MAX_CHECKS)

    # Checks.

    def _request(self, observation: Observation, event: Content) -> None:
        request = self._flow(observation)
        request.host, path = _host_and_path(event)
        named, row = _update_signs_of(request.host, path)
        sure = request.updater or named
        if sure or row is not None:
            self._check(observation, request.host or None, path.partition("?")[0], "request", row, sure)

    def _name(self, observation: Observation, name: str | None, how: str, channel: str | None = None) -> None:
        name, sure, row = _update_signs_of_name((name or "")[:MAX_TEXT])
        if name and (sure or row is not None):
            self._check(observation, name, None, how, row, sure, channel)

    def _check(
        self,
        observation: Observation,
        host: str | None,
        path: str | None,
        how: str,
        row: UpdateHost | None,
        sure: bool,
        channel: str | None = None,
    ) -> None:
        """``sure``: the name or path says it itself; else it is one only for a device of the row's maker."""
        ends = self.responsible(observation.flow, Side.CLIENT)
        if ends.role == "server":
            return
        key = (ends.device or observation.flow.client.address, host, how)
        checks = self._checks.get(key)
        if checks is None:
            if len(self._checks) >= MAX_CHECKS:
                return
            first = self.finding(
                observation,
                "update.check",
                Severity.INFO,
                ends,
                capability=Capability.SOFTWARE_UPDATES,
                provisions=(),
                message=Message("update.check"),
                detail={
                    "host": host,
                    "path": path and path[:MAX_PATH_CHARACTERS],
                    "how": how,
                    "maker": row and row.maker,
                    "source": row and f"{row.source}, {row.date}",
                },
                identity=(host, how),
            )
            only = None if sure or row is None else row.maker
            checks = self._checks[key] = Checks(first, only, observation.time - CHECK_INTERVAL)
        if sure:
            checks.maker = None
        if channel is not None:
            checks.channels.add(channel)
        starts = self._starts.get(ends.device or "")
        if starts is not None and 0 <= observation.time - starts.last <= AFTER_START:
            checks.starts.add(starts.count)
        if observation.time - checks.last >= CHECK_INTERVAL:
            checks.count, checks.last = checks.count + 1, observation.time
            checks.frames = tuple(dict.fromkeys((*checks.frames, *observation.frames)))[:FRAMES]

    def _summed(self, checks: Checks) -> Finding:
        starts = self._starts.get(checks.first.device or "", Starts()).count
        # The weakest channel counts: one that does not protect shows what the device makes do with.
        channel = next((grade for grade in CHANNELS if grade in checks.channels), None)
        detail = {
            **checks.first.detail,
            "channel": channel,
            "starts": starts,
            "starts_followed": len(checks.starts),
            "after_start": bool(starts) and len(checks.starts) == starts,
        }
        found = replace(checks.first, detail=detail, frames=checks.frames)
        found.last_time, found.count = checks.last, max(checks.count, 1)
        return found

    # Images and manifests.

    def _object(self, observation: Observation, event: Transfer) -> Iterator[Finding]:
        request = self._flow(observation)
        path = (event.name or "")[:MAX_TEXT]
        image = image_of(event.data)
        named = request.updater or _is_named(request.host, path)
        if image is not None and (
            image.sure or named or (image.magic == ESP and update_patterns()["file"].search(path))
        ):
            yield from self._cleartext(observation, event, request, image, sure=image.sure)
        elif named:
            content = content_of(event)
            if content in ("text", "telemetry"):
                if (event.media_type or "").startswith("text/html") or not is_manifest(event.data):
                    return
                yield from self._cleartext(observation, event, request, None, sure=True)
            elif (
                content in (None, "archive")
                and event.size >= MIN_IMAGE_BYTES
                and update_patterns()["file"].search(path)
            ):
                yield from self._cleartext(observation, event, request, None, sure=False)

    def _cleartext(
        self, observation: Observation, event: Transfer, request: RequestState, image: Image | None, *, sure: bool
    ) -> Iterator[Finding]:
        flow = observation.flow
        ends = self.responsible(flow, event.side.other)
        if ends.device is not None and ends.role != event.side.other.name.lower():
            return  # it left a device: whose software it is, is unknown
        manifest = image is None and sure
        what = "manifest" if manifest else "image"
        whole = event.complete and event.size == len(event.data)
        yield self.finding(
            observation,
            "update.cleartext",
            Severity.MEDIUM if sure else Severity.LOW,
            ends,
            capability=Capability.SOFTWARE_UPDATES,
            provisions=PROVISIONS,
            message=Message("update.cleartext", {"what": what}),
            detail={
                "what": what,
                "signature": has_signature(event.data) if manifest else None,
                "format": image.name if image is not None else None,
                "host": request.host or None,
                "path": event.name[:MAX_PATH_CHARACTERS] if event.name else None,
                "bytes": event.size,
                "sha256": hashlib.sha256(event.data).hexdigest() if whole and not manifest else None,
                "party": self.context.party_of(flow.end(event.side)),
            },
            identity=(event.application, what, event.name),
            protocol=event.application,
        )


ESP = b"\xe9"
"""One byte is too short to identify an ESP image: its name must have the suffix, too."""


CHANNELS = ("unproven", "hidden", "validated")
"""Grades of a channel, the weakest first."""


def _asks_for_address(event: Lookup) -> bool:
    return not event.answered and event.source == "dns" and event.kind in ("A", "AAAA")


def _channel(event: Handshake, time: int) -> str | None:
    """How well a channel protected what went over it; None where the client sent nothing.

    ``validated``: TLS 1.2 or newer with authenticated encryption and a chain that checks out for that name; ``hidden``:
    the same, with the chain out of sight (TLS 1.3, RFC 8446 4.4.2); ``unproven``: less.
    """
    if event.version is None or not event.client_data:
        return None
    if not event.modern:
        return "unproven"
    judged = judge_chain(event.certificates, event.server_name, time)
    if judged is None:
        return "hidden"
    return "validated" if judged.sound else "unproven"


def _host_and_path(url: Content) -> tuple[str, str]:
    """Of a request's address: the host in lower case without its port, the path with its query."""
    rest = url.data[: MAX_TEXT * 2].decode("utf-8", "replace").partition("://")[2]
    host, slash, path = rest.partition("/")
    return host.partition(":")[0].lower(), (slash + path)[:MAX_TEXT]


def _is_named(host: str, path: str) -> bool:
    """Whether host or path indicate an update; ``?fw=1.4`` of a query tells a version."""
    return is_named_update("host", host + ".") or is_named_update("path", path.partition("?")[0])


@lru_cache(256)
def _update_signs_of(host: str, path: str) -> tuple[bool, UpdateHost | None]:
    """Whether host or path indicate an update, and the host's row in the table of makers."""
    return _is_named(host, path), update_hosts().find(host, path)


@lru_cache(256)
def _update_signs_of_name(name: str) -> tuple[str, bool, UpdateHost | None]:
    """A name in lower case without its last dot, whether it indicates an update, and its row in the table of makers."""
    bare = name.rstrip(".").lower()
    return bare, is_named_update("host", name), update_hosts().find(bare)


def _remember(table: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > most:
        table.popitem(last=False)


DETECTOR = Updates
