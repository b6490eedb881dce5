"""Packets of live findings: kept, masked, and trouble with their folder is told once."""

from __future__ import annotations

from pathlib import Path

from sensor.capture import Block
from sensor.evidence.storage import EvidenceFolder
from sensor.live.evidence import EvidenceOutput
from sensor.live.watch import LiveRun
from sensor.run import Options
from sensor.vault import Vault
from tests.live.watching import Listener, data_of, signals_restored
from tests.replaying import PCAPS, capture_in


def watched(folder: EvidenceFolder, said: list[str]) -> Listener:
    import io

    from sensor.live.streams import StdinStream

    vault, told = Vault(bytes(32)), Listener()
    evidence = EvidenceOutput(folder, "w1", "-", vault, said.append)
    data = data_of(capture_in(PCAPS / "ftp_login"))
    made = LiveRun(
        [StdinStream("-", io.BytesIO(data))],
        vault,
        Options(strict=True),
        "w1",
        "-",
        [told, evidence],
        said.append,
        evidence=evidence,
    )
    with signals_restored():
        made.go()
    return told


def test_the_packets_of_a_finding_are_there(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "evidence")
    said: list[str] = []
    told = watched(folder, said)
    assert not said
    for record in told.records:
        if record["record"] == "finding" and record["evidence"]:
            frames = [packet.frame for packet in folder.of("w1", record["id"])]
            assert frames and set(frames) <= set(record["evidence"][0]["frames"])


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    told = watched(EvidenceFolder(tmp_path / "file" / "evidence"), said)
    assert said == ["packets of findings cannot be kept: not a directory"]
    assert told.moments[-1].last and isinstance(Block, type)
