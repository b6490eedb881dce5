"""JSON-RPC in lines over TCP (jsonrpc.org 1.0 and 2.0) into logins with their answers and calls made without one: mining pools, lamps, media players.

Mining pools: Stratum's ``mining.authorize`` with name and password in order (the Bitcoin wiki's "Stratum mining protocol"), ``eth_submitLogin`` the same, and
Monero's ``login`` with both by name. Lamps and players: Yeelight's inter-operation specification, Kodi's JSON-RPC API. The answer carries the call's ``id``.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sensor.events import Access, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.http_fields import json_credentials
from sensor.parsing.formats.http_headers import raw, shown
from sensor.parsing.formats.json import mapping
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

WAITING = 64
"""Calls whose answers are awaited: a miner or a remote control has a handful under way."""

METHODS = 64
"""Different methods of one connection that are told."""

NAME_LIMIT = 64
"""Characters of a method's name."""

IN_ORDER = frozenset({"mining.authorize", "eth_submitLogin", "eth_login"})
"""Methods whose parameters are a name and perhaps a password, in this order."""

_READING = re.compile(r"(?i)(?:^|\.|_)(?:get|list|ping|version|subscribe|introspect|permission|notify|keepalived?)")
"""Methods that only read or listen."""


@dataclass(slots=True)
class _Call:
    method: str
    span: Span
    logins: list[Login]


class JsonRpc(LineParser):
    """``Login``: scheme ``jsonrpc``; accepted by a result that is not false, refused by an error."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._waiting: OrderedDict[object, _Call] = OrderedDict()
        self._told: set[tuple[str, bool | None]] = set()
        self._logged_in = False

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A call or an answer; lines that are none are passed over."""
        message = mapping(line)
        method, identifier = message.get("method"), message.get("id")
        if isinstance(identifier, dict | list):
            return
        if isinstance(method, str) and side is Side.CLIENT:
            yield from self._call(identifier, shown(method)[:NAME_LIMIT], message.get("params"), line)
        elif side is Side.SERVER and not method and identifier is not None:
            yield from self._answer(identifier, message)

    def _call(self, identifier: object, method: str, given: object, line: bytes) -> Iterator[Parsed]:
        logins = [
            found.login(scheme="jsonrpc", spans=(self.here(),))
            for found in (json_credentials(line) if method not in IN_ORDER else ())
        ]
        if method in IN_ORDER and isinstance(given, list) and given and isinstance(given[0], str):
            secret = Secret(raw(given[1])) if len(given) > 1 and isinstance(given[1], str) else None
            name = shown(given[0])[:512]
            logins.append(
                Login(mechanism="password", username=name, secret=secret, scheme="jsonrpc", spans=(self.here(),))
            )
        agent = given.get("agent") if isinstance(given, dict) else None
        if isinstance(agent, str):
            yield from attribute_events("jsonrpc.agent", raw(agent), Side.CLIENT)
        if identifier is None:
            yield from logins  # a notification is never answered
            return
        yield from self._drop(self._waiting.pop(identifier, None))
        self._waiting[identifier] = _Call(method, self.here(), logins)
        if len(self._waiting) > WAITING:
            yield from self._drop(self._waiting.popitem(last=False)[1])

    @staticmethod
    def _drop(call: _Call | None) -> Iterator[Parsed]:
        if call is not None:
            yield from call.logins

    def _answer(self, identifier: object, message: dict[str, object]) -> Iterator[Parsed]:
        call = self._waiting.pop(identifier, None)
        if call is None:
            return
        granted = message.get("error") is None and message.get("result") is not False
        for login in call.logins:
            basis = f"{'result' if granted else 'error'} after {call.method}"
            yield replace(login, accepted=granted, basis=basis, spans=(*login.spans, self.here()))
        if call.logins:
            self._logged_in = self._logged_in or granted
        elif not self._logged_in and (call.method, granted) not in self._told and len(self._told) < METHODS:
            self._told.add((call.method, granted))
            control = not _READING.search(call.method)
            spans = (call.span, self.here())
            yield Access(resource="json-rpc", action=call.method, granted=granted or None, control=control, spans=spans)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Which answers were lost is unknown: what waited for one is told without."""
        if side is Side.SERVER:
            yield from self._unanswered()
        yield from super().gap(side, length)

    def _unanswered(self) -> Iterator[Parsed]:
        for call in self._waiting.values():
            yield from call.logins
        self._waiting.clear()

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        yield from self._unanswered()


_CALL = re.compile(rb'\s{0,8}\{[^\r\n]{0,2048}?"method"\s{0,4}:\s{0,4}"[^\r\n]*(?P<end>\r?\n)?')
_BEGINS = re.compile(rb'\s{0,8}\{\s{0,8}(?:"|$)')
SEEN = 4096
"""Bytes of an opening that are looked at: a login's line names a wallet and a program."""


def recognise(opening: Opening) -> Match:
    """An object with a method and an id, or their version, in one line."""
    for seen in (opening.client[:SEEN], opening.server[:SEEN]):
        found = _CALL.match(seen)
        if found and (b'"id"' in found[0] or b'"jsonrpc"' in found[0]):
            return Match.SURE
        if seen and _BEGINS.match(seen) and b"\n" not in seen and len(seen) < SEEN:
            return Match.MORE
    return Match.NO


PROTOCOL = Protocol(name="jsonrpc", parser=JsonRpc, recognise=recognise, ports=frozenset({3333, 9090, 55443}))
