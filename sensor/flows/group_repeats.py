"""Protocols of multicast and broadcast flows that the decoder only counts because they repeat."""

from __future__ import annotations

from collections import OrderedDict

from sensor.model import Endpoint, Flow, Protection, Transport

SPEAKERS = 4096
"""Conversations with a group that are remembered: a home has some hundred, and each is a few hundred bytes."""

Key = tuple[Endpoint, Endpoint]


class Repeats:
    """By who speaks to which group, the one heard last kept longest."""

    def __init__(self) -> None:
        self._spoken: OrderedDict[Key, tuple[str, tuple[str, ...], Protection]] = OrderedDict()

    def heard(self, flow: Flow) -> None:
        """A conversation that was read is over."""
        if flow.application is None or not _to_group(flow):
            return
        key = flow.client, flow.server
        self._spoken[key] = flow.application, flow.layers, flow.protection
        self._spoken.move_to_end(key)
        if len(self._spoken) > SPEAKERS:
            self._spoken.popitem(last=False)

    def name(self, flow: Flow) -> None:
        """Name a flow that nobody read by what the same two said before."""
        if flow.application is None and _to_group(flow):
            found = self._spoken.get((flow.client, flow.server))
            if found is not None:
                flow.application, flow.layers, flow.protection = found


def _to_group(flow: Flow) -> bool:
    mac = flow.server.mac
    return bool(mac and mac[0] & 1) and flow.transport is Transport.UDP
