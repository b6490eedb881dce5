"""Settling of findings by a lab's facts: cleared, proven, or as open as before, with the fact named.

Pure functions.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import field

from sensor.catalogue import Message
from sensor.light_dataclass import dataclass
from sensor.model import Finding, Status
from sensor.verdicts.baseline import FindingRule
from sensor.verdicts.facts import Account, Channel, DeviceFacts
from sensor.verdicts.published import Published

FACTS = {
    "account": "account",
    "associated": "channel.associated",
    "by": "account.by",
    "chosen": "account.set_by",
    "data": "channel.data",
    "offered": "account.offered",
    "personal": "channel.data",
    "phase": "phase",
    "pinned": "channel.pinned",
    "remote": "channel.remote",
    "sensitive": "channel.data",
    "settings": "channel.settings",
    "signed": "update_signed",
    "unique": "account.set_by, account.unique",
}
"""The keys of ``--facts`` that answer each question of the standards map."""

PROCEDURES = {
    "account": "LW-PW-1",
    "associated": "LW-PD-1",
    "by": "LW-PW-1",
    "chosen": "LW-PW-2",
    "data": "LW-PD-1",
    "offered": "LW-PW-1",
    "personal": "LW-PD-1",
    "phase": "LW-PW-1",
    "pinned": "LW-TLS-1",
    "remote": "LW-NET-1",
    "sensitive": "LW-PD-1",
    "settings": "LW-NET-1",
    "signed": "LW-UPD-2",
    "unique": "LW-PW-2",
}
"""The laboratory's procedure (``signatures/procedures.toml``) that answers each question."""


USERS = frozenset(
    {"telnet", "rlogin", "rsh", "ftp", "http", "http2", "rtsp", "imap", "pop3", "smtp", "submission", "nntp", "irc",
     "xmpp-client", "xmpp", "rfb", "sip", "finger", "managesieve", "acap"}
)  # fmt: skip
"""Protocols whose login is made for people. Others (MQTT, SNMP, AMQP …) are mostly spoken by machines alone."""


@dataclass(frozen=True, slots=True)
class DeviceKnowledge:
    """Knowledge of a device besides its traffic.

    ``names``: address (text) of a peer -> the names it was looked up by; ``vendor`` as claimed; ``published``: the
    maker's publications by kind (``disclosure``, ``support``).
    """

    facts: DeviceFacts | None = None
    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    vendor: str | None = None
    published: Mapping[str, Published] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question: ``against`` the device or for it, and the fact (None where packets gave it)."""

    against: bool
    fact: Message | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled finding.

    ``status``: None when facts clear it; ``v2``: that under V2.1.1 where it differs; ``facts`` that decided; ``open``
    questions that would.
    """

    status: Status | None
    facts: tuple[Message, ...] = ()
    open: tuple[str, ...] = ()
    v2: Status | None = None


NO_FACTS = DeviceFacts("", "")


def settle(on: FindingRule, finding: Finding, known: DeviceKnowledge, *, must: bool = True) -> Settled:
    """Settle the finding under that row of the map; ``must``: the provision is a *shall*, which alone is violated."""
    facts = known.facts or NO_FACTS
    questions = {*on.clears, *on.proves, *on.lowers, *on.v2_needs}
    answers = {question: ANSWERS[question](finding, facts, known.names) for question in questions}
    for question in on.clears:
        answer = answers[question]
        if answer is not None and not answer.against:
            return Settled(None, (answer.fact,) if answer.fact else ())
    proofs = [answers[question] for question in on.proves]
    proven = bool(proofs) and all(answer is not None and answer.against for answer in proofs)
    status, texts = on.status, proofs if proven else []
    if proven:
        status = Status.VIOLATED if must else Status.RECOMMENDATION_MISSED
    lowering: list[Answer | None] = [
        answer for question in on.lowers if (answer := answers[question]) is not None and not answer.against
    ]
    if lowering and status is Status.VIOLATED:
        status, texts = Status.CONCERN, lowering
    differs = any((answer := answers[question]) is None or not answer.against for question in on.v2_needs)
    return Settled(
        status,
        tuple(dict.fromkeys(answer.fact for answer in texts if answer and answer.fact)),
        () if proven else _open(on, answers),
        Status.INSUFFICIENT_EVIDENCE if differs and status in (Status.VIOLATED, Status.CONCERN) else None,
    )


def _open(on: FindingRule, answers: Mapping[str, Answer | None]) -> tuple[str, ...]:
    waiting = {*on.clears, *on.proves} if on.status is Status.CONCERN or on.proves else set()
    waiting |= {*on.lowers, *on.v2_needs}
    return tuple(sorted(question for question in waiting if answers.get(question) is None))


def _fact(message: str, facts: DeviceFacts, line: int, **more: str) -> Message:
    return Message(message, {"place": facts.place(line), **more})


Ask = Callable[[Finding, DeviceFacts, Mapping[str, Collection[str]]], Answer | None]


def _phase(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    """Whether the device was in use: 5.1-1, 5.5-4 and 5.6-2 are about a device that has left its factory state."""
    phases = [facts.phase_at(time) for time in (finding.time, finding.last_time)]
    using = next((phase for phase in phases if phase is not None and phase.name == "in_use"), None)
    if using is not None:
        return Answer(True, _fact("fact.phase", facts, using.line, phase="in_use"))
    if any(phase is None for phase in phases):
        return None
    first = phases[0]
    assert first is not None
    return Answer(False, _fact("fact.phase", facts, first.line, phase=first.name))


def _account_of(finding: Finding, facts: DeviceFacts) -> Account | None:
    """The first account that this login may be for."""
    if finding.role == "client":
        return None
    # A finding about several devices has the protocol and port of one of them.
    own = finding.device is not None
    port = finding.server.port if finding.server else None
    for account in facts.accounts:
        fits = (
            account.user in (None, finding.detail.get("username"))
            and (not own or account.protocol is None or account.protocol.lower() == finding.protocol)
            and (not own or account.port in (None, port))
        )
        if fits:
            return account
    return None


def _account(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    """Whether the device accepts this login: by the protocol's own answer, or because the lab lists the account."""
    if finding.detail.get("accepted") is True:
        return Answer(True)
    account = _account_of(finding, facts)
    return Answer(True, _fact("fact.account", facts, account.line)) if account else None


def _chosen(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    account = _account_of(finding, facts)
    if account is None or account.set_by is None:
        return None
    if account.set_by == "user":
        return Answer(False, _fact("fact.set_by_user", facts, account.line))
    return Answer(True, _fact("fact.set_by_factory", facts, account.line))


def _unique(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    account = _account_of(finding, facts)
    if account is not None and account.set_by == "factory" and account.unique:
        return Answer(False, _fact("fact.unique", facts, account.line))
    return _chosen(finding, facts, names)


def _by(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    """Whether the login is a user's: as the lab says, else by a protocol whose login is made for people."""
    account = _account_of(finding, facts)
    if account is not None and account.by is not None:
        return Answer(account.by == "user", _fact(f"fact.by_{account.by}", facts, account.line))
    return Answer(True) if finding.protocol in USERS else None


def _offered(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    """Whether the device offers this login as shipped, or its owner put it there."""
    account = _account_of(finding, facts)
    if account is None or account.offered is None:
        return None
    return Answer(account.offered == "default", _fact(f"fact.offered_{account.offered}", facts, account.line))


def _channel(
    finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]], fact: str
) -> tuple[Channel, object] | None:
    """The first channel that fits the finding and has ``fact``, with its value."""
    other = finding.client if finding.role == "server" else finding.server
    port = finding.server.port if finding.server else None
    address = other.host if other else ""
    called = {name.lower().rstrip(".") for name in names.get(address, ())}
    server_name = finding.detail.get("server_name")
    if finding.role == "client" and isinstance(server_name, str):
        called.add(server_name.lower().rstrip("."))
    for channel in facts.channels:
        fits = (
            channel.role in (None, finding.role)
            and (channel.protocol is None or channel.protocol.lower() == finding.protocol)
            and channel.port in (None, port)
            and (channel.peer is None or _is_peer(channel.peer, address, called))
        )
        value = getattr(channel, fact)
        if fits and value is not None:
            return channel, value
    return None


def _is_peer(wanted: str, address: str, called: Collection[str]) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        name = wanted.lower().rstrip(".").removeprefix("*.")
        return any(one == name or one.endswith(f".{name}") for one in called)


def _flag(fact: str, *, against: bool = True) -> Ask:
    """Answers by a fact that is true or false; ``against``: the value that speaks against the device."""

    def ask(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
        found = _channel(finding, facts, names, fact)
        if found is None:
            return None
        channel, value = found
        return Answer(value is against, _fact(f"fact.{'' if value else 'not_'}{fact}", facts, channel.line))

    return ask


def _carries(*speaking: str) -> Ask:
    """Answers by a channel's data; ``speaking``: the words that speak against the device."""

    def ask(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
        found = _channel(finding, facts, names, "data")
        if found is None:
            return None
        channel, value = found
        return Answer(value in speaking, _fact("fact.data", facts, channel.line, data=str(value)))

    return ask


def _signed(finding: Finding, facts: DeviceFacts, names: Mapping[str, Collection[str]]) -> Answer | None:
    if facts.update_signed is None:
        return None
    signed = "fact.signed" if facts.update_signed else "fact.not_signed"
    return Answer(not facts.update_signed, _fact(signed, facts, facts.update_line))


ANSWERS: Mapping[str, Ask] = {
    "account": _account,
    "associated": _flag("associated"),
    "by": _by,
    "chosen": _chosen,
    "data": _carries("protected", "personal", "sensitive"),
    "offered": _offered,
    "personal": _carries("personal", "sensitive"),
    "phase": _phase,
    "pinned": _flag("pinned", against=False),
    "remote": _flag("remote"),
    "sensitive": _carries("sensitive"),
    "settings": _flag("settings"),
    "signed": _signed,
    "unique": _unique,
}
"""The function that answers each question of the standards map."""
