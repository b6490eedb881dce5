"""`evidence`: bundles to hand over, bundles that reproduce, the sentences where neither is possible."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from pathlib import Path

import click
import pytest

from sensor.cli.main import cli
from sensor.evidence.pcapng import read
from tests.replaying import PCAPS, capture_in

FACTS = """
[[device]]
id = "{device}"
[[device.account]]
protocol = "ftp"
set_by = "user"
"""


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    return tmp_path


def stored(home: Path, *names: str, facts: str = "") -> Path:
    store = home / "home.db"
    more = []
    if facts:
        (home / "lab.toml").write_text(facts)
        more = ["--facts", home / "lab.toml"]
    run(
        "replay",
        "--plain",
        "--json",
        home / "records.jsonl",
        "--store",
        store,
        *more,
        *(capture_in(PCAPS / name) for name in names),
    )
    return store


def test_masked_bundles_are_the_same_each_time_and_check(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = stored(home, "ftp_login")
    for name in ("a.zip", "b.zip"):
        assert run("evidence", "--store", store, "--out", home / name) == 0
    assert (home / "a.zip").read_bytes() == (home / "b.zip").read_bytes()
    assert stat.S_IMODE((home / "a.zip").stat().st_mode) == 0o600
    assert run("evidence", "--verify", home / "a.zip") == 0
    assert "the packets are masked" in capsys.readouterr().out
    records = [json.loads(line) for line in (home / "records.jsonl").read_text().splitlines()]
    findings = {r["id"]: r for r in records if r["record"] == "finding" and r["evidence"]}
    with zipfile.ZipFile(home / "a.zip") as archive:
        packets = {name[8:-7]: read(archive.read(name)) for name in archive.namelist() if name.startswith("packets/")}
        assert {json.loads(line)["id"] for line in archive.read("findings.jsonl").splitlines()} == set(findings)
    assert {name: [one.frame for one in found] for name, found in packets.items()} == {
        name: sorted(r["evidence"][0]["frames"]) for name, r in findings.items()
    }
    text = b"".join(one.data for found in packets.values() for one in found)
    assert b"PASS *" in text


@pytest.mark.parametrize("name", ["http_basic", "mqtt_tls", "softap", "trap_firmware"])
def test_unmasked_bundles_give_their_verdicts_again(home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    store = stored(home, name)
    assert run("evidence", "--store", store, "--unmasked", "--out", home / "bundle") == 0
    printed = capsys.readouterr()
    assert "will hold secrets" in printed.err and stat.S_IMODE((home / "bundle").stat().st_mode) == 0o700
    assert run("evidence", "--verify", home / "bundle") == 0
    assert "verdicts again" in capsys.readouterr().out
    (home / "bundle" / "verdicts.jsonl").write_text("")
    assert run("evidence", "--verify", home / "bundle") == 1
    assert "verdicts.jsonl: is not what the sums say" in capsys.readouterr().out


def test_captures_are_found_from_the_folder_of_the_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`replay --store home.db x.pcap` in one folder, `evidence --store …/home.db --unmasked` in another."""
    monkeypatch.chdir(home)
    shutil.copy(capture_in(PCAPS / "ftp_login"), home / "x.pcap")
    assert run("replay", "--store", "home.db", "x.pcap") == 0
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    assert run("evidence", "--store", home / "home.db", "--unmasked", "--out", home / "bundle") == 0


def test_captures_are_found_from_any_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The capture in one folder, the store in another, the command in a third."""
    for name in ("recordings", "stores", "elsewhere"):
        (home / name).mkdir()
    shutil.copy(capture_in(PCAPS / "ftp_login"), home / "recordings" / "x.pcap")
    monkeypatch.chdir(home / "recordings")
    assert run("replay", "--plain", "--store", "../stores/home.db", "x.pcap") == 0
    monkeypatch.chdir(home / "elsewhere")
    bundle = home / "bundle"
    assert run("evidence", "--store", "../stores/home.db", "--unmasked", "--out", bundle) == 0
    assert str(home).encode() not in b"".join(file.read_bytes() for file in bundle.rglob("*.json*"))


def test_the_labs_facts_are_stored_and_decide_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(home, "ftp_login")
    records = [json.loads(line) for line in (home / "records.jsonl").read_text().splitlines()]
    device = next(r["device"] for r in records if r["record"] == "verdict")
    store = stored(home, "ftp_login", facts=FACTS.format(device=device))
    assert run("evidence", "--store", store, "--unmasked", "--device", device, "--out", home / "bundle.zip") == 0
    with zipfile.ZipFile(home / "bundle.zip") as archive:
        assert (
            b"set_by" in archive.read("facts.toml") and json.loads(archive.read("bundle.json"))["facts"] == "lab.toml"
        )
        assert {json.loads(line)["id"] for line in archive.read("devices.jsonl").splitlines()} == {device}
    assert run("evidence", "--verify", home / "bundle.zip") == 0
    assert "gives all 5" in capsys.readouterr().out.replace("give all 5", "gives all 5")


def test_a_capture_that_moved_must_be_named(home: Path, tmp_path: Path) -> None:
    moved = tmp_path / "there.pcap"
    moved.write_bytes(capture_in(PCAPS / "ftp_login").read_bytes())
    run("replay", "--plain", "--store", home / "home.db", moved)
    elsewhere = moved.rename(tmp_path / "elsewhere.pcap")
    arguments = ("evidence", "--store", home / "home.db", "--unmasked", "--out", home / "bundle")
    with pytest.raises(click.ClickException, match="--capture FILE"):
        run(*arguments)
    assert run(*arguments, "--capture", elsewhere) == 0
    elsewhere.write_bytes(elsewhere.read_bytes() + b"\0")
    with pytest.raises(click.ClickException, match="was changed"):
        run("evidence", "--store", home / "home.db", "--unmasked", "--out", home / "b2", "--capture", elsewhere)


def test_pseudonyms_leave_no_address(home: Path) -> None:
    store = stored(home, "ftp_login")
    assert run("evidence", "--store", store, "--pseudonyms", "--out", home / "bundle") == 0
    records = [json.loads(line) for line in (home / "records.jsonl").read_text().splitlines()]
    names = {name for r in records if r["record"] == "device" for name in (r["mac"], *r["addresses"])}
    content = b"".join(one.read_bytes() for one in (home / "bundle").rglob("*") if one.is_file())
    assert len(names) >= 4
    for name in names:
        assert name.encode() not in content


def test_without_packets_it_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = stored(home, "ftp_login")
    for file in (home / "home.db.evidence").iterdir():
        file.unlink()
    assert run("evidence", "--store", store, "--out", home / "bundle") == 0
    assert "no packets are kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--store", "x.db"),
        ("--out", "b"),
        ("--store", "x.db", "--out", "b", "--unmasked", "--pseudonyms"),
        ("--store", "x.db", "--out", "b", "--capture", "c"),
        ("--store", "missing.db", "--out", "b"),
        ("--verify", "missing.zip"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(home)
    with pytest.raises(click.ClickException):
        run("evidence", *arguments)
    assert not (home / "b").exists()


def test_a_full_folder_is_not_written_to(home: Path) -> None:
    store = stored(home, "ftp_login")
    with pytest.raises(click.ClickException, match="not an empty folder"):
        run("evidence", "--store", store, "--out", home)


def test_what_is_no_bundle_is_refused(home: Path) -> None:
    for name, data in {"a": b"no zip", "b": b"PK\x03\x04 nearly"}.items():
        (home / name).write_bytes(data)
        with pytest.raises(click.ClickException, match="no ZIP"):
            run("evidence", "--verify", home / name)
    with zipfile.ZipFile(home / "c.zip", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(click.ClickException, match="no bundle"):
        run("evidence", "--verify", home / "c.zip")
