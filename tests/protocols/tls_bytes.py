"""TLS for tests: messages built by RFC 5246 and RFC 8446, conversations by Python's ssl module."""

from __future__ import annotations

import datetime
import ssl
import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conversation import C, S, Script

HOST = "camera.example"


def vector(width: int, body: bytes) -> bytes:
    """A length of ``width`` bytes and the body."""
    return len(body).to_bytes(width, "big") + body


def numbers(values: Sequence[int], width: int = 2) -> bytes:
    return b"".join(v.to_bytes(width, "big") for v in values)


def extension(kind: int, body: bytes) -> bytes:
    return struct.pack(">H", kind) + vector(2, body)


def sni(host: str) -> bytes:
    return extension(0, vector(2, b"\0" + vector(2, host.encode())))


def alpn(*names: bytes) -> bytes:
    return extension(16, vector(2, b"".join(vector(1, n) for n in names)))


def versions(*values: int) -> bytes:
    return extension(43, vector(1, numbers(values)))


def client_hello(
    ciphers: Sequence[int], extensions: bytes | None = b"", version: int = 0x0303, *, cookie: bytes | None = None
) -> bytes:
    """The body of a ClientHello; ``extensions`` None for a hello without that block; ``cookie`` for DTLS."""
    body = struct.pack(">H", version) + bytes(range(32)) + vector(1, b"")
    if cookie is not None:
        body += vector(1, cookie)
    body += vector(2, numbers(ciphers)) + b"\x01\x00"
    return body if extensions is None else body + vector(2, extensions)


def server_hello(cipher: int, extensions: bytes = b"", version: int = 0x0303, random: bytes = bytes(32)) -> bytes:
    return struct.pack(">H", version) + random + vector(1, b"") + struct.pack(">HB", cipher, 0) + vector(2, extensions)


def certificate(*ders: bytes) -> bytes:
    """The body of a Certificate up to TLS 1.2."""
    return vector(3, b"".join(vector(3, der) for der in ders))


def handshake(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + vector(3, body)


def record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return struct.pack(">BH", kind, version) + vector(2, body)


CHANGE = record(20, b"\x01")


@cache
def credentials() -> tuple[bytes, bytes]:
    """A self-signed certificate of an invented camera and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=3650))
    signed = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), private


def der() -> bytes:
    return ssl.PEM_cert_to_DER_cert(credentials()[0].decode())


def talk(
    version: ssl.TLSVersion, *, trusting: bool = True, data: bytes = b"hello", protocols: Sequence[str] = ()
) -> Script:
    """The bytes of a real client and server: handshake and ``data`` each way.

    A client that is not ``trusting`` refuses the certificate.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(b"".join(credentials()))
        server.load_cert_chain(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusting:
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(list(protocols))
    wires = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    ends = (
        client.wrap_bio(*wires[0], server_hostname=HOST),
        server.wrap_bio(*wires[1], server_side=True),
    )
    script: list[tuple[object, bytes]] = []
    done = [False, False]
    broken = False
    for turn in range(12):
        me = turn % 2
        try:
            if not done[me]:
                ends[me].do_handshake()
                done[me] = True
            if all(done) and turn >= 4:
                ends[me].write(data)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            broken = True
        said = wires[me][1].read()
        if said:
            script.append(((C, S)[me], said))
            wires[1 - me][0].write(said)
        if broken or turn >= 7:
            break
    return script  # type: ignore[return-value]
