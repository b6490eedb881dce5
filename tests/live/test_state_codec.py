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


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("[", "]"), ('{"tuple":[', "]}"), ('{"frozenset":[', "]}"), ('{"dict":[["a",', "]]}")],
    ids=["list", "tuple", "frozenset", "dict"],
)
def test_values_in_values_have_a_bound(outer: str, inner: str) -> None:
    assert decode(outer * 40 + "1" + inner * 40)
    with pytest.raises(ValueError, match="too deep"):
        decode(outer * 41 + "1" + inner * 41)


def test_a_name_or_a_field_of_a_class_counts_as_deep_as_it_lies() -> None:
    deep = '{"tuple":[' * 39 + "1" + "]}" * 39
    assert decode(f'{{"dict":[[{deep},1]]}}')
    field = '{"class":"Coverage","has":{"heard":%s}}'
    for text in (f'{{"dict":[[{{"tuple":[{{"tuple":[{deep}]}}]}},1]]}}', field % f"[[{deep}]]"):
        with pytest.raises(ValueError, match="too deep"):
            decode(text)


def test_a_host_of_another_version_has_what_it_had() -> None:
    data = json.loads(encode(Host(MAC, bytes((192, 168, 1, 9)), 5, 1)))
    data["has"] = {"mac": data["has"]["mac"], "address": data["has"]["address"], "of_the_future": 1}
    found = decode(json.dumps(data))
    assert (found.mac, found.address, found.first, found.last, found.frame) == (MAC, bytes((192, 168, 1, 9)), 0, 0, 0)


def test_bytes_are_written_as_what_they_are() -> None:
    assert json.loads(encode([MAC, bytes((10, 0, 0, 1)), bytes(15) + b"\1", b"\1\2"])) == [
        {"mac": "50:c7:bf:00:53:02"}, {"address": "10.0.0.1"}, {"address": "::1"}, {"hex": "0102"},
    ]  # fmt: skip
    assert encode("Küche") == '"Küche"' and encode("Küche\udcff") == '"K\\u00fcche\\udcff"'
    assert encode({3, 1, 2}) == '{"set":[1,2,3]}'
