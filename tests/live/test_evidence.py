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


def watched(folder: EvidenceFolder, sentences: list[str]) -> Listener:
    import io

    from sensor.live.streams import StdinStream

    vault, listener = Vault(bytes(32)), Listener()
    evidence = EvidenceOutput(folder, "w1", "-", vault, sentences.append)
    data = data_of(capture_in(PCAPS / "ftp_login"))
    made = LiveRun(
        [StdinStream("-", io.BytesIO(data))],
        vault,
        Options(strict=True),
        "w1",
        "-",
        [listener, evidence],
        sentences.append,
        evidence=evidence,
    )
    with signals_restored():
        made.go()
    return listener


def test_the_packets_of_a_finding_are_there(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "evidence")
    sentences: list[str] = []
    listener = watched(folder, sentences)
    assert not sentences
    for record in listener.records:
        if record["record"] == "finding" and record["evidence"]:
            frames = [packet.frame for packet in folder.of("w1", record["id"])]
            assert frames and set(frames) <= set(record["evidence"][0]["frames"])


def test_a_folder_that_cannot_be_written_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentences: list[str] = []
    listener = watched(EvidenceFolder(tmp_path / "file" / "evidence"), sentences)
    assert sentences == ["packets of findings cannot be kept: not a directory"]
    assert listener.moments[-1].last and isinstance(Block, type)
