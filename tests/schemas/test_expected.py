"""The schema of `expected.json` against the truth beside each of our captures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sensor.schemas import schema
from tests.replaying import folders
from tests.schemas.test_generate import closed


@pytest.mark.parametrize("folder", list(folders()), ids=lambda path: path.name)
def test_the_truth_fits(folder: Path) -> None:
    truth = json.loads((folder / "expected.json").read_text("utf-8"))
    Draft202012Validator(closed(schema("expected"))).validate(truth)


@pytest.mark.parametrize(
    "change",
    [{"absent": ["no rule"]}, {"verdicts": [{"device": "a", "capability": "b", "status": "c"}]}, {"devices": [{}]}],
)
def test_what_is_no_truth_does_not_fit(change: dict[str, object]) -> None:
    empty = {"devices": [], "findings": [], "absent": [], "verdicts": [], "names": [], "facts": {}}
    assert Draft202012Validator(schema("expected")).is_valid(empty)
    assert not Draft202012Validator(schema("expected")).is_valid({**empty, **change})
