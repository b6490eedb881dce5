"""Masking of evidence: secrets and personal data become filler, checksums are corrected.

Where a finding's own secret cannot be located whole in the frames of a conversation, all of that conversation's payload
is covered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from sensor.evidence.body_values import body_ranges
from sensor.evidence.encoded_forms import TooManyReadings
from sensor.evidence.frame_layout import FrameLayout, fix_checksums, layout
from sensor.evidence.packet import FILLER, ByteRange, CapturedFrame, EvidencePacket, merge_ranges
from sensor.evidence.personal_patterns import personal_ranges
from sensor.evidence.secret_patterns import begins_message, content_range, secret_ranges
from sensor.evidence.value_index import (
    CLOSED,
    MIN_EDGE,
    MIN_VALUE_BYTES,
    Located,
    TooManyValues,
    ValueIndex,
    forms_enough,
    search,
)
from sensor.light_dataclass import dataclass
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

    ``composed``: its value joins several parts (`value_index.value_parts`). ``media``: its content is covered.
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
    """Consecutive payload. ``parts``: (position in ``data``, frame), in order.

    Several copies of a segment may share a position; ``data`` holds the first one.
    """

    data: bytes
    parts: list[tuple[int, _Frame]]
    joined: bool = False
    """Its bytes are in a stretch of several frames, too, which is searched for values in its place."""
    located: Located = field(default_factory=Located)

    def cover(self, places: list[ByteRange]) -> None:
        merged = merge_ranges(places)
        ends = [end for _, end in merged]
        for at, frame in self.parts:
            size = frame.layout.payload[1] - frame.layout.payload[0]
            for start, end in merged[bisect_left(ends, at + 1) :]:
                if start >= at + size:
                    break
                frame.cover(start - at, end - at)

    def edges(self) -> tuple[int, int]:
        """Bytes of a value that count at either end: a letter where keys are typed, none where a message begins."""
        left, right = (
            MIN_EDGE if len(f.payload) > MAX_KEYSTROKE_BYTES else 1 for f in (self.parts[0][1], self.parts[-1][1])
        )
        return CLOSED if begins_message(self.data) else left, right


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
    of_frame: dict[int, list[_Stretch]] = {}
    for stretch in stretches:
        for _, frame in stretch.parts:
            of_frame.setdefault(id(frame), []).append(stretch)
    own = {
        (one.id, fingerprint): forms_enough(values[fingerprint], composed=one.composed)
        for one in findings
        for fingerprint in one.values
        if fingerprint in values
    }
    try:
        whole = {form for forms in own.values() for form in forms}
        index: ValueIndex | None = ValueIndex(values.values(), whole) if complete else None
    except TooManyValues:
        index = None
    _cover_known(stretches, index, _short_values(findings, own, frames, of_frame))
    for one in findings:
        _cover_finding(one, [frames[key] for key in one.frames if key in frames], of_frame, own)
    return [_masked_packet(frame, named) for frame, named in _findings_of_frames(frames, findings)]


def _short_values(
    findings: Iterable[EvidenceFinding],
    own: Mapping[tuple[str, str], set[bytes]],
    frames: Mapping[FrameKey, _Frame],
    of_frame: Mapping[int, list[_Stretch]],
) -> dict[int, set[bytes]]:
    """Stretch (its `id`) -> values too short to be searched for everywhere, of findings whose frames it holds."""
    found: dict[int, set[bytes]] = {}
    for one in findings:
        forms = {form for name in one.values for form in own.get((one.id, name), ()) if 0 < len(form) < MIN_VALUE_BYTES}
        for key in one.frames if forms else ():
            for stretch in of_frame.get(id(frames.get(key)), ()):
                found.setdefault(id(stretch), set()).update(forms)
    return found


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
    joined: list[tuple[bytearray, list[tuple[int, _Frame]]]] = []
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
        data, parts, begun, end = bytearray(), list[tuple[int, _Frame]](), 0, -1
        for place, frame in placed:
            payload = frame.payload
            if place > end:
                joined.append((data, parts))
                data, parts, begun, end = bytearray(), [], place, place
            parts.append((place - begun, frame))
            if place + len(payload) > end:
                data += payload[end - place :]
                end = place + len(payload)
        joined.append((data, parts))
    alone = {id(stretch.parts[0][1]): stretch for stretch in found}
    for data, parts in joined:
        if len(parts) > 1:
            found.append(_Stretch(bytes(data), parts))
            for at, frame in parts:
                # Of a retransmission with other bytes the first copy is in the joined ones.
                alone[id(frame)].joined = data.startswith(frame.payload, at)
    return found


def _cover_known(stretches: Iterable[_Stretch], index: ValueIndex | None, short: Mapping[int, set[bytes]]) -> None:
    """Cover all known values and what is personal or secret by its form, one stretch after the other."""
    same: dict[object, Located] = {}
    personal_index = lru_cache(256)(ValueIndex)
    nothing = ValueIndex(())
    for stretch in stretches:
        values = nothing if stretch.joined and index is not None else index
        sought = frozenset(() if stretch.joined else short.get(id(stretch), ()))
        # Announcements repeat byte for byte.
        key = (stretch.data, values, stretch.edges(), sought)
        if key not in same:
            same[key] = _located(stretch.data, values, personal_index, stretch.edges(), sought)
        stretch.located = same[key]
        stretch.cover(stretch.located.places)


def _located(
    data: bytes,
    index: ValueIndex | None,
    personal_index: Callable[[frozenset[bytes]], ValueIndex],
    edges: tuple[int, int],
    short: frozenset[bytes],
) -> Located:
    """What is to be covered in a stretch: all of it where the values or the ways to read it are too many."""
    if index is None:
        return Located([(0, len(data))])
    texts = {text.encode("utf-8", "replace") for one in find(data) for text in (one.text, one.value)}
    personal = frozenset(part for text in texts for part in (text, *text.split(b",")))
    beside = [personal_index(personal)] if personal else []
    try:
        found = search([one for one in (index, *beside) if one.values], data, short=short, edges=edges)
    except TooManyReadings:
        return Located([(0, len(data))])
    found.places = list(merge_ranges([*secret_ranges(data), *body_ranges(data), *personal_ranges(data), *found.places]))
    return found


def _cover_finding(
    one: EvidenceFinding,
    frames: Collection[_Frame],
    of_frame: Mapping[int, list[_Stretch]],
    own: Mapping[tuple[str, str], set[bytes]],
) -> None:
    """Cover a finding's own values: where one is not found whole in a conversation, all of its payload is covered."""
    conversations: dict[frozenset[bytes], list[_Frame]] = {}
    for frame in frames:
        conversations.setdefault(frame.layout.ends, []).append(frame)
        if one.media:
            frame.cover(*content_range(frame.payload))
    for fingerprint in one.values:
        forms = own.get((one.id, fingerprint))
        if forms == {b""}:
            continue
        for conversation in conversations.values():
            stretches = {id(s): s for frame in conversation for s in of_frame.get(id(frame), ())}.values()
            if (
                forms is None
                or not any(form in s.located.whole or form in s.located.short for s in stretches for form in forms)
                or _has_backspaces(conversation)
            ):
                for frame in conversation:
                    frame.cover_all()
            else:
                for stretch in stretches:
                    stretch.cover([place for form in forms for place in stretch.located.short.get(form, ())])


def _has_backspaces(frames: Iterable[_Frame]) -> bool:
    """Whether keys were deleted while typing: what was typed is more than the value."""
    return any(
        0 < len(frame.payload) <= MAX_KEYSTROKE_BYTES and frame.payload[:1] in (b"\b", b"\x7f", b"\x15", b"\x17")
        for frame in frames
    )


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
