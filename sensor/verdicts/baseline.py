"""The standards map, ``signatures/baseline.toml``: provisions of EN 303 645 in both numberings.

Each has the findings that speak to it, and what must be seen before silence counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sensor.catalogue import texts_of
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Severity, Status
from sensor.shipped_tables import shipped_table

TRAFFIC = ("prove", "support", "nothing")
MODALS = ("shall", "should")
RECORDS = (None, "disclosure", "handling", "monitoring", "support")

QUESTIONS = (
    "account",
    "associated",
    "by",
    "chosen",
    "data",
    "offered",
    "personal",
    "phase",
    "pinned",
    "remote",
    "sensitive",
    "settings",
    "signed",
    "unique",
)
"""Questions of a row that ``--facts`` may answer, by ``sensor.verdicts.settle``."""


DETAILS = ("accepted", "sent", "went_on", "outcome", "outside", "control", "after_start", "signature", "null_cipher")
"""Conditions that a field of the finding's ``detail`` meets by its value."""

STRENGTHS = {
    Status.VIOLATED: "proof",
    Status.RECOMMENDATION_MISSED: "proof",
    Status.CONCERN: "sign",
    Status.SIGN_SEEN: "sign",
    Status.INSUFFICIENT_EVIDENCE: "hypothesis",
}
"""How strong the evidence of a row is, by its status; ``contrast`` is named in the row."""


@dataclass(frozen=True, slots=True)
class FindingRule:
    """A kind of finding that speaks to a provision. A condition that is None or empty always holds.

    ``clears``: questions of which one answer takes the finding away; ``proves``: those that together make it a proof.
    ``lowers``: questions of which one answer makes a violation a concern; ``v2_needs``: those that V2.1.1 asks besides.
    ``fires`` and ``silent``: captures in pcaps/ that show it, and that must not.
    """

    rule: str
    status: Status
    reason: str
    role: str | None = None
    remote: bool | None = None
    accepted: bool | None = None
    sent: bool | None = None
    served: bool | None = None
    went_on: bool | None = None
    harmless: bool | None = None
    outcome: str | None = None
    outside: bool | None = None
    control: bool | None = None
    after_start: bool | None = None
    signature: bool | None = None
    null_cipher: bool | None = None
    mechanisms: tuple[str, ...] = ()
    schemes_not: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    contents_not: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    proves: tuple[str, ...] = ()
    lowers: tuple[str, ...] = ()
    v2_needs: tuple[str, ...] = ()
    strength: str = ""
    fires: str | None = None
    silent: str | None = None

    def matches(self, finding: Finding) -> bool:
        """Whether the finding meets all conditions."""
        detail = finding.detail
        named = finding.rule.startswith(self.rule[:-1]) if self.rule.endswith("*") else finding.rule == self.rule
        return (
            named
            and self.role in (None, finding.role)
            and self.remote in (None, finding.remote)
            and all(getattr(self, key) in (None, detail.get(key)) for key in DETAILS)
            and (not self.how or detail.get("how") in self.how)
            and (not self.channel or detail.get("channel") in self.channel)
            and (not self.opens or detail.get("opens") in self.opens)
            and (not self.services or detail.get("service") in self.services)
            and self.served in (None, detail.get("served", False))
            and self.harmless in (None, finding.severity is Severity.INFO)
            and detail.get("scheme") not in self.schemes_not
            and (not self.mechanisms or detail.get("mechanism") in self.mechanisms)
            and (not self.contents or detail.get("content") in self.contents)
            and detail.get("content") not in self.contents_not
            and (not self.categories or finding.rule.partition(".")[2] in self.categories)
            and (not self.why or bool(set(self.why) & set(detail.get("why") or ())))
        )


STATES = ("text", "secondary", "not verified")
"""Whether references were read in the document itself, in something that cites it, or not."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A document that provisions refer to, in one edition; ``state``: one of `STATES`, by ``source``."""

    title: str
    edition: str
    date: str
    state: str
    source: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A corresponding item of another document: ``framework`` (a key of the map's table).

    ``verified``: with its source; ``state``: one of `STATES`; ``edition`` and ``date`` of the document.
    """

    framework: str
    item: str
    verified: bool
    state: str = "not verified"
    edition: str = "not verified"
    date: str = "not verified"


@dataclass(frozen=True, slots=True)
class CoverageThreshold:
    """Coverage below which silence means nothing: measures of `Coverage` with their least or most, and the reason.

    ``sessions``: those of a laboratory that together stand in for the hours.
    """

    name: str
    reason: str
    least: tuple[tuple[str, float], ...] = ()
    most: tuple[tuple[str, float], ...] = ()
    sessions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Provision:
    """One provision. ``capability`` is None for a neighbour; ``v2`` is None where V2.1.1 has none.

    ``decides``: the capability whose verdict it decides, its clause's own unless the map names another one.
    ``traffic``: what packets can do for it, ``prove``, ``support`` or ``nothing``. ``title``, ``why`` (the reason of
    ``traffic``) and ``lab`` (what a laboratory has to do) are in English; other languages: the catalogues.
    """

    capability: Capability | None
    decides: Capability | None
    v2: str | None
    v3: str
    modal: str
    annex: str
    title: str
    traffic: str
    why: str
    lab: str
    record: str | None
    needs: tuple[CoverageThreshold, ...]
    see: tuple[Reference, ...]
    on: tuple[FindingRule, ...]
    protected_is_sign: bool = False
    """All that the device exchanged with the outside being encrypted well is evidence for it."""
    case: str | None = None
    """The test case of TS 103 701 that packets speak to, by its number: its text was not at hand."""
    unit: str | None = None
    """The test unit of that case, where it could be checked."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its numbers in V3.1.3 and V2.1.1."""
        return tuple(dict.fromkeys((self.v3, self.v2 or self.v3)))

    @property
    def questions(self) -> tuple[str, ...]:
        """Questions whose answers in ``--facts`` could settle it, in alphabetical order."""
        return tuple(sorted({question for on in self.on for question in (*on.clears, *on.proves)}))


@dataclass(frozen=True, slots=True)
class Standard:
    """The whole map: provisions in their own order, and the titles of what they refer to."""

    provisions: tuple[Provision, ...]
    frameworks: Mapping[str, Framework]
    enough: Mapping[str, CoverageThreshold]


def _on(row: Mapping[str, Any]) -> FindingRule:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    status = Status(row["status"])
    made: dict[str, Any] = {"strength": STRENGTHS[status], **values, "status": status}
    on = FindingRule(**made)
    if not on.reason or not {*on.clears, *on.proves, *on.lowers, *on.v2_needs} <= set(QUESTIONS):
        raise ValueError(f"{on.rule}: no reason, or a question that nothing answers")
    if (on.strength == "hypothesis") != (status is Status.INSUFFICIENT_EVIDENCE):
        raise ValueError(f"{on.rule}: a hypothesis lifts nothing, and nothing else leaves a status unclear")
    return on


def _framework(row: Mapping[str, str]) -> Framework:
    if row["state"] not in STATES or not all(row.values()):
        raise ValueError(f"{row['title']}: a document without its edition, or in no known state")
    return Framework(**row)


def _references(row: Mapping[str, Any], frameworks: Mapping[str, Framework]) -> tuple[Reference, ...]:
    found = []
    for key, verified in (("see", True), ("unverified", False)):
        for framework, items in row.get(key, {}).items():
            if framework not in frameworks:
                raise ValueError(f"{row['v3']}: no such framework: {framework}")
            of = frameworks[framework]
            state = of.state if verified else STATES[-1]
            found += [Reference(framework, item, state != STATES[-1], state, of.edition, of.date) for item in items]
    return tuple(found)


def _provision(
    row: Mapping[str, Any], frameworks: Mapping[str, Framework], enough: Mapping[str, CoverageThreshold]
) -> Provision:
    if row["traffic"] not in TRAFFIC or row["modal"] not in MODALS or row.get("record") not in RECORDS:
        raise ValueError(f"{row['v3']}: not one of the words for traffic, modal or record")
    rest = {
        key: row[key]
        for key in row
        if key not in ("capability", "decides", "v2", "record", "needs", "see", "unverified", "on")
    }
    capability = Capability(row["capability"]) if "capability" in row else None
    words = texts_of("signatures")["words"]
    return Provision(
        capability=capability,
        decides=Capability(row["decides"]) if "decides" in row else capability,
        v2=row.get("v2"),
        record=row.get("record"),
        needs=tuple(enough[name] for name in row.get("needs", ())),
        title=words["provision"][row["v3"]],
        why=words["why"][row["v3"]],
        lab=words["lab"][row["v3"]],
        see=_references(row, frameworks),
        on=tuple(_on(on) for on in row.get("on", ())),
        **rest,
    )


def parse(data: Mapping[str, Any]) -> Standard:
    """The map from the tables of its TOML. ValueError, KeyError or TypeError where it breaks its own form."""
    frameworks = {name: _framework(row) for name, row in data["frameworks"].items()}
    enough = {
        name: CoverageThreshold(
            name,
            row["reason"],
            tuple(row.get("least", {}).items()),
            tuple(row.get("most", {}).items()),
            frozenset(row.get("sessions", ())),
        )
        for name, row in data["enough"].items()
    }
    return Standard(tuple(_provision(row, frameworks, enough) for row in data["provision"]), frameworks, enough)


@cache
def standard() -> Standard:
    """The shipped map."""
    return parse(shipped_table("signatures", "baseline.toml"))


def baseline() -> tuple[Provision, ...]:
    """The provisions of the shipped map, in its own order."""
    return standard().provisions
