"""Files that come with the program: in a checkout, and in what a wheel is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor import shipped
from sensor.selfcheck.accuracy import accuracy
from sensor.shipped import CAPTURES, INSTALLED, SHIPPED, copy_into, path_of
from tests.replaying import PCAPS


@pytest.mark.parametrize("name", SHIPPED)
def test_a_checkout_has_all(name: str) -> None:
    assert path_of(name).exists() and SHIPPED[name].what


def test_a_wheel_has_what_users_need_and_little_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = copy_into(tmp_path)
    assert sum(path.stat().st_size for path in written) < 3_000_000
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path)
    monkeypatch.setattr(shipped, "CHECKOUT", tmp_path / "nowhere")
    for name in set(SHIPPED) - {"schemas"}:  # those are data of their own package
        assert path_of(name).is_relative_to(tmp_path / INSTALLED)
    assert json.loads(path_of("grafana").read_text("utf-8"))["title"]
    assert (path_of("docs") / "output.md").is_file() and not list(path_of("docs").glob("*.py"))
    assert {path.name for path in path_of("captures").iterdir()} == {"README.md", "personas.toml", *CAPTURES}
    with pytest.raises(FileNotFoundError, match="has none of it"):
        path_of("schemas")


def test_the_share_of_captures_measures_accuracy(tmp_path: Path) -> None:
    copy_into(tmp_path)
    measured = accuracy(tmp_path / INSTALLED / "pcaps")
    assert measured.problems == [] and measured.captures == len(CAPTURES)
    assert measured.found == measured.wanted > 0 and measured.clean > 3 and measured.calibration.claims >= 14


def test_its_captures_are_there() -> None:
    assert all((PCAPS / name / "expected.json").is_file() for name in CAPTURES)
