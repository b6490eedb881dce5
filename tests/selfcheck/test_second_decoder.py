"""The second decoder: its agreement is counted by layer, and a difference is named with its packet.

That both agree on the captures at hand is tests/decode/test_oracle.py.
"""

from __future__ import annotations

import contextlib
import gzip
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from sensor.decode.engine import Engine
from sensor.selfcheck.second_decoder import LISTED, LayerAgreement, NoSecondDecoder, compare, second_reading
from tests.replaying import PCAPS, capture_in

FTP = capture_in(PCAPS / "ftp_login")


class Wrong:
    """Our decoder with a fault: it reads one packet's payload as another, another's port, and misses a third."""

    def __init__(self) -> None:
        self._engine = Engine(local=[], ethertypes=set(), ip_protocols=set(), duplicate_cache=False)
        self.changed: dict[str, int] = {}

    def process(self, block: Any) -> Any:
        for batch in self._engine.process(block):
            yield [changed for entry in batch if (changed := self._change(entry)) is not None]

    def flow(self, slot: int) -> Any:
        return self._engine.flow(slot)

    def _change(self, entry: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if entry[0] != 1 or not entry[-1]:
            return entry
        fault = next((name for name in ("payload", "number", "missing") if name not in self.changed), None)
        if fault is None:
            return entry
        self.changed[fault] = entry[2]
        if fault == "payload":
            return (*entry[:-1], entry[-1][:-1] + b"?")
        return (*entry[:5], entry[5] + 1, *entry[6:]) if fault == "number" else None


def test_each_fault_is_found_in_its_layer_and_packet() -> None:
    wrong = Wrong()
    found = compare(str(FTP), engine=wrong)
    assert {name: layer.frames for name, layer in found.layers.items()} == {
        "records": [],
        "addresses": [wrong.changed["missing"]],
        "ports and numbers": [wrong.changed["number"]],
        "payload": [wrong.changed["payload"]],
    }
    assert found.differ and "differ in 1" in found.layers["payload"].sentence()


def test_all_records_of_a_plain_file_are_compared_none_of_a_packed_one(tmp_path: Path) -> None:
    found = compare(str(FTP))
    assert not found.differ and found.layers["records"].agreed == found.packets > 20 and found.notes == []
    packed = tmp_path / "x.pcap.gz"
    packed.write_bytes(gzip.compress(FTP.read_bytes()))
    again = compare(str(packed))
    assert again.layers["payload"].agreed == found.layers["payload"].agreed > 0
    assert again.layers["records"].agreed == 0 and "not compared" in again.notes[0]


def test_a_record_that_dpkt_reads_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import dpkt

    real = dpkt.pcap.UniversalReader
    monkeypatch.setattr(
        dpkt.pcap, "UniversalReader", lambda file: ((t, d + b"x" * (n == 4)) for n, (t, d) in enumerate(real(file)))
    )
    assert compare(str(FTP)).layers["records"].frames == [5]


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 12, b"\xff" * 200, bytes(range(256)), b"\0" * 12 + b"\x08\0E" + b"\xff" * 40]
)
@pytest.mark.parametrize("link", [0, 1, 113, 276, 4711])
def test_hostile_bytes_are_not_compared_or_hold_nothing(link: int, data: bytes) -> None:
    with contextlib.suppress(LookupError):
        assert second_reading(1, link, data, len(data)) is None


def test_dpkt_that_gives_up_within_a_file_costs_its_records_alone(tmp_path: Path) -> None:
    """A record of more bytes than there are: dpkt raises or ends, ours reads what stands before it."""
    damaged = tmp_path / "x.pcap"
    damaged.write_bytes(FTP.read_bytes() + struct.pack("<IIII", 1, 1, 1000, 1000) + b"\0" * 10)
    found = compare(str(damaged))
    assert found.layers["payload"].agreed > 0 and not found.differ and found.notes


def _block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("resolutions", [(6,), (6, 9), (6, 6)])
def test_times_of_several_interfaces_are_not_compared(tmp_path: Path, order: str, resolutions: tuple[int, ...]) -> None:
    """dpkt counts the ticks of every interface by the first one's clock; the bytes are compared all the same."""
    data = _block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    for digits in resolutions:  # Ethernet, no limit, if_tsresol, end of options
        options = struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)
        data += _block(1, struct.pack(order + "HHI", 1, 0, 0) + options, order)
    for number, digits in enumerate(resolutions):
        ticks = 1_600_000_000 * 10**digits
        packet = bytes(12) + b"\x08\x06" + bytes(46)
        body = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet)) + packet
        data += _block(6, body, order)
    path = tmp_path / "x.pcapng"
    path.write_bytes(data)
    found = compare(str(path))
    assert found.layers["records"].agreed == found.packets == len(resolutions) and not found.differ
    assert [note[:23] for note in found.notes] == ["times are not compared:"] * (len(resolutions) > 1)


@pytest.mark.parametrize("port", [4341, 4754, 4789, 5246, 5247, 6081, 6343, 6635])
def test_datagrams_of_a_tunnel_are_not_compared(port: int) -> None:
    """Our decoder reads what is inside, dpkt the datagram around it."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 48, 1, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    frame = bytes(12) + b"\x08\0" + header
    with pytest.raises(LookupError):
        second_reading(1, 1, frame + struct.pack("!HHHH", 40_000, port, 28, 0) + bytes(20), 62)
    plain = second_reading(1, 1, frame + struct.pack("!HHHH", 40_000, 40_001, 28, 0) + bytes(20), 62)
    assert plain is not None and plain[-1] == bytes(20)


def test_frames_that_differ_are_listed_up_to_a_bound() -> None:
    layer = LayerAgreement("payload")
    for frame in range(1, 100):
        layer.count(frame, alike=False)
    assert len(layer.frames) == LISTED and layer.sentence().endswith("8 and more")


def test_without_dpkt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dpkt", None)
    with pytest.raises(NoSecondDecoder, match=r"lanwitness\[explain\]"):
        compare(str(FTP))
