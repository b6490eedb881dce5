"""Signature files written for the test.

What they say of a value, what happens to broken ones, and that the kept form is as good.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.signatures.matcher import MAX_CLAIM, SignatureMatch, Signatures

HOSTS = r"""
field = "dhcp.hostname"
also = ["mdns.host"]
[[signature]]
name = "hs"
pattern = '^(HS1\d\d)(?:\(|$)'
vendor = "TP-LINK TECHNOLOGIES CO.,LTD."
category = "plug"
model = "{1}"
weights = { vendor = 4, category = 3.5, model = 4 }
source = "kasa"
examples = [{ value = "HS110(EU)", model = "HS110" }]
[[signature]]
name = "any-maker"
pattern = '^made by (.+)$'
vendor = "{1}"
source = "kasa"
examples = [{ value = "made by Example Ltd", vendor = "Example" }]
[[table]]
name = "kind"
pattern = '^kind-(\w+)$'
source = "kasa"
columns = ["category", "model"]
example = "kind-{key}"
[table.rows]
lamp = ["light", "Lamp 1"]
cam = ["camera", ""]
"""
MAKERS = """
[[maker]]
name = "TP-Link"
also = ["TP-LINK TECHNOLOGIES"]
[[maker]]
name = "Espressif"
module = true
"""
DOMAINS = """
[[owner]]
name = "TP-Link"
weight = 2.5
source = "kasa"
domains = ["tplinkcloud.com"]
[[tracker]]
name = "ads"
source = "kasa"
domains = ["ads.example", "x.tplinkcloud.com"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "dhcp.hostname.toml").write_text(HOSTS)
    (tmp_path / "makers.toml").write_text(MAKERS)
    (tmp_path / "destinations.toml").write_text(DOMAINS)
    return tmp_path


def claims(tables: Signatures, field: str, value: str) -> list[tuple[str, str, float]]:
    return [(match.kind, match.value, match.weight) for match in tables.match(field, value)]


def test_what_a_value_says(folder: Path) -> None:
    tables = Signatures(folder, cache="")
    assert tables.problems == []
    assert claims(tables, "dhcp.hostname", "hs110(EU)") == [
        ("vendor", "TP-Link", 4),
        ("category", "plug", 3.5),
        ("model", "hs110", 4),
    ]
    assert claims(tables, "mdns.host", "HS100") == [
        ("vendor", "TP-Link", 4),
        ("category", "plug", 3.5),
        ("model", "HS100", 4),
    ]
    assert claims(tables, "dhcp.hostname", "myHS100") == [] and claims(tables, "upnp.udn", "HS100") == []
    assert tables.match("dhcp.hostname", "HS100")[0] == SignatureMatch("vendor", "TP-Link", 4, "dhcp.hostname/hs")


def test_what_is_taken_out_of_the_traffic_is_tidied(folder: Path) -> None:
    tables = Signatures(folder, cache="")
    assert claims(tables, "dhcp.hostname", "made by  Some_Body  GmbH") == [("vendor", "Some Body", 3)]
    assert claims(tables, "dhcp.hostname", "made by Espressif") == []  # a module's maker is nobody's vendor
    assert claims(tables, "dhcp.hostname", "made by " + "x" * (MAX_CLAIM + 1)) == []
    assert claims(tables, "dhcp.hostname", "made by \x1b[31m") == []


def test_a_table_answers_by_its_key(folder: Path) -> None:
    tables = Signatures(folder, cache="")
    assert claims(tables, "dhcp.hostname", "KIND-LAMP") == [("category", "light", 3), ("model", "Lamp 1", 3)]
    assert claims(tables, "dhcp.hostname", "kind-cam") == [("category", "camera", 3)]
    assert claims(tables, "dhcp.hostname", "kind-fork") == []


def test_a_name_belongs_to_the_longest_listed_domain(folder: Path) -> None:
    tables = Signatures(folder, cache="")
    found = tables.domain("Devs.TPLinkCloud.com.")
    assert found is not None and (found.owner, found.party, found.weight) == ("TP-Link", "vendor", 2.5)
    assert (inner := tables.domain("a.x.tplinkcloud.com")) is not None and inner.party == "tracker"
    assert tables.domain("nottplinkcloud.com") is None and tables.domain("com") is None and tables.domain("") is None


def test_a_broken_file_costs_itself_and_is_named_with_its_line(folder: Path) -> None:
    (folder / "devices" / "ftp.banner.toml").write_text("field = =\nx = 1\n")
    (folder / "devices" / "ssh.banner.toml").write_text(
        'field = "ssh.banner"\n[[signature]]\nname = "bad"\npattern = "("\nvendor = "x"\n'
        'source = "s"\nexamples = [{ value = "x" }]\n'
    )
    tables = Signatures(folder, cache="")
    assert len(tables.problems) == 2
    assert tables.problems[0].startswith("devices/ftp.banner.toml: ") and "line 1" in tables.problems[0]
    assert tables.problems[1].startswith("devices/ssh.banner.toml: line 3: bad: pattern not a regular expression")
    assert claims(tables, "dhcp.hostname", "HS100")


def test_the_cached_form_answers_alike_until_a_file_changes(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = Signatures(folder, cache=str(kept))
    assert len(list(kept.rglob("signatures-*.json"))) == 1
    again = Signatures(folder, cache=str(kept))
    for value in ("HS110(EU)", "made by Example Ltd", "kind-lamp"):
        assert again.match("dhcp.hostname", value) == first.match("dhcp.hostname", value)
    path = folder / "devices" / "dhcp.hostname.toml"
    path.write_text(HOSTS.replace('category = "plug"', 'category = "switch"'))
    assert ("category", "switch", 3.5) in claims(Signatures(folder, cache=str(kept)), "dhcp.hostname", "HS100")


def test_a_damaged_or_unwritable_cache_only_costs_time(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    Signatures(folder, cache=str(kept))
    for path in kept.rglob("signatures-*.json"):
        path.write_text("{")
    assert claims(Signatures(folder, cache=str(kept)), "dhcp.hostname", "HS100")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert claims(Signatures(folder, cache=str(blocked)), "dhcp.hostname", "HS100")


def test_the_shipped_ones_are_read() -> None:
    tables = Signatures(cache="")
    assert tables.problems == []
    assert tables.makers.find("Espressif Inc.") is not None and tables.domain("bridge.meethue.com") is not None
