"""Evidence of a live run: the packets of findings, masked and kept beside the store."""

from __future__ import annotations

from collections.abc import Callable

from sensor.capture import Block
from sensor.evidence.recorder import EvidenceRecorder
from sensor.evidence.storage import EvidenceFolder
from sensor.files import error_reason
from sensor.live.orders import OrderDesk
from sensor.live.snapshot import Snapshot
from sensor.vault import MaskedValues, Vault


class EvidenceOutput:
    """An output that also takes every block. The vault remembers from now on what packets must not show."""

    def __init__(
        self, folder: EvidenceFolder, run: str, capture: str, vault: Vault, say: Callable[[str], None]
    ) -> None:
        vault.seen = MaskedValues()
        self._keeping = EvidenceRecorder(folder, run, capture, vault.seen)
        self._say = say
        self.orders: OrderDesk | None = None
        """Orders on these packets: carried out here, where nobody else writes to the folder meanwhile."""
        self._failed = False

    def block(self, block: Block) -> None:
        """It was read; it is kept in memory for a while."""
        self._keeping.add_block(block)

    def update(self, snapshot: Snapshot) -> None:
        """Take the packets of what is new while they are at hand."""
        try:
            self._keeping.add_findings(
                (one for one in snapshot.delta.records if one["record"] == "finding"), snapshot.now
            )
            self._keeping.settle(snapshot.now, snapshot.at / 1e9, over=snapshot.last)
            if self.orders is not None:
                self.orders.carry_out(self._keeping)
        except OSError as error:
            if not self._failed:
                self._say(f"packets of findings cannot be kept: {error_reason(error, 'unknown error')}")
            self._failed = True
        else:
            self._failed = False
