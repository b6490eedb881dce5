"""Android Debug Bridge: messages made from AOSP's protocol.txt."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Attribute, Enough, Upgrade
from sensor.model import Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.adb import PAYLOAD_LIMIT, PROTOCOL, STREAMS, Adb
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings


def message(command: bytes, first: int = 0, second: int = 0, data: bytes = b"") -> bytes:
    magic = bytes(byte ^ 0xFF for byte in command)
    return command + struct.pack("<IIII", first, second, len(data), sum(data) & 0xFFFFFFFF) + magic + data


HOST = (C, message(b"CNXN", 0x01000000, 4096, b"host::\0"))
BANNER = b"device::ro.product.name=tv9;ro.product.model=TV 9;ro.product.device=tv;features=shell_v2\0"
DEVICE = (S, message(b"CNXN", 0x01000000, 4096, BANNER))
SHELL = (C, message(b"OPEN", 7, 0, b"shell:id\0"))
OKAY = (S, message(b"OKAY", 3, 7))


def accesses(script: Script) -> list[tuple[str, str, bool | None, bool]]:
    found = events(converse(Adb, script), Access)
    return [(one.resource, one.action, one.granted, one.control) for one in found if isinstance(one, Access)]


def test_a_shell_without_a_key() -> None:
    assert accesses([HOST, DEVICE, SHELL, OKAY]) == [("shell", "command", True, True)]
    assert accesses([HOST, DEVICE, SHELL, (S, message(b"CLSE", 0, 7))]) == [("shell", "command", False, True)]
    assert accesses([HOST, DEVICE, SHELL]) == [], "not answered"
    assert accesses([HOST, DEVICE, OKAY]) == []
    assert accesses([HOST, DEVICE, (C, message(b"OPEN", 9, 0, b"framebuffer:\0")), (S, message(b"OKAY", 1, 9))]) == [
        ("framebuffer", "open", True, False)
    ]


def test_a_device_that_wants_a_key() -> None:
    asks = (S, message(b"AUTH", 1, 0, bytes(20)))
    signs = (C, message(b"AUTH", 2, 0, bytes(256)))
    parsed = converse(Adb, [HOST, asks, signs, DEVICE, SHELL, OKAY])
    assert events(parsed, Access) == [] and any(isinstance(one, Enough) for one in parsed)
    assert accesses([HOST, asks, SHELL, OKAY]) == []


def test_the_banner_names_the_product() -> None:
    found = events(converse(Adb, [HOST, DEVICE]), Attribute)
    assert [(one.field, one.value) for one in found if isinstance(one, Attribute)] == [
        ("adb.product", "tv9"),
        ("adb.model", "TV 9"),
        ("adb.device", "tv"),
    ]


def test_what_is_encrypted_goes_on_as_tls() -> None:
    parsed = converse(Adb, [HOST, (S, message(b"STLS", 0x01000000)), (C, message(b"STLS", 0x01000000))])
    assert [one.protocol for one in parsed if isinstance(one, Upgrade)] == ["tls"]


def test_streams_are_bounded() -> None:
    many: Script = [(C, message(b"OPEN", number, 0, b"shell:\0")) for number in range(1, 100)]
    late = [HOST, DEVICE, *many, (S, message(b"OKAY", 1, 99))]
    assert events(converse(Adb, late, damage=False, bytewise=False), Access) == []


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (HOST[1], b"", Match.SURE),
        (HOST[1], DEVICE[1], Match.SURE),
        (b"CNX", b"", Match.MORE),
        (HOST[1][:20], b"", Match.MORE),
        (b"CNXN" + bytes(20), b"", Match.NO),
        (b"OPENED and more text follows", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 40000, 5555, Transport.TCP)) is match


def test_an_opening_cut_anywhere() -> None:
    """The header has 24 bytes (protocol.txt)."""
    assert PROTOCOL.recognise is not None
    openings.stream(PROTOCOL.recognise, HOST[1], sure=24)
    openings.stream(PROTOCOL.recognise, DEVICE[1], sure=24, server=True)


@pytest.mark.parametrize(
    "bad",
    [
        message(b"XXXX"),
        HOST[1][:20] + b"XXXX" + HOST[1][24:],
        message(b"CNXN")[:12] + b"\xff" * 4 + message(b"CNXN")[16:],
    ],
)
def test_what_is_no_message_ends_the_reading(bad: bytes) -> None:
    """An unknown command, a wrong complement, a length that no message has."""
    run = Run(Adb(None))
    run.feed(*HOST)
    with pytest.raises(Malformed):
        run.feed(S, bad)


def test_as_many_streams_as_are_remembered_are_answered() -> None:
    many: Script = [(C, message(b"OPEN", number, 0, b"shell:\0")) for number in range(1, STREAMS + 2)]
    for number, found in ((STREAMS, 1), (STREAMS + 1, 0)):
        run = Run(Adb(None))
        for side, data in [HOST, DEVICE, *many, (S, message(b"OKAY", 1, number))]:
            run.feed(side, data)
        assert len(events(run.close(), Access)) == found


def test_only_the_host_opens_and_only_the_device_answers() -> None:
    assert accesses([HOST, DEVICE, (S, SHELL[1]), OKAY]) == []
    assert accesses([HOST, DEVICE, SHELL, (C, OKAY[1])]) == []
    assert [item.side for item in converse(Adb, [HOST, DEVICE]) if isinstance(item, Attribute)] == [S, S, S]


@pytest.mark.parametrize(
    ("service", "resource", "action", "control"),
    [(b"shell:id", "shell", "command", True), (b"exec:id", "shell", "command", True), (b"sync:", "sync", "open", True),
     (b"reboot:", "reboot", "open", True), (b"remount:", "remount", "open", True), (b"root:", "root", "open", True),
     (b"tcpip:5555", "tcpip", "open", True), (b"usb:", "usb", "open", True), (b"jdwp:7", "jdwp", "open", False),
     (b"framebuffer:", "framebuffer", "open", False), (b"tcp:80", "tcp", "open", False)],
)  # fmt: skip
def test_services_and_what_they_give(service: bytes, resource: str, action: str, control: bool) -> None:
    """AOSP's SERVICES.TXT: commands, files, reboot and modes give control; a picture and a port do not."""
    opens = (C, message(b"OPEN", 9, 0, service + b"\0"))
    script = [HOST, DEVICE, opens, (S, message(b"OKAY", 1, 9))]
    found = [e for e in converse(Adb, script, damage=False) if isinstance(e, Access)]
    assert [(e.resource, e.action, e.granted, e.control) for e in found] == [(resource, action, True, control)]
    other = (C, message(b"OPEN", 9, 0, b"x" + service))
    assert events(converse(Adb, [HOST, DEVICE, other, (S, message(b"OKAY", 1, 9))], damage=False), Access) == []


def test_a_stream_is_answered_once_and_by_its_own_number() -> None:
    def quiet(*script: tuple[Side, bytes]) -> list[bool | None]:
        return [e.granted for e in converse(Adb, [HOST, DEVICE, *script], damage=False) if isinstance(e, Access)]

    assert quiet(SHELL, OKAY, OKAY) == [True]
    assert quiet(SHELL, (S, message(b"CLSE", 0, 7)), OKAY) == [False]
    assert quiet(SHELL, (S, message(b"OKAY", 7, 3))) == quiet(SHELL, (S, message(b"WRTE", 3, 7))) == []
    assert quiet((C, message(b"AUTH", 3)), SHELL, OKAY) == [True], "the host's key was not asked for"
    assert [e for e in converse(Adb, [(C, DEVICE[1]), SHELL, OKAY], damage=False) if isinstance(e, Access)] == []
    assert converse(Adb, [HOST, (S, message(b"STLS"))], damage=False) == []


def test_headers_byte_by_byte() -> None:
    assert PROTOCOL.recognise is not None
    for command in (b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"CLSE", b"WRTE", b"SYNC", b"STLS"):
        for server in (False, True):
            openings.stream(PROTOCOL.recognise, message(command), sure=24, server=server)
        places = {at: ((), (message(command)[at] ^ 1,)) for at in (0, 3, 20, 21, 22, 23)}
        openings.values(PROTOCOL.recognise, message(command), places)
    assert PROTOCOL.recognise(openings.of(HOST[1], answer=b"HTTP")) is Match.NO
    assert PROTOCOL.recognise(openings.of(HOST[1][:20], answer=DEVICE[1])) is Match.SURE


@pytest.mark.parametrize(("length", "whole"), [(PAYLOAD_LIMIT, True), (PAYLOAD_LIMIT + 1, False)])
def test_how_long_a_message_may_be(length: int, whole: bool) -> None:
    data = HOST[1][:12] + length.to_bytes(4, "little") + HOST[1][16:24]
    run = Run(Adb(None))
    if whole:
        run.feed(C, data)
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={5555})
