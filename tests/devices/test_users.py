"""The user's file: what it decides, and what it is told when it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.device import Device, Same
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.users import read_users
from sensor.model import Claim
from tests.devices.seen import PHONE, PLUG, PREFIXES, TABLES, end, says

GOOD = f"""
[[device]]
id = "{PLUG.upper()}"
name = "Kitchen plug"
category = "plug"
model = "HS110"
merge = ["{PHONE}"]
apart = ["192.168.1.9"]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "devices.toml"
    path.write_text(text)
    return path


def test_what_the_user_says_wins(tmp_path: Path) -> None:
    users = read_users(written(tmp_path, GOOD))
    device = Device(
        PLUG,
        PLUG,
        False,
        (),
        "HS110",
        1,
        2,
        category=Claim("phone", 0.9, ()),
        vendor=Claim("TP-Link", 0.8, ()),
        in_scope=False,
    )
    device.probably_same = (Same("192.168.1.9", "x"), Same("192.168.1.10", "y"))
    other = Device("192.168.1.7", None, None, (), None, 1, 2)
    assert users.apply([device, other]) == [device, other]
    assert device.hostname == "Kitchen plug" and device.in_scope
    assert device.category is not None and (device.category.value, device.category.confidence) == ("plug", 1.0)
    assert device.category.because[0].field == "user" and device.category.because[0].signature == "devices.toml"
    assert device.vendor is not None and device.vendor.value == "TP-Link"
    assert device.probably_same == (Same("192.168.1.10", "y"),)


def test_records_he_joined_are_one(tmp_path: Path) -> None:
    found = Inventory(Networks(), oui=PREFIXES, signatures=TABLES, users=read_users(written(tmp_path, GOOD)))
    says(found, PLUG, "dhcp.hostname", "HS110(EU)", "192.168.1.5")
    says(found, PHONE, "dhcp.hostname", "Annas-iPhone", "192.168.1.6")
    [device] = found.devices()
    assert (device.id, device.mac, device.hostname) == (PLUG, PLUG, "Kitchen plug") and device.addresses == (
        "192.168.1.5",
        "192.168.1.6",
    )
    assert found.device_of(end("192.168.1.6", 1, PHONE)) == PLUG


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[device", "devices.toml: "),
        ("[[devices]]\nid = 'a'\n", "devices.toml:1: unknown key 'devices'; did you mean device?"),
        ("[device]\nid = 'a'\n", "write [[device]]"),
        (
            "[[device]]\nid = 'a'\ncatgory = 'plug'\n",
            "devices.toml:3: unknown key 'catgory' in device; did you mean category?",
        ),
        (
            "[[device]]\nid = 'a'\ncategory = 'plugg'\n",
            "devices.toml:3: category: there is no 'plugg'; did you mean plug?",
        ),
        (
            "[[device]]\nid = 'a'\ncategory = 'plug'\n[[device]]\nid = 'b'\ncategory = ['lamp']\n",
            "devices.toml:6: category: there is no ['lamp']",
        ),
        ("[[device]]\nname = 'x'\n", "devices.toml:1: device needs id"),
        ("[[device]]\nid = 7\n", "devices.toml:2: id: must be a text"),
        ("[[device]]\nid = 'a'\nmerge = 'b'\n", "devices.toml:3: merge: must be a list of device ids"),
        ("[[device]]\nid = 'a'\n[[device]]\nid = 'A'\n", "devices.toml:4: a is named twice"),
        (
            "[[device]]\nid = 'a'\nmerge = ['b']\n[[device]]\nid = 'b'\nmerge = ['c']\n",
            "b is merged into another device",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as told:
        read_users(written(tmp_path, text))
    assert sentence in str(told.value)
