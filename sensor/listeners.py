"""Listeners of a run: inventory, coverage and detectors hear observations, at first and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

from sensor.detectors._detector import Detector
from sensor.devices.inventory import OBSERVED_EVENTS, Inventory
from sensor.devices.networks import Networks
from sensor.events import Attribute, Event, ServerName
from sensor.findings import FINDINGS, Ledger, Refound
from sensor.flows.interfaces import Tap
from sensor.known_events import KINDS, NOT_NOW, KnownEvents, Room
from sensor.model import Finding, Flow, Observation, OnRepeat
from sensor.personal_data.values import is_public_domain
from sensor.statistics import ParserStatistics, Statistics, log_bug
from sensor.verdicts.commissioning import FIELDS
from sensor.verdicts.coverage import COUNTED, CoverageLedger


class InstrumentedDetector(Detector):
    """A detector that is timed and whose bugs cost one observation, not the run: a live sensor goes on for months.

    Stands for ``detector``; ``name`` is its name in the statistics.
    """

    def __init__(self, detector: Detector, name: str, statistics: Statistics) -> None:
        super().__init__(detector.context)
        self._detector = detector
        self._name = name
        self._strict = statistics.strict
        self._figures = statistics.detectors.setdefault(name, ParserStatistics())
        self.EVENTS, self.JUDGES_BY_FLOW, self.SEARCHES_PERSONAL_DATA, self.READS_STREAMS = (
            detector.EVENTS,
            detector.JUDGES_BY_FLOW,
            detector.SEARCHES_PERSONAL_DATA,
            detector.READS_STREAMS,
        )

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings of the detector, timed. The hot path: called for every observation."""
        figures, found = self._figures, list[Finding]()
        began = perf_counter()
        try:
            found.extend(self._detector.observe(observation))
        except Exception as error:  # noqa: BLE001 (a bug of ours costs one call, not the run)
            self._failed(error, observation.frames[0] if observation.frames else 0)
        figures.calls += 1
        figures.seconds += perf_counter() - began
        return found

    def hears_field(self, field: str) -> bool:
        """What the detector says."""
        return self._detector.hears_field(field)

    def on_repeat(self, event: Event) -> OnRepeat:
        """What the detector says."""
        return self._detector.on_repeat(event)

    @property
    def changes(self) -> int:
        """As the detector counts them."""
        return self._detector.changes

    def may_change(self) -> bool:
        """Whether the detector itself may."""
        return self._detector.may_change()

    def tap(self, flow: Flow, tell: Callable[[Finding], None]) -> Tap | None:
        """The detector's own reader; its time is not counted."""
        return self._detector.tap(flow, tell)

    def awaits(self, flow: Flow) -> bool:
        """What the detector says: a look-up, not worth its time being counted."""
        return self._detector.awaits(flow)

    def ends_flows(self) -> bool:
        """Whether the detector itself does."""
        return self._detector.ends_flows()

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Findings of the detector, timed."""
        return self._call(lambda: self._detector.flow_ended(flow), flow.first_frame)

    def finish(self) -> Iterable[Finding]:
        """Findings of the detector, timed."""
        return self._call(self._detector.finish, 0)

    def _call(self, call: Callable[[], Iterable[Finding]], frame: int) -> list[Finding]:
        figures, found = self._figures, list[Finding]()
        began = perf_counter()
        try:
            found.extend(call())
        except Exception as error:  # noqa: BLE001 (a bug of ours costs one call, not the run)
            self._failed(error, frame)
        figures.calls += 1
        figures.seconds += perf_counter() - began
        return found

    def _failed(self, error: Exception, frame: int) -> None:
        if self._strict:
            raise error
        self._figures.failures += 1
        log_bug(error, f"detector {self._name}", frame, self._figures.failures)


Listen = Callable[[Observation], None]
MAX_NAMES = 4096
"""Kinds of event and fields of attributes whose listeners are remembered: parsers have a few hundred."""

SAME, NOTHING = OnRepeat.SAME, OnRepeat.NOTHING


class Effect(NamedTuple):
    """What an observation does when equal bytes of equal ends bring it again: findings that count once more, and
    listeners that hear ``event`` again. ``of_flow`` do so only where the flow is read on. ``waits``: it may come late.
    """

    findings: tuple[Refound, ...]
    again: tuple[Callable[[Observation], None], ...]
    of_flow: tuple[Callable[[Observation], None], ...]
    event: Event | None
    protocol: str
    waits: bool


class Ear(NamedTuple):
    """Who hears events of a kind, and how a repeat is to be told. ``by_flow``: it judges by what the flow brought
    before, too.
    """

    listen: Listen
    on_repeat: Callable[[Event], OnRepeat]
    by_flow: bool = False


class KnownEvent(NamedTuple):
    """What an event does wherever equal ends bring it again: ``findings`` that count once more, and who hears it each
    time, with whether the findings of this one belong to ``effect`` (`Ear.by_flow`).
    """

    findings: tuple[Refound, ...]
    again: tuple[tuple[Listen, bool], ...]
    effect: Effect


class KindListeners(NamedTuple):
    """Who hears events of a kind, and those events that are known."""

    listeners: tuple[Listen, ...]
    ears: tuple[Ear, ...]
    known: KnownEvents[KnownEvent] | None


class Listeners:
    """Who hears observations, in a fixed order."""

    def __init__(
        self,
        inventory: Inventory,
        networks: Networks,
        coverage: CoverageLedger,
        detectors: Sequence[Detector],
        findings: int = FINDINGS,
        *,
        known_events: bool = True,
    ) -> None:
        self.ledger = Ledger(findings)
        self.observations = 0
        self.people: frozenset[str] = frozenset()
        """Ids of devices whose content is not searched for personal data."""
        self._people_set = 0
        self._inventory, self._networks, self._coverage = inventory, networks, coverage
        self._detectors = detectors
        self._silent: dict[str, Effect] = {}
        self._hearing: dict[type[Event] | str, KindListeners] = {}
        """By kind; of attributes by field."""
        self._room = Room() if known_events else None
        self._judging = [each for each in detectors if each.may_change()]
        self._recorded: tuple[type[Event], ...] = ()
        self._record: Callable[[Observation], None] | None = None

    def record(self, kinds: tuple[type[Event], ...], record: Callable[[Observation], None]) -> None:
        """Let ``record`` hear all events of these kinds, repeated ones, too. Before the first observation."""
        self._recorded, self._record = kinds, record

    def set_people(self, ids: frozenset[str]) -> None:
        """Whose content is not to be searched from now on."""
        self._people_set += ids != self.people
        self.people = ids

    def observe(self, observation: Observation) -> None:
        """Tell everyone whom it interests."""
        self.observations += 1
        event = observation.event
        kind = event.__class__
        name = event.field if kind is Attribute else kind  # type: ignore[attr-defined]
        hearing = self._hearing.get(name) or self._learn(kind, name)
        memory = hearing.known
        if memory is not None and (key := memory.key_of(observation)) is not None:
            known = memory.known.get(key)
            if known is not None:
                self._hear_known(known, observation)
                return
            if memory.admits(key):
                memory.learn(key, event, self._judge(observation, hearing))
                return
        for listen in hearing.listeners:
            listen(observation)

    # What a memory of streams asks (flows/known_streams.py).

    def circumstances_epoch(self) -> int:
        """A number that grows whenever an end may be another device, or may be another's."""
        changes = self._inventory.changes + self._people_set
        for detector in self._judging:
            changes += detector.changes
        return changes

    def circumstances_of(self, flow: Flow) -> object:
        """What listeners with `OnRepeat.SAME` ask of the run."""
        ends = (flow.client, flow.server)
        networks = self._networks
        places = tuple((networks.is_local(end.address), networks.is_outside(end.address)) for end in ends)
        judging = tuple(detector.changes for detector in self._judging)
        return (*map(self._inventory.device_of, ends), *places, self.people, judging)

    def hear(self, observation: Observation) -> Effect:
        """Tell everyone, and note what it does when it is seen again."""
        self.observations += 1
        event = observation.event
        kind = event.__class__
        name = event.field if kind is Attribute else kind  # type: ignore[attr-defined]
        hearing = self._hearing.get(name) or self._learn(kind, name)
        memory = hearing.known
        key = memory.key_of(observation) if memory is not None else None
        if memory is None or key is None:
            return self._judge(observation, hearing).effect
        known = memory.known.get(key)
        if known is not None:
            return self._hear_known(known, observation)
        worth = memory.admits(key)
        known = self._judge(observation, hearing)
        if worth:
            memory.learn(key, event, known)
        return known.effect

    def _judge(self, observation: Observation, hearing: KindListeners) -> KnownEvent:
        event = observation.event
        # Not `list[Refound]()`, which costs ten times as much and stands here for each event.
        findings: list[Refound] = []
        of_flow_before: list[Refound] = []
        again: list[Listen] = []
        of_flow: list[Listen] = []
        each_time: list[tuple[Listen, bool]] = []
        waits, ledger = True, self.ledger
        for listen, on_repeat, by_flow in hearing.ears:
            manner = on_repeat(event)
            if manner is SAME and ledger.is_full:
                manner = OnRepeat.AGAIN  # what does not fit is counted each time
            if manner is SAME:
                ledger.added = of_flow_before if by_flow else findings
                listen(observation)
                ledger.added = None
                if by_flow:
                    each_time.append((listen, True))
                continue
            if by_flow or manner is not NOTHING:
                each_time.append((listen, False))
            if manner is not NOTHING:
                if manner is OnRepeat.FLOW:
                    of_flow.append(listen)
                else:
                    again.append(listen)
                    waits = waits and manner is OnRepeat.LATER
            listen(observation)
        if not (findings or of_flow_before or again or of_flow):
            effect = self._silent.get(observation.protocol) or self._nothing(observation.protocol)
            return KnownEvent((), tuple(each_time), effect)
        heard = event if again or of_flow else None
        both = (*findings, *of_flow_before)
        effect = Effect(both, tuple(again), tuple(of_flow), heard, observation.protocol, waits)
        if of_flow_before:
            return KnownEvent(tuple(findings), tuple(each_time), effect)
        return KnownEvent(effect.findings, tuple(each_time), effect)

    def _hear_known(self, known: KnownEvent, observation: Observation) -> Effect:
        """Do what the event does each time."""
        if known.findings:
            time, frames, ledger = observation.time, observation.frames, self.ledger
            for finding in known.findings:
                ledger.add_again(finding, time, frames)
        findings: list[Refound] | None = None
        for listen, belongs in known.again:
            if belongs:
                findings = [] if findings is None else findings
                self.ledger.added = findings
                listen(observation)
                self.ledger.added = None
            else:
                listen(observation)
        effect = known.effect
        if findings is None or (not findings and len(effect.findings) == len(known.findings)):
            return effect
        return effect._replace(findings=(*known.findings, *findings))

    def _nothing(self, protocol: str) -> Effect:
        """That of observations that do nothing when they are seen again: one for each protocol."""
        return self._silent.setdefault(protocol, Effect((), (), (), None, protocol, True))

    def repeat(self, effect: Effect, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        """The observation of an effect, seen again."""
        self.observations += 1
        for finding in effect.findings:
            self.ledger.add_again(finding, time, frames)
        if effect.again and effect.event is not None:
            observation = Observation(effect.event, flow, time, frames, effect.protocol)
            for listen in effect.again:
                listen(observation)

    def only_counts(self, effect: Effect) -> bool:
        """Whether a repeat adds to counts and times alone, so that order makes no difference to anyone."""
        return effect.waits and all(self.ledger.only_counts(one) for one in effect.findings)

    def counted_by(self, effect: Effect) -> Sequence[Refound] | None:
        """The findings that a repeat counts; None where a listener has to hear it."""
        return None if effect.again else effect.findings

    def count(self, observations: int, findings: Sequence[tuple[Refound, int]], times: Sequence[int]) -> None:
        """So many observations that only count, seen again: their findings, each with the place of its time."""
        self.observations += observations
        count_again = self.ledger.count_again
        for finding, place in findings:
            count_again(finding, times[place])

    def read_on(self, effect: Effect, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        """The flow of an effect that was repeated is read on."""
        if effect.of_flow and effect.event is not None:
            observation = Observation(effect.event, flow, time, frames, effect.protocol)
            for listen in effect.of_flow:
                listen(observation)

    def _learn(self, kind: type[Event], name: type[Event] | str) -> KindListeners:
        ears = tuple(self._ears(kind, name if isinstance(name, str) else None))
        known: KnownEvents[KnownEvent] | None = None
        if self._room is not None and kind in KINDS:
            judging = tuple(one for one in self._judging if issubclass(kind, one.EVENTS))
            known = KnownEvents(kind, self._epoch_of(judging), self._room)
        hearing = KindListeners(tuple(ear.listen for ear in ears), ears, known)
        if len(self._hearing) < MAX_NAMES:
            self._hearing[name] = hearing
        return hearing

    def _epoch_of(self, judging: tuple[Detector, ...]) -> Callable[[], int]:
        """`circumstances_epoch` for events that only these detectors among all that may change hear."""
        ledger, inventory, decrypted = self.ledger, self._inventory, self.ledger.decrypted

        def epoch() -> int:
            if decrypted or ledger.is_full or inventory.bounds_hit:
                return NOT_NOW
            changes = inventory.changes + self._people_set
            for detector in judging:
                changes += detector.changes
            return changes

        return epoch

    def _ears(self, kind: type[Event], field: str | None) -> Iterator[Ear]:
        """Who hears an event of that kind (an attribute: of that field), in this order."""
        if issubclass(kind, OBSERVED_EVENTS):
            yield Ear(self._inventory.observe, self._inventory.on_repeat)
        if issubclass(kind, COUNTED) and (field is None or field in FIELDS):
            yield Ear(self._coverage.observe, self._coverage.on_repeat)
        if kind is ServerName:
            # A memory of streams keeps the flow's name.
            yield Ear(self._name_server, lambda _event: OnRepeat.NOTHING, by_flow=True)
        if self._record is not None and issubclass(kind, self._recorded):
            yield Ear(self._record, lambda _event: OnRepeat.AGAIN)
        for detector in self._detectors:
            if issubclass(kind, detector.EVENTS) and (field is None or detector.hears_field(field)):
                yield Ear(self._asks(detector), detector.on_repeat, issubclass(kind, detector.JUDGES_BY_FLOW))

    def _name_server(self, observation: Observation) -> None:
        """A request names the server outside that it goes to; a name in the certificate's handshake is surer."""
        event, flow = observation.event, observation.flow
        assert isinstance(event, ServerName)
        outside = self._networks.is_outside(flow.server.address)
        if flow.server_name is None and outside and is_public_domain(event.name):
            flow.server_name = event.name

    def _asks(self, detector: Detector) -> Listen:
        """Who asks a detector: one for each, so that no call looks up whom and whether."""
        observe, add, searches = detector.observe, self.ledger.add, detector.SEARCHES_PERSONAL_DATA

        def ask(observation: Observation) -> None:
            if searches and self.people and self._is_of_people(observation.flow):
                return
            for finding in observe(observation):
                add(finding)

        return ask

    def _is_of_people(self, flow: Flow) -> bool:
        """All local ends of a flow are people's own devices."""
        ends = {self._inventory.device_of(flow.client), self._inventory.device_of(flow.server)} - {None}
        return bool(ends) and ends <= self.people
