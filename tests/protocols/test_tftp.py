"""TFTP packets by RFC 1350 5 and options by RFC 2347, 2348."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from sensor.events import DATA_LIMIT, Access, Attribute, Expect, Login, Span, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tftp import FileTransfer, Tftp, recognise
from tests.conversation import C, Run, S, converse
from tests.protocols import openings
from tests.replaying import read_bytes

READ = b"\0\x01fw/lamp.bin\0octet\0"
WRITE = b"\0\x02config.txt\0NetASCII\0blksize\x001024\0"


def data(block: int, content: bytes) -> bytes:
    return struct.pack("!HH", 3, block & 0xFFFF) + content


def ack(block: int) -> bytes:
    return struct.pack("!HH", 4, block & 0xFFFF)


def expected(hint: FileTransfer) -> Callable[[], Tftp]:
    return lambda: Tftp(FileTransfer(hint.name, hint.writes))


def test_a_request_announces_the_port_the_answer_comes_to() -> None:
    output = converse(Tftp, [(C, READ)])
    assert output == [
        Expect(protocol="tftp", port=0, side=C, udp=True, hint=FileTransfer("fw/lamp.bin", False)),
        Access(resource="fw/lamp.bin", action="read", granted=None),
    ]
    assert converse(Tftp, [(C, WRITE)])[-1] == Access(resource="config.txt", action="write", granted=None, control=True)


def test_a_file_from_the_servers_new_port() -> None:
    # There the server speaks first, so it is the side that opened.
    script = [(C, data(1, b"a" * 512)), (S, ack(1)), (C, data(1, b"a" * 512)), (C, data(2, b"b" * 10)), (S, ack(2))]
    assert converse(expected(FileTransfer("fw/lamp.bin", False)), script) == [
        Transfer(side=C, application="tftp", name="fw/lamp.bin", size=522, data=b"a" * 512 + b"b" * 10)
    ]


def test_options_change_the_block_size() -> None:
    script = [(C, b"\0\x06blksize\x001024\0"), (S, data(1, b"x" * 1024)), (C, ack(1)), (S, data(2, b"y" * 512))]
    assert converse(expected(FileTransfer("config.txt", True)), script) == [
        Transfer(side=S, application="tftp", name="config.txt", size=1536, data=b"x" * 1024 + b"y" * 512)
    ]


def test_a_server_that_answers_from_its_own_port() -> None:
    assert converse(Tftp, [(C, READ), (S, data(1, b"all"))])[2:] == [
        Access(resource="fw/lamp.bin", action="read", granted=True),
        Transfer(side=S, application="tftp", name="fw/lamp.bin", size=3, data=b"all"),
    ]
    assert converse(Tftp, [(C, READ), (S, b"\0\x05\0\x01File not found\0")])[2:] == [
        Access(resource="fw/lamp.bin", action="read", granted=False)
    ]


@pytest.mark.parametrize(("writes", "sender", "asks"), [(False, C, C), (True, C, S)])
def test_logins_in_a_settings_file(writes: bool, sender: Side, asks: Side) -> None:
    """Whichever end sends the file, the one that keeps such files asks for what is in it."""
    content = b'<phone><sip user="hallway" password="Meadow-9"/></phone>'.ljust(512) + b"<!-- end -->"
    output = converse(
        expected(FileTransfer("f", writes)), [(sender, data(1, content[:512])), (sender, data(2, content[512:]))]
    )
    assert output[0] == Login(
        mechanism="password",
        username="hallway",
        secret=Secret("Meadow-9"),
        scheme="xml",
        name="password",
        resource="f",
        verifier=asks,
        served=not writes,
        spans=(Span(sender, 0, 1), Span(sender, 1, 2)),
    )
    assert [type(item) for item in output] == [Login, Transfer]


def test_a_loss_and_an_end_that_was_not_seen() -> None:
    output = converse(expected(FileTransfer("f", False)), [(C, data(1, b"a" * 512)), (C, data(3, b"c" * 512))])
    assert output == [Transfer(side=C, application="tftp", name="f", size=1024, data=b"a" * 512, complete=False)]


def test_block_numbers_wrap_and_data_is_bounded() -> None:
    blocks = 70_000
    script = [(C, data(n, b"z" * 512)) for n in range(1, blocks)] + [(C, data(blocks, b""))]
    (output,) = converse(expected(FileTransfer("big", False)), script, damage=False)
    assert isinstance(output, Transfer)
    assert (output.size, output.complete, len(output.data)) == ((blocks - 1) * 512, True, DATA_LIMIT)


@pytest.mark.parametrize(
    "lure",
    [b"\0\x01\0octet\0", b"\0\x01name\0binary\0", b"\0\x03\0\x01data", b"GET / HTTP/1.1\r\n", b"\0\x01" + bytes(60)],
)
def test_not_requests(lure: bytes) -> None:
    assert recognise(Opening(lure, b"", 40000, 69, Transport.UDP)) is Match.NO


def test_requests_on_any_port() -> None:
    assert recognise(Opening(WRITE, b"", 40000, 6969, Transport.UDP)) is Match.SURE


def test_the_file_is_found_on_its_new_port() -> None:
    """The whole way: a request to port 69, blocks from a port that nobody announced in words."""
    client, server = bytes([192, 168, 8, 20]), bytes([192, 168, 8, 5])
    packets = [
        frame(client, server, 40001, 69, READ),
        frame(server, client, 51000, 40001, data(1, b"a" * 512)),
        frame(client, server, 40001, 51000, ack(1)),
        frame(server, client, 51000, 40001, data(2, b"end")),
    ]
    records = [struct.pack("<IIII", 1_700_000_000, n, len(p), len(p)) + p for n, p in enumerate(packets)]
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    found = read_bytes(header + b"".join(records)).findings.values()
    (transfer,) = [f for f in found if f.rule == "transfer.unencrypted"]
    assert (transfer.protocol, transfer.detail["bytes"]) == ("tftp", 515)
    # The server speaks first there, and is the server all the same.
    assert (str(transfer.client), str(transfer.server)) == ("192.168.8.20:40001", "192.168.8.5:51000")
    assert (transfer.device, transfer.role) == ("02:00:00:00:00:05", "server")


def frame(source: bytes, target: bytes, source_port: int, target_port: int, payload: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around ``payload``; checksums left out, as offloading cards do."""
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + source + target + udp
    return b"\x02\0\0\0\0" + target[3:] + b"\x02\0\0\0\0" + source[3:] + b"\x08\0" + ip


def test_registered_options_identify_nobody_and_others_do() -> None:
    """RFC 2348, 2349, 7440; what else is there is a program's own."""
    request = b"\0\x01boot\0octet\0blksize\x001024\0tsize\x000\0timeout\x005\0windowsize\x004\0x-board\0rev7\0"
    found = [item.value for item in converse(Tftp, [(C, request)]) if isinstance(item, Attribute)]
    assert found == ["x-board=rev7"]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (READ, Match.SURE),
        (WRITE, Match.SURE),
        (b"\0\x03" + READ[2:], Match.NO),
        (b"\1\x01" + READ[2:], Match.NO),
        (b"\0\x01a\0octet", Match.NO),  # the mode does not end
        (b"\0\x01\0octet\0", Match.NO),  # no name
        (b"\0\x01a\x07\0octet\0", Match.NO),
        (b"\0\x01a\0text\0", Match.NO),
        (b"\0\x01a\0mail\0", Match.SURE),
        (b"", Match.NO),
    ],
)
def test_requests(data: bytes, match: Match) -> None:
    assert recognise(openings.of(data, 69, udp=True)) is match
    assert recognise(openings.of(data, udp=True)) is match


def test_nobody_but_the_server_grants() -> None:
    """An error after the first block ends the transfer, and refuses nothing that was granted."""
    script = [(C, READ), (S, data(1, b"x" * 512)), (S, b"\0\x05\0\0gone\0")]
    found = converse(Tftp, script)
    assert [item.granted for item in found if isinstance(item, Access)] == [None, True]
    assert [(item.size, item.complete) for item in found if isinstance(item, Transfer)] == [(512, False)]
    refused = converse(Tftp, [(C, READ), (S, b"\0\x05\0\2no\0")])
    assert [item.granted for item in refused if isinstance(item, Access)] == [None, False]


@pytest.mark.parametrize("request_", [b"\0\x01\0octet\0", b"\0\x01a\0text\0", b"\0\x02\0text\0", b"\0\x01a"])
def test_a_request_has_a_name_and_a_mode(request_: bytes) -> None:
    with pytest.raises(Malformed):
        Run(Tftp()).feed(C, request_)
