"""Components that name a version with a known flaw, and look-alikes that are none."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from sensor.detectors._components import components, version_numbers
from sensor.detectors.components import Components
from sensor.events import Attribute
from sensor.model import Finding, Flow, OnRepeat, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

OUT = flow(CAMERA, CLOUD)

ROWS = tomllib.loads(files("signatures").joinpath("components.toml").read_text("utf-8"))["component"]


def judge(banner: Attribute, of: Flow) -> list[Finding]:
    return list(Components(World()).observe(seen(banner, of)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["cve"])
def test_the_examples_of_the_table(row: dict[str, Any]) -> None:
    (component,) = [one for one in components() if one.cve == row["cve"]]
    for example in row["examples"]:
        assert component.version_in(example["value"]) == example["version"]
    for lure in row["not"]:
        assert component.version_in(lure) is None
    assert row["source"].endswith(row["cve"]) and len(row["date"]) == 10


def test_versions_are_compared_as_numbers() -> None:
    assert version_numbers("1.6.18") > version_numbers("1.6.6")
    assert version_numbers("0.52") < version_numbers("2014.63") < version_numbers("2016.74")
    assert version_numbers("9" * 300)


def test_a_component_with_a_known_flaw_is_a_concern() -> None:
    banner = Attribute(
        field="ssdp.server", value="Linux/2.6.21, UPnP/1.0, Portable SDK for UPnP devices/1.6.6", side=Side.CLIENT
    )
    (found,) = judge(banner, flow(CAMERA, LAPTOP))
    assert (found.rule, found.severity, found.device) == ("update.component", Severity.MEDIUM, "c0.a8.01.05")
    assert (
        found.detail["cve"] == "CVE-2012-5958"
        and found.detail["version"] == "1.6.6"
        and found.provisions == ("EN 303 645 5.3-8",)
    )


@pytest.mark.parametrize(
    ("field", "value", "side"),
    [
        ("http.title", "Portable SDK for UPnP devices/1.6.6", Side.CLIENT),
        ("ssdp.server", "Portable SDK for UPnP devices/1.14", Side.CLIENT),
        ("http.server", "GoAhead-http/3.6.4", Side.SERVER),
    ],
)
def test_other_fields_versions_and_people_s_servers_are_not(field: str, value: str, side: Side) -> None:
    assert judge(Attribute(field=field, value=value, side=side), OUT) == []


def test_what_only_the_home_network_reaches_weighs_less() -> None:
    client = Attribute(field="dhcp.vendor_class", value="udhcp 1.19.4", side=Side.CLIENT)
    (found,) = judge(client, flow(CAMERA, LAPTOP, 67, "dhcp"))
    assert (found.rule, found.severity, found.detail["cve"]) == ("update.component", Severity.LOW, "CVE-2018-20679")
    for value in ("udhcp 1.36.1", "udhcp", "android-dhcp-11"):
        mended = Attribute(field="dhcp.vendor_class", value=value, side=Side.CLIENT)
        assert not judge(mended, flow(CAMERA, LAPTOP, 67, "dhcp"))


SDK = "Portable SDK for UPnP devices/1.6.6"


@pytest.mark.parametrize(
    ("side", "ends", "device"),
    [
        (Side.CLIENT, (CAMERA, LAPTOP), "c0.a8.01.05"), (Side.SERVER, (LAPTOP, CAMERA), "c0.a8.01.05"),
        (Side.CLIENT, (CAMERA, CLOUD), "c0.a8.01.05"), (Side.SERVER, (CAMERA, CLOUD), None),
        (Side.CLIENT, (CLOUD, CAMERA), None), (Side.SERVER, (CLOUD, CLOUD), None),
    ],
)  # fmt: skip
def test_a_banner_is_its_senders(side: Side, ends: tuple[bytes, bytes], device: str | None) -> None:
    found = judge(Attribute(field="ssdp.server", value=SDK, side=side), flow(*ends))
    assert [one.device for one in found] == ([device] if device else [])


def test_two_components_in_one_banner_are_two_findings_and_two_versions_too() -> None:
    def identities(value: str) -> set[object]:
        return {one.identity for one in judge(Attribute(field="ssdp.server", value=value, side=Side.CLIENT), OUT)}

    assert identities(SDK) and identities(SDK) == identities("Linux/2.6 " + SDK)
    assert not identities(SDK) & identities(SDK.replace("1.6.6", "1.6.5"))


def test_what_a_banner_says_again_is_counted() -> None:
    assert Components(World()).on_repeat(Attribute(field="x", value="y", side=Side.CLIENT)) is OnRepeat.SAME


@pytest.mark.parametrize(
    ("version", "affected"),
    [("1.9", False), ("2", True), ("2.0", True), ("2.5.9", True), ("2.6", False), ("2.6.0", False), ("3", False)],
)
def test_from_the_first_version_with_the_flaw_to_the_one_before_it_was_mended(version: str, affected: bool) -> None:
    row = replace(
        components()[0], pattern=re.compile(r"x/([\d.]+\d|\d)"), start=(2,), below=(2, 6), to=None
    )  # fmt: skip
    assert row.version_in(f"x/{version}") == (version if affected else None)
    last = replace(row, start=(), below=None, to=(2, 5, 9))
    assert (last.version_in(f"x/{version}") is not None) is (version in ("1.9", "2", "2.0", "2.5.9"))
    assert row.version_in("y" * 512 + "x/2.1") is None and row.version_in("y" * 508 + "x/2.1") is not None


def test_digits_without_end_are_a_number_all_the_same() -> None:
    assert version_numbers("123456789999.1") == (123456789, 1)
