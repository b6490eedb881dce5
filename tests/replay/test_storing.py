"""What a replay keeps: the file's own hash, bytes by hour, and trouble with the store as a sentence."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

import pytest

from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.export.progress import Progress
from sensor.replay import DAMAGED, DONE, UNUSABLE, Replay
from sensor.replay.storing import RunStore
from sensor.run import Options, Result
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.vault import Vault
from tests.replaying import PCAPS

CAPTURE = PCAPS / "ftp_login" / "capture.pcap"


def replay(store: Path, *paths: Path | str) -> tuple[int, list[str], list[Result]]:
    sentences: list[str] = []
    pages: list[Result] = []
    status = Replay(
        paths=[str(path) for path in paths],
        vault=Vault(bytes(32)),
        options=Options(strict=True),
        json=None,
        json_name="",
        page=pages.append,
        say=sentences.append,
        progress=lambda capture, path: Progress(),
        store=RunStore(str(store), sentences.append),
    ).run()
    return status, sentences, pages


def test_the_file_is_hashed_as_it_lies_there(tmp_path: Path) -> None:
    data = CAPTURE.read_bytes()
    packed, cut = tmp_path / "a.pcap.gz", tmp_path / "cut.pcap"
    packed.write_bytes(gzip.compress(data))
    cut.write_bytes(data[:-9])
    status, _, _ = replay(tmp_path / "home.db", CAPTURE, packed, cut)
    assert status == DAMAGED
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        files = {file["capture"]: file for one in reader.runs() for file in one.files}
    # The packed one is the same capture: its run replaced the first.
    assert set(files) == {str(packed), str(cut)}
    for name, file in files.items():
        content = Path(name).read_bytes()
        assert (file["sha256"], file["size"]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_bytes_by_hour_are_there(tmp_path: Path) -> None:
    _, _, pages = replay(tmp_path / "home.db", CAPTURE)
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        cells = reader.traffic(pages[0].id)
    clear = {device.id: device.bytes.cleartext for device in pages[0].devices if device.bytes.cleartext}
    assert clear and {c.device: c.bytes for c in cells if c.protection == "cleartext" and c.party == "local"} == clear


def test_a_store_that_cannot_be_opened_costs_nothing_else(tmp_path: Path) -> None:
    text = tmp_path / "note.txt"
    text.write_text("no store\n" * 100)
    status, sentences, pages = replay(text, CAPTURE)
    assert status == UNUSABLE and len(sentences) == 1 and "no SQLite database" in sentences[0] and len(pages) == 1
    assert replay(tmp_path / "home.db", CAPTURE)[0] == DONE


def test_packets_are_stored_masked_from_a_file_and_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replay(tmp_path / "file.db", CAPTURE)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CAPTURE.read_bytes())))
    _, sentences, pages = replay(tmp_path / "pipe.db", "-")
    packets = [
        EvidenceFolder(evidence_path(store_location(str(tmp_path / name)), tmp_path)).packets(pages[0].id)
        for name in ("file.db", "pipe.db")
    ]
    assert sentences == [] and len(packets[0]) > 3
    assert {one.data for one in packets[0]} == {one.data for one in packets[1]} and {
        one.capture for one in packets[1]
    } == {"-"}
    assert any(b"PASS ***" in one.data for one in packets[0])
    with StoreReader(store_location(str(tmp_path / "file.db"))) as reader:
        found = {r["id"] for r in reader.records(pages[0].id) if r["record"] == "finding"}
    assert {name for one in packets[0] for name, _ in one.findings} == found


def test_the_run_is_stored_where_its_packets_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "home.db.evidence").write_text("in the way")
    status, sentences, pages = replay(tmp_path / "home.db", CAPTURE)
    assert (
        status == DONE
        and len(pages) == 1
        and len(sentences) == 1
        and "packets of this run are not kept" in sentences[0]
    )
