"""Accuracy on the project's own captures: categories and makers by confidence, findings, silence.

A checkout has all captures (`pcaps/`), a wheel a share of them (`sensor.shipped`); where there are none, that is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from sensor.devices.device import Device
from sensor.devices.signatures.makers import Makers
from sensor.devices.signatures.matcher import Signatures
from sensor.light_dataclass import dataclass
from sensor.personas.read import read_personas
from sensor.records import claimed
from sensor.replay import read
from sensor.run import Options, Result
from sensor.selfcheck.calibration import Calibration
from sensor.shipped import path_of
from sensor.vault import Vault

KINDS = {"assistant": "voice_assistant", "laptop": "computer", "recorder": "camera"}
"""Words of the captures' truth -> categories; a video recorder counts with the cameras."""


@dataclass(slots=True)
class Accuracy:
    """Results: claims by confidence, expected findings and those found, captures with rules that must not fire."""

    captures: int = 0
    clean: int = 0
    calibration: Calibration = field(default_factory=Calibration)
    wanted: int = 0
    found: int = 0
    problems: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """One line."""
        if not self.captures:
            return "no captures at hand (this installation has none)"
        return (
            f"{self.captures} captures of our own; "
            f"claims about devices made with confidence {self.calibration.summary()}; "
            f"{self.found} of {self.wanted} expected findings came; "
            f"{self.clean} captures on which something must stay silent"
        )


def accuracy(folder: Path | None = None) -> Accuracy:
    """Replay every capture in ``folder`` that has an ``expected.json`` and hold the result to it; None: the program's
    own captures.
    """
    measured = Accuracy()
    if folder is None:
        try:
            folder = path_of("captures")
        except FileNotFoundError:
            return measured
    makers = Signatures().makers
    people = folder / "personas.toml"
    options = Options(personas=read_personas(people) if people.is_file() else None)
    for path in sorted(folder.glob("*/expected.json")):
        truth = json.loads(path.read_text("utf-8"))
        captures = sorted(path.parent.glob("capture.*"))
        result = read(str(captures[0]), Vault(bytes(32)), options) if captures else "there is no capture"
        if isinstance(result, str):
            measured.problems.append(f"{path.parent.name}: {result}")
            continue
        measured.captures += 1
        measured.problems += [f"{path.parent.name}: {problem}" for problem in _compare(result, truth, measured, makers)]
    measured.problems += measured.calibration.problems()
    return measured


def _compare(result: Result, truth: dict[str, Any], measured: Accuracy, makers: Makers) -> Iterator[str]:
    devices = {device.mac: device for device in result.devices}
    for wanted in truth["devices"]:
        device = devices.get(wanted["mac"])
        if device is None:
            yield f"{wanted['mac']} is not found"
        else:
            _claims(device, wanted, measured.calibration, makers)
    rules = {finding.rule for finding in result.findings.values()}
    found = [(finding.rule, finding.protocol, finding.device) for finding in result.findings.values()]
    for wanted in truth["findings"]:
        measured.wanted += 1
        parts = (wanted.get("rule"), wanted.get("protocol"), wanted.get("device"))
        measured.found += any(all(part in (None, one) for part, one in zip(parts, each, strict=True)) for each in found)
    measured.clean += bool(truth["absent"])
    for rule in sorted(rules & set(truth["absent"])):
        yield f"{rule} fires and must not"


def _claims(device: Device, wanted: dict[str, str], calibration: Calibration, makers: Makers) -> None:
    if "kind" in wanted:
        kind = KINDS.get(wanted["kind"], wanted["kind"])
        calibration.add(device.category, claimed(device.category) == kind)
    if "oui" in wanted:
        maker = makers.find(wanted["oui"])
        # The maker of a radio module made no product: any maker that is claimed of such a device is wrong.
        right = maker is not None and not maker.module and claimed(device.vendor) == maker.name
        calibration.add(device.vendor, right)
