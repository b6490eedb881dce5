"""Interfaces from a made /sys and /proc: which one looks like a mirror port, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.setup import interfaces as module
from sensor.setup.interfaces import Interface, best, interfaces, on_link_prefixes, own_addresses


class Machine:
    """A folder like /sys/class/net and one like /proc/net."""

    def __init__(self, folder: Path) -> None:
        self.sys, self.proc = folder / "sys", folder / "proc"
        self.sys.mkdir()
        self.proc.mkdir()

    def add(
        self,
        name: str,
        *,
        kind: str = "ethernet",
        up: bool = True,
        received: int = 0,
        sent: int = 0,
        ports: tuple[str, ...] = (),
    ) -> None:
        here = self.sys / name
        (here / "statistics").mkdir(parents=True)
        (here / "type").write_text("772\n" if kind == "loopback" else "512\n" if kind == "ppp" else "1\n", "ascii")
        (here / "operstate").write_text("up\n" if up else "down\n", "ascii")
        (here / "speed").write_text("1000\n" if up else "-1\n", "ascii")
        (here / "statistics" / "rx_packets").write_text(f"{received}\n", "ascii")
        (here / "statistics" / "tx_packets").write_text(f"{sent}\n", "ascii")
        if kind in ("ethernet", "wifi"):
            (here / "device").mkdir()
        if kind == "wifi":
            (here / "wireless").mkdir()
        if kind == "bridge":
            (here / "bridge").mkdir()
            for port in ports:
                (here / "brif" / port).mkdir(parents=True)

    def receive(self, name: str, count: int) -> None:
        counter = self.sys / name / "statistics" / "rx_packets"
        counter.write_text(str(int(counter.read_text("ascii")) + count), "ascii")

    def look(self, **more: object) -> list[Interface]:
        return interfaces(self.sys, self.proc, **more)  # type: ignore[arg-type]


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    found: dict[str, str] = {}
    monkeypatch.setattr(module, "_ipv4", found.get)
    return found


@pytest.fixture
def machine(tmp_path: Path, addresses: dict[str, str]) -> Machine:
    return Machine(tmp_path)


ROUTE = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def test_a_mirror_port_is_found_among_others(machine: Machine, addresses: dict[str, str]) -> None:
    machine.add("lo", kind="loopback", received=500, sent=500)
    machine.add("eth0", received=90_000, sent=60_000)
    machine.add("eth1", received=800_000, sent=12)
    machine.add("wlan0", kind="wifi", received=100)
    machine.add("docker0", kind="bridge")
    machine.add("tun0", kind="ppp")
    addresses.update(lo="127.0.0.1", eth0="192.168.1.5")
    (machine.proc / "route").write_text(
        ROUTE + "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", "ascii"
    )
    found = machine.look(wait=lambda: machine.receive("eth1", 4321))
    assert best(found) == found[0] and found[0].name == "eth1" and found[0].recent == 4321
    told = {one.name: one.description() for one in found}
    assert (
        told["eth1"] == "looks like a mirror port: no address of its own, and much more is received than sent "
        "(804,321 packets received, 12 sent, 4,321 just now)"
    )
    assert told["eth0"].startswith("this machine's own way to the internet")
    assert told["wlan0"].startswith("Wi-Fi: hears its own conversations only")
    assert told["lo"] == "this machine talking to itself"
    assert {one.name for one in found if one.score == 0} >= {"lo", "wlan0", "docker0", "tun0", "eth0"}


def test_one_without_a_cable_is_none(machine: Machine) -> None:
    machine.add("eth1", up=False, received=10_000)
    [one] = machine.look()
    assert one.score == 0 and one.description() == "no cable, or nobody at the other end" and best([one]) is None
    assert one.recent is None and one.speed is None


def test_a_port_that_has_heard_nothing_yet_may_be_one(machine: Machine) -> None:
    machine.add("eth1")
    [one] = machine.look()
    assert best([one]) is one and "if its switch or router is set so" in one.description()


def test_a_mirror_port_with_an_address_of_its_own(machine: Machine, addresses: dict[str, str]) -> None:
    machine.add("eth1", received=100_000, sent=50)
    addresses["eth1"] = "192.168.1.9"
    [one] = machine.look()
    assert one.score == 3 and best([one]) is one


def test_a_router_hears_all_on_its_bridge(machine: Machine) -> None:
    machine.add("br-lan", kind="bridge", received=50, sent=50, ports=("lan1", "wlan0"))
    machine.add("br-empty", kind="bridge")
    found = {one.name: one for one in machine.look()}
    assert (
        found["br-lan"].score == 2
        and "a bridge of lan1, wlan0: if this machine is the router" in found["br-lan"].description()
    )
    assert found["br-empty"].score == 0 and best(list(found.values())) is None


def test_addresses_of_ipv6_but_not_those_that_every_interface_has(machine: Machine) -> None:
    machine.add("eth1")
    machine.add("eth2")
    (machine.proc / "if_inet6").write_text(
        "fe80000000000000025056fffec00001 02 40 20 80     eth1\n"
        "fd000000000000000000000000000002 03 40 00 80     eth2\nbroken\n",
        "ascii",
    )
    found = {one.name: one.addresses for one in machine.look()}
    assert found == {"eth1": (), "eth2": ("fd00::2",)}


def test_lasting_addresses_and_prefixes_of_this_machine(machine: Machine) -> None:
    (machine.proc / "if_inet6").write_text(
        "fe80000000000000025056fffec00001 02 40 20 80     eth1\n"
        "fd000000000000000000000000000002 03 40 00 80     eth1\n"
        "fd000000000000000000000000000abc 03 40 00 01     eth1\n"
        "fd00000000000000000000000000zzzz 03 40 00 80     eth1\n",
        "ascii",
    )
    assert "fd00::2" in own_addresses(machine.proc) and "fd00::abc" not in own_addresses(machine.proc)
    assert {str(one) for one in on_link_prefixes(machine.proc)} == {"fe80::/64", "fd00::/64"}


def test_the_way_to_the_internet_by_ipv6(machine: Machine) -> None:
    machine.add("eth0")
    zero = "0" * 32
    (machine.proc / "ipv6_route").write_text(
        f"{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
        f"{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n", "ascii"
    )  # fmt: skip
    [one] = machine.look()
    assert one.gateway


def test_nothing_there(tmp_path: Path) -> None:
    assert interfaces(tmp_path / "none", tmp_path / "none") == []


def test_this_machine_has_a_loopback_interface() -> None:
    assert {one.name: one.kind for one in interfaces()}["lo"] == "loopback"
