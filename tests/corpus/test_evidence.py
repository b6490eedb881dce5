"""Packets of a corpus's finding: cut out of the capture on demand, and masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.corpus.questions import answer
from sensor.evidence import pcapng
from tests.corpus.corpora import run
from tests.replaying import PCAPS, capture_in


def test_a_findings_packets_are_cut_and_masked(study: Path, tmp_path: Path) -> None:
    _, rows = answer(study, "SELECT id, evidence FROM finding WHERE rule = 'credential.cleartext' AND protocol = 'ftp'")
    finding, evidence = rows[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(study.parent / "state"))
        assert run("evidence", str(study), finding, "--out", str(tmp_path / "f.pcapng"))[0] == 0
        assert "no such finding" in run("evidence", str(study), "f0", "--out", str(tmp_path / "g.pcapng"))[1]
    data = (tmp_path / "f.pcapng").read_bytes()
    packets = pcapng.read(data)
    assert [one.frame for one in packets] == sorted(evidence[0]["frames"]) and b"PASS " in data
    assert any(one.marked for one in packets)
    password = next(line for line in capture_in(PCAPS / "ftp_login").read_bytes().split(b"\r\n") if b"PASS " in line)
    assert password.rpartition(b"PASS ")[2] not in data
