"""SNMP datagrams from RFC 1157, 3416, 3412 and 3414: communities, users, answers, attributes."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Content, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.snmp import DATAGRAMS, PENDING_LIMIT, REPORTED_LIMIT, Snmp, recognise
from tests.conversation import C, Run, S, converse, events


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + body


def number(value: int) -> bytes:
    return tlv(2, value.to_bytes(5, "big", signed=True))


SYS_DESCR = bytes.fromhex("2b06010201010100")
SYS_NAME = bytes.fromhex("2b06010201010500")
WRONG_DIGESTS = bytes.fromhex("2b060106030f01010500")
NOT_IN_TIME = bytes.fromhex("2b060106030f01010200")


def pdu(kind: int, identifier: int, *values: tuple[bytes, bytes], error: int = 0) -> bytes:
    bindings = b"".join(tlv(0x30, tlv(6, name), value) for name, value in values)
    return tlv(kind, number(identifier), number(error), number(0), tlv(0x30, bindings))


def message(version: int, community: bytes, inner: bytes) -> bytes:
    return tlv(0x30, tlv(2, bytes([version])), tlv(4, community), inner)


def question(community: bytes = b"private", version: int = 1, kind: int = 0xA0, identifier: int = 1) -> bytes:
    return message(version, community, pdu(kind, identifier, (SYS_DESCR, tlv(5))))


def answer(community: bytes = b"private", version: int = 1, identifier: int = 1, error: int = 0) -> bytes:
    values = ((SYS_DESCR, tlv(4, b"Acme Printer 9")), (SYS_NAME, tlv(4, b"hall")))
    return message(version, community, pdu(0xA2, identifier, *values, error=error))


@pytest.mark.parametrize(("version", "scheme"), [(0, "snmpv1"), (1, "snmpv2c")])
def test_community_answered(version: int, scheme: str) -> None:
    output = converse(Snmp, [(C, question(version=version)), (S, answer(version=version))])
    assert output == [
        Login(
            mechanism="community",
            username=None,
            secret=Secret("private"),
            scheme=scheme,
            accepted=True,
            basis="agent answered a request with it",
            spans=(Span(C, 0, 1), Span(S, 0, 1)),
        ),
        Attribute(field="snmp.sysdescr", value="Acme Printer 9", side=S),
        Attribute(field="snmp.sysname", value="hall", side=S),
        Content(side=S, name="values", data=b"Acme Printer 9\nhall"),
    ]


def test_community_without_answer_is_reported_at_the_end() -> None:
    output = converse(Snmp, [(C, question(b"guess")), (C, question(b"guess", identifier=2))])
    assert [(e.secret, e.accepted, e.basis, e.spans) for e in events(output, Login)] == [  # type: ignore[attr-defined]
        (Secret("guess"), None, None, (Span(C, 0, 1),))
    ]


def test_wrong_then_right_community() -> None:
    output = converse(
        Snmp,
        [(C, question(b"guess")), (C, question(b"public", identifier=2)), (S, answer(b"public", identifier=2))],
        damage=False,
    )
    assert {(e.secret, e.accepted) for e in events(output, Login)} == {
        (Secret("public"), True),
        (Secret("guess"), None),
    }  # type: ignore[attr-defined]


def test_repeats_are_reported_once() -> None:
    script = []
    for identifier in range(50):
        script += [(C, question(identifier=identifier)), (S, answer(identifier=identifier))]
    output = converse(Snmp, script, damage=False)
    assert (len(events(output, Login)), len(events(output, Attribute))) == (1, 2)


def test_authorization_error_refuses() -> None:
    output = converse(Snmp, [(C, question(kind=0xA3)), (S, answer(error=16))], damage=False)
    (login,) = events(output, Login)
    assert (login.accepted, login.basis) == (False, "authorizationError in answer")  # type: ignore[attr-defined]


def test_answer_alone() -> None:
    (login,) = events(converse(Snmp, [(S, answer())], damage=False), Login)
    assert (login.accepted, login.verifier) == (True, S)  # type: ignore[attr-defined]


def test_traps() -> None:
    v1 = message(
        0,
        b"traps",
        tlv(
            0xA4, tlv(6, SYS_NAME), tlv(0x40, b"\xc0\x00\x02\x01"), number(6), number(1), tlv(0x43, b"\x01"), tlv(0x30)
        ),
    )
    v2 = message(1, b"traps", pdu(0xA7, 9, (SYS_NAME, tlv(4, b"ups-1"))))
    output = converse(Snmp, [(C, v1), (C, v2), (C, v2)])
    assert [(e.scheme, e.secret, e.accepted, e.verifier) for e in events(output, Login)] == [  # type: ignore[attr-defined]
        ("snmpv1", Secret("traps"), None, S),
        ("snmpv2c", Secret("traps"), None, S),
    ]
    assert events(output, Attribute) == [Attribute(field="snmp.sysname", value="ups-1", side=C)]


def test_broken_or_cut_pdu_still_shows_its_community() -> None:
    whole = question(b"private")
    for data in (whole[:-10], message(0, b"private", tlv(0xA0, b"\xff\xff")), message(0, b"private", tlv(4, b"x"))):
        (login,) = converse(Snmp, [(C, data)], damage=False)
        assert isinstance(login, Login)
        assert (login.secret, login.accepted) == (Secret("private"), None)
    for data in (whole[:-10], message(0, b"private", tlv(4, b"x"))):
        assert recognise(opening(data)) is Match.WEAK
        assert recognise(opening(data, 40000)) is Match.NO


ENGINE = bytes.fromhex("8000000003020000000001")


def version_3(
    kind: int | None,
    identifier: int,
    user: bytes = b"",
    digest: bytes = b"",
    flags: int = 4,
    values: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    usm = tlv(0x30, tlv(4, ENGINE), number(1), number(2), tlv(4, user), tlv(4, digest), tlv(4))
    data = tlv(4, b"\x5a" * 40) if kind is None else tlv(0x30, tlv(4, ENGINE), tlv(4), pdu(kind, 77, *values))
    return tlv(
        0x30,
        tlv(2, b"\x03"),
        tlv(0x30, number(identifier), number(65507), tlv(4, bytes([flags])), number(3)),
        tlv(4, usm),
        data,
    )


DIGEST = bytes.fromhex("00112233445566778899aabb")


def test_version_3_user_accepted() -> None:
    request_3 = version_3(0xA0, 5, b"anna", DIGEST, 5)
    output = converse(
        Snmp,
        [
            (C, version_3(0xA0, 4)),
            (S, version_3(0xA8, 4, flags=0)),
            (C, request_3),
            (S, version_3(0xA2, 5, b"anna", DIGEST, 1, ((SYS_NAME, tlv(4, b"hall")),))),
        ],
    )
    zeroed = request_3.replace(DIGEST, bytes(12))
    assert output[0] == Attribute(field="snmp.engine_id", value=ENGINE.hex(), side=S)
    assert events(output, Login) == [
        Login(
            mechanism="password",
            username="anna",
            secret=Secret(f"$SNMPv3$0$5${zeroed.hex()}${ENGINE.hex()}${DIGEST.hex()}"),
            scheme="snmpv3-usm",
            clear=False,
            accepted=True,
            basis="agent answered a request with it",
            spans=(Span(C, 1, 2), Span(S, 1, 2)),
        )
    ]


def test_version_3_user_refused_by_report() -> None:
    script = [
        (C, version_3(0xA0, 5, b"anna", DIGEST, 5)),
        (S, version_3(0xA8, 5, flags=0, values=((WRONG_DIGESTS, tlv(0x41, b"\x01")),))),
    ]
    (login,) = events(converse(Snmp, script), Login)
    assert (login.accepted, login.basis) == (False, "usmStatsWrongDigests in answer")  # type: ignore[attr-defined]


def test_version_3_time_window_is_no_refusal() -> None:
    script = [
        (C, version_3(0xA0, 5, b"anna", DIGEST, 5)),
        (S, version_3(0xA8, 5, flags=0, values=((NOT_IN_TIME, tlv(0x41, b"\x01")),))),
    ]
    (login,) = events(converse(Snmp, script, damage=False), Login)
    assert login.accepted is None  # type: ignore[attr-defined]


def test_version_3_encrypted() -> None:
    script = [(C, version_3(None, 5, b"anna", DIGEST, 7)), (S, version_3(None, 5, b"anna", DIGEST, 3))]
    (login,) = events(converse(Snmp, script), Login)
    assert (login.username, login.accepted) == ("anna", True)  # type: ignore[attr-defined]
    (trap,) = events(converse(Snmp, [(C, version_3(None, 6, b"anna", DIGEST, 3))], damage=False), Login)
    assert trap.accepted is None  # type: ignore[attr-defined]


def test_version_3_user_without_authentication() -> None:
    script = [(C, version_3(0xA3, 5, b"guest")), (S, version_3(0xA2, 5, b"guest", flags=0))]
    output = converse(Snmp, script)
    assert events(output, Access) == [
        Access(
            resource="snmp user guest",
            action="set",
            granted=True,
            control=True,
            username="guest",
            spans=(Span(C, 0, 1), Span(S, 0, 1)),
        )
    ]
    assert not events(output, Login)


def test_discovery_alone_says_nothing_of_users() -> None:
    output = converse(Snmp, [(C, version_3(0xA0, 4)), (S, version_3(0xA8, 4, flags=0))], damage=False)
    assert [type(e) for e in output] == [Attribute]


def test_endless_polling_is_left() -> None:
    run = Run(Snmp())
    for n in range(DATAGRAMS):
        run.feed(C, question(identifier=n % 7))
        run.feed(S, answer(identifier=n % 7))
    assert run.over
    assert [e.accepted for e in events(run.close(), Login)] == [True]  # type: ignore[attr-defined]


def test_bounds() -> None:
    guesses = [(C, question(b"guess%d" % n, identifier=n)) for n in range(PENDING_LIMIT * 3)]
    output = converse(Snmp, guesses, damage=False)
    assert len(events(output, Login)) == PENDING_LIMIT * 3
    parser = Snmp()
    for n in range(REPORTED_LIMIT + 200):
        list(parser.receive(C, question(b"guess%d" % n, identifier=n)))
        list(parser.receive(S, answer(b"guess%d" % n, identifier=n)))
    assert len(parser._reported) <= REPORTED_LIMIT


def opening(data: bytes, port: int = 161) -> Opening:
    return Opening(data, b"", 50000, port, Transport.UDP)


def test_recognised() -> None:
    for data in (question(), question(version=0), answer(), version_3(0xA0, 4), version_3(None, 4, b"anna", DIGEST, 7)):
        assert recognise(opening(data, 20161)) is Match.SURE
    # An LDAP search over UDP, a SNMP message with a tail, another version, nothing.
    ldap = tlv(0x30, tlv(2, b"\x01"), tlv(0x63, tlv(4, b""), tlv(10, b"\x00")))
    for lure in (ldap, message(2, b"public", pdu(0xA0, 1)), b"", b"0", b"0123456789"):
        assert recognise(opening(lure)) is Match.NO


def test_a_secret_among_the_values_of_an_answer() -> None:
    # cabhPsDevUIPassword.0
    oid = bytes.fromhex("2b06010401a30b020401010601") + b"\x02\0"
    ask = message(1, b"public", pdu(0xA0, 7, (oid, tlv(5))))
    reply = message(1, b"public", pdu(0xA2, 7, (oid, tlv(4, b"hedge-6"))))
    shown = [e for e in converse(Snmp, [(C, ask), (S, reply)]) if isinstance(e, Login) and e.served]
    assert [(e.mechanism, e.secret, e.name, e.verifier, e.accepted) for e in shown] == [
        ("password", Secret("hedge-6"), "cabhPsDevUIPassword", S, None)
    ]
    masked = message(1, b"public", pdu(0xA2, 7, (oid, tlv(4, b"********"))))
    assert not [e for e in converse(Snmp, [(C, ask), (S, masked)]) if isinstance(e, Login) and e.served]


def test_communities_tried_under_one_number_have_their_own_answers() -> None:
    """Programs that guess send many requests at once with one number; an answer repeats the community (RFC 1157 4)."""
    asked = [(C, question(name)) for name in (b"guess", b"public", b"other")]
    found = events(converse(Snmp, [*asked, (S, answer(b"public"))], damage=False), Login)
    assert {(e.secret, e.accepted) for e in found if isinstance(e, Login)} == {
        (Secret("public"), True), (Secret("guess"), None), (Secret("other"), None),
    }  # fmt: skip
    assert len(found) == 3


@pytest.mark.parametrize("version", [0, 1])
def test_an_answer_of_another_number_or_version_is_none(version: int) -> None:
    script = [(C, question(b"guess", version=version)), (S, answer(b"guess", version=1 - version))]
    found = events(converse(Snmp, script, damage=False), Login)
    assert len(found) == 2
    script = [(C, question(b"guess", version=version)), (S, answer(b"guess", version=version, identifier=2))]
    found = events(converse(Snmp, script, damage=False), Login)
    assert [e.spans[0].side for e in found if isinstance(e, Login)] == [S]


def test_requests_beyond_the_bound_are_reported_and_repeats_push_nothing_out() -> None:
    run = Run(Snmp())
    for identifier in range(PENDING_LIMIT):
        run.feed(C, question(b"c%d" % identifier, identifier=identifier))
    run.feed(C, question(b"c3", identifier=3))
    assert events(run.parsed, Login) == []
    run.feed(C, question(b"more", identifier=PENDING_LIMIT))
    assert [e.secret for e in events(run.parsed, Login) if isinstance(e, Login)] == [Secret("c0")]


@pytest.mark.parametrize(("kind", "asks"), [(0xA0, 1), (0xA1, 1), (0xA3, 1), (0xA5, 1), (0xA6, 1), (0xA7, 0)])
def test_which_messages_are_answered(kind: int, asks: int) -> None:
    """RFC 3416 3: get, next, set, bulk and inform are; a trap of version 2 is not."""
    run = Run(Snmp())
    run.feed(C, question(kind=kind))
    assert len(events(run.parsed, Login)) == 1 - asks
    run.feed(S, answer())
    assert [e.accepted for e in events(run.close(), Login) if isinstance(e, Login)][-1] is True
