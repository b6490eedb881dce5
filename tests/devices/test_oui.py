"""Prefixes of the three block sizes, from a table written for the test and from the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.oui import Oui
from sensor.devices.signatures.compiled import SHIPPED
from tests.devices.seen import mac

TABLE = """# comment
00005E	ICANN, IANA Department
001BC5	IEEE Registration Authority
001BC5001	OpenRB.com, Direct SIA
286FB9	Nokia Shanghai Bell Co., Ltd.
34008A	IEEE Registration Authority
34008AD	Bright Technology Ltd.
FCFFAA	Private
"""


@pytest.fixture
def small(tmp_path: Path) -> Oui:
    path = tmp_path / "oui.tsv"
    path.write_text(TABLE)
    return Oui(path)


@pytest.mark.parametrize(
    ("hardware", "owner"),
    [
        ("00:00:5e:00:53:01", "ICANN, IANA Department"),
        ("00:1b:c5:00:1a:bc", "OpenRB.com, Direct SIA"),
        ("00:1b:c5:00:2a:bc", None),
        ("34:00:8a:d7:00:01", "Bright Technology Ltd."),
        ("34:00:8a:e7:00:01", None),
        ("28:6f:b9:01:02:03", "Nokia Shanghai Bell Co., Ltd."),
        ("fc:ff:aa:01:02:03", None),
        ("fc:ff:ab:01:02:03", None),
        ("00:00:00:01:02:03", None),
        ("02:00:5e:00:53:01", None),  # locally administered
    ],
)
def test_the_smallest_block_wins(small: Oui, hardware: str, owner: str | None) -> None:
    assert small.owner(mac(hardware)) == owner


def test_every_row_of_the_shipped_table_is_found() -> None:
    rows = [
        line.split("\t") for line in (SHIPPED / "oui.tsv").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    assert len(rows) > 58_000
    table, checked = Oui(), 0
    for digits, name in rows:
        octets = bytes.fromhex(digits.ljust(12, "0"))
        if not octets[0] & 2 and name not in ("Private", "IEEE Registration Authority"):
            assert table.owner(octets) == name, digits
            checked += 1
    assert checked > 50_000


def test_without_a_table_no_prefix_has_an_owner(tmp_path: Path) -> None:
    assert Oui(tmp_path / "none.tsv").owner(mac("00:00:5e:00:53:01")) is None


@pytest.mark.parametrize("text", ["x", "00005E", "00005E\t\n", "\n\n\n", "# only comments"])
def test_a_damaged_table_gives_no_owner(tmp_path: Path, text: str) -> None:
    (tmp_path / "oui.tsv").write_text(text)
    assert Oui(tmp_path / "oui.tsv").owner(mac("00:00:5e:00:53:01")) is None
