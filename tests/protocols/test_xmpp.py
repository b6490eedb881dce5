"""XMPP conversations from RFC 6120, XEP-0077, 0078, 0114 and 0388: logins, upgrades, losses."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Attribute, Content, Enough, Login, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import LOGIN_LIMIT as PENDING_LIMIT
from sensor.protocols.xmpp import TOKEN_LIMIT, Xmpp, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue

OPEN = (
    b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
OPENED = b"<?xml version='1.0'?><stream:stream from='example.com' id='3BF96D32' xmlns:stream='http://etherx.jabber.org/streams'>"
SASL = b"xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
FEATURES = b"<stream:features><mechanisms " + SASL + b"><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
START: Script = [(C, OPEN), (S, OPENED + FEATURES)]


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def logins(script: Script) -> list[tuple[str, str | None, Secret | None, bool | None, str | None]]:
    output = converse(Xmpp, script, damage=False)
    return [
        (item.scheme, item.username, item.secret, item.accepted, item.basis)
        for item in output
        if isinstance(item, Login)
    ]


def test_damage() -> None:
    converse(Xmpp, [(C, OPEN + PLAIN), (S, OPENED + b"<failure><not-authorized/></failure>")])
    converse(
        Xmpp,
        [
            (C, iq(b"set", b"<query xmlns='jabber:iq:auth'><username>&#x3c;</username><digest>x</digest></query>")),
            (S, iq(b"result")),
        ],
    )


PLAIN = b"<auth " + SASL + b" mechanism='PLAIN'>" + b64(b"\0juliet\0r0m30myr0m30") + b"</auth>"


def test_plain() -> None:
    # RFC 6120 6.4
    assert logins([*START, (C, PLAIN), (S, b"<success " + SASL + b"/>")]) == [
        ("plain", "juliet", Secret("r0m30myr0m30"), True, "success after SASL PLAIN")
    ]
    script = [*START, (C, PLAIN), (S, b"<failure " + SASL + b"><not-authorized/><text>no</text></failure>")]
    assert logins(script) == [("plain", "juliet", Secret("r0m30myr0m30"), False, "failure after SASL PLAIN")]
    (login,) = (item for item in converse(Xmpp, script) if isinstance(item, Login))
    sent = b"".join(data for side, data in script if side is C)
    assert [sent[span.start : span.end] for span in login.spans if span.side is C] == [
        PLAIN.partition(b">")[0] + b">",
        PLAIN.partition(b">")[2],
    ]


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (b"<failure><temporary-auth-failure/></failure>", None),
        (b"<failure/>", False),
        (b"<failure><text>x</text><not-authorized/></failure>", False),
        (b"<sasl:success xmlns:sasl='x'/>", True),
        (b"", None),
    ],
)
def test_what_an_answer_says(answer: bytes, accepted: bool | None) -> None:
    assert [item[3] for item in logins([(C, PLAIN), (S, answer)])] == [accepted]


def test_scram() -> None:
    # RFC 5802 5.
    first, server = b"n,,n=user,r=fyko", b"r=fyko3rf,s=QSXCR+Q6sek8bf92,i=4096"
    final = b"c=biws,r=fyko3rf,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    script = [
        (C, b'<auth mechanism="SCRAM-SHA-1" xmlns="x">' + b64(first) + b"</auth>"),
        (S, b"<challenge xmlns='x'>" + b64(server) + b"</challenge>"),
        (C, b"<response xmlns='x'>\n" + b64(final)[:20] + b"\n" + b64(final)[20:] + b"</response>"),
        (S, b"<success xmlns='x'>" + b64(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") + b"</success>"),
    ]
    assert logins(script) == [
        (
            "scram-sha-1",
            "user",
            Secret(b"n=user,r=fyko," + server + b"," + final),
            True,
            "success after SASL SCRAM-SHA-1",
        )
    ]


def test_sasl2() -> None:
    script = [
        (
            C,
            b"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>"
            + b64(b"\0a\0b")
            + b"</initial-response></authenticate>",
        ),
        (S, b"<success xmlns='x'></success>"),
    ]
    assert [(item[1], item[2], item[3]) for item in logins(script)] == [("a", Secret("b"), True)]


def iq(kind: bytes, body: bytes = b"", identifier: bytes = b"auth2") -> bytes:
    return b"<iq type='" + kind + b"' id='" + identifier + b"'>" + body + b"</iq>"


def test_login_by_iq() -> None:
    # XEP-0078 3.
    body = (
        b"<query xmlns='jabber:iq:auth'><username>bill</username><password>Calli0pe &amp; &#x3c;&#38;lt;</password>"
        b"<resource>globe</resource></query>"
    )
    assert logins([*START, (C, iq(b"set", body)), (S, iq(b"result"))]) == [
        ("iq", "bill", Secret("Calli0pe & <&lt;"), True, "iq result after iq")
    ]
    assert (
        logins([(C, iq(b"set", body)), (S, iq(b"result", identifier=b"other") + iq(b"error", b"<error code='401'/>"))])[
            0
        ][3]
        is False
    )
    assert logins([(C, iq(b"set", body))])[0][3] is None
    digest = (
        b"<query xmlns='jabber:iq:auth'><username>bill</username>"
        b"<digest>48fc78be9ec8f86d8ce1c39c320c97c21d62334d</digest></query>"
    )
    assert logins([*START, (C, iq(b"set", digest)), (S, iq(b"result"))]) == [
        ("iq-digest", "bill", Secret("48fc78be9ec8f86d8ce1c39c320c97c21d62334d:3BF96D32"), True, "iq result after iq")
    ]


def test_a_component() -> None:
    # XEP-0114 3.
    proof = b"aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"
    script = [*START, (C, b"<handshake>" + proof + b"</handshake>"), (S, b"<handshake/>")]
    assert logins(script) == [("component", None, Secret(proof + b":3BF96D32"), True, "handshake after handshake")]


@pytest.mark.parametrize(
    "sent",
    [
        b"<message to='x'><body>&lt;auth mechanism='PLAIN'&gt;AGEAYg==&lt;/auth&gt;</body></message>",
        b"<mechanisms><mechanism>PLAIN</mechanism></mechanisms>",
        iq(b"get", b"<query xmlns='jabber:iq:auth'><username>bill</username></query>"),
        iq(b"set", b"<query xmlns='jabber:iq:private'><username>bill</username><password>x</password></query>"),
        b"<auth mechanism='EXTERNAL'>=</auth>",
        b"<auth mechanism='PLAIN'/>",
        b"<auth>AGEAYg==</auth>",
        b"<handshake>not a proof</handshake>",
    ],
)
def test_what_is_no_login(sent: bytes) -> None:
    assert logins([*START, (C, sent), (S, b"<success/>" + iq(b"result"))]) == []


def test_entities_are_not_expanded() -> None:
    laughs = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>"
    body = b"<query xmlns='jabber:iq:auth'><username>&b;&#1114112;</username><password>&a;&b;</password></query>"
    assert [(item[1], item[2]) for item in logins([(C, laughs + iq(b"set", body))])] == [
        ("&b;&#1114112;", Secret("&a;&b;"))
    ]


def test_tls_and_compression_end_the_readable_part() -> None:
    output = converse(
        Xmpp,
        [
            *START,
            (C, b"<starttls xmlns='x'/>"),
            (S, b"<proceed xmlns='x'/>"),
            (C, b"\x16\x03\x01"),
            (S, b"\x16\x03\x03"),
        ],
    )
    assert output[-1] == Upgrade("tls")
    assert not [item for item in converse(Xmpp, [(S, b"<proceed/>")]) if isinstance(item, Upgrade)]
    assert converse(Xmpp, [(C, b"<compress><method>zlib</method></compress>"), (S, b"<compressed/>")])[-1] == Enough()


def test_message_bodies() -> None:
    output = converse(Xmpp, [*START, (C, b"<message><body>my number &amp; more</body></message>")])
    assert [(item.field, item.value) for item in output if isinstance(item, Attribute)] == [
        ("xmpp.server", "example.com")
    ]
    assert [(item.side, item.data) for item in output if isinstance(item, Content)] == [(C, b"my number & more")]


def test_losses() -> None:
    run = Run(Xmpp())
    run.feed(C, b"<iq type='set' id='1'><query xmlns='jabber:iq:auth'><username>bi")
    run.gap(C, 10)
    run.feed(C, b"ame><password>x</password></query></iq>" + PLAIN)
    run.gap(S, 10)
    run.feed(S, b"rest><success/>")
    assert [(item.username, item.accepted) for item in run.close() if isinstance(item, Login)] == [("juliet", True)]


def test_bounds() -> None:
    run = Run(Xmpp())
    run.feed(C, b"<a>" + b"x" * 5 * TOKEN_LIMIT + b"</a>" + b"<b " + b"y" * 5 * TOKEN_LIMIT)
    assert len(run.parser.pending(C)) == 0
    run.feed(C, b">")
    for number in range(5 * PENDING_LIMIT):
        run.feed(
            C,
            iq(
                b"set",
                b"<query xmlns='jabber:iq:auth'><username>a</username><password>b</password></query>",
                b"%d" % number,
            ),
        )
    assert len(run.parser._pending) == PENDING_LIMIT
    run.feed(C, PLAIN)
    assert len([item for item in run.close() if isinstance(item, Login)]) == 5 * PENDING_LIMIT + 1


def opening(client: bytes = b"", server: bytes = b"", port: int = 8000) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(OPEN), Match.SURE),
        (opening(OPEN[21:]), Match.SURE),
        (opening(server=OPENED), Match.SURE),
        (opening(b"<?xml ver"), Match.MORE),
        (opening(b"<stream:s"), Match.MORE),
        (opening(b"<?xml version='1.0'?><methodCall>" + b" " * 500), Match.NO),
        (opening(PLAIN, port=5222), Match.WEAK),
        (opening(PLAIN), Match.NO),
        (opening(b"\x16\x03\x01", port=5222), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Xmpp,
    lambda user, secret: [
        (
            C,
            b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
            + base64.b64encode(f"\0{user}\0{secret}".encode())
            + b"</auth>",
        )
    ],
    accepted=b"<success/>",
    refused=b"<failure><not-authorized/></failure>",
    undecided=(b"<failure><temporary-auth-failure/></failure>",),
    opening=[(C, b"<stream:stream to='x'>"), (S, b"<stream:stream from='x'>")],
    resumes=False,
)
"""RFC 6120 6.4 and 6.5."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_logins_by_iq_under_one_id_have_their_answers_in_order() -> None:
    """RFC 6120 8.1.3: an answer repeats the id."""
    form = "<query xmlns='jabber:iq:auth'><username>{}</username><password>x1{}</password></query>"
    first, second = (iq(b"set", form.format(user, user).encode()) for user in ("berta", "anna"))
    for answers, expected in (
        ([], [None, None]),
        ([b"error"], [False, None]),
        ([b"result"], [True, None]),
        ([b"error", b"result"], [False, True]),
    ):
        script = [*START, (C, first + second), *((S, iq(kind)) for kind in answers)]
        assert [(one[1], one[3]) for one in logins(script)] == list(zip(["berta", "anna"], expected, strict=True))
    apart = [*START, (C, first + second.replace(b"auth2", b"auth3")), (S, iq(b"result", identifier=b"auth3"))]
    assert {(one[1], one[3]) for one in logins(apart)} == {("berta", None), ("anna", True)}
