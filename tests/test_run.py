"""A run: its name, its bounds, what it hands over; memory that does not grow with what an attacker invents."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import pytest

from sensor.capture import Block, Capture, open_capture
from sensor.export.records import records
from sensor.run import Options, Run
from sensor.vault import Vault
from sensor.verdicts.facts import parse as parse_facts
from tests.replaying import PCAPS, capture_in, folders, read, read_bytes

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def ethernet(source: bytes, target: bytes, payload: bytes, kind: int = 0x0800) -> bytes:
    return target + source + kind.to_bytes(2, "big") + payload


def udp(source: bytes, target: bytes, sport: int, dport: int, data: bytes) -> bytes:
    datagram = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0, source, target) + datagram


def pcap(frames: Iterator[bytes] | list[bytes]) -> bytes:
    records = [
        struct.pack("<IIII", 1_700_000_000 + n // 1000, n % 1000 * 1000, len(f), len(f)) + f
        for n, f in enumerate(frames)
    ]
    return HEADER + b"".join(records)


def test_the_name_of_a_run_is_the_captures_not_the_files() -> None:
    frames = [ethernet(b"\x00\x11\x32\0\0\1", b"\xff" * 6, udp(b"\xc0\xa8\1\5", b"\xff" * 4, 1, 2, b"x"))]
    one, same, other = read_bytes(pcap(frames), "a"), read_bytes(pcap(frames), "b"), read_bytes(pcap(frames * 2), "a")
    assert one.id == same.id != other.id


def test_no_device_from_broadcast_multicast_or_empty_senders() -> None:
    data = udp(b"\xc0\xa8\1\5", b"\xc0\xa8\1\6", 5000, 5001, b"hello")
    frames = [
        ethernet(mac, b"\x00\x11\x32\0\0\2", data)
        for mac in (b"\xff" * 6, b"\0" * 6, b"\x01\0\x5e\0\0\1", b"\x33\x33\0\0\0\1")
    ]
    assert read_bytes(pcap(frames)).devices == []


@pytest.mark.parametrize("hosts", [3_000])
def test_spoofed_senders_do_not_become_devices_without_bound(hosts: int) -> None:
    """Each of them sends one datagram to nobody: dust, not devices."""
    frames = [
        ethernet(
            b"\x00\x11" + n.to_bytes(4, "big"),
            b"\xff" * 6,
            udp(b"\xc0\xa8" + (n + 1).to_bytes(2, "big"), b"\xff" * 4, 9, 9, b"?"),
        )
        for n in range(hosts)
    ]
    result = read_bytes(pcap(frames))
    assert result.packets == hosts and len(result.devices) <= hosts


def test_clocks_that_jump_cost_nothing() -> None:
    data = bytearray(
        pcap(
            [ethernet(b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2", udp(b"\xc0\xa8\1\5", b"\xc0\xa8\1\6", 5, 53, b"x"))]
            * 50
        )
    )
    size = (len(data) - 24) // 50
    for number, seconds in enumerate([0, 0xFFFFFFFF, 1, 0x7FFFFFFF] * 12):
        data[24 + number * size : 28 + number * size] = struct.pack("<I", seconds)
    assert read_bytes(bytes(data)).packets == 50


def test_the_result_lists_undecoded_packets() -> None:
    result = read_bytes(pcap([ethernet(b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2", b"\0" * 40, kind=0x9999)]))
    assert sum(result.undecoded.values()) == 1


def test_local_networks_can_be_given() -> None:
    capture = PCAPS / "ftp_login" / "capture.pcap"
    usual, told = read(capture), read(capture, options=Options(local=("10.0.0.0/8",), strict=True))
    assert any(f.device for f in usual.findings.values() if f.rule == "credential.cleartext")
    assert all(f.device is None for f in told.findings.values() if f.rule == "credential.cleartext")


def test_the_duplicate_cache_changes_no_finding() -> None:
    capture = PCAPS / "home" / "capture.pcapng"
    with_it, without = read(capture), read(capture, options=Options(strict=True, duplicate_cache=False))
    assert set(with_it.findings) == set(without.findings)
    assert [d.id for d in with_it.devices] == [d.id for d in without.devices]


def facts(text: str) -> Options:
    return Options(strict=True, facts=parse_facts(text, "lab.toml"))


CAMERA = "ec:71:db:1c:44:02"
ROUTER = "3c:a6:2f:51:07:01"


def test_what_a_lab_says_of_a_device_is_certain_and_what_is_under_test_is_judged() -> None:
    text = f"""
        [[device]]
        id = "192.168.178.1"
        under_test = true
        [[device]]
        id = "{CAMERA}"
        vendor = "TP-LINK TECHNOLOGIES CO.,LTD."
        model = "Cam 2"
        under_test = false
    """
    found = read(PCAPS / "home" / "capture.pcapng", options=facts(text))
    devices = {device.id: device for device in found.devices}
    camera = devices[CAMERA]
    assert camera.model and (camera.model.value, camera.model.confidence) == ("Cam 2", 1.0)
    assert camera.vendor and camera.vendor.value == "TP-Link" and camera.vendor.because[0].signature == "lab.toml"
    # A router gets no verdict by itself, a camera does.
    assert ROUTER in found.judged and CAMERA not in found.judged
    assert found.devices_with_facts == {"192.168.178.1", CAMERA}


def test_a_devices_state_stands_in_its_factory_pair_and_its_coverage() -> None:
    def of(text: str) -> tuple[object, object, object]:
        found = read(PCAPS / "home" / "capture.pcapng", options=facts(f'[[device]]\nid = "{CAMERA}"\n{text}'))
        (pair,) = [f for f in found.findings.values() if f.rule == "credential.default" and f.device == CAMERA]
        provisions = {judged.provision.v3: judged.status.value for judged in found.judged[CAMERA].provisions}
        coverage = found.judged[CAMERA].coverage
        return pair.detail["phase"], provisions["5.1-1"], (coverage.set_up_seen, coverage.set_up_sign)

    assert of("") == (None, "concern", (None, None))
    account = '[[device.account]]\nuser = "admin"\nset_by = "factory"'
    assert of(f'phase = "in_use"\n{account}') == ("in_use", "violated", (None, None))
    assert of(f'phase = "set_up"\n{account}') == ("set_up", "insufficient_evidence", (True, "facts"))


def test_looking_at_a_run_changes_nothing_of_it() -> None:
    """Every capture of ours, a snapshot after each block: the end is the same as without."""
    for folder in folders():
        path = capture_in(folder)
        looked = Run(Vault(bytes(32)), Options(strict=True))
        with open_capture(str(path)) as capture:
            for block in pieces(capture):
                looked.feed(block)
                looked.snapshot(str(path), capture.link_types)
            result = looked.finish(str(path), capture.link_types, capture.damage)
        assert list(records(result)) == list(records(read(path))), folder.name


def test_a_snapshot_before_the_end_foresees_what_the_end_says() -> None:
    """What detectors say only at the end (factory pairs), parties, open flows' bytes: all there once everything was fed
    and idle flows have ended.
    """
    path = capture_in(PCAPS / "home")
    run = Run(Vault(bytes(32)), Options(strict=True), name="w1")
    with open_capture(str(path)) as capture:
        for block in capture:
            run.feed(block)
        run.tick(run.engine.last_time + 90_000 * 1_000_000_000)
        assert not run.engine.live_flows
        before = list(records(run.snapshot(str(path), capture.link_types)))
        assert before == list(records(run.finish(str(path), capture.link_types, None)))
    rules = {record["rule"] for record in before if record["record"] == "finding"}
    assert {finding.rule for finding in read(path).findings.values()} == rules


def test_a_finding_of_a_named_run_keeps_its_id() -> None:
    path = capture_in(PCAPS / "home")
    run = Run(Vault(bytes(32)), Options(strict=True), name="w1")
    ids: dict[tuple[object, ...], str] = {}
    with open_capture(str(path)) as capture:
        for block in pieces(capture):
            run.feed(block)
            for name, finding in run.snapshot(str(path), []).findings.items():
                assert ids.setdefault(finding.identity, name) == name
        last = run.finish(str(path), [], None)
    assert last.id == "w1"
    assert {finding.identity: name for name, finding in last.findings.items()} == ids
    assert len(set(ids.values())) == len(ids) > 5


def test_open_flows_count_in_a_snapshot() -> None:
    camera, cloud = b"\xc0\xa8\1\5", b"\xcb\0\x71\7"
    frames = [
        ethernet(b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2", udp(camera, cloud, 40000, 9999, letter * 100))
        for letter in (b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i")
    ]
    run = Run(Vault(bytes(32)), Options(strict=True), name="w1")
    with open_capture("x", io.BytesIO(pcap(frames))) as capture:
        for block in capture:
            run.feed(block)
    (device,) = [one for one in run.snapshot("x", []).devices if "192.168.1.5" in one.addresses]
    assert device.bytes.cleartext == 900
    assert [(one.address, one.bytes) for one in device.destinations] == [("203.0.113.7", 900)]
    again = run.snapshot("x", [])
    assert [one.bytes.cleartext for one in again.devices if one.id == device.id] == [900]
    ended = run.finish("x", [], None)
    assert [one.bytes.cleartext for one in ended.devices if one.id == device.id] == [900]


def pieces(capture: Capture) -> Iterator[Block]:
    """A capture's blocks cut into four, as a live stream brings them."""
    for block in capture:
        step, begin = max(1, block.count // 4), 0
        for at in range(0, block.count, step):
            table = block.table[5 * at : 5 * (at + step)]
            end = table[-5] + table[-4] if at + step < block.count else len(block.data)
            for row in range(0, len(table), 5):
                table[row] -= begin
            yield Block(block.data[begin:end], table, len(table) // 5, block.first_frame + at)
            begin = end
