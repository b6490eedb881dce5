"""Keys of encrypted 802.11: a passphrase and a four-way handshake open a station's CCMP frames.

IEEE 802.11-2020, 12.7 (keys), 12.5.3 (CCMP), annex J.4 (passphrase). Nothing is used whose check value does not fit:
a wrong passphrase opens nothing, and that it is wrong is told. SAE, fast transition and 802.1X give no keys to a
listener.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import field
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Any

from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM

MAX_STATIONS = 4096
"""Pairs of station and access point, and access points, that are remembered, the least recently used out first."""

MAX_REKEYS = 4
"""Keys of a pair, or group keys of a number, that are tried: frames may come out of order around a change."""

EAPOL_KEY, RSN_DESCRIPTOR = 3, 2
PAIRWISE, ACK, MIC, ENCRYPTED = 0x0008, 0x0080, 0x0100, 0x1000
"""Bits of a key frame's information (12.7.2)."""

HMAC_MD5, HMAC_SHA1, AES_CMAC = 1, 2, 3
"""Versions of the key descriptor: with TKIP, with CCMP and SHA-1, with CCMP and SHA-256."""

FIXED = 99
"""Bytes of a key frame before its key data."""
CHECK = slice(81, 97)
SUITES = b"\x00\x0f\xac"
PSK, PSK_SHA256 = 2, 6
"""Authentication suites whose keys follow from the passphrase (table 9-151)."""
RSN_ELEMENT, VENDOR_ELEMENT, GROUP_KEY = 48, 221, SUITES + b"\x01"
CCMP_HEADER, CCMP_CHECK, CCMP_KEY = 8, 8, 16


@dataclass(frozen=True, slots=True)
class NetworkKey:
    """A network's name and its pairwise master key."""

    ssid: bytes
    master: bytes = field(repr=False)


def network_key(ssid: str, passphrase: str) -> NetworkKey:
    """The key of a passphrase (8 to 63 characters) or of 64 hex digits. ValueError, without the value, for others."""
    name = ssid.encode()
    if not 1 <= len(name) <= 32:
        raise ValueError("an SSID has 1 to 32 bytes")
    if len(passphrase) == 64:
        try:
            return NetworkKey(name, bytes.fromhex(passphrase))
        except ValueError:
            raise ValueError("a key of 64 characters has hex digits only") from None
    if not 8 <= len(passphrase.encode()) <= 63:
        raise ValueError("a passphrase has 8 to 63 characters")
    return NetworkKey(name, hashlib.pbkdf2_hmac("sha1", passphrase.encode(), name, 4096, 32))


@dataclass(slots=True)
class _Pair:
    """What an access point and a station agreed on."""

    access_point_nonce: bytes = b""
    station_nonce: bytes = b""
    replay: bytes = b""
    check_key: bytes = field(default=b"", repr=False)
    wrapping_key: bytes = field(default=b"", repr=False)
    temporal: list[AESCCM] = field(default_factory=list, repr=False)
    network: bytes = b""
    foreign: bool = False
    """Its suite gives a listener no keys."""
    tkip: bool = False


class Handshakes:
    """The handshakes of one capture, and the keys that follow from them.

    ``proven`` and ``refused``: names of networks whose key fitted a handshake, or fitted none of one that was whole;
    ``foreign``: of networks with handshakes that give a listener no keys; ``opened``: frames by network.
    """

    def __init__(self, keys: Iterable[NetworkKey] = ()) -> None:
        self.keys = tuple(keys)
        self.proven: set[bytes] = set()
        self.refused: set[bytes] = set()
        self.foreign: set[bytes] = set()
        self.opened: dict[bytes, int] = {}
        self._names: OrderedDict[bytes, bytes] = OrderedDict()
        self._pairs: OrderedDict[tuple[bytes, bytes], _Pair] = OrderedDict()
        self._groups: OrderedDict[bytes, dict[int, list[AESCCM]]] = OrderedDict()

    def states(self) -> list[dict[str, str | int]]:
        """What came of each network's key, and how many frames it opened."""
        states = (("opened", self.proven), ("wrong", self.refused), ("other_kind", self.foreign))
        return [
            {
                "ssid": key.ssid.decode("utf-8", "backslashreplace"),
                "state": next((state for state, names in states if key.ssid in names), "no_handshake"),
                "frames": self.opened.get(key.ssid, 0),
            }
            for key in self.keys
        ]

    def name(self, access_point: bytes, ssid: bytes) -> None:
        """An access point says its network's name."""
        if self.keys and ssid.strip(b"\0"):
            self._names[access_point] = ssid
            self._names.move_to_end(access_point)
            _bound(self._names)

    def message(self, access_point: bytes, station: bytes, frame: bytes) -> None:
        """A frame of EAP over LAN between the two; only key frames say something."""
        if not self.keys or len(frame) < FIXED or frame[1] != EAPOL_KEY or frame[4] != RSN_DESCRIPTOR:
            return
        frame = frame[: 4 + unpack_from("!H", frame, 2)[0]]
        if len(frame) < FIXED:
            return
        info, replay, nonce = unpack_from("!H", frame, 5)[0], frame[9:17], frame[17:49]
        pair = self._pairs.setdefault((access_point, station), _Pair())
        self._pairs.move_to_end((access_point, station))
        _bound(self._pairs)
        version = info & 7
        if not info & PAIRWISE:
            if info & ACK and info & MIC and pair.check_key and _fits(pair.check_key, frame, version):
                self._take_group_key(access_point, pair, frame, info)
        elif info & ACK and not info & MIC:
            pair.access_point_nonce, pair.replay = nonce, replay
        elif info & ACK:
            pair.access_point_nonce = nonce
            if self._agree(access_point, station, pair, frame, version):
                self._take_group_key(access_point, pair, frame, info)
        elif info & MIC and any(nonce):
            pair.station_nonce = nonce
            pair.foreign = _suite(frame[FIXED:]) not in (None, PSK, PSK_SHA256)
            if pair.foreign:
                self.foreign |= {key.ssid for key in self._named(access_point)}
            fitted = self._agree(access_point, station, pair, frame, version)
            if not fitted and replay == pair.replay and pair.access_point_nonce and not pair.foreign:
                self.refused |= {key.ssid for key in self._named(access_point)}

    def _named(self, access_point: bytes) -> list[NetworkKey]:
        """The keys of the network whose name the access point said."""
        return [key for key in self.keys if key.ssid == self._names.get(access_point)]

    def _candidates(self, access_point: bytes) -> list[NetworkKey]:
        return self._named(access_point) if access_point in self._names else list(self.keys)

    def _agree(self, access_point: bytes, station: bytes, pair: _Pair, frame: bytes, version: int) -> bool:
        """Whether a key fits the frame's check value; what follows from it is taken then."""
        if pair.foreign or not pair.access_point_nonce or not pair.station_nonce:
            return False
        for key in self._candidates(access_point):
            made = _pairwise(
                key.master, (access_point, station), (pair.access_point_nonce, pair.station_nonce), version
            )
            if not _fits(made[:16], frame, version):
                continue
            self.proven.add(key.ssid)
            pair.network, pair.tkip = key.ssid, version == HMAC_MD5
            if made[:16] != pair.check_key:
                pair.check_key, pair.wrapping_key = made[:16], made[16:32]
                if not pair.tkip:
                    pair.temporal = [_ccm(made[32:48]), *pair.temporal][:MAX_REKEYS]
            return True
        return False

    def _take_group_key(self, access_point: bytes, pair: _Pair, frame: bytes, info: int) -> None:
        if not info & ENCRYPTED or info & 7 == HMAC_MD5:
            return
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        try:
            plain = aes_key_unwrap(pair.wrapping_key, frame[FIXED : FIXED + unpack_from("!H", frame, 97)[0]])
        except (InvalidUnwrap, ValueError):
            return
        for kind, value in elements(plain):
            if kind == VENDOR_ELEMENT and value[:4] == GROUP_KEY and len(value) == 6 + CCMP_KEY:
                keys = self._groups.setdefault(access_point, {})
                _bound(self._groups)
                number = value[4] & 3
                keys[number] = [_ccm(value[6:]), *keys.get(number, ())][:MAX_REKEYS]

    def is_tkip(self, one: bytes, other: bytes) -> bool:
        """Whether the two agreed on TKIP."""
        pair = self._pairs.get((one, other)) or self._pairs.get((other, one))
        return pair is not None and pair.tkip

    def open(self, frame: bytes, at: int) -> bytes | None:
        """What a protected data frame holds whose header is ``at`` bytes long; None where no key opens it."""
        if not self._pairs or len(frame) < at + CCMP_HEADER + CCMP_CHECK or not frame[at + 3] & 0x20:
            return None
        from cryptography.exceptions import InvalidTag

        receiver, sender = frame[4:10], frame[10:16]
        pair = self._pairs.get((receiver, sender)) or self._pairs.get((sender, receiver))
        if receiver[0] & 1:
            keys = self._groups.get(sender, {}).get(frame[at + 3] >> 6, [])
        else:
            keys = pair.temporal if pair is not None else []
        nonce, around = _nonce_and_header(frame, at)
        for key in keys:
            try:
                plain = key.decrypt(nonce, frame[at + CCMP_HEADER :], around)
            except InvalidTag:
                continue
            network = pair.network if pair is not None else self._names.get(sender, b"")
            if network in self.opened or len(self.opened) < len(self.keys):
                self.opened[network] = self.opened.get(network, 0) + 1
            return plain
        return None


def elements(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Number and value of each whole element (9.4.2.1)."""
    at = 0
    while at + 2 <= len(data):
        size = data[at + 1]
        if at + 2 + size > len(data):
            return
        yield data[at], data[at + 2 : at + 2 + size]
        at += 2 + size


def _bound(table: OrderedDict[Any, Any]) -> None:
    if len(table) > MAX_STATIONS:
        table.popitem(last=False)


def _suite(data: bytes) -> int | None:
    """The authentication suite that a station chose, of its RSN element (9.4.2.24); None where there is none."""
    for kind, value in elements(data):
        if kind == RSN_ELEMENT and len(value) >= 8:
            at = 8 + 4 * unpack_from("<H", value, 6)[0]
            if len(value) >= at + 6 and value[at + 2 : at + 5] == SUITES:
                return int(value[at + 5])
    return None


def _pairwise(master: bytes, ends: tuple[bytes, bytes], nonces: tuple[bytes, bytes], version: int) -> bytes:
    """12.7.1.3: check key, wrapping key and temporal key, 16 bytes each."""
    label, context = b"Pairwise key expansion", b"".join((*sorted(ends), *sorted(nonces)))
    if version == AES_CMAC:  # 12.7.1.7.2
        bits = pack("<H", 384)
        parts = (hmac.digest(master, pack("<H", n) + label + context + bits, "sha256") for n in (1, 2))
    else:  # 12.7.1.2
        parts = (hmac.digest(master, label + b"\0" + context + bytes([n]), "sha1") for n in range(3))
    return b"".join(parts)[:48]


def _fits(key: bytes, frame: bytes, version: int) -> bool:
    """Whether the check value of a key frame was made with the key (12.7.3, table 12-10)."""
    plain = frame[: CHECK.start] + bytes(16) + frame[CHECK.stop :]
    if version in (HMAC_MD5, HMAC_SHA1):
        made = hmac.digest(key, plain, "md5" if version == HMAC_MD5 else "sha1")[:16]
    elif version == AES_CMAC:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES128
        from cryptography.hazmat.primitives.cmac import CMAC

        code = CMAC(AES128(key))
        code.update(plain)
        made = code.finalize()
    else:
        return False
    return hmac.compare_digest(made, frame[CHECK])


def _ccm(key: bytes) -> AESCCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM

    return AESCCM(key, tag_length=CCMP_CHECK)


def _nonce_and_header(frame: bytes, at: int) -> tuple[bytes, bytes]:
    """12.5.3.3: the nonce of priority, sender and packet number, and the header's bytes that no relay changes."""
    control, flags = frame[0], frame[1]
    four = flags & 3 == 3
    priority = frame[30 if four else 24] & 0x0F if control & 0x80 else 0
    number = bytes(frame[at + each] for each in (7, 6, 5, 4, 1, 0))
    around = bytes([control & 0x8F, flags & (0x47 if control & 0x80 else 0xC7)]) + frame[4:22]
    around += bytes([frame[22] & 0x0F, 0]) + (frame[24:30] if four else b"")
    return bytes([priority]) + frame[10:16] + number, around + (bytes([priority, 0]) if control & 0x80 else b"")
