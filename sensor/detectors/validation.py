"""What a device does with the certificates that it is shown: ``tls.validation``.

One finding for each device and name, by the client's own data alone. Nothing is said of a handshake of which a hello
is missing, or whose end the capture does not hold. TLS 1.3 and QUIC hide the certificate: there an alert before any
data is a refusal whose reason may be hidden, and data says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from sensor.detectors._chains import ChainIssuers, chain_issuers, judge_chain
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.detectors._validation_words import validation_message
from sensor.events import Handshake
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Observation, Severity

REFUSALS = frozenset({
    "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired", "certificate_unknown",
    "unknown_ca", "access_denied",
})  # fmt: skip
"""Alerts 42 to 46, 48 and 49: a certificate was not taken (RFC 8446 6.2)."""

HIDDEN = "encrypted"
"""An alert of TLS 1.3 that cannot be read: the client broke off before its Finished."""

FAULTS = frozenset({"expired", "not_yet_valid", "self_signed", "untrusted_root", "name_mismatch"})
"""Faults of a chain for which a client that knows nothing else of it must leave."""

UNTRUSTED = frozenset({"self_signed", "untrusted_root"})

GRAVE = ("interceptor", "lab_ca", "unrelated_issuers", "expired", "not_yet_valid", "name_mismatch")
"""Reasons for which an accepted chain proves that the client does not check, the strongest first."""

LOCAL_SUFFIXES = ("local", "lan", "home", "internal", "localdomain", "home.arpa", "fritz.box")
"""Ends of names that a public authority certifies for nobody (RFC 6762, RFC 8375)."""

MAX_SERVERS = 2048
"""Devices and names that are compared: a home's forty devices use fifty names each."""

NAME_LENGTH = 255
"""Characters of a name (RFC 1035 2.3.4); the extension has room for 65,535."""

MAX_CHAINS = 4
"""Different issuers of one name that are compared; more are counted only."""

MAX_LISTED = 8
"""Alerts and issuers that are listed."""

FRAMES = 16
"""Frames named as evidence of one outcome."""

CLOCK_SET = 949_363_200 * 1_000_000_000
"""February 2000: what has no clock begins at 1970, 1980 or 2000."""

CARRIERS = frozenset({"radius", "eapol", "tacacs"})
"""Protocols whose ends carry the handshake of somebody else (RFC 3579)."""

CLOCK_CHAINS = 2
"""Public chains that must all be out of their time before the clock of the capture is doubted."""

ALERTED = 1
LEFT = 2
"""Refusals before an acceptance for which the client stopped checking: one alert, or two connections that it left."""


@dataclass(slots=True)
class ObservedChain:
    """How a device treated chains of one issuer under one name."""

    issuers: ChainIssuers
    why: set[str]
    accepted: int = 0
    refused: int = 0
    alerted: int = 0
    refused_first: int = 0
    alerted_first: int = 0
    frames_accepted: tuple[int, ...] = ()
    frames_refused: tuple[int, ...] = ()

    @property
    def trusted(self) -> bool:
        """It reaches a public root."""
        return not self.why & UNTRUSTED

    def refusals(self, resumed: int) -> int:
        """How often it was refused. A client that merely left has refused nothing if it took the session up again."""
        return self.alerted if resumed else self.refused

    @property
    def stopped(self) -> bool:
        """It was refused first, and accepted then."""
        return bool(self.accepted) and (self.alerted_first >= ALERTED or self.refused_first >= LEFT)


@dataclass(slots=True)
class ObservedServer:
    """What a device did with one name. ``local``: no service outside answers for it."""

    observation: Observation
    ends: Responsible
    name: str
    local: bool
    chains: dict[str, ObservedChain] = field(default_factory=dict)
    resumed: int = 0
    """Sessions begun again: the client kept them, so it had not refused their certificate."""
    alerts: dict[str, None] = field(default_factory=dict)
    handshakes: int = 0
    hidden: int = 0
    hidden_refused: int = 0
    left: int = 0
    frames_refused: tuple[int, ...] = ()
    last: int = 0


class Validation(Detector):
    """``tls.validation``."""

    EVENTS = (Handshake,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._servers: dict[tuple[str, str], ObservedServer] = {}
        self._early: set[str] = set()
        self._in_time = False
        """Leaves of public chains that are not valid yet by the capture's clock, and whether there is one that is."""
        self._unset = False
        """The capture's clock was never set."""

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Count the handshake."""
        event = observation.event
        if isinstance(event, Handshake) and event.kind in ("tls", "dtls", "quic"):
            self._count(observation, event)
        return ()

    def _count(self, observation: Observation, event: Handshake) -> None:
        if event.version is None or not event.offered_ciphers or observation.flow.application in CARRIERS:
            return
        here, there = observation.flow.end(event.client_side), observation.flow.end(event.client_side.other)
        device = self.context.device_of(here)
        if device is None or here.address == there.address:
            return
        ends = Responsible(device, self.context.device_of(there), "client", self.is_remote(there))
        key = (device, (event.server_name or str(there)).lower().rstrip(".")[:NAME_LENGTH])
        server = self._servers.get(key)
        if server is None:
            if len(self._servers) >= MAX_SERVERS:
                return
            first = replace(observation, event=replace(event, certificates=(), offered_ciphers=()))
            server = self._servers[key] = ObservedServer(first, ends, key[1], ends.peer_device is not None)
        server.handshakes += 1
        server.last = observation.time
        if event.certificates:
            self._shown(server, observation, event)
        elif "TLS 1.3" in event.version or event.kind == "quic":
            self._hidden(server, observation, event)
        elif event.established is not False:
            server.resumed += 1

    def _shown(self, server: ObservedServer, observation: Observation, event: Handshake) -> None:
        """A handshake whose certificates could be read."""
        judged = judge_chain(event.certificates, event.server_name, observation.time)
        issuers = chain_issuers(event.certificates)
        if judged is None or issuers is None:
            return
        why = set(judged.why)
        self._note_clock(why, issuers, observation.time)
        chain = server.chains.get(issuers.issuer)
        if chain is None:
            if len(server.chains) >= MAX_CHAINS:
                return
            chain = server.chains[issuers.issuer] = ObservedChain(issuers, set())
        if event.client_data:
            chain.accepted += 1
            chain.why |= why
            chain.frames_accepted = _more(chain.frames_accepted, observation.frames)
        elif _refused(event) or (_left(event) and _is_faulty(why, issuers)):
            alerted = _refused(event)
            chain.refused += 1
            chain.alerted += alerted
            if not chain.accepted:
                chain.why |= why
                chain.refused_first += 1
                chain.alerted_first += alerted
            if event.alert is not None:
                _list(server.alerts, event.alert)
            chain.frames_refused = _more(chain.frames_refused, observation.frames)

    @staticmethod
    def _hidden(server: ObservedServer, observation: Observation, event: Handshake) -> None:
        server.hidden += 1
        if event.alert is not None and (_refused(event) or _broken_off(event)):
            server.hidden_refused += 1
            _list(server.alerts, event.alert)
            server.frames_refused = _more(server.frames_refused, observation.frames)
        elif event.client_data is False:
            server.left += 1

    def _note_clock(self, why: set[str], issuers: ChainIssuers, time: int) -> None:
        """A clock that was never set is behind: it makes chains early, never late."""
        if time < CLOCK_SET:
            self._unset = True
        elif issuers.published or not why & UNTRUSTED:
            if "not_yet_valid" not in why:
                self._in_time = True
            elif len(self._early) < CLOCK_CHAINS:
                self._early.add(issuers.sums[0])

    @property
    def _clock_is_behind(self) -> bool:
        """Whether it is the capture's clock that is wrong: all public chains are early."""
        return self._unset or (len(self._early) >= CLOCK_CHAINS and not self._in_time)

    def finish(self) -> Iterator[Finding]:
        """A finding for each device and name of which packets tell something."""
        for key, server in self._servers.items():
            found = self._judge(server)
            if found is not None:
                found.identity = ("tls.validation", *key)
                yield found

    def _judge(self, server: ObservedServer) -> Finding | None:
        reasons = {issuer: self._reasons(server, chain) for issuer, chain in server.chains.items() if chain.accepted}
        worst = min(reasons, key=lambda issuer: _rank(reasons[issuer]), default=None)
        if worst is not None and _rank(reasons[worst]) < len(GRAVE):
            return self._finding(server, "accepted", server.chains[worst], reasons[worst], Severity.HIGH)
        both = next((i for i, one in server.chains.items() if one.accepted and one.refusals(server.resumed)), None)
        if both is not None:
            severity = Severity.MEDIUM if server.chains[both].stopped else Severity.INFO
            return self._finding(server, "accepted", server.chains[both], reasons[both], severity)
        refused = [one for one in server.chains.values() if one.refusals(server.resumed)]
        if refused or server.hidden_refused:
            chain = max(refused, key=lambda one: one.refused, default=None)
            return self._finding(server, "refused", chain, (), Severity.INFO)
        if worst is not None and reasons[worst]:
            return self._finding(server, "accepted", server.chains[worst], reasons[worst], Severity.INFO)
        return None

    def _reasons(self, server: ObservedServer, chain: ObservedChain) -> tuple[str, ...]:
        """Why it was wrong to accept the chain, the strongest first; empty for one that checks out."""
        found = set()
        if not chain.trusted:
            authority = self.context.interception_ca
            found |= {"interceptor"} if chain.issuers.interceptor else set()
            found |= {"lab_ca"} if authority is not None and chain.issuers.is_of(authority) else set()
        if not found and (server.local or _is_local_name(server.name)):
            return ()  # no authority certifies what is at home: a device there is known in another way
        found |= chain.why & ({"expired"} if self._clock_is_behind else {"expired", "not_yet_valid"})
        if chain.trusted:
            found |= chain.why & {"name_mismatch"}
        elif not chain.issuers.published:
            public = [one for one in server.chains.values() if one.accepted and one.trusted]
            if any("name_mismatch" not in one.why and not one.issuers.shares_issuer(chain.issuers) for one in public):
                found.add("unrelated_issuers")
            found.add("private_issuer")
        order = (*GRAVE, "private_issuer")
        return tuple(sorted(found, key=order.index))

    def _finding(
        self,
        server: ObservedServer,
        outcome: str,
        chain: ObservedChain | None,
        why: tuple[str, ...],
        severity: Severity,
    ) -> Finding:
        accepted = outcome == "accepted"
        if accepted and chain is not None:
            frames = (*chain.frames_accepted, *chain.frames_refused)
        else:
            refused = [one.frames_refused for one in server.chains.values()]
            frames = tuple(dict.fromkeys((*server.frames_refused, *(frame for one in refused for frame in one))))
        concerned = server.chains.values() if not accepted or chain is None else (chain,)
        refusals = sum(one.refusals(server.resumed) for one in concerned) + (0 if accepted else server.hidden_refused)
        took = sum(one.accepted for one in concerned if accepted or one.refused)
        detail: dict[str, object] = {
            "value": chain.issuers.issuer if chain else None,
            "outcome": outcome,
            "why": list(why),
            "server_name": server.name,
            "went_on": True if severity is Severity.HIGH else False if not accepted else None,
            "refused": refusals,
            "accepted": took,
            "handshakes": server.handshakes,
            "hidden": server.hidden,
            "left": server.left,
            "stopped_checking": accepted and chain is not None and chain.stopped,
            "alerts": list(server.alerts),
            "issuers": list(chain.issuers.issuers[:MAX_LISTED]) if chain else [],
            "interceptor": chain.issuers.interceptor if chain else None,
        }
        found = self.finding(
            server.observation,
            "tls.validation",
            severity,
            server.ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=("EN 303 645 5.5-1",),
            message=validation_message(detail),
            detail=detail,
            protocol=server.observation.protocol,
        )
        found.frames = frames or found.frames
        found.last_time, found.count = server.last, max(took + refusals, 1)
        return found


def _refused(event: Handshake) -> bool:
    """The client said that it does not take the certificate."""
    return event.established is False and event.alert_side is event.client_side and event.alert in REFUSALS


def _broken_off(event: Handshake) -> bool:
    """The client's alert stands where TLS 1.3 hides its reason."""
    return event.established is False and event.alert_side is event.client_side and event.alert == HIDDEN


def _left(event: Handshake) -> bool:
    """The client went, with another alert or none, and had sent no data."""
    if event.established is False:
        return event.alert_side is event.client_side
    return event.client_data is False


def _is_faulty(why: set[str], issuers: ChainIssuers) -> bool:
    """Whether a client that knows nothing else of the chain must leave: no old public root explains it."""
    return bool(why & FAULTS - UNTRUSTED) or (bool(why & UNTRUSTED) and not issuers.published)


def _rank(reasons: tuple[str, ...]) -> int:
    return GRAVE.index(reasons[0]) if reasons and reasons[0] in GRAVE else len(GRAVE) + (not reasons)


def _more(frames: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*frames, *new)))[:FRAMES]


def _list(names: dict[str, None], name: str) -> None:
    if len(names) < MAX_LISTED:
        names[name] = None


def _is_local_name(name: str) -> bool:
    """Whether no public authority can vouch for the name, because it is one of the home."""
    return name.endswith(tuple(f".{suffix}" for suffix in LOCAL_SUFFIXES))


DETECTOR = Validation
