"""JSON-RPC in lines over TCP (jsonrpc.org 1.0 and 2.0): answered logins, calls without a login.

Mining pools: Stratum's ``mining.authorize`` with name and password in order (the Bitcoin wiki's "Stratum mining
protocol"), ``eth_submitLogin`` the same, and Monero's ``login`` with both by name. Lamps and media players: Yeelight's
inter-operation specification, Kodi's JSON-RPC API. The response carries the call's ``id``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from sensor.events import Access, Login, Span
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.http_fields import json_credentials
from sensor.parsing.formats.http_headers import raw, shown
from sensor.parsing.formats.json import mapping
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import answered

PENDING_LIMIT = 64
"""Pending calls of a connection: a miner or a remote control has a handful."""

METHOD_LIMIT = 64
"""Different methods reported of one connection."""

NAME_LIMIT = 64
"""Characters of a method's name."""

IN_ORDER = frozenset({"mining.authorize", "eth_submitLogin", "eth_login"})
"""Methods whose parameters are a name and optionally a password, in this order."""

_READING = expression(r"(?i)(?:^|\.|_)(?:get|list|ping|version|subscribe|introspect|permission|notify|keepalived?)")
"""Methods that only read or subscribe."""


@dataclass(slots=True)
class _Call:
    method: str
    span: Span
    logins: list[Login]


class JsonRpc(LineParser):
    """``Login``: scheme ``jsonrpc``; accepted by a result that is not false, refused by an error."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: OrderedDict[object, _Call] = OrderedDict()
        self._reported: set[tuple[str, bool | None]] = set()
        self._logged_in = False

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A call or a response; other lines are skipped."""
        message = mapping(line)
        method, identifier = message.get("method"), message.get("id")
        if isinstance(identifier, dict | list):
            return
        if isinstance(method, str) and side is Side.CLIENT:
            yield from self._call(identifier, shown(method)[:NAME_LIMIT], message.get("params"), line)
        elif side is Side.SERVER and not method and identifier is not None:
            yield from self._response(identifier, message)

    def _call(self, identifier: object, method: str, params: object, line: bytes) -> Iterator[Parsed]:
        logins = [
            found.login(scheme="jsonrpc", spans=(self.here(),))
            for found in (json_credentials(line) if method not in IN_ORDER else ())
        ]
        if method in IN_ORDER and isinstance(params, list) and params and isinstance(params[0], str):
            secret = Secret(raw(params[1])) if len(params) > 1 and isinstance(params[1], str) else None
            name = shown(params[0])[:512]
            logins.append(
                Login(mechanism="password", username=name, secret=secret, scheme="jsonrpc", spans=(self.here(),))
            )
        agent = params.get("agent") if isinstance(params, dict) else None
        if isinstance(agent, str):
            yield from attribute_events("jsonrpc.agent", raw(agent), Side.CLIENT)
        if identifier is None:
            yield from logins  # a notification has no response
            return
        if identifier in self._pending:
            # JSON-RPC 2.0 §4: the response names its call by the id alone, so that neither has one.
            yield from self._drop(self._pending.pop(identifier))
            yield from logins
            return
        self._pending[identifier] = _Call(method, self.here(), logins)
        if len(self._pending) > PENDING_LIMIT:
            yield from self._drop(self._pending.popitem(last=False)[1])

    @staticmethod
    def _drop(call: _Call) -> Iterator[Parsed]:
        yield from call.logins

    def _response(self, identifier: object, message: dict[str, object]) -> Iterator[Parsed]:
        call = self._pending.pop(identifier, None)
        if call is None:
            return
        granted = message.get("error") is None and message.get("result") is not False
        for login in call.logins:
            yield answered(login, granted, f"{'result' if granted else 'error'} after {call.method}", self.here())
        if call.logins:
            self._logged_in = self._logged_in or granted
        elif (
            not self._logged_in and (call.method, granted) not in self._reported and len(self._reported) < METHOD_LIMIT
        ):
            self._reported.add((call.method, granted))
            control = not _READING.search(call.method)
            spans = (call.span, self.here())
            yield Access(resource="json-rpc", action=call.method, granted=granted or None, control=control, spans=spans)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """It is unknown which responses were lost: report pending logins without one."""
        if side is Side.SERVER:
            yield from self._unanswered()
        yield from super().gap(side, length)

    def _unanswered(self) -> Iterator[Parsed]:
        for call in self._pending.values():
            yield from call.logins
        self._pending.clear()

    def close(self) -> Iterator[Parsed]:
        """Report logins without a response."""
        yield from self._unanswered()


_CALL = expression(rb'\s{0,8}\{[^\r\n]{0,2048}?"method"\s{0,4}:\s{0,4}"[^\r\n]*(?P<end>\r?\n)?')
_OBJECT_START = expression(rb'\s{0,8}\{\s{0,8}(?:"|$)')
OPENING_LIMIT = 4096
"""Bytes examined of an opening: a login's line names a wallet and a program."""


def recognise(opening: Opening) -> Match:
    """An object with a method and an id, or with a version, in one line."""
    for data in (opening.client[:OPENING_LIMIT], opening.server[:OPENING_LIMIT]):
        found = _CALL.match(data)
        if found and (b'"id"' in found[0] or b'"jsonrpc"' in found[0]):
            return Match.SURE
        if data and _OBJECT_START.match(data) and b"\n" not in data and len(data) < OPENING_LIMIT:
            return Match.MORE
    return Match.NO


PROTOCOL = Protocol(
    name="jsonrpc", title="JSON-RPC", parser=JsonRpc, recognise=recognise, ports=frozenset({3333, 9090, 55443})
)
