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
        self.EVENTS, self.SEARCHES_PERSONAL_DATA, self.READS_STREAMS = (
            detector.EVENTS,
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


class KindListeners(NamedTuple):
    """Who hears events of a kind; and the same with how each takes a repeat."""

    listeners: tuple[Listen, ...]
    manners: tuple[tuple[Listen, Callable[[Event], OnRepeat]], ...]


class Listeners:
    """Who hears observations, in a fixed order."""

    def __init__(
        self,
        inventory: Inventory,
        networks: Networks,
        coverage: CoverageLedger,
        detectors: Sequence[Detector],
        findings: int = FINDINGS,
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
        for listen in (self._hearing.get(name) or self._learn(kind, name)).listeners:
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
        # Not `list[Refound]()`, which costs ten times as much and stands here for each event.
        findings: list[Refound] = []
        again: list[Listen] = []
        of_flow: list[Listen] = []
        waits, ledger = True, self.ledger
        for listen, on_repeat in (self._hearing.get(name) or self._learn(kind, name)).manners:
            manner = on_repeat(event)
            if manner is SAME and ledger.is_full:
                manner = OnRepeat.AGAIN  # what does not fit is counted each time
            if manner is SAME:
                ledger.added = findings
                listen(observation)
                ledger.added = None
                continue
            if manner is not NOTHING:
                if manner is OnRepeat.FLOW:
                    of_flow.append(listen)
                else:
                    again.append(listen)
                    waits = waits and manner is OnRepeat.LATER
            listen(observation)
        if not (findings or again or of_flow):
            return self._silent.get(observation.protocol) or self._nothing(observation.protocol)
        heard = event if again or of_flow else None
        return Effect(tuple(findings), tuple(again), tuple(of_flow), heard, observation.protocol, waits)

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
        manners = tuple(self._manners(kind, name if isinstance(name, str) else None))
        hearing = KindListeners(tuple(listen for listen, _ in manners), manners)
        if len(self._hearing) < MAX_NAMES:
            self._hearing[name] = hearing
        return hearing

    def _manners(self, kind: type[Event], field: str | None) -> Iterator[tuple[Listen, Callable[[Event], OnRepeat]]]:
        """Who hears an event of that kind (an attribute: of that field), in this order, and how it takes a repeat."""
        if issubclass(kind, OBSERVED_EVENTS):
            yield self._inventory.observe, self._inventory.on_repeat
        if issubclass(kind, COUNTED) and (field is None or field in FIELDS):
            yield self._coverage.observe, self._coverage.on_repeat
        if kind is ServerName:
            yield self._name_server, lambda _event: OnRepeat.NOTHING  # a memory of streams keeps the flow's name
        if self._record is not None and issubclass(kind, self._recorded):
            yield self._record, lambda _event: OnRepeat.AGAIN
        for detector in self._detectors:
            if issubclass(kind, detector.EVENTS) and (field is None or detector.hears_field(field)):
                yield self._asks(detector), detector.on_repeat

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
