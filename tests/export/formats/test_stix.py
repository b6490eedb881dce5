"""STIX bundles, parsed by the stix2 library."""

from __future__ import annotations

import pytest
import stix2
from stix2.exceptions import STIXError

from tests.export.exported import NAMES, document_of, hostile, run_of, text_of


@pytest.mark.parametrize("name", NAMES)
def test_the_library_parses_it(name: str) -> None:
    run = run_of(name)
    bundle = stix2.parse(text_of("stix", run))
    kinds = [one.type for one in bundle.objects]
    assert kinds.count("infrastructure") == len(run.devices)
    assert len({one.id for one in bundle.objects}) == len(bundle.objects)
    known = {one.id for one in bundle.objects}
    for one in bundle.objects:
        references = [*getattr(one, "object_refs", ()), getattr(one, "source_ref", None), getattr(one, "src_ref", None)]
        assert {each for each in references if each} <= known


def test_the_library_refuses_a_wrong_bundle() -> None:
    for kind, wrong in (
        ("note", {"riddle": 1}), ("note", {"object_refs": []}), ("note", {"created": "yesterday"}),
        ("ipv4-addr", {"value": None}),
    ):  # fmt: skip
        made = document_of("stix", run_of("home"))
        next(one for one in made["objects"] if one["type"] == kind).update(wrong)
        with pytest.raises((STIXError, ValueError)):
            stix2.parse(made)


def test_observables_have_the_ids_that_the_library_gives() -> None:
    found = {one["id"]: one for one in document_of("stix", run_of("home"))["objects"]}
    address = next(one for one in found.values() if one["type"] == "ipv4-addr")
    assert stix2.IPv4Address(value=address["value"]).id == address["id"]
    mac = next(one for one in found.values() if one["type"] == "mac-addr")
    assert stix2.MACAddress(value=mac["value"]).id == mac["id"]
    traffic = next(one for one in found.values() if one["type"] == "network-traffic")
    made = stix2.NetworkTraffic(
        **{name: value for name, value in traffic.items() if name not in ("id", "spec_version")}
    )
    assert made.id == traffic["id"]


def test_findings_and_flaws() -> None:
    run = run_of("home")
    bundle = stix2.parse(text_of("stix", run))
    notes = [one for one in bundle.objects if one.type == "note"]
    assert len(notes) == sum(bool(one["device"] or one["client"] or one["server"]) for one in run.findings)
    flaws = {one.name for one in bundle.objects if one.type == "vulnerability"}
    assert flaws == {one["detail"]["cve"] for one in run.findings if one["rule"] == "update.component"} != set()


def test_it_is_the_same_whenever_it_is_made() -> None:
    assert text_of("stix", run_of("home")) == text_of("stix", run_of("home"))


def test_hostile_and_missing_values() -> None:
    assert stix2.parse(text_of("stix", hostile())).objects
