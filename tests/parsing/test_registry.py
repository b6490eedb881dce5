"""Tests for sensor.parsing.registry: every protocol file found, by name, number and content, with its facts."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sensor.protocols
from sensor.model import Transport
from sensor.parsing import registry
from sensor.parsing.parser import Parser, Protocol, StreamParser
from sensor.parsing.registry import by_ethertype, by_ip_protocol, disclosures, facts, protocols, recognisable


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The registry over a package of a test's own."""
    monkeypatch.setattr(sensor.protocols, "__path__", [str(tmp_path)])
    caches = (registry._everything, protocols, facts, disclosures, recognisable, by_ethertype, by_ip_protocol)
    for cached in caches:
        cached.cache_clear()
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]
    for cached in caches:
        cached.cache_clear()


def write(folder: Path, name: str, *made: str) -> None:
    text = "from sensor.parsing.parser import Parser, Protocol\nfrom sensor.model import Transport\n"
    (folder / f"{name}.py").write_text(text + f"PROTOCOLS = ({', '.join(made)},)\n", "utf-8")


def test_every_protocol_has_a_title_for_sentences() -> None:
    assert [name for name, protocol in protocols().items() if not protocol.title] == []


@pytest.mark.parametrize(
    ("name", "title"), [("mqtt", "MQTT"), ("telnet", "Telnet"), ("rfb", "VNC"), ("unknown", "an unknown protocol")]
)
def test_titles_are_the_names_people_know(name: str, title: str) -> None:
    assert facts(name).title == title


def test_no_title_reads_like_a_name_in_a_program() -> None:
    assert not {protocol.title for protocol in protocols().values() if set(protocol.title) & set("_.")}


def test_a_name_without_a_parser_has_a_title_and_no_other_facts() -> None:
    assert facts("tcp").title == "TCP"
    assert not (facts("tcp").commands or facts("tcp").mail or facts("tcp").telemetry or facts("tcp").publishes)


def test_an_attribute_discloses_what_its_own_protocol_says() -> None:
    assert (disclosures()["dhcp.hostname"], disclosures()["upnp.serial"]) == ("name", "serial number")
    fields = [field for p in protocols().values() for fields in p.discloses.values() for field in fields]
    assert len(fields) == len(set(fields)) == len(disclosures())


def test_every_file_of_the_package_is_found() -> None:
    files = {module.name for module in pkgutil.iter_modules(sensor.protocols.__path__)}
    assert {protocol.parser.__module__.split(".")[2] for protocol in registry._everything()} == files


def test_numbers_lead_to_one_protocol_each() -> None:
    assert by_ethertype()[0x0806].name == "arp"
    assert by_ip_protocol()[89].name == "ospf"
    codes = [code for p in registry._everything() for code in p.ethertypes]
    assert len(codes) == len(set(codes))


def test_only_protocols_that_recognise_an_opening_are_tried_by_content() -> None:
    names = {protocol.name for protocol in recognisable(Transport.TCP)}
    assert {"ftp", "http", "tls"} <= names
    assert not names & {"ftp-data", "soap", "arp"}
    assert all(Transport.TCP in p.transports and p.recognise is not None for p in recognisable(Transport.TCP))


def test_two_forms_of_one_protocol_are_one_name_and_the_first_form_counts(elsewhere: Path) -> None:
    write(
        elsewhere,
        "double",
        'Protocol(name="double", title="Double", parser=Parser, transports=frozenset({Transport.UDP}))',
        'Protocol(name="double", parser=Parser)',
    )
    assert [p.transports for p in registry._everything()] == [{Transport.UDP}, {Transport.TCP}]
    assert protocols()["double"].title == "Double"


def test_a_name_that_two_files_take_for_one_transport_is_refused(elsewhere: Path) -> None:
    write(elsewhere, "one", 'Protocol(name="same", parser=Parser)')
    write(elsewhere, "two", 'Protocol(name="same", parser=Parser)')
    with pytest.raises(ValueError, match="two protocols are named same"):
        protocols()


def test_helpers_are_no_protocols(elsewhere: Path) -> None:
    (elsewhere / "_helper.py").write_text("", "utf-8")
    write(elsewhere, "only", 'Protocol(name="only", parser=Parser)')
    assert list(protocols()) == ["only"]


def test_whole_messages_are_taken_by_datagram_parsers_only() -> None:
    assert protocols()["dns"].whole_messages
    assert not protocols()["ftp"].whole_messages
    assert not Protocol(name="made", parser=lambda hint: StreamParser(hint)).whole_messages
    assert not Protocol(name="made", parser=Parser).whole_messages
