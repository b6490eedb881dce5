"""Records of TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) into their plaintext, with secrets from a key log.

AES in GCM, CCM and CBC (also MAC after encryption, RFC 7366) and ChaCha20-Poly1305; every record is authenticated
before it counts, so that wrong secrets give nothing.
"""

from __future__ import annotations

import hashlib
import hmac

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.parsing.formats.tls_hello import ServerHello
from sensor.parsing.formats.tls_suites import suite_name
from sensor.parsing.keylog import KeyLog

HANDSHAKE, APPLICATION = 22, 23
FINISHED, END_OF_EARLY_DATA, KEY_UPDATE = 20, 5, 24
ENCRYPT_THEN_MAC = 22
"""An extension (RFC 7366)."""

SUITE = expression(r"(AES_128|AES_256|CHACHA20)_(GCM|CCM_8|CCM|CBC|POLY1305)_?(SHA256|SHA384|SHA)?")


class CannotDecryptError(Exception):
    """The secrets do not fit, or are missing."""


@dataclass(frozen=True, slots=True)
class _Suite:
    """What a suite encrypts with: ``mode`` ``GCM`` ``CCM`` ``CBC`` or ``POLY1305``, sizes in bytes, two hashes."""

    mode: str
    key: int
    tag: int
    hash: str
    mac: str

    @classmethod
    def of(cls, number: int) -> _Suite | None:
        """None for one that is not read."""
        match = SUITE.search(suite_name(number))
        if match is None:
            return None
        cipher, mode, name = match.groups()
        sha = {"SHA": "sha1", "SHA384": "sha384"}.get(name or "", "sha256")
        return cls(
            mode=mode.removesuffix("_8"),
            key=16 if cipher == "AES_128" else 32,
            tag=8 if mode == "CCM_8" else 16,
            hash="sha384" if sha == "sha384" else "sha256",  # SHA-1 is of the MAC; the PRF of 1.2 is SHA-256 then
            mac=sha,
        )


def expand_label(secret: bytes, label: bytes, length: int, sha: str) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1) with an empty context."""
    full = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0"
    out = block = b""
    count = 1
    while len(out) < length:
        block = hmac.digest(secret, block + info + bytes((count,)), sha)
        out += block
        count += 1
    return out[:length]


def _prf(secret: bytes, seed: bytes, length: int, sha: str) -> bytes:
    """RFC 5246, 5."""
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, sha)
        out += hmac.digest(secret, a + seed, sha)
    return out[:length]


@dataclass(slots=True)
class _Direction:
    """Keys of one direction and the number of its next record."""

    suite: _Suite
    key: bytes
    vector: bytes
    mac: bytes = b""
    number: int = 0

    def open(self, nonce: bytes, data: bytes, extra: bytes) -> bytes:
        """Authenticated decryption (RFC 5116)."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

        suite = self.suite
        try:
            if suite.mode == "GCM":
                return AESGCM(self.key).decrypt(nonce, data, extra)
            if suite.mode == "CCM":
                return AESCCM(self.key, tag_length=suite.tag).decrypt(nonce, data, extra)
            return ChaCha20Poly1305(self.key).decrypt(nonce, data, extra)
        except (InvalidTag, ValueError) as error:
            raise CannotDecryptError("a record that the keys do not fit") from error

    def nonce(self) -> bytes:
        """RFC 8446, 5.3, and RFC 7905, 2."""
        number = self.number.to_bytes(12, "big")
        return bytes(a ^ b for a, b in zip(self.vector, number, strict=True))


class Decryption:
    """Of one connection. ``record`` takes every record behind the ServerHello, in order."""

    def __init__(self, log: KeyLog, client_random: bytes, server_random: bytes, hello: ServerHello) -> None:
        suite = _Suite.of(hello.cipher)
        if suite is None:
            raise CannotDecryptError("a suite that is not read")
        self._suite, self._log, self._random = suite, log, client_random
        self._modern = hello.modern
        self._mac_last = ENCRYPT_THEN_MAC in hello.extensions
        self._directions: list[_Direction | None] = [None, None]
        self._secrets = [b"", b""]
        self._changed = [False, False]
        self._pending = [b"", b""]
        if self._modern:
            ends = (b"CLIENT", b"SERVER")
            self._secrets = [self._secret(end + b"_HANDSHAKE_TRAFFIC_SECRET") for end in ends]
            self._directions = [self._traffic(0), self._traffic(1)]
            early = log.secret(client_random, b"CLIENT_EARLY_TRAFFIC_SECRET")
            self._early = None if early is None else self._keys(early)
        elif hello.version == 0x0303:
            self._early = None
            self._keys_of_1_2(server_random)
        else:
            raise CannotDecryptError("a version that is not read")

    def _secret(self, label: bytes) -> bytes:
        secret = self._log.secret(self._random, label)
        if secret is None:
            raise CannotDecryptError("no secret of this connection")
        return secret

    def _keys(self, secret: bytes) -> _Direction:
        suite = self._suite
        return _Direction(
            suite, expand_label(secret, b"key", suite.key, suite.hash), expand_label(secret, b"iv", 12, suite.hash)
        )

    def _traffic(self, role: int) -> _Direction:
        return self._keys(self._secrets[role])

    def _keys_of_1_2(self, server_random: bytes) -> None:
        """RFC 5246, 6.3."""
        suite = self._suite
        mac = hashlib.new(suite.mac).digest_size if suite.mode == "CBC" else 0
        vector = 12 if suite.mode == "POLY1305" else 0 if suite.mode == "CBC" else 4
        master = self._secret(b"CLIENT_RANDOM")
        block = _prf(
            master, b"key expansion" + server_random + self._random, 2 * (mac + suite.key + vector), suite.hash
        )
        at = 0
        pieces = []
        for size in (mac, mac, suite.key, suite.key, vector, vector):
            pieces.append(block[at : at + size])
            at += size
        self._directions = [_Direction(suite, pieces[2 + r], pieces[4 + r], pieces[r]) for r in (0, 1)]

    def changed(self, role: int) -> None:
        """A ChangeCipherSpec of the client (0) or server (1): up to TLS 1.2 its next records are encrypted."""
        self._changed[role] = True

    def record(self, role: int, kind: int, version: int, body: bytes) -> tuple[int, bytes]:
        """Content type and plaintext of a record of the client (0) or server (1). Raises `CannotDecryptError`."""
        direction = self._directions[role]
        if direction is None:
            raise CannotDecryptError("no keys")
        if not self._modern:
            if not self._changed[role]:
                return kind, body
            plain = self._opened(direction, kind, version, body)
            direction.number += 1
            return kind, plain
        if kind != APPLICATION:
            return kind, body
        header = bytes((kind,)) + version.to_bytes(2, "big") + len(body).to_bytes(2, "big")
        early = self._opened_early(header, body) if role == 0 else None
        if early is not None:
            plain = early
        else:
            plain = direction.open(direction.nonce(), body, header)
            direction.number += 1
        content = plain.rstrip(b"\0")
        if not content:
            raise CannotDecryptError("a record of padding alone")
        kind, content = content[-1], content[:-1]
        if kind == HANDSHAKE:
            self._messages(role, content)
        return kind, content

    def _opened_early(self, header: bytes, body: bytes) -> bytes | None:
        """0-RTT data; None once the handshake's own keys are in use."""
        if self._early is None:
            return None
        try:
            plain = self._early.open(self._early.nonce(), body, header)
        except CannotDecryptError:
            self._early = None
            return None
        self._early.number += 1
        return plain

    def _opened(self, direction: _Direction, kind: int, version: int, body: bytes) -> bytes:
        suite, number = self._suite, direction.number.to_bytes(8, "big")
        start = number + bytes((kind,)) + version.to_bytes(2, "big")
        if suite.mode == "CBC":
            return self._opened_cbc(direction, start, body)
        if suite.mode == "POLY1305":
            return direction.open(direction.nonce(), body, start + max(len(body) - 16, 0).to_bytes(2, "big"))
        size = max(len(body) - 8 - suite.tag, 0)
        return direction.open(direction.vector + body[:8], body[8:], start + size.to_bytes(2, "big"))

    def _opened_cbc(self, direction: _Direction, start: bytes, body: bytes) -> bytes:
        """RFC 5246, 6.2.3.2, and RFC 7366, 3."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        mac = len(direction.mac)
        if self._mac_last:
            body, sent = body[:-mac], body[-mac:]
            self._check(direction, start + len(body).to_bytes(2, "big") + body, sent)
        if len(body) < 32 or len(body) % 16:
            raise CannotDecryptError("no whole blocks")
        decryptor = Cipher(algorithms.AES(direction.key), modes.CBC(body[:16])).decryptor()
        plain = decryptor.update(body[16:]) + decryptor.finalize()
        plain = plain[: max(len(plain) - 1 - plain[-1], 0)]
        if not self._mac_last:
            plain, sent = plain[: max(len(plain) - mac, 0)], plain[max(len(plain) - mac, 0) :]
            self._check(direction, start + len(plain).to_bytes(2, "big") + plain, sent)
        return plain

    def _check(self, direction: _Direction, data: bytes, sent: bytes) -> None:
        if not hmac.compare_digest(hmac.digest(direction.mac, data, self._suite.mac), sent):
            raise CannotDecryptError("a record that the keys do not fit")

    def _messages(self, role: int, data: bytes) -> None:
        """The keys change behind a Finished and a KeyUpdate (RFC 8446, 4.4.4 and 4.6.3)."""
        data = self._pending[role] + data
        while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[1:4], "big"):
            kind, data = data[0], data[4 + int.from_bytes(data[1:4], "big") :]
            if kind == FINISHED:
                label = b"SERVER_TRAFFIC_SECRET_0" if role else b"CLIENT_TRAFFIC_SECRET_0"
                self._secrets[role] = self._secret(label)
                self._directions[role] = self._traffic(role)
            elif kind == KEY_UPDATE:
                size = hashlib.new(self._suite.hash).digest_size
                self._secrets[role] = expand_label(self._secrets[role], b"traffic upd", size, self._suite.hash)
                self._directions[role] = self._traffic(role)
            elif kind == END_OF_EARLY_DATA:
                self._early = None
        self._pending[role] = data[: 64 * 1024]
