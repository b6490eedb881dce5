"""MUD files (RFC 8520) of judged devices: what each was seen to do, as access lists."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sensor.export.formats._format import Format, json_document
from sensor.export.formats._values import name_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import ChannelRecord, DeviceRecord, claimed_in

NUMBERS: Final[Mapping[str, int]] = {"tcp": 6, "udp": 17}

CONTROLLERS: Final[Mapping[str, str]] = {"dns": "urn:ietf:params:mud:dns", "ntp": "urn:ietf:params:mud:ntp"}
"""Services that every network has one of (RFC 8520 10.3)."""

MOST_NAMES: Final = 16
"""Names of one channel's other end that become entries."""

VALIDITY: Final = 48
"""Hours for which a file may be cached: the RFC's default."""

DIRECTIONS: Final = ("from-device", "to-device")


def profile(device: DeviceRecord) -> dict[str, Any]:
    """The MUD file of a device. Its URL is one of `.invalid`: only the maker can give the true one."""
    name = _word(device["id"])
    families = {ipaddress.ip_address(one).version for one in device["addresses"]} or {4}
    lists = [(f"{name}-ipv{family}-{way}", family, way) for family in sorted(families) for way in DIRECTIONS]
    acls = [
        {"name": acl, "type": f"ipv{family}-acl-type", "aces": {"ace": list(_entries(device, family, way))}}
        for acl, family, way in lists
    ]
    policies = {
        f"{way}-policy": {"access-lists": {"access-list": [{"name": acl} for acl, _, one in lists if one == way]}}
        for way in DIRECTIONS
    }
    about = " ".join(filter(None, [claimed_in(device, "vendor"), claimed_in(device, "model"), name_of(device)]))
    head = {
        "mud-version": 1,
        "mud-url": f"https://lanwitness.invalid/{name}.json",
        "last-update": (device["last_seen"] or "1970-01-01T00:00:00Z"),
        "cache-validity": VALIDITY,
        "is-supported": True,
        "systeminfo": f"Seen by LANwitness, not stated by the maker: {about}"[:60],
        "mfg-name": claimed_in(device, "vendor"),
        "model-name": claimed_in(device, "model"),
        "firmware-rev": claimed_in(device, "firmware"),
        **policies,
    }
    return {"ietf-mud:mud": without_none(head), "ietf-access-control-list:acls": {"acl": acls}}


def _entries(device: DeviceRecord, family: int, way: str) -> Iterator[dict[str, Any]]:
    """The entries of one access list: one for each channel and name of its other end."""
    seen: set[str] = set()
    for channel in device["channels"]:
        number, port = NUMBERS.get(channel["transport"]), channel["port"]
        if number is None or port is None:
            continue
        for key, other in _others(channel, family, way):
            named = _word(f"{channel['transport']}-{port}-{channel['role']}-{key}")
            if named in seen:
                continue
            seen.add(named)
            of_mud = {"ietf-mud:mud": other} if {"local-networks", "controller"} & set(other) else {}
            network = {"protocol": number} if of_mud else {**other, "protocol": number}
            yield {
                "name": named,
                "matches": {**of_mud, f"ipv{family}": network, channel["transport"]: _ports(channel, port, way)},
                "actions": {"forwarding": "accept"},
            }


def _others(channel: ChannelRecord, family: int, way: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The other end, as a match: a controller, the local network, a name, or an address."""
    side = "dst" if way == "from-device" else "src"
    peer = channel["peer"]
    if peer is None:
        controller = CONTROLLERS.get(channel["protocol"] or "") if channel["role"] == "client" else None
        yield ("controller", {"controller": controller}) if controller else ("local", {"local-networks": [None]})
        return
    address = ipaddress.ip_address(peer)
    if address.version != family:
        return
    for name in channel["names"][:MOST_NAMES]:
        yield name, {f"ietf-acldns:{side}-dnsname": name}
    if not channel["names"]:
        word = "destination" if side == "dst" else "source"
        yield peer, {f"{word}-ipv{family}-network": f"{address}/{address.max_prefixlen}"}


def _ports(channel: ChannelRecord, port: int, way: str) -> dict[str, Any]:
    """The server's port, and for TCP who opens the connection."""
    towards_server = (way == "from-device") == (channel["role"] == "client")
    found: dict[str, Any] = {f"{'destination' if towards_server else 'source'}-port": {"operator": "eq", "port": port}}
    if channel["transport"] == "tcp":
        found["ietf-mud:direction-initiated"] = "from-device" if channel["role"] == "client" else "to-device"
    return found


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text)[:64]


def files(run: RunRecords) -> Iterator[tuple[str, bytes]]:
    """One file for each device that is judged and was seen to communicate."""
    for device in run.devices:
        if device["channels"]:
            yield f"{_word(device['id'])}.json", "".join(json_document(profile(device))).encode()


FORMAT = Format("MUD files (RFC 8520), one for each judged device", files=files)
