"""The user's files: None without one, what they say, a complaint that names the option."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from sensor.cli import _files
from tests.devices.test_geo import FILE as COUNTRIES
from tests.personas.personas import FILE


@pytest.mark.parametrize(
    ("read", "option", "good"),
    [
        (_files.users, "--users", b'[[device]]\nid = "02:00:5e:00:53:01"\nname = "a"'),
        (_files.facts, "--facts", b'[[device]]\nid = "02:00:5e:00:53:01"\nphase = "in_use"'),
        (_files.personas, "--persona", FILE.encode()),
        (_files.geo, "--geo", COUNTRIES),
    ],
)
def test_each(read: Callable[[str | None], object], option: str, good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read(None) is None
    path.write_bytes(good)
    assert read(str(path)) is not None
    path.write_bytes(b"[[rubbish")
    for wrong in (path, tmp_path / "none"):
        with pytest.raises(click.BadParameter) as error:
            read(str(wrong))
        assert error.value.param_hint == option and error.value.exit_code == 2
