"""Provisions and verdicts of a device by what several sensors found and heard.

A finding's weight does not depend on the others, so the findings of all runs weigh as each run has them; where none
speaks against the device, the rules for silence and signs of `sensor.verdicts` judge the coverage of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sensor.catalogue import worded
from sensor.model import Capability, Severity, Status
from sensor.records import Record, rank_of, without_repeats
from sensor.sites.coverage import coverage_of
from sensor.verdicts.baseline import Provision, baseline
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.headlines import headline
from sensor.verdicts.judge import EDITIONS, UNDECIDED, capability_status
from sensor.verdicts.silence import silence
from sensor.wording import because, message_record

PUBLISHED = ("not_applicable", "on_record", "partly_on_record", "none_on_record")
"""Statuses by the lab's facts or a maker's publications, what is known best first: traffic does not decide them."""

NAMES = ("against", "for")

MADE_OF_FINDINGS = frozenset({"cleared", "fact"})
"""Reasons that are said of findings; the others are of how much was heard."""


def judged(device: str, runs: Sequence[Sequence[Record]], coverage: Record, findings: Iterable[Record]) -> list[Record]:
    """The ``provision`` and ``verdict`` records of a device. ``runs``: those of each run in which it was judged;
    ``coverage`` of all of them; ``findings``: all that concern it."""
    heard = coverage_of(coverage)
    flawed = any(
        one["rule"].startswith("tls.") and one["severity"] != Severity.INFO.name.lower() and one["role"] != "server"
        for one in findings
    )
    rows = {(row.v2, row.v3): row for row in baseline()}
    by_number: dict[tuple[str | None, str], list[Record]] = {}
    for records in runs:
        for one in records:
            if one["record"] == "provision":
                by_number.setdefault((one["provision"]["v2.1.1"], one["provision"]["v3.1.3"]), []).append(one)
    provisions = [
        {**_provision(rows.get(numbers), found, heard, flawed=flawed), "device": device}
        for numbers, found in by_number.items()
    ]
    first = {one["capability"]: one for records in runs for one in records if one["record"] == "verdict"}
    return [
        *provisions,
        *(
            {
                **first[name],
                "device": device,
                "coverage": coverage,
                **_verdict([one for one in provisions if one["capability"] == name]),
            }
            for name in (one.value for one in Capability)
            if name in first
        ),
    ]


def _provision(row: Provision | None, found: Sequence[Record], coverage: Coverage, *, flawed: bool) -> Record:
    against = sorted((one for one in found if one.get("against")), key=rank_of)
    if against:
        return {**against[0], **_joined(against, found), "editions": _editions(against)}
    published = [one for name in PUBLISHED for one in found if one["status"] == name]
    if published or row is None:
        best = published[0] if published else min(found, key=rank_of)
        return {**best, **_joined([best], found)}
    status, message = silence(row, coverage)
    supporting = [one for one in found if one.get("for")]
    sign = coverage.protected_outside if row.protected_is_sign and not flawed else None
    own = [reason for one in found for reason in _of_findings(one)]
    if status is Status.INSUFFICIENT_EVIDENCE and (supporting or sign is not None):
        status = Status.SIGN_SEEN
        reasons = [*own, *([message_record(sign)] if sign is not None else [])]
    else:
        reasons = [*own, message_record(message)]
    first = supporting[0] if supporting and status is Status.SIGN_SEEN else None
    head = headline(status, None)
    grounds: Record = {
        "severity": None,
        "strength": "sign" if status is Status.SIGN_SEEN else None,
        "headline": worded("headline", *head),
        "headline_id": head.id,
        "headline_parameters": dict(head.parameters),
    }
    if first is not None and first["status"] == status.value:
        grounds = {name: first.get(name) for name in grounds}
    return {
        **found[0],
        **_reasons(reasons),
        **grounds,
        "against": [],
        "for": without_repeats(name for one in found for name in one.get("for") or ()),
        "status": status.value,
        "editions": {"v2.1.1": status.value if row.v2 is not None else None, "v3.1.3": status.value},
        "settle": [],
        "settled_by": [],
        "ts103701": _cases(found, status),
    }


def _joined(deciding: Sequence[Record], found: Sequence[Record]) -> Record:
    """What the deciding records say, the worst first, with all findings of the others."""
    rest = [one for one in found if not any(one is each for each in deciding)]
    reasons = [reason for one in deciding for reason in one.get("reasons") or one["because"]]
    made = _reasons([*reasons, *(reason for one in rest for reason in _of_findings(one))])
    return {
        **made,
        **{name: without_repeats(each for one in (*deciding, *rest) for each in one.get(name) or ()) for name in NAMES},
        "settle": without_repeats(each for one in deciding for each in one.get("settle") or ()),
        "settled_by": sorted({each for one in deciding for each in one.get("settled_by") or ()}),
    }


def _verdict(provisions: Sequence[Record]) -> Record:
    speaking = [one for one in provisions if Status(one["status"]) not in UNDECIDED] or list(provisions)
    status = capability_status([(Status(one["status"]), bool(one["against"])) for one in provisions])
    deciding = sorted((one for one in speaking if one["status"] == status.value), key=rank_of)
    rest = [one for one in speaking if one["status"] != status.value]
    editions = {
        edition: capability_status(
            [(Status(given), bool(one["against"])) for one in speaking if (given := one["editions"].get(edition))]
        ).value
        for edition in EDITIONS
    }
    head = headline(status, None)
    quiet = {"headline": worded("headline", *head), "headline_id": head.id, "headline_parameters": {}}
    first = deciding[0] if deciding else {"severity": None, "strength": None, **quiet}
    return {
        "status": status.value,
        **_reasons([reason for one in deciding for reason in one["reasons"]]),
        **{name: first.get(name) for name in ("severity", "strength", *quiet)},
        **{name: without_repeats(each for one in (*deciding, *rest) for each in one[name]) for name in NAMES},
        "settle": without_repeats(each for one in deciding for each in one.get("settle") or ()),
        "ts103701": [each for one in deciding for each in one.get("ts103701") or ()],
        "editions": editions,
    }


def _of_findings(record: Record) -> list[object]:
    """The reasons that are findings, or say something of one."""
    return [
        one
        for one in record.get("reasons") or record["because"]
        if one in (*(record.get("against") or ()), *(record.get("for") or ()))
        or (isinstance(one, dict) and one.get("message_id") in MADE_OF_FINDINGS)
    ]


def _editions(against: Sequence[Record]) -> Record:
    """The worst by each edition."""
    order = [one.value for one in Status]
    return {
        edition: min(
            (given for one in against if (given := (one.get("editions") or {}).get(edition))),
            key=order.index,
            default=None,
        )
        for edition in EDITIONS
    }


def _cases(found: Sequence[Record], status: Status) -> list[Record]:
    known: list[Record] = next((one["ts103701"] for one in found if one.get("ts103701")), [])
    outcome = "SUPPORTS_PASS" if status is Status.SIGN_SEEN else "INCONCLUSIVE"
    return [{**one, "outcome": outcome} for one in known]


def _reasons(reasons: Sequence[object]) -> Record:
    once = without_repeats(reasons)
    return {"reasons": once, "because": because(once)}
