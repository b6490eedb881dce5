"""The benchmark's repeats: other addresses, ids and fields, the same lengths and the same conversations, with right
checksums.
"""

import io
import sys
from pathlib import Path

import dpkt

from tests.replaying import PCAPS, ROOT, of, read_bytes

sys.path.insert(0, str(ROOT / "bench"))

import repeat
from vary import Variation, is_private

HTTP = PCAPS / "http_basic/capture.pcap"
DHCP = PCAPS / "dns_dhcp/capture.pcap"


def repeated(*paths: Path, times: int) -> tuple[bytes, list[bytes]]:
    each = sum(len(repeat.read(path)) for path in paths)
    out = io.BytesIO()
    assert repeat.build(list(paths), each * times, out) == (each * times, times)
    out.seek(0)
    return out.getvalue(), [bytes(data) for _, data in dpkt.pcap.Reader(out)]


def test_every_frame_keeps_its_length_and_no_two_repeats_are_alike() -> None:
    plain = [data for path in (HTTP, DHCP) for _, data in repeat.read(path)]
    _, frames = repeated(HTTP, DHCP, times=3)
    assert [len(frame) for frame in frames] == [len(frame) for frame in plain] * 3
    size = len(plain)
    for number in range(size):
        assert len({frames[number + size * each] for each in range(3)}) == 3


def test_checksums_are_right() -> None:
    checked = 0
    for frame in repeated(HTTP, DHCP, times=2)[1]:
        ip = dpkt.ethernet.Ethernet(frame).data
        if isinstance(ip, dpkt.ip.IP):
            # RFC 1071: over the header with its checksum, the sum is zero.
            assert repeat.checksum(bytes(ip)[: ip.hl * 4]) == 0
            body = bytes(ip)[ip.hl * 4 : ip.len]
            if ip.p == 6 or (ip.p == 17 and body[6:8] != b"\0\0"):
                pseudo = ip.src + ip.dst + bytes((0, ip.p)) + len(body).to_bytes(2, "big")
                assert repeat.checksum(pseudo, body) == 0
                checked += 1
    assert checked > 20


def test_each_repeat_is_a_home_of_its_own_with_the_same_conversations() -> None:
    from sensor.export.records import records

    once, _ = repeated(HTTP, times=1)
    many, _ = repeated(HTTP, times=4)
    first, all_four = list(records(read_bytes(once))), list(records(read_bytes(many)))
    assert len(of(first, "device")) > 0
    assert len(of(all_four, "device")) == 4 * len(of(first, "device"))
    for rule in ("credential.cleartext", "transfer.unencrypted"):
        assert len(of(all_four, "finding", rule)) == 4 * len(of(first, "finding", rule)) > 0


def test_private_addresses_stay_private_and_their_text_keeps_its_length() -> None:
    vary = Variation(7)
    for address in (bytes((192, 168, 0, 17)), bytes((192, 168, 23, 5)), bytes((10, 1, 2, 3)), bytes((172, 16, 1, 1))):
        assert is_private(vary.address(address))
    for address in (bytes((192, 168, 0, 17)), bytes((192, 168, 23, 5))):
        assert len(".".join(map(str, vary.address(address)))) == len(".".join(map(str, address)))


def test_groups_and_broadcast_are_not_renamed() -> None:
    vary = Variation(3)
    for mac in (b"\xff" * 6, bytes.fromhex("01005e0000fb"), bytes(6)):
        assert vary.mac(mac) == mac
    for address in (b"\xff" * 4, bytes((224, 0, 0, 251)), bytes(4)):
        assert vary.address(address) == address
