"""Our own captures against the truth written by hand beside them: what must be found, what must not, who is there, what
is judged.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sensor.personas.read import read_personas
from sensor.personas.search import Personas
from sensor.run import Options
from tests.replaying import PCAPS, Record, address, capture_in, folders, of, replayed, secret_hash

FOLDERS = list(folders())


@cache
def people() -> Personas:
    """The test persons: in one recording they are everywhere, in all others nowhere."""
    return read_personas(PCAPS / "personas.toml")


@cache
def found_in(folder: Path) -> list[Record]:
    return replayed(capture_in(folder), reveal=True, options=Options(strict=True, personas=people()))


def truth(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return loaded


def fits(found: Record, wanted: dict[str, Any]) -> bool:
    """Every key that the truth names must be so."""
    for key in ("rule", "protocol", "device", "role", "severity", "capability"):
        if key in wanted and found[key] != wanted[key]:
            return False
    if any(key in wanted and address(found[key]) != wanted[key] for key in ("client", "server")):
        return False
    detail = dict(wanted.get("detail", {}))
    digest = detail.pop("secret_sha256", None)
    if digest is not None and secret_hash(found) != digest:
        return False
    return all(_same(found["detail"].get(key), value) for key, value in detail.items())


def _same(said: Any, wanted: Any) -> bool:
    """Lists must be contained; everything else is equal."""
    return set(wanted) <= set(said or ()) if isinstance(wanted, list) else said == wanted


def shown(wanted: dict[str, Any]) -> str:
    return json.dumps({**wanted, "detail": {k: v for k, v in wanted.get("detail", {}).items() if k != "secret_sha256"}})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_everything_expected_is_found(folder: Path) -> None:
    findings = of(found_in(folder), "finding")
    missed = [shown(wanted) for wanted in truth(folder)["findings"] if not any(fits(f, wanted) for f in findings)]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_nothing_is_found_that_must_not_be(folder: Path) -> None:
    rules = {finding["rule"] for finding in of(found_in(folder), "finding")}
    assert not rules & set(truth(folder)["absent"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_devices_are_there_and_no_others(folder: Path) -> None:
    devices = {device["mac"]: device for device in of(found_in(folder), "device")}
    wanted = truth(folder)["devices"]
    for device in wanted:
        said = devices.get(device["mac"])
        assert said is not None, device["mac"]
        assert set(device.get("addresses", ())) <= set(said["addresses"])
        if device.get("hostname"):
            assert said["hostname"] == device["hostname"]
        if device.get("vendor"):
            assert said["vendor"] and said["vendor"]["value"].lower().startswith(device["vendor"].lower()[:4])
    assert set(devices) == {device["mac"] for device in wanted}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_verdicts_that_the_standard_decides(folder: Path) -> None:
    said = {(v["device"], v["capability"]): v["status"] for v in of(found_in(folder), "verdict")}
    for wanted in truth(folder)["verdicts"]:
        assert said.get((wanted["device"], wanted["capability"])) == wanted["status"], wanted


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_no_parser_of_ours_breaks_and_nothing_is_left_unread(folder: Path) -> None:
    (capture,) = of(found_in(folder), "capture")
    assert capture["damage"] is None and capture["undecoded_packets"] == 0


def test_the_test_persons_are_in_their_recording_alone() -> None:
    """`personas` holds each of its findings once; everything else we have is a twin that must stay silent."""
    for folder in FOLDERS:
        found = of(found_in(folder), "finding", "personal.persona")
        told = {(one["detail"]["persona"], one["detail"]["kind"], tuple(one["detail"]["encoding"])) for one in found}
        wanted = truth(folder)["findings"] if folder.name == "personas" else []
        assert told == {
            (one["detail"]["persona"], one["detail"]["kind"], tuple(one["detail"]["encoding"])) for one in wanted
        }


def test_reading_twice_gives_the_same() -> None:
    folder = FOLDERS[0]
    assert replayed(capture_in(folder)) == replayed(capture_in(folder))
