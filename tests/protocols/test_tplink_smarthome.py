"""Commands and answers of a smart plug by softScheck's description, ciphered byte by byte."""

from __future__ import annotations

import json
import struct

from sensor.events import Access, Attribute, Event, Login, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tplink_smarthome import COMMANDS_LIMIT, TplinkSmarthome, TplinkSmarthomeStream, decode, recognise
from tests.conversation import C, Run, S, converse, events


def cipher(text: str) -> bytes:
    key, out = 171, bytearray()
    for byte in text.encode():
        key ^= byte
        out.append(key)
    return bytes(out)


def framed(text: str) -> bytes:
    return struct.pack("!I", len(text.encode())) + cipher(text)


ASK = '{"system":{"get_sysinfo":{}}}'
INFO = json.dumps({"system": {"get_sysinfo": {
    "err_code": 0, "sw_ver": "1.2.6 Build 200727", "hw_ver": "1.0", "type": "IOT.SMARTPLUGSWITCH", "model": "HS110(EU)",
    "mac": "02:00:00:00:0A:01", "deviceId": "8006AA", "hwId": "60FF", "oemId": "FDD1", "alias": "Kettle",
    "relay_state": 1,
    "dev_name": "Wi-Fi Smart Plug With Energy Monitoring", "latitude": 52.1, "longitude": 4.2,
}}})  # fmt: skip


def identity(side: Side) -> set[tuple[str, str, Side]]:
    return {
        ("tplink-smarthome." + field, value, side)
        for field, value in (
            ("firmware", "1.2.6 Build 200727"), ("hardware", "1.0"), ("type", "IOT.SMARTPLUGSWITCH"),
            ("model", "HS110(EU)"), ("mac", "02:00:00:00:0A:01"), ("device_id", "8006AA"), ("hardware_id", "60FF"),
            ("oem_id", "FDD1"), ("alias", "Kettle"),
            ("description", "Wi-Fi Smart Plug With Energy Monitoring"),
        )
    }  # fmt: skip


def test_the_published_first_bytes() -> None:
    # {" is d0 f2 in every capture of the protocol
    assert cipher('{"')[:2] == b"\xd0\xf2"
    assert decode(cipher(ASK)) == ASK.encode()
    assert decode(b"") == b""


def test_who_the_plug_is() -> None:
    output = converse(TplinkSmarthomeStream, [(C, framed(ASK)), (S, framed(INFO))])
    assert {(a.field, a.value, a.side) for a in events(output, Attribute) if isinstance(a, Attribute)} == identity(S)
    (access,) = events(output, Access)
    assert isinstance(access, Access)
    assert (access.resource, access.granted, access.control) == ("system.get_sysinfo", True, False)
    transfers = [t for t in output if isinstance(t, Transfer)]
    assert [(t.side, t.name, t.control) for t in transfers] == [
        (C, "system.get_sysinfo", False),
        (S, "system.get_sysinfo", False),
    ]
    assert transfers[1].data == INFO.encode()


def test_control_without_a_login() -> None:
    turn, done = '{"system":{"set_relay_state":{"state":0}}}', '{"system":{"set_relay_state":{"err_code":0}}}'
    refused = '{"system":{"set_relay_state":{"err_code":-3}}}'
    for answer, granted in ((done, True), (refused, False)):
        (access,) = events(converse(TplinkSmarthomeStream, [(C, framed(turn)), (S, framed(answer))]), Access)
        assert isinstance(access, Access)
        assert (access.resource, access.action, access.granted, access.control) == (
            "system.set_relay_state", "set_relay_state", granted, True,
        )  # fmt: skip
        assert [(span.side, span.start) for span in access.spans] == [(C, 0), (S, 0)]


def login(output: list[Event]) -> Login:
    (found,) = output
    assert isinstance(found, Login)
    return found


def test_the_key_of_the_wifi_crosses_at_set_up() -> None:
    order = '{"netif":{"set_stainfo":{"ssid":"Meadow","password":"lavender-fields","key_type":3}}}'
    answer = '{"netif":{"set_stainfo":{"mac":"02:00:00:00:0A:01","err_code":0}}}'
    output = converse(TplinkSmarthomeStream, [(C, framed(order)), (S, framed(answer))])
    found = login(events(output, Login))
    assert (found.mechanism, found.username, found.accepted, found.verifier) == ("key", "Meadow", None, S)
    assert found.secret == Secret("lavender-fields")
    assert all(b"lavender" not in t.data for t in output if isinstance(t, Transfer))


def test_the_account_bound_to() -> None:
    order = '{"cnCloud":{"bind":{"username":"anna@example.org","password":"S0mmer-2031"}}}'
    for code, accepted in ((0, True), (-20601, False)):
        answer = json.dumps({"cnCloud": {"bind": {"err_code": code}}})
        found = login(events(converse(TplinkSmarthomeStream, [(C, framed(order)), (S, framed(answer))]), Login))
        assert (found.username, found.accepted, found.basis) == (
            "anna@example.org",
            accepted,
            f"err_code {code} after cnCloud.bind",
        )
    assert login(events(converse(TplinkSmarthomeStream, [(C, framed(order))]), Login)).accepted is None


def test_over_udp_request_and_answer_may_be_apart() -> None:
    (first, second) = (converse(TplinkSmarthome, [(C, cipher(text))]) for text in (ASK, INFO))
    assert [type(s) for s in first] == [Transfer, Access]
    assert {(a.field, a.value, a.side) for a in second if isinstance(a, Attribute)} == identity(C)


def test_recognised() -> None:
    def of(data: bytes, transport: Transport) -> Match:
        return recognise(Opening(data, b"", 40000, 9998, transport))

    assert of(cipher(ASK), Transport.UDP) is of(framed(ASK), Transport.TCP) is Match.SURE
    assert of(framed(ASK)[:5], Transport.TCP) is Match.MORE
    assert of(b"\0\0\0\x20\xffSMB", Transport.TCP) is Match.NO
    assert of(ASK.encode(), Transport.UDP) is Match.NO


def bind(user: str, password: str) -> str:
    return json.dumps({"cnCloud": {"bind": {"username": user, "password": password}}})


def test_two_logins_before_an_answer() -> None:
    """The first answer is the first's; nobody answers himself; a command that is never answered stays."""
    answers = [json.dumps({"cnCloud": {"bind": {"err_code": code}}}) for code in (-1, 0)]
    asked = [(C, cipher(bind("berta", "other-two"))), (C, cipher(bind("anna", "s3cret-one")))]
    for given, expected in ((0, [None, None]), (1, [False, None]), (2, [False, True])):
        script = [*asked, *((S, cipher(one)) for one in answers[:given])]
        found = [e for e in converse(TplinkSmarthome, script, damage=False) if isinstance(e, Login)]
        assert sorted((e.username, e.accepted) for e in found) == sorted(zip(["berta", "anna"], expected, strict=True))
    found = [
        e for e in converse(TplinkSmarthome, [asked[0], (C, cipher(answers[1]))], damage=False) if isinstance(e, Login)
    ]
    assert [e.accepted for e in found] == [None]


def test_commands_beyond_the_bound_are_reported() -> None:
    run = Run(TplinkSmarthome())
    for number in range(COMMANDS_LIMIT + 1):
        run.feed(C, cipher(bind(f"u{number}", "s3cret-one")))
    assert [e.username for e in run.parsed if isinstance(e, Login)] == ["u0"]
