"""CycloneDX documents against the published schema, by the library that carries it."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.export.exported import NAMES, document_of, hostile, run_of, text_of

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_the_schema(name: str) -> None:
    assert VALIDATOR.validate_str(text_of("cyclonedx", run_of(name))) is None


def test_the_schema_refuses_a_wrong_document() -> None:
    for wrong in ({"type": "gadget"}, {"riddle": 1}, {"name": None}):
        made = document_of("cyclonedx", run_of("home"))
        made["components"][0] |= wrong
        assert VALIDATOR.validate_str(json.dumps(made)) is not None, wrong


def test_devices_their_components_and_flaws() -> None:
    run = run_of("home")
    made = document_of("cyclonedx", run)
    assert len(made["components"]) == len(run.devices) and {one["type"] for one in made["components"]} == {"device"}
    references = {one["bom-ref"] for one in made["components"]}
    references |= {each["bom-ref"] for one in made["components"] for each in one.get("components", ())}
    flaws = {one["id"]: one for one in made["vulnerabilities"]}
    assert set(flaws) == {one["detail"]["cve"] for one in run.findings if one["rule"] == "update.component"}
    assert all(each["ref"] in references for one in flaws.values() for each in one["affects"])
    named = {(each["name"], each["version"]) for one in made["components"] for each in one.get("components", ())}
    assert ("BusyBox udhcp", "1.24.1") in named


def test_hostile_and_missing_values() -> None:
    assert VALIDATOR.validate_str(text_of("cyclonedx", hostile())) is None
