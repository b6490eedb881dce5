"""Learning: signs of a device from its recordings, weighed against the others beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.device import Device, Trait
from sensor.devices.learning import as_toml, learn
from sensor.devices.signatures.learned import LearnedDevice, read_learned
from tests.devices.seen import TABLES

MAC, OTHER = "02:00:5e:00:53:a1", "02:00:5e:00:53:b1"


def device(mac: str, *traits: tuple[str, str]) -> Device:
    return Device(mac, mac, False, (), None, 1, 2, traits=tuple(Trait(*one, (1,)) for one in traits))


def patterns(found: LearnedDevice) -> dict[str, str]:
    return {sign.field: sign.pattern for sign in found.signs}


def test_the_unit_s_own_numbers_are_left_open() -> None:
    found = learn("x", {MAC}, [[device(MAC, ("dhcp.hostname", "kettle-0053A1"), ("mdns.host", "tap 48213"))]], TABLES)
    assert patterns(found) == {"dhcp.hostname": "^kettle\\-[0-9a-f]{6}$"}


def test_what_everybody_asks_for_and_bare_numbers_are_no_signs() -> None:
    traits = (("dns.name", "pool.ntp.org"), ("dns.name", "printer"), ("dhcp.hostname", "0053a1"))
    assert learn("x", {MAC}, [[device(MAC, *traits)]], TABLES).signs == ()


def test_a_sign_that_others_show_weighs_less() -> None:
    names = (("dns.name", "a.kettles.example"), ("dns.name", "b.kettles.example"))
    others = [device(f"02:00:5e:00:53:{number:02x}") for number in range(4)]
    recordings = [[device(MAC, *names), *others], [device(MAC, names[0]), device(OTHER, names[1])]]
    found = learn("x", {MAC}, recordings, TABLES)
    first, second = sorted(found.signs, key=lambda sign: sign.example)
    assert (first.seen, first.beside, second.seen, second.beside) == (2, 0, 1, 1)
    assert (found.captures, found.others) == (2, 5)
    assert found.weight(first) > found.weight(second)


def test_what_all_others_show_is_no_sign() -> None:
    others = [device(f"02:00:5e:00:53:{n:02x}", ("dhcp.vendor_class", "udhcp 1.36")) for n in range(20)]
    assert learn("x", {MAC}, [[device(MAC, ("dhcp.vendor_class", "udhcp 1.36")), *others]], TABLES).signs == ()


def test_the_way_of_speaking_tls_alone_recognises_nothing() -> None:
    found = learn("x", {MAC}, [[device(MAC, ("tls.ja4", "t13d1516h2_8daaf6152771_e5627efa2ab1"))]], TABLES)
    assert [found.weight(sign) for sign in found.signs] == [0.9]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    hostile = 'a"b\\c\nd\x7f]] [[device]]'
    found = learn(hostile, {MAC}, [[device(MAC, ("dhcp.hostname", "kettle'\"\\ \n one"))]], TABLES)
    path = tmp_path / "own.toml"
    path.write_text(as_toml(found), "utf-8")
    assert read_learned(path) == (found,)


def test_without_the_device_nothing_is_learned() -> None:
    with pytest.raises(ValueError, match="no recording has a device"):
        learn("x", {MAC}, [[device(OTHER)]], TABLES)
