"""SMB 1: conversations made from MS-CIFS and MS-SMB."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Attribute, Inner, Login, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.smb.smb1 import PROTOCOL, Smb
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import smb_bytes as make

MORE = 0xC0000016
CHALLENGE = bytes.fromhex("0123456789abcdef")
LM, NT = bytes(range(24)), bytes(range(100, 124))


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


NEGOTIATE = make.smb1(0x72, b"", b"\x02LANMAN2.1\0\x02NT LM 0.12\0", wide=False)
NEGOTIATED = make.smb1(
    0x72,
    struct.pack("<HBHHIIIIQhB", 1, 3, 50, 1, 16644, 65536, 0, 0x0000E3FD, 0, 0, 8),
    CHALLENGE + wide("OFFICE"),
    answer=True,
)


def setup(lm: bytes, nt: bytes, user: str = "anna", domain: str = "OFFICE", *, wide_text: bool = True) -> bytes:
    """MS-CIFS 2.2.4.53.1. The strings of a Unicode message begin at an even place."""
    words = struct.pack("<BBHHHHIHHII", 0xFF, 0, 0, 16644, 50, 1, 0, len(lm), len(nt), 0, 0xD4)
    texts = [user, domain, "Windows 5.1", "LAN Manager"]
    # header 32, one byte of count, 26 of words, two of count
    pad = b"\0" if wide_text and (61 + len(lm) + len(nt)) % 2 else b""
    encoded = b"".join(wide(t) if wide_text else t.encode() + b"\0" for t in texts)
    return make.smb1(0x73, words, lm + nt + pad + encoded, wide=wide_text)


def set_up(status: int = 0, action: int = 0) -> bytes:
    data = b"\0" + wide("Unix") + wide("Samba 3.0") if not status else b""
    return make.smb1(
        0x73,
        struct.pack("<BBHH", 0xFF, 0, 0, action) if not status else b"",
        data,
        answer=True,
        status=status,
        user=100,
    )


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Smb, script) if isinstance(item, Login)]


@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [
        (set_up(), True, "STATUS_SUCCESS"),
        (set_up(action=1), None, "STATUS_SUCCESS as guest"),
        (set_up(0xC000006D), False, "STATUS_LOGON_FAILURE"),
        (set_up(0xC0000022), False, "STATUS_ACCESS_DENIED"),
    ],
)
def test_responses_to_the_challenge(answer: bytes, accepted: bool | None, basis: str) -> None:
    (login,) = logins([(C, NEGOTIATE), (S, NEGOTIATED), (C, setup(LM, NT)), (S, answer)])
    assert (login.username, login.scheme, login.clear, login.accepted, login.basis) == (
        "OFFICE\\anna",
        "ntlmv1",
        False,
        accepted,
        basis,
    )
    # hashcat 5500
    assert login.secret == Secret(f"anna::OFFICE:{LM.hex()}:{NT.hex()}:{CHALLENGE.hex()}")
    assert [span.side for span in login.spans] == [C, S]


def test_an_ntlmv2_response() -> None:
    proof, blob = bytes(range(16)), b"\x01\x01\0\0" + bytes(60)
    (login,) = logins([(C, NEGOTIATE), (S, NEGOTIATED), (C, setup(LM, proof + blob))])
    assert (login.scheme, login.accepted) == ("ntlmv2", None)
    # hashcat 5600
    assert login.secret == Secret(f"anna::OFFICE:{CHALLENGE.hex()}:{proof.hex()}:{blob.hex()}")


def test_passwords_that_cross_as_they_are() -> None:
    (login,) = logins([(C, NEGOTIATE), (C, setup(b"tulip-77\0", b"", wide_text=False)), (S, set_up())])
    assert (login.username, login.scheme, login.clear, login.accepted) == ("OFFICE\\anna", "plaintext", True, True)
    assert login.secret == Secret(b"tulip-77")
    (login,) = logins([(C, setup(b"", "tulip-77".encode("utf-16-le"), domain=""))])
    assert (login.username, login.secret) == ("anna", Secret(b"tulip-77"))


def test_an_old_setup_of_lan_manager() -> None:
    # MS-CIFS 2.2.4.53.1, 10 words; the challenge of a LAN Manager dialect stands behind 13 words
    answer = make.smb1(
        0x72, struct.pack("<HHHHHHIHHhHH", 0, 3, 4096, 50, 1, 0, 0, 0, 0, 0, 8, 0), CHALLENGE, answer=True, wide=False
    )
    words = struct.pack("<BBHHHHIHI", 0xFF, 0, 0, 4096, 50, 1, 0, 24, 0)
    request = make.smb1(0x73, words, LM + b"anna\0OFFICE\0", wide=False)
    (login,) = logins([(C, NEGOTIATE), (S, answer), (C, request), (S, set_up())])
    assert (login.username, login.scheme, login.accepted) == ("OFFICE\\anna", "lm", True)
    assert login.secret == Secret(f"anna::OFFICE:{LM.hex()}::{CHALLENGE.hex()}")


def test_nobody() -> None:
    login = events(converse(Smb, [(C, setup(b"\0", b"", "", "")), (S, set_up())]), Access)
    assert [(item.resource, item.action, item.granted) for item in login if isinstance(item, Access)] == [
        ("smb", "anonymous", True)
    ]


def test_a_share_with_a_password() -> None:
    words = struct.pack("<BBHHH", 0xFF, 0, 0, 0, 6)
    request = make.smb1(0x75, words, b"lilac\0\\\\NAS\\SCANS\0?????\0", wide=False)
    (login,) = logins([(C, request)])
    assert (login.username, login.secret, login.scheme, login.resource, login.accepted) == (
        None,
        Secret(b"lilac"),
        "share",
        "\\\\NAS\\SCANS",
        None,
    )
    none = make.smb1(0x75, struct.pack("<BBHHH", 0xFF, 0, 0, 0, 1), b"\0\\\\NAS\\SCANS\0?????\0", wide=False)
    assert logins([(C, none)]) == []


def test_a_tree_connect_chained_to_the_setup() -> None:
    # the offset of a chained command counts from the header (MS-CIFS 2.2.3.4)
    first = setup(b"\0", b"", "", "", wide_text=False)[4:]
    second = b"\x04" + struct.pack("<BBHHH", 0xFF, 0, 0, 0, 6) + struct.pack("<H", 19) + b"lilac\0\\\\NAS\\SCANS\0\0"
    chained = bytearray(first + second)
    chained[33:37] = struct.pack("<BBH", 0x75, 0, len(first))
    (login,) = logins([(C, make.session(bytes(chained)))])
    assert (login.scheme, login.secret) == ("share", Secret(b"lilac"))


def blob_setup(blob: bytes, number: int, user: int = 0) -> bytes:
    """MS-SMB 2.2.4.6.1."""
    words = struct.pack("<BBHHHHIHII", 0xFF, 0, 0, 16644, 50, 1, 0, len(blob), 0, 0x800000D4)
    return make.smb1(0x73, words, blob + b"\0" * (len(blob) + 1 & 1) + wide("Unix"), number=number, user=user)


def blob_set_up(blob: bytes, number: int, status: int) -> bytes:
    words = struct.pack("<BBHHH", 0xFF, 0, 0, 0, len(blob))
    return make.smb1(0x73, words, blob, answer=True, status=status, number=number, user=100)


def test_ntlmssp_in_a_security_blob() -> None:
    script = [
        (C, blob_setup(make.BEGIN, 2)),
        (S, blob_set_up(make.CHALLENGE, 2, MORE)),
        (C, blob_setup(make.ANSWER, 3, 100)),
        (S, blob_set_up(b"", 3, 0xC000006D)),
    ]
    output = converse(Smb, script)
    assert [item.data[:12] for item in output if isinstance(item, Inner)] == [
        make.BEGIN[:12],
        make.CHALLENGE[:12],
        make.ANSWER[:12],
    ]
    assert len({item.channel for item in output if isinstance(item, Inner)}) == 1
    run = make.Inside(Smb(None))
    for side, data in script:
        run.feed(side, data)
    assert [(item.accepted, item.basis) for item in run.events_of(Login) if isinstance(item, Login)] == [
        (False, "STATUS_LOGON_FAILURE")
    ]


def test_what_both_ends_say_of_themselves() -> None:
    request = make.session(make.name("NAS-CELLAR") + make.name("SCANNER-2"), 0x81)
    output = converse(
        Smb,
        [
            (C, request),
            (S, make.session(b"", 0x82)),
            (C, NEGOTIATE),
            (S, NEGOTIATED),
            (C, setup(LM, NT)),
            (S, set_up()),
        ],
    )
    login = {(item.side, item.field): item.value for item in output if isinstance(item, Attribute)}
    assert login == {
        (S, "nbns.host"): "NAS-CELLAR",
        (C, "nbns.host"): "SCANNER-2",
        (S, "smb.dialect"): "NT LM 0.12",
        (C, "smb.native_os"): "Windows 5.1",
        (C, "smb.native_lm"): "LAN Manager",
        (S, "smb.native_os"): "Unix",
        (S, "smb.native_lm"): "Samba 3.0",
    }


def test_a_server_that_answers_in_smb_2() -> None:
    answer = make.session(make.smb2(0, struct.pack("<HHHH", 65, 1, 0x02FF, 0) + bytes(56), answer=True))
    run = Run(Smb(None))
    run.feed(C, NEGOTIATE)
    run.feed(S, answer)
    assert run.parsed == [Upgrade("smb2")]
    assert run.parser.pending(S) == answer


def test_a_file_is_read_and_another_written() -> None:
    scan = b"%PDF-1.4 " + bytes(range(90))
    path = "\\scans\\page1.pdf"
    opens = make.smb1(0xA2, struct.pack("<BBHBH", 0xFF, 0, 0, 0, 34) + bytes(41), b"\0" + wide(path), number=7)
    opened = make.smb1(0xA2, struct.pack("<BBHBH", 0xFF, 0, 0, 0, 9) + bytes(61), b"", answer=True, number=7)
    reads = make.smb1(0x2E, struct.pack("<BBHHIHHIHI", 0xFF, 0, 0, 9, 0, 4096, 0, 0, 0, 0), b"", number=8)
    brought = make.smb1(
        0x2E, struct.pack("<BBHHHHHHH8x", 0xFF, 0, 0, 0, 0, 0, len(scan), 59, 0), scan, answer=True, number=8
    )
    writes = make.smb1(
        0x2F, struct.pack("<BBHHIIHHHHHI", 0xFF, 0, 0, 9, 0, 0, 0, 0, 0, len(scan), 63, 0), scan, number=9
    )
    closes = make.smb1(0x04, struct.pack("<HI", 9, 0), b"", number=10)
    output = events(
        converse(Smb, [(C, opens), (S, opened), (C, reads), (S, brought), (C, writes), (C, closes)]), Transfer
    )
    assert output == [Transfer(side=side, application="smb", name=path, size=len(scan), data=scan) for side in (C, S)]


def test_calls_over_a_pipe() -> None:
    bind, ack = make.call(11, bytes(56)), make.call(12, bytes(44))
    words = struct.pack("<HHHHBBHIHHHHHBBHH", 0, len(bind), 0, 1024, 0, 0, 0, 0, 0, 0, 0, len(bind), 67, 2, 0, 0x26, 9)
    answered = struct.pack("<HHHHHHHHHBB", 0, len(ack), 0, 0, 0, 0, len(ack), 55, 0, 0, 0)
    output = converse(
        Smb, [(C, make.smb1(0x25, words, bind, number=7)), (S, make.smb1(0x25, answered, ack, answer=True, number=7))]
    )
    assert [(item.side, item.data, item.protocol) for item in output if isinstance(item, Inner)] == [
        (C, bind, "dcerpc"),
        (S, ack, "dcerpc"),
    ]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (NEGOTIATE, NEGOTIATED, Match.SURE),
        (NEGOTIATE, make.session(make.smb2(0, bytes(65), answer=True)), Match.SURE),
        (b"", NEGOTIATED, Match.SURE),
        (make.session(make.name("NAS") + make.name("PC"), 0x81), b"\x82\0\0\0", Match.SURE),
        (b"\x81\0", b"", Match.MORE),
        (b"\x81\0\0\x44\x20zz", b"", Match.NO),
        (make.session(make.smb2(0, bytes(36))), b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 50000, 4450, Transport.TCP)) is match


@pytest.mark.parametrize(("size", "clear"), [(23, True), (24, False), (25, True)])
def test_a_share_with_a_response_to_the_challenge(size: int, clear: bool) -> None:
    """MS-CIFS 2.2.4.55.1: where the server wants challenges the password is a response of 24 bytes."""
    words = struct.pack("<BBHHH", 0xFF, 0, 0, 0, size)
    password = b"abcdefghijklmnopqrstuvwxyz"[:size]
    request = make.smb1(0x75, words, password + b"\\\\NAS\\SCANS\0?????\0", wide=False)
    (login,) = logins([(C, NEGOTIATE), (S, NEGOTIATED), (C, request)])
    secret = password if clear else f"{password.hex()}:{CHALLENGE.hex()}".encode()
    assert (login.scheme, login.clear, login.secret, login.resource) == (
        "share",
        clear,
        Secret(secret),
        "\\\\NAS\\SCANS",
    )


@pytest.mark.parametrize(("capabilities", "challenge"), [(0x0000E3FD, CHALLENGE.hex()), (0x8000E3FD, "")])
def test_with_extended_security_there_is_no_challenge_in_the_answer(capabilities: int, challenge: str) -> None:
    """MS-SMB 2.2.4.5.2.1: the server's GUID stands there."""
    answer = make.smb1(
        0x72,
        struct.pack("<HBHHIIIIQhB", 1, 3, 50, 1, 16644, 65536, 0, capabilities, 0, 0, 8),
        CHALLENGE + bytes(8),
        answer=True,
    )
    (login,) = logins([(C, NEGOTIATE), (S, answer), (C, setup(LM, NT))])
    assert login.secret == Secret(f"anna::OFFICE:{LM.hex()}:{NT.hex()}:{challenge}")


def test_sizes_of_more_than_sixteen_bits() -> None:
    """MS-SMB 2.2.4.2.2 and 2.2.4.3.1: DataLengthHigh; of a long message the beginning is read."""
    reads = make.smb1(0x2E, struct.pack("<BBHHIHHIHI", 0xFF, 0, 0, 9, 0, 4096, 0, 0, 0, 0), b"", number=8)
    brought = make.smb1(0x2E, struct.pack("<BBHHHHHHH8x", 0xFF, 0, 0, 0, 0, 0, 7, 59, 1), b"abc", answer=True, number=8)
    writes = make.smb1(0x2F, struct.pack("<BBHHIIHHHHHI", 0xFF, 0, 0, 9, 0, 0, 0, 0, 2, 5, 63, 0), b"abc", number=9)
    found = events(converse(Smb, [(C, reads), (S, brought), (C, writes)], damage=False), Transfer)
    assert [(item.side, item.size) for item in found if isinstance(item, Transfer)] == [
        (C, 2 * 65536 + 5), (S, 65536 + 7),
    ]  # fmt: skip


def test_what_follows_a_call_is_not_part_of_it() -> None:
    bind, ack = make.call(11, bytes(56)), make.call(12, bytes(44))
    words = struct.pack("<HHHHBBHIHHHHHBBHH", 0, len(bind), 0, 1024, 0, 0, 0, 0, 0, 0, 0, len(bind), 67, 2, 0, 0x26, 9)
    answered = struct.pack("<HHHHHHHHHBB", 0, len(ack), 0, 0, 0, 0, len(ack), 55, 0, 0, 0)
    script = [
        (C, make.smb1(0x25, words, bind + b"pad" * 200, number=7)),
        (S, make.smb1(0x25, answered, ack + b"pad" * 200, answer=True, number=7)),
    ]
    found = [item for item in converse(Smb, script, damage=False) if isinstance(item, Inner)]
    assert [item.data for item in found] == [bind, ack]


def test_names_behind_a_security_blob() -> None:
    """MS-SMB 2.2.4.6.2: four words; the strings follow the blob."""
    words = struct.pack("<BBHHH", 0xFF, 0, 0, 0, 3)
    answer = make.smb1(0x73, words, b"abc" + wide("Unix") + wide("Samba"), answer=True, status=MORE)
    old = make.smb1(0x73, words[:6], b"\0" + wide("Unix") + wide("Samba"), answer=True, status=MORE)
    other = make.smb1(0x73, words + b"\0\0", b"abc" + wide("Unix"), answer=True, status=MORE)
    for sent, values in ((answer, ["Unix", "Samba"]), (old, ["Unix", "Samba"]), (other, [])):
        found = [item.value for item in converse(Smb, [(S, sent)], damage=False) if isinstance(item, Attribute)]
        assert found == values


def test_the_dialect_by_its_place_in_the_offer() -> None:
    offered = b"".join(b"\x02" + name + b"\0" for name in (b"PC NETWORK PROGRAM 1.0", b"LANMAN2.1", b"NT LM 0.12"))
    for index, value in ((0, ["PC NETWORK PROGRAM 1.0"]), (2, ["NT LM 0.12"]), (3, []), (0xFFFF, [])):
        answer = make.smb1(0x72, struct.pack("<H", index), b"", answer=True)
        script = [(C, make.smb1(0x72, b"", offered, wide=False)), (S, answer)]
        found = [item.value for item in converse(Smb, script, damage=False) if isinstance(item, Attribute)]
        assert found == value
