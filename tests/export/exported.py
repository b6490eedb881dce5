"""Records of our captures for the tests of formats: each capture is read once."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from sensor.export.formats._format import formats
from sensor.export.run_records import RunRecords
from sensor.export.transactions import Transactions
from sensor.replay import read_records
from sensor.run import Options
from sensor.vault import Vault
from tests.replaying import PCAPS, Record, capture_in

NAMES = ("home", "tls_certificates", "odd_passwords", "ipv6_fragments", "vlan_tunnels", "upnp_ports")
"""Captures with what formats stumble over: many devices, certificates, names that are markup, IPv6, no IP at all."""


@cache
def records_of(name: str) -> tuple[Record, ...]:
    """All records of a capture, as JSON has them, with its flows and what was asked in them."""
    vault = Vault(bytes(32))
    transactions = Transactions(vault)
    found = read_records(str(capture_in(PCAPS / name)), vault, Options(strict=True, flows=True), transactions)
    assert not isinstance(found, str), found
    return tuple(json.loads(json.dumps(one)) for one in (*found, *transactions.finished))


def run_of(*names: str) -> RunRecords:
    """The records of captures together, typed."""
    return RunRecords.of(one for name in names for one in records_of(name))


def without_transactions(run: RunRecords) -> RunRecords:
    """As records of a file have it."""
    return replace(run, transactions=[])


def text_of(form: str, run: RunRecords) -> str:
    """A format of one file, whole."""
    text = formats()[form].text
    assert text is not None
    return "".join(text(run))


def document_of(form: str, run: RunRecords) -> Any:
    """The same, where it is one JSON document."""
    return json.loads(text_of(form, run))


def lines_of(form: str, run: RunRecords) -> list[Any]:
    """The same, where it is one JSON value a line."""
    return [json.loads(line) for line in text_of(form, run).splitlines()]


def files_of(form: str, run: RunRecords) -> dict[str, bytes]:
    """The files of a format that has several."""
    files = formats()[form].files
    assert files is not None
    return dict(files(run))


def hostile() -> RunRecords:
    """A run whose names, sentences and paths are what an attacker chose, and in which little is known."""
    nasty = "=cmd|'\t\n\r\x00\x1b[2J\u2028</script>\"\\-" + "\udc80"
    found: list[Record] = []
    for one in records_of("home"):
        changed = dict(one)
        if one["record"] == "finding":
            changed |= {"summary": nasty, "advice": nasty, "protocol": nasty, "client": None, "time": None}
            changed |= {"last_time": None, "evidence": [{"capture": nasty, "frames": [1]}]}
            changed["detail"] = {
                name: nasty if isinstance(value, str) else value for name, value in one["detail"].items()
            }
        elif one["record"] == "device":
            changed |= {"hostname": nasty, "first_seen": None, "last_seen": None, "mac": None, "addresses": []}
        elif one["record"] == "capture":
            changed |= {"capture": nasty, "first_time": None, "last_time": None}
        elif one["record"] == "flow":
            changed |= {"server_name": nasty, "application": nasty, "end": None}
        elif one["record"] == "transaction":
            texts = (
                "name",
                "kind",
                "code",
                "host",
                "path",
                "method",
                "hostname",
                "version",
                "cipher",
                "subject",
                "alpn",
            )
            changed["detail"] = {
                name: [nasty] if isinstance(value, list) else nasty if name in texts else value
                for name, value in one["detail"].items()
            }
        found.append(changed)
    return RunRecords.of(found)
