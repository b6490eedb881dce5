"""The replay's statuses and the order of what it writes, without a process in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.export.progress import Progress
from sensor.model import Status
from sensor.replay import BUG, DAMAGED, DONE, FAILED_ON, UNUSABLE, Replay, complain
from sensor.run import Options, Result
from sensor.vault import Vault
from tests.replaying import PCAPS

CAPTURE = str(PCAPS / "ftp_login" / "capture.pcap")


def replay(
    tmp_path: Path, *paths: str, fail_on: Status | None = None, flows: bool = False, jobs: int = 1
) -> tuple[int, list[dict[str, object]], list[str], list[Result]]:
    sentences: list[str] = []
    pages: list[Result] = []
    out = tmp_path / "out.jsonl"
    with out.open("wb", buffering=0) as stream:
        status = Replay(
            paths=list(paths),
            vault=Vault(bytes(32)),
            options=Options(flows=flows, strict=True),
            json=stream,
            json_name="out",
            page=pages.append,
            say=sentences.append,
            progress=lambda capture, path: Progress(),
            fail_on=fail_on,
            jobs=jobs,
        ).run()
    return status, [json.loads(line) for line in out.read_text().splitlines()], sentences, pages


def test_two_captures_are_two_runs_and_one_summary(tmp_path: Path) -> None:
    other = str(PCAPS / "ntp" / "capture.pcap")
    status, records, sentences, pages = replay(tmp_path, CAPTURE, other, flows=True)
    assert (status, sentences, len(pages)) == (DONE, [], 2)
    captures = [r for r in records if r["record"] == "capture"]
    assert [c["capture"] for c in captures] == [CAPTURE, other] and len({c["run"] for c in captures}) == 2
    assert [r["record"] for r in records].count("summary") == 1 and records[-1]["record"] == "summary"
    flows = [r for r in records if r["record"] == "flow"]
    assert flows and all(isinstance(r["run"], str) for r in flows)


def test_flows_name_their_device(tmp_path: Path) -> None:
    _, records, _, _ = replay(tmp_path, CAPTURE, flows=True)
    control = [r for r in records if r["record"] == "flow" and r["application"] == "ftp"]
    assert control and all(r["device"] and r["protection"] == "cleartext" for r in control)


@pytest.mark.parametrize(
    ("name", "content", "status"), [("cut", -9, DAMAGED), ("whole", None, DONE)], ids=["damaged", "whole"]
)
def test_damage(tmp_path: Path, name: str, content: int | None, status: int) -> None:
    path = tmp_path / name
    path.write_bytes(Path(CAPTURE).read_bytes()[:content])
    found, _, sentences, _ = replay(tmp_path, str(path))
    assert found == status and len(sentences) == (status == DAMAGED)


def test_nothing_readable(tmp_path: Path) -> None:
    status, records, sentences, _ = replay(tmp_path, str(tmp_path / "none"), str(tmp_path))
    assert status == UNUSABLE and records == [] and sentences


def test_fail_on_counts_worse_ones_too(tmp_path: Path) -> None:
    assert replay(tmp_path, CAPTURE, fail_on=Status.VIOLATED)[0] == FAILED_ON
    assert replay(tmp_path, CAPTURE, fail_on=Status.CONCERN)[0] == FAILED_ON


def test_a_contained_bug_does_not_pass_for_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sensor.protocols.ftp import control as ftp

    def boom(self: object, *arguments: object) -> object:
        raise KeyError("canary-of-a-test")

    monkeypatch.setattr(ftp.PROTOCOL.parser, "receive", boom)
    sentences: list[str] = []
    pages: list[Result] = []
    status = Replay(
        paths=[CAPTURE],
        vault=Vault(bytes(32)),
        options=Options(),
        json=None,
        json_name="",
        page=pages.append,
        say=sentences.append,
        progress=lambda capture, path: Progress(),
    ).run()
    assert status == BUG and pages[0].failures > 0 and "canary" not in "".join(sentences)


def test_sentences_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    complain("evil\x1b[2Jname\n")
    assert capsys.readouterr().err == "lanwitness: evil\\x1b[2Jname\\x0a\n"


def test_several_processes_write_what_one_does(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(CAPTURE).read_bytes()[:-9])
    names = ("http_basic", "ntp", "tls_versions", "mdns_ssdp", "coap")
    paths = [CAPTURE, str(cut), str(tmp_path / "none"), *(str(PCAPS / name / "capture.pcap") for name in names)]
    one, more = (replay(tmp_path, *paths, flows=True, jobs=jobs) for jobs in (1, 3))
    for _, records, _, _ in (one, more):
        del records[-1]["elapsed_seconds"]
    assert one[:3] == more[:3]
    assert [page.id for page in one[3]] == [page.id for page in more[3]]
    assert one[0] == DAMAGED and len(one[2]) == 2


def test_a_bug_in_a_process_does_not_pass_for_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(self: object, *arguments: object) -> object:
        raise KeyError("canary-of-a-test")

    monkeypatch.setattr("sensor.run.Run.finish", boom)
    status, _, sentences, _ = replay(tmp_path, CAPTURE, jobs=2)
    assert status == BUG
    assert len(sentences) == 1 and sentences[0].startswith(f"{CAPTURE}: a bug of this program: KeyError at ")
    assert "canary" not in sentences[0]
