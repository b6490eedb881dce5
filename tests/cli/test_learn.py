"""The command `learn`: a device learned from one of our recordings is recognised in another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sensor.cli.main import cli
from sensor.records import CLAIMED
from tests.replaying import PCAPS, capture_in

PLUG, OTHER_PLUG, LAPTOP = "68:57:2d:4e:53:22", "68:57:2d:4e:53:11", "a4:c3:f0:17:6d:05"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, arguments)


def learned(folder: Path, *more: str, device: str = PLUG) -> Any:
    before = str(capture_in(PCAPS / "change_before"))
    return run("learn", "Report plug 2", "--device", device, "--signatures", str(folder / "own.toml"), *more, before)


def models(folder: Path, *more: str) -> dict[str, dict[str, Any]]:
    path = folder / "records.jsonl"
    run("replay", "--json", str(path), *more, str(capture_in(PCAPS / "change_after")))
    found = map(json.loads, path.read_text("utf-8").splitlines())
    return {one["mac"]: one["model"] or {} for one in found if one["record"] == "device"}


def test_a_device_learned_from_one_recording_is_recognised_in_another(tmp_path: Path) -> None:
    said = learned(tmp_path)
    assert not said.exception, said.output
    assert "from 1 recordings beside 5 other devices" in said.output
    found = models(tmp_path, "--signatures", str(tmp_path / "own.toml"))
    assert found[PLUG]["value"] == "Report plug 2" and found[PLUG]["confidence"] > 0.5
    # Another unit of the product, under another MAC and name.
    assert found[OTHER_PLUG]["value"] == "Report plug 2"
    # The same program for HTTP is a hint and no claim.
    assert found[LAPTOP].get("confidence", 0) < CLAIMED
    why = found[PLUG]["because"]
    assert {"dhcp.hostname", "dns.name"} <= {reason["field"] for reason in why}
    assert all(reason["signature"].startswith("learned/Report plug 2/") for reason in why)
    assert all(model.get("value") != "Report plug 2" for model in models(tmp_path).values())


def test_the_file_holds_no_number_of_the_unit_in_a_pattern(tmp_path: Path) -> None:
    learned(tmp_path)
    patterns = [line for line in (tmp_path / "own.toml").read_text().splitlines() if line.startswith("pattern")]
    assert patterns and not any("4e5322" in line.lower() for line in patterns)


def test_two_units_of_a_product_are_learned_as_one(tmp_path: Path) -> None:
    said = learned(tmp_path, "--device", OTHER_PLUG.replace(":", "-").upper())
    assert "from 2 recordings beside 4 other devices" in said.output
    assert "iot.plugs.example: 2 of 2 recordings, 0 others" in said.output
    # Nothing else shows what both show: the claim is surer than with the second unit among the others.
    assert models(tmp_path, "--signatures", str(tmp_path / "own.toml"))[PLUG]["confidence"] > 0.9


def test_learning_again_replaces_the_device(tmp_path: Path) -> None:
    learned(tmp_path)
    learned(tmp_path, "--vendor", "Example", "--category", "switch")
    text = (tmp_path / "own.toml").read_text()
    assert text.count("[[device]]") == 1
    assert 'vendor = "Example"' in text and 'category = "switch"' in text


def test_what_is_no_device_is_a_sentence(tmp_path: Path) -> None:
    assert "no recording has a device" in learned(tmp_path, device="02:00:5e:00:53:99").output
    assert "is no MAC" in learned(tmp_path, device="the plug").output
    assert not (tmp_path / "own.toml").exists()


def test_check_reads_the_file(tmp_path: Path) -> None:
    learned(tmp_path)
    path = tmp_path / "own.toml"
    path.write_text(path.read_text().replace('example = "iot.plugs.example"', 'example = "elsewhere.example"'))
    said = run("check", "--signatures", str(path))
    assert said.exit_code == 2 or said.exception
    assert "own.toml" in str(said.exception) + said.output
