"""The parsed forms of our TOML files: equal to the TOML, made anew for other bytes, and dates among them."""

from __future__ import annotations

import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest

from sensor import private_cache
from sensor.catalogue import LANGUAGES, ROOMS
from sensor.shipped_tables import shipped_file, shipped_table

TABLES = [("signatures", path.name) for path in sorted(Path("signatures").glob("*.toml"))]
TEXTS = [(room, "texts", f"{language}.toml") for room in ROOMS for language in LANGUAGES]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of a test's own, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "tables_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    return folder.name


def write(package: str, text: str) -> None:
    shipped_file(package, "table.toml").write_text(text, "utf-8")


def no_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(_text: str) -> None:
        raise AssertionError("the TOML was read")

    monkeypatch.setattr(tomllib, "loads", loads)


@pytest.mark.parametrize("path", TABLES + TEXTS, ids="/".join)
def test_the_parsed_form_is_what_the_toml_says(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    right = tomllib.loads(shipped_file(*path).read_text("utf-8"))
    assert shipped_table(*path) == right
    no_toml(monkeypatch)
    assert shipped_table(*path) == right


def test_other_bytes_are_read_anew(package: str) -> None:
    write(package, "a = 1")
    assert shipped_table(package, "table.toml") == {"a": 1}
    write(package, "a = 2")
    assert shipped_table(package, "table.toml") == {"a": 2}


def test_dates_are_dates_at_every_depth(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(package, 'a = 2026-01-02\nb = "2026-01-02"\n[[row]]\nseen = [{on = 2025-12-31}, 3]\n')
    right = {"a": date(2026, 1, 2), "b": "2026-01-02", "row": [{"seen": [{"on": date(2025, 12, 31)}, 3]}]}
    assert shipped_table(package, "table.toml") == right
    no_toml(monkeypatch)
    assert shipped_table(package, "table.toml") == right


@pytest.mark.parametrize("value", ["2026-01-02T03:04:05Z", "03:04:05", "nan"])
def test_what_json_would_change_is_never_stored(package: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(package, f"a = {value}")
    shipped_table(package, "table.toml")
    no_toml(monkeypatch)
    with pytest.raises(AssertionError, match="the TOML was read"):
        shipped_table(package, "table.toml")


def test_a_form_that_others_could_have_written_does_not_count(package: str) -> None:
    write(package, "a = 1")
    shipped_table(package, "table.toml")
    (stored,) = private_cache.cache_folder().iterdir()
    stored.write_bytes(stored.read_bytes().replace(b"1", b"7"))
    assert shipped_table(package, "table.toml") == {"a": 1}


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    write(package, "a = 1")
    assert shipped_table(package, "table.toml") == {"a": 1}
    with pytest.raises(FileNotFoundError):
        shipped_table(package, "none.toml")
