"""What limits what a capture shows: cuts, mirrors' faults, limits of this program, devices behind one.

One sentence for each kind, for the `capture` record; the pages show these and make none of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sensor.needs import phrase, texts
from sensor.records import CaveatRecord, Record
from sensor.text import safe

SKEWED = 3
"""Reordered segments from which a capture is said to be out of order: one or two come from a busy host."""

DOUBLED_SHARE = 20
"""One packet of so many that came twice is said: programs repeat a datagram now and then, a mirror each."""

ONE_WAY = 2
"""One connection of so many whose other side was never captured is said: fewer were cut by the capture's ends."""

LISTED = 4
"""Reasons, limits and hidden devices that a sentence names, the most frequent first; the records have all."""

WIFI = {
    "opened": "Wi-Fi: {frames:,} frames of the network {ssid} were decrypted with its passphrase; without it, what "
    "they hold was not readable on the air.",
    "wrong": "Wi-Fi: the passphrase of the network {ssid} is wrong: it fits no handshake of this capture.",
    "no_handshake": "Wi-Fi: nothing of the network {ssid} was decrypted: no four-way handshake of it was captured.",
    "other_kind": "Wi-Fi: nothing of the network {ssid} was decrypted: its handshakes (WPA3, 802.1X) give a listener "
    "no keys, even with the passphrase.",
}
"""What came of a network's passphrase."""

HIDING = 8
"""Devices with others behind them that get a sentence of their own."""


def caveats(
    capture: Record, devices: Iterable[Mapping[str, Any]] = (), bounds: Mapping[str, int] | None = None
) -> list[CaveatRecord]:
    """The caveats of a ``capture`` record: its counters, what hides behind ``devices``, limits reached (``bounds``)."""
    found: list[CaveatRecord] = []

    def add(kind: str, count: int, sentence: str) -> None:
        found.append({"kind": kind, "count": count, "sentence": sentence})

    if capture["damage"]:
        add("damaged", 1, f"Damaged: {safe(capture['damage'], 400)}.")
    if cut := capture["truncated_packets"]:
        add(
            "cut", cut,
            f"Cut: {_packets(cut, 'was', 'were')} cut short by the capture (snap length): what is whole before the "
            "cut was read, what stood behind it is unknown.",
        )  # fmt: skip
    if lost := capture["dropped_packets"]:
        add("dropped", lost, f"Lost: the capturing program lost {_packets(lost)}: what they held is unknown.")
    if secrets := capture["tls_secrets"]:
        add(
            "tls_secrets", secrets,
            f"Secrets: the file holds {secrets:,} {'secret' if secrets == 1 else 'secrets'} of TLS connections: "
            "--decrypt reads what they protect, and so can everyone who has the file.",
        )  # fmt: skip
    if (late := capture["reordered_segments"]) >= SKEWED:
        add(
            "out_of_order", late,
            f"Out of order: {late:,} answers were captured before what they answer (a mirror port or two clocks): "
            "they were put in order by their acknowledgement numbers.",
        )  # fmt: skip
    if (twice := capture["doubled_packets"]) >= max(SKEWED, capture["packets"] // DOUBLED_SHARE):
        add(
            "doubled", twice,
            f"Doubled: {_packets(twice, 'was', 'were')} captured twice (a mirror port that copies both coming and "
            "going): what they say counts once, their bytes count twice.",
        )  # fmt: skip
    one_way, of = capture["one_way_flows"], capture["tcp_flows"]
    if one_way and one_way * ONE_WAY >= of:
        add(
            "one_way", one_way,
            f"One direction: of {one_way:,} of {of:,} connections only one side was captured; "
            "whether a login was accepted is then unknown.",
        )  # fmt: skip
    for one in capture.get("wifi") or ():
        add("wifi", one["frames"], WIFI[one["state"]].format(ssid=safe(one["ssid"], 40), frames=one["frames"]))
    if unread := capture["undecoded_packets"]:
        reasons = _most(capture["undecoded"])
        add("not_read", unread, f"Not read: {reasons}.")
    if bounds:
        add(
            "limit", sum(bounds.values()),
            f"Limit: this program reached {_most(bounds)}. What went beyond it is not in the findings.",
        )  # fmt: skip
    for device in [one for one in devices if one.get("hidden")][:HIDING]:
        who = f"{safe(phrase(device, texts('en')), 80)} ({safe(device['id'], 40)})"
        add("hidden", len(device["hidden"]), hidden_sentence(who, device["hidden"]))
    return found


def hidden_sentence(who: str, hidden: Sequence[Mapping[str, Any]]) -> str:
    """That other devices are behind ``who``, with the first of them."""
    behind = ", ".join(safe(one["identity"], 40) for one in hidden[:LISTED])
    more = f" and {len(hidden) - LISTED} more" if len(hidden) > LISTED else ""
    return f"Other devices hide behind {who}: {behind}{more}. What one of them says names none of the others."


def _packets(count: int, one: str = "", many: str = "") -> str:
    return f"{count:,} {'packet' if count == 1 else 'packets'} {one if count == 1 else many}".rstrip()


def _most(counts: Mapping[str, int]) -> str:
    """The most frequent, each with its count."""
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(order) - LISTED} more" if len(order) > LISTED else ""
    return ", ".join(f"{safe(name.replace('_', ' '), 60)} ({count:,})" for name, count in order[:LISTED]) + more
