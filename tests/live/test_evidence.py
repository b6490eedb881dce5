"""Packets of live findings: kept, masked, and trouble with their folder is told once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


def test_each_trouble_is_reported_once_and_again_after_it_was_over(tmp_path: Path) -> None:
    """A disk that is full, has room, and is full again: two sentences, however often it is tried."""
    sentences: list[str] = []
    output = EvidenceOutput(EvidenceFolder(tmp_path), "w1", "-", Vault(bytes(32)), sentences.append)
    full = [True]
    orders: list[object] = []

    def settle(*_: object, **__: object) -> None:
        if full[0]:
            raise OSError(28, "No space left on device")

    output._keeping = SimpleNamespace(add_findings=lambda *_: None, settle=settle)  # type: ignore[assignment]
    output.orders = SimpleNamespace(carry_out=orders.append)  # type: ignore[assignment]
    snapshot: Any = SimpleNamespace(delta=SimpleNamespace(records=[]), now=0, at=0, last=False)
    for trouble in (True, True, False, False, True, True):
        full[0] = trouble
        output.update(snapshot)
    assert sentences == ["packets of findings cannot be kept: no space left on device"] * 2
    assert orders == [output._keeping] * 2
    output.orders = None
    full[0] = False
    output.update(snapshot)
    assert len(orders) == 2 == len(sentences)


def test_findings_alone_are_given_with_the_time_of_the_packets_and_of_the_clock(tmp_path: Path) -> None:
    output = EvidenceOutput(EvidenceFolder(tmp_path), "w1", "-", Vault(bytes(32)), lambda _: None)
    calls: list[Any] = []
    output._keeping = SimpleNamespace(  # type: ignore[assignment]
        add_findings=lambda found, now: calls.append((list(found), now)),
        settle=lambda now, at, *, over: calls.append((now, at, over)),
    )
    records = [{"record": kind, "id": kind} for kind in ("device", "finding", "verdict")]
    for last in (False, True):
        output.update(
            SimpleNamespace(delta=SimpleNamespace(records=records), now=5, at=7_500_000_000, last=last)  # type: ignore[arg-type]
        )
    finding = ([{"record": "finding", "id": "finding"}], 5)
    assert calls == [finding, (5, 7.5, False), finding, (5, 7.5, True)]
