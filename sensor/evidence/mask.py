"""Frames and the findings they are kept for into packets whose secrets and personal data are filler of the same length, checksums mended.

Where a finding's own secret cannot be located whole in a conversation's frames, all of that conversation's payload is covered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sensor.evidence.encoded_forms import FILLER, SHORTEST, VIEWS, Index, TooMany, View, stands, views
from sensor.evidence.frame_layout import Layout, fix_checksums, layout
from sensor.evidence.packet import Packet, Range, Raw, merged
from sensor.evidence.secret_patterns import body, caught
from sensor.personal_data.finder import find

MEDIA = frozenset({"image", "audio", "video", "document", "archive", "firmware", "mail"})
"""Kinds of content that are not searched for what is personal: what they show is, so only their beginning stays."""

ALL_COVERED = ("personal.photo", "personal.audio", "personal.video", "update.cleartext")

TYPED = 4
"""Bytes of a segment that holds what somebody types: a key and its line end."""

Key = tuple[str, int]
"""A frame: capture and number."""


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding whose frames are kept. ``why`` for a person; ``values`` the fingerprints of its secret and personal data; ``composed``: `forms.parts`."""

    id: str
    why: str
    frames: tuple[Key, ...]
    values: tuple[str, ...] = ()
    composed: bool = False
    media: bool = False

    @classmethod
    def of(cls, record: Mapping[str, object]) -> KeptFinding:
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
            media=detail.get("content") in MEDIA or rule in ALL_COVERED,
        )


@dataclass(slots=True)
class _Frame:
    raw: Raw
    layout: Layout
    covered: list[Range] = field(default_factory=list)
    """In the frame."""

    @property
    def payload(self) -> bytes:
        return self.raw.data[slice(*self.layout.payload)]

    def cover(self, start: int, end: int) -> None:
        """Bytes of the payload."""
        at, stop = self.layout.payload
        self.covered.append((at + max(0, start), min(at + end, stop)))

    def cover_all(self) -> None:
        self.covered.append(self.layout.payload)


@dataclass(slots=True)
class _Stretch:
    """Payload that is known in one piece: ``parts`` are (place in ``data``, frame), ``data`` may be what several copies of a segment brought."""

    data: bytes
    parts: list[tuple[int, _Frame]]
    readings: list[View] = field(default_factory=list)
    places: list[Range] = field(default_factory=list)

    def cover(self, start: int, end: int) -> None:
        for at, frame in self.parts:
            size = frame.layout.payload[1] - frame.layout.payload[0]
            if at < end and start < at + size:
                frame.cover(start - at, end - at)


def masked(
    raws: Iterable[Raw], held: Sequence[KeptFinding], seen: Mapping[str, bytes], *, complete: bool = True
) -> list[Packet]:
    """The packets. ``seen``: fingerprint -> value of what the run found secret or personal; ``complete``: nothing of it was forgotten."""
    frames = {(raw.capture, raw.frame): _Frame(raw, layout(raw.link, raw.data)) for raw in raws}
    stretches = _stretches(frames.values())
    try:
        index: Index | None = Index(seen.values()) if complete else None
    except TooMany:
        index = None
    same: dict[bytes, _Stretch] = {}
    for stretch in stretches:
        # What a device says to all it says again and again.
        _cover(stretch, index, same.setdefault(stretch.data, stretch))
    of_frame: dict[int, list[_Stretch]] = {}
    for stretch in stretches:
        for _, frame in stretch.parts:
            of_frame.setdefault(id(frame), []).append(stretch)
    for one in held:
        _cover_own(one, [frames[key] for key in one.frames if key in frames], of_frame, seen)
    return [_packet(frame, held_by) for frame, held_by in _holders(frames, held)]


def _holders(frames: Mapping[Key, _Frame], held: Sequence[KeptFinding]) -> list[tuple[_Frame, list[KeptFinding]]]:
    by_frame: dict[Key, list[KeptFinding]] = {}
    for one in held:
        for key in one.frames:
            by_frame.setdefault(key, []).append(one)
    return [(frames[key], by_frame.get(key, [])) for key in sorted(frames)]


def _stretches(frames: Iterable[_Frame]) -> list[_Stretch]:
    """Each frame on its own, and what lies side by side in a stream joined: a secret typed letter by letter crosses in as many frames."""
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
        # The nearest way round: a stream may pass the end of its 32-bit numbers.
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


def _cover(stretch: _Stretch, index: Index | None, same: _Stretch) -> None:
    """Cover what of all known values stands here, what is personal by its form, and what is secret by its form; ``same``: the first of the same bytes."""
    if same is stretch:
        if index is None:
            stretch.places = [(0, len(stretch.data))]
        else:
            stretch.readings = list(islice(views(stretch.data), VIEWS + 1))
            stretch.places = _places(stretch, index)
    stretch.readings, stretch.places = same.readings, same.places
    for place in stretch.places:
        stretch.cover(*place)


def _places(stretch: _Stretch, index: Index) -> list[Range]:
    data = stretch.data
    if len(stretch.readings) > VIEWS:
        return [(0, len(data))]
    texts = {text.encode("utf-8", "replace") for one in find(data) for text in (one.text, one.value)}
    personal = {part for text in texts for part in (text, *text.split(b","))}
    indexes = (index, Index(personal)) if personal else (index,)
    return [*caught(data), *(place for view in stretch.readings for one in indexes for place in one.find(view))]


def _cover_own(
    one: KeptFinding, frames: Collection[_Frame], of_frame: Mapping[int, list[_Stretch]], seen: Mapping[str, bytes]
) -> None:
    """A finding's own frames: its secret stands whole in each conversation, or all of that one's payload goes."""
    conversations: dict[frozenset[bytes], list[_Frame]] = {}
    for frame in frames:
        conversations.setdefault(frame.layout.ends, []).append(frame)
        if one.media:
            frame.cover(*body(frame.payload))
    for fingerprint in one.values:
        value = seen.get(fingerprint)
        for conversation in conversations.values():
            readings = [
                view for frame in conversation for stretch in of_frame.get(id(frame), ()) for view in stretch.readings
            ]
            if (
                value is None
                or not _located(value, readings, composed=one.composed)
                or _was_corrected(value, conversation)
            ):
                for frame in conversation:
                    frame.cover_all()
            elif 0 < len(value) < SHORTEST:
                _cover_short(value, conversation, of_frame)


def _located(value: bytes, readings: list[View], *, composed: bool) -> bool:
    return not value or stands(value, readings, composed=composed)


def _was_corrected(value: bytes, frames: Iterable[_Frame]) -> bool:
    """Somebody typed, and took keys back: what was typed is more than what was meant."""
    return any(
        0 < len(frame.payload) <= TYPED and frame.payload[:1] in (b"\b", b"\x7f", b"\x15", b"\x17") for frame in frames
    ) and bool(value)


def _cover_short(value: bytes, frames: Iterable[_Frame], of_frame: Mapping[int, list[_Stretch]]) -> None:
    low = value.lower()
    for stretch in {id(s): s for frame in frames for s in of_frame.get(id(frame), ())}.values():
        for view in stretch.readings:
            data = view.data.lower()
            at = data.find(low)
            while at >= 0:
                stretch.cover(*view.place(at, at + len(low)))
                at = data.find(low, at + 1)


def _packet(frame: _Frame, held: Sequence[KeptFinding]) -> Packet:
    raw = frame.raw
    marked = merged([*frame.covered, frame.layout.trailer])
    data = bytearray(raw.data)
    for start, end in marked:
        data[start:end] = bytes((FILLER,)) * (min(end, len(data)) - start)
    fix_checksums(frame.layout, raw.data, data)
    return Packet(
        raw.capture, raw.frame, raw.time, raw.link, bytes(data), raw.length, marked, tuple((one.id, one.why) for one in held)
    )  # fmt: skip
