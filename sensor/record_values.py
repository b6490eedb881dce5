"""Types of the values in records, with their keywords of JSON Schema; shapes of small parts."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from sensor.light_dataclass import dataclass
from sensor.model import CAPABILITIES, SEVERITIES, STATUSES, Protection, SensorState


@dataclass(frozen=True, slots=True)
class Keywords:
    """Keywords of JSON Schema that say more of a value than its type (`sensor.schemas`)."""

    enum: tuple[str, ...] | None = None
    format: str | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None


def _one_of(*words: str) -> Keywords:
    return Keywords(enum=words)


Time = Annotated[str, Keywords(format="date-time", pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$")]
"""RFC 3339, UTC, microseconds."""

Mac = Annotated[str, Keywords(pattern="^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Rule = Annotated[str, Keywords(pattern=r"^(decrypted\.)?[a-z_]+\.[a-z_]+$")]
Share = Annotated[float, Keywords(minimum=0, maximum=1)]
SeverityName = Annotated[str, _one_of(*SEVERITIES)]
StatusName = Annotated[str, _one_of(*STATUSES)]
CapabilityName = Annotated[str, _one_of(*CAPABILITIES)]
SensorStateName = Annotated[str, _one_of(*SensorState)]
Role = Annotated[str, _one_of("client", "server")]
Party = Annotated[str, _one_of("local", "vendor", "infrastructure", "third", "tracker")]
ProtectionName = Annotated[str, _one_of(*(one.value for one in Protection))]
Modal = Annotated[str, _one_of("shall", "should")]
Strength = Annotated[str, _one_of("proof", "contrast", "sign", "hypothesis")]
Outcome = Annotated[str, _one_of("FAIL", "INCONCLUSIVE", "SUPPORTS_PASS")]
Direction = Annotated[str, _one_of("sent", "received")]
ChangeName = Annotated[str, _one_of("new", "worse", "better", "gone", "not_seen_again", "same")]
GoneKind = Annotated[str, _one_of("device", "finding", "judgement")]


class Disagreement(TypedDict):
    """A finding (its id) of which Wireshark reads something else in these packets."""

    finding: str
    ours: str
    theirs: str
    frames: list[int]


class CrossCheck(TypedDict):
    """How findings fared that were held to Wireshark's dissection (``--cross-check``)."""

    agreed: int
    no_opinion: int
    differ: list[Disagreement]


class MessageRecord(TypedDict):
    """A sentence as data: the id of its text, and parameters."""

    message_id: str
    parameters: dict[str, Any]


class CaveatRecord(MessageRecord):
    """One thing that limits what a capture shows, in a sentence for people."""

    kind: str
    count: int
    sentence: str
