"""Evidence for tests: a conversation as its frames, a capture read as `replay --store` reads it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sensor.capture import open_capture
from sensor.evidence.fetch import held, read_again, wanted
from sensor.evidence.mask import KeptFinding, masked
from sensor.evidence.packet import Packet, Raw
from sensor.export.records import records
from sensor.run import Options, Result, Run
from sensor.vault import Seen, Vault
from tests.canary.plant import packets
from tests.conversation import Script

NAME = "capture.pcap"


def frames(script: Script, carrier: str = "tcp", port: int = 80) -> list[Raw]:
    """A conversation's frames, those without payload too."""
    made = packets(script, carrier, port)
    return [Raw(NAME, n, n * 1_000_000, 1, data, len(data)) for n, data in enumerate(made, 1)]


def holding(raws: Iterable[Raw], *values: str, **more: bool) -> KeptFinding:
    """A finding that rests on all of them."""
    return KeptFinding(
        "f1", "credential.cleartext: why", tuple((raw.capture, raw.frame) for raw in raws), values, **more
    )


def covered(raws: list[Raw], *secrets: bytes, own: bool = True) -> bytes:
    """What is left of the frames' bytes behind their headers, joined."""
    seen = {f"k{n}": value for n, value in enumerate(secrets)}
    found = masked(raws, [holding(raws, *(seen if own else ()))], seen)
    return b"".join(packet.data[54:] for packet in found)


def read(path: Path) -> tuple[Result, list[Packet], Seen]:
    """A capture's result and the packets that are kept of it."""
    vault = Vault(bytes(32))
    vault.seen = Seen()
    run = Run(vault, Options(strict=True))
    with open_capture(str(path)) as capture:
        for block in capture:
            run.feed(block)
        result = run.finish(str(path), capture.link_types, capture.damage)
    kept = held(list(records(result)))
    raws = read_again(str(path), wanted(kept).get(str(path), ()))
    return result, masked(raws, kept, vault.seen.values), vault.seen
