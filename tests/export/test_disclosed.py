"""Ledgers of a whole run: as records, and as the few lines of the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.geo import Geo
from sensor.export.disclosed import ledger_records, lines
from sensor.export.records import records
from sensor.records import Record
from sensor.run import Options
from tests.devices.test_geo import FILE
from tests.replaying import PCAPS, Result, read


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("geo") / "geo.mmdb"
    path.write_bytes(FILE)
    return read(PCAPS / "home" / "capture.pcapng", options=Options(strict=True, geo=Geo(path)))


def test_personal_data_of_a_television(home: Result) -> None:
    """It sent an advertising id and a place to count.audience.example (pcaps/home)."""
    told = [(one.what, one.destination.split(" (")[0]) for one in lines(home)]
    assert ("advertising ID, place", "count.audience.example") in told


def test_every_line_names_findings_of_its_device(home: Result) -> None:
    found: list[Record] = list(ledger_records(home))
    assert found
    for record in found:
        for line in record["personal"]:
            assert line["findings"]
            for name in line["findings"]:
                assert home.findings[name].device == record["device"]


def test_what_was_encrypted_adds_up(home: Result) -> None:
    """All that a device moved encrypted, less what stayed in the home."""
    for record in ledger_records(home):
        device = next(one for one in home.devices if one.id == record["device"])
        local = sum(one.encrypted for one in device.destinations if one.party == "local")
        volumes = sum(one["bytes"] for one in record["volumes"] if one["protection"] == "encrypted")
        assert volumes + local == device.bytes.encrypted


def test_countries_stand_at_destinations_outside(home: Result) -> None:
    countries = {
        (one["address"], one["country"])
        for each in records(home)
        if each["record"] == "device"
        for one in each["destinations"]
    }
    outside = [country for address, country in countries if address and address.startswith("203.0.113.")]
    assert outside and set(outside) == {"DE"}
    assert not [country for address, country in countries if address and address.startswith("192.168.") and country]


def test_a_quiet_capture_has_no_lines() -> None:
    assert lines(read(PCAPS / "ntp" / "capture.pcap")) == []
    assert Path(PCAPS).is_dir()
