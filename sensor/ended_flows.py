"""The flows of a run that are over: their counters, to everyone who adds them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sensor.detectors._detector import Detector
from sensor.devices.counted_flows import KnownTalk
from sensor.devices.inventory import Inventory
from sensor.findings import Ledger
from sensor.model import Flow, Transport
from sensor.verdicts.coverage import CoverageLedger, KnownEnds

ONE_WAY_PACKETS = 3
"""Packets of a TCP flow from which a side that sent none was not captured: it would have acknowledged one."""

KINDS = 2048
"""Kinds of flows of which it is remembered what they add to; then anew. A busy home has some hundred in an hour."""

Kind = tuple[object, ...]


class EndedFlows:
    """Counts each flow at its end. What flows of one kind add to is looked up once for all of them: they are of one
    kind where all is the same by which inventory and coverage tell flows apart, but for times and amounts.
    """

    def __init__(
        self,
        inventory: Inventory,
        coverage: CoverageLedger,
        detectors: Sequence[Detector],
        ledger: Ledger,
        flow_ended: Callable[[Flow], None] | None,
    ) -> None:
        self.lost_bytes = 0
        self.reordered_segments = 0
        self.doubled_packets = 0
        self.one_way_flows = 0
        self.tcp_flows = 0
        self._inventory, self._coverage, self._ledger = inventory, coverage, ledger
        self._detectors = [each for each in detectors if each.ends_flows()]
        self._flow_ended = flow_ended
        self._known: dict[Kind, tuple[KnownTalk | None, KnownEnds]] = {}

    def add(self, flow: Flow) -> None:
        """A flow is over, and has its last counters."""
        self.lost_bytes += flow.lost_bytes
        self.reordered_segments += flow.reordered_segments
        self.doubled_packets += flow.doubled_packets
        sent, answered = flow.packets
        if flow.transport is Transport.TCP and sent + answered >= ONE_WAY_PACKETS:
            self.tcp_flows += 1
            self.one_way_flows += not (sent and answered)
        self._count(flow)
        for detector in self._detectors:
            if detector.awaits(flow):
                self._ledger.add_all(detector.flow_ended(flow))
        if self._flow_ended is not None:
            self._flow_ended(flow)

    def _count(self, flow: Flow) -> None:
        """Add it to the devices at its ends, and to their coverage."""
        inventory, coverage, known = self._inventory, self._coverage, self._known
        modern = coverage.handshake_of(flow)
        client, server = flow.client, flow.server
        (sent, answered), (request, answer) = flow.packets, flow.payload
        kind = (
            client.address,
            client.mac,
            server.address,
            server.mac,
            server.port,
            flow.transport,
            flow.application,
            flow.protection,
            flow.server_name,
            modern,
            sent if sent < 2 else 2,
            answered if answered < 2 else 2,
            request > 0,
            answer > 0,
        )
        found = known.get(kind)
        if found is None:
            if len(known) >= KINDS:
                known.clear()
            known[kind] = inventory.flow_ended(flow), coverage.add(flow, modern)
            return
        talk, ends = found
        size = request + answer
        amounts = flow.by_protection(size)
        if talk is None or not inventory.flow_ended_again(talk, flow, size, amounts):
            talk = inventory.flow_ended(flow)
            known[kind] = talk, ends
        if not coverage.add_again(ends, inventory.changes, flow, size, amounts[0], amounts[1]):
            known[kind] = talk, coverage.add(flow, modern)
