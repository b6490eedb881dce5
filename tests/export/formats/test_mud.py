"""MUD files against the form that RFC 8520 (and 8519, of the access lists) gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from yangson.exceptions import YangsonException

from tests.export.exported import NAMES, files_of, hostile, run_of
from tests.export.published.mud_model import validate

PORT = {
    "type": "object",
    "properties": {"operator": {"const": "eq"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}},
    "required": ["operator", "port"],
    "additionalProperties": False,
}
INITIATED = {"enum": ["from-device", "to-device"]}
MUD_MATCH = {
    "type": "object",
    "properties": {"local-networks": {"const": [None]}, "controller": {"type": "string", "pattern": "^urn:"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


def network(family: int) -> dict[str, Any]:
    """What matches in IPv4 or IPv6 (RFC 8519 4.2, names of RFC 8520 8)."""
    sides = {f"{side}-ipv{family}-network": {"type": "string"} for side in ("source", "destination")}
    names = {f"ietf-acldns:{side}-dnsname": {"type": "string"} for side in ("src", "dst")}
    return {
        "type": "object",
        "properties": {"protocol": {"enum": [6, 17]}, **sides, **names},
        "required": ["protocol"],
        "additionalProperties": False,
    }


def ports(**more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"source-port": PORT, "destination-port": PORT, **more},
        "minProperties": 1,
        "additionalProperties": False,
    }


MATCHES = {
    "type": "object",
    "properties": {
        "ipv4": network(4),
        "ipv6": network(6),
        "tcp": ports(**{"ietf-mud:direction-initiated": INITIATED}),
        "udp": ports(),
        "ietf-mud:mud": MUD_MATCH,
    },
    "additionalProperties": False,
}
ENTRY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 64},
        "matches": MATCHES,
        "actions": {"const": {"forwarding": "accept"}},
    },
    "required": ["name", "matches", "actions"],
    "additionalProperties": False,
}
ACL = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 64},
        "type": {"enum": ["ipv4-acl-type", "ipv6-acl-type"]},
        "aces": {"type": "object", "properties": {"ace": {"type": "array", "items": ENTRY}}, "required": ["ace"]},
    },
    "required": ["name", "type", "aces"],
    "additionalProperties": False,
}
POLICY = {
    "type": "object",
    "properties": {
        "access-lists": {
            "type": "object",
            "properties": {"access-list": {"type": "array", "items": {"type": "object", "required": ["name"]}}},
        }
    },
}
FILE = {
    "type": "object",
    "properties": {
        "ietf-mud:mud": {
            "type": "object",
            "properties": {
                "mud-version": {"const": 1},
                "mud-url": {"type": "string", "pattern": "^https://"},
                "last-update": {"type": "string", "format": "date-time"},
                "cache-validity": {"type": "integer", "minimum": 1, "maximum": 168},
                "is-supported": {"type": "boolean"},
                "systeminfo": {"type": "string", "maxLength": 60},
                "mfg-name": {"type": "string"},
                "model-name": {"type": "string"},
                "firmware-rev": {"type": "string"},
                "from-device-policy": POLICY,
                "to-device-policy": POLICY,
            },
            "required": ["mud-version", "mud-url", "last-update", "is-supported"],
            "additionalProperties": False,
        },
        "ietf-access-control-list:acls": {
            "type": "object", "properties": {"acl": {"type": "array", "items": ACL}}, "required": ["acl"],
        },
    },
    "required": ["ietf-mud:mud", "ietf-access-control-list:acls"],
    "additionalProperties": False,
}  # fmt: skip
"""The tree of ietf-mud (RFC 8520 2.1) and of the parts of ietf-access-control-list that a MUD file may have (2)."""


@pytest.mark.parametrize("name", NAMES)
def test_files_have_the_form_of_the_rfc(name: str) -> None:
    for content in files_of("mud", run_of(name)).values():
        made = json.loads(content)
        Draft202012Validator(FILE).validate(made)
        validate(made)
        lists = made["ietf-access-control-list:acls"]["acl"]
        names = [one["name"] for one in lists]
        assert len(names) == len(set(names))
        used = {
            each["name"]
            for way in ("from-device-policy", "to-device-policy")
            for each in made["ietf-mud:mud"][way]["access-lists"]["access-list"]
        }
        assert used == set(names)
        for one in lists:
            entries = [each["name"] for each in one["aces"]["ace"]]
            assert len(entries) == len(set(entries))


def test_what_a_sensor_was_seen_to_do() -> None:
    run = run_of("home")
    [sensor] = [one for one in run.devices if one["hostname"] == "sensor-8842"]
    made = json.loads(files_of("mud", run)[f"{sensor['id'].replace(':', '-')}.json"])
    by_name = {one["name"]: one["aces"]["ace"] for one in made["ietf-access-control-list:acls"]["acl"]}
    outwards = [
        one["matches"] for name, entries in by_name.items() if name.endswith("ipv4-from-device") for one in entries
    ]
    assert {
        "ipv4": {"ietf-acldns:dst-dnsname": "mqtt.sensors.example", "protocol": 6},
        "tcp": {"destination-port": {"operator": "eq", "port": 1883}, "ietf-mud:direction-initiated": "from-device"},
    } in outwards
    assert {
        "ietf-mud:mud": {"controller": "urn:ietf:params:mud:dns"},
        "ipv4": {"protocol": 17},
        "udp": {"destination-port": {"operator": "eq", "port": 53}},
    } in outwards
    back = [one["matches"] for name, entries in by_name.items() if name.endswith("ipv4-to-device") for one in entries]
    assert len(back) == len(outwards) and all(
        "1883" not in str(one.get("tcp", {}).get("destination-port")) for one in back
    )


def test_only_judged_devices_have_one() -> None:
    run = run_of("home")
    assert len(files_of("mud", run)) == sum(bool(one["channels"]) for one in run.devices) < len(run.devices)


def test_hostile_and_missing_values() -> None:
    for content in files_of("mud", hostile()).values():
        Draft202012Validator(FILE).validate(json.loads(content))
        validate(json.loads(content))


def _first_match(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = made["ietf-access-control-list:acls"]["acl"][0]["aces"]["ace"][0]["matches"]
    return found


def _unknown_field(made: dict[str, Any]) -> None:
    made["ietf-mud:mud"]["maker"] = "Example"


def _no_url(made: dict[str, Any]) -> None:
    del made["ietf-mud:mud"]["mud-url"]


def _valid_for_too_long(made: dict[str, Any]) -> None:
    made["ietf-mud:mud"]["cache-validity"] = 169


def _unknown_list_type(made: dict[str, Any]) -> None:
    made["ietf-access-control-list:acls"]["acl"][0]["type"] = "ipv5-acl-type"


def _port_out_of_range(made: dict[str, Any]) -> None:
    _first_match(made)["udp"] = {"destination-port": {"operator": "eq", "port": 65536}}


def _missing_list(made: dict[str, Any]) -> None:
    made["ietf-mud:mud"]["from-device-policy"]["access-lists"]["access-list"] = [{"name": "nowhere"}]


@pytest.mark.parametrize(
    "spoil",
    [_unknown_field, _no_url, _valid_for_too_long, _unknown_list_type, _port_out_of_range, _missing_list],
)
def test_the_modules_of_the_rfcs_refuse_a_wrong_file(spoil: Callable[[dict[str, Any]], None]) -> None:
    made = json.loads(next(iter(files_of("mud", run_of("home")).values())))
    spoil(made)
    with pytest.raises(YangsonException):
        validate(made)
