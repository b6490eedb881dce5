"""What is kept of the signature files: used only for the bytes it was made from, wherever it lies, and never needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensor.devices.signatures.compiled import INSTALLED, install, load_compiled, read

FILE = """
field = "x.name"
[[signature]]
name = "hs"
pattern = '^HS1'
category = "plug"
source = "kasa"
examples = [{ value = "HS110" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "signatures"
    (made / "devices").mkdir(parents=True)
    (made / "devices" / "x.name.toml").write_text(FILE)
    (made / "makers.toml").write_text('[[maker]]\nname = "TP-Link"\n')
    return made


def categories(found: dict[str, object]) -> list[str]:
    entries = found["entries"]
    assert isinstance(entries, dict)
    return [entry[3]["category"] for entry in rows_of(entries["x.name"])]


def rows_of(entries: list[list[Any]] | str) -> list[list[Any]]:
    """A field's entries; the stored form holds them as the text that their first use reads."""
    rows: list[list[Any]] = json.loads(entries) if isinstance(entries, str) else entries
    return rows


def test_an_installed_form_is_read_instead_of_the_files(folder: Path, tmp_path: Path) -> None:
    install(folder, folder)
    form = folder / INSTALLED
    altered = json.loads(form.read_text())
    rows = rows_of(altered["entries"]["x.name"])
    rows[0][3]["category"] = "light"  # as no file says, so that its use shows
    altered["entries"]["x.name"] = json.dumps(rows)
    form.write_text(json.dumps(altered))
    assert categories(load_compiled(folder, str(tmp_path / "cache"))) == ["light"]
    assert not (tmp_path / "cache").exists()
    assert categories(load_compiled(folder, "")) == ["plug"]


def test_an_installed_form_of_other_files_is_left(folder: Path, tmp_path: Path) -> None:
    install(folder, folder)
    (folder / "devices" / "x.name.toml").write_text(FILE.replace("plug", "switch"))
    assert categories(load_compiled(folder, str(tmp_path / "cache"))) == ["switch"]
    assert len(list((tmp_path / "cache").rglob("signatures-*.json"))) == 1


def test_a_cached_form_follows_the_files(folder: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    assert load_compiled(folder, cache)["problems"] == []
    (folder / "makers.toml").write_text("[[maker]]\nname = 3\n")
    assert len(load_compiled(folder, cache)["problems"]) == 1
    assert len(list((tmp_path / "cache").rglob("*"))) == 2  # the folder and one form


def test_the_cached_form_equals_the_files(folder: Path, tmp_path: Path) -> None:
    plain = read(folder)
    for _ in range(2):
        found = load_compiled(folder, str(tmp_path))
        found.pop("stamp", None)
        found["entries"] = {field: rows_of(entries) for field, entries in found["entries"].items()}
        assert found == plain


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"stamp": "0"}', "\x00" * 9])
def test_a_damaged_form_only_costs_time(folder: Path, tmp_path: Path, text: str) -> None:
    (folder / INSTALLED).write_text(text)
    assert categories(load_compiled(folder, str(tmp_path / "cache"))) == ["plug"]
