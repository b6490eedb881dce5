"""Turns a router that opens ports for whoever asks (UPnP), and one that refuses, into captures."""

from __future__ import annotations

from .lab import Failed, Host
from .network import Network
from .scenario import Scene, scenario

PACKAGES = ["miniupnpd", "miniupnpc", "nftables"]

_TABLES = """table inet filter {
 chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
 chain miniupnpd { }
 chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
 chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
 chain prerouting_miniupnpd { }
 chain postrouting_miniupnpd { }
}
"""

_DAEMON = """ext_ifname=wan0
listening_ip=eth0
port=5000
enable_upnp=yes
enable_natpmp={natpmp}
secure_mode=no
system_uptime=yes
notify_interval=900
uuid=8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c
serial=RT-000412
model_number=4
ext_ip=198.41.0.4
{rules}
"""


def _router(scene: Scene, wan: Network, rules: str, *, natpmp: bool = False) -> tuple[Host, Host]:
    """The router with its gateway service, and a recorder of cameras that asks it."""
    router = scene.net.host("router", "3c:a6:2f:4e:51:01", "192.168.50.1/24")
    recorder = scene.net.host("recorder", "ec:71:db:4e:51:62", "192.168.50.62/24", gateway="192.168.50.1")
    router.join(wan.bridge, "3c:a6:2f:4e:51:02", "203.0.113.44/24", port="w2", interface="wan0")
    router.write("/etc/lab/tables", _TABLES)
    router.run("nft", "-f", "/etc/lab/tables")
    router.write("/etc/lab/upnp.conf", _DAEMON.format(rules=rules, natpmp="yes" if natpmp else "no"))
    for host in (router, recorder):
        host.sh("ip route add 239.0.0.0/8 dev eth0")
        scene.truth.device(host)
    return router, recorder


def _ask(recorder: Host, *argv: str, code: int = 0) -> None:
    done = recorder.run("upnpc", "-m", "eth0", *argv, check=False)
    if done.returncode != code:
        raise Failed(f"upnpc {argv} ended with {done.returncode}: {done.stdout!r}")


def _play(scene: Scene, rules: str, code: int) -> tuple[Host, Host]:
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        router, recorder = _router(scene, wan, rules)
        with scene.net.recording(scene.capture):
            router.start("miniupnpd", "-d", "-f", "/etc/lab/upnp.conf", tcp=5000)
            _ask(recorder, "-e", "recorder", "-a", "192.168.50.62", "443", "18443", "TCP", code=code)
            _ask(recorder, "-e", "recorder", "-a", "192.168.50.62", "554", "10554", "TCP", code=code)
            _ask(recorder, "-l")
    return router, recorder


@scenario("upnp_ports", PACKAGES)
def upnp_ports(scene: Scene) -> None:
    """A recorder of cameras has two ports opened in the router, by UPnP and without any login

    miniupnpd in its usual state (it refuses to run with an address of RFC 5737 outside, so it is told that of a root
    name server); upnpc finds it by SSDP, reads its description, asks for 18443 (to its HTTPS) and 10554 (to its RTSP),
    and lists them.
    """
    router, recorder = _play(scene, "allow 1024-65535 0.0.0.0/0 0-65535", 0)
    for outside, inside in ((18443, 443), (10554, 554)):
        scene.truth.finding(
            "exposure.unauthenticated",
            recorder,
            router,
            "http",
            control=True,
            outside=False,
            resources=[f"port mapping {outside}/TCP -> 192.168.50.62:{inside}"],
        )
        scene.truth.finding(
            "exposure.opened", recorder, router, "http", iot=recorder, port=inside, external_port=outside, via="upnp"
        )


@scenario("upnp_refused", PACKAGES)
def upnp_refused(scene: Scene) -> None:
    """The same asked of a router that allows no mappings: the twin in which nothing was opened

    The rule `deny` in miniupnpd's configuration; upnpc is told that the action is not authorised.
    """
    _play(scene, "deny 0-65535 0.0.0.0/0 0-65535", 2)
    scene.truth.never("exposure.unauthenticated", "exposure.opened")


@scenario("natpmp_ports", ["miniupnpd", "natpmpc", "nftables"])
def natpmp_ports(scene: Scene) -> None:
    """A recorder of cameras has two ports opened in the router by NAT-PMP and closes one

    natpmpc asks miniupnpd for 10023 (to Telnet), takes it back, and asks for 10554 (to RTSP, UDP).
    """
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        router, recorder = _router(scene, wan, "allow 1024-65535 0.0.0.0/0 0-65535", natpmp=True)
        with scene.net.recording(scene.capture):
            router.start("miniupnpd", "-d", "-f", "/etc/lab/upnp.conf", udp=5351)
            for outside, inside, kind, seconds in (
                ("10023", "23", "tcp", "3600"),
                ("0", "23", "tcp", "0"),
                ("10554", "554", "udp", "3600"),
            ):
                done = recorder.run("natpmpc", "-g", "192.168.50.1", "-a", outside, inside, kind, seconds, check=False)
                if b"Mapped public port" not in done.stdout:
                    raise Failed(f"natpmpc {outside}: {done.stdout!r}")
    for outside, inside, kind in ((10023, 23, "tcp"), (10554, 554, "udp")):
        scene.truth.finding(
            "exposure.opened", recorder, router, None, iot=recorder, port=inside, external_port=outside,
            transport=kind, via="nat-pmp",
        )  # fmt: skip
