"""LDAP binds by RFC 4511: simple, anonymous, unauthenticated, SASL, NTLM; StartTLS."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Inner, Login, Skip, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.ldap import PENDING_LIMIT, PROTOCOLS, Ldap, LdapDatagram, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + body


def message(identifier: int, operation: bytes) -> bytes:
    return tlv(0x30, tlv(2, bytes([identifier])), operation)


def simple(identifier: int, name: bytes, password: bytes) -> bytes:
    return message(identifier, tlv(0x60, tlv(2, b"\x03"), tlv(4, name), tlv(0x80, password)))


def sasl(identifier: int, mechanism: bytes, *credentials: bytes) -> bytes:
    return message(
        identifier,
        tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(0xA3, tlv(4, mechanism), *(tlv(4, c) for c in credentials))),
    )


def result(identifier: int, code: int, challenge: bytes | None = None, matched: bytes = b"") -> bytes:
    extra = tlv(0x87, challenge) if challenge is not None else b""
    return message(identifier, tlv(0x61, tlv(10, bytes([code])), tlv(4, matched), tlv(4, b"said the server"), extra))


ANNA = b"uid=anna,dc=example,dc=org"


@pytest.mark.parametrize(
    ("code", "accepted", "basis"),
    [(0, True, "bindResponse 0"), (49, False, "bindResponse 49 invalidCredentials"), (51, None, "bindResponse 51")],
)
def test_simple_bind(code: int, accepted: bool | None, basis: str) -> None:
    request, answered = simple(1, ANNA, b"s3cret"), result(1, code)
    assert converse(Ldap, [(C, request), (S, answered)]) == [
        Login(
            mechanism="password",
            username="uid=anna,dc=example,dc=org",
            secret=Secret("s3cret"),
            scheme="simple",
            accepted=accepted,
            basis=basis,
            spans=(Span(C, 0, len(request)), Span(S, 0, len(answered))),
        )
    ]


def test_binds_without_a_result() -> None:
    parsed = converse(Ldap, [(C, simple(1, ANNA, b"s3cret") + simple(2, b"", b""))])
    assert [(type(e), getattr(e, "accepted", 0)) for e in parsed] == [(Login, None)]


def test_two_binds_under_one_number() -> None:
    """RFC 4511 4.1.1.1 forbids it: neither login may get lost, and the result may be either's."""
    script = [(C, simple(1, b"berta", b"other")), (C, simple(1, b"anna", b"s3cret")), (S, result(1, 0))]
    assert [(login.username, login.accepted) for login in events(converse(Ldap, script), Login)] == [
        ("berta", None),
        ("anna", None),
    ]


def test_anonymous_and_unauthenticated_binds() -> None:
    parsed = converse(
        Ldap,
        [
            (C, simple(1, b"", b"")),
            (S, result(1, 0)),
            (C, simple(2, ANNA, b"")),
            (S, result(2, 0)),
            (C, simple(3, ANNA, b"")),
            (S, result(3, 53)),
        ],
    )
    (access,) = events(parsed, Access)
    assert (access.resource, access.action, access.granted, access.status) == ("ldap", "bind", True, 0)  # type: ignore[attr-defined]
    assert [(e.secret, e.accepted) for e in events(parsed, Login)] == [(Secret(b""), None), (Secret(b""), None)]  # type: ignore[attr-defined]


def test_second_bind_after_a_search() -> None:
    entry = message(2, tlv(0x64, tlv(4, ANNA), tlv(0x30, bytes(3000))))
    script = [
        (C, simple(1, b"", b"")),
        (S, result(1, 0)),
        (C, message(2, tlv(0x63, tlv(4, b"dc=example,dc=org"), bytes(20)))),
        (S, entry + message(2, tlv(0x65, tlv(10, b"\x00"), tlv(4), tlv(4)))),
        (C, simple(3, ANNA, b"s3cret")),
        (S, result(3, 0)),
    ]
    parsed = converse(Ldap, script)
    assert [(e.secret, e.accepted) for e in events(parsed, Login)] == [(Secret("s3cret"), True)]  # type: ignore[attr-defined]


def test_large_entry_is_skipped_not_buffered() -> None:
    run = Run(Ldap())
    body = tlv(4, ANNA) + b"\x30\x83\x04\x00\x00" + bytes(0x40000)
    entry = b"\x02\x01\x02" + b"\x64\x83" + len(body).to_bytes(3, "big") + body
    whole = b"\x30\x83" + len(entry).to_bytes(3, "big") + entry
    for at in range(0, len(whole), 1460):
        run.feed(S, whole[at : at + 1460])
    assert [type(item) for item in run.parsed] == [Skip]
    run.feed(C, simple(3, ANNA, b"s3cret"))
    run.feed(S, result(3, 0))
    assert [e.accepted for e in events(run.close(), Login)] == [True]  # type: ignore[attr-defined]


def test_sasl_plain_in_one_step() -> None:
    (login,) = events(converse(Ldap, [(C, sasl(1, b"PLAIN", b"\0anna\0s3cret")), (S, result(1, 0))]), Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == ("anna", Secret("s3cret"), "plain", True)  # type: ignore[attr-defined]


def test_sasl_digest_md5_in_two_steps() -> None:
    # The messages of RFC 2831, clause 4, with ldap as the service.
    challenge = b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'
    answer = (
        b'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",'
        b'digest-uri="ldap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth'
    )
    script = [
        (C, sasl(1, b"DIGEST-MD5")),
        (S, result(1, 14, challenge)),
        (C, sasl(2, b"DIGEST-MD5", answer)),
        (S, result(2, 49)),
    ]
    (login,) = events(converse(Ldap, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.clear, login.accepted) == (
        "chris",
        Secret(answer),
        "digest-md5",
        False,
        False,
    )


def test_sasl_proof_of_another_form() -> None:
    (login,) = events(converse(Ldap, [(C, sasl(1, b"DIGEST-MD5", b"0123456789abcdef"))]), Login)
    assert (login.username, login.secret, login.clear, login.accepted) == (
        None,
        Secret("0123456789abcdef"),
        False,
        None,
    )  # type: ignore[attr-defined]
    assert not events(converse(Ldap, [(C, sasl(1, b"GSSAPI", b"0123456789abcdef")), (S, result(1, 0))]), Login)


NEGOTIATE, CHALLENGE, AUTHENTICATE = (b"NTLMSSP\0" + bytes([kind]) + bytes(31) for kind in (1, 2, 3))


def inner(run: Run) -> list[tuple[object, bytes]]:
    return [(item.side, item.data) for item in run.parsed if isinstance(item, Inner)]


def test_ntlm_in_spnego_is_handed_inside_and_its_login_waits_for_the_result() -> None:
    run = Run(Ldap())
    run.feed(C, sasl(1, b"GSS-SPNEGO", b"\x60\x28" + NEGOTIATE))
    run.feed(S, result(1, 14, b"\xa1\x30" + CHALLENGE))
    run.feed(C, sasl(2, b"GSS-SPNEGO", b"\xa1\x30" + AUTHENTICATE))
    assert inner(run) == [(C, NEGOTIATE), (S, CHALLENGE), (C, AUTHENTICATE)]
    secret_value = Login(mechanism="password", username="anna", secret=Secret("x"), scheme="ntlmv2", clear=False)
    assert list(run.parser.from_inner(secret_value, 0)) == []
    run.feed(S, result(2, 0))
    run.feed(C, b"\x00\x00\x00\x40" + bytes(64))
    parsed = run.close()
    assert [(e.username, e.accepted) for e in events(parsed, Login)] == [("anna", True)]  # type: ignore[attr-defined]
    assert isinstance(parsed[-1], Enough)


def test_sicily_bind() -> None:
    run = Run(Ldap())
    bind = [
        message(n, tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(tag, data)))
        for n, tag, data in ((1, 0x8A, NEGOTIATE), (2, 0x8B, AUTHENTICATE))
    ]
    run.feed(C, bind[0])
    run.feed(S, result(1, 0, matched=CHALLENGE))
    run.feed(C, bind[1])
    assert inner(run) == [(C, NEGOTIATE), (S, CHALLENGE), (C, AUTHENTICATE)]
    assert (
        list(run.parser.from_inner(Login(mechanism="password", username="anna", secret=None, scheme="ntlmv2"), 0)) == []
    )
    run.feed(S, result(2, 49))
    assert [(e.username, e.accepted) for e in events(run.close(), Login)] == [("anna", False)]  # type: ignore[attr-defined]


def test_start_tls() -> None:
    request = message(1, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.1466.20037")))

    def response(code: int) -> bytes:
        return message(1, tlv(0x78, tlv(10, bytes([code])), tlv(4), tlv(4)))

    assert converse(Ldap, [(C, request), (S, response(0)), (C, b"\x16\x03\x01\x00\x05")]) == [Upgrade("tls")]
    refused = converse(Ldap, [(C, request), (S, response(2)), (C, simple(2, ANNA, b"s3cret")), (S, result(2, 0))])
    assert [type(e) for e in refused] == [Login]


def test_lures() -> None:
    # A bind as the value of an attribute, and another extended operation.
    entry = message(2, tlv(0x64, tlv(4, ANNA), tlv(4, simple(1, ANNA, b"s3cret"))))
    other = message(3, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.4203.1.11.3")))
    parsed = converse(
        Ldap, [(S, entry), (C, other), (S, message(3, tlv(0x78, tlv(10, b"\x00"), tlv(4), tlv(4))))], damage=False
    )
    assert not [e for e in parsed if not isinstance(e, Skip)]


def opening(client: bytes, server: bytes = b"") -> Opening:
    return Opening(client, server, 50000, 10389, Transport.TCP)


def test_recognised() -> None:
    bind = simple(1, ANNA, b"s3cret")
    assert recognise(opening(bind)) is Match.SURE
    assert recognise(opening(b"", result(1, 0))) is Match.SURE
    assert recognise(opening(bind[:4])) is Match.MORE
    # Active Directory writes every length in four bytes.
    assert recognise(opening(b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x60\x84\x00\x00\x00\x07\x02\x01\x03")) is Match.SURE
    snmp = tlv(0x30, tlv(2, b"\x01"), tlv(4, b"public"), tlv(0xA0, bytes(12)))
    for lure in (snmp, b"\x16\x03\x01\x02\x00", b"0" * 40, bytes(40), b"\x30\x82\x05\x00\x30\x82\x04\x00" + bytes(40)):
        assert recognise(opening(lure)) is Match.NO


@pytest.mark.parametrize(
    ("code", "accepted", "basis"), [(0, True, "bindResponse 0"), (49, False, "bindResponse 49 invalidCredentials")]
)
def test_a_bind_over_udp(code: int, accepted: bool, basis: str) -> None:
    search = message(1, tlv(0x63, bytes(60)))
    script = [(C, search), (C, simple(2, ANNA, b"s3cret")), (S, result(2, code))]
    assert converse(LdapDatagram, script) == [
        Login(
            mechanism="password",
            username="uid=anna,dc=example,dc=org",
            secret=Secret("s3cret"),
            scheme="simple",
            accepted=accepted,
            basis=basis,
            spans=(Span(C, 1, 2), Span(S, 0, 1)),
        )
    ]


def test_recognised_over_udp() -> None:
    datagrams = next(protocol for protocol in PROTOCOLS if Transport.UDP in protocol.transports)
    assert datagrams.recognise is not None
    for data, match in ((simple(1, ANNA, b"s3cret"), Match.SURE), (simple(1, ANNA, b"s3cret")[:-1], Match.NO)):
        assert datagrams.recognise(Opening(data, b"", 50000, 1389, Transport.UDP)) is match


DIALOGUE = Dialogue(
    Ldap,
    lambda user, secret: [(C, simple(1, user.encode(), secret.encode()))],
    accepted=result(1, 0),
    refused=result(1, 49),
    undecided=(result(1, 51),),
    pipelined=False,
    resumes=False,
    evident=True,  # by its number
)
"""RFC 4511 4.2.2."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_an_opening_cut_anywhere() -> None:
    """RFC 4511 §4.1.1: a sequence of a number and an operation; known with the operation's own header."""
    bind = bytes.fromhex("300c020101600702010304008000")
    openings.stream(recognise, bind, sure=7)
    for place, value in ((0, 0x31), (1, 4), (2, 4), (3, 0), (3, 5), (5, 0x7F), (6, 9)):
        assert recognise(openings.of(bind[:place] + bytes([value]) + bind[place + 1 :])) is Match.NO
    assert recognise(openings.of(bind[:6] + b"\x08" + bind[7:])) is Match.NO  # longer than what is around it


@pytest.mark.parametrize(
    ("code", "accepted", "word"),
    [(0, True, ""), (48, False, " inappropriateAuthentication"), (49, False, " invalidCredentials"), (1, None, ""),
     (8, None, ""), (13, None, ""), (32, None, ""), (50, None, ""), (53, None, "")],
)  # fmt: skip
def test_results_of_a_bind(code: int, accepted: bool | None, word: str) -> None:
    """RFC 4511 appendix A.2: 48 and 49 concern the credentials; 50 is a lack of rights."""
    found = events(converse(Ldap, [(C, simple(1, ANNA, b"s3cret")), (S, result(1, code))], damage=False), Login)
    assert [(login.accepted, login.basis) for login in found] == [(accepted, f"bindResponse {code}{word}")]
    [access] = events(converse(Ldap, [(C, simple(1, b"", b"")), (S, result(1, code))], damage=False), Access)
    assert isinstance(access, Access) and (access.granted, access.status) == (code == 0, code)
    one_step = [(C, sasl(1, b"PLAIN", b"\0anna\0s3cret")), (S, result(1, code))]
    assert [login.accepted for login in events(converse(Ldap, one_step, damage=False), Login)] == [accepted]


def test_a_result_belongs_to_its_number_and_comes_from_the_server() -> None:
    two = (C, simple(1, b"anna", b"one") + simple(2, b"berta", b"two"))
    found = events(converse(Ldap, [two, (S, result(2, 49)), (S, result(1, 0))], damage=False), Login)
    assert [(login.username, login.accepted) for login in found] == [("berta", False), ("anna", True)]
    for script in ([(S, two[1]), (S, result(1, 0))], [(C, result(1, 0)), (S, simple(1, b"anna", b"one"))]):
        assert events(converse(Ldap, script, damage=False), Login) == []
    found = events(converse(Ldap, [two, (C, result(1, 0)), (S, result(3, 0))], damage=False), Login)
    assert [login.accepted for login in found] == [None, None]


def test_a_name_or_a_password_alone() -> None:
    for name, secret, user in ((b"", b"s3cret", None), (ANNA, b"", ANNA.decode())):
        found = events(converse(Ldap, [(C, simple(1, name, secret)), (S, result(1, 49))], damage=False), Login)
        assert [(login.username, login.secret, login.accepted) for login in found] == [(user, Secret(secret), False)]


def test_pending_binds_are_bounded_and_none_is_lost() -> None:
    run = Run(Ldap())
    for number in range(PENDING_LIMIT + 1):
        run.feed(C, simple(number, b"u%d" % number, b"x"))
    assert [login.username for login in events(run.parsed, Login)] == ["u0"]
    assert len(events(run.close(), Login)) == PENDING_LIMIT + 1


OPERATIONS_OF_RFC_4511 = {
    0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x73, 0x66, 0x67, 0x68, 0x69, 0x4A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x50, 0x77,
    0x78, 0x79,
}  # fmt: skip
"""Appendix B, by hand: APPLICATION 0 to 25; unbind, delete and abandon are primitive."""


def test_each_operation_and_no_other() -> None:
    for tag in range(256):
        if tag & 0x1F == 0x1F:
            continue
        data = tlv(0x30, tlv(2, b"\1"), tlv(tag, b""))
        known = tag in OPERATIONS_OF_RFC_4511
        assert recognise(openings.of(data)) is (Match.SURE if known else Match.NO), tag
        run = Run(Ldap())
        if tag in (0x60, 0x61, 0x77, 0x78):
            continue
        if known:
            run.feed(C, data + simple(1, ANNA, b"s3cret"))
            assert len(events(run.close(), Login)) == 1
        else:
            with pytest.raises(Malformed):
                run.feed(C, data)


def test_start_tls_is_asked_and_answered_under_one_number() -> None:
    asks = message(1, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.1466.20037")))

    def replied(number: int, code: int = 0) -> bytes:
        return message(number, tlv(0x78, tlv(10, bytes([code])), tlv(4), tlv(4)))

    assert converse(Ldap, [(C, asks), (S, replied(2)), (S, replied(1))], damage=False) == [Upgrade("tls")]
    for script in ([(S, asks), (S, replied(1))], [(C, asks), (C, replied(1))], [(S, replied(1))]):
        assert converse(Ldap, script, damage=False) == []
    between = (C, message(2, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.4203.1.11.3"))))
    assert converse(Ldap, [(C, asks), between, (S, replied(1))], damage=False) == [Upgrade("tls")]
    assert converse(Ldap, [(C, asks), (S, replied(1, 1)), (S, replied(1))], damage=False) == [], (
        "refused: asked no more"
    )
    wrong = message(1, tlv(0x77, tlv(0x81, b"1.3.6.1.4.1.1466.20037")))
    assert converse(Ldap, [(C, wrong), (S, replied(1))], damage=False) == []


def test_a_second_exchange_after_the_first() -> None:
    script = [
        (C, sasl(1, b"PLAIN", b"\0anna\0one")), (S, result(1, 49)),
        (C, sasl(2, b"PLAIN", b"\0berta\0two")), (S, result(2, 0)),
        (C, sasl(3, b"PLAIN", b"\0carla\0three")), (C, simple(4, b"dora", b"four")), (S, result(4, 0)),
    ]  # fmt: skip
    found = events(converse(Ldap, script), Login)
    assert [(login.username, login.accepted) for login in found] == [
        ("anna", False), ("berta", True), ("carla", None), ("dora", True),
    ]  # fmt: skip


def test_a_sasl_bind_names_its_mechanism() -> None:
    empty = message(1, tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(0xA3)))
    with pytest.raises(Malformed):
        Run(Ldap()).feed(C, empty)
    for tag in (0x81, 0x83, 0xA4, 0x8C):
        other = message(1, tlv(0x60, tlv(2, b"\x03"), tlv(4, ANNA), tlv(tag, b"s3cret")))
        assert events(converse(Ldap, [(C, other), (S, result(1, 0))], damage=False), Login) == []


def test_behind_a_refused_bind_nothing_is_wrapped() -> None:
    """RFC 4422 §3.7: a security layer begins with success."""
    for code, ended in ((0, True), (49, False)):
        run = Run(Ldap())
        run.feed(C, sasl(1, b"PLAIN", b"\0anna\0one"))
        run.feed(S, result(1, code))
        if ended:
            run.feed(C, b"\0\0\0\x40" + bytes(64))
            assert any(isinstance(item, Enough) for item in run.parsed)
        else:
            with pytest.raises(Malformed):
                run.feed(C, b"\0\0\0\x40" + bytes(64))


def test_numbers_of_up_to_four_bytes() -> None:
    for size in range(6):
        data = tlv(0x30, tlv(2, b"\1" * size), tlv(0x42, b""))
        assert recognise(openings.of(data)) is (Match.SURE if 1 <= size <= 4 else Match.NO)


def test_where_it_is_found() -> None:
    stream, datagrams = PROTOCOLS
    openings.declares(stream, ports={389, 3268})
    openings.declares(datagrams, ports={389}, transport=Transport.UDP)


def test_steps_of_ntlm_are_one_login_of_the_last() -> None:
    """MS-ADTS 5.1.1.1.3: the answer to the first step is success with a challenge; SASL's is 14."""
    for first, answer in (
        (message(1, tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(0x8A, NEGOTIATE))), result(1, 0, matched=CHALLENGE)),
        (sasl(1, b"GSS-SPNEGO", NEGOTIATE), result(1, 14, CHALLENGE)),
    ):
        run = Run(Ldap())
        run.feed(C, first)
        run.feed(S, answer)
        last = sasl(2, b"GSS-SPNEGO", AUTHENTICATE)
        run.feed(
            C, last if b"GSS" in first else message(2, tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(0x8B, AUTHENTICATE)))
        )
        held = Login(mechanism="password", username="anna", secret=Secret("x"), scheme="ntlmv2", clear=False)
        assert list(run.parser.from_inner(held, 0)) == []
        run.feed(S, result(2, 49))
        assert [login.accepted for login in events(run.parsed, Login)] == [False]
        run.feed(S, result(2, 0))
        assert len(events(run.close(), Login)) == 1


def test_behind_an_exchange_that_is_over_a_login_goes_on() -> None:
    run = Run(Ldap())
    other = Login(mechanism="password", username="anna", secret=Secret("x"), scheme="ntlmv2", clear=False)
    assert list(run.parser.from_inner(other, 0)) == [other]
    run.feed(C, sasl(1, b"PLAIN", b"\0anna\0one"))
    run.feed(S, result(1, 0))
    assert list(run.parser.from_inner(other, 0)) == [other]


@pytest.mark.parametrize(
    ("mechanism", "shown"), [(b"DIGEST-MD5", 1), (b"CRAM-MD5", 1), (b"GSSAPI", 0), (b"EXTERNAL", 0)]
)
def test_which_proofs_of_another_form_are_told(mechanism: bytes, shown: int) -> None:
    script = [(C, sasl(1, mechanism, b"0123456789abcdef")), (S, result(1, 49))]
    found = events(converse(Ldap, script, damage=False), Login)
    assert [(login.accepted, login.clear, login.scheme) for login in found] == [
        (False, False, mechanism.decode().lower())
    ] * shown


@pytest.mark.parametrize(("tag", "read"), [(0x8A, True), (0x8B, True), (0x89, False), (0x81, False), (0x8C, False)])
def test_which_binds_carry_ntlm_alone(tag: int, read: bool) -> None:
    """MS-ADTS 5.1.1.1.3: sicilyNegotiate is [10], sicilyResponse [11]; sicilyPackageDiscovery [9] carries none."""
    run = Run(Ldap())
    run.feed(C, message(1, tlv(0x60, tlv(2, b"\x03"), tlv(4, b""), tlv(tag, NEGOTIATE))))
    assert inner(run) == ([(C, NEGOTIATE)] if read else [])
