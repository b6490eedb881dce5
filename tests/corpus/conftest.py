"""Captures of ours in a folder, and a state folder of the tests' own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.corpus.corpora import NAMES, study_in
from tests.replaying import PCAPS, capture_in


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path_factory.getbasetemp() / "corpus-state"))


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """A folder with captures of ours."""
    folder = tmp_path / "captures"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(capture_in(PCAPS / name), folder / f"{name}.pcap")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `study_in` makes it."""
    return study_in(tmp_path_factory.mktemp("study"))
