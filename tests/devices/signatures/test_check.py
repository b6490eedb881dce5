"""The shipped signatures hold; each kind of defect is found in a folder written for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.signatures.check import check_signatures


def test_the_shipped_signatures_are_without_defect() -> None:
    assert check_signatures() == []


ENTRY = """
[[signature]]
name = "hs"
pattern = '^HS1\\d\\d'
vendor = "TP-Link"
category = "plug"
model = "{0}"
source = "kasa"
examples = [{ value = "HS110", model = "HS110" }]
"""


def defects(tmp_path: Path, text: str, domains: str = "") -> list[str]:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "x.name.toml").write_text('field = "x.name"\n' + text)
    (tmp_path / "makers.toml").write_text('[[maker]]\nname = "TP-Link"\n[[maker]]\nname = "Philips"\n')
    (tmp_path / "sources.toml").write_text('[source.kasa]\ntitle = "t"\n')
    (tmp_path / "destinations.toml").write_text(domains)
    return check_signatures(tmp_path)


def test_a_good_folder(tmp_path: Path) -> None:
    assert defects(tmp_path, ENTRY) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('source = "kasa"', 'source = "hearsay"', "source 'hearsay' is not in sources.toml"),
        ('value = "HS110", model = "HS110"', 'value = "HS110", model = "HS100"', "yields model 'HS110', not 'HS100'"),
        ('value = "HS110", model = "HS110"', 'value = "KP110", model = "HS110"', "yields vendor None, not 'TP-Link'"),
        ('value = "HS110", model = "HS110"', 'value = "HS110"', "does not say which model"),
        ('vendor = "TP-Link"', 'vendor = "Tp-link"', "is spelled 'TP-Link'"),
        ('vendor = "TP-Link"', 'vendor = "Nobody"', "'Nobody' is not in makers.toml"),
        ("examples =", 'not = ["HS100"]\nexamples =', "takes its counter-example 'HS100'"),
    ],
)
def test_defects_of_an_entry(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert any(reason in problem for problem in defects(tmp_path, ENTRY.replace(old, new)))


def test_an_entry_that_takes_another_s_example(tmp_path: Path) -> None:
    thief = (
        ENTRY.replace('"hs"', '"thief"')
        .replace("HS1\\d\\d", "HS\\d+")
        .replace("TP-Link", "Philips")
        .replace("source", "weight = 5\nsource")
    )
    problems = defects(tmp_path, ENTRY + thief)
    assert problems == [
        "devices/x.name.toml: hs: example 'HS110' is taken by x.name/thief, "
        "which says vendor 'Philips' with more weight"
    ]


def test_defects_of_the_domains(tmp_path: Path) -> None:
    domains = """
[[owner]]
name = "TP-Link"
source = "kasa"
domains = ["a.example", "Upper.example"]
[[tracker]]
name = "ads"
source = "hearsay"
domains = ["a.example"]
"""
    assert defects(tmp_path, ENTRY, domains) == [
        "destinations.toml: 'Upper.example' is no domain name in lower case",
        "destinations.toml: ads: source 'hearsay' is not in sources.toml",
        "destinations.toml: a.example stands under TP-Link and ads",
    ]
