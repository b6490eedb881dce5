"""`lanwitness replay` from outside: records on standard output alone, damage, the user's files, exit statuses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensor.cli.main import cli
from tests.cli.test_main import CAPTURE, lanwitness
from tests.replaying import PCAPS

FRAMES = CAPTURE.read_bytes()


def test_records_and_nothing_else_on_standard_output(tmp_path: Path) -> None:
    run = lanwitness("replay", "--json", "-", CAPTURE, state=str(tmp_path))
    assert run.returncode == 0 and run.stderr == ""
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert records[0]["record"] == "capture" and records[-1]["record"] == "summary"
    assert records[-1]["records"]["capture"] == 1 and len({r["run"] for r in records}) == 1


def test_the_same_capture_gives_the_same_records_whatever_it_is_called(tmp_path: Path) -> None:
    other = tmp_path / "another name.bin"
    other.write_bytes(FRAMES)
    one, two = (
        [
            json.loads(line)
            for line in lanwitness("replay", "--json", "-", path, state=str(tmp_path)).stdout.splitlines()[:-1]
        ]
        for path in (CAPTURE, other)
    )
    assert json.dumps(one).replace(str(CAPTURE), "X") == json.dumps(two).replace(str(other), "X")


def test_standard_input_and_gzip_give_what_the_file_gives(tmp_path: Path) -> None:
    packed = tmp_path / "x"
    packed.write_bytes(gzip.compress(FRAMES))
    file, pipe, gz = (
        [
            r
            for r in map(
                json.loads,
                lanwitness("replay", "--json", "-", path, stdin=data, state=str(tmp_path)).stdout.splitlines(),
            )
            if r["record"] == "finding"
        ]
        for path, data in ((CAPTURE, None), ("-", FRAMES), (packed, None))
    )
    for finding in (*file, *pipe, *gz):
        del finding["evidence"]
    assert file and file == pipe == gz


def test_a_page_and_a_file_of_records(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run = lanwitness("replay", CAPTURE, "--json", out, "--flows", state=str(tmp_path))
    assert run.returncode == 0 and "Who is here" in run.stdout
    kinds = {json.loads(line)["record"] for line in out.read_text().splitlines()}
    assert kinds == {"capture", "device", "finding", "provision", "verdict", "flow", "summary"}


def test_damage_is_a_sentence_and_exit_1_and_what_was_read_stays(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(FRAMES[:-7])
    run = lanwitness("replay", "--json", "-", cut, state=str(tmp_path))
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 1 and len(run.stderr.splitlines()) == 1 and "cut" in run.stderr
    assert (
        records[0]["damage"] and any(r["record"] == "finding" for r in records) and records[-1]["damaged_captures"] == 1
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"hello\n", b"%PDF-1.7\n" * 9, b"\x7fELF" + bytes(90), bytes(500)],
    ids=["empty", "text", "pdf", "elf", "zeros"],
)
def test_what_is_no_capture_is_a_sentence_and_exit_2(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.pcap"
    path.write_bytes(content)
    run = lanwitness("replay", path, state=str(tmp_path))
    assert run.returncode == 2 and "not a capture" in run.stderr and len(run.stderr.splitlines()) == 1


def test_missing_unreadable_and_wrong_arguments(tmp_path: Path) -> None:
    assert lanwitness("replay", tmp_path / "none.pcap").returncode == 2
    assert lanwitness("replay").returncode == 2
    assert lanwitness("replay", CAPTURE, "--local-net", "home").returncode == 2
    assert lanwitness("replay", CAPTURE, "--json", tmp_path / "no" / "such" / "folder").returncode == 2
    assert lanwitness("replay", CAPTURE, "--flows").returncode == 2
    assert lanwitness("nonsense").returncode == 2


def test_a_folder_means_every_capture_in_it_and_one_bad_file_does_not_cost_the_others(tmp_path: Path) -> None:
    for name in ("a.pcap", "b"):
        (tmp_path / name).write_bytes(FRAMES)
    (tmp_path / "note.txt").write_text("no capture")
    run = lanwitness("replay", "--json", "-", tmp_path, tmp_path / "missing.pcap", state=str(tmp_path / "state"))
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 1 and "missing.pcap" in run.stderr
    assert [r["capture"] for r in records if r["record"] == "capture"] == [
        str(tmp_path / "a.pcap"),
        str(tmp_path / "b"),
    ]


def test_fail_on() -> None:
    assert lanwitness("replay", CAPTURE, "--fail-on", "violated").returncode == 3
    assert lanwitness("replay", PCAPS / "ntp" / "capture.pcap", "--fail-on", "violated").returncode == 0


def test_reveal_warns_once_and_shows_values_in_records_only(tmp_path: Path) -> None:
    run = lanwitness("replay", "--json", "-", "--reveal", CAPTURE, state=str(tmp_path))
    assert len(run.stderr.splitlines()) == 1 and "--reveal" in run.stderr
    values = [
        r["detail"]["secret"]["value"]
        for r in map(json.loads, run.stdout.splitlines())
        if r["record"] == "finding" and r["rule"].startswith("credential.")
    ]
    long = [value for value in values if len(value) >= 12]
    assert long
    page = lanwitness("replay", "--reveal", CAPTURE, state=str(tmp_path))
    hidden = lanwitness("replay", "--json", "-", CAPTURE, state=str(tmp_path))
    for value in long:
        assert value not in page.stdout + page.stderr + hidden.stdout + hidden.stderr


def test_a_users_own_names_win_and_mistakes_in_them_are_reported(tmp_path: Path) -> None:
    names = tmp_path / "names.toml"
    names.write_text('[[device]]\nid = "00:11:32:4e:51:0a"\nname = "The box in the cellar"\ncategory = "printer"\n')
    run = lanwitness("replay", "--json", "-", "--users", names, CAPTURE, state=str(tmp_path))
    device = next(
        r
        for r in map(json.loads, run.stdout.splitlines())
        if r["record"] == "device" and r["id"] == "00:11:32:4e:51:0a"
    )
    assert device["hostname"] == "The box in the cellar" and device["category"]["value"] == "printer"
    names.write_text('[[device]]\nid = "00:11:32:4e:51:0a"\ncategroy = "printer"\n')
    run = lanwitness("replay", "--users", names, CAPTURE, state=str(tmp_path))
    assert run.returncode == 2 and "category" in run.stderr and "names.toml" in run.stderr


def test_a_labs_facts_settle_a_concern_and_mistakes_in_them_are_reported(tmp_path: Path) -> None:
    facts = tmp_path / "lab.toml"
    facts.write_text(
        '[[device]]\nid = "00:11:32:4E:51:0A"\n[[device.channel]]\nport = 21\nremote = true\n'
        '[[device]]\nid = "192.0.2.99"\n'
    )

    def of_5_5_7(*more: str | Path) -> tuple[dict[str, object], str]:
        run = lanwitness("replay", "--json", "-", CAPTURE, *more, state=str(tmp_path))
        assert run.returncode == 0
        records = [json.loads(line) for line in run.stdout.splitlines()]
        (found,) = [
            r
            for r in records
            if r["record"] == "provision" and r["provision"]["v3.1.3"] == "5.5-7" and r["device"] == "00:11:32:4e:51:0a"
        ]
        return found, run.stderr

    without, _ = of_5_5_7()
    assert without["status"] == "insufficient_evidence" and without["settled_by"] == ["channel.remote"]
    settled, stderr = of_5_5_7("--facts", facts)
    assert settled["status"] == "violated" and settled["settled_by"] == []
    assert "fact: this interface can be reached from outside (lab.toml:3)" in str(settled["because"])
    assert stderr == "lanwitness: --facts tells of 192.0.2.99, which is in none of the captures\n"
    facts.write_text('[[device]]\nid = "00:11:32:4e:51:0a"\nfase = "in_use"\n')
    run = lanwitness("replay", "--facts", facts, CAPTURE, state=str(tmp_path))
    assert run.returncode == 2 and "lab.toml:3: unknown key 'fase' in device; did you mean phase?" in run.stderr
    assert lanwitness("replay", "--facts", tmp_path / "none.toml", CAPTURE).returncode == 2


def test_mistakes_in_a_file_of_personas_are_reported_by_file_and_line(tmp_path: Path) -> None:
    people = tmp_path / "people.toml"
    people.write_text('[[persona]]\nemial = "anna@example.com"\n')
    run = lanwitness("replay", "--persona", people, CAPTURE, state=str(tmp_path))
    assert run.returncode == 2 and "people.toml:2: unknown key 'emial' in persona; did you mean email?" in run.stderr
    assert "anna@" not in run.stderr
    assert lanwitness("replay", "--persona", tmp_path / "none.toml", CAPTURE).returncode == 2


def test_a_cross_check_without_tshark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.evidence.dissect.shutil.which", lambda name: None)
    result = CliRunner().invoke(cli, ["replay", "--cross-check", "3", "x.pcap"])
    assert result.exit_code == 2 and "sudo apt install tshark" in result.output
