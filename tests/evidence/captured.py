"""Frames and packets for the tests of evidence, as ``replay --store`` makes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sensor.capture import open_capture
from sensor.evidence.fetch import evidence_findings, frames_by_capture, read_frames
from sensor.evidence.mask import EvidenceFinding, mask_packets
from sensor.evidence.packet import CapturedFrame, EvidencePacket
from sensor.export.records import records
from sensor.run import Options, Result, Run
from sensor.vault import MaskedValues, Vault
from tests.canary.plant import packets
from tests.conversation import Script

NAME = "capture.pcap"


def frames(script: Script, carrier: str = "tcp", port: int = 80) -> list[CapturedFrame]:
    """Frames of a conversation, including those without payload."""
    made = packets(script, carrier, port)
    return [CapturedFrame(NAME, n, n * 1_000_000, 1, data, len(data)) for n, data in enumerate(made, 1)]


def finding_on(captured: Iterable[CapturedFrame], *values: str, **more: bool) -> EvidenceFinding:
    """A finding that rests on all these frames."""
    return EvidenceFinding(
        "f1", "credential.cleartext: why", tuple((raw.capture, raw.frame) for raw in captured), values, **more
    )


def covered(captured: list[CapturedFrame], *secrets: bytes, own: bool = True) -> bytes:
    """Masked bytes of the frames after their headers, joined."""
    values = {f"k{n}": value for n, value in enumerate(secrets)}
    found = mask_packets(captured, [finding_on(captured, *(values if own else ()))], values)
    return b"".join(packet.data[54:] for packet in found)


def read(path: Path) -> tuple[Result, list[EvidencePacket], MaskedValues]:
    """Result of a capture, its masked packets and the values they must not show."""
    vault = Vault(bytes(32))
    vault.seen = MaskedValues()
    run = Run(vault, Options(strict=True))
    with open_capture(str(path)) as capture:
        for block in capture:
            run.feed(block)
        result = run.finish(str(path), capture.link_types, capture.damage)
    findings = evidence_findings(list(records(result)))
    captured = read_frames(str(path), frames_by_capture(findings).get(str(path), ()))
    return result, mask_packets(captured, findings, vault.seen.values), vault.seen
