"""MISP events, read by pymisp, with its own templates of objects."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from pymisp import MISPEvent, PyMISPError

from sensor.export.formats.misp import CONNECTION, DEVICE, TYPES
from tests.export.exported import NAMES, document_of, hostile, run_of, text_of


@pytest.mark.parametrize("name", NAMES)
def test_pymisp_reads_it(name: str) -> None:
    run = run_of(name)
    event = MISPEvent()
    event.from_json(text_of("misp", run))
    devices = [one for one in event.objects if one.name == "device"]
    assert len(devices) == len(run.devices) and not event.published and event.distribution == 0
    assert len({one.uuid for one in event.objects}) == len(event.objects)
    attributes = [each for one in event.objects for each in one.attributes]
    assert attributes and not any(one.to_ids for one in attributes)


def test_pymisp_refuses_a_wrong_event() -> None:
    for wrong in ({"type": "riddle"}, {"value": None}, {"distribution": 9}):
        made = document_of("misp", run_of("home"))
        made["Event"]["Attribute"][0] |= wrong
        with pytest.raises((PyMISPError, ValueError)):
            MISPEvent().from_dict(**made["Event"])


@pytest.mark.parametrize("template", [DEVICE, CONNECTION], ids=lambda one: one[0])
def test_objects_are_those_of_their_templates(template: tuple[str, str, str, str]) -> None:
    place = files("pymisp") / "data" / "misp-objects" / "objects" / template[0] / "definition.json"
    published = json.loads(place.read_text("utf-8"))
    assert (published["uuid"], published["meta-category"]) == (template[1], template[3])
    for one in document_of("misp", run_of("home"))["Event"]["Object"]:
        if one["name"] == template[0]:
            for attribute in one["Attribute"]:
                assert published["attributes"][attribute["object_relation"]]["misp-attribute"] == attribute["type"]


def test_attributes_have_a_category_that_their_type_may_have() -> None:
    described = json.loads((files("pymisp") / "data" / "describeTypes.json").read_text("utf-8"))["result"]
    event = document_of("misp", run_of("home"))["Event"]
    found = [*event["Attribute"], *(each for one in event["Object"] for each in one["Attribute"])]
    assert {one["type"] for one in found} <= {*TYPES.values(), "vulnerability"}
    for one in found:
        assert one["type"] in described["category_type_mappings"][one["category"]], one


def test_flaws_are_attributes() -> None:
    run = run_of("home")
    flaws = {one["value"] for one in document_of("misp", run)["Event"]["Attribute"]}
    assert flaws == {one["detail"]["cve"] for one in run.findings if one["rule"] == "update.component"}


def test_hostile_and_missing_values() -> None:
    MISPEvent().from_json(text_of("misp", hostile()))
