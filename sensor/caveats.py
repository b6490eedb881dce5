"""What limits what a capture shows: cuts, mirrors' faults, limits of this program, devices behind one.

One message for each kind, for the `capture` record; the pages show these and make none of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sensor.catalogue import Message
from sensor.record_values import CaveatRecord
from sensor.records import Record, claimed_in
from sensor.text import safe
from sensor.wording import caveat_record

SKEWED = 3
"""Reordered segments from which a capture is said to be out of order: one or two come from a busy host."""

DOUBLED_SHARE = 20
"""One packet of so many that came twice is said: programs repeat a datagram now and then, a mirror each."""

ONE_WAY = 2
"""One connection of so many whose other side was never captured is said: fewer were cut by the capture's ends."""

LISTED = 4
"""Reasons, limits and hidden devices that a sentence names, the most frequent first; the records have all."""

HIDING = 8
"""Devices with others behind them that get a sentence of their own."""


def caveats(
    capture: Record, devices: Iterable[Mapping[str, Any]] = (), bounds: Mapping[str, int] | None = None
) -> list[CaveatRecord]:
    """The caveats of a ``capture`` record: its counters, what hides behind ``devices``, limits reached (``bounds``)."""
    found: list[CaveatRecord] = []

    def add(kind: str, count: int, message: Message | None = None) -> None:
        found.append(caveat_record(kind, count, message or Message(kind, {"count": count})))

    if capture["damage"]:
        add("damaged", 1, Message("damaged", {"damage": safe(capture["damage"], 400)}))
    for kind, counter in (("cut", "truncated_packets"), ("dropped", "dropped_packets"), ("tls_secrets", "tls_secrets")):
        if count := capture[counter]:
            add(kind, count)
    if (late := capture["reordered_segments"]) >= SKEWED:
        add("out_of_order", late)
    if (twice := capture["doubled_packets"]) >= max(SKEWED, capture["packets"] // DOUBLED_SHARE):
        add("doubled", twice)
    one_way, of = capture["one_way_flows"], capture["tcp_flows"]
    if one_way and one_way * ONE_WAY >= of:
        add("one_way", one_way, Message("one_way", {"count": one_way, "of": of}))
    for one in capture.get("wifi") or ():
        add(
            "wifi",
            one["frames"],
            Message(f"wifi.{one['state']}", {"ssid": safe(one["ssid"], 40), "frames": one["frames"]}),
        )
    if unread := capture["undecoded_packets"]:
        add("not_read", unread, Message("not_read", _most(capture["undecoded"])))
    if bounds:
        add("limit", sum(bounds.values()), Message("limit", _most(bounds)))
    for device in [one for one in devices if one.get("hidden")][:HIDING]:
        name = device.get("hostname") or claimed_in(device, "model") or next(iter(device.get("addresses") or ()), "")
        who = f"{safe(name, 80)} ({safe(device['id'], 40)})" if name else safe(device["id"], 40)
        add("hidden", len(device["hidden"]), hidden_message(who, device["hidden"]))
    return found


def hidden_message(who: str, hidden: Sequence[Mapping[str, Any]]) -> Message:
    """That other devices are behind ``who``, with the first of them."""
    behind = [safe(one["identity"], 40) for one in hidden[:LISTED]]
    return Message("hidden", {"who": who, "behind": behind, "more": max(len(hidden) - LISTED, 0) or None})


def _most(counts: Mapping[str, int]) -> dict[str, Any]:
    """The most frequent, each with its count."""
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = [
        Message("counted", {"name": safe(name.replace("_", " "), 60), "count": count}).data
        for name, count in order[:LISTED]
    ]
    return {"listed": listed, "more": max(len(order) - LISTED, 0) or None}
