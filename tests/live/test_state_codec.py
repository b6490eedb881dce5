"""The text of a state: what comes back, what other versions wrote, and what nobody may make of it."""

from __future__ import annotations

import json
from collections import OrderedDict

import pytest

from sensor.devices.device import Bytes
from sensor.devices.host import Host
from sensor.live.state_codec import decode, encode, fits
from sensor.model import Capability, Endpoint, Severity
from sensor.verdicts.coverage import Coverage

MAC = bytes.fromhex("50c7bf005302")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**62),
        0.1,
        "Küche\udcff",
        b"",
        b"\x00",
        MAC,
        bytes((192, 168, 1, 9)),
        bytes(16),
        [1, (2, "3")],
        {"a", "b"},
        frozenset({(MAC, b"")}),
        {(MAC, None): (1, 2), "": {}},
        Severity.HIGH,
        Capability.PERSONAL_DATA,
        Endpoint(bytes(4), 80, MAC),
        Bytes(1, 2, 3),
        Coverage(heard={5: 6}, unread={"tcp/1": 2}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_written_comes_back(value: object) -> None:
    found = decode(encode(value))
    assert found == value and type(found) is type(value)


def test_a_host_comes_back_with_all_it_has() -> None:
    host = Host(MAC, bytes((192, 168, 1, 9)), 5, 1)
    host.traits, host.bytes, host.bound = {"dhcp.hostname": {"plug": (1, 2)}}, Bytes(7, 8, 9), True
    host.peers = {(bytes(4), "example.org"): (1, 2, 3)}
    found = decode(encode(host))
    assert {name: getattr(found, name) for name in Host.__slots__} == {
        name: getattr(host, name) for name in Host.__slots__
    }


def test_names_stand_in_it_as_forget_looks_for_them() -> None:
    text = encode({"mac": MAC, "address": bytes((192, 168, 1, 9)), "name": "Küche"})
    assert "50:c7:bf:00:53:02" in text and "192.168.1.9" in text and "Küche" in text


def test_what_was_forgotten_is_no_name_any_more() -> None:
    text = encode([MAC, bytes((192, 168, 1, 9))]).replace("50:c7:bf:00:53:02", "(forgotten)")
    assert decode(text.replace("192.168.1.9", "(forgotten)")) == [b"", b""]


def test_another_versions_fields_are_left_out_and_missing_ones_have_their_defaults() -> None:
    data = json.loads(encode(Coverage(flows=3)))
    del data["has"]["boots"]
    data["has"]["of_the_future"] = 1
    assert decode(json.dumps(data)) == Coverage(flows=3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        '{"class":"Popen","has":{}}',
        '{"class":"Host","has":{}}',
        '{"class":"Coverage","has":[]}',
        '{"word":"Severity","is":"worst"}',
        '{"what":[]}',
        '{"dict":[1]}',
        '{"set":[[]]}',
        "[" * 60 + "]" * 60,
    ],
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


def test_only_known_classes_are_written() -> None:
    assert encode(OrderedDict(a=1)) == encode({"a": 1})
    with pytest.raises(TypeError):
        encode(object())


@pytest.mark.parametrize(
    ("value", "kind", "fit"),
    [
        (1, int, True),
        ("1", int, False),
        (1, float, True),
        ("", float, False),
        (None, int | None, True),
        (b"", int | None, False),
        ({1: 2}, dict[int, int], True),
        ({"1": 2}, dict[int, int], False),
        ({1: None}, dict[int, int], False),
        ([1], dict[int, int], False),
        ((), tuple[int, ...], True),
        ((1, "2"), tuple[int, ...], False),
        ((1, "2"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        ([(1, 2)], list[tuple[int, int]], True),
        ([(1, 2), 3], list[tuple[int, int]], False),
        ({b""}, set[bytes], True),
        ({""}, set[bytes], False),
        (object(), object, True),
    ],
)
def test_whether_a_value_is_of_a_kind(value: object, kind: object, fit: bool) -> None:
    assert fits(value, kind) is fit


@pytest.mark.parametrize(
    ("made", "name", "value"),
    [
        (Coverage(), "hours", ""),
        (Coverage(), "heard", {"dict": [[1, None]]}),
        (Coverage(), "commissioning", None),
        (Coverage(), "sessions", [1]),
        (Endpoint(bytes(4), 80, MAC), "port", "80"),
        (Host(MAC, bytes(4), 5, 1), "mac", "00:00"),
        (Host(MAC, bytes(4), 5, 1), "address", None),
    ],
)
def test_a_field_that_is_of_another_kind_cannot_be_read(made: object, name: str, value: object) -> None:
    plain = json.loads(encode(made))
    plain["has"][name] = value
    with pytest.raises(ValueError, match=type(made).__name__):
        decode(json.dumps(plain))
