"""SSH: conversations made from RFC 4253 and the SSH-1 draft, HASSH as FoxIO published it."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import dpkt
import pytest

from sensor.events import Attribute, Enough, Handshake
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.ssh import BANNER_LIMIT, GREETING_LINES, PACKET_LIMIT, PROTOCOL, Ssh
from tests.conversation import C, Run, S, Script, converse, events

SHARED = Path(os.environ.get("LANWITNESS_SHARED", Path(__file__).parents[2].parent / "shared"))


def packet(payload: bytes) -> bytes:
    """RFC 4253 §6: at least four bytes of padding, the whole a multiple of eight."""
    padding = 8 - (5 + len(payload)) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def kexinit(kex: str, host: str, there: str, back: str, mac: str, mac_back: str) -> bytes:
    lists = [kex, host, there, back, mac, mac_back, "none", "none", "", ""]
    return packet(
        bytes((20,)) + bytes(16) + b"".join(struct.pack(">I", len(text)) + text.encode() for text in lists) + bytes(5)
    )


CLIENT = b"SSH-2.0-dropbear_2022.83\r\n"
SERVER = b"SSH-2.0-OpenSSH_4.3 Camera\r\n"
CLIENT_INIT = kexinit(
    "ext-info-c,curve25519-sha256,diffie-hellman-group1-sha1",
    "ssh-ed25519,ssh-rsa",
    "aes128-ctr,3des-cbc",
    "aes128-ctr,arcfour",
    "hmac-sha2-256,hmac-md5",
    "hmac-sha1",
)
SERVER_INIT = kexinit(
    "diffie-hellman-group1-sha1", "ssh-rsa,ssh-dss", "arcfour,3des-cbc", "3des-cbc", "hmac-md5,hmac-sha1", "hmac-md5"
)
NEWKEYS = packet(b"\x15")
EXCHANGE = packet(b"\x1e" + bytes(40))


def handshake(script: Script, **how: Any) -> Handshake:
    found = events(converse(Ssh, script, **how), Handshake)
    assert len(found) == 1
    assert isinstance(found[0], Handshake)
    return found[0]


WHOLE = [
    (S, SERVER),
    (C, CLIENT + CLIENT_INIT),
    (S, SERVER_INIT),
    (C, EXCHANGE),
    (S, EXCHANGE + NEWKEYS),
    (C, NEWKEYS + bytes(range(64))),
    (S, bytes(range(64))),
]


def test_the_old_algorithms_that_both_know_are_what_is_negotiated() -> None:
    event = handshake(WHOLE)
    # RFC 4253 §7.1: the client's first that the server has too
    assert (event.kind, event.version, event.cipher) == (
        "ssh",
        "SSH 2.0",
        "diffie-hellman-group1-sha1 ssh-rsa 3des-cbc hmac-md5",
    )
    assert (event.offered_versions, event.offered_ciphers, event.established) == (
        ("SSH 2.0",),
        ("aes128-ctr", "3des-cbc"),
        True,
    )
    assert len(event.spans) == 4


def reply(kind: int, key: bytes) -> bytes:
    """RFC 4253 8: the server's key, its half of the exchange, its signature."""
    return packet(
        bytes((kind,)) + b"".join(struct.pack(">I", len(part)) + part for part in (key, b"f" * 32, b"s" * 64))
    )


def test_the_servers_key() -> None:
    key = struct.pack(">I", 7) + b"ssh-rsa" + bytes(40)
    opening = WHOLE[:4]
    assert handshake([*opening, (S, reply(31, key) + NEWKEYS)]).host_key == key
    assert handshake(WHOLE).host_key is None
    assert handshake([*opening, (S, packet(b"\x1f\xff\xff\xff\xff" + bytes(40)) + NEWKEYS)]).host_key is None
    group = kexinit("diffie-hellman-group-exchange-sha256", "ssh-rsa", "aes128-ctr", "aes128-ctr", "x", "x")
    opening = [(S, SERVER), (C, CLIENT + group), (S, group), (C, EXCHANGE)]
    prime = packet(b"\x1f" + struct.pack(">I", 128) + bytes(128) + struct.pack(">IB", 1, 2))
    event = handshake([*opening, (S, prime), (C, EXCHANGE), (S, reply(33, key) + NEWKEYS)])
    assert event.host_key == key, "RFC 4419: 31 is the group, 33 the reply"


def test_identification_of_each_end() -> None:
    output = converse(Ssh, WHOLE, damage=False)
    assert isinstance(output[-1], Enough)
    attributes = {(item.side, item.field): item.value for item in output if isinstance(item, Attribute)}
    assert attributes[S, "ssh.banner"] == "SSH-2.0-OpenSSH_4.3 Camera"
    assert attributes[C, "ssh.banner"] == "SSH-2.0-dropbear_2022.83"
    assert attributes[S, "ssh.host_key"] == "ssh-rsa,ssh-dss"
    assert attributes[S, "ssh.encryption"] == "3des-cbc"
    assert attributes[C, "ssh.mac"] == "hmac-sha2-256,hmac-md5"


def test_a_cipher_with_its_own_mac() -> None:
    init = kexinit(
        "curve25519-sha256", "ssh-ed25519", "chacha20-poly1305@openssh.com", "aes128-ctr", "hmac-md5", "hmac-md5"
    )
    event = handshake([(S, SERVER + init), (C, CLIENT + init)], damage=False)
    assert event.cipher == "curve25519-sha256 ssh-ed25519 chacha20-poly1305@openssh.com implicit"
    assert event.established is None


def test_a_server_may_greet_in_lines_of_its_own() -> None:
    script = [(S, b"Unauthorised use is forbidden\r\n" + SERVER), (C, CLIENT)]
    event = [item for item in converse(Ssh, script) if isinstance(item, Attribute)]
    assert [item.value for item in event] == ["SSH-2.0-OpenSSH_4.3 Camera", "SSH-2.0-dropbear_2022.83"]
    assert recognise(b"", script[0][1]) is Match.SURE


def test_ssh_1() -> None:
    # draft-ylonen-ssh-protocol-00: cookie, server key, host key, flags, ciphers (bit 3 is 3DES, 6 Blowfish),
    # authentications
    number = struct.pack(">H", 17) + b"\x01\x00\x01" + struct.pack(">H", 768) + bytes(96)
    data = (
        b"\x02"
        + bytes(8)
        + struct.pack(">I", 768)
        + number
        + struct.pack(">I", 768)
        + number
        + struct.pack(">III", 2, 0b1001000, 0)
    )
    length = len(data) + 4
    key = struct.pack(">I", length) + bytes(8 - length % 8) + data + bytes(4)
    session = struct.pack(">I", 9) + bytes(7) + b"\x03" + bytes(8)
    script = [
        (S, b"SSH-1.5-Cisco-1.25\n"),
        (C, b"SSH-1.5-PuTTY\n"),
        (S, key),
        (C, session),
        (S, bytes(range(30))),
        (C, bytes(range(30))),
    ]
    event = handshake(script)
    assert (event.version, event.cipher, event.offered_versions, event.established) == (
        "SSH 1.5",
        "3des blowfish",
        ("SSH 1.5",),
        True,
    )


def test_1_99_is_2_0_that_also_takes_1() -> None:
    event = handshake([(S, b"SSH-1.99-OpenSSH_3.9\n"), (C, CLIENT + CLIENT_INIT), (S, SERVER_INIT)], damage=False)
    assert (event.version, event.offered_versions) == ("SSH 2.0", ("SSH 2.0",))
    assert handshake([(S, b"SSH-1.99-OpenSSH_3.9\n")], damage=False).offered_versions == ("SSH 2.0", "SSH 1.5")


def test_only_one_side_was_recorded() -> None:
    event = handshake([(C, CLIENT + CLIENT_INIT), (C, EXCHANGE + NEWKEYS + bytes(50))])
    assert (event.version, event.cipher, event.established) == (None, None, True)


def test_a_loss_reports_what_was_seen() -> None:
    run = Run(Ssh(None))
    run.feed(S, SERVER)
    run.gap(S, 500)
    assert [type(item) for item in run.close()] == [Attribute, Handshake, Enough]


def recognise(client: bytes, server: bytes = b"") -> Match:
    assert PROTOCOL.recognise is not None
    return PROTOCOL.recognise(Opening(client, server, 50000, 12345, Transport.TCP))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"", SERVER, Match.SURE),
        (CLIENT, b"", Match.SURE),
        (b"SS", b"", Match.MORE),
        (b"SSLv", b"", Match.NO),
        (b"", b"220 ready\r\n", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(client, server) is match


@pytest.mark.skipif(not (SHARED / "captures").is_dir(), reason="captures of others are not here")
def test_hassh_as_foxio_published_it_of_their_capture() -> None:
    # github.com/FoxIO-LLC/ja4 python/test/testdata/ssh-r.pcap.json, stream 2
    run = Run(Ssh(None))
    with (SHARED / "captures/FoxIO-LLC+ja4/pcap/ssh-r.pcap").open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            segment = dpkt.ethernet.Ethernet(frame).data.data
            ports = (segment.sport, segment.dport)
            if sorted(ports) == [22, 46396] and segment.data:
                run.feed(S if ports[0] == 22 else C, bytes(segment.data))
    event = {(item.side, item.field): item.value for item in run.close() if isinstance(item, Attribute)}
    assert event[C, "ssh.hassh"] == "ec9ea89c70f5fc71cf61061bff5e4740"
    assert event[S, "ssh.hassh"] == "2307c390c7c9aba5b4c9519e72347f34"
    assert event[S, "ssh.banner"] == "SSH-2.0-OpenSSH_8.7"


@pytest.mark.parametrize(("lines", "found"), [(GREETING_LINES, True), (GREETING_LINES + 1, False)])
def test_lines_before_the_identification_are_counted(lines: int, found: bool) -> None:
    """RFC 4253 §4.2: a server may send them; a client does not."""
    run = Run(Ssh(None))
    for _ in range(min(lines, GREETING_LINES)):
        run.feed(S, b"welcome\r\n")
    if found:
        run.feed(S, SERVER)
        assert [item.value for item in run.parsed if isinstance(item, Attribute)] == [SERVER.decode().strip()]
    else:
        with pytest.raises(Malformed):
            run.feed(S, b"welcome\r\n")
    with pytest.raises(Malformed):
        Run(Ssh(None)).feed(C, b"welcome\r\n")


def test_without_an_identification_there_is_no_handshake() -> None:
    run = Run(Ssh(None))
    run.feed(S, b"hello\r\n")
    run.gap(S, 5)
    assert [type(item) for item in run.parsed] == [Enough]
    silent = Run(Ssh(None))
    silent.feed(S, b"hello\r\n")
    assert silent.close() == []
    known = Run(Ssh(None))
    known.feed(S, SERVER)
    assert [type(item) for item in known.close()] == [Attribute, Handshake]


@pytest.mark.parametrize(
    ("length", "fits"), [(1, False), (2, True), (PACKET_LIMIT, True), (PACKET_LIMIT + 1, False), (0xFFFFFFFF, False)]
)
def test_lengths_of_packets(length: int, fits: bool) -> None:
    run = Run(Ssh(None))
    run.feed(C, CLIENT)
    data = struct.pack(">IB", length, 0) + b"\x02"
    if fits:
        run.feed(C, data)
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


def test_only_use_of_both_keys_is_a_handshake_that_was_completed() -> None:
    begin = [(S, SERVER), (C, CLIENT + CLIENT_INIT), (S, SERVER_INIT), (C, EXCHANGE), (S, EXCHANGE)]
    for rest, established in (
        ([], None),
        ([(S, NEWKEYS)], None),
        ([(S, NEWKEYS), (C, NEWKEYS)], None),
        ([(S, NEWKEYS), (C, NEWKEYS), (C, bytes(64))], True),
        ([(S, NEWKEYS), (C, NEWKEYS), (S, bytes(64))], True),
    ):
        assert handshake([*begin, *rest], damage=False).established is established, rest


def test_identifications_cut_anywhere() -> None:
    for data in (CLIENT, SERVER):
        for size in range(1, len(data) + 1):
            expected = Match.SURE if size >= 4 else Match.MORE
            assert recognise(data[:size]) is recognise(b"", data[:size]) is expected
    assert recognise(b"SSHX") is recognise(b"GSH-") is Match.NO
    assert recognise(b"SS", b"220 hi\r\n") is Match.MORE
    assert recognise(b"", b"hello\r\nSSH-") is Match.SURE
    assert recognise(b"", b"hello SSH-") is Match.NO
    assert recognise(b"", b"x" * (2 * BANNER_LIMIT - 5) + b"\nSSH-") is Match.SURE
    assert recognise(b"", b"x" * (2 * BANNER_LIMIT - 4) + b"\nSSH-") is Match.NO
