"""Hellos by RFC 8446, RFC 5246 and RFC 6347, and the fingerprints that their authors publish."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Malformed
from sensor.parsing.formats.tls_hello import (
    RETRY,
    ClientHello,
    ServerHello,
    certificates,
    client_hello,
    ja3,
    ja3s,
    ja4,
    server_hello,
    version_name,
)
from tests.protocols import tls_bytes as tls


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x0002, "SSL 2.0"), (0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0303, "TLS 1.2"),
        (0x0304, "TLS 1.3"), (0x7F1C, "TLS 1.3"), (0x0100, "DTLS 1.0"), (0xFEFF, "DTLS 1.0"), (0xFEFD, "DTLS 1.2"),
        (0xFEFC, "DTLS 1.3"), (0x0305, "0x0305"), (0xFFFF, "0xffff"), (0x51303433, "QUIC Q043"),
    ],
)  # fmt: skip
def test_names_of_versions(number: int, name: str) -> None:
    assert version_name(number) == name


def test_an_offer() -> None:
    lists = (
        tls.extension(10, tls.vector(2, tls.numbers([29, 23])))
        + tls.extension(11, tls.vector(1, b"\0\1"))
        + tls.extension(13, tls.vector(2, tls.numbers([0x0403, 0x0804])))
    )
    hello = client_hello(
        tls.client_hello(
            [0x1301, 0xC02F], tls.sni("a.example") + tls.alpn(b"h2", b"x") + tls.versions(772, 771) + lists
        )
    )
    assert hello == ClientHello(
        0x0303, (0x1301, 0xC02F), (0, 16, 43, 10, 11, 13), "a.example", (b"h2", b"x"), (29, 23), (0, 1), (772, 771),
        (0x0403, 0x0804),
    )  # fmt: skip
    assert hello.offered == ("TLS 1.3", "TLS 1.2")


def test_an_offer_without_extensions_has_the_version_of_its_field() -> None:
    hello = client_hello(tls.client_hello([5], None, 0x0301))
    assert (hello.extensions, hello.server_name, hello.offered) == ((), None, ("TLS 1.0",))


def test_grease_is_no_version() -> None:
    hello = client_hello(tls.client_hello([5], tls.versions(0x3A3A, 0x0304)))
    assert hello.versions == (0x3A3A, 0x0304) and hello.offered == ("TLS 1.3",)


def test_datagrams_have_a_cookie() -> None:
    body = tls.client_hello([0xC02B], tls.sni("a.example"), 0xFEFD, cookie=b"12345678")
    assert client_hello(body, datagram=True).ciphers == (0xC02B,)


def test_only_a_host_name_is_a_name() -> None:
    """RFC 6066 §3: name_type 0."""
    other, host = b"\1" + tls.vector(2, b"other"), b"\0" + tls.vector(2, b"a.example")
    empty = b"\0" + tls.vector(2, b"")
    for names, expected in ((other + host, "a.example"), (other, None), (empty, None), (empty + host, "a.example")):
        body = tls.client_hello([5], tls.extension(0, tls.vector(2, names)))
        assert client_hello(body).server_name == expected


@pytest.mark.parametrize("kind", [0, 10, 11, 13, 16, 43])
def test_a_broken_extension_costs_itself(kind: int) -> None:
    after = tls.alpn(b"h2") if kind != 16 else tls.sni("a.example")
    hello = client_hello(tls.client_hello([5], tls.extension(kind, b"\xff\xff\1") + after))
    assert hello.extensions == (kind, 16 if kind != 16 else 0)
    assert (hello.alpn, hello.server_name) == ((b"h2",), None) if kind != 16 else ((), "a.example")


@pytest.mark.parametrize("cut", [b"\0\x0a\0", b"\0\x0a\0\5\1\2\3\4"])
def test_a_block_that_ends_inside_an_extension_is_malformed(cut: bytes) -> None:
    with pytest.raises(Malformed):
        client_hello(tls.client_hello([5], tls.sni("a.example") + cut))


def test_an_extension_may_fill_its_block_to_the_last_byte() -> None:
    assert client_hello(tls.client_hello([5], b"\0\x17\0\0")).extensions == (23,)
    assert client_hello(tls.client_hello([5], b"\0\x17\0\1x")).extensions == (23,)


def test_a_choice() -> None:
    chosen = tls.extension(43, b"\3\4")
    hello = server_hello(tls.server_hello(0x1301, chosen + tls.alpn(b"h2")))
    assert hello == ServerHello(0x0303, 0x0304, 0x1301, (43, 16), b"h2") and hello.modern
    assert not server_hello(tls.server_hello(0xC02F)).modern
    assert server_hello(tls.server_hello(0xC02F, version=0x0301)).version == 0x0301
    assert not server_hello(tls.server_hello(0x1301, tls.extension(43, b"\3\4\0"))).modern


@pytest.mark.parametrize(("version", "modern"), [(b"\3\4", True), (b"\xfe\xfc", True), (b"\xfe\xfd", False)])
def test_from_which_version_on_all_is_encrypted(version: bytes, modern: bool) -> None:
    assert server_hello(tls.server_hello(0x1301, tls.extension(43, version))).modern is modern


def test_an_early_draft_has_neither_session_nor_compression() -> None:
    hello = server_hello(b"\x7f\x12" + bytes(32) + b"\x13\x01" + tls.vector(2, tls.alpn(b"h2")))
    assert (hello.cipher, hello.alpn, hello.modern) == (0x1301, b"h2", True)


def test_a_request_for_another_hello() -> None:
    assert server_hello(tls.server_hello(0x1301, random=RETRY)).retry
    assert not server_hello(tls.server_hello(0x1301)).retry


def test_a_broken_name_of_the_server_s_choice_costs_itself() -> None:
    hello = server_hello(tls.server_hello(0x1301, tls.extension(16, b"\0\5\x09h2") + tls.extension(43, b"\3\4")))
    assert (hello.alpn, hello.version) == (None, 0x0304)


@pytest.mark.parametrize(("most", "found"), [(1, (b"leaf",)), (2, (b"leaf", b"root")), (9, (b"leaf", b"root"))])
def test_certificates_leaf_first(most: int, found: tuple[bytes, ...]) -> None:
    chain = b"".join(tls.vector(3, der) for der in (b"leaf", b"", b"root"))
    assert certificates(tls.vector(3, chain), most) == found


def _hello(text: str) -> ClientHello:
    """From JA3's own notation."""
    version, *lists = text.split(",")
    ciphers, extensions, groups, formats = (tuple(int(n) for n in part.split("-") if n) for part in lists)
    return ClientHello(int(version), ciphers, extensions, groups=groups, point_formats=formats)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
            "ada70206e40642a3e4461f35503241d5",
        ),
        ("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"),
    ],
)
def test_ja3_of_its_documentation(text: str, digest: str) -> None:
    """The README of salesforce/ja3 (2017)."""
    assert ja3(_hello(text)) == digest
    with_grease = ClientHello(
        769,
        (0x0A0A, *_hello(text).ciphers),
        (*_hello(text).extensions, 0x1A1A),
        groups=(0x2A2A, *_hello(text).groups),
        point_formats=_hello(text).point_formats,
    )
    assert ja3(with_grease) == digest


def test_ja3s() -> None:
    """md5sum(1) of the documentation's form, "769,47,65281-0-11-35-5-16": the old field's version, not 1.3."""
    assert ja3s(ServerHello(769, 772, 47, (65281, 0, 11, 35, 5, 16))) == "836ce314215654b5b1f85f97c73e506f"


JA4 = ClientHello(
    0x0303,
    (
        0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
        0x002F, 0x0035,
    ),
    (
        0x1A1A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B, 0xFF01,
        0x000B, 0x000A, 0x0015,
    ),
    "a.example",
    (b"h2", b"http/1.1"),
    versions=(0x3A3A, 0x0304, 0x0303),
    signatures=(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
)  # fmt: skip


def test_ja4_of_its_documentation() -> None:
    """FoxIO's technical_details/JA4.md."""
    assert ja4(JA4, "t") == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@pytest.mark.parametrize(
    ("hello", "letter", "head"),
    [
        (ClientHello(0x0301, (5,)), "t", "t10i010000"),
        (ClientHello(0x0300, (5,), (0,)), "t", "ts3d010100"),
        (ClientHello(0xFEFD, (5,), versions=(0xFEFD, 0xFEFC)), "d", "dd3i010000"),
        (ClientHello(0x0303, (5,), versions=(0x0304, 0x0303)), "q", "q13i010000"),
        (ClientHello(0x0305, (), ()), "t", "t00i000000"),
        (ClientHello(0x0303, tuple(range(1, 121)), tuple(range(1, 121))), "t", "t12i999900"),
        (ClientHello(0x0303, (), alpn=(b"",)), "t", "t12i000000"),
        (ClientHello(0x0303, (), alpn=(b"h",)), "t", "t12i0000hh"),
        (ClientHello(0x0303, (), alpn=(b"\xab12\xcd",)), "t", "t12i0000ad"),
    ],
)
def test_the_head_of_ja4(hello: ClientHello, letter: str, head: str) -> None:
    assert ja4(hello, letter).partition("_")[0] == head


def test_ja4_of_nothing_is_zeros() -> None:
    """The documentation: no ciphers, or no extensions, are twelve zeros."""
    assert ja4(ClientHello(0x0303, ()), "t") == "t12i000000_000000000000_000000000000"
