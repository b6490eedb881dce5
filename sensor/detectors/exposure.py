"""Use without a login and disclosure: ``exposure.unauthenticated``, ``exposure.disclosure``."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from sensor.catalogue import Message
from sensor.detectors._detector import Context, Detector, Responsible, is_anonymous_login
from sensor.events import Access, Attribute, Event, Login, is_about_another
from sensor.lazy_pattern import expression
from sensor.model import Capability, Finding, Observation, OnRepeat, Severity, Side
from sensor.parsing.registry import disclosures, facts

STREAM_METHODS = ("DESCRIBE", "SETUP", "PLAY")
"""RTSP methods for watching: they change nothing, but a login at a camera is there to prevent them."""

LOGIN_PAGE = expression(
    r"(?:^|[/._?-])(?:log-?in(?!fo|put|dex)|sign-?in(?!g)|logon|o?auth(?!or(?!i[sz]))|session|token|logout)", re.I
)
"""Paths of log-in pages, which are open to everyone by purpose; not ``/author``, ``/loginfo``, ``/signing``."""

LOGIN_ACTION = expression(
    r"(?:X_[A-Za-z0-9-]+_)?(?:Log-?(?:in|on|out|off)|Sign-?(?:in|on|out)|Authenticat|Authori[sz]|Pair|GetToken"
    r"|CreateSession|StartSession|Register|Handshake)",
    re.I,
)
"""Beginnings of actions that log in or pair (HNAP ``Login``, UPnP ``Pair``): without them nobody could log in."""

PAIRING_PATH = expression(
    r"(?:^|[/._?-])(?:pair(?:ing)?|pair-?(?:setup|verify)|handshake|provision|onboarding)\b", re.I
)
"""Paths at which a device is paired, which a login cannot precede (HomeKit ``/pair-setup``, ``/pair-verify``)."""

READ_REQUEST = expression(
    r"(?:^|[/._?=&#-])(?:get|list|status|info|query|search|discover|describe|ping|version|read|fetch|poll|subscribe|event)",
    re.I,
)
"""Requests that only read by their own name, whatever their method."""

WEB = ("http", "http2")
"""Protocols whose paths and methods are HTTP's."""

FORM_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods made to change something, where names do not tell what.

A page that is open to the internet may be meant to be.
"""

SETTINGS = expression(
    r"(?:set|put|add|write|change|update|modify|save|apply|edit|create|delete|del)[-_]?(?:\w{0,24}?)"
    r"(?:user|passw|account|admin|wifi|wlan|ssid|network|firewall|port_?mapping|security|firmware|ssh|telnet|ntp|dns|dmz)"
    r"|(?:firmware|sys)[-_]?(?:upgrade|update)|factory[-_]?(?:reset|default)|reboot",
    re.IGNORECASE,
)
"""Actions and paths that by their own name change a setting on which security rests (EN 303 645 5.5-5)."""

SENSITIVE_KINDS = frozenset({"serial number", "location", "contact"})
"""Kinds that help an attacker or tell of people, more than a name does."""

FILLER_CHARACTERS = frozenset("0 -_.:")
"""Characters of values without content: a serial number of zeros, a name of dashes."""

READ_SHOWN = "read a secret"
"""The action where an answer shows a secret of the device."""

MAX_SOURCES = 8192
"""Devices and kinds whose values are remembered: four kinds for each of two thousand devices."""

MAX_VALUES = 16
"""Values remembered of one kind from one device: a speaker announces a dozen services."""

MAX_VALUE_CHARACTERS = 160


class Exposure(Detector):
    """``exposure.unauthenticated`` and ``exposure.disclosure``."""

    EVENTS = (Access, Attribute, Login)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._values: dict[tuple[object, ...], set[str]] = {}
        self._logged_in: OrderedDict[frozenset[bytes], None] = OrderedDict()
        """Pairs of addresses between which a login crossed: later answers may rest on it."""

    def hears_field(self, field: str) -> bool:
        """By its name alone."""
        return field in disclosures()

    def on_repeat(self, event: Event) -> OnRepeat:
        """A value is told once; a use counts each time; a login is remembered for its two ends, which repeats keep
        among those heard last."""
        if isinstance(event, Login) and (event.served or len(self._logged_in) > MAX_SOURCES // 2):
            return OnRepeat.AGAIN
        return OnRepeat.NOTHING if isinstance(event, Attribute) else OnRepeat.SAME

    @property
    def changes(self) -> int:
        """Whether ends may be forgotten, so that it matters which were heard last."""
        return int(len(self._logged_in) > MAX_SOURCES // 2)

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings from a use without a login, a blank password, or a disclosing attribute."""
        event = observation.event
        if isinstance(event, Access):
            return self._access(observation, event)
        if isinstance(event, Attribute):
            return self._attribute(observation, event)
        return self._login(observation, event) if isinstance(event, Login) else ()

    def _login(self, observation: Observation, event: Login) -> Iterator[Finding]:
        flow = observation.flow
        pair = frozenset((flow.client.address, flow.server.address))
        if not event.served:
            if event.secret is not None and not is_anonymous_login(event):
                self._logged_in[pair] = None
                self._logged_in.move_to_end(pair)
                if len(self._logged_in) > MAX_SOURCES:
                    self._logged_in.popitem(last=False)
            yield from self._blank(observation, event)
        elif event.mechanism in ("password", "key", "community") and pair not in self._logged_in:
            yield from self._open(
                observation,
                event.resource or observation.protocol,
                READ_SHOWN,
                control=False,
                answerable=event.verifier,
            )

    def _blank(self, observation: Observation, event: Login) -> Iterator[Finding]:
        """An accepted login with a blank password protects nothing."""
        if event.accepted and event.clear and self.context.vault.is_blank(event.secret):
            yield from self._open(
                observation, event.resource or observation.protocol, "log in without a password", control=True
            )

    def _access(self, observation: Observation, event: Access) -> Iterator[Finding]:
        if event.granted is not True:
            return
        streams = observation.protocol == "rtsp" and event.action in STREAM_METHODS
        # SNMPv3 without authentication: who knows a user's name reads all that the agent has.
        by_name = observation.protocol == "snmp" and bool(event.username)
        if not (event.control or streams or by_name):
            return
        if observation.protocol == "http" and _is_login_or_read(event):
            return
        if observation.protocol == "sip" and event.action != "REGISTER":
            return  # calling needs no login; registering decides who receives the calls of a number
        yield from self._open(observation, event.resource, event.action, control=event.control, username=event.username)

    def _open(
        self,
        observation: Observation,
        resource: str,
        action: str,
        *,
        control: bool,
        username: str | None = None,
        answerable: Side = Side.SERVER,
    ) -> Iterator[Finding]:
        flow, protocol = observation.flow, observation.protocol
        ends = self.responsible(flow, answerable)
        if ends.role != answerable.name.lower() or flow.client.address == flow.server.address:
            return
        hole = resource.startswith("port mapping")
        outside = self.is_remote(flow.end(answerable.other))
        reads = username is not None and not control
        severity = Severity.HIGH if (facts(protocol).commands and not reads) or hole else Severity.MEDIUM
        form = protocol in WEB and not hole and action in FORM_METHODS
        terminal = facts(protocol).commands == "a command line" and resource in (protocol, "shell")
        shell = control and (terminal or resource == "shell")
        opens = "shell" if shell else "settings" if hole else _opens(resource, action, control=control, form=form)
        if form and READ_REQUEST.search(resource.rpartition("/")[2]):
            severity = Severity.LOW
        if outside and not form:
            severity = Severity(min(severity + 1, Severity.CRITICAL))
        yield self.finding(
            observation,
            "exposure.unauthenticated",
            severity,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=("EN 303 645 5.5-4", "EN 303 645 5.5-5") if control else ("EN 303 645 5.5-4",),
            message=_message(protocol, outside=outside, hole=hole, control=control, secret=action == READ_SHOWN),
            detail={
                "service": protocol,
                "action": action[:MAX_VALUE_CHARACTERS],
                "control": control,
                "outside": outside,
                "resources": [resource[:MAX_VALUE_CHARACTERS]],
                "opens": opens,
                **({} if username is None else {"username": username[:MAX_VALUE_CHARACTERS]}),
            },
            identity=(
                (protocol, outside, hole, control, opens, *((action,) if action == READ_SHOWN else ()))
                if username is None
                else (protocol, outside, control, username, opens)
            ),
            protocol=protocol,
        )

    def _attribute(self, observation: Observation, event: Attribute) -> Iterator[Finding]:
        kind = disclosures().get(event.field)
        if kind is None or len(set(event.value.lower()) - FILLER_CHARACTERS) < 2:
            return
        flow = observation.flow
        if is_about_another(event, flow):
            return
        ends = self.responsible(flow, event.side)
        if ends.device is not None and ends.role != event.side.name.lower():
            return
        if self._known(observation, ends, event, kind):
            return
        yield self.finding(
            observation,
            "exposure.disclosure",
            Severity.LOW if kind in SENSITIVE_KINDS and ends.device is not None else Severity.INFO,
            ends,
            capability=None,
            provisions=("EN 303 645 5.6-2",),
            message=Message("exposure.disclosure", {"kind": kind, "service": facts(observation.protocol).title}),
            detail={"kind": kind, "field": event.field, "values": [event.value[:MAX_VALUE_CHARACTERS]]},
            identity=(observation.protocol, kind),
            protocol=observation.protocol,
        )

    def _known(self, observation: Observation, ends: Responsible, event: Attribute, kind: str) -> bool:
        """Whether this source sent the value before, or so many of this kind that more add nothing.

        Announcements repeat every minute.
        """
        flow = observation.flow
        key = (flow.client.address, flow.server.address, flow.client.mac, ends.device, observation.protocol, kind)
        values = self._values.get(key)
        if values is None:
            if len(self._values) >= MAX_SOURCES:
                return True
            values = self._values[key] = set()
        if event.value in values or len(values) >= MAX_VALUES:
            return True
        values.add(event.value)
        return False


def _is_login_or_read(event: Access) -> bool:
    """Whether a request of HTTP logs in, pairs, or only reads: none of them is a use that a login should precede."""
    places = LOGIN_PAGE.search(event.resource) or PAIRING_PATH.search(event.resource)
    return bool(places or LOGIN_ACTION.match(event.action) or READ_REQUEST.search(event.action))


def _opens(resource: str, action: str, *, control: bool, form: bool) -> str | None:
    """``settings`` where the action's name, or of a form its path, is one that matters for security."""
    name = resource.rpartition("?")[0] or resource if form else f"{action} {resource.rpartition('/')[2]}"
    return "settings" if control and SETTINGS.search(name) else None


def _message(protocol: str, *, outside: bool, hole: bool, control: bool, secret: bool) -> Message:
    where, service = "outside" if outside else "home", facts(protocol)
    if hole:
        how = service.title if protocol == "pcp" else "UPnP"
        return Message("exposure.unauthenticated.port_mapping", {"where": where, "how": how})
    parameters = {"where": where, "service": service.title}
    if secret:
        return Message("exposure.unauthenticated.secret", parameters)
    if not control:
        return Message("exposure.unauthenticated.reading", {**parameters, "what": service.offers or None})
    what = service.commands or service.offers or None
    return Message("exposure.unauthenticated.control", {**parameters, "what": what})


DETECTOR = Exposure
