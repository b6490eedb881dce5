"""Seeded values of test personas in traffic: ``personal.persona``, without the value itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from sensor.catalogue import Message
from sensor.detectors._content import is_binary, is_code
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.events import Attribute, Content, Event, Handshake, Login, Lookup, Transfer
from sensor.flows.interfaces import SIDES, Tap
from sensor.model import Capability, Finding, Flow, Observation, Severity, Side, Transport
from sensor.parsing.registry import facts
from sensor.personal_data.decoding import cached_layers
from sensor.personas.forms import HASHES, Seed
from sensor.personas.search import DATAGRAM_SEPARATOR, Hit, Personas, StreamSearch

SENSITIVE = frozenset({"location", "password"})
"""Kinds that harm at once: a person's place, and what opens an account."""

MINOR = frozenset({"account", "mac", "serial"})

MAX_SKIPPED = 16 * 1024 * 1024
"""Bytes read of one flow that its parser would skip: long uploads of a device."""

MAX_UNPARSED = 256 * 1024
"""Bytes read of one flow after its parser has stopped, or without a parser."""

SMALL_DATA = 4096
"""Bytes up to which an empty result is cached: headers and names repeat."""

MAX_CACHED = 4096
"""Empty results cached."""

MAX_PENDING = 64
"""Hits that wait until the flow's protocol is known."""

MAX_FRAMES = 256
"""Frames remembered of one value in one flow, so that the stream and the message in it do not count twice."""


class SeededTruths(Detector):
    """``personal.persona``. It observes nothing without a file of personas."""

    EVENTS: tuple[type[Event], ...] = (Transfer, Content, Attribute, Lookup, Login, Handshake)
    READS_STREAMS = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._personas = context.personas
        if self._personas is None:
            self.EVENTS = ()
        self._taps: dict[int, PersonaTap] = {}
        self._empty: OrderedDict[tuple[bool, bytes], None] = OrderedDict()
        """Small pieces without a value, by whether what is encoded in them was decoded."""

    def tap(self, flow: Flow, report: Callable[[Finding], None]) -> Tap | None:
        """Read a stream itself: bytes that no parser understands, across packets."""
        if self._personas is None:
            return None
        own = tuple(self.context.is_local(flow.end(side).address) for side in SIDES)

        def found(side: Side, hit: Hit) -> None:
            protocol = flow.application or flow.transport.value
            report(self._finding(flow, side, hit.seed, hit.encoding, hit.frames, hit.time, protocol, "stream"))

        tap = self._taps[flow.uid] = PersonaTap(self._personas, flow, (own[0], own[1]), found)
        return tap

    def awaits(self, flow: Flow) -> bool:
        """A flow that is read."""
        return flow.uid in self._taps

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Forget its values."""
        self._taps.pop(flow.uid, None)
        return ()

    def observe(self, observation: Observation) -> Iterator[Finding]:
        """Search what parsers produced: unpacked, reassembled and decoded bytes."""
        personas, flow = self._personas, observation.flow
        if personas is None:
            return
        tap = self._taps.get(flow.uid)
        for side, data, place, whole in _searchable(observation.event):
            for seed, encoding in self._found(personas, data, whole=whole):
                if tap is None or tap.is_new(seed, encoding, observation.frames):
                    yield self._finding(
                        flow, side, seed, encoding, observation.frames, observation.time, observation.protocol, place
                    )

    def _found(self, personas: Personas, data: bytes, *, whole: bool) -> list[tuple[int, tuple[str, ...]]]:
        """Values in a piece; with ``whole`` False nothing encoded in it is decoded."""
        if len(data) <= SMALL_DATA and (whole, data) in self._empty:
            return []
        found: dict[tuple[int, tuple[str, ...]], None] = {}
        for names, layer in cached_layers(data) if whole else (((), data),):
            for seed, encoding in personas.find(layer):
                found[seed, names if names and encoding == ("plain",) else (*names, *encoding)] = None
        if not found and len(data) <= SMALL_DATA:
            self._empty[whole, data] = None
            if len(self._empty) > MAX_CACHED:
                self._empty.popitem(last=False)
        return list(found)

    def _finding(
        self,
        flow: Flow,
        side: Side,
        number: int,
        encoding: tuple[str, ...],
        frames: tuple[int, ...],
        time: int,
        protocol: str,
        place: str,
    ) -> Finding:
        assert self._personas is not None
        seed = self._personas.seeds[number]
        ends = self.responsible(flow, side)
        sent = ends.role == side.name.lower()
        severity = _severity(seed, ends, sent=sent)
        loud = severity > Severity.INFO
        provisions = ["EN 303 645 5.8-1"] if loud and ends.remote else []
        if provisions and seed.kind in SENSITIVE:
            provisions.append("EN 303 645 5.8-2")
        value = self.context.vault.shown(seed.secret)
        assert value is not None
        return self.finding(
            Observation(_NO_EVENT, flow, time, frames, protocol),
            "personal.persona",
            severity,
            ends,
            capability=Capability.PERSONAL_DATA if loud else None,
            provisions=tuple(provisions),
            message=_message(seed, encoding, ends, protocol),
            detail={
                "persona": seed.persona,
                "kind": seed.kind,
                "encoding": list(encoding),
                "excerpt": f"{seed.kind}: {value['mask']}…",
                "place": place,
                "party": self.context.party_of(flow.end(side.other)),
                "sent": sent,
                "value": value,
            },
            identity=(protocol, severity, seed.persona, seed.kind, encoding, value["fingerprint"]),
            protocol=protocol,
        )


class PersonaTap:
    """Reader of one flow: a search for each direction, within a budget."""

    def __init__(
        self, personas: Personas, flow: Flow, own: tuple[bool, bool], report: Callable[[Side, Hit], None]
    ) -> None:
        self._searches = (StreamSearch(personas), StreamSearch(personas))
        self._flow = flow
        self._own = own
        self._report = report
        self._whole = flow.transport is not Transport.TCP
        self._taken = 0
        self._alone_from = -1  # bytes taken when the parser stopped
        self._pending: list[tuple[int, Hit]] = []
        self._by_stream: dict[tuple[int, tuple[str, ...]], None] = {}
        self._by_message: dict[tuple[int, tuple[str, ...]], set[int]] = {}

    @property
    def buffered_bytes(self) -> int:
        """Bytes that wait to be searched."""
        return self._searches[0].pending_bytes + self._searches[1].pending_bytes

    def take(self, side: int, data: bytes, frame: int, time: int, turned: bool) -> None:
        """Add the next bytes of the decoder's side."""
        self._taken += len(data)
        search = self._searches[side]
        if search.add(data + DATAGRAM_SEPARATOR if self._whole else data, frame, time):
            found = search.search()
            if found or self._pending:
                self._found(side, found, turned=turned)

    def gap(self, side: int, *, turned: bool) -> None:
        """Report what stands before a gap."""
        self._found(side, self._searches[side].flush(), turned=turned)

    def close(self, *, turned: bool) -> None:
        """Report what stands at the end."""
        for side in (0, 1):
            self._found(side, self._searches[side].flush(), turned=turned, known=True)

    def wants(self, side: int) -> bool:
        """Whether bytes are read that the parser skips: those that a local device sends."""
        return self._own[side] and self._taken < MAX_SKIPPED

    def goes_on(self) -> bool:
        """Whether it continues without a parser; called when the parser stops."""
        if self._alone_from < 0:
            self._alone_from = self._taken
        return self._taken - self._alone_from < MAX_UNPARSED

    def is_new(self, seed: int, encoding: tuple[str, ...], frames: tuple[int, ...]) -> bool:
        """Whether neither the stream nor another part of the message reported the value.

        These frames count as reported from now on.
        """
        key = (seed, encoding)
        if key in self._by_stream:
            return False
        known = self._by_message.setdefault(key, set())
        if frames and known.issuperset(frames):
            return False
        if len(known) < MAX_FRAMES:
            known.update(frames)
        return True

    def _found(self, side: int, hits: list[Hit], *, turned: bool, known: bool = False) -> None:
        """Report hits once the flow's protocol has a name: that comes with the first bytes, too."""
        self._pending += [(side, hit) for hit in hits]
        if not known and self._flow.application is None and self._alone_from < 0 and len(self._pending) < MAX_PENDING:
            return
        waiting, self._pending = self._pending, []
        for place, hit in waiting:
            key = (hit.seed, hit.encoding)
            if not self._by_message.get(key, set()).isdisjoint(hit.frames):
                continue
            self._by_stream[key] = None
            self._report(SIDES[place ^ turned], hit)


_NO_EVENT = Event()


def _searchable(event: Event) -> Iterator[tuple[Side, bytes, str, bool]]:
    """(sender, bytes, place, whether to decode) of the readable parts of an event."""
    if isinstance(event, Transfer):
        if not is_binary(event):
            yield event.side, event.data, "content", not is_code(event)
        if event.name:
            yield event.side, event.name.encode("utf-8", "replace"), "name", True
    elif isinstance(event, Content):
        yield event.side, event.data, event.name, True
    elif isinstance(event, Attribute):
        yield event.side, event.value.encode("utf-8", "replace"), event.field, False
    elif isinstance(event, Lookup):
        yield Side.CLIENT, event.name.encode("utf-8", "replace"), f"{event.source} name", False
        if event.answers:
            yield Side.SERVER, " ".join(event.answers).encode("utf-8", "replace"), f"{event.source} answer", False
    elif isinstance(event, Handshake):
        if event.server_name:
            yield Side.CLIENT, event.server_name.encode("utf-8", "replace"), "server name", False
    elif isinstance(event, Login) and event.username:
        yield event.verifier.other, event.username.encode("utf-8", "replace"), "user name", False


def _severity(seed: Seed, ends: Responsible, *, sent: bool) -> Severity:
    """Severity: as of other personal data, without doubt about whose it is."""
    if ends.device is None:
        return Severity.INFO
    if not ends.remote:
        return Severity.LOW if seed.kind in SENSITIVE else Severity.INFO
    level = Severity.HIGH if seed.kind in SENSITIVE else Severity.LOW if seed.kind in MINOR else Severity.MEDIUM
    return level if sent else Severity(level - 1)


def _message(seed: Seed, encoding: tuple[str, ...], ends: Responsible, protocol: str) -> Message:
    hashed = any(name in HASHES for name in encoding)
    return Message(
        "personal.persona.hashed" if hashed else "personal.persona",
        {"kind": seed.kind, "persona": seed.persona, "service": facts(protocol).title, "where": ends.where_seen},
    )


DETECTOR = SeededTruths
