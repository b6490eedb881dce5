"""Tuya broadcast frames by tinytuya's description, readable and under the shared key."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sensor.events import Attribute, Enough, Transfer
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tuya import ENOUGH_AFTER, Tuya, TuyaBroadcast, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings

TEXT = (
    b'{"ip":"192.0.2.90","gwId":"0120015260091453a970","active":2,"encrypt":true,'
    b'"productKey":"keydeadbeef12345","version":"3.3"}'
)
TOLD = [
    Attribute(field="tuya.address", value="192.0.2.90", side=C),
    Attribute(field="tuya.device_id", value="0120015260091453a970", side=C),
    Attribute(field="tuya.product_key", value="keydeadbeef12345", side=C),
    Attribute(field="tuya.version", value="3.3", side=C),
]


def frame(content: bytes, command: int = 0x13) -> bytes:
    head = b"\0\0\x55\xaa" + struct.pack("!III", 0, command, len(content) + 8) + content
    return head + struct.pack("!I", zlib.crc32(head)) + b"\0\0\xaa\x55"


def enciphered(text: bytes, key: bytes) -> bytes:
    pad = 16 - len(text) % 16
    writer = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return writer.update(text + bytes([pad]) * pad) + writer.finalize()


def test_broadcasts_in_both_forms() -> None:
    shared = hashlib.md5(b"yGAdlopoPVldABfn").digest()
    for content in (TEXT, bytes(4) + TEXT, bytes(4) + enciphered(TEXT, shared), enciphered(TEXT, shared)):
        assert converse(TuyaBroadcast, [(C, frame(content))], damage=False) == TOLD
    converse(TuyaBroadcast, [(C, frame(bytes(4) + enciphered(TEXT, shared)))])


def test_another_key_says_nothing() -> None:
    assert converse(TuyaBroadcast, [(C, frame(enciphered(TEXT, bytes(16))))]) == []


def test_readable_control_and_encrypted_control() -> None:
    query = b'{"gwId":"0120015260091453a970","devId":"0120015260091453a970"}'
    assert converse(Tuya, [(C, frame(query, 10))]) == [
        Transfer(side=C, application="tuya", media_type="application/json", size=len(query), data=query, control=True)
    ]
    assert converse(Tuya, [(C, frame(b"\x7f" * 64)), (S, frame(b"\x7f" * 64))] * ENOUGH_AFTER, damage=False) == [
        Enough()
    ]


def test_recognised() -> None:
    assert recognise(Opening(frame(TEXT), b"", 40000, 40001, Transport.UDP)) is Match.SURE
    assert recognise(Opening(frame(TEXT)[:9], b"", 40000, 6668, Transport.TCP)) is Match.MORE
    assert recognise(Opening(b"\0\0\x55\xab" + bytes(20), b"", 40000, 6668, Transport.TCP)) is Match.NO


def test_an_opening_cut_anywhere() -> None:
    """A frame: 000055AA, number, command, length of what follows with check value and end (eight bytes at least)."""
    frame = bytes.fromhex("000055aa") + bytes(8) + (12).to_bytes(4, "big") + bytes(12)
    openings.stream(recognise, frame, sure=16)
    openings.stream(recognise, frame, sure=16, server=True)
    for size, match in ((7, Match.NO), (8, Match.SURE)):
        assert recognise(openings.of(frame[:12] + size.to_bytes(4, "big") + frame[16:])) is match
    assert recognise(openings.of(b"\0\0\x55\xab")) is Match.NO and recognise(openings.of(b"")) is Match.MORE


@pytest.mark.parametrize("size", range(16))
def test_paddings_of_every_length(size: int) -> None:
    """PKCS #7: one to sixteen bytes, each with their number."""
    shared = hashlib.md5(b"yGAdlopoPVldABfn").digest()
    text = TEXT[:-1] + b" " * size + b"}"
    assert converse(TuyaBroadcast, [(C, frame(enciphered(text, shared)))], damage=False) == TOLD


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a":1}', True), (b"\0\0\0\0" + b'{"a":1}', True), (b"\0\0\0\0\0" + b'{"a":1}', False),
        (b"\0\0\0" + b'{"a":1}', False), (b'["a"]', False), (b"{broken", False), (b"{}", False), (b"", False),
    ],
)  # fmt: skip
def test_only_a_json_object_is_readable_control(content: bytes, told: bool) -> None:
    """An answer may have four bytes of a return code before it."""
    for side in (C, S):
        found = converse(Tuya, [(side, frame(content, 10))], damage=False)
        assert [(one.data, one.control) for one in found if isinstance(one, Transfer)] == (
            [(content[content.index(b"{") :], side is C)] if told else []
        )


def test_names_that_are_no_text_say_nothing() -> None:
    sent = b'{"ip":5,"gwId":["x"],"productKey":null,"version":3.3,"other":"y"}'
    assert converse(TuyaBroadcast, [(C, frame(sent))], damage=False) == []
