"""Encrypted 802.11: published vectors, and whole handshakes whose keys this file computes by itself.

Nothing here calls what it tests to make its input: PRF, key wrap and CCM are written out on top of hashlib and one
AES block.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB

from sensor.decode.wlan import Radio
from sensor.decode.wlan_keys import (
    MAX_REKEYS,
    MAX_STATIONS,
    Handshakes,
    _ccm,
    _nonce_and_header,
    _suite,
    elements,
    network_key,
)
from sensor.run import Options
from tests.decode.wire import ALL, A, B, ip4, tcp, udp
from tests.replaying import read_bytes
from tests.test_mirrors import written

SSID, PASSPHRASE = "attic", "correct horse battery"
AP = bytes.fromhex("5c6a80005301")
NONCES = bytes(range(32)), bytes(range(64, 96))
GROUP_KEY = bytes(range(200, 216))
SNAP = b"\xaa\xaa\x03\0\0\0"
RSN = bytes.fromhex("30140100000fac040100000fac040100000fac") + b"%c\0\0"


@pytest.mark.parametrize(
    ("ssid", "passphrase", "key"),
    [
        ("IEEE", "password", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
        ("ThisIsASSID", "ThisIsAPassword", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"),
        ("Z" * 32, "a" * 32, "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62"),
    ],
)
def test_passphrases_of_the_standard(ssid: str, passphrase: str, key: str) -> None:
    """IEEE 802.11-2020, J.4.2."""
    assert network_key(ssid, passphrase).master.hex() == key
    assert network_key(ssid, key).master.hex() == key
    assert passphrase not in repr(network_key(ssid, passphrase)) and key not in repr(network_key(ssid, key))


def test_ccmp_of_the_standard() -> None:
    """IEEE 802.11-2020, J.6.4: a frame with the retry bit, whose check value fits under its key alone."""
    key = bytes.fromhex("c97c1f67ce371185514a8a19f2bdd52f")
    header = bytes.fromhex("0848c32c0fd2e128a57c5030f1844408abaea5b8fcba8033")
    body = bytes.fromhex("0ce7002076970 3b5f3d0a2fe9a3dbf2342a643e43246e80c3c04d0197845ce0b16f97623".replace(" ", ""))
    nonce, around = _nonce_and_header(header + body, 24)
    assert nonce.hex() == "005030f1844408b5039776e70c"
    plain = _ccm(key).decrypt(nonce, body[8:], around)
    assert plain.hex() == "f8ba1a55d02f85ae967bb62fb6cda8eb7e78a050"


@pytest.mark.parametrize("passphrase", ["short", "x" * 65, "x" * 64, ""])
def test_what_is_no_passphrase(passphrase: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        network_key("attic", passphrase)


def block(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(AES128(key), ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


def ccm(key: bytes, nonce: bytes, around: bytes, plain: bytes) -> bytes:
    """RFC 3610 with a check value of 8 bytes and a length of 2: CBC-MAC over all, then counter mode."""

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 16)

    mac = bytes(16)
    whole = bytes([0x59]) + nonce + struct.pack("!H", len(plain)) + padded(struct.pack("!H", len(around)) + around)
    whole += padded(plain)
    for at in range(0, len(whole), 16):
        mac = block(key, xor(mac, whole[at : at + 16]))
    stream = [block(key, b"\x01" + nonce + struct.pack("!H", n)) for n in range(len(plain) // 16 + 2)]
    return xor(plain, b"".join(stream[1:])) + xor(mac, stream[0])[:8]


def wrap(key: bytes, plain: bytes) -> bytes:
    """RFC 3394, 2.2.1."""
    plain += b"\xdd" + bytes(-len(plain + b"\xdd") % 8) if len(plain) % 8 else b""
    whole, parts = b"\xa6" * 8, [plain[at : at + 8] for at in range(0, len(plain), 8)]
    for turn in range(6):
        for at, part in enumerate(parts):
            made = block(key, whole + part)
            whole = xor(made[:8], (turn * len(parts) + at + 1).to_bytes(8, "big"))
            parts[at] = made[8:]
    return whole + b"".join(parts)


class Network:
    """An access point and a station: their frames, encrypted after a handshake."""

    def __init__(self, passphrase: str = PASSPHRASE, version: int = 2, suite: int = 2) -> None:
        self.version, self.suite, self.number = version, suite, 0
        master = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), SSID.encode(), 4096, 32)
        label = b"Pairwise key expansion"
        context = min(AP, A) + max(AP, A) + min(NONCES) + max(NONCES)
        if version == 3:
            keys = b"".join(
                hmac.new(
                    master, struct.pack("<H", n) + b"Pairwise key expansion" + context + b"\x80\1", "sha256"
                ).digest()
                for n in (1, 2)
            )
        else:
            keys = b"".join(hmac.new(master, label + b"\0" + context + bytes([n]), "sha1").digest() for n in range(3))
        self.check, self.wrapping, self.temporal = keys[:16], keys[16:32], keys[32:48]

    def beacon(self) -> bytes:
        elements = bytes([0, len(SSID)]) + SSID.encode() + b"\x05\x04\0\1\0\0"
        return b"\x80\0\0\0" + ALL + AP + AP + bytes(2) + bytes(12) + elements

    def key_frame(self, info: int, replay: int, nonce: bytes, data: bytes = b"") -> bytes:
        body = struct.pack("!BHHQ", 2, info | self.version, 16, replay) + nonce + bytes(32)
        frame = b"\x02\x03" + struct.pack("!H", 95 + len(data)) + body + bytes(16) + struct.pack("!H", len(data)) + data
        if not info & 0x100:
            return frame
        if self.version == 3:
            mac = cmac(self.check, frame)
        else:
            mac = hmac.new(self.check, frame, "sha1" if self.version == 2 else "md5").digest()[:16]
        return frame[:81] + mac + frame[97:]

    def handshake(self) -> list[bytes]:
        group = b"\xdd\x16\x00\x0f\xac\x01\x01\x00" + GROUP_KEY
        eapol = SNAP + b"\x88\x8e"
        rsn = RSN % self.suite
        return [
            self.plain(2, eapol + self.key_frame(0x0088, 1, NONCES[0])),
            self.plain(1, eapol + self.key_frame(0x0108, 1, NONCES[1], rsn)),
            self.plain(2, eapol + self.key_frame(0x13C8, 2, NONCES[0], wrap(self.wrapping, group))),
            self.plain(1, eapol + self.key_frame(0x0308, 2, bytes(32))),
        ]

    def plain(self, direction: int, llc: bytes) -> bytes:
        return b"\x08" + bytes([direction, 0, 0]) + (AP + A + AP if direction == 1 else A + AP + AP) + bytes(2) + llc

    def data(
        self,
        payload: bytes,
        *,
        to_station: bool = False,
        group: bool = False,
        quality: bytes = b"",
        retry: bool = False,
    ) -> bytes:
        """An encrypted data frame. ``quality``: the QoS control."""
        self.number += 1
        flags = (2 if to_station or group else 1) | 0x40 | retry
        ends = ALL + AP + B if group else A + AP + B if to_station else AP + A + B
        header = bytes([0x88 if quality else 0x08, flags, 44, 0]) + ends + struct.pack("<H", self.number << 4) + quality
        number = self.number.to_bytes(6, "big")
        iv = bytes([number[5], number[4], 0, 0x20 | (0x40 if group else 0), *number[3::-1]])
        around = bytes([header[0] & 0x8F, flags & 0xC7]) + header[4:22] + bytes(2)
        around += bytes([quality[0] & 0x0F, 0]) if quality else b""
        nonce = bytes([quality[0] & 0x0F if quality else 0]) + header[10:16] + number
        return header + iv + ccm(GROUP_KEY if group else self.temporal, nonce, around, payload)


def cmac(key: bytes, data: bytes) -> bytes:
    """RFC 4493, 2.4."""

    def double(value: bytes) -> bytes:
        number = int.from_bytes(value, "big") << 1
        return (number & ((1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")

    first = double(block(key, bytes(16)))
    last = len(data) // 16 * 16 - (16 if data and len(data) % 16 == 0 else 0)
    rest = data[last:]
    final = xor(rest, first) if len(rest) == 16 else xor(rest + b"\x80" + bytes(15 - len(rest)), double(first))
    mac = bytes(16)
    for at in range(0, last, 16):
        mac = block(key, xor(mac, data[at : at + 16]))
    return block(key, xor(mac, final))


def read(frames: list[bytes], passphrase: str | None = PASSPHRASE) -> list[tuple[int, bytes | str]]:
    radio = Radio([network_key(SSID, passphrase)] if passphrase else [])
    return [one for frame in frames for one in radio.read(frame)]


LLC = SNAP + b"\x08\0inside"
INSIDE = b"\x08\0inside"


@pytest.mark.parametrize(("version", "suite"), [(2, 2), (3, 6)])
def test_a_handshake_opens_what_follows(version: int, suite: int) -> None:
    network = Network(version=version, suite=suite)
    begin = [network.beacon(), *network.handshake()]
    for frame in (
        network.data(LLC),
        network.data(LLC, retry=8),
        network.data(LLC, quality=b"\x06\0"),
        network.data(LLC, to_station=True),
        network.data(LLC, group=True),
    ):
        assert read([*begin, frame])[-1][1][12:] == INSIDE  # type: ignore[index]
        assert read([*begin, frame], "another passphrase")[-1][1][12:14] == b"\x05\xfd"  # type: ignore[index]
        assert read([*begin[:2], frame])[-1][1][12:14] == b"\x05\xfd", "no second message"  # type: ignore[index]


def test_a_changed_byte_opens_nothing() -> None:
    network = Network()
    begin = [network.beacon(), *network.handshake()]
    frame = network.data(LLC)
    for at in (4, 10, 16, 24, 28, 40, len(frame) - 1):
        changed = frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]
        assert read([*begin, changed])[-1][1][12:14] == b"\x05\xfd", at  # type: ignore[index]


@pytest.mark.parametrize(
    ("passphrase", "suite", "frames", "state"),
    [
        (PASSPHRASE, 2, 5, "opened"),
        ("another passphrase", 2, 5, "wrong"),
        ("another passphrase", 2, 2, "no_handshake"),
        ("another passphrase", 8, 5, "other_kind"),
        (PASSPHRASE, 1, 5, "other_kind"),
    ],
)
def test_what_came_of_a_passphrase_is_known(passphrase: str, suite: int, frames: int, state: str) -> None:
    network = Network(suite=suite)
    radio = Radio([network_key(SSID, passphrase)])
    for frame in [network.beacon(), *network.handshake()][:frames]:
        radio.read(frame)
    assert radio.handshakes.states() == [{"ssid": SSID, "state": state, "frames": 0}]


def test_a_second_message_to_another_first_one_says_nothing_of_the_passphrase() -> None:
    """A first message that was sent again, or missed, has another number."""
    network = Network()
    radio = Radio([network_key(SSID, "another passphrase")])
    first, second, *_ = network.handshake()
    radio.read(network.beacon())
    radio.read(first.replace(struct.pack("!Q", 1), struct.pack("!Q", 9), 1))
    radio.read(second)
    assert radio.handshakes.states()[0]["state"] == "no_handshake"


def test_forged_key_frames_take_no_key_away_and_no_memory() -> None:
    network = Network()
    radio = Radio([network_key(SSID, PASSPHRASE)])
    for frame in (network.beacon(), *network.handshake()):
        radio.read(frame)
    forged = Network("another passphrase")
    for frame in forged.handshake():
        radio.read(frame)
    (found,) = radio.read(network.data(LLC))
    assert found[1][12:] == INSIDE  # type: ignore[index]
    one = network.key_frame(0x0088, 1, NONCES[0])
    handshakes = Handshakes([network_key(SSID, PASSPHRASE)])
    for number in range(MAX_STATIONS + 50):
        handshakes.name(number.to_bytes(6, "big"), b"x")
        handshakes.message(number.to_bytes(6, "big"), A, one)
    assert len(handshakes._pairs) == len(handshakes._names) == MAX_STATIONS


def test_tkip_is_named() -> None:
    network = Network(version=1)
    frames = [network.beacon(), *network.handshake(), network.data(LLC)]
    assert read(frames)[-1][1][12:14] == b"\x05\xfb"  # type: ignore[index]


def login(network: Network, port: int = 80) -> list[bytes]:
    """A login over HTTP from the station to a local server, inside encrypted frames."""
    asked = b"GET / HTTP/1.1\r\nHost: cam\r\nAuthorization: Basic YWRtaW46Z2VoZWltNzc=\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    ends, back = ("192.168.1.10", "192.168.1.20"), ("192.168.1.20", "192.168.1.10")
    steps = [
        (ends, tcp(b"", 4000, port, seq=1, flags=2), False),
        (back, tcp(b"", port, 4000, seq=9, ack=2, flags=18), True),
        (ends, tcp(asked, 4000, port, seq=2, ack=10, flags=24), False),
        (back, tcp(answer, port, 4000, seq=10, ack=2 + len(asked), flags=24), True),
    ]
    return [
        network.data(SNAP + b"\x08\0" + ip4(segment, 6, *pair), to_station=to_station)
        for pair, segment, to_station in steps
    ]


def capture(network: Network) -> bytes:
    frames = [network.beacon(), *network.handshake(), *login(network)]
    return written(105, [(1_700_000_000 + number / 100, frame) for number, frame in enumerate(frames)])


def test_stations_and_access_points_are_devices_without_a_key() -> None:
    network = Network()
    more = [network.data(LLC, to_station=True) for _ in range(2)]
    frames = [network.beacon(), *network.handshake(), *login(network), *more]
    result = read_bytes(written(105, [(1_700_000_000.0, frame) for frame in frames]))
    devices = {device.id: device for device in result.devices}
    assert {AP.hex(":"), A.hex(":"), B.hex(":")} == set(devices)
    assert devices[AP.hex(":")].hostname == SSID
    assert result.undecoded == {"802.11 encrypted": 6} and result.findings == {} and result.wifi == []


def test_a_login_inside_encrypted_frames_was_not_readable_on_the_air() -> None:
    options = Options(strict=True, wifi=(network_key(SSID, PASSPHRASE),))
    result = read_bytes(capture(Network()), options=options)
    (finding,) = [one for one in result.findings.values() if "credential" in one.rule]
    assert finding.rule == "decrypted.credential.cleartext" and finding.detail["decrypted"] is True
    assert finding.detail["username"] == "admin" and finding.capability is None
    assert result.wifi == [{"ssid": SSID, "state": "opened", "frames": 4}] and result.undecoded == {}


def test_what_also_crossed_unencrypted_is_held_against_its_sender() -> None:
    """The same connection on the air and, decrypted by the access point, on a wire of one joined capture."""
    network = Network()
    frames = [network.beacon(), *network.handshake(), *login(network)]
    asked = b"POST / HTTP/1.1\r\nHost: cam\r\nContent-Length: 0\r\nAuthorization: Basic cm9vdDpnZWhlaW03Nw==\r\n\r\n"
    packet = ip4(tcp(asked, 4000, 80, seq=74, ack=50, flags=24), 6, "192.168.1.10", "192.168.1.20")
    frames.append(network.plain(1, SNAP + b"\x08\0" + packet))
    data = written(105, [(1_700_000_000 + number / 100, frame) for number, frame in enumerate(frames)])
    result = read_bytes(data, options=Options(strict=True, wifi=(network_key(SSID, PASSPHRASE),)))
    rules = {one.detail.get("username"): one.rule for one in result.findings.values() if "credential" in one.rule}
    assert rules["root"] == "credential.cleartext"


def test_broadcasts_are_read_with_the_group_key() -> None:
    network = Network()
    hello = ip4(udp(b"M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\n\r\n", 1900, 1900), 17,
        "192.168.1.30", "239.255.255.250")  # fmt: skip
    frames = [network.beacon(), *network.handshake(), network.data(SNAP + b"\x08\0" + hello, group=True)]
    data = written(105, [(1_700_000_000.0, frame) for frame in frames])
    result = read_bytes(data, options=Options(strict=True, wifi=(network_key(SSID, PASSPHRASE),)))
    assert "192.168.1.30" in {address for device in result.devices for address in device.addresses}


@pytest.mark.parametrize(
    ("ssid", "fits"),
    [("x", True), ("x" * 32, True), ("x" * 33, False), ("", False), ("é" * 16, True), ("é" * 17, False)],
)
def test_a_name_has_1_to_32_bytes(ssid: str, fits: bool) -> None:
    """IEEE 802.11-2020, 9.4.2.2."""
    if fits:
        assert network_key(ssid, "password").ssid == ssid.encode()
    else:
        with pytest.raises(ValueError, match="1 to 32 bytes"):
            network_key(ssid, "password")


@pytest.mark.parametrize(("size", "fits"), [(7, False), (8, True), (63, True), (64, False), (65, False)])
def test_a_passphrase_has_8_to_63_characters(size: int, fits: bool) -> None:
    """J.4.1; 64 are the key itself, in hex digits."""
    if fits:
        assert network_key("attic", "x" * size).master
    else:
        with pytest.raises(ValueError, match="characters"):
            network_key("attic", "x" * size)


def sent_on(network: Network, *, quality: bytes = b"", order: bool = False, fourth: bytes = b"") -> bytes:
    """An encrypted frame with any header: a fourth address, QoS and HT control (9.2.4.1; 12.5.3.3.3 for what the check
    covers: the order bit only without QoS control)."""
    flags = 0x40 | (3 if fourth else 1) | (0x80 if order else 0)
    header = bytes([0x88 if quality else 0x08, flags, 44, 0]) + AP + A + B + b"\x50\0" + fourth + quality
    header += b"HTCT" if order and quality else b""
    number = (77).to_bytes(6, "big")
    around = bytes([header[0] & 0x8F, flags & (0x47 if quality else 0xC7)]) + AP + A + B + bytes(2) + fourth
    around += bytes([quality[0] & 0x0F, 0]) if quality else b""
    nonce = bytes([quality[0] & 0x0F if quality else 0]) + A + number
    iv = bytes([number[5], number[4], 0, 0x20, *number[3::-1]])
    return header + iv + ccm(network.temporal, nonce, around, LLC)


@pytest.mark.parametrize("fourth", [b"", bytes.fromhex("020000000055")])
@pytest.mark.parametrize("quality", [b"", b"\x05\0", b"\0\0", b"\x0f\1"])
@pytest.mark.parametrize("order", [False, True])
def test_each_form_of_a_header_is_opened(fourth: bytes, quality: bytes, order: bool) -> None:
    network = Network()
    found = read(
        [network.beacon(), *network.handshake(), sent_on(network, quality=quality, order=order, fourth=fourth)]
    )
    assert found[-1] == (1, B + (fourth or A) + INSIDE)


@pytest.mark.parametrize("cut", range(1, 17))
def test_what_is_too_short_for_its_check_opens_nothing(cut: int) -> None:
    network, radio = Network(), Radio([network_key(SSID, PASSPHRASE)])
    for frame in (network.beacon(), *network.handshake()):
        radio.read(frame)
    frame = network.data(b"")
    assert len(frame) == 24 + 16 and radio.handshakes.open(frame, 24) == b""
    assert radio.handshakes.open(frame[:-cut], 24) is None
    assert radio.handshakes.open(frame[:27] + bytes([frame[27] & ~0x20]) + frame[28:], 24) is None  # no extended IV


class Checked(Network):
    """Whose key frames have AES-CMAC's check value whatever version they name."""

    def key_frame(self, info: int, replay: int, nonce: bytes, data: bytes = b"") -> bytes:
        frame = super().key_frame(info, replay, nonce, data)
        plain = frame[:81] + bytes(16) + frame[97:]
        return frame[:81] + cmac(self.check, plain) + frame[97:] if info & 0x100 else frame


@pytest.mark.parametrize("version", [0, 4, 5, 6, 7])
def test_a_version_that_no_table_has_opens_nothing(version: int) -> None:
    """12.7.2: 1 to 3; 0 leaves the check to the suite."""
    network = Checked(version=version)
    assert read([network.beacon(), *network.handshake(), network.data(LLC)])[-1][1][12:14] == b"\x05\xfd"  # type: ignore[index]


def test_keys_of_tkip_open_no_ccmp() -> None:
    """Its group key is wrapped with another cipher (12.7.2), and what it protects is none of ours."""
    network = Network(version=1)
    begin = [network.beacon(), *network.handshake()]
    for frame, name in ((network.data(LLC), b"\x05\xfb"), (network.data(LLC, group=True), b"\x05\xfd")):
        assert read([*begin, frame])[-1][1][12:14] == name  # type: ignore[index]


def group_message(network: Network, key: bytes, number: int, *, info: int = 0x1380) -> bytes:
    """12.7.7.2: the first message of a group key's handshake: secure, acknowledged, checked, encrypted."""
    element = b"\xdd\x16\x00\x0f\xac\x01" + bytes([number]) + b"\0" + key
    return network.plain(2, SNAP + b"\x88\x8e" + network.key_frame(info, 3, bytes(32), wrap(network.wrapping, element)))


def to_all(network: Network, key: bytes, number: int) -> bytes:
    header = bytes([0x08, 0x42, 0, 0]) + ALL + AP + B + bytes(2)
    count = (9).to_bytes(6, "big")
    iv = bytes([count[5], count[4], 0, 0x20 | number << 6, *count[3::-1]])
    around = bytes([0x08, 0x42]) + header[4:22] + bytes(2)
    return header + iv + ccm(key, b"\0" + AP + count, around, LLC)


def test_a_group_key_that_follows_is_used_by_its_number() -> None:
    network = Network()
    begin = [network.beacon(), *network.handshake()]
    second = bytes(range(100, 116))
    opened, closed = (1, ALL + B + INSIDE), b"\x05\xfd"
    change = [*begin, group_message(network, second, 2)]
    assert read([*change, to_all(network, second, 2)])[-1] == opened
    assert read([*change, to_all(network, GROUP_KEY, 1)])[-1] == opened  # the one before
    assert read([*change, to_all(network, second, 1)])[-1][1][12:14] == closed  # type: ignore[index]
    assert read([*begin, to_all(network, second, 2)])[-1][1][12:14] == closed  # type: ignore[index]
    for info in (0x0380, 0x1300, 0x1280):  # not encrypted, not acknowledged, not checked
        again = [*begin, group_message(network, second, 2, info=info), to_all(network, second, 2)]
        assert read(again)[-1][1][12:14] == closed, info  # type: ignore[index]


def test_a_group_key_under_another_number_takes_none_away_and_the_last_few_are_tried() -> None:
    network = Network()
    keys = [bytes([number]) * 16 for number in range(6)]
    frames = [network.beacon(), *network.handshake(), *(group_message(network, key, 1) for key in keys)]
    found = [read([*frames, to_all(network, key, 1)])[-1][1][12:14] for key in keys]  # type: ignore[index]
    assert found == [b"\x05\xfd"] * (len(keys) - MAX_REKEYS) + [INSIDE[:2]] * MAX_REKEYS


def test_frames_of_the_key_before_are_opened_after_a_new_handshake() -> None:
    """They may come out of order around it; the frames that were opened are counted by network."""
    network, radio = Network(), Radio([network_key(SSID, PASSPHRASE), network_key("other", PASSPHRASE)])
    late = network.data(LLC)
    for frame in (network.beacon(), *network.handshake(), network.data(LLC)):
        radio.read(frame)
    again = Network()
    again.check, again.wrapping, again.temporal = network.check, network.wrapping, network.temporal
    for frame in (*again.handshake(), late):
        (found,) = radio.read(frame)
    assert found == (1, B + A + INSIDE)
    assert radio.handshakes.states() == [
        {"ssid": SSID, "state": "opened", "frames": 2}, {"ssid": "other", "state": "no_handshake", "frames": 0}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"\1", []),
        (b"\1\0", [(1, b"")]),
        (b"\1\2ab\3\1c", [(1, b"ab"), (3, b"c")]),
        (b"\1\2ab\3\2c", [(1, b"ab")]),
        (b"\1\2ab\3", [(1, b"ab")]),
    ],
)
def test_elements(data: bytes, found: list[tuple[int, bytes]]) -> None:
    """9.4.2.1: number, length, value; one that is not whole is none."""
    assert list(elements(data)) == found


PAIRWISE_TWO = b"\2\0\x00\x0f\xac\4\x00\x0f\xac\2"


@pytest.mark.parametrize(
    ("value", "suite"),
    [
        (b"\1\0\x00\x0f\xac\4\1\0\x00\x0f\xac\4\1\0\x00\x0f\xac\2", 2),
        (b"\1\0\x00\x0f\xac\4" + PAIRWISE_TWO + b"\1\0\x00\x0f\xac\6\0\0", 6),
        (b"\1\0\x00\x0f\xac\4\0\0\1\0\x00\x0f\xac\x08", 8),
        (b"\1\0\x00\x0f\xac\4\1\0\x00\x0f\xac\4\1\0\x00\x50\xf2\2", None),  # another maker's
        (b"\1\0\x00\x0f\xac\4\1\0\x00\x0f\xac\4\1\0\x00\x0f\xac", None),
        (b"\1\0\x00\x0f\xac\4\1", None),
        (b"\1\0\x00\x0f\xac\4\xff\xff\x00\x0f\xac\4", None),
    ],
)
def test_the_suite_of_a_station(value: bytes, suite: int | None) -> None:
    """9.4.2.24: version, group cipher, as many pairwise ciphers as counted, then the suites of authentication."""
    for before in (b"", b"\1\2ab", b"\xdd\4\0\0\0\0"):
        assert _suite(before + bytes([48, len(value)]) + value) == suite
    assert _suite(bytes([49, len(value)]) + value) is None


@pytest.mark.parametrize(
    ("at", "value"), [(1, 0), (1, 2), (4, 1), (4, 254)]
)  # fmt: skip
def test_only_key_frames_of_rsn_say_something(at: int, value: int) -> None:
    """IEEE 802.1X 11.3: packet type 3; IEEE 802.11 12.7.2: descriptor 2."""
    network, handshakes = Network("another passphrase"), Handshakes([network_key(SSID, PASSPHRASE)])
    handshakes.name(AP, SSID.encode())
    messages = [
        network.key_frame(0x0088, 1, NONCES[0]),
        network.key_frame(0x0108, 1, NONCES[1], RSN % 2),
    ]
    for message in messages:
        handshakes.message(AP, A, message[:at] + bytes([value]) + message[at + 1 :])
    assert handshakes.states()[0]["state"] == "no_handshake"
    for message in messages:
        handshakes.message(AP, A, message[:98])  # cut before its data
    assert handshakes.states()[0]["state"] == "no_handshake"
    for message in messages:
        handshakes.message(AP, A, message + b"padding of the frame")
    assert handshakes.states()[0]["state"] == "wrong"


@pytest.mark.parametrize("count", [1, MAX_STATIONS - 1, MAX_STATIONS])
def test_those_least_recently_heard_are_forgotten_first(count: int) -> None:
    network, handshakes = Network("another passphrase"), Handshakes([network_key(SSID, PASSPHRASE)])
    handshakes.name(AP, SSID.encode())
    first, second = network.key_frame(0x0088, 1, NONCES[0]), network.key_frame(0x0108, 1, NONCES[1], RSN % 2)
    handshakes.message(AP, A, first)
    for number in range(count):
        handshakes.message(number.to_bytes(6, "big"), A, first)
    handshakes.message(AP, A, second)
    assert handshakes.states()[0]["state"] == ("no_handshake" if count == MAX_STATIONS else "wrong")
