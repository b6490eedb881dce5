"""SMB 2 and 3: conversations made from MS-SMB2."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Attribute, Inner, Login, Transfer, Upgrade
from sensor.model import Protection, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.smb.smb2 import PROTOCOLS, Smb2, Smb3
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import smb_bytes as make

MORE = 0xC0000016
SMB2, SMB3 = PROTOCOLS


def login_script(status: int, flags: int = 0) -> Script:
    """The four messages of an NTLM session setup (MS-SMB2 4.3)."""
    return [
        (C, make.setup(b"\x60\x30spnego" + make.BEGIN, message=1)),
        (S, make.set_up(b"\xa1\x30" + make.CHALLENGE, status=MORE, message=1, user=77)),
        (C, make.setup(b"\xa1\x30" + make.ANSWER, message=2, user=77)),
        (S, make.set_up(b"", status=status, message=2, user=77, flags=flags)),
    ]


def feed(script: Script, run: make.Inside) -> make.Inside:
    for side, data in script:
        run.feed(side, data)
    return run


@pytest.mark.parametrize(
    ("status", "flags", "accepted", "basis"),
    [
        (0, 0, True, "STATUS_SUCCESS"),
        (0, 1, None, "STATUS_SUCCESS as guest"),
        (0xC000006D, 0, False, "STATUS_LOGON_FAILURE"),
        (0xC0000234, 0, False, "STATUS_ACCOUNT_LOCKED_OUT"),
        (0xC000009A, 0, None, "status 0xc000009a"),
    ],
)
def test_a_login_gets_the_status_of_its_setup(status: int, flags: int, accepted: bool | None, basis: str) -> None:
    results = feed(login_script(status, flags), make.Inside(Smb2(None))).events_of(Login)
    assert [(item.username, item.accepted, item.basis) for item in results if isinstance(item, Login)] == [
        ("OFFICE\\anna", accepted, basis)
    ]


def test_the_messages_go_to_one_inner_conversation() -> None:
    output = converse(Smb2, login_script(0))
    assert [(item.side, item.data, item.protocol) for item in output if isinstance(item, Inner)] == [
        (C, make.BEGIN, "ntlmssp"),
        (S, make.CHALLENGE, "ntlmssp"),
        (C, make.ANSWER, "ntlmssp"),
    ]
    assert len({item.channel for item in output if isinstance(item, Inner)}) == 1


def test_two_sessions_under_way_at_once_stay_apart() -> None:
    run = make.Inside(Smb2(None))
    script = [
        (C, make.setup(make.BEGIN, message=1)),
        (C, make.setup(make.BEGIN, message=2)),
        (S, make.set_up(make.CHALLENGE, status=MORE, message=2, user=20)),
        (S, make.set_up(make.CHALLENGE, status=MORE, message=1, user=10)),
        (C, make.setup(make.ANSWER, message=3, user=10)),
        (C, make.setup(make.ANSWER, message=4, user=20)),
        (S, make.set_up(b"", status=0xC000006D, message=4, user=20)),
        (S, make.set_up(b"", status=0, message=3, user=10)),
    ]
    results = feed(script, run).events_of(Login)
    assert [item.accepted for item in results if isinstance(item, Login)] == [False, True]
    assert len({item.channel for item in run.parsed if isinstance(item, Inner)}) == 2


def test_a_login_without_an_answer_is_reported_at_the_end() -> None:
    results = feed(login_script(0)[:3], make.Inside(Smb2(None))).events_of(Login)
    assert [item.accepted for item in results if isinstance(item, Login)] == [None]


def test_nobody_is_let_in_as_nobody() -> None:
    nobody = Access(resource="", action="anonymous", granted=None)
    results = feed(login_script(0, 2), make.Inside(Smb2(None), nobody)).events_of(Access)
    assert [(item.resource, item.granted) for item in results if isinstance(item, Access)] == [("smb", True)]


def test_the_dialect_that_was_chosen() -> None:
    answer = make.session(make.smb2(0, struct.pack("<HHHH", 65, 1, 0x0302, 0) + bytes(56), answer=True))
    assert converse(Smb2, [(S, answer)]) == [Attribute(field="smb2.dialect", value="3.0.2", side=S)]


HANDLE = b"handle-of-16byte"
PATH = "clips\\front.mp4"
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(200))


def create(message: int, path: str = PATH) -> bytes:
    text = path.encode("utf-16-le")
    return make.session(make.smb2(5, struct.pack("<H42xHHII", 57, 120, len(text), 0, 0) + text, message=message))


def created(message: int, handle: bytes = HANDLE) -> bytes:
    return make.session(make.smb2(5, struct.pack("<H62x", 89) + handle + bytes(8), answer=True, message=message))


def write(message: int, at: int, data: bytes, handle: bytes = HANDLE) -> bytes:
    return make.session(
        make.smb2(9, struct.pack("<HHIQ", 49, 112, len(data), at) + handle + bytes(16) + data, message=message)
    )


def read(message: int, at: int, size: int) -> bytes:
    return make.session(make.smb2(8, struct.pack("<HBBIQ", 49, 80, 0, size, at) + HANDLE + bytes(16), message=message))


def brought(message: int, data: bytes) -> bytes:
    return make.session(
        make.smb2(8, struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data, answer=True, message=message)
    )


def closes(message: int) -> bytes:
    return make.session(make.smb2(6, struct.pack("<HHI", 24, 0, 0) + HANDLE, message=message))


def test_a_file_that_is_written() -> None:
    script = [
        (C, create(5)),
        (S, created(5)),
        (C, write(6, 0, VIDEO[:100])),
        (C, write(7, 100, VIDEO[100:])),
        (C, closes(8)),
    ]
    output = events(converse(Smb2, script), Transfer)
    assert output == [Transfer(side=C, application="smb2", name=PATH, size=len(VIDEO), data=VIDEO)]


def test_a_file_that_is_read_and_never_closed() -> None:
    script = [(C, create(5)), (S, created(5)), (C, read(6, 0, 500)), (S, brought(6, VIDEO))]
    output = events(converse(Smb2, script), Transfer)
    assert output == [Transfer(side=S, application="smb2", name=PATH, size=len(VIDEO), data=VIDEO, complete=False)]


def test_a_write_longer_than_what_is_read_of_it() -> None:
    big = VIDEO + bytes(300_000)
    script = [(C, create(5)), (S, created(5)), (C, write(6, 0, big)), (C, closes(7))]
    (results,) = events(converse(Smb2, script, bytewise=False, damage=False), Transfer)
    assert isinstance(results, Transfer)
    assert (results.size, results.name) == (len(big), PATH)
    assert big.startswith(results.data) and len(results.data) > 60_000


def test_calls_over_a_pipe() -> None:
    bind, ack = make.call(11, bytes(56)), make.call(12, bytes(44))
    script = [
        (C, create(5, "svcctl")),
        (S, created(5)),
        (C, write(6, 0, bind)),
        (C, read(7, 0, 1024)),
        (S, brought(7, ack)),
        (C, closes(8)),
    ]
    output = converse(Smb2, script)
    assert [(item.side, item.data, item.protocol) for item in output if isinstance(item, Inner)] == [
        (C, bind, "dcerpc"),
        (S, ack, "dcerpc"),
    ]
    assert events(output, Transfer) == []
    # what a call's own login says is its own answer
    run = Run(Smb2(None))
    for side, data in script[:3]:
        run.feed(side, data)
    (inner,) = (item for item in run.parsed if isinstance(item, Inner))
    assert list(run.parser.from_inner(make.LOGIN, inner.channel)) == [make.LOGIN]


def test_messages_in_a_compound() -> None:
    first = make.smb2(1, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(make.BEGIN), 0) + make.BEGIN, message=1)
    first += bytes(-len(first) % 8)
    both = make.smb2(1, first[64:], message=1, following=len(first)) + make.smb2(
        6, struct.pack("<HHI", 24, 0, 0) + HANDLE, message=2
    )
    output = converse(Smb2, [(C, make.session(both))])
    assert [item.data.rstrip(b"\0") for item in output if isinstance(item, Inner)] == [make.BEGIN.rstrip(b"\0")]


def test_from_the_first_encrypted_message_on_it_is_smb3() -> None:
    sealed = make.session(b"\xfdSMB" + bytes(60))
    run = make.Inside(Smb2(None))
    feed([*login_script(0), (C, sealed)], run)
    assert run.parsed[-1] == Upgrade("smb3")
    assert run.parser.pending(C) == sealed
    assert SMB3.protection is Protection.ENCRYPTED and SMB2.protection is Protection.CLEARTEXT
    assert converse(Smb3, [(C, sealed), (S, sealed)]) == []


def test_after_a_loss_it_goes_on_with_the_next_message() -> None:
    run = make.Inside(Smb2(None))
    script = login_script(0)
    run.feed(*script[0])
    run.feed(S, script[1][1][:40])
    run.gap(S, 500)
    run.feed(S, b"rest of something \xfeSMB lost" + script[1][1])
    run.feed(*script[2])
    run.feed(*script[3])
    assert [item.accepted for item in run.events_of(Login) if isinstance(item, Login)] == [True]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (login_script(0)[0][1], b"", Match.SURE),
        (login_script(0)[0][1][:6], b"", Match.MORE),
        (b"", login_script(0)[1][1], Match.SURE),
        (make.session(b"\xffSMB" + bytes(40)), b"", Match.NO),
        (b"\0\0\0\x20GET / HTTP/1.1", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert SMB2.recognise is not None and SMB3.recognise is not None
    opening = Opening(client, server, 50000, 4450, Transport.TCP)
    assert SMB2.recognise(opening) is match
    sealed = Opening(make.session(b"\xfdSMB" + bytes(60)), b"", 50000, 445, Transport.TCP)
    assert (SMB3.recognise(sealed), SMB2.recognise(sealed)) == (Match.SURE, Match.NO)


OVERFLOW = 0x80000005
"""STATUS_BUFFER_OVERFLOW: the first part of a message that is longer than what was asked for (MS-SMB2 3.3.5.12)."""


def answered(command: int, message: int, data: bytes, status: int) -> bytes:
    """MS-SMB2 2.2.20 and 2.2.32: what was read, and what a call brought."""
    if command == 8:
        body = struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data
    else:
        body = struct.pack("<HHI16sIIIIII", 49, 0, 0x0011C017, HANDLE, 112, 0, 112, len(data), 0, 0) + data
    return make.session(make.smb2(command, body, answer=True, message=message, status=status))


def call(message: int, data: bytes, code: int = 0x0011C017) -> bytes:
    """FSCTL_PIPE_TRANSCEIVE: a write and a read in one (MS-SMB2 2.2.31)."""
    body = struct.pack("<HHI16sIIIIIIII", 57, 0, code, HANDLE, 120, len(data), 0, 0, 0, 1024, 1, 0) + data
    return make.session(make.smb2(11, body, message=message))


@pytest.mark.parametrize("status", [0, OVERFLOW, 0xC0000022])
@pytest.mark.parametrize("command", [8, 11])
def test_what_a_pipe_answers_goes_inside_unless_it_failed(command: int, status: int) -> None:
    bind, ack = make.call(11, bytes(56)), make.call(12, bytes(44))
    asks = [(C, write(6, 0, bind)), (C, read(7, 0, 1024))] if command == 8 else [(C, call(7, bind))]
    script: Script = [(C, create(5, "svcctl")), (S, created(5)), *asks, (S, answered(command, 7, ack, status))]
    found = [(item.side, item.data) for item in converse(Smb2, script, damage=False) if isinstance(item, Inner)]
    assert found == [(C, bind), *([(S, ack)] if status != 0xC0000022 else [])]


def test_other_calls_to_a_file_are_no_messages_of_a_pipe() -> None:
    bind = make.call(11, bytes(56))
    script: Script = [(C, create(5, "svcctl")), (S, created(5)), (C, call(7, bind, code=0x00140078))]
    assert [item for item in converse(Smb2, script) if isinstance(item, Inner)] == []


@pytest.mark.parametrize(("kind", "bad"), [(0x00, True), (0x81, False), (0x82, False), (0x85, False)])
def test_only_a_message_has_to_begin_with_the_magic(kind: int, bad: bool) -> None:
    run = Run(Smb2(None))
    if bad:
        with pytest.raises(Malformed):
            run.feed(C, make.session(b"\xfdABC" + bytes(80), kind))
    else:
        run.feed(C, make.session(b"\xfdABC" + bytes(80), kind))
        assert run.parsed == []
    packed = Run(Smb2(None))
    packed.feed(C, make.session(b"\xfcSMB" + bytes(80)))
    assert packed.parsed == []
