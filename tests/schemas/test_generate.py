"""The schemas: files made of the types, every record of our captures against them."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sensor.export.disclosed import ledger_records
from sensor.export.records import Summary, flow_record, records
from sensor.model import Flow
from sensor.run import Options, Run
from sensor.schemas import identifier, kinds, schema
from sensor.schemas.generate import KINDS, generate
from sensor.vault import Vault
from tests.replaying import PCAPS, capture_in, folders, open_capture

FOLDERS = list(folders())


def closed(value: Any) -> Any:
    """A schema in which no field may stand that it does not name: none was forgotten there."""
    if isinstance(value, dict):
        more = {"unevaluatedProperties": False} if "properties" in value else {}
        return {name: closed(each) for name, each in value.items()} | more
    return [closed(each) for each in value] if isinstance(value, list) else value


@cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(closed(schema(kind)))


def written(folder: Path) -> list[dict[str, Any]]:
    """All records of a capture, with its flows, as they come back from JSON."""
    flows: list[Flow] = []
    run = Run(Vault(bytes(32)), Options(strict=True, flows=True), flows.append)
    with open_capture(str(capture_in(folder))) as capture:
        for block in capture:
            run.feed(block)
        result = run.finish(str(folder), capture.link_types, capture.damage)
    found = [*records(result), *ledger_records(result), *(flow_record(result.id, one, None) for one in flows)]
    return [json.loads(json.dumps(one)) for one in (*found, Summary().record(1.5, [result.id]))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_record_of_our_captures_fits(folder: Path) -> None:
    found = written(folder)
    assert {"capture", "device", "flow", "summary"} <= {one["record"] for one in found}
    for one in found:
        validator(one["record"]).validate(one)


def test_what_is_no_record_does_not_fit() -> None:
    [flow, *_] = [one for one in written(PCAPS / "mqtt") if one["record"] == "flow"]
    for change in ({"start": "2026-01-01"}, {"bytes": -1}, {"protection": "secret"}, {"client": None}, {"record": "f"}):
        assert not Draft202012Validator(schema("flow")).is_valid({**flow, **change})
    assert Draft202012Validator(schema("flow")).is_valid({**flow, "added": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_are_those_of_the_types(kind: str) -> None:
    assert schema(kind) == generate(kind), "run docs/schemas.py"
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$id"] == identifier(kind)


def test_there_is_a_file_for_each_kind() -> None:
    assert set(kinds()) == set(KINDS)


def test_a_closed_schema_changes_nothing_else() -> None:
    before = copy.deepcopy(schema("flow"))
    assert closed(schema("flow")) != before and schema("flow") == before
