"""TLS: conversations of OpenSSL, hellos made by the RFCs, published values of JA3 and JA4."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any

import dpkt
import pytest

from sensor.events import Enough, Handshake, Upgrade
from sensor.model import Side, Transport
from sensor.parsing.formats.tls_hello import client_hello as read_client_hello
from sensor.parsing.formats.tls_hello import ja3, ja3s, ja4
from sensor.parsing.formats.tls_hello import server_hello as read_server_hello
from sensor.parsing.formats.tls_suites import is_grease, is_null, suite_name
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tls import PROTOCOL, Tls
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import tls_bytes as make

SHARED = Path(os.environ.get("LANWITNESS_SHARED", Path(__file__).parents[2].parent / "shared"))

HELLO = make.record(
    22,
    make.handshake(
        1, make.client_hello([0x1A1A, 0xC02F, 0x0005], make.sni("plug.example") + make.alpn(b"h2", b"http/1.1"))
    ),
    0x0301,
)


def handshake(script: Script, **how: Any) -> Handshake:
    output = converse(Tls, script, **how)
    found = events(output, Handshake)
    assert len(found) == 1
    assert isinstance(found[0], Handshake)
    return found[0]


def test_a_real_tls_1_2_conversation() -> None:
    script = make.talk(ssl.TLSVersion.TLSv1_2, protocols=("http/1.1",))
    event = handshake(script)
    assert (event.kind, event.version, event.server_name, event.established, event.alert) == (
        "tls",
        "TLS 1.2",
        make.HOST,
        True,
        None,
    )
    assert event.certificates == (make.der(),)
    assert event.alpn == ("http/1.1",) and event.selected_alpn == "http/1.1"
    assert event.cipher is not None and event.cipher.startswith("TLS_ECDHE_ECDSA_WITH_")
    assert event.cipher in event.offered_ciphers
    assert {span.side for span in event.spans} == {C, S}
    assert isinstance(converse(Tls, script, damage=False)[-1], Enough)


def test_a_real_tls_1_3_conversation_hides_its_certificate() -> None:
    event = handshake(make.talk(ssl.TLSVersion.TLSv1_3))
    assert (event.version, event.server_name, event.certificates, event.established) == ("TLS 1.3", make.HOST, (), True)
    assert event.offered_versions == ("TLS 1.3",)
    assert event.ja4 is not None and event.ja4.startswith("t13d")


def test_a_client_that_does_not_trust_the_certificate_refuses_it() -> None:
    event = handshake(make.talk(ssl.TLSVersion.TLSv1_2, trusting=False))
    assert (event.established, event.alert) == (False, "unknown_ca")
    assert event.certificates == (make.der(),)


def test_a_refusal_in_tls_1_3_readable_and_hidden() -> None:
    # OpenSSL writes this alert before it changes its keys; others hide it as RFC 8446 §6 has it.
    script = make.talk(ssl.TLSVersion.TLSv1_3, trusting=False)
    event = handshake(script)
    assert (event.version, event.established, event.alert) == ("TLS 1.3", False, "unknown_ca")
    hidden = handshake([*script[:2], (C, make.CHANGE + make.record(23, b"a" * 19))])
    assert (hidden.version, hidden.established, hidden.alert) == ("TLS 1.3", False, "encrypted")


def test_a_handshake_that_ends_without_data_is_not_established() -> None:
    script = [(side, data) for side, data in make.talk(ssl.TLSVersion.TLSv1_2)][:4]
    event = handshake(script, damage=False)
    assert (event.version, event.established) == ("TLS 1.2", None)
    hello_only = handshake([(C, HELLO)])
    assert (hello_only.version, hello_only.cipher, hello_only.server_name, hello_only.established) == (
        None,
        None,
        "plug.example",
        None,
    )
    assert hello_only.offered_ciphers == ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_RC4_128_SHA")
    assert hello_only.alpn == ("h2", "http/1.1")


def closed(script: Script, *sides: Side) -> Handshake:
    """The handshake of a conversation that ``sides`` ended themselves, in this order."""
    parser = Tls()
    found = [each for side, data in script for each in parser.receive(side, data)]
    parser.ended = sides
    found += parser.close()
    (event,) = [each for each in found if isinstance(each, Handshake)]
    return event


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_only_the_clients_own_data_says_that_it_accepts(version: ssl.TLSVersion) -> None:
    """A real conversation: the client sends its hello, its Finished, then data."""
    script = make.talk(version)
    whole = closed(script, C)
    assert (whole.established, whole.client_data) == (True, True)
    turns = [turn for turn, (side, _) in enumerate(script) if side is C]
    before = script[: turns[2]]
    assert closed(before, C).client_data is False
    assert closed(before).client_data is None, "the capture may just have ended"
    assert closed(before, S).client_data is None, "the server left: the client had no chance"
    assert closed(before, S, C).client_data is None, "the server left first"
    assert closed(before, C, S).client_data is False


def test_the_server_may_send_first_and_the_client_leave() -> None:
    """TLS 1.2: a server that greets at once does not make the client accept its certificate."""
    script = make.talk(ssl.TLSVersion.TLSv1_2)
    finished = (
        next(turn for turn, (_, data) in enumerate(script) if data[:1] == b"\x17")
        if any(data[:1] == b"\x17" for _, data in script)
        else len(script)
    )
    greeting = (S, make.record(23, b"g" * 40))
    event = closed([*script[:finished], greeting], C)
    assert (event.established, event.client_data) == (True, False)
    event = closed([*script[:finished], greeting, (C, make.record(23, b"c" * 40))], C)
    assert (event.established, event.client_data) == (True, True)


def test_an_alert_behind_the_finished_is_no_data() -> None:
    """TLS 1.3: Finished (SHA-384), then a close_notify, then the end."""
    hello = make.handshake(2, make.server_hello(0x1302, make.extension(43, b"\x03\x04")))
    opening: Script = [
        (C, HELLO),
        (S, make.record(22, hello) + make.record(23, b"e" * 900)),
        (C, make.CHANGE + make.record(23, b"f" * 69)),
    ]
    assert closed([*opening, (C, make.record(23, b"a" * 19))], C).client_data is False
    assert closed([*opening, (S, make.record(23, b"s" * 300))], C).client_data is False
    assert closed([*opening, (C, make.record(23, b"d" * 120))], C).client_data is True


def test_a_short_record_before_the_finished_is_no_alert() -> None:
    """TLS 1.3: an empty Certificate (4 + 4 + 1 + 16 bytes) or an EndOfEarlyData (4 + 1 + 16) comes before the
    Finished; an alert has 19 or 11 bytes, with Java's padding 35 or 27."""
    hello = make.handshake(2, make.server_hello(0x1301, make.extension(43, b"\x03\x04")))
    opening: Script = [(C, HELLO), (S, make.record(22, hello) + make.record(23, b"e" * 900))]
    for size in (25, 21):
        short: Script = [*opening, (C, make.CHANGE + make.record(23, b"c" * size))]
        event = closed(short, C)
        assert (event.established, event.alert, event.client_data) == (None, None, None)
        finished: Script = [*short, (C, make.record(23, b"f" * 53))]
        assert closed(finished, C).client_data is None, "what came before the Finished is not clear"
        assert closed([*finished, (C, make.record(23, b"d" * 40))], C).client_data is True
    merged: Script = [*opening, (C, make.CHANGE + make.record(23, b"m" * 900))]
    assert closed(merged, C).client_data is None, "where the Finished ends is hidden"
    for size in (19, 11, 35, 27):
        event = closed([*opening, (C, make.CHANGE + make.record(23, b"a" * size))], C)
        assert (event.established, event.alert, event.alert_side) == (False, "encrypted", C)


def test_java_pads_its_records() -> None:
    """TLS 1.3: 16 zeros behind the Finished (SHA-384: 4 + 48 + 1 + 16 + 16) and behind the close_notify."""
    hello = make.handshake(2, make.server_hello(0x1302, make.extension(43, b"\x03\x04")))
    opening: Script = [
        (C, HELLO),
        (S, make.record(22, hello) + make.record(23, b"e" * 900)),
        (C, make.CHANGE + make.record(23, b"f" * 85)),
    ]
    assert closed([*opening, (C, make.record(23, b"d" * 120))], C).client_data is True
    assert closed([*opening, (C, make.record(23, b"a" * 35))], C).client_data is None, "an alert, or 18 bytes of data"


def test_an_encrypted_alert_says_who_closed_first() -> None:
    """TLS 1.2: the client's close_notify, then the server's end of the connection, which is first in TCP."""
    script = make.talk(ssl.TLSVersion.TLSv1_2)
    turns = [turn for turn, (side, _) in enumerate(script) if side is C]
    before = script[: turns[2]]
    bye = make.record(21, b"a" * 26)
    assert closed([*before, (C, bye), (S, bye)], S, C).client_data is False
    assert closed([*before, (S, bye), (C, bye)], C, S).client_data is None
    assert closed([*before, (C, bye)]).client_data is None, "the capture may just have ended"


def test_who_sent_the_alert() -> None:
    script = make.talk(ssl.TLSVersion.TLSv1_2, trusting=False)
    assert (handshake(script).alert_side, handshake(script).client_side) == (C, C)
    event = handshake([(C, HELLO), (S, make.record(21, bytes((2, 40))))])
    assert (event.alert, event.alert_side) == ("handshake_failure", S)


def test_messages_split_over_records_and_several_in_one() -> None:
    hello = make.handshake(1, make.client_hello([0xC02F], make.sni("plug.example")))
    answer = (
        make.handshake(2, make.server_hello(0xC02F))
        + make.handshake(11, make.certificate(b"leaf" * 40, b"root" * 40))
        + make.handshake(14, b"")
    )
    pieces = b"".join(make.record(22, hello[i : i + 7]) for i in range(0, len(hello), 7))
    event = handshake([(C, pieces), (S, make.record(22, answer[:50]) + make.record(22, answer[50:]))])
    assert event.server_name == "plug.example"
    assert event.certificates == (b"leaf" * 40, b"root" * 40)


@pytest.mark.parametrize(
    ("number", "level", "established", "name"),
    [
        (40, 2, False, "handshake_failure"),
        (70, 2, False, "protocol_version"),
        (0, 1, False, "close_notify"),
        (112, 1, None, None),
        (200, 2, False, "200"),
    ],
)
def test_alerts_of_the_server(number: int, level: int, established: bool | None, name: str | None) -> None:
    event = handshake([(C, HELLO), (S, make.record(21, bytes((level, number))))])
    assert (event.established, event.alert, event.version) == (established, name, None)


def test_the_version_is_the_one_really_chosen() -> None:
    for chosen, name in [(0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0303, "TLS 1.2")]:
        answer = make.record(22, make.handshake(2, make.server_hello(0x0005, version=chosen)), chosen)
        event = handshake(
            [(C, HELLO), (S, answer), (C, make.CHANGE + make.record(22, b"x" * 40) + make.record(23, b"data"))],
            damage=False,
        )
        assert (event.version, event.cipher, event.established) == (name, "TLS_RSA_WITH_RC4_128_SHA", True)
    modern = make.extension(43, b"\x03\x04") + make.extension(51, b"\x00\x1d" + make.vector(2, bytes(32)))
    event = handshake(
        [(C, HELLO), (S, make.record(22, make.handshake(2, make.server_hello(0x1301, modern))))], damage=False
    )
    assert (event.version, event.cipher) == ("TLS 1.3", "TLS_AES_128_GCM_SHA256")


def test_a_retry_request_is_no_server_hello() -> None:
    # RFC 8446 §4.1.3: this random is what tells it
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    modern = make.extension(43, b"\x03\x04")
    retry = make.record(22, make.handshake(2, make.server_hello(0x1302, modern, random=random))) + make.CHANGE
    second = make.CHANGE + make.record(
        22, make.handshake(1, make.client_hello([0x1302], make.versions(0x0304) + make.sni("plug.example")))
    )
    chosen = (
        make.record(22, make.handshake(2, make.server_hello(0x1302, modern)))
        + make.CHANGE
        + make.record(23, b"z" * 900)
    )
    finished = make.CHANGE + make.record(23, b"f" * 69)
    script = [(C, HELLO), (S, retry), (C, second), (S, chosen), (C, finished), (C, make.record(23, b"GET" + b"0" * 40))]
    event = handshake(script)
    assert (event.version, event.cipher, event.established) == ("TLS 1.3", "TLS_AES_256_GCM_SHA384", True)
    # Finished and a close_notify are no data.
    assert handshake([*script[:5], (C, make.record(23, b"c" * 19))], damage=False).established is None


def test_the_called_side_may_play_the_client() -> None:
    answer = make.record(
        22, make.handshake(2, make.server_hello(0xC02F)) + make.handshake(11, make.certificate(b"leaf"))
    )
    event = handshake([(S, HELLO), (C, answer), (S, make.record(21, b"\x02\x2a"))], damage=False)
    assert (event.server_name, event.certificates, event.established, event.alert) == (
        "plug.example",
        (b"leaf",),
        False,
        "bad_certificate",
    )
    assert (event.client_side, event.alert_side) == (S, S)


def test_a_loss_reports_what_was_seen_and_gives_up() -> None:
    run = Run(Tls(None))
    run.feed(C, HELLO)
    run.gap(S, 1000)
    output = run.close()
    assert [type(item) for item in output] == [Handshake, Enough]


def test_application_data_in_mid_stream_says_nothing() -> None:
    assert [type(item) for item in converse(Tls, [(C, make.record(23, b"q" * 200))])] == [Enough]


def test_a_suite_without_encryption_goes_on_readable() -> None:
    hello = make.record(22, make.handshake(1, make.client_hello([0x0002])))
    answer = make.record(22, make.handshake(2, make.server_hello(0x0002)) + make.handshake(14, b""))
    output = converse(
        Tls,
        [
            (C, hello),
            (S, answer),
            (C, make.CHANGE + make.record(22, bytes(36))),
            (S, make.CHANGE + make.record(22, bytes(36))),
        ],
    )
    event, upgrade = output
    assert isinstance(event, Handshake)
    assert (event.cipher, event.established) == ("TLS_RSA_WITH_NULL_SHA", True)
    assert upgrade == Upgrade("tls-null")


def test_an_ssl_2_hello_that_offers_tls() -> None:
    # RFC 5246 appendix E.2: three-byte specs, a challenge of 16 to 32 bytes
    kinds = bytes.fromhex("010080 000004 00000a".replace(" ", ""))
    body = b"\x01\x03\x01" + len(kinds).to_bytes(2, "big") + b"\x00\x00\x00\x10" + kinds + bytes(16)
    old = (0x8000 | len(body)).to_bytes(2, "big") + body
    answer = make.record(22, make.handshake(2, make.server_hello(0x0004, version=0x0301)), 0x0301)
    event = handshake([(C, old), (S, answer)])
    assert (event.version, event.cipher, event.ja3, event.ja4) == ("TLS 1.0", "TLS_RSA_WITH_RC4_128_MD5", None, None)
    assert event.offered_versions == ("TLS 1.0", "SSL 2.0")
    assert event.offered_ciphers == (
        "SSL_CK_RC4_128_WITH_MD5",
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    )
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(old, b"", 50000, 8000, Transport.TCP)) is Match.SURE


def test_ssl_2_through_and_through() -> None:
    kinds = bytes.fromhex("0700c0020080")
    hello = b"\x01\x00\x02" + len(kinds).to_bytes(2, "big") + b"\x00\x00\x00\x10" + kinds + bytes(16)
    answer = b"\x04\x00\x01\x00\x02\x00\x04\x00\x06\x00\x10" + b"leaf" + kinds + bytes(16)
    key = b"\x02\x02\x00\x80" + bytes(6) + b"\x00" * 20

    def framed(body: bytes) -> bytes:
        return (0x8000 | len(body)).to_bytes(2, "big") + body

    padded = b"\x00\x18\x08" + bytes(24)
    event = handshake(
        [
            (C, framed(hello)),
            (S, framed(answer)),
            (C, framed(key)),
            (S, framed(bytes(33))),
            (C, framed(bytes(33)) + padded),
        ]
    )
    assert (event.version, event.cipher, event.certificates, event.established) == (
        "SSL 2.0",
        "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
        (b"leaf",),
        True,
    )


def recognise(client: bytes, server: bytes = b"") -> Match:
    assert PROTOCOL.recognise is not None
    return PROTOCOL.recognise(Opening(client, server, 50000, 12345, Transport.TCP))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (HELLO, b"", Match.SURE),
        (HELLO[:3], b"", Match.MORE),
        (b"", make.record(22, make.handshake(2, make.server_hello(1))), Match.SURE),
        (make.record(23, b"a" * 40) + make.record(23, b"b" * 40), b"", Match.SURE),
        (make.record(23, b"a" * 40) + b"nonsense", b"", Match.NO),
        (HELLO, b"HTTP/1.1 400 Bad Request\r\n", Match.NO),
        (b"\x16\x03\x01", b"", Match.MORE),
        (b"\x16\x04\x01\x00\x20\x01", b"", Match.NO),
        (b"\x17\x03\x03\x00\x00\x00", b"", Match.NO),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
        (b"\x80\x2e\x01\x03\x01\x00\x99\x00\x00\x00\x10" + bytes(30), b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(client, server) is match


def test_every_beginning_of_a_hello_stays_open() -> None:
    assert {recognise(HELLO[:n]) for n in range(1, 6)} == {Match.MORE}


def hexes(text: str) -> list[int]:
    return [int(item, 16) for item in text.split(",")]


def test_ja4_of_the_example_that_its_description_works_out() -> None:
    # FoxIO, technical_details/JA4.md: lists, order and result are theirs
    ciphers = hexes("1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035")
    signed = hexes("0403,0804,0401,0503,0805,0501,0806,0601")
    contents = {
        0x0000: make.sni("www.example"),
        0x0010: make.alpn(b"h2", b"http/1.1"),
        0x002B: make.versions(0x3A3A, 0x0304, 0x0303),
        0x000D: make.extension(13, make.vector(2, make.numbers(signed))),
    }
    order = hexes("001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015")
    block = make.extension(0x8A8A, b"") + b"".join(contents.get(kind) or make.extension(kind, b"") for kind in order)
    hello = read_client_hello(make.client_hello([0x5A5A, *ciphers], block))
    assert ja4(hello, "t") == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4(hello, "q").startswith("q13d1516h2_")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"h", "hh"),
        (b"\xab", "ab"),
        (b"\xab\xcd", "ad"),
        (b"\x30\xab", "3b"),
        (b"\x30\x31\xab\xcd", "3d"),
        (b"\x30\xab\xcd\x31", "01"),
    ],
)
def test_ja4_of_application_protocols(name: bytes, shown: str) -> None:
    # the same page's table; SHA-256 of "0001" by sha256sum
    assert (
        ja4(read_client_hello(make.client_hello([1], make.alpn(name))), "t")
        == f"t12i0101{shown}_888b19a43b15_000000000000"
    )


def test_ja4_without_anything() -> None:
    assert ja4(read_client_hello(make.client_hello([], None)), "t") == "t12i000000_000000000000_000000000000"


def test_ja3_of_the_examples_that_its_authors_published() -> None:
    # github.com/salesforce/ja3, README
    block = (
        make.extension(0, b"")
        + make.extension(10, make.vector(2, make.numbers([23, 24, 25])))
        + make.extension(11, make.vector(1, b"\x00"))
    )
    hello = make.client_hello([47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4], block, 0x0301)
    assert ja3(read_client_hello(hello)) == "ada70206e40642a3e4461f35503241d5"
    bare = make.client_hello([4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], None, 0x0301)
    assert ja3(read_client_hello(bare)) == "de350869b8c85de67a350c8d186f11e6"
    answer = make.server_hello(47, b"".join(make.extension(kind, b"") for kind in (65281, 0, 11, 35, 5, 16)), 0x0301)
    # printf 769,47,65281-0-11-35-5-16 | md5sum
    assert ja3s(read_server_hello(answer)) == "836ce314215654b5b1f85f97c73e506f"


def test_names_of_suites() -> None:
    # RFC 8446 appendix B.4, RFC 5246 appendix A.5, RFC 5289
    assert suite_name(0x1301) == "TLS_AES_128_GCM_SHA256"
    assert suite_name(0x000A) == "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
    assert suite_name(0xC030) == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert suite_name(0x010080) == "SSL_CK_RC4_128_WITH_MD5"
    assert suite_name(0x9999) == "0x9999"
    assert is_null(0x003B) and not is_null(0x003C)
    # RFC 8701 §2
    assert [n for n in range(0x10000) if is_grease(n)] == [0x0A0A + 0x1010 * i for i in range(16)]


@pytest.mark.skipif(not (SHARED / "captures").is_dir(), reason="captures of others are not here")
def test_ja4_as_foxio_published_it_of_their_capture() -> None:
    # github.com/FoxIO-LLC/ja4 python/test/testdata/browsers-x509.pcapng.json
    runs: dict[int, Run] = {}
    with (SHARED / "captures/FoxIO-LLC+ja4/pcap/browsers-x509.pcapng").open("rb") as file:
        for _, frame in dpkt.pcapng.Reader(file):
            segment = dpkt.ethernet.Ethernet(frame).data.data
            if isinstance(segment, dpkt.tcp.TCP) and segment.dport == 443 and segment.data:
                runs.setdefault(segment.sport, Run(Tls(None))).feed(C, bytes(segment.data))
    event = {port: [item for item in run.close() if isinstance(item, Handshake)] for port, run in runs.items()}
    assert {port: [(item.server_name, item.ja4) for item in items] for port, items in event.items()} == {
        54524: [("edge.microsoft.com", "t13d1516h2_8daaf6152771_e5627efa2ab1")],
        54525: [("nym1-ib.adnxs.com", "t13d1516h2_8daaf6152771_e5627efa2ab1")],
        54603: [("lptag.liveperson.net", "t13d1516h2_8daaf6152771_e5627efa2ab1")],
    }


@pytest.mark.parametrize("end", ["gap", "close"])
def test_a_whole_server_hello_in_a_cut_record_is_read(end: str) -> None:
    hello = make.handshake(2, make.server_hello(0xC02F))
    whole = make.record(22, hello + make.handshake(11, make.certificate(make.der())) + make.handshake(14, b""))
    run = Run(Tls())
    run.feed(C, make.record(22, make.handshake(1, make.client_hello([0xC02F], make.sni(make.HOST)))))
    run.feed(S, whole[: 5 + len(hello) + 40])
    if end == "gap":
        run.gap(S, len(whole) - 5 - len(hello) - 40)
    (found,) = events(run.close(), Handshake)
    assert isinstance(found, Handshake)
    assert (found.version, found.cipher, found.certificates) == (
        "TLS 1.2",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        (),
    )


def test_what_is_cut_in_the_server_hello_itself_is_not_read() -> None:
    whole = make.record(22, make.handshake(2, make.server_hello(0xC02F)))
    run = Run(Tls())
    run.feed(C, make.record(22, make.handshake(1, make.client_hello([0xC02F], make.sni(make.HOST)))))
    run.feed(S, whole[:-3])
    run.gap(S, 3)
    (found,) = events(run.close(), Handshake)
    assert isinstance(found, Handshake) and found.version is None


MODERN = make.extension(43, b"\x03\x04")
EARLY_HELLO = make.record(
    22, make.handshake(1, make.client_hello([0x1301], make.versions(0x0304) + make.extension(42, b""))), 0x0301
)


def chosen(suite: int = 0x1301, extensions: bytes = MODERN) -> bytes:
    """A record with a ServerHello."""
    return make.record(22, make.handshake(2, make.server_hello(suite, extensions)))


def data(size: int, times: int = 1) -> bytes:
    return make.record(23, b"d" * size) * times


@pytest.mark.parametrize(
    ("times", "established", "client_data"),
    [(1, None, None), (2, True, None), (4, True, None), (5, True, True)],
)
def test_how_many_records_of_a_tls_1_3_client_show_data(
    times: int, established: bool | None, client_data: bool | None
) -> None:
    """Certificate, CertificateVerify and Finished are up to three records that look like data (RFC 8446 §4.4)."""
    event = closed([(C, HELLO), (S, chosen() + data(900)), (C, make.CHANGE + data(300, times))])
    assert (event.established, event.client_data) == (established, client_data)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_early_data_are_not_taken_for_a_finished_handshake(times: int) -> None:
    """RFC 8446 §2.3: they come before the Finished, in records that look the same."""
    script: Script = [(C, EARLY_HELLO), (S, chosen() + data(900)), (C, data(300, times))]
    assert closed(script).established is None
    # One of them has a Finished's size: what follows it is not known to be data.
    sized: Script = [*script[:2], (C, data(53) + data(53))]
    assert (closed(sized).established, closed(sized).client_data) == (None, None)
    assert closed([*script[:2], (C, data(300, 4))]).established is True


def test_early_data_before_the_server_answered_show_nothing() -> None:
    """RFC 8446 §4.2.10: the server may reject them."""
    script: Script = [(C, EARLY_HELLO + make.CHANGE + data(300, 6))]
    assert (closed(script).established, closed(script).client_data) == (None, None)
    refused = closed([*script, (S, make.record(21, b"\x02\x28"))])
    assert (refused.established, refused.alert, refused.alert_side) == (False, "handshake_failure", S)


@pytest.mark.parametrize("size", [45, 53, 61, 69, 77, 85])
def test_the_size_of_a_finished_says_what_is_data_behind_it(size: int) -> None:
    """4 + 32 or 48 + 1 + 8 or 16 bytes (RFC 8446 §4.4.4, §5.2), with or without Java's 16 zeros."""
    script: Script = [(C, HELLO), (S, chosen() + data(900)), (C, data(size))]
    assert closed(script, C).client_data is False
    assert closed([*script, (C, data(40))]).client_data is True
    other: Script = [*script[:2], (C, data(size + 1) + data(40))]
    assert closed(other, C).client_data is None


@pytest.mark.parametrize(("size", "established"), [(44, None), (45, True)])
def test_what_a_tls_1_3_server_sends_behind_the_clients_finished(size: int, established: bool | None) -> None:
    """Before it the server's records hold its own handshake; a short one is an alert."""
    before: Script = [(C, HELLO), (S, chosen() + data(900, 3))]
    assert closed(before).established is None
    assert closed([*before, (C, data(53)), (S, data(size))]).established is established


@pytest.mark.parametrize("side", [C, S])
def test_data_before_the_change_of_ciphers_are_not_protected(side: Side) -> None:
    """RFC 5246 §7.1: a side's keys are in use behind its own ChangeCipherSpec."""
    opening: Script = [(C, HELLO), (S, chosen(0xC02F, b""))]
    other: Script = [(side.other, make.CHANGE)]
    assert closed([*opening, *other, (side, data(40))]).established is None
    event = closed([*opening, *other, (side, make.CHANGE + data(40))])
    assert (event.established, event.client_data) == (True, True if side is C else None)


def test_a_certificate_of_the_client_is_not_the_servers() -> None:
    """RFC 5246 §7.4.6: a client shows its own where it is asked; a resumed server shows none."""
    mine = make.record(22, make.handshake(11, make.certificate(b"client" * 20)))
    assert closed([(C, HELLO), (S, chosen(0xC02F, b"")), (C, mine)]).certificates == ()
    theirs = make.record(22, make.handshake(11, make.certificate(b"server" * 20)))
    script: Script = [(C, HELLO), (S, chosen(0xC02F, b"")), (C, mine), (S, theirs), (S, mine)]
    assert closed(script).certificates == (b"server" * 20,)


@pytest.mark.parametrize(("side", "key"), [(S, ("x25519", 255)), (C, (None, None))])
def test_the_key_is_the_servers(side: Side, key: tuple[str | None, int | None]) -> None:
    """RFC 8422 §5.4: a named curve (3), x25519 (29), the point."""
    sent = make.record(22, make.handshake(12, b"\x03\x00\x1d" + make.vector(1, bytes(32))))
    event = closed([(C, HELLO), (S, chosen(0xC02F, b"")), (side, sent)])
    assert (event.key, event.key_bits) == key


def test_what_follows_a_change_of_ciphers_is_not_read_as_a_handshake() -> None:
    """Up to TLS 1.2 it is encrypted, whatever it looks like; before the change it is not."""
    shown = make.record(22, make.handshake(11, make.certificate(b"leaf" * 20)))
    opening: Script = [(C, HELLO), (S, chosen(0xC02F, b""))]
    assert closed([*opening, (S, shown)]).certificates == (b"leaf" * 20,)
    assert closed([*opening, (C, make.CHANGE), (S, shown)]).certificates == (b"leaf" * 20,)
    assert closed([*opening, (S, make.CHANGE + shown)]).certificates == ()
    again = make.record(22, make.handshake(1, b"\0" * 3))
    assert closed([*opening, (C, make.CHANGE + again + data(40))]).established is True


@pytest.mark.parametrize(
    ("level", "number", "established"),
    [
        (1, 41, None), (1, 90, None), (1, 100, None), (1, 112, None),
        (2, 41, False), (2, 90, False), (2, 100, False), (2, 112, False), (1, 0, False), (1, 42, False),
    ],
)  # fmt: skip
def test_warnings_after_which_a_handshake_goes_on(level: int, number: int, established: bool | None) -> None:
    """SSL 3.0 (41), RFC 5246 §7.2.2 (90, 100), RFC 6066 §3 (112): warnings alone; others leave or refuse."""
    event = closed([(C, HELLO), (S, make.record(21, bytes((level, number))))])
    assert event.established is established


def test_an_alert_after_data_takes_nothing_back() -> None:
    script: Script = [(C, HELLO), (S, chosen(0xC02F, b"") + make.CHANGE + data(40)), (C, make.record(21, b"\x02\x28"))]
    event = closed(script)
    assert (event.established, event.alert) == (True, None)


@pytest.mark.parametrize("before", [254, 255])
def test_a_handshake_that_never_decides_itself_is_left(before: int) -> None:
    """256 records with the hello."""
    run = Run(Tls())
    run.feed(C, HELLO)
    run.feed(S, make.record(21, bytes((1, 112))) * before)
    assert (len(events(run.parsed, Handshake)), len(events(run.parsed, Enough))) == ((0, 0), (1, 1))[before == 255]


@pytest.mark.parametrize("records", [31, 32])
def test_a_client_that_sends_no_data_is_not_waited_for_long(records: int) -> None:
    run = Run(Tls())
    run.feed(C, HELLO)
    run.feed(S, chosen(0xC02F, b"") + make.CHANGE + data(40, records))
    (event,) = events([*run.parsed, *(run.close() if records == 31 else [])], Handshake)
    assert isinstance(event, Handshake) and (event.established, event.client_data) == (True, None)
    assert len(events(run.parsed, Enough)) == (records == 32)


@pytest.mark.parametrize(("size", "fits"), [(2**14 + 2048, Match.SURE), (2**14 + 2049, Match.NO)])
def test_the_largest_record(size: int, fits: Match) -> None:
    """RFC 5246 §6.2.3."""
    head = b"\x17\x03\x03" + size.to_bytes(2, "big")
    assert recognise(head + b"d" * 40) is fits
    run = Run(Tls())
    run.feed(C, HELLO)
    run.feed(S, chosen(0xC02F, b"") + make.CHANGE + head + b"d" * size)
    assert len(events(run.close(), Handshake)) == 1
    event = events(run.parsed, Handshake)[0]
    assert isinstance(event, Handshake) and event.established is (True if fits is Match.SURE else None)


@pytest.mark.parametrize(
    ("kind", "body", "fits"),
    [
        (19, b"\x01", Match.NO), (25, b"\x01", Match.NO), (24, bytes(20), Match.SURE), (20, b"\x01", Match.SURE),
        (20, b"\x02", Match.NO), (21, b"\x01\x00", Match.SURE), (21, b"\x02\x28", Match.SURE),
        (21, b"\x00\x28", Match.NO), (21, b"\x03\x28", Match.NO), (22, b"\x0b\x00", Match.WEAK),
        (22, b"\x01\x01\x00", Match.NO), (22, b"\x02\x00\x00", Match.SURE),
    ],
)  # fmt: skip
def test_recognition_of_each_kind_of_record(kind: int, body: bytes, fits: Match) -> None:
    assert recognise(make.record(kind, body)) is fits
    assert recognise(b"", make.record(kind, body)) is fits


@pytest.mark.parametrize(("minor", "fits"), [(0, Match.SURE), (4, Match.SURE), (5, Match.NO)])
def test_recognition_by_the_records_version(minor: int, fits: Match) -> None:
    assert recognise(make.record(23, bytes(40), 0x0300 | minor)) is fits


@pytest.mark.parametrize(
    ("behind", "fits"),
    [(b"\x17\x03", Match.SURE), (b"\x17\x02", Match.NO), (b"\x13\x03", Match.NO), (b"\x19\x03", Match.NO)],
)
def test_recognition_by_what_follows_the_first_record(behind: bytes, fits: Match) -> None:
    assert recognise(make.record(23, b"a" * 40) + behind) is fits


@pytest.mark.parametrize(
    ("turns", "goes"),
    [("", False), ("C", False), ("S", False), ("CS", True), ("SC", True), ("CC", False)],
)
def test_a_suite_without_encryption_is_agreed_on_by_both(turns: str, goes: bool) -> None:
    """RFC 5246 7.1: each side's ChangeCipherSpec is its own."""
    begin = [
        (C, make.record(22, make.handshake(1, make.client_hello([0x0002])))),
        (S, make.record(22, make.handshake(2, make.server_hello(0x0002)) + make.handshake(14, b""))),
    ]
    output = converse(Tls, [*begin, *(({"C": C, "S": S}[one], make.CHANGE) for one in turns)], damage=False)
    assert (output[-1] == Upgrade("tls-null")) is goes
    refused = converse(Tls, [*begin, (C, make.record(21, b"\2\x28"))], damage=False)
    assert refused[-1] == Enough()
