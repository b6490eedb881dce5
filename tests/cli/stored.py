"""A store of two of our captures for the tests of commands that stand on a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_main import CAPTURE, lanwitness
from tests.replaying import PCAPS

HOME = PCAPS / "home" / "capture.pcapng"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    run = lanwitness(
        "replay", HOME, CAPTURE, "--store", folder / "home.db", "--json", folder / "home.jsonl", state=str(folder)
    )
    assert run.returncode == 0 and run.stderr == ""
    return folder / "home.db"


def records(store: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in store.with_name("home.jsonl").read_text().splitlines()]
