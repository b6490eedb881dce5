"""Payload bytes of a run by device, hour, protection and party, counted from its ended flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sensor.devices.device import Device
from sensor.model import Endpoint, Flow, Protection, Side, address_text
from sensor.store.types import TrafficCell

HOUR = 3600 * 1_000_000_000

CELLS = 200_000
"""Different (end, hour, peer) kept of a run: a home of 30 devices fills a month with them. What is beyond counts
without its peer, up to as many again."""

HOURS_OF_A_FLOW = 24 * 31
"""Hours over which one flow is spread: a month; a clock that jumps must not cost more."""

Key = tuple[bytes, bytes, int, bytes, str | None]
"""MAC and address of the local end, hour, address of the peer, its name where the flow carries one."""


class Traffic:
    """Call `flow_ended` with each flow, `cells` when the capture is over and its devices are known."""

    def __init__(self) -> None:
        self._amounts: dict[Key, list[int]] = {}
        self.lost = 0
        """Bytes that found no place: only a capture made for it has so many ends."""

    def flow_ended(self, flow: Flow) -> None:
        """Count a flow at both of its ends. It is spread evenly over the hours it lasted: only its totals are known."""
        total = sum(flow.payload)
        if not total:
            return
        clear = total if flow.protection is Protection.CLEARTEXT else min(flow.cleartext_bytes, total)
        rest = total - clear
        hidden, unknown = (rest, 0) if flow.protection is Protection.ENCRYPTED else (0, rest)
        first = flow.first_time // HOUR
        hours = max(1, min(flow.last_time // HOUR - first + 1, HOURS_OF_A_FLOW))
        for side in (Side.CLIENT, Side.SERVER):
            mine, peer = flow.end(side), flow.end(side.other)
            name = flow.server_name if side is Side.CLIENT else None
            for number in range(hours):
                self._add(
                    (mine.mac, mine.address, first + number, peer.address, name),
                    [_share(amount, number, hours) for amount in (hidden, clear, unknown)],
                )

    def _add(self, key: Key, amounts: list[int]) -> None:
        if key not in self._amounts and len(self._amounts) >= CELLS:
            key = (*key[:3], b"", None)
            if key not in self._amounts and len(self._amounts) >= 2 * CELLS:
                self.lost += sum(amounts)
                return
        sums = self._amounts.setdefault(key, [0, 0, 0])
        for index, amount in enumerate(amounts):
            sums[index] += amount

    def cells(self, devices: Iterable[Device], device_of: Callable[[Endpoint], str | None]) -> list[TrafficCell]:
        """The counts of these devices; a peer's party is that of the device's own list of destinations."""
        parties = {device.id: dict(_parties(device)) for device in devices}
        sums: dict[tuple[str, int, str, str], int] = {}
        for (mac, address, hour, peer, name), amounts in self._amounts.items():
            device = device_of(Endpoint(address, None, mac))
            if device is None or device not in parties:
                continue
            text = address_text(peer)
            known = parties[device]
            party = known.get((name, text)) or known.get((None, text)) or ""
            for protection, amount in zip(Protection, (amounts[0], amounts[1], amounts[2]), strict=True):
                if amount:
                    where = (device, hour, protection.value, party)
                    sums[where] = sums.get(where, 0) + amount
        return sorted(TrafficCell(*where, amount) for where, amount in sums.items())


def _share(amount: int, number: int, parts: int) -> int:
    """The ``number``-th of ``parts`` shares of an amount; together they are the whole."""
    return amount * (number + 1) // parts - amount * number // parts


def _parties(device: Device) -> Iterator[tuple[tuple[str | None, str | None], str | None]]:
    """(name, address) -> party, and (None, address) -> the first party said of that address."""
    seen: set[str | None] = set()
    for one in device.destinations:
        yield (one.name, one.address), one.party
        if one.party is not None and one.address not in seen:
            seen.add(one.address)
            yield (None, one.address), one.party
