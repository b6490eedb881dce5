"""Findings held to Wireshark: what counts as agreement, as none, as another opinion; kept with record and store."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest

from sensor.evidence import cross_check as module
from sensor.evidence.cross_check import (
    CrossCheckResult,
    DissectedFrame,
    OtherReading,
    chosen,
    cross_check,
    dissectors,
    opinion,
)
from sensor.model import Finding, Severity
from sensor.replay import read
from sensor.run import Options
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.vault import Vault
from tests.cli.test_main import lanwitness
from tests.replaying import PCAPS

CAPTURE = PCAPS / "ftp_login" / "capture.pcap"
KNOWN = frozenset({"ftp", "ftp-data", "mqtt", "pgsql", "tls"})
needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None and os.environ.get("CI") != "true", reason="tshark is not installed"
)


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    result = read(str(CAPTURE), Vault(bytes(32)), Options())
    assert not isinstance(result, str)
    return result.findings


@pytest.fixture
def login(findings: dict[str, Finding]) -> Finding:
    return next(one for one in findings.values() if one.rule == "credential.cleartext")


def frame(finding: Finding, *layers: str, addresses: tuple[str, ...] | None = None) -> DissectedFrame:
    ends = [str(ip_address(end.address)) for end in (finding.client, finding.server) if end is not None]
    return DissectedFrame(1, ("eth", "ip", "tcp", *layers), frozenset(ends if addresses is None else addresses))


@pytest.mark.parametrize(
    ("protocol", "layers", "theirs"),
    [
        ("ftp", ("ftp",), "ftp"),
        ("ftp", ("ftp-data", "data-text-lines"), "ftp"),
        ("postgresql", ("pgsql",), "postgresql"),
        ("ftp", (), None),
        ("ftp", ("data",), None),
        ("ftp", ("tls",), None),
        ("lanwitness-only", ("mqtt",), None),
        ("mqtt", ("ftp",), "ftp"),
        ("tls", ("tls",), "tls"),
    ],
)
def test_what_is_agreement_and_what_is_not(
    login: Finding, protocol: str, layers: tuple[str, ...], theirs: str | None
) -> None:
    ours = replace(login, protocol=protocol)
    assert opinion(ours, [frame(ours, *layers)], KNOWN) == theirs


def test_other_ends_are_a_disagreement(login: Finding) -> None:
    other = frame(login, "ftp", addresses=("192.0.2.1", "192.0.2.2"))
    assert opinion(login, [other], KNOWN) == "other ends: 192.0.2.1, 192.0.2.2"
    assert opinion(login, [other, frame(login, "ftp")], KNOWN) == "ftp"
    assert opinion(login, [], KNOWN) is None


def test_one_of_each_rule_and_protocol_comes_first(findings: dict[str, Finding]) -> None:
    kinds = {(one.rule, one.protocol) for one in findings.values()}
    first = chosen(findings, len(kinds))
    assert {(one.rule, one.protocol) for _, one in first} == kinds
    assert len(chosen(findings, 1000)) == len(findings) and len(chosen(findings, 1)) == 1


@needs_tshark
def test_a_wrong_claim_of_ours_is_found(findings: dict[str, Finding], login: Finding) -> None:
    assert cross_check(str(CAPTURE), findings, 100).differ == ()
    name = next(name for name, one in findings.items() if one is login)
    wrong = cross_check(str(CAPTURE), {name: replace(login, protocol="mqtt")}, 1)
    assert [(one.finding, one.ours, one.theirs) for one in wrong.differ] == [(name, "mqtt", "ftp")]
    assert wrong.differ[0].frames == login.frames and wrong.record()["differ"][0]["theirs"] == "ftp"


@needs_tshark
def test_the_outcome_is_printed_and_stands_in_record_and_store(tmp_path: Path) -> None:
    run = lanwitness(
        "replay", CAPTURE, "--cross-check", "4", "--json", tmp_path / "x.jsonl", "--store", tmp_path / "x.db",
        state=str(tmp_path),
    )  # fmt: skip
    assert run.returncode == 0 and "cross-check: of 4 findings Wireshark agrees with 4, differs in 0" in run.stderr
    records = map(json.loads, (tmp_path / "x.jsonl").read_text().splitlines())
    (written,) = [record for record in records if record["record"] == "capture"]
    assert written["cross_check"] == {"agreed": 4, "no_opinion": 0, "differ": []}
    with StoreReader(store_location(str(tmp_path / "x.db"))) as reader:
        (stored,) = reader.captures(reader.runs()[0].id)
    assert stored["cross_check"] == written["cross_check"]


def test_what_it_cannot_be_asked_of(monkeypatch: pytest.MonkeyPatch) -> None:
    for more in (("--join",), ("--jobs", "2"), ("-",)):
        run = lanwitness("replay", CAPTURE, "--cross-check", "4", *more)
        assert run.returncode == 2 and "reads each capture again" in run.stderr


def test_an_end_that_is_not_known_is_not_compared(login: Finding) -> None:
    """A finding may have one end alone, or one without an address."""
    assert login.client is not None and login.server is not None
    server = str(ip_address(login.server.address))
    for client in (None, replace(login.client, address=b"")):
        ours = replace(login, client=client)
        assert opinion(ours, [frame(login, "ftp", addresses=(server, "192.0.2.9"))], KNOWN) == "ftp"
        assert opinion(ours, [frame(login, "ftp", addresses=("192.0.2.9",))], KNOWN) == "other ends: 192.0.2.9"
    assert opinion(login, [frame(login, "ftp", addresses=())], KNOWN) is None


def test_what_the_dissection_names_is_named_once(login: Finding) -> None:
    frames = [frame(login, "mqtt", "tls"), frame(login, "mqtt", "pgsql")]
    assert opinion(login, frames, KNOWN) == "mqtt, pgsql"


def test_which_protocols_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tshark -G protocols`: name, short name, filter; without tshark, none."""
    program = tmp_path / "tshark"
    program.write_text("#!/bin/sh\nprintf 'PostgreSQL\\tPGSQL\\tpgsql\\tT\\nMQTT\\tMQTT\\tmqtt\\nhalf\\tline\\n'\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    assert dissectors.__wrapped__() == {"pgsql", "mqtt"}
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert dissectors.__wrapped__() == frozenset()


def test_agreement_silence_and_difference_are_counted(login: Finding, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, set[int]]] = []

    def read_packets(path: str, numbers: set[int], _: object) -> list[DissectedFrame]:
        asked.append((path, numbers))
        return [replace(frame(login, "ftp"), number=number) for number in sorted(numbers)]

    monkeypatch.setattr(module, "read_packets", read_packets)
    monkeypatch.setattr(module, "dissectors", lambda: KNOWN)
    many = {
        "f1": replace(login, frames=tuple(range(1, 20))),
        "f2": replace(login, protocol="mqtt", frames=(31, 32)),
        "f3": replace(login, protocol="lanwitness-only", frames=(41,)),
        "f4": replace(login, protocol="pgsql", frames=()),
    }
    result = cross_check("a.pcap", many, 9)
    assert asked == [("a.pcap", {1, 2, 3, 4, 5, 6, 7, 8, 31, 32, 41})]
    assert result == CrossCheckResult(1, 2, (OtherReading("f2", login.rule, "mqtt", "ftp", (31, 32)),))
    said = "cross-check: of 4 findings Wireshark agrees with 1, differs in 1, has no opinion on 2"
    assert result.sentence() == said
    assert result.differ[0].sentence() == f"{login.rule} (f2), packets 31, 32: mqtt by us, ftp by Wireshark"
    assert CrossCheckResult(1, 0, ()).sentence().endswith("differs in 0")
    assert cross_check("a.pcap", {}, 9) == CrossCheckResult(0, 0, ()) and len(asked) == 1


def test_the_worst_and_then_the_first_come_first(login: Finding) -> None:
    severe, slight = max(Severity), min(Severity)
    many = {
        "b": replace(login, rule="r1", severity=slight, time=1),
        "c": replace(login, rule="r1", severity=severe, time=9),
        "d": replace(login, rule="r2", severity=severe, time=8),
        "a": replace(login, rule="r1", severity=severe, time=9),
    }
    assert [name for name, _ in chosen(many, 9)] == ["d", "a", "c", "b"]
    assert [name for name, _ in chosen(many, 3)] == ["d", "a", "c"]


class _Layer:
    """A layer as pyshark has it, with the ends that its fields name."""

    def __init__(self, layer_name: str, *ends: str) -> None:
        self.layer_name = layer_name
        self._ends = dict(zip(("src", "dst"), ends, strict=False))

    def get_field(self, name: str) -> str:
        return self._ends[name]


@pytest.mark.parametrize(
    ("layer", "client", "server", "other"),
    [
        ("ip", "192.0.2.1", "192.0.2.2", "192.0.2.9"),
        ("ipv6", "2001:db8::1", "2001:db8::2", "2001:db8::9"),
    ],
)
def test_ends_are_compared_in_both_families(
    login: Finding, monkeypatch: pytest.MonkeyPatch, layer: str, client: str, server: str, other: str
) -> None:
    """The addresses are those of the layers of IP: Ethernet and ARP have fields of the same names."""
    assert login.client is not None and login.server is not None
    ours = replace(
        login,
        frames=(7,),
        client=replace(login.client, address=ip_address(client).packed),
        server=replace(login.server, address=ip_address(server).packed),
    )
    for destination, differ in ((server, ()), (other, ("other ends",))):
        packet = SimpleNamespace(
            number="7",
            layers=[
                _Layer("eth", "02:00:00:00:00:01", "02:00:00:00:00:02"),
                _Layer(layer, client, destination),
                _Layer("tcp"),
                _Layer("FTP"),
            ],
        )
        monkeypatch.setattr(module, "read_packets", lambda _path, _numbers, reads, one=packet: [reads(one)])
        monkeypatch.setattr(module, "dissectors", lambda: KNOWN)
        result = cross_check("a.pcap", {"f": ours}, 9)
        assert result.agreed == (not differ)
        assert tuple(one.theirs.split(":")[0] for one in result.differ) == differ
