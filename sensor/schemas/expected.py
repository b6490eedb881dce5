"""The type of `expected.json`: the truth that somebody wrote beside a capture, for `lanwitness check`."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from sensor.record_values import CapabilityName, Mac, Role, Rule, StatusName


class ExpectedDevice(TypedDict):
    """A device that is there, and only what is certain of it."""

    mac: Mac
    addresses: list[str]
    hostname: NotRequired[str]
    oui: NotRequired[str]
    kind: NotRequired[str]
    upnp: NotRequired[dict[str, str]]


class ExpectedFinding(TypedDict):
    """A finding that must be there; ``client`` and ``server`` without ports; ``detail`` is a part of the finding's."""

    rule: Rule
    client: str
    server: str
    protocol: NotRequired[str]
    device: NotRequired[Mac | None]
    role: NotRequired[Role | None]
    detail: dict[str, Any]


class ExpectedVerdict(TypedDict):
    """A verdict that the text of the standard decides."""

    device: Mac
    capability: CapabilityName
    status: StatusName


class ExpectedTruth(TypedDict):
    """The truth beside a capture: who is there, what must be found, which rules must find nothing."""

    devices: list[ExpectedDevice]
    findings: list[ExpectedFinding]
    absent: list[Rule]
    verdicts: list[ExpectedVerdict]
    names: list[str]
    facts: dict[str, Any]
