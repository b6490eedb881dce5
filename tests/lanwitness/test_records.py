"""The dataclasses against the types that they are made of."""

from __future__ import annotations

import dataclasses
import importlib.util
import json

import pytest

from lanwitness import records
from lanwitness._decoding import decoded
from tests.export.exported import records_of
from tests.replaying import ROOT


def test_they_are_made_of_the_types() -> None:
    spec = importlib.util.spec_from_file_location("python_records", ROOT / "docs" / "python_records.py")
    assert spec and spec.loader
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (ROOT / "lanwitness" / "records.py").read_text("utf-8") == maker.module(), "run docs/python_records.py"


def plain(value: object) -> object:
    """A dataclass as the record that it was made of."""
    if dataclasses.is_dataclass(value):
        return {one.metadata.get("key", one.name): plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["home", "tls_certificates"])
def test_nothing_of_a_record_is_lost(name: str) -> None:
    # A transaction is what exporters draw their lines from: no record of JSON.
    for record in (one for one in records_of(name) if one["record"] != "transaction"):
        back = plain(decoded(record))
        assert isinstance(back, dict)
        assert json.loads(json.dumps({key: back[key] for key in record})) == record
        assert all(back[key] is None for key in back.keys() - record.keys())


def test_fields_of_a_later_version_are_left_out() -> None:
    device = next(one for one in records_of("home") if one["record"] == "device")
    assert decoded({**device, "later": 1}) == decoded(device)


def test_parts_are_dataclasses_beside_text() -> None:
    reasons = [one for record in records_of("home") if record["record"] == "verdict" for one in record["reasons"]]
    made = [one for record in records_of("home") if record["record"] == "verdict" for one in decoded(record).reasons]
    assert [isinstance(one, dict) for one in reasons] == [isinstance(one, records.Message) for one in made]
    assert any(isinstance(one, records.Message) for one in made)


def test_names_that_are_none_in_python() -> None:
    verdict = next(one for one in records_of("home") if one["record"] == "verdict" and one["for"])
    assert decoded(verdict).for_ == verdict["for"]
    assert isinstance(decoded(verdict), records.Verdict)
