"""Handshake messages of TLS and what they settle: RFC 5246, RFC 8446; keys by RFC 8422 5.4 and RFC 2246 7.4.3."""

from __future__ import annotations

import re

import pytest

from sensor.events import Span
from sensor.model import Side
from sensor.parsing.formats.tls_handshake import (
    ALERTS,
    CERTIFICATE,
    CHAIN_LIMIT,
    CLIENT_HELLO,
    CURVES,
    MESSAGE_LIMIT,
    NAMES_LIMIT,
    OFFERED_LIMIT,
    SERVER_HELLO,
    SERVER_KEY,
    SPANS,
    Flight,
    Key,
    Negotiation,
    alert_name,
    exchanged_key,
)
from tests.protocols import tls_bytes as make

PRIME_512 = b"\xc0" + bytes(62) + b"\x01"
PRIME_2048 = b"\x80" + bytes(254) + b"\x01"


def vector(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def params(prime: bytes) -> bytes:
    """dh_p, dh_g, dh_Ys, and the beginning of a signature."""
    return vector(prime) + vector(b"\x02") + vector(prime) + b"\x04\x01" + vector(bytes(256))


@pytest.mark.parametrize(
    ("suite", "body", "key"),
    [
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", params(PRIME_512), Key("DH", 512)),
        ("TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", params(PRIME_512), Key("DH", 512)),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA256", params(PRIME_2048), Key("DH", 2048)),
        (
            "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            params(b"\0" + PRIME_512),
            Key("DH", 512),
        ),  # a zero in front adds no bits
        ("TLS_DHE_PSK_WITH_AES_128_CBC_SHA", vector(b"a hint") + params(PRIME_512), Key("DH", 512)),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", b"\x03\x00\x13" + bytes(50), Key("secp192r1", 192)),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", b"\x03\x00\x1d\x20" + bytes(32), Key("x25519", 255)),
        ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", b"\x03\x00\x17" + bytes(66), Key("secp256r1", 256)),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", vector(PRIME_512) + vector(b"\1\0\1"), Key("RSA", 512)),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", b"\x01" + bytes(80), None),  # a curve written out, which is not in use
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", b"\x03\xfe\xfe" + bytes(80), None),  # an unregistered curve
        ("TLS_PSK_WITH_AES_128_CBC_SHA", vector(b"a hint"), None),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", params(PRIME_512), None),  # no such message belongs there
        ("0x5600", params(PRIME_512), None),
    ],
)
def test_what_was_made(suite: str, body: bytes, key: Key | None) -> None:
    assert exchanged_key(suite, body) == key


@pytest.mark.parametrize(
    "suite", ["TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"]
)
def test_a_message_that_is_cut_in_its_key_has_none(suite: str) -> None:
    body = (vector(b"a hint") if "PSK" in suite else b"") + vector(PRIME_512)
    assert {exchanged_key(suite, body[:cut]) for cut in range(len(body))} == {None}


HERE, THERE = Span(Side.CLIENT, 0, 10), Span(Side.SERVER, 0, 10)


def started(suite: int = 0xC02F, extensions: bytes = b"") -> Negotiation:
    """Both hellos."""
    made = Negotiation("tls", "t")
    made.message(Side.CLIENT, CLIENT_HELLO, make.client_hello([suite], make.sni("a.example")), HERE)
    made.message(Side.SERVER, SERVER_HELLO, make.server_hello(suite, extensions), THERE)
    return made


def test_only_the_first_hello_of_each_side_counts() -> None:
    """RFC 5246 §7.4.1.1, RFC 8446 §4.1.2: a second one renegotiates or answers a retry."""
    made = started()
    made.message(Side.CLIENT, CLIENT_HELLO, make.client_hello([0x0005], make.sni("b.example")), HERE)
    made.message(Side.SERVER, SERVER_HELLO, make.server_hello(0x0005), THERE)
    event = made.event()
    assert (event.server_name, event.cipher) == ("a.example", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert event.spans == (HERE, THERE)


@pytest.mark.parametrize("side", [Side.CLIENT, Side.SERVER])
def test_who_plays_the_client_follows_from_either_hello(side: Side) -> None:
    by_client, by_server = Negotiation("tls", "t"), Negotiation("tls", "t")
    by_client.message(side, CLIENT_HELLO, make.client_hello([1]), HERE)
    by_server.message(side.other, SERVER_HELLO, make.server_hello(1), HERE)
    assert by_client.client_side is by_server.client_side is side


@pytest.mark.parametrize("side", [Side.CLIENT, Side.SERVER])
def test_certificate_and_key_are_the_servers_alone(side: Side) -> None:
    made = started()
    made.message(side, CERTIFICATE, make.certificate(b"one"), HERE)
    made.message(side, SERVER_KEY, b"\x03\x00\x1d\x20" + bytes(32), HERE)
    event = made.event()
    theirs = side is Side.SERVER
    assert event.certificates == ((b"one",) if theirs else ())
    assert (event.key, event.key_bits) == (("x25519", 255) if theirs else (None, None))
    assert len(event.spans) == (4 if theirs else 2)
    made.message(Side.SERVER, CERTIFICATE, make.certificate(b"two"), THERE)
    made.message(Side.SERVER, SERVER_KEY, b"\x03\x00\x17" + bytes(66), THERE)
    event = made.event()
    assert event.certificates == ((b"one",) if theirs else (b"two",))
    assert event.key == ("x25519" if theirs else "secp256r1")


def test_bounds_of_what_is_stored() -> None:
    made = Negotiation("tls", "t")
    names = [b"n%d" % number for number in range(NAMES_LIMIT + 1)]
    hello = make.client_hello(range(1, OFFERED_LIMIT + 2), make.alpn(*names))
    made.message(Side.CLIENT, CLIENT_HELLO, hello, HERE)
    made.message(Side.SERVER, SERVER_HELLO, make.server_hello(1), THERE)
    chain = [b"cert %d" % number for number in range(CHAIN_LIMIT + 1)]
    made.message(Side.SERVER, CERTIFICATE, make.certificate(*chain), THERE)
    for number in range(2 * SPANS):
        made.rests_on(Span(Side.CLIENT, number, number + 1))
    event = made.event()
    assert len(event.alpn) == NAMES_LIMIT and len(event.offered_ciphers) == OFFERED_LIMIT
    assert event.certificates == tuple(chain[:CHAIN_LIMIT]) and len(event.spans) == SPANS


def test_grease_is_no_offer() -> None:
    """RFC 8701: values that only keep servers tolerant."""
    made = Negotiation("tls", "t")
    made.message(Side.CLIENT, CLIENT_HELLO, make.client_hello([0x1A1A, 0x0005]), HERE)
    assert made.event().offered_ciphers == ("TLS_RSA_WITH_RC4_128_SHA",)


def test_what_was_decided_stays() -> None:
    refused, protected = started(), started()
    refused.refused("unknown_ca", HERE)
    refused.protected_data(THERE)
    refused.client_sent_data(HERE)
    event = refused.event()
    assert (event.established, event.client_data, event.alert, event.alert_side) == (
        False, None, "unknown_ca", Side.CLIENT,
    )  # fmt: skip
    assert refused.settled and refused.decided
    protected.protected_data(THERE)
    assert protected.decided and not protected.settled
    protected.refused("unknown_ca", HERE)
    event = protected.event()
    assert (event.established, event.alert, event.alert_side) == (True, None, None)
    protected.client_left()
    assert protected.settled and protected.event().client_data is False
    sent = started()
    sent.client_sent_data(HERE)
    sent.client_left()
    assert sent.settled and (sent.event().established, sent.event().client_data) == (True, True)


def test_data_of_each_side_are_evidence_once() -> None:
    made = started()
    places = [Span(Side.SERVER, 20, 30), Span(Side.CLIENT, 20, 30), Span(Side.CLIENT, 30, 40)]
    made.protected_data(places[0])
    for place in places[1:]:
        made.client_sent_data(place)
    assert made.event().spans == (HERE, THERE, places[0], places[1])


@pytest.mark.parametrize(
    ("suite", "extensions", "modern", "readable"),
    [(0xC02F, b"", False, False), (0x0002, b"", False, True), (0x1301, make.extension(43, b"\x03\x04"), True, False),
     (0x0002, make.extension(43, b"\x03\x04"), True, False)],
)  # fmt: skip
def test_what_the_server_chose(suite: int, extensions: bytes, modern: bool, readable: bool) -> None:
    made = started(suite, extensions)
    assert (made.modern, made.readable) == (modern, readable)
    assert not Negotiation("tls", "t").modern and not Negotiation("tls", "t").readable


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_message_cut_at_any_byte_is_put_together_with_its_places(cut: int) -> None:
    """RFC 5246 §6.2.1: from the first record that holds a byte of it to the last one."""
    data = make.handshake(1, b"first") + make.handshake(2, b"2nd")
    flight = Flight()
    first, second = Span(Side.CLIENT, 0, 100), Span(Side.CLIENT, 100, 200)
    found = [*flight.add(data[:cut], first), *flight.add(data[cut:], second)]
    assert [(kind, body) for kind, body, _ in found] == [(1, b"first"), (2, b"2nd")]
    one = Span(Side.CLIENT, 0, 100 if cut >= 9 else 200)
    # Nine bytes are the first message: the second begins in the record that holds the tenth.
    two = Span(Side.CLIENT, 100 if cut <= 9 else 0, 200)
    assert [place for _, _, place in found] == [one, two]


@pytest.mark.parametrize(("size", "overflowed"), [(MESSAGE_LIMIT, False), (MESSAGE_LIMIT + 1, True)])
def test_the_largest_message(size: int, overflowed: bool) -> None:
    flight = Flight()
    assert list(flight.add(b"\x0b" + size.to_bytes(3, "big"), HERE)) == []
    assert flight.overflowed is overflowed


@pytest.mark.parametrize(("number", "name"), [(0, "close_notify"), (42, "bad_certificate"), (255, "255")])
def test_names_of_alerts(number: int, name: str) -> None:
    assert alert_name(number) == name


def test_alerts_of_the_registry() -> None:
    """IANA's "TLS Alerts" (RFC 8446 §6, RFC 5246 §7.2)."""
    expected = {
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
        22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
        42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
        51: "decrypt_error", 60: "export_restriction", 70: "protocol_version", 71: "insufficient_security",
        80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
        109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name", 116: "certificate_required",
        120: "no_application_protocol",
    }  # fmt: skip
    assert {number: ALERTS.get(number) for number in expected} == expected


def test_curves_by_their_numbers() -> None:
    """RFC 8422 §5.1.1 (1 to 25), RFC 7027 §2 (26 to 28), RFC 8446 §4.2.7 (29, 30): each with its field's size."""
    names = [
        "sect163k1",
        "sect163r1",
        "sect163r2",
        "sect193r1",
        "sect193r2",
        "sect233k1",
        "sect233r1",
        "sect239k1",
        "sect283k1",
        "sect283r1",
        "sect409k1",
        "sect409r1",
        "sect571k1",
        "sect571r1",
        "secp160k1",
        "secp160r1",
        "secp160r2",
        "secp192k1",
        "secp192r1",
        "secp224k1",
        "secp224r1",
        "secp256k1",
        "secp256r1",
        "secp384r1",
        "secp521r1",
        "brainpoolP256r1",
        "brainpoolP384r1",
        "brainpoolP512r1",
        "x25519",
        "x448",
    ]
    assert {number: name for number, (name, _) in CURVES.items()} == dict(enumerate(names, 1))
    for name, bits in CURVES.values():
        said = re.search(r"\d{3}", name)
        assert said is not None and bits == {"x25519": 255, "x448": 448}.get(name, int(said[0]))


@pytest.mark.parametrize("side", [Side.CLIENT, Side.SERVER])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_after_which_alerts_a_handshake_goes_on(level: int, side: Side) -> None:
    """After the warnings no_certificate, user_canceled, no_renegotiation and unrecognized_name (RFC 5246 7.2, RFC 6066
    3, RFC 6101 5.4.2); any other one, and each that is fatal, ends it."""
    for number in range(256):
        made, place = started(), Span(side, 50, 57)
        made.alerted(level, number, place)
        event = made.event()
        if level == 1 and number in (41, 90, 100, 112):
            assert (event.established, event.alert, event.alert_side) == (None, None, None) and not made.decided
        else:
            assert (event.established, event.alert, event.alert_side) == (False, alert_name(number), side)
            assert place in event.spans
