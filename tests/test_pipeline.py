"""What the pipeline ties together: announced flows, neighbours without ports, listeners, losses."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from typing import Any

import dpkt
import pytest

from sensor.capture import open_capture
from sensor.detectors._detector import Detector
from sensor.events import Lookup
from sensor.flows.conversation import Conversation
from sensor.flows.neighbours import LinkFlow
from sensor.model import Endpoint, Finding, Flow, Observation, Transport
from sensor.pipeline import InstrumentedDetector
from sensor.run import Options, Run
from sensor.statistics import Statistics
from sensor.vault import Vault
from tests.replaying import PCAPS, address, of, replayed
from tests.test_run import ethernet, pcap, read_bytes

CAMERA, PHONE = b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2"


def arp(sender: bytes, sender_ip: bytes, target_ip: bytes) -> bytes:
    return b"\0\1\x08\0\6\4\0\1" + sender + sender_ip + bytes(6) + target_ip


def test_ftp_data_is_recognised_by_its_announcement() -> None:
    flows = of(replayed(PCAPS / "ftp_login" / "capture.pcap"), "finding", "transfer.unencrypted")
    assert any(finding["protocol"] == "ftp" for finding in flows)


def test_neighbours_bind_addresses() -> None:
    frames = [ethernet(CAMERA, b"\xff" * 6, arp(CAMERA, b"\xc0\xa8\1\5", b"\xc0\xa8\1\6"), 0x0806)]
    frames += [ethernet(PHONE, CAMERA, arp(PHONE, b"\xc0\xa8\1\6", b"\xc0\xa8\1\5"), 0x0806)] * 3
    found = {device.mac: device.addresses for device in read_bytes(pcap(frames)).devices}
    assert found.get("00:11:32:00:00:01", ("192.168.1.5",)) == ("192.168.1.5",)


def test_every_finding_names_packets_of_the_capture() -> None:
    found = replayed(PCAPS / "home" / "capture.pcapng")
    (capture,) = of(found, "capture")
    for finding in of(found, "finding"):
        frames = [frame for evidence in finding["evidence"] for frame in evidence["frames"]]
        assert frames and all(1 <= frame <= capture["packets"] for frame in frames)


def test_findings_stand_between_the_ends_they_name() -> None:
    devices = {d["id"]: set(d["addresses"]) for d in of(replayed(PCAPS / "home" / "capture.pcapng"), "device")}
    for finding in of(replayed(PCAPS / "home" / "capture.pcapng"), "finding"):
        if finding["device"]:
            end = finding["server"] if finding["role"] == "server" else finding["client"]
            # A device that asks for an address has none yet (RFC 2131 4.1).
            assert address(end) in devices[finding["device"]] | {"0.0.0.0", "::"}


def test_a_later_flow_of_nothing_but_repeats_is_known_for_what_it_is() -> None:
    """minidlna announces itself every few minutes in the same words (pcaps/home); the decoder only counts the second
    round.
    """
    verdicts = of(replayed(PCAPS / "home" / "capture.pcapng"), "verdict")
    assert verdicts and not [v for v in verdicts if "udp/1900" in v["coverage"]["no_parser"]]


FLOW = Flow(1, Transport.UDP, Endpoint(b"", None, b""), Endpoint(b"", None, b""), 1, 1, 5)


class Broken(Detector):
    EVENTS = (Lookup,)
    SEARCHES_PERSONAL_DATA = True

    def observe(self, observation: Observation) -> Iterator[Finding]:
        yield "finding"  # type: ignore[misc]
        raise ZeroDivisionError("payload")


def test_a_bug_costs_one_observation(caplog: pytest.LogCaptureFixture) -> None:
    statistics = Statistics(live=True)
    made = InstrumentedDetector(Broken(None), "broken", statistics)  # type: ignore[arg-type]
    observation: Any = Observation(None, FLOW, 1, (7,))  # type: ignore[arg-type]
    assert list(made.observe(observation)) == ["finding"] and list(made.finish()) == []
    figures = statistics.detectors["broken"]
    assert (figures.calls, figures.failures, statistics.failures) == (2, 1, 1) and figures.seconds > 0
    assert (
        "ZeroDivisionError in detector broken" in caplog.text
        and "frame 7" in caplog.text
        and "payload" not in caplog.text
    )
    assert (Lookup,) == made.EVENTS and made.SEARCHES_PERSONAL_DATA and not made.READS_STREAMS and not made.ends_flows()


def test_in_tests_it_is_raised() -> None:
    made = InstrumentedDetector(Broken(None), "broken", Statistics(strict=True, live=True))  # type: ignore[arg-type]
    observation: Any = Observation(None, FLOW, 1, (7,))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        made.observe(observation)


VISITOR, SITE = b"\xc0\xa8\1\5", b"\x5d\xb8\xd8\x22"


def visited(server: bytes, request: bytes) -> tuple[str | None, list[tuple[str | None, str | None]]]:
    """The name of the flow, and the destinations of the client, of an HTTP request to ``server``."""
    frames = []
    for source, target, sender, receiver, ports, flags, number, ack, payload in (
        (VISITOR, server, CAMERA, PHONE, (40000, 80), 2, 0, 0, b""),
        (server, VISITOR, PHONE, CAMERA, (80, 40000), 18, 0, 1, b""),
        (VISITOR, server, CAMERA, PHONE, (40000, 80), 24, 1, 1, request),
        (server, VISITOR, PHONE, CAMERA, (80, 40000), 24, 1, 1 + len(request), b"HTTP/1.1 204 No Content\r\n\r\n"),
    ):
        segment = dpkt.tcp.TCP(sport=ports[0], dport=ports[1], seq=number, ack=ack, flags=flags, data=payload)
        packet = dpkt.ip.IP(src=source, dst=target, p=6, data=segment)
        packet.len = len(packet)
        frames.append(ethernet(sender, receiver, bytes(packet), 0x0800))
    names: list[str | None] = []
    run = Run(Vault(bytes(32)), Options(strict=True, flows=True), on_flow=lambda flow: names.append(flow.server_name))
    with open_capture("capture", io.BytesIO(pcap(frames))) as capture:
        for block in capture:
            run.feed(block)
        result = run.finish("capture", capture.link_types, capture.damage)
    camera = next(device for device in result.devices if device.mac == "00:11:32:00:00:01")
    return names[0], [(one.name, one.party) for one in camera.destinations]


@pytest.mark.parametrize(
    ("server", "request_", "name"),
    [
        (SITE, b"GET / HTTP/1.1\r\nHost: www.google-analytics.com\r\n\r\n", "www.google-analytics.com"),
        (SITE, b"GET / HTTP/1.1\r\nHost: 93.184.216.34\r\n\r\n", None),
        (SITE, b"GET / HTTP/1.1\r\nHost: camera.local\r\n\r\n", None),
        (SITE, b"GET http://www.google-analytics.com/ HTTP/1.1\r\nHost: www.google-analytics.com\r\n\r\n", None),
        (b"\xc0\xa8\1\6", b"GET / HTTP/1.1\r\nHost: www.google-analytics.com\r\n\r\n", None),
    ],
)
def test_the_host_of_a_request_names_a_destination_outside(server: bytes, request_: bytes, name: str | None) -> None:
    flow_name, ((destination, party),) = visited(server, request_)
    assert flow_name == destination == name
    assert party == ("tracker" if name else "local" if server[0] == 192 else None)


def test_neighbours_that_are_given_up_are_freed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.flows.neighbours.LINK_CONVERSATIONS", 8)
    senders = [b"\2\0\0\0" + number.to_bytes(2, "big") for number in range(200)]
    frames = [ethernet(mac, b"\xff" * 6, arp(mac, b"\xc0\xa8" + mac[4:], b"\xc0\xa8\1\1"), 0x0806) for mac in senders]
    run = Run(Vault(bytes(32)), Options(strict=True))
    gc.collect()
    before = {id(each) for each in gc.get_objects()}
    gc.disable()
    try:
        with open_capture("x", io.BytesIO(pcap(frames))) as capture:
            for block in capture:
                run.feed(block)
        left = [each for each in gc.get_objects() if id(each) not in before]
    finally:
        gc.enable()
    assert sum(isinstance(each, LinkFlow) for each in left) == 8
    assert not any(isinstance(each, Conversation) for each in left)  # ARP needs none
    assert run.pipeline.bounds_hit["link_conversations"] == 192
