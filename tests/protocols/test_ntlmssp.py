"""NTLMSSP messages from MS-NLMP: section 4.2's example, old clients, wrappers, broken fields."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Attribute, Login
from sensor.model import Secret
from sensor.parsing.cursor import Malformed
from sensor.protocols.ntlmssp import NAME_LIMIT, PROTOCOL, Ntlmssp
from tests.conversation import C, Run, S, Span, converse, events

SERVER_CHALLENGE = bytes.fromhex("0123456789abcdef")
# MS-NLMP 4.2.4.2.2: NTLMv2 response of User / Domain / Password to that challenge, its NTProofStr first.
PROOF = bytes.fromhex("68cd0ab851e51c96aabc927bebef6a1c")
# MS-NLMP 4.2.2.2: NTLMv1 responses of the same user.
NT_V1 = bytes.fromhex("67c43011f30298a2ad35ece64f16331c44bdbed927841f94")
LM_V1 = bytes.fromhex("98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13")


def pair(kind: int, value: str) -> bytes:
    data = value.encode("utf-16-le")
    return struct.pack("<HH", kind, len(data)) + data


def challenge(flags: int = 0xE2898215, info: bytes = pair(2, "Domain") + pair(1, "Server") + pair(0, "")) -> bytes:
    version = bytes([6, 0]) + struct.pack("<H", 6000) + b"\0\0\0\x0f"
    return (
        b"NTLMSSP\0"
        + struct.pack("<IHHII", 2, 0, 0, 56, flags)
        + SERVER_CHALLENGE
        + bytes(8)
        + struct.pack("<HHI", len(info), len(info), 56)
        + version
        + info
    )


def authenticate(
    domain: bytes, user: bytes, lm: bytes, nt: bytes, *, flags: int | None = 0xE2888215, host: bytes = b"C\0"
) -> bytes:
    head = 64 if flags is not None else 52
    fields, payload = b"", b""
    for value in (lm, nt, domain, user, host):
        fields += struct.pack("<HHI", len(value), len(value), head + len(payload))
        payload += value
    tail = struct.pack("<HHII", 0, 0, head + len(payload), flags) if flags is not None else b""
    return b"NTLMSSP\0" + struct.pack("<I", 3) + fields + tail + payload


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


NEGOTIATE = b"NTLMSSP\0" + struct.pack("<II", 1, 0xE2088297) + bytes(24)


def test_ntlmv2_wrapped_in_spnego() -> None:
    blob = bytes.fromhex("01010000") + bytes(24)
    answer = authenticate(wide("Domain"), wide("User"), bytes(24), PROOF + blob, host=wide("COMPUTER"))
    script = [(C, b"\x60\x28\x06\x06" + NEGOTIATE), (S, b"\xa1\x81" + challenge()), (C, b"\xa1\x82" + answer)]
    output = converse(Ntlmssp, script)
    assert events(output, Login) == [
        Login(
            mechanism="password",
            username="Domain\\User",
            secret=Secret(f"User::Domain:0123456789abcdef:{PROOF.hex()}:{blob.hex()}"),
            scheme="ntlmv2",
            clear=False,
            verifier=S,
            spans=(Span(S, 0, 1), Span(C, 1, 2)),
        )
    ]
    assert [(a.field, a.value, a.side) for a in events(output, Attribute)] == [
        ("ntlmssp.domain", "Domain", S),
        ("ntlmssp.host", "Server", S),
        ("ntlmssp.version", "6.0.6000", S),
        ("ntlmssp.workstation", "COMPUTER", C),
    ]


def test_ntlmv1_of_a_client_without_unicode_or_flags() -> None:
    for flags in (0x00000202, None):
        challenge_message = challenge(flags=0x00000202)
        output = converse(
            Ntlmssp,
            [(S, challenge_message), (C, authenticate(b"DOMAIN", b"USER", LM_V1, NT_V1, flags=flags, host=b"PC"))],
        )
        assert [(e.username, e.scheme, e.secret) for e in events(output, Login)] == [
            ("DOMAIN\\USER", "ntlmv1", Secret(f"USER::DOMAIN:{LM_V1.hex()}:{NT_V1.hex()}:0123456789abcdef"))
        ]


def test_lm_alone_and_a_login_whose_challenge_was_missed() -> None:
    output = converse(Ntlmssp, [(C, authenticate(b"", wide("anna"), LM_V1, b""))])
    assert [(e.username, e.scheme, e.secret) for e in events(output, Login)] == [
        ("anna", "lm", Secret(f"anna:::{LM_V1.hex()}::"))
    ]


def test_nobody_is_an_access() -> None:
    output = converse(Ntlmssp, [(S, challenge()), (C, authenticate(b"", b"", b"\0", b""))])
    assert events(output, Login) == []
    assert [(a.action, a.granted) for a in events(output, Access)] == [("anonymous", None)]


def test_fields_that_point_outside_say_nothing() -> None:
    message = bytearray(authenticate(wide("Domain"), wide("User"), bytes(24), PROOF + bytes(28)))
    message[24:28] = struct.pack("<I", 0xFFFFFFF0)
    assert events(converse(Ntlmssp, [(C, bytes(message))]), Login) == []


@pytest.mark.parametrize(
    "message", [b"NTLMSSP\0" + struct.pack("<I", 2), b"NTLMSSP\0" + struct.pack("<I", 3) + bytes(30)]
)
def test_messages_cut_short(message: bytes) -> None:
    with pytest.raises(Malformed):
        Run(Ntlmssp()).feed(C, message)


def test_other_tokens_are_passed_over() -> None:
    assert converse(Ntlmssp, [(C, b"\x60\x82\x05\x00kerberos"), (C, b""), (S, NEGOTIATE)]) == []


def test_it_takes_whole_messages() -> None:
    assert PROTOCOL.whole_messages


@pytest.mark.parametrize(
    ("flags", "version", "shown"),
    [
        (0xE2898215, b"\x0a\x00\x63\x45\0\0\0\x0f", ["10.0.17763"]),
        (0xE0898215, b"\x0a\x00\x63\x45\0\0\0\x0f", []),  # not negotiated: the bytes mean nothing
        (0xE2898215, bytes(8), []),
        (0xE2898215, b"", []),
    ],
)
def test_the_version_of_a_server(flags: int, version: bytes, shown: list[str]) -> None:
    """MS-NLMP 2.2.1.2 and 2.2.2.10: only with NTLMSSP_NEGOTIATE_VERSION, in bytes 48 to 55."""
    message = b"NTLMSSP\0" + struct.pack("<IHHII", 2, 0, 0, 56, flags) + SERVER_CHALLENGE + bytes(8)
    message += struct.pack("<HHI", 0, 0, 48 + len(version)) + version
    found = events(converse(Ntlmssp, [(S, message)]), Attribute)
    assert [a.value for a in found if a.field == "ntlmssp.version"] == shown


def test_the_build_of_a_server_has_two_bytes() -> None:
    """MS-NLMP 2.2.2.10: major, minor, build, three reserved bytes, revision. They end at 56."""
    for end, shown in ((8, ["6.1.7601"]), (7, [])):
        version = struct.pack("<BBH3BB", 6, 1, 7601, 9, 9, 9, 15)[:end]
        message = b"NTLMSSP\0" + struct.pack("<IHHII", 2, 0, 0, 56, 0xE2898215) + SERVER_CHALLENGE + bytes(16) + version
        found = events(converse(Ntlmssp, [(S, message)], damage=False), Attribute)
        assert [a.value for a in found if a.field == "ntlmssp.version"] == shown


def test_fields_at_their_bounds() -> None:
    """MS-NLMP 2.2: length, maximal length and offset; what reaches beyond the message is none."""
    for size, whole in ((NAME_LIMIT, True), (NAME_LIMIT + 2, False)):
        name = wide("n" * (size // 2))
        payload = bytes(24) + b"r" * 24 + name
        fields = b"".join(
            struct.pack("<HHI", length, length, start)
            for length, start in ((0, 64), (24, 64 + 24), (0, 64), (size, 64 + 48), (0, 64), (0, 64))
        )
        message = b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", 1) + payload
        found = events(converse(Ntlmssp, [(S, challenge()), (C, message)], damage=False), Login)
        assert [e.username for e in found if isinstance(e, Login)] == ["n" * (size // 2) if whole else ""]
        cut = events(converse(Ntlmssp, [(S, challenge()), (C, message[:-1])], damage=False), Login)
        assert [e.username for e in cut if isinstance(e, Login)] == [""]
