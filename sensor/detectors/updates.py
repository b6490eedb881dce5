"""Update checks, images and manifests that crossed readable, and components with known flaws into ``update.check`` ``update.cleartext`` ``update.component``."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from sensor.detectors._content import content_of
from sensor.detectors._detector import Context, Detector
from sensor.detectors._update_signs import LOOKED_AT, Image, component_fields, components, image_of, is_manifest, signs
from sensor.events import Attribute, Content, Handshake, Lookup, Transfer
from sensor.model import Capability, Finding, Flow, Observation, Severity, Side

FLOWS = 8192
"""Flows whose last host is remembered at a time: requests and their answers follow one another."""

CHECKS = 8192
"""Pairs of device and host whose last check is remembered."""

APART = 60 * 1_000_000_000
"""Nanoseconds between two checks of one host that count as two: one check asks for IPv4, IPv6 and the page at once."""

SMALLEST = 1024
"""Bytes an image has at least where only its name says that it is one."""

PROVISIONS = ("EN 303 645 5.3-7", "EN 303 645 5.3-10")

SHOWN = 160
"""Characters of a path that are told."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Asked:
    """What a flow's client last asked for."""

    host: str = ""
    updater: bool = False


class Updates(Detector):
    """``update.check`` ``update.cleartext`` ``update.component``."""

    EVENTS = (Transfer, Content, Attribute, Handshake, Lookup)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asked: OrderedDict[int, _Asked] = OrderedDict()
        self._checked: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A request, a name, an object or a banner."""
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
        """Its host need not be remembered."""
        self._asked.pop(flow.uid, None)
        return ()

    def _flow(self, observation: Observation) -> _Asked:
        found = self._asked.get(observation.flow.uid)
        if found is None:
            found = _Asked()
            _keep(self._asked, observation.flow.uid, found, FLOWS)
        return found

    # Checks.

    def _request(self, observation: Observation, event: Content) -> Iterator[Finding]:
        url = event.data[: LOOKED_AT * 2].decode("utf-8", "replace").partition("://")[2]
        host, slash, path = url.partition("/")
        asked = self._flow(observation)
        asked.host = host.partition(":")[0].lower()
        path = (slash + path)[:LOOKED_AT]
        if _named(asked, path):
            yield from self._check(observation, asked.host or None, path.partition("?")[0], "request")

    def _name(self, observation: Observation, name: str | None, how: str) -> Iterator[Finding]:
        if name and signs()["host"].search(name[:LOOKED_AT]):
            yield from self._check(observation, name.rstrip(".").lower()[:LOOKED_AT], None, how)

    def _check(self, observation: Observation, host: str | None, path: str | None, how: str) -> Iterator[Finding]:
        ends = self.ends(observation.flow, Side.CLIENT)
        if ends.role == "server":
            return
        key = (ends.device or observation.flow.client.address, host, how)
        last = self._checked.get(key)
        if last is not None and observation.time - last < APART:
            return
        _keep(self._checked, key, observation.time, CHECKS)
        yield self.finding(
            observation,
            "update.check",
            Severity.INFO,
            ends,
            capability=Capability.SOFTWARE_UPDATES,
            provisions=(),
            summary="The device asked for updates of its software.",
            advice="Nothing to do: looking for updates is what it should do.",
            detail={"host": host, "path": path and path[:SHOWN], "how": how},
            identity=(host, how),
        )

    # Images and manifests.

    def _object(self, observation: Observation, event: Transfer) -> Iterator[Finding]:
        asked = self._flow(observation)
        path = (event.name or "")[:LOOKED_AT]
        image = image_of(event.data)
        named = _named(asked, path)
        if image is not None and (image.sure or named or (image.magic == ESP and signs()["file"].search(path))):
            yield from self._cleartext(observation, event, asked, image, sure=image.sure)
        elif named:
            content = content_of(event)
            if content in ("text", "telemetry"):
                if (event.media_type or "").startswith("text/html") or not is_manifest(event.data):
                    return
                yield from self._cleartext(observation, event, asked, None, sure=True)
            elif content in (None, "archive") and event.size >= SMALLEST and signs()["file"].search(path):
                yield from self._cleartext(observation, event, asked, None, sure=False)

    def _cleartext(
        self, observation: Observation, event: Transfer, asked: _Asked, image: Image | None, *, sure: bool
    ) -> Iterator[Finding]:
        flow = observation.flow
        ends = self.ends(flow, event.side.other)
        if ends.device is not None and ends.role != event.side.other.name.lower():
            return  # it left a device: whose software it is nobody here knows
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
                f"{'The answer to an update check' if manifest else 'An image of a device’s software'} crossed unencrypted: "
                "unless the device checks its signature, anyone on the way can exchange it."
            ),
            advice="Ask the maker whether updates are signed and checked on the device; prefer versions that fetch them over TLS.",
            detail={
                "what": what,
                "format": image.name if image is not None else None,
                "host": asked.host or None,
                "path": event.name[:SHOWN] if event.name else None,
                "bytes": event.size,
                "sha256": hashlib.sha256(event.data).hexdigest() if whole and not manifest else None,
                "party": self.context.party_of(flow.end(event.side)),
            },
            identity=(event.application, what, event.name),
            protocol=event.application,
        )

    # Components.

    def _attribute(self, observation: Observation, event: Attribute) -> Iterator[Finding]:
        if event.field == "http.user_agent" and signs()["agent"].search(event.value[:LOOKED_AT]):
            self._flow(observation).updater = True
        if event.field not in component_fields():
            return
        ends = self.ends(observation.flow, event.side)
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
                summary=f"The device names {component.name} {version}, a version with a known flaw ({component.cve}), if {component.only}.",
                advice="Update the device; if there is no newer version, ask its maker whether the flaw is mended in it, and keep it off the internet.",
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
"""One byte is little: an ESP image's name must say it, too, by its suffix at least."""


def _named(asked: _Asked, path: str) -> bool:
    """Whether host, path or the client's own name say that this is about updates."""
    table = signs()
    return asked.updater or bool(table["host"].search(asked.host + ".") or table["path"].search(path))


def _keep(table: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > most:
        table.popitem(last=False)


DETECTOR = Updates
