"""What schemas of answers are made of: fields that must be there and that may, names, records."""

from jsonschema import Draft202012Validator

from dashboard.data.schema_parts import COMPONENTS, by_name, fields, listed, maybe, of_record, or_nothing
from sensor.schemas.added import ButFor


def test_what_an_object_must_and_may_have() -> None:
    schema = Draft202012Validator(fields({"more": maybe({"type": "integer"})}, names=listed({"type": "string"})))
    assert schema.is_valid({"names": ["a"]}) and schema.is_valid({"names": [], "more": None})
    assert not schema.is_valid({"more": 1}) and not schema.is_valid({"names": [1]})
    assert not Draft202012Validator(by_name({"type": "integer"})).is_valid({"any": "text"})


def test_a_record_without_some_fields_and_with_others() -> None:
    before = dict(COMPONENTS)
    try:
        assert of_record("Tried", ButFor, ("was",), fields(more={"type": "string"}))["$ref"].endswith("/Tried")
        made = COMPONENTS["Tried"]
        assert set(made["properties"]) == set(made["required"]) == {"findings", "more"}
        assert len(or_nothing({})["anyOf"]) == 2
    finally:
        COMPONENTS.clear()
        COMPONENTS.update(before)
