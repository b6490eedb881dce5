"""Updates that crossed readable: ``update.check``, ``update.cleartext``, ``update.component``."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from sensor.detectors._content import content_of
from sensor.detectors._detector import Context, Detector
from sensor.detectors._update_hosts import UpdateHost, update_hosts
from sensor.detectors._update_signs import (
    MAX_TEXT,
    Image,
    component_fields,
    components,
    image_of,
    is_manifest,
    update_patterns,
)
from sensor.events import Attribute, Content, Event, Handshake, Lookup, Transfer
from sensor.model import Capability, Finding, Flow, Observation, OnRepeat, Severity, Side

MAX_FLOWS = 8192
"""Flows whose last request is remembered: answers follow their requests."""

MAX_CHECKS = 8192
"""Pairs of device and host whose last check is remembered."""

CHECK_INTERVAL = 60 * 1_000_000_000
"""Nanoseconds from which two checks of one host count as two: one check resolves IPv4 and IPv6 and fetches a page."""

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


class Updates(Detector):
    """``update.check`` ``update.cleartext`` ``update.component``."""

    EVENTS = (Transfer, Content, Attribute, Handshake, Lookup)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._requests: OrderedDict[int, RequestState] = OrderedDict()
        self._checked: OrderedDict[tuple[object, ...], int] = OrderedDict()
        self._expected: list[tuple[Finding, str]] = []

    def on_repeat(self, event: Event) -> OnRepeat:
        """A request and the name of its program are remembered for their flow."""
        if isinstance(event, Content):
            return OnRepeat.AGAIN if event.name == "url" and event.side is Side.CLIENT else OnRepeat.NOTHING
        if isinstance(event, Attribute):
            return OnRepeat.AGAIN if event.field == "http.user_agent" else OnRepeat.SAME
        return OnRepeat.SAME if isinstance(event, Transfer) else OnRepeat.AGAIN

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings from a request, a name, an object or a banner."""
        event = observation.event
        if isinstance(event, Content):
            return self._request(observation, event) if event.name == "url" and event.side is Side.CLIENT else ()
        if isinstance(event, Transfer):
            return self._object(observation, event)
        if isinstance(event, Attribute):
            return self._attribute(observation, event)
        if isinstance(event, Handshake):
            return self._name(observation, event.server_name, event.kind)
        if isinstance(event, Lookup) and not event.answered and event.source == "dns" and event.kind in ("A", "AAAA"):
            return self._name(observation, event.name, "dns")
        return ()

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Forget its request."""
        self._requests.pop(flow.uid, None)
        return ()

    def _flow(self, observation: Observation) -> RequestState:
        found = self._requests.get(observation.flow.uid)
        if found is None:
            found = RequestState()
            _remember(self._requests, observation.flow.uid, found, MAX_FLOWS)
        return found

    # Checks.

    def _request(self, observation: Observation, event: Content) -> Iterator[Finding]:
        url = event.data[: MAX_TEXT * 2].decode("utf-8", "replace").partition("://")[2]
        host, slash, path = url.partition("/")
        request = self._flow(observation)
        request.host = host.partition(":")[0].lower()
        path = (slash + path)[:MAX_TEXT]
        row = update_hosts().find(request.host, path)
        sure = _is_about_updates(request, path)
        if sure or row is not None:
            yield from self._check(observation, request.host or None, path.partition("?")[0], "request", row, sure)

    def _name(self, observation: Observation, name: str | None, how: str) -> Iterator[Finding]:
        name = (name or "")[:MAX_TEXT]
        sure = bool(update_patterns()["host"].search(name))
        name = name.rstrip(".").lower()
        row = update_hosts().find(name)
        if name and (sure or row is not None):
            yield from self._check(observation, name, None, how, row, sure)

    def _check(
        self,
        observation: Observation,
        host: str | None,
        path: str | None,
        how: str,
        row: UpdateHost | None,
        sure: bool,
    ) -> Iterator[Finding]:
        """``sure``: the name or path says it itself; else it is one only for a device of the row's maker."""
        ends = self.responsible(observation.flow, Side.CLIENT)
        if ends.role == "server":
            return
        key = (ends.device or observation.flow.client.address, host, how)
        last = self._checked.get(key)
        if last is not None and observation.time - last < CHECK_INTERVAL:
            return
        _remember(self._checked, key, observation.time, MAX_CHECKS)
        check = self.finding(
            observation,
            "update.check",
            Severity.INFO,
            ends,
            capability=Capability.SOFTWARE_UPDATES,
            provisions=(),
            summary="The device asked for updates of its software.",
            advice="Nothing to do: looking for updates is what it should do.",
            detail={
                "host": host,
                "path": path and path[:MAX_PATH_CHARACTERS],
                "how": how,
                "maker": row and row.maker,
                "source": row and f"{row.source}, {row.date}",
            },
            identity=(host, how),
        )
        if sure:
            yield check
        elif row is not None and len(self._expected) < MAX_CHECKS:
            self._expected.append((check, row.maker))

    def finish(self) -> Iterable[Finding]:
        """Checks at a host of the device's own maker that nothing else tells from another service."""
        for check, maker in self._expected:
            if check.device is not None and self.context.identity_of(check.device).get("vendor") == maker:
                yield replace(check, detail=dict(check.detail))

    # Images and manifests.

    def _object(self, observation: Observation, event: Transfer) -> Iterator[Finding]:
        request = self._flow(observation)
        path = (event.name or "")[:MAX_TEXT]
        image = image_of(event.data)
        named = _is_about_updates(request, path)
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
            summary=(
                f"{'The answer to an update check' if manifest else 'An image of a device’s software'}"
                " crossed unencrypted: "
                "unless the device checks its signature, anyone on the way can exchange it."
            ),
            advice=(
                "Ask the maker whether updates are signed and checked on the device; prefer "
                "versions that fetch them over TLS."
            ),
            detail={
                "what": what,
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

    # Components.

    def _attribute(self, observation: Observation, event: Attribute) -> Iterator[Finding]:
        if event.field == "http.user_agent" and update_patterns()["agent"].search(event.value[:MAX_TEXT]):
            self._flow(observation).updater = True
        if event.field not in component_fields():
            return
        ends = self.responsible(observation.flow, event.side)
        if ends.role != event.side.name.lower():
            return
        for component in components():
            version = component.version_in(event.value) if event.field in component.fields else None
            if version is None:
                continue
            yield self.finding(
                observation,
                "update.component",
                Severity.MEDIUM,
                ends,
                capability=Capability.SOFTWARE_UPDATES,
                provisions=("EN 303 645 5.3-8",),
                summary=(
                    f"The device names {component.name} {version}, a version with a known flaw "
                    f"({component.cve}), if {component.only}."
                ),
                advice=(
                    "Update the device; if there is no newer version, ask its maker whether the "
                    "flaw is mended in it, and keep it off the internet."
                ),
                detail={
                    "component": component.name,
                    "version": version,
                    "cve": component.cve,
                    "field": event.field,
                    "source": component.source,
                    "date": component.date,
                },
                identity=(component.cve, version),
            )


ESP = b"\xe9"
"""One byte is too short to identify an ESP image: its name must have the suffix, too."""


def _is_about_updates(request: RequestState, path: str) -> bool:
    """Whether host, path or the client's own name indicate an update; ``?fw=1.4`` of a query tells a version."""
    table, place = update_patterns(), path.partition("?")[0]
    return request.updater or bool(table["host"].search(request.host + ".") or table["path"].search(place))


def _remember(table: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > most:
        table.popitem(last=False)


DETECTOR = Updates
