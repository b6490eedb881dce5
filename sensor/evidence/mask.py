"""Masking of evidence: secrets and personal data become filler, checksums are corrected.

Where a finding's own secret cannot be located whole in the frames of a conversation, all of that conversation's payload
is covered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sensor.evidence.encoded_forms import (
    FILLER,
    MAX_READINGS,
    MIN_VALUE_BYTES,
    Reading,
    TooManyValues,
    ValueIndex,
    contains_whole,
    readings,
)
from sensor.evidence.frame_layout import FrameLayout, fix_checksums, layout
from sensor.evidence.packet import ByteRange, CapturedFrame, EvidencePacket, merge_ranges
from sensor.evidence.secret_patterns import content_range, secret_ranges
from sensor.personal_data.finder import find

MEDIA_CONTENT = frozenset({"image", "audio", "video", "document", "archive", "firmware", "mail"})
"""Kinds of content of which the beginning stays only: what they show may be personal, and they are not searched."""

MEDIA_RULES = ("personal.photo", "personal.audio", "personal.video", "update.cleartext")

MAX_KEYSTROKE_BYTES = 4
"""Bytes of a segment that a keystroke makes: a key and its line end."""

FrameKey = tuple[str, int]
"""A frame: capture and number."""


@dataclass(frozen=True, slots=True)
class EvidenceFinding:
    """A finding whose packets are stored.

    ``why``: for a person; ``values``: fingerprints of its secret and personal data.

    ``composed``: its value joins several parts (`encoded_forms.value_parts`). ``media``: its content is covered.
    """

    id: str
    why: str
    frames: tuple[FrameKey, ...]
    values: tuple[str, ...] = ()
    composed: bool = False
    media: bool = False

    @classmethod
    def of(cls, record: Mapping[str, object]) -> EvidenceFinding:
        """From a ``finding`` record (docs/output.md)."""
        detail = record["detail"]
        evidence = record["evidence"]
        assert isinstance(detail, Mapping) and isinstance(evidence, Iterable)
        shown = [one for one in detail.values() if isinstance(one, Mapping) and "fingerprint" in one]
        rule = str(record["rule"])
        return cls(
            str(record["id"]),
            f"{rule}: {record['summary']}",
            tuple((one["capture"], frame) for one in evidence for frame in one["frames"]),
            tuple(str(one["fingerprint"]) for one in shown),
            composed=rule == "credential.challenge" or rule.startswith("personal."),
            media=detail.get("content") in MEDIA_CONTENT or rule in MEDIA_RULES,
        )


@dataclass(slots=True)
class _Frame:
    raw: CapturedFrame
    layout: FrameLayout
    covered: list[ByteRange] = field(default_factory=list)
    """Ranges of the frame."""

    @property
    def payload(self) -> bytes:
        return self.raw.data[slice(*self.layout.payload)]

    def cover(self, start: int, end: int) -> None:
        """Cover bytes of the payload."""
        at, stop = self.layout.payload
        self.covered.append((at + max(0, start), min(at + end, stop)))

    def cover_all(self) -> None:
        self.covered.append(self.layout.payload)


@dataclass(slots=True)
class _Stretch:
    """Consecutive payload. ``parts``: (position in ``data``, frame).

    Several copies of a segment may share a position; ``data`` holds the first one.
    """

    data: bytes
    parts: list[tuple[int, _Frame]]
    readings: list[Reading] = field(default_factory=list)
    places: list[ByteRange] = field(default_factory=list)

    def cover(self, start: int, end: int) -> None:
        for at, frame in self.parts:
            size = frame.layout.payload[1] - frame.layout.payload[0]
            if at < end and start < at + size:
                frame.cover(start - at, end - at)


def mask_packets(
    captured: Iterable[CapturedFrame],
    findings: Sequence[EvidenceFinding],
    values: Mapping[str, bytes],
    *,
    complete: bool = True,
) -> list[EvidencePacket]:
    """The masked packets.

    ``values``: fingerprint -> value of everything the run found secret or personal; ``complete``: none was forgotten.
    """
    frames = {(raw.capture, raw.frame): _Frame(raw, layout(raw.link, raw.data)) for raw in captured}
    stretches = _stretches(frames.values())
    try:
        index: ValueIndex | None = ValueIndex(values.values()) if complete else None
    except TooManyValues:
        index = None
    same: dict[bytes, _Stretch] = {}
    for stretch in stretches:
        # Announcements repeat byte for byte.
        _cover(stretch, index, same.setdefault(stretch.data, stretch))
    of_frame: dict[int, list[_Stretch]] = {}
    for stretch in stretches:
        for _, frame in stretch.parts:
            of_frame.setdefault(id(frame), []).append(stretch)
    for one in findings:
        _cover_finding(one, [frames[key] for key in one.frames if key in frames], of_frame, values)
    return [_masked_packet(frame, own) for frame, own in _findings_of_frames(frames, findings)]


def _findings_of_frames(
    frames: Mapping[FrameKey, _Frame], findings: Sequence[EvidenceFinding]
) -> list[tuple[_Frame, list[EvidenceFinding]]]:
    by_frame: dict[FrameKey, list[EvidenceFinding]] = {}
    for one in findings:
        for key in one.frames:
            by_frame.setdefault(key, []).append(one)
    return [(frames[key], by_frame.get(key, [])) for key in sorted(frames)]


def _stretches(frames: Iterable[_Frame]) -> list[_Stretch]:
    """Stretches of payload: each frame on its own, and neighbours in a stream joined.

    A secret typed letter by letter crosses in as many frames.
    """
    found: list[_Stretch] = []
    joined: list[_Stretch] = []
    streams: dict[tuple[str, tuple[bytes, ...]], list[_Frame]] = {}
    for frame in frames:
        if frame.payload:
            found.append(_Stretch(frame.payload, [(0, frame)]))
            if frame.layout.stream is not None:
                streams.setdefault((frame.raw.capture, frame.layout.stream), []).append(frame)
    for stream in streams.values():
        origin = stream[0].layout.sequence
        # Serial number arithmetic: sequence numbers wrap at 2^32 (RFC 9293 3.4).
        placed = sorted(
            (((f.layout.sequence - origin + 2**31) % 2**32, f) for f in stream),
            key=lambda one: (one[0], one[1].raw.frame),
        )
        run: _Stretch | None = None
        begun = end = 0
        for place, frame in placed:
            payload = frame.payload
            if run is None or place > end:
                run = _Stretch(b"", [])
                joined.append(run)
                begun = end = place
            run.parts.append((place - begun, frame))
            if place + len(payload) > end:
                run.data += payload[end - place :]
                end = place + len(payload)
    return found + [run for run in joined if len(run.parts) > 1]


def _cover(stretch: _Stretch, index: ValueIndex | None, same: _Stretch) -> None:
    """Cover all known values and what is personal or secret by its form. ``same``: first stretch with these bytes."""
    if same is stretch:
        if index is None:
            stretch.places = [(0, len(stretch.data))]
        else:
            stretch.readings = list(islice(readings(stretch.data), MAX_READINGS + 1))
            stretch.places = _sensitive_ranges(stretch, index)
    stretch.readings, stretch.places = same.readings, same.places
    for place in stretch.places:
        stretch.cover(*place)


def _sensitive_ranges(stretch: _Stretch, index: ValueIndex) -> list[ByteRange]:
    data = stretch.data
    if len(stretch.readings) > MAX_READINGS:
        return [(0, len(data))]
    texts = {text.encode("utf-8", "replace") for one in find(data) for text in (one.text, one.value)}
    personal = {part for text in texts for part in (text, *text.split(b","))}
    indexes = (index, ValueIndex(personal)) if personal else (index,)
    return [
        *secret_ranges(data),
        *(place for reading in stretch.readings for one in indexes for place in one.find(reading)),
    ]


def _cover_finding(
    one: EvidenceFinding,
    frames: Collection[_Frame],
    of_frame: Mapping[int, list[_Stretch]],
    values: Mapping[str, bytes],
) -> None:
    """Cover a finding's own values: where one is not found whole in a conversation, all of its payload is covered."""
    conversations: dict[frozenset[bytes], list[_Frame]] = {}
    for frame in frames:
        conversations.setdefault(frame.layout.ends, []).append(frame)
        if one.media:
            frame.cover(*content_range(frame.payload))
    for fingerprint in one.values:
        value = values.get(fingerprint)
        for conversation in conversations.values():
            readings = [
                reading
                for frame in conversation
                for stretch in of_frame.get(id(frame), ())
                for reading in stretch.readings
            ]
            if (
                value is None
                or not _located(value, readings, composed=one.composed)
                or _has_backspaces(value, conversation)
            ):
                for frame in conversation:
                    frame.cover_all()
            elif 0 < len(value) < MIN_VALUE_BYTES:
                _cover_short(value, conversation, of_frame)


def _located(value: bytes, readings: list[Reading], *, composed: bool) -> bool:
    return not value or contains_whole(value, readings, composed=composed)


def _has_backspaces(value: bytes, frames: Iterable[_Frame]) -> bool:
    """Whether keys were deleted while typing: what was typed is more than the value."""
    return any(
        0 < len(frame.payload) <= MAX_KEYSTROKE_BYTES and frame.payload[:1] in (b"\b", b"\x7f", b"\x15", b"\x17")
        for frame in frames
    ) and bool(value)


def _cover_short(value: bytes, frames: Iterable[_Frame], of_frame: Mapping[int, list[_Stretch]]) -> None:
    low = value.lower()
    for stretch in {id(s): s for frame in frames for s in of_frame.get(id(frame), ())}.values():
        for reading in stretch.readings:
            data = reading.data.lower()
            at = data.find(low)
            while at >= 0:
                stretch.cover(*reading.place(at, at + len(low)))
                at = data.find(low, at + 1)


def _masked_packet(frame: _Frame, findings: Sequence[EvidenceFinding]) -> EvidencePacket:
    raw = frame.raw
    marked = merge_ranges([*frame.covered, frame.layout.trailer])
    data = bytearray(raw.data)
    for start, end in marked:
        data[start:end] = bytes((FILLER,)) * (min(end, len(data)) - start)
    fix_checksums(frame.layout, raw.data, data)
    return EvidencePacket(
        raw.capture,
        raw.frame,
        raw.time,
        raw.link,
        bytes(data),
        raw.length,
        marked,
        tuple((one.id, one.why) for one in findings),
    )
