"""A capture with its TLS secrets: they are mentioned, used when asked for, and what they show accuses nobody."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensor.export.records import records
from sensor.parsing.keylog import KeyLog
from sensor.run import Options
from tests.capture.files import block, enhanced, interface, section
from tests.conversation import C
from tests.decode.wire import ACK, SYN, A, B, ethernet, ip4, tcp
from tests.protocols.tls.test_decryption import REQUEST, SUITES, spoken
from tests.replaying import of, read_bytes

KEY_LOG = 0x544C534B


def frames(script: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """TCP between a laptop and a camera."""

    def frame(side: int, data: bytes, seq: int, ack: int, flags: int) -> bytes:
        ports = (40000, 443) if side == C else (443, 40000)
        ends = ("192.0.2.10", "192.0.2.11") if side == C else ("192.0.2.11", "192.0.2.10")
        macs = (A, B) if side == C else (B, A)
        return ethernet(ip4(tcp(data, *ports, seq, flags, ack=ack), 6, *ends), source=macs[0], target=macs[1])

    sent = [1001, 5001]
    yield frame(0, b"", 1000, 0, SYN)
    yield frame(1, b"", 5000, 1001, SYN | ACK)
    for side, data in script:
        for at in range(0, len(data), 1400):
            piece = data[at : at + 1400]
            yield frame(side, piece, sent[side], sent[1 - side], ACK)
            sent[side] += len(piece)


def capture(script: list[tuple[int, bytes]], keys: bytes) -> bytes:
    out = section() + interface()
    if keys:
        out += block("<", 10, KEY_LOG.to_bytes(4, "little") + len(keys).to_bytes(4, "little") + keys)
    for number, frame in enumerate(frames(script)):
        out += enhanced("<", 0, 1_700_000_000_000_000 + number * 1000, frame)
    return out


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_secrets_in_the_capture(version: ssl.TLSVersion, tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, version, SUITES[0] if version == ssl.TLSVersion.TLSv1_2 else "")
    lines = sum(b"_" in line for line in keys.splitlines())
    data = capture(list(script), keys)
    without = list(records(read_bytes(data)))
    assert of(without, "capture")[0]["tls_secrets"] == lines
    assert not [f for f in of(without, "finding") if not f["rule"].startswith("tls.")]
    local = ("192.0.2.0/24",)
    options = Options(strict=True, local=local, keys=KeyLog())
    found = list(records(read_bytes(data, reveal=True, options=options)))
    (login,) = of(found, "finding", "decrypted.credential.cleartext")
    assert login["detail"]["decrypted"] is True and login["detail"]["secret"]["value"] == "Wonderland42"
    assert (login["severity"], login["capability"], login["provisions"]) == ("info", None, [])
    assert not of(found, "finding", "credential.cleartext") and not of(found, "finding", "transfer.unencrypted")
    plain = list(records(read_bytes(data, options=Options(strict=True, local=local))))
    verdicts = [[(v["device"], v["capability"], v["status"]) for v in of(each, "verdict")] for each in (found, plain)]
    assert verdicts[0] == verdicts[1], "what the secrets show decides a verdict"


def test_secrets_from_a_file(tmp_path: Path) -> None:
    script, keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3)
    log = KeyLog()
    log.add(keys)
    found = list(records(read_bytes(capture(list(script), b""), options=Options(strict=True, keys=log))))
    assert of(found, "capture")[0]["tls_secrets"] == 0
    assert of(found, "finding", "decrypted.credential.cleartext")


def test_the_same_in_the_clear_is_still_an_accusation(tmp_path: Path) -> None:
    keys = spoken(tmp_path, ssl.TLSVersion.TLSv1_3)[1]
    clear = [(C, REQUEST), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    found = list(records(read_bytes(capture(clear, keys), options=Options(strict=True, keys=KeyLog()))))
    assert of(found, "finding", "credential.cleartext") and not of(found, "finding", "decrypted.credential.cleartext")
