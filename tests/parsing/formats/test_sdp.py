"""Session descriptions: the example of RFC 8866 §5, keys of RFC 4568, DTLS, and lines that do not parse."""

from __future__ import annotations

from sensor.events import Expect
from sensor.parsing.formats.sdp import Media, expectations, streams
from tests.conversation import S

EXAMPLE = b"""v=0\r
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r
s=Call\r
c=IN IP4 198.51.100.1\r
t=0 0\r
m=audio 49170 RTP/AVP 0 8\r
m=video 51372 RTP/AVP 99\r
c=IN IP6 2001:db8::2\r
a=rtpmap:99 h263-1998/90000\r
"""


def test_the_example_of_rfc_8866() -> None:
    audio, video = streams(EXAMPLE)
    assert (audio.kind, audio.port, audio.profile, audio.address, audio.plain) == (
        "audio",
        49170,
        "RTP/AVP",
        "198.51.100.1",
        True,
    )
    assert (video.port, video.address, video.kinds) == (51372, "2001:db8::2", {99: "video/h263-1998"})
    assert list(expectations(video, S)) == [
        Expect("rtp", 51372, S, udp=True, address="2001:db8::2", hint=Media(((99, "video/h263-1998"),), "video")),
        Expect("rtcp", 51373, S, udp=True, address="2001:db8::2"),
    ]


def test_payload_numbers() -> None:
    media = streams(EXAMPLE)[1].media
    assert [media.of(99), media.of(0), media.of(120), Media().of(120)] == [
        "video/h263-1998",
        "audio/PCMU",
        "video/rtp",
        None,
    ]


def test_sdes_keys_cross_with_the_description() -> None:
    [stream] = streams(
        b"m=audio 5000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
        b"inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
    )
    assert stream.keys == ["WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"]
    assert [e.protocol for e in expectations(stream, S)] == ["srtp"]


def test_what_dtls_keys_what_is_off_and_what_is_no_rtp_is_not_announced() -> None:
    for description in (
        b"a=fingerprint:sha-256 AA\r\nm=audio 5000 UDP/TLS/RTP/SAVPF 111",
        b"m=audio 5000 RTP/AVP 0\r\na=fingerprint:sha-1 AA",
        b"m=audio 0 RTP/AVP 0",
        b"m=image 5000 udptl t38",
    ):
        assert [list(expectations(stream, S)) for stream in streams(description)] == [[]]


def test_control_ports() -> None:
    ports = [
        [e.port for e in expectations(streams(b"m=audio 5000 RTP/AVP 0\n" + line)[0], S)]
        for line in (b"a=rtcp:6001 IN IP4 192.0.2.1", b"a=rtcp-mux", b"")
    ]
    assert ports == [[5000, 6001], [5000], [5000, 5001]]


def test_lines_that_do_not_parse() -> None:
    assert streams(b"m=audio x RTP/AVP 0\nm=\nm=audio 5000\nc=\na=rtpmap:\na=crypto\xff\n") == []
    assert len(streams(b"m=audio 5000 RTP/AVP 0\n" * 5000)) == 32
    assert streams(b"c=IN IP4 0.0.0.0\nm=audio 70000 RTP/AVP 0")[0].address is None


def test_payload_types_of_rfc_3551() -> None:
    """§6, tables 4 and 5."""
    audio = {0: "PCMU", 3: "GSM", 4: "G723", 5: "DVI4", 6: "DVI4", 7: "LPC", 8: "PCMA", 9: "G722", 10: "L16",
             11: "L16", 12: "QCELP", 13: "CN", 14: "MPA", 15: "G728", 16: "DVI4", 17: "DVI4", 18: "G729"}  # fmt: skip
    video = {25: "CelB", 26: "JPEG", 28: "nv", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263"}
    expected = {n: f"audio/{name}" for n, name in audio.items()} | {n: f"video/{name}" for n, name in video.items()}
    assert {n: kind for n in range(128) if (kind := Media().of(n))} == expected


def test_payload_maps_are_bounded() -> None:
    lines = b"".join(b"a=rtpmap:%d codec%d/8000\r\n" % (number, number) for number in range(300))
    [stream] = streams(b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n" + lines)
    assert len(stream.kinds) == 128 and stream.kinds[127] == "audio/codec127"


def test_keys_that_are_none() -> None:
    """RFC 4568 §9.1: a tag, a suite, a key of base64 behind "inline:"."""
    key = b"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
    lines = [
        b"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key,
        b"crypto:x AES inline:" + key,
        b"crypto:2 AES inline:short",
        b"crypto:3 AES other:" + key,
        b"crypto:",
    ]
    [stream] = streams(b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\na=" + b"\r\na=".join(lines) + b"\r\n")
    assert [one if isinstance(one, bytes) else str(one).encode() for one in stream.keys] == [key]
