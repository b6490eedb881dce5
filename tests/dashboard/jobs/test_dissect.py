"""The dissecting program: a finding's stored packets, nothing where there are none."""

import shutil
from pathlib import Path

import pytest

from dashboard.jobs import dissect
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.store.location import store_location


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_stored_packets_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "home.db"
    monkeypatch.setenv(dissect.STORE, str(store))
    data = bytes.fromhex("ffffffffffff020000000001080600010800060400010200000000010a000001000000000000" + "0a000002")
    EvidenceFolder(evidence_path(store_location(str(store)), tmp_path)).put(
        "r1", [EvidencePacket("a.pcap", 3, 10**18, 1, data, len(data), (), (("f1", "x"),))]
    )
    assert dissect.main("r1", "f1") == 0
    output = capsys.readouterr().out
    assert output.startswith("packet 3") and "10.0.0.2" in output
