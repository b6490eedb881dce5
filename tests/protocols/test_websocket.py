"""WebSocket frames: RFC 6455 §5.7, RFC 7692 §7.2.3, fragments, losses, logins, MQTT, damage."""

from __future__ import annotations

import struct
import zlib

import pytest

from sensor.events import DATA_LIMIT, Inner, Login, Skip, Transfer, Weird
from sensor.model import Secret
from sensor.parsing.cursor import Malformed
from sensor.protocols.websocket import PROTOCOLS, MqttWebSocket, WebSocket
from tests.conversation import C, Run, S, Span, converse, events


def frame(payload: bytes, opcode: int = 1, *, fin: bool = True, rsv: int = 0, key: bytes = b"") -> bytes:
    first = (0x80 if fin else 0) | rsv | opcode
    size = len(payload)
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + struct.pack(">H", size)
        if size < 65536
        else b"\x7f" + struct.pack(">Q", size)
    )
    if key:
        length = bytes([length[0] | 0x80]) + length[1:]
        payload = bytes(b ^ key[i % 4] for i, b in enumerate(payload))
    return bytes([first]) + length + key + payload


KEY = b"\x37\xfa\x21\x3d"


def test_the_examples_of_rfc_6455() -> None:
    single, masked = bytes.fromhex("810548656c6c6f"), bytes.fromhex("818537fa213d7f9f4d5158")
    fragmented, ping = bytes.fromhex("010348656c80026c6f"), bytes.fromhex("890548656c6c6f")
    assert frame(b"Hello", key=KEY) == masked
    script = [(S, single), (C, masked), (S, fragmented[:5] + ping + fragmented[5:])]
    # The server's repetition is held and its size told at the end.
    assert [(t.side, t.data, t.size) for t in events(converse(WebSocket, script), Transfer)] == [
        (S, b"Hello", 5),
        (C, b"Hello", 5),
        (S, b"", 5),
    ]
    run = Run(WebSocket())
    run.feed(S, fragmented[:5] + ping + fragmented[5:])
    assert [(t.side, t.data, t.spans) for t in events(run.close(), Transfer)] == [(S, b"Hello", (Span(S, 0, 16),))]


def test_the_examples_of_rfc_7692_with_one_window_for_both_messages() -> None:
    first, second = bytes.fromhex("c107f248cdc9c90700"), bytes.fromhex("c105f200110000")
    script = [(S, first + frame(b"between") + second)]
    output = converse(WebSocket, script)
    assert [t.data for t in events(output, Transfer)][:2] == [b"Hello", b"between"]
    assert sum(t.size for t in events(output, Transfer)) == 7 + 7 + 5


def test_a_login_in_a_message_and_none_in_what_the_server_says() -> None:
    login = b'{"type":"login","username":"anna","password":"open sesame"}'
    auth = b'{"type":"auth","access_token":"eyJhbGciOiJIUzI1NiJ9.e30.abc"}'
    script = [
        (S, frame(login)),
        (C, frame(login, key=KEY)),
        (C, frame(auth[:20], fin=False, key=KEY) + frame(auth[20:], 0, key=b"\1\2\3\4")),
    ]
    assert [
        (e.mechanism, e.username, e.secret, e.scheme, e.accepted) for e in events(converse(WebSocket, script), Login)
    ] == [
        ("password", "anna", Secret("open sesame"), "json", None),
        ("token", None, Secret("eyJhbGciOiJIUzI1NiJ9.e30.abc"), "json", None),
    ]


def test_mqtt_inside_is_handed_on_as_it_comes() -> None:
    script = [
        (C, frame(b"\x10\x0c\x00\x04MQ", 2, key=KEY) + frame(b"TT\x04\x02\x00\x3c\x00\x00", 2, key=KEY)),
        (S, frame(b"\x20\x02\x00\x00", 2)),
    ]
    assert converse(MqttWebSocket, script) == [
        Inner(b"\x10\x0c\x00\x04MQ", "mqtt", C),
        Inner(b"TT\x04\x02\x00\x3c\x00\x00", "mqtt", C),
        Inner(b"\x20\x02\x00\x00", "mqtt", S),
    ]


def test_long_messages_are_skipped_and_counted() -> None:
    run = Run(WebSocket())
    long = frame(bytes(DATA_LIMIT + 500_000), 2)
    for start in range(0, len(long), 1460):
        run.feed(S, long[start : start + 1460])
    run.feed(S, frame(b"after"))
    output = run.close()
    assert [(t.size, t.complete) for t in events(output, Transfer)] == [(DATA_LIMIT + 500_000, False), (5, True)]
    assert sum(s.length for s in events(output, Skip)) > 400_000  # type: ignore[arg-type]


def test_a_loss_inside_a_payload_costs_that_message() -> None:
    run = Run(WebSocket())
    run.feed(S, frame(b"x" * 1000)[:100])
    run.gap(S, 800)
    run.feed(S, frame(b"x" * 1000)[900:] + frame(b"after"))
    assert [(t.size, t.complete) for t in events(run.close(), Transfer)] == [(1000, False), (5, True)]
    with pytest.raises(Malformed):
        run.gap(S, 3)


def test_a_bomb_ends_the_reading_of_compressed_messages_alone() -> None:
    def deflated(data: bytes) -> bytes:
        engine = zlib.compressobj(9, wbits=-15)
        return (engine.compress(data) + engine.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")

    run = Run(WebSocket())
    run.feed(S, frame(deflated(bytes(8 * DATA_LIMIT)), 2, rsv=0x40))
    run.feed(S, frame(deflated(b"next"), rsv=0x40) + frame(b"plain"))
    output = run.close()
    assert [w.name for w in events(output, Weird)] == ["websocket_compression"]
    assert [t.data for t in events(output, Transfer)] == [b"", b"", b"plain"]
    run = Run(WebSocket())
    for _ in range(160):  # more than a run's reserve
        run.feed(S, frame(deflated(bytes(DATA_LIMIT - 1)), 2, rsv=0x40))
    assert [w.name for w in events(run.close(), Weird)] == ["websocket_compression"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x83\x00",
        b"\xb1\x00",
        b"\x89\x7e\x00\x80",
        b"\x09\x00",
        b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        b"HTTP/1.1",
    ],
)
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(Malformed):
        Run(WebSocket()).feed(S, data)


def test_both_names() -> None:
    assert [p.name for p in PROTOCOLS] == ["websocket", "websocket-mqtt"]


def transfers(*frames: bytes) -> list[tuple[int, bytes, bool]]:
    run = Run(WebSocket())
    for one in frames:
        run.feed(S, one)
    return [(t.size, t.data, t.complete) for t in events(run.close(), Transfer)]


def test_pieces_of_a_message_and_empty_ones() -> None:
    """RFC 6455 §5.4: a first frame without FIN, continuations, control frames between."""
    assert transfers(frame(b"ab", fin=False), frame(b"", 9), frame(b"cd", 0, fin=False), frame(b"e", 0)) == [
        (5, b"abcde", True)
    ]
    assert transfers(frame(b"", fin=False), frame(b"ab", 0), frame(b"", 0), frame(b"cde")) == [
        (2, b"ab", True), (3, b"cde", True),
    ]  # fmt: skip
    assert transfers(frame(b"never", fin=False), frame(b"whole"), frame(b"stray", 0)) == [(5, b"whole", True)]


def test_lengths_of_all_three_forms() -> None:
    """§5.2: seven bits, sixteen, sixty-four; a control frame has 125 bytes at most and is whole."""
    for size in (1, 125, 126, 127, 65_535, 65_536):
        assert [one[0] for one in transfers(frame(b"x" * size))] == [size]
    assert transfers(frame(b"x" * 125, 9), frame(b"a")) == [(1, b"a", True)]
    for bad in (frame(b"x" * 126, 9), frame(b"x", 9, fin=False)):
        with pytest.raises(Malformed):
            Run(WebSocket()).feed(S, bad)


def test_a_lost_message_does_not_spoil_the_next() -> None:
    long = frame(b"x" * (DATA_LIMIT + 5))
    assert [(size, complete) for size, _, complete in transfers(long, frame(b"abc"))] == [
        (DATA_LIMIT + 5, False), (3, True),
    ]  # fmt: skip
    whole = transfers(frame(b"x" * DATA_LIMIT))
    assert [(size, complete) for size, _, complete in whole] == [(DATA_LIMIT, True)]
    run = Run(WebSocket())
    run.feed(S, frame(b"x" * 100)[:50])
    with pytest.raises(Malformed):
        run.gap(S, 53)  # beyond the end of the frame
    run = Run(WebSocket())
    run.feed(S, frame(b"x" * 100)[:50])
    run.gap(S, 52)
    run.feed(S, frame(b"abc"))
    assert [(t.size, t.complete) for t in events(run.close(), Transfer)] == [(100, False), (3, True)]


def test_only_what_a_client_sends_as_text_is_a_login() -> None:
    sent = b'{"username": "anna", "password": "s3cret-7"}'
    for side, opcode, number in ((C, 1, 1), (C, 2, 0), (S, 1, 0)):
        run = Run(WebSocket())
        run.feed(side, frame(sent, opcode, key=KEY if side is C else b""))
        assert len(events(run.close(), Login)) == number, (side, opcode)


@pytest.mark.parametrize("size", range(10))
def test_a_mask_repeats_to_the_end(size: int) -> None:
    """RFC 6455 §5.3: octet i of the data with octet i modulo 4 of the key."""
    data = b"0123456789"[:size]
    masked = bytes(byte ^ KEY[index % 4] for index, byte in enumerate(data))
    run = Run(WebSocket())
    run.feed(C, bytes((0x82, 0x80 | size)) + KEY + masked)
    assert [t.data for t in events(run.close(), Transfer)] == ([data] if size else [b""])
