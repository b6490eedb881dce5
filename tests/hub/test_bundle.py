"""The file of an enrolled sensor: private, refused where it is not one, and taken into the state folder."""

from __future__ import annotations

import json
import stat
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sensor.config import Config
from sensor.hub.bundle import SensorBundle, join, new_bundle, read_bundle, write_bundle
from sensor.identity import load_id
from sensor.vault import load_key

BUNDLE = SensorBundle(
    "cellar", "803ba2f5-95e0-484c-8f73-f981bdd1d426", "postgresql+psycopg://lw_sensor_cellar@192.0.2.7:5432/lan",
    bytes(range(32)).hex(), "CERTIFICATE", "PRIVATE", "AUTHORITY",
)  # fmt: skip


def test_it_is_written_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "cellar.bundle"
    write_bundle(new_bundle(path), BUNDLE)
    assert read_bundle(path) == BUNDLE and stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        new_bundle(path)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 60_000, b"x" * 70_000,
        json.dumps({**asdict(BUNDLE), "lanwitness_bundle": 2}).encode(),
        json.dumps({**asdict(BUNDLE), "lanwitness_bundle": 1, "key": 5}).encode(),
        json.dumps({**asdict(replace(BUNDLE, sensor="x")), "lanwitness_bundle": 1}).encode(),
        json.dumps({**asdict(replace(BUNDLE, fingerprint_key="00")), "lanwitness_bundle": 1}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="x"):
        read_bundle(path)


def test_joining_makes_the_sensor_that_the_hub_enrolled(tmp_path: Path) -> None:
    config = Config(tmp_path / "a state & more")
    config.state.mkdir()
    load_key(config.key_file)
    before = load_id(config.sensor_file)
    for _ in range(2):
        url = make_url(join(BUNDLE, config))
    assert load_id(config.sensor_file) == BUNDLE.sensor != before
    assert load_key(config.key_file).hex() == BUNDLE.fingerprint_key
    assert url.set(query={}).render_as_string() == BUNDLE.url and url.query["sslmode"] == "verify-full"
    for option, text in (("sslcert", "CERTIFICATE"), ("sslkey", "PRIVATE"), ("sslrootcert", "AUTHORITY")):
        path = Path(str(url.query[option]))
        assert path.read_text() == text and stat.S_IMODE(path.stat().st_mode) == 0o600
