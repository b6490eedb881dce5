"""``signatures/baseline.toml`` into typed provisions: each provision of EN 303 645 in both numberings, and which findings speak to it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sensor.model import Capability, Finding, Severity, Status


@dataclass(frozen=True, slots=True)
class On:
    """A rule that speaks to a provision. Conditions that are None (or empty) are not asked."""

    rule: str
    status: Status
    reason: str
    role: str | None = None
    remote: bool | None = None
    accepted: bool | None = None
    blank: bool | None = None
    harmless: bool | None = None
    mechanisms: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    contents_not: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def matches(self, finding: Finding) -> bool:
        """Whether the finding is what this row speaks of."""
        detail = finding.detail
        named = finding.rule.startswith(self.rule[:-1]) if self.rule.endswith("*") else finding.rule == self.rule
        return (
            named
            and self.role in (None, finding.role)
            and self.remote in (None, finding.remote)
            and self.accepted in (None, detail.get("accepted"))
            and self.blank in (None, finding.severity is Severity.INFO)
            and self.harmless in (None, finding.severity is Severity.INFO)
            and (not self.mechanisms or detail.get("mechanism") in self.mechanisms)
            and (not self.contents or detail.get("content") in self.contents)
            and detail.get("content") not in self.contents_not
            and (not self.categories or finding.rule.partition(".")[2] in self.categories)
        )


@dataclass(frozen=True, slots=True)
class Provision:
    """One provision. ``v2`` is None where V2.1.1 has none. ``traffic``: ``prove``, ``support`` or ``nothing``."""

    capability: Capability
    v2: str | None
    v3: str
    modal: str
    title: str
    traffic: str
    lab: str
    on: tuple[On, ...]


def _on(row: Mapping[str, Any]) -> On:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    made: dict[str, Any] = {**values, "status": Status(row["status"])}
    return On(**made)


def parse(text: str) -> tuple[Provision, ...]:
    """The map from TOML text. ValueError, KeyError or TypeError where it breaks its own form."""
    found = []
    for row in tomllib.loads(text)["provision"]:
        rest = {key: value for key, value in row.items() if key not in ("capability", "on", "v2")}
        found.append(
            Provision(
                Capability(row["capability"]), row.get("v2"), on=tuple(_on(on) for on in row.get("on", ())), **rest
            )
        )
    return tuple(found)


@cache
def baseline() -> tuple[Provision, ...]:
    """The shipped map, in its own order."""
    return parse(files("signatures").joinpath("baseline.toml").read_text("utf-8"))
