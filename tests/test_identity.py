"""The sensor's id: made once, and the words of the configuration with it."""

from __future__ import annotations

import stat
import uuid
from pathlib import Path

import pytest

from sensor.identity import identity, load_id
from sensor.settings.read import parse


def test_an_id_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sensor.id"
    made = load_id(path)
    assert str(uuid.UUID(made)) == made and load_id(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_id(tmp_path / "other" / "sensor.id") != made


@pytest.mark.parametrize("text", ["", "no uuid", "\ufffd" * 3])
def test_what_is_no_id_is_made_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sensor.id"
    path.write_text(text, "utf-8")
    assert load_id(path) == path.read_text("ascii").strip()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        load_id(tmp_path / "file" / "sensor.id")


def test_the_configuration_names_it() -> None:
    settings = parse('[sensor]\nname = "cellar"\nsite = "home"\n', "x.toml").sensor
    found = identity("1", settings, "eth1")
    assert (found.id, found.name, found.site, found.bench, found.interface) == ("1", "cellar", "home", "", "eth1")
    assert identity("1", parse("", "x.toml").sensor, "eth1").name
