"""TLS with its key log: conversations of OpenSSL read through, and key changes built after RFC 8446."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sensor.events import Content, Handshake, Inner
from sensor.parsing.formats.tls_hello import server_hello as read_server_hello
from sensor.parsing.keylog import KeyLog
from sensor.protocols.tls import Tls
from sensor.protocols.tls.decryption import CannotDecryptError, Decryption
from tests.conversation import C, S, Script, converse, events
from tests.protocols.tls_bytes import HOST, credentials, server_hello

REQUEST = b"GET /status HTTP/1.1\r\nHost: camera.example\r\nAuthorization: Basic YW5uYTpXb25kZXJsYW5kNDI=\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NO_ENCRYPT_THEN_MAC = 1 << 19
"""OpenSSL's SSL_OP_NO_ENCRYPT_THEN_MAC, which Python does not name."""


def spoken(
    folder: Path,
    version: ssl.TLSVersion,
    ciphers: str = "",
    options: int = 0,
    said: tuple[bytes, bytes] = (REQUEST, ANSWER),
) -> tuple[Script, bytes]:
    """A conversation between two ends of OpenSSL, and the client's key log."""
    chain, key = credentials()
    (folder / "key.pem").write_bytes(key)
    (folder / "chain.pem").write_bytes(chain)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.keylog_filename = str(folder / "keys")
    for context in (server, client):
        context.minimum_version = context.maximum_version = version
        context.options |= options
        if ciphers:
            context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    wires = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    here = client.wrap_bio(*wires[C], server_hostname=HOST)
    there = server.wrap_bio(*wires[S], server_side=True)
    script: list[tuple[int, bytes]] = []
    done = [False, False]

    def passed(side: int) -> None:
        """What one end has written since, on its way to the other."""
        if data := wires[side][1].read():
            script.append((side, data))
            wires[1 - side][0].write(data)

    while not all(done):
        for side, end in ((C, here), (S, there)):
            if not done[side]:
                try:
                    end.do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    pass
            passed(side)
    for side, end, other, data in ((C, here, there, said[0]), (S, there, here, said[1])):
        end.write(data)
        passed(side)
        assert other.read() == data
    return script, (folder / "keys").read_bytes()  # type: ignore[return-value]


def log_of(text: bytes) -> KeyLog:
    log = KeyLog()
    log.add(text)
    return log


SUITES = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-CCM",
    "ECDHE-ECDSA-AES256-CCM8",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
]


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize("cipher", SUITES)
def test_tls_1_2(cipher: str, options: int, tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_2, cipher, options)
    parsed = converse(lambda: Tls(log_of(keys)), script, damage=False)
    inner = [item for item in parsed if isinstance(item, Inner)]
    assert [(item.side, item.data, item.protocol) for item in inner] == [(C, REQUEST, "http"), (S, ANSWER, "http")]
    (handshake,) = events(parsed, Handshake)
    assert handshake.version == "TLS 1.2" and handshake.client_data is True  # type: ignore[attr-defined]
    without = converse(Tls, script, damage=False)
    assert not [item for item in without if isinstance(item, Inner | Content)]


def test_tls_1_3(tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3)
    parsed = converse(lambda: Tls(log_of(keys)), script)
    inner = [item for item in parsed if isinstance(item, Inner)]
    assert [(item.side, item.data, item.protocol) for item in inner] == [(C, REQUEST, "http"), (S, ANSWER, "http")]
    assert len(events(parsed, Handshake)) == 1


def test_another_connections_secrets_give_nothing(tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3)
    zeros = b"\n".join(line[:-64] + b"0" * 64 for line in keys.splitlines())
    for log in (log_of(b""), log_of(zeros), log_of(keys[:200])):
        parsed = converse(lambda log=log: Tls(log), script, damage=False)
        assert not [item for item in parsed if isinstance(item, Inner | Content)]
        assert len(events(parsed, Handshake)) == 1


@pytest.mark.parametrize(
    ("said", "protocol"),
    [
        ((b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04anna", b"\x20\2\0\0"), "mqtt"),
        ((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\4\0\0\0\0\0"), "http2"),
    ],
)
def test_what_is_inside_is_told_by_its_first_bytes(said: tuple[bytes, bytes], protocol: str, tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3, said=said)
    inner = [item for item in converse(lambda: Tls(log_of(keys)), script, damage=False) if isinstance(item, Inner)]
    assert [(item.data, item.protocol) for item in inner] == [(said[0], protocol), (said[1], protocol)]


def test_what_nobody_knows_is_content(tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3, said=(b"hello camera", b"hello phone"))
    found = events(converse(lambda: Tls(log_of(keys)), script, damage=False), Content)
    assert [(one.side, one.data) for one in found] == [(C, b"hello camera"), (S, b"hello phone")]  # type: ignore[attr-defined]


def expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """RFC 8446, 7.1, by another implementation than the one under test."""
    full = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0"
    return HKDFExpand(hashes.SHA256(), length, info).derive(secret)


def sealed(secret: bytes, number: int, kind: int, data: bytes) -> bytes:
    """A record's fragment of TLS 1.3 with AES-128-GCM (5.2)."""
    vector = int.from_bytes(expanded(secret, b"iv", 12), "big") ^ number
    inner = data + bytes((kind,)) + b"\0\0"
    header = b"\x17\3\3" + (len(inner) + 16).to_bytes(2, "big")
    return AESGCM(expanded(secret, b"key", 16)).encrypt(vector.to_bytes(12, "big"), inner, header)


def test_early_data_finished_and_key_updates() -> None:
    random = bytes(range(32))
    secrets = {
        "CLIENT_EARLY_TRAFFIC_SECRET": b"e" * 32,
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET": b"c" * 32,
        "SERVER_HANDSHAKE_TRAFFIC_SECRET": b"s" * 32,
        "CLIENT_TRAFFIC_SECRET_0": b"C" * 32,
        "SERVER_TRAFFIC_SECRET_0": b"S" * 32,
    }
    log = log_of("".join(f"{label} {random.hex()} {secret.hex()}\n" for label, secret in secrets.items()).encode())
    hello = read_server_hello(server_hello(0x1301, b"\0\x2b\0\2\3\4"))
    decryption = Decryption(log, random, bytes(32), hello)
    updated = expanded(b"C" * 32, b"traffic upd", 32)
    for role, secret, number, kind, data in (
        (0, b"e" * 32, 0, 23, b"early"),
        (0, b"e" * 32, 1, 23, b"more"),
        (0, b"e" * 32, 2, 22, b"\x05\0\0\0"),
        (1, b"s" * 32, 0, 22, b"\x08\0\0\2\0\0" + b"\x14\0\0\x20" + bytes(20)),
        (1, b"s" * 32, 1, 22, bytes(12)),
        (1, b"S" * 32, 0, 23, b"answer"),
        (0, b"c" * 32, 0, 22, b"\x14\0\0\x20" + bytes(32)),
        (0, b"C" * 32, 0, 23, b"first"),
        (0, b"C" * 32, 1, 22, b"\x18\0\0\1\0"),
        (0, updated, 0, 23, b"second"),
    ):
        assert decryption.record(role, 23, 0x0303, sealed(secret, number, kind, data)) == (kind, data)
    with pytest.raises(CannotDecryptError):
        decryption.record(0, 23, 0x0303, sealed(b"C" * 32, 1, 23, b"with the old keys"))


def test_early_data_that_the_server_did_not_take() -> None:
    random = bytes(32)
    log = log_of(
        b"".join(
            label + b" " + random.hex().encode() + b" " + b"61" * 32 + b"\n"
            for label in (b"CLIENT_HANDSHAKE_TRAFFIC_SECRET", b"SERVER_HANDSHAKE_TRAFFIC_SECRET")
        )
    )
    decryption = Decryption(log, random, random, read_server_hello(server_hello(0x1301, b"\0\x2b\0\2\3\4")))
    assert decryption.record(0, 23, 0x0303, sealed(b"a" * 32, 0, 22, b"\x0b\0\0\0")) == (22, b"\x0b\0\0\0")
