"""The logins that tshark dissects in a capture, each with the answer that it shows.

Protocols that answer with a tag, a number or the frame of the request are paired by it. In the others the answer is the
first, by sequence numbers, that acknowledges the login, unless it acknowledges a later command as well.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tshark_rules import DENIED, RULES, SHOWN, Fields, Frame, Rule

PLACE = (
    "frame.number", "tcp.stream", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport",
    "udp.srcport", "udp.dstport", "tcp.seq", "tcp.nxtseq", "tcp.ack", "tcp.segment",
)  # fmt: skip
BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Answered:
    """A login and the answer to it."""

    protocol: str
    frame: int
    frames: frozenset[int]
    answer_frame: int | None
    accepted: bool | None
    ends: frozenset[str] = frozenset()
    schemes: frozenset[str] | None = None


def frames_of(capture: str) -> Iterator[Frame]:
    """The rows that tshark shows of these protocols."""
    command = ["tshark", "-n", "-r", capture, "-Y", "||".join(RULES), "-T", "fields", "-E", f"aggregator={BETWEEN}"]
    command += [part for name in (*PLACE, *SHOWN) for part in ("-e", name)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300, check=False)
    if not done.stdout and "aren't valid" in done.stderr:
        raise ValueError(done.stderr)
    for line in done.stdout.split("\n"):
        if not line:
            continue
        values = line.split("\t")
        fields = {name: value.split(BETWEEN) for name, value in zip((*PLACE, *SHOWN), values, strict=False) if value}

        def last(*names: str, fields: Fields = fields) -> str:
            # In a tunnel the inner packet is the last.
            return next((fields[name][-1] for name in names if name in fields), "")

        source = f"{last('ip.src', 'ipv6.src')}:{last('tcp.srcport', 'udp.srcport')}"
        target = f"{last('ip.dst', 'ipv6.dst')}:{last('tcp.dstport', 'udp.dstport')}"
        yield Frame(
            number=int(fields["frame.number"][0]),
            stream=f"tcp {last('tcp.stream')}" if "tcp.stream" in fields else " ".join(sorted((source, target))),
            source=source,
            target=target,
            sequence=int(last("tcp.seq") or 0),
            end=int(last("tcp.nxtseq") or 0),
            acknowledged=int(last("tcp.ack") or 0),
            fields=fields,
        )


def _paired(name: str, rule: Rule, frames: list[Frame]) -> Iterator[Answered]:
    """The logins of one conversation, each with its answer."""
    tcp = frames[0].stream.startswith("tcp")
    for login in frames:
        key = rule.login(login)
        if key is None:
            continue
        others = [each for each in frames if each.source != login.source or each.source == ":"]
        mine = [each for each in frames if each.source == login.source]
        if tcp:
            answers = sorted((each for each in others if each.acknowledged >= login.end), key=_order)
            ends = [
                each.end
                for each in mine
                if each.sequence > login.sequence and (rule.login(each) is not None or _is_command(rule, each))
            ]
            # What acknowledges a later command too may answer that one.
            limit = min(ends, default=None)
            if limit is not None and not key:
                answers = [each for each in answers if each.acknowledged < limit]
        else:
            answers = [each for each in others if each.number > login.number]
        found = next(((each, said) for each in answers if (said := rule.answer(each)) and said[0] == key), None)
        until = found[0].number if found else login.number
        numbers = {login.number, *(int(each) for each in login.fields.get("tcp.segment", ()))}
        numbers |= {each.number for each in mine if login.number < each.number < until} if tcp else set()
        yield Answered(
            name,
            login.number,
            frozenset(numbers),
            found[0].number if found else None,
            found[1][1] if found else None,
            frozenset((login.source, login.target)),
            rule.schemes,
        )


def _once(logins: list[Answered], secret: dict[int, str]) -> list[Answered]:
    """Logins of a conversation that repeat their secret in each request, as one for each secret."""
    found: dict[str, Answered] = {}
    for login in logins:
        known = found.setdefault(secret[login.frame], login)
        best = known if known.accepted is not None else login
        found[secret[login.frame]] = replace(best, frame=known.frame, frames=known.frames | login.frames)
    return list(found.values())


def _logins(name: str, rule: Rule, frames: list[Frame]) -> list[Answered]:
    found = list(_paired(name, rule, frames))
    return found if rule.once is None else _once(found, {each.number: each.first(rule.once) for each in frames})


def _is_command(rule: Rule, frame: Frame) -> bool:
    if rule.command is None:
        return False
    return frame.has(rule.command) if rule.commands is None else not rule.commands.isdisjoint(frame.all(rule.command))


def _contrasted(logins: list[Answered], frames: list[Frame]) -> list[Answered]:
    """HTTP's logins, accepted where one got 2xx from what refused another request of the same address."""
    answers = {each.number: each for each in frames if each.has("http.response.code")}
    refused = {
        each.first("http.response_for.uri") for each in answers.values() if each.first("http.response.code") in DENIED
    }
    found = []
    for login in logins:
        answer = answers.get(login.answer_frame or 0)
        if login.protocol == "http" and answer is not None and answer.first("http.response.code").startswith("2"):
            address = answer.first("http.response_for.uri")
            login = replace(login, accepted=True if address and address in refused else None)
        found.append(login)
    return found


def _order(frame: Frame) -> tuple[int, int]:
    return frame.sequence, frame.number


def logins_of(capture: str) -> list[Answered]:
    """All logins that tshark shows in a capture, in the order of their frames."""
    conversations: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames_of(capture):
        conversations[frame.stream].append(frame)
    found = [
        each
        for frames in conversations.values()
        for name, rule in RULES.items()
        # tshark takes an RFB 3.3 client of a newer server for the server, and says itself that the rest is malformed.
        if name != "vnc" or not any(frame.has("_ws.malformed") for frame in frames)
        for each in _logins(name, rule, frames)
    ]
    everything = [frame for frames in conversations.values() for frame in frames]
    return sorted(_contrasted(found, everything), key=lambda each: each.frame)


__all__ = ["Answered", "logins_of"]
