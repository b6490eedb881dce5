"""Schemas of answers: valid ones, each of whose references leads somewhere (tests/dashboard/views/test_openapi.py holds
real answers to them)."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

import dashboard.data.answers  # noqa: F401 - names the schemas
from dashboard.data.schema_parts import COMPONENTS, PLACE
from sensor.schemas import kinds


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_each_is_a_schema_whose_references_lead_somewhere(name: str) -> None:
    Draft202012Validator.check_schema(COMPONENTS[name])
    named = re.findall(r'"\$ref": "([^"]*)"', json.dumps(COMPONENTS[name]))
    for one in named:
        where, _, of = one.rpartition("/")
        assert where + "/" in (PLACE, "#/$defs/") and (of in COMPONENTS or of in kinds()), one
