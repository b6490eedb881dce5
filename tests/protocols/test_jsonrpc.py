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
