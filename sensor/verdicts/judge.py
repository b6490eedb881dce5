"""Judgement of one device: a status for each provision and capability, by findings and facts.

Silence is never a pass, and a hypothesis lifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from sensor.catalogue import Message
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Severity, Status
from sensor.verdicts.baseline import Provision
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.settle import DeviceKnowledge, Settled, settle
from sensor.verdicts.silence import recorded, silence

ORDER = tuple(Status)
"""Worst first."""

AGAINST = (Status.VIOLATED, Status.CONCERN, Status.RECOMMENDATION_MISSED)
"""What is held against a device."""

UNDECIDED = frozenset({Status.NOT_OBSERVABLE, Status.NOT_APPLICABLE})
"""What must not hide the statuses of other provisions."""

EDITIONS = ("v2.1.1", "v3.1.3")

NOTHING = DeviceKnowledge()
"""No knowledge besides the traffic."""

CONTRAST = ("same resource", "same operation")
"""Ends of the basis of a login that was found to be accepted by contrast (`Contrast`)."""


@dataclass(frozen=True, slots=True)
class Because:
    """A reason: a finding, or a message where there is none.

    ``facts``: those of the lab that decided; ``cleared``: they took the finding away.
    """

    finding: Finding | None
    message: Message | None = None
    facts: tuple[Message, ...] = ()
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a status rests on.

    ``deciding``: the worst finding that decides, with its ``strength``; ``against`` and ``supporting`` the device, the
    ones that decide first; ``open``: questions of the map whose answers in ``--facts`` would settle it.
    """

    deciding: Finding | None = None
    strength: str | None = None
    against: tuple[Finding, ...] = ()
    supporting: tuple[Finding, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity | None:
        """That of the worst finding that decides against the device."""
        return self.deciding.severity if self.deciding is not None and self.deciding in self.against else None


@dataclass(frozen=True, slots=True)
class JudgedProvision:
    """A provision's status for a device, with reasons; ``editions``: the same by each edition of the standard."""

    provision: Provision
    status: Status
    because: tuple[Because, ...]
    grounds: Grounds = field(default_factory=Grounds)
    editions: Mapping[str, Status | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A capability's status for a device: the worst of its provisions that traffic can speak to."""

    capability: Capability
    status: Status
    because: tuple[Because, ...]
    grounds: Grounds = field(default_factory=Grounds)
    editions: Mapping[str, Status | None] = field(default_factory=dict)
    judged: tuple[JudgedProvision, ...] = ()


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A finding under the row that decides what it means."""

    finding: Finding
    settled: Settled
    status: Status
    strength: str

    @property
    def weight(self) -> tuple[int, int]:
        """The worst first: by status, then by severity."""
        return ORDER.index(self.status), -self.finding.severity


def judge_provision(
    provision: Provision, findings: Sequence[Finding], coverage: Coverage, known: DeviceKnowledge = NOTHING
) -> JudgedProvision:
    """One provision for one device, by its findings and further knowledge."""
    excluded = known.facts.not_applicable_reason(provision.numbers) if known.facts is not None else None
    if excluded is not None:
        status = Status.NOT_APPLICABLE
        return JudgedProvision(provision, status, (Because(None, excluded),), editions=_same(provision, status))
    weighed, cleared = _weigh(provision, findings, known)
    against = sorted((one for one in weighed if one.status is not Status.SIGN_SEEN), key=lambda one: one.weight)
    supporting = [one for one in weighed if one.status is Status.SIGN_SEEN]
    still_open = tuple(sorted({question for one in against for question in one.settled.open}))
    if against:
        worst = against[0]
        reasons = [Because(one.finding, facts=one.settled.facts) for one in against]
        grounds = Grounds(worst.finding, worst.strength, _findings(against), _findings(supporting), still_open)
        editions = _same(provision, worst.status)
        if provision.v2 is not None:
            editions["v2.1.1"] = min((one.settled.v2 or one.status for one in against), key=ORDER.index)
        return JudgedProvision(provision, worst.status, (*reasons, *cleared), grounds, editions)
    status, message = recorded(provision, known) or silence(provision, coverage)
    sign = coverage.protected_outside if provision.protected_is_sign and not _flawed(findings) else None
    if status is Status.INSUFFICIENT_EVIDENCE and (supporting or sign):
        reasons = [Because(one.finding) for one in supporting] + ([Because(None, sign)] if sign else [])
        first = supporting[0].finding if supporting else None
        grounds = Grounds(first, "sign", (), _findings(supporting))
        sign_seen = Status.SIGN_SEEN
        return JudgedProvision(provision, sign_seen, (*reasons, *cleared), grounds, _same(provision, sign_seen))
    grounds = Grounds(supporting=_findings(supporting))
    return JudgedProvision(provision, status, (*cleared, Because(None, message)), grounds, _same(provision, status))


def outcome(judged: JudgedProvision) -> str:
    """What packets say of the functional test case: never PASS, which only a laboratory says."""
    if judged.status in (Status.VIOLATED, Status.RECOMMENDATION_MISSED):
        return "FAIL"
    return "SUPPORTS_PASS" if judged.status is Status.SIGN_SEEN else "INCONCLUSIVE"


def _weigh(
    provision: Provision, findings: Sequence[Finding], known: DeviceKnowledge
) -> tuple[list[_Weighed], list[Because]]:
    weighed: list[_Weighed] = []
    cleared: list[Because] = []
    for finding in findings:
        on = next((on for on in provision.on if on.matches(finding)), None)
        if on is None:
            continue
        settled = settle(on, finding, known, must=provision.modal == "shall")
        if settled.status is None:
            cleared.append(Because(finding, facts=settled.facts, cleared=True))
            continue
        strength = on.strength
        if settled.status in (Status.VIOLATED, Status.RECOMMENDATION_MISSED):
            by_contrast = str(finding.detail.get("basis") or "").endswith(CONTRAST)
            strength = "contrast" if by_contrast or strength == "contrast" else "proof"
        weighed.append(_Weighed(finding, settled, settled.status, strength))
    return weighed, cleared


def _flawed(findings: Iterable[Finding]) -> bool:
    """Whether something was found about its encrypted channels, be it a certificate of an authority of its own."""
    return any(
        finding.rule.startswith("tls.") and finding.severity > Severity.INFO and finding.role != "server"
        for finding in findings
    )


def _findings(weighed: Iterable[_Weighed]) -> tuple[Finding, ...]:
    return tuple(one.finding for one in weighed)


def _same(provision: Provision, status: Status) -> dict[str, Status | None]:
    return {"v2.1.1": status if provision.v2 is not None else None, "v3.1.3": status}


def judge_device(
    provisions: Iterable[Provision], findings: Sequence[Finding], coverage: Coverage, known: DeviceKnowledge = NOTHING
) -> tuple[list[JudgedProvision], list[Verdict]]:
    """All provisions and the five capabilities for one device."""
    judged = [judge_provision(provision, findings, coverage, known) for provision in provisions]
    return judged, [_verdict(capability, judged) for capability in Capability]


def _verdict(capability: Capability, judged: Sequence[JudgedProvision]) -> Verdict:
    mine = [one for one in judged if one.provision.decides is capability]
    speaking = [one for one in mine if one.status not in UNDECIDED] or mine
    worst = capability_status([(one.status, bool(one.grounds.against)) for one in mine])
    deciding = sorted(
        (one for one in speaking if one.status is worst),
        key=lambda one: -(one.grounds.severity if one.grounds.severity is not None else -1),
    )
    because: dict[object, Because] = {}
    for one in deciding:
        for reason in one.because:
            key = (id(reason.finding), reason.facts) if reason.finding else reason.message
            because.setdefault(key, reason)
    first = deciding[0].grounds if deciding else Grounds()
    rest = [one for one in speaking if one.status is not worst]
    grounds = Grounds(
        first.deciding,
        first.strength,
        _once(finding for one in (*deciding, *rest) for finding in one.grounds.against),
        _once(finding for one in (*deciding, *rest) for finding in one.grounds.supporting),
        tuple(sorted({question for one in deciding for question in one.grounds.open})),
    )
    return Verdict(
        capability,
        worst,
        tuple(because.values()),
        grounds,
        {edition: _by_edition(edition, speaking) for edition in EDITIONS},
        tuple(deciding),
    )


def capability_status(provisions: Sequence[tuple[Status, bool]]) -> Status:
    """A capability's status from those of its provisions; ``True`` beside one: findings speak against the device."""
    # What traffic cannot see must not hide what it can: those count only where there is nothing else.
    return _worst([one for one in provisions if one[0] not in UNDECIDED] or provisions)


def _worst(statuses: Sequence[tuple[Status, bool]]) -> Status:
    """The worst status; ``True`` beside one: findings speak against the device, be it as a hypothesis.

    A sign outranks the silence of other provisions, never a finding.
    """
    seen = {status for status, _ in statuses}
    if Status.SIGN_SEEN in seen and not any(against for _, against in statuses):
        seen.discard(Status.INSUFFICIENT_EVIDENCE)
    return min(seen, key=ORDER.index, default=Status.NOT_OBSERVABLE)


def _by_edition(edition: str, speaking: Sequence[JudgedProvision]) -> Status | None:
    given = [(one.editions.get(edition), bool(one.grounds.against)) for one in speaking]
    return _worst([(status, against) for status, against in given if status is not None])


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({id(finding): finding for finding in findings}.values())
