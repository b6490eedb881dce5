"""Turns hosts into a network: one bridge in a namespace of its own, and the recorder that listens there."""

from __future__ import annotations

import contextlib
import pathlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator

from .lab import Failed, Host, wait_for


class Network:
    """One bridge in a namespace of its own, the hosts plugged into it, and the recorder that listens there."""

    def __init__(self, work: pathlib.Path, bridge: str = "bridge") -> None:
        self.work = work
        self.hosts: dict[str, Host] = {}
        shim = pathlib.Path(__file__).with_name("programs") / "uname.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(work / "uname.so"), str(shim)], check=True, timeout=30)
        self.bridge = Host(bridge, work)
        # A bridge that speaks (spanning tree, IPv6 of its own) or that hides multicast would falsify the recording.
        self.bridge.sh(
            "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; ip link add br0 type bridge stp_state 0 "
            "mcast_snooping 0 forward_delay 0; ip link set br0 addrgenmode none up"
        )

    def host(self, name: str, mac: str, *addresses: str, gateway: str = "", plugged: bool = True) -> Host:
        """A new device with static addresses (`a.b.c.d/24`), plugged into the bridge at once unless told otherwise."""
        host = self.hosts[name] = Host(name, self.work)
        host.mac, host.address = mac, addresses[0].split("/")[0] if addresses else ""
        if plugged:
            host.join(self.bridge, mac, *addresses, port=f"p{len(self.hosts)}", gateway=gateway)
        return host

    def plug(self, host: Host, expected_address: str) -> None:
        """Plugs in a device that gets its address by DHCP: `expected_address` is the one reserved for it."""
        host.address = expected_address
        host.join(self.bridge, host.mac, port="q" + expected_address.rsplit(".", 1)[1])

    @contextlib.contextmanager
    def recording(self, capture: pathlib.Path, settle: float = 0.6) -> Iterator[None]:
        """Records all that crosses the bridge while the block runs; a dropped packet is a failure."""
        note = self.work / "recorder.log"
        tool = (
            ["dumpcap", "-q", "-i", "br0", "-s", "0", "-B", "16", "-w", str(capture)]
            if capture.suffix == ".pcapng"
            else [
                "tcpdump",
                "-Z",
                "root",
                "-i",
                "br0",
                "-s",
                "0",
                "-U",
                "--immediate-mode",
                "-B",
                "16384",
                "-w",
                str(capture),
            ]
        )
        with note.open("wb") as out:
            recorder = subprocess.Popen(self.bridge.command(tool), stdout=out, stderr=out, start_new_session=True)
        try:
            wait_for(lambda: capture.exists() and capture.stat().st_size >= 24, 10, "the recorder")
            time.sleep(settle)
            yield
            time.sleep(settle)
        finally:
            self.bridge.stop(recorder, signal.SIGINT)
        wait_for(lambda: "dropped" in note.read_text(), 5, "the recorder's last words")
        said = note.read_text()
        if not re.search(r"^0 packets dropped by kernel|/0 \(pcap:0/dumpcap:0/", said, re.MULTILINE):
            raise Failed(f"the recorder lost packets, or did not say: {said}")

    def close(self) -> None:
        for host in [*self.hosts.values(), self.bridge]:
            host.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()
