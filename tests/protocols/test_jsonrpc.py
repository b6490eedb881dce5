"""JSON-RPC in lines: Stratum (Bitcoin wiki), the forms of Monero and Ethereum, Yeelight."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.jsonrpc import METHOD_LIMIT, PENDING_LIMIT, JsonRpc, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans, talk

STRATUM = talk(
    'C: {"id": 1, "method": "mining.subscribe", "params": []}',
    'S: {"id": 1, "result": [[["mining.notify", "ae68"]], "08000002", 4], "error": null}',
    'C: {"params": ["anna.worker1", "s3cret"], "id": 2, "method": "mining.authorize"}',
    'S: {"error": null, "id": 2, "result": true}',
    'S: {"params": ["bf", "4d16", "01"], "id": null, "method": "mining.notify"}',
    end="\n",
)


def brief(parsed: list[object]) -> list[tuple[str | None, Secret | None, bool | None, str | None]]:
    return [(x.username, x.secret, x.accepted, x.basis) for x in parsed if isinstance(x, Login)]


def test_stratum() -> None:
    parsed = converse(JsonRpc, STRATUM)
    assert brief(parsed) == [("anna.worker1", Secret("s3cret"), True, "result after mining.authorize")]
    assert events(parsed, Login)[0].spans == spans(STRATUM, 2, 3)
    assert [(a.action, a.granted, a.control) for a in events(parsed, Access)] == [("mining.subscribe", True, False)]


def test_monero_and_ethereum() -> None:
    monero = talk(
        'C: {"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4Awallet","pass":"x","agent":"Miner/2.1"}}',
        'S: {"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"Invalid address"}}',
        end="\n",
    )
    parsed = converse(JsonRpc, monero)
    assert brief(parsed) == [("4Awallet", Secret("x"), False, "error after login")]
    assert [(a.field, a.value) for a in events(parsed, Attribute)] == [("jsonrpc.agent", "Miner/2.1")]
    ethereum = talk(
        'C: {"id":1,"method":"eth_submitLogin","params":["0xabc.rig"]}', 'S: {"id":1,"result":false}', end="\n"
    )
    assert brief(converse(JsonRpc, ethereum)) == [("0xabc.rig", None, False, "error after eth_submitLogin")]


def test_a_lamp_that_obeys_anybody() -> None:
    lamp = talk(
        'C: {"id":1,"method":"get_prop","params":["power"]}',
        'S: {"id":1,"result":["off"]}',
        'C: {"id":2,"method":"set_power","params":["on","smooth",500]}',
        'S: {"id":2,"result":["ok"]}',
        'S: {"method":"props","params":{"power":"on"}}',
        'C: {"id":3,"method":"set_power","params":["off","smooth",500]}',
        'S: {"id":3,"result":["ok"]}',
    )
    used = events(converse(JsonRpc, lamp), Access)
    assert [(a.action, a.granted, a.control) for a in used] == [("get_prop", True, False), ("set_power", True, True)]


def test_logins_without_answers() -> None:
    assert [x[:3] for x in brief(converse(JsonRpc, STRATUM[:3]))] == [("anna.worker1", Secret("s3cret"), None)]
    run = Run(JsonRpc())
    for side, data in STRATUM[:3]:
        run.feed(side, data)
    run.gap(S, 40)
    assert [x[2] for x in brief(run.close())] == [None]
    reported = '{"method":"login","params":{"user":"anna","password":"s3cret"}}'
    assert [x[:3] for x in brief(converse(JsonRpc, talk(f"C: {reported}")))] == [("anna", Secret("s3cret"), None)]


def test_what_is_passed_over_and_bounds() -> None:
    odd = [
        '{"id":{"a":1},"method":"login"}',
        "[1]",
        "{",
        '{"id":1,"method":7}',
        '{"id":9,"result":1}',
        "",
        '{"id":null}',
    ]
    assert converse(JsonRpc, talk(*[f"{side}: {line}" for line in odd for side in "CS"])) == []
    many = talk(
        *[f'C: {{"id":{n},"method":"mining.authorize","params":["a{n}","b"]}}' for n in range(PENDING_LIMIT + 9)]
    )
    assert len(brief(converse(JsonRpc, many, bytewise=False, damage=False))) == PENDING_LIMIT + 9
    calls = [f'C: {{"id":{n},"method":"set_{n}"}}' for n in range(METHOD_LIMIT + 9)]
    answers = [f'S: {{"id":{n},"result":"ok"}}' for n in range(METHOD_LIMIT + 9)]
    script = talk(*[line for pair in zip(calls, answers, strict=True) for line in pair])
    assert len(events(converse(JsonRpc, script, bytewise=False, damage=False), Access)) == METHOD_LIMIT


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b'{"id": 1, "method": "mining.subscribe", "params": []}\n', b"", Match.SURE),
        (b'{"method":"login","jsonrpc":"2.0"', b"", Match.SURE),
        (b'{"method":"log', b"", Match.MORE),
        (b"", b'{"id":1,"jsonrpc":"2.0","method":"job"}\n', Match.SURE),
        (b'{"method":"GET","url":"/"}\n', b"", Match.NO),
        (b'{"a":1}\n', b"", Match.NO),
        (b"{not json", b"", Match.NO),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 14444, Transport.TCP)) is match


def test_both_sides_may_be_read_alone() -> None:
    assert brief(converse(JsonRpc, [part for part in STRATUM if part[0] is C]))[0][:2] == (
        "anna.worker1",
        Secret("s3cret"),
    )
    assert converse(JsonRpc, [part for part in STRATUM if part[0] is S]) == []


DIALOGUE = Dialogue(
    JsonRpc,
    lambda user, secret: talk(
        'C: {"id": 2, "method": "mining.authorize", "params": ["' + user + '", "' + secret + '"]}', end="\n"
    ),
    accepted=b'{"error": null, "id": 2, "result": true}\n',
    refused=b'{"error": null, "id": 2, "result": false}\n',
    pipelined=False,
    evident=True,  # by its number
)
"""Stratum, mining.authorize."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_an_answer_without_an_id_is_of_no_call() -> None:
    """JSON-RPC 1.0 §1.3: a notification has the id null, and what the server sends on its own is no answer."""
    script = talk(
        'C: {"id": null, "method": "mining.authorize", "params": ["anna", "s3cret"]}',
        'S: {"id": null, "result": true, "error": null}',
        'S: {"id": [1], "result": true}',
        end="\n",
    )
    assert [accepted for *_, accepted, _ in brief(converse(JsonRpc, script))] == [None]


def test_only_the_server_answers() -> None:
    script = talk(
        'C: {"id": 2, "method": "mining.authorize", "params": ["anna", "s3cret"]}',
        'C: {"id": 2, "result": true}',
        end="\n",
    )
    assert [accepted for *_, accepted, _ in brief(converse(JsonRpc, script))] == [None]


def quiet(*lines: str) -> list[tuple[str | None, Secret | None, bool | None, str | None]]:
    return brief(converse(JsonRpc, talk(*lines, end="\n"), damage=False))


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [('"result": true', True), ('"result": {"id": "x"}', True), ('"result": "ok"', True), ('"result": false', False),
     ('"result": null', True), ('"error": {"code": 1}', False), ('"error": null, "result": 1', True),
     ('"error": {"code": 1}, "result": true', False)],
)  # fmt: skip
def test_what_an_answer_says(answer: str, accepted: bool) -> None:
    """JSON-RPC 2.0 §5: a result or an error; Stratum says false."""
    for method in ("mining.authorize", "eth_submitLogin", "eth_login"):
        found = quiet(f'C: {{"id": 3, "method": "{method}", "params": ["anna", "pw"]}}', f'S: {{"id": 3, {answer}}}')
        assert found == [("anna", Secret("pw"), accepted, f"{'result' if accepted else 'error'} after {method}")]


@pytest.mark.parametrize(
    ("params", "shown"),
    [('["anna", "pw"]', ("anna", Secret("pw"))), ('["anna"]', ("anna", None)), ('["anna", 5]', ("anna", None)),
     ('[5, "pw"]', None), ("[]", None), ('"anna"', None), ("null", None), ('["anna", ""]', ("anna", Secret("")))],
)  # fmt: skip
def test_names_and_passwords_in_order(params: str, shown: tuple[str, Secret | None] | None) -> None:
    found = quiet(f'C: {{"id": 3, "method": "mining.authorize", "params": {params}}}')
    assert [one[:2] for one in found] == ([shown] if shown else [])
    assert quiet(f'C: {{"id": 3, "method": "mining.submit", "params": {params}}}') == []
    assert quiet(f'S: {{"id": 3, "method": "mining.authorize", "params": {params}}}') == []


@pytest.mark.parametrize(
    ("method", "control"),
    [("get_prop", False), ("Player.GetItem", False), ("list", False), ("ping", False), ("version", False),
     ("mining.subscribe", False), ("JSONRPC.Introspect", False), ("JSONRPC.Permission", False), ("notify", False),
     ("keepalived", False), ("keepalive", False), ("set_power", True), ("Player.Open", True), ("toggle", True),
     ("target", True), ("widget_on", True)],
)  # fmt: skip
def test_methods_that_only_read(method: str, control: bool) -> None:
    lines = (f'C: {{"id": 1, "method": "{method}"}}', 'S: {"id": 1, "result": "ok"}')
    found = events(converse(JsonRpc, talk(*lines, end="\n"), damage=False), Access)
    assert [(a.action, a.granted, a.control) for a in found] == [(method, True, control)]
    refused = (lines[0], 'S: {"id": 1, "error": {"code": 1}}')
    found = events(converse(JsonRpc, talk(*refused, end="\n"), damage=False), Access)
    assert [a.granted for a in found] == [None], "an error does not say that it was refused to this client"


def test_behind_a_login_nothing_is_used_without_one() -> None:
    login = 'C: {"id": 1, "method": "mining.authorize", "params": ["anna", "pw"]}'
    use = ('C: {"id": 2, "method": "set_power"}', 'S: {"id": 2, "result": "ok"}')
    for answer, number in (('S: {"id": 1, "result": true}', 0), ('S: {"id": 1, "result": false}', 1)):
        found = events(converse(JsonRpc, talk(login, answer, *use, end="\n"), damage=False), Access)
        assert len(found) == number


def test_a_loss_of_the_server_leaves_what_waits_and_one_of_the_client_does_not() -> None:
    for side, accepted in ((S, None), (C, True)):
        run = Run(JsonRpc())
        run.feed(C, b'{"id": 3, "method": "mining.authorize", "params": ["anna", "pw"]}\n')
        run.gap(side, 10)
        assert len(brief(run.parsed)) == (side is S)
        run.feed(S, b'\n{"id": 3, "result": true}\n')
        assert [one[2] for one in brief(run.close())] == [accepted]


def test_pending_calls_are_bounded_and_their_logins_come_out() -> None:
    run = Run(JsonRpc())
    for number in range(PENDING_LIMIT + 1):
        run.feed(C, b'{"id": %d, "method": "mining.authorize", "params": ["a%d", "x"]}\n' % (number, number))
    assert [one[0] for one in brief(run.parsed)] == ["a0"]


@pytest.mark.parametrize(
    ("data", "match"),
    [(b'{"id": 1, "method": "x"}', Match.SURE), (b' {"method":"x","id":1}\n', Match.SURE),
     (b'{"method" : "x"}\n', Match.NO),
     (b'{"method":5,"id":1}\n', Match.NO), (b'{"id":1,"result":2}\n', Match.NO), (b'{"id":1', Match.MORE),
     (b"{", Match.MORE),
     (b"{ ", Match.MORE), (b"[", Match.NO), (b"", Match.NO)],
)  # fmt: skip
def test_openings_of_both_ends(data: bytes, match: Match) -> None:
    assert recognise(Opening(data, b"", 40000, 14444, Transport.TCP)) is match
    assert recognise(Opening(b"", data, 40000, 14444, Transport.TCP)) is match
