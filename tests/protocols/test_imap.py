"""IMAP by RFC 9051, 4959, 4978 and 5530: logins, literals, mails, upgrades, losses."""

from __future__ import annotations

import base64

import pytest

from sensor.events import DATA_LIMIT, Attribute, Content, Enough, Login, Skip, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.lines import LINE_LIMIT
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.imap import PIECES_LIMIT, PROTOCOL, Imap, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans, talk

PLAIN = base64.b64encode(b"\0anna\0s3cret").decode()


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Imap, script) if isinstance(item, Login)]


@pytest.mark.parametrize(
    ("arguments", "user", "secret"),
    [
        ("anna s3cret", "anna", "s3cret"),
        ('"anna" "s3cret"', "anna", "s3cret"),
        ('anna "s3 \\"cr\\\\et"', "anna", 's3 "cr\\et'),
        ('"anna b" s3cret', "anna b", "s3cret"),
        ("anna (s3]cr{et}%*)", "anna", "(s3]cr{et}%*)"),  # no atom by the book, sent all the same
        ("anna s3{5}", "anna", "s3{5}"),
        ("anna@example.com s3cret ", "anna@example.com", "s3cret"),
        ('anna ""', "anna", ""),
    ],
)
def test_login_in_one_line(arguments: str, user: str, secret: str) -> None:
    script = talk("S: * OK IMAP4rev1 ready", f"C: a1 LOGIN {arguments}", "S: a1 OK LOGIN completed")
    assert logins(script) == [
        Login(
            mechanism="password",
            username=user,
            secret=Secret(secret),
            scheme="login",
            accepted=True,
            basis="OK after LOGIN",
            spans=spans(script, 1, 2),
        )
    ]


@pytest.mark.parametrize(
    "script",
    [
        talk("C: a LOGIN {4}", "S: + go on", "C: anna {6}", "S: + go on", "C: s3cret", "S: a NO wrong"),
        talk("C: a LOGIN {4+}", "C: anna {6+}", "C: s3cret", "S: a NO wrong"),
        talk("C: a LOGIN anna {6}", "S: + go on", "C: s3cret", "S: a NO wrong"),
        talk("C: a login {4}", "S: + go on", 'C: anna "s3cret"', "S: a NO wrong"),
    ],
)
def test_login_with_literals(script: Script) -> None:
    (login,) = logins(script)
    assert (login.username, login.secret, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        False,
        "NO after LOGIN",
    )
    last = max(turn for turn, (side, _) in enumerate(script) if side is C)
    assert login.spans == (span(script, 0)._replace(end=span(script, last).end), span(script, len(script) - 1))


def test_a_literal_holds_any_byte() -> None:
    (login,) = logins([(C, b"a LOGIN anna {5}\r\n"), (S, b"+ \r\n"), (C, b"\r\n {x\r\n"), (S, b"a OK\r\n")])
    assert login.secret == Secret(b"\r\n {x")
    assert [item.secret for item in logins([(C, b"a LOGIN anna {0}\r\n\r\n"), (S, b"a OK\r\n")])] == [Secret("")]


def test_a_literal_that_is_refused() -> None:
    script = talk("C: a LOGIN anna {9}", "S: a BAD too long", "C: b LOGIN bo secret", "S: b OK in")
    assert [(item.username, item.accepted) for item in logins(script)] == [("bo", True)]


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [("OK in", True), ("NO [AUTHENTICATIONFAILED] no", False), ("BAD what", False), ("NO [UNAVAILABLE] later", None)],
)
def test_what_an_answer_says(answer: str, accepted: bool | None) -> None:
    assert [item.accepted for item in logins(talk("C: a LOGIN x y", f"S: a {answer}"))] == [accepted]


def test_answers_are_matched_by_their_tags() -> None:
    script = talk("C: 1 LOGIN a 1", "C: 2 LOGIN a 2", "C: 3 NOOP", "S: 3 OK", "S: 2 OK in", "S: * OK x", "S: 1 NO no")
    assert [(item.secret, item.accepted) for item in logins(script)] == [(Secret("2"), True), (Secret("1"), False)]


@pytest.mark.parametrize(
    "lines",
    [
        ["C: a AUTHENTICATE PLAIN", "S: + ", f"C: {PLAIN}"],
        ["C: a AUTHENTICATE PLAIN", "S: +", f"C: {PLAIN}"],
        [f"C: a AUTHENTICATE PLAIN {PLAIN}"],  # RFC 4959
        ["C: a authenticate plain", f"C: {PLAIN}"],
    ],
)
def test_authenticate_plain(lines: list[str]) -> None:
    (login,) = logins(talk("S: * OK ready", *lines, "S: a OK in"))
    assert (login.username, login.secret, login.scheme, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        "plain",
        True,
        "OK after AUTHENTICATE PLAIN",
    )


def test_authenticate_cram_md5() -> None:
    challenge, answer = (
        base64.b64encode(b"<1@example.com>").decode(),
        base64.b64encode(b"tim b913a602c7eda7a495b4e6e7334d3890").decode(),
    )
    (login,) = logins(talk("C: a AUTHENTICATE CRAM-MD5", f"S: + {challenge}", f"C: {answer}", "S: a NO no"))
    assert (login.username, login.clear, login.accepted, login.secret) == (
        "tim",
        False,
        False,
        Secret(f"$cram_md5${challenge}${answer}"),
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["S: * CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN", "C: a CAPABILITY", "S: a OK LOGIN anna secret"],
        ["C: a AUTHENTICATE PLAIN", "S: + ", "C: *", "S: a BAD cancelled"],
        ["C: a LOGIN anna", "S: a BAD missing"],
        ["C: a SEARCH TEXT {12}", "S: + ", "C: b LOGIN x yz", "S: a OK"],
        ["S: * 1 FETCH (BODY[] {22}", "S: a LOGIN anna secret", "S: a OK)", "S: a OK"],
        ["C: DONE", "C: a", "C: ", "S: a OK"],
    ],
)
def test_what_is_no_login(lines: list[str]) -> None:
    assert logins(talk("S: * OK ready", *lines)) == []


def mails(script: Script) -> list[Transfer]:
    return [item for item in converse(Imap, script) if isinstance(item, Transfer)]


MAIL = b"Subject: hi\r\n\r\na OK is a word\r\n"


def test_mails_that_are_fetched() -> None:
    head = b"* 1 FETCH (UID 7 BODY[] {%d}\r\n" % len(MAIL)
    script = [(C, b"a UID FETCH 7 BODY[]\r\n"), (S, head), (S, MAIL), (S, b" FLAGS (\\Seen))\r\na OK done\r\n")]
    (mail,) = mails(script)
    assert (mail.side, mail.application, mail.media_type, mail.data, mail.size, mail.complete) == (
        S,
        "imap",
        "message/rfc822",
        MAIL,
        len(MAIL),
        True,
    )
    assert mail.spans == (span(script, 2),)


@pytest.mark.parametrize(
    ("item", "media_type"),
    [
        ("RFC822", "message/rfc822"),
        ("RFC822.HEADER", "message/rfc822"),
        ("BODY[HEADER.FIELDS (FROM)]", "message/rfc822"),
        ("BODY[2.1]<0>", None),
        ("RFC822.TEXT", None),
    ],
)
def test_parts_that_are_fetched(item: str, media_type: str | None) -> None:
    (part,) = mails(talk(f"S: * 1 FETCH ({item} {{4}}", "S: text)", "S: a OK"))
    assert (part.media_type, part.data, part.name) == (media_type, b"text", None if media_type else item)


def test_two_literals_in_one_response() -> None:
    script = talk("S: * 1 FETCH (BODY[HEADER] {5}", "S: A: b\n BODY[TEXT] {3}", "S: xyz)", "C: a LOGIN b c", "S: a OK")
    parsed = converse(Imap, script)
    assert [item.data for item in parsed if isinstance(item, Transfer)] == [b"A: b\n", b"xyz"]
    assert [item.accepted for item in parsed if isinstance(item, Login)] == [True]


def test_a_mail_that_is_stored() -> None:
    script = [(C, b'a APPEND "Sent" (\\Seen) {%d+}\r\n' % len(MAIL) + MAIL + b"\r\n"), (S, b"a OK\r\n")]
    assert [(item.side, item.data) for item in mails(script)] == [(C, MAIL)]


def test_of_a_large_mail_the_rest_is_passed_over() -> None:
    run = Run(Imap())
    run.feed(S, b"* 1 FETCH (BODY[] {%d}\r\n" % (DATA_LIMIT + 1000))
    run.feed(S, b"x" * DATA_LIMIT)
    assert [item for item in run.parsed if isinstance(item, Skip)] == [Skip(S, 1000)]
    run.feed(S, b"x" * 1000 + b")\r\n")
    run.feed(C, b"a LOGIN b c\r\n")
    run.feed(S, b"a OK\r\n")
    assert [(len(item.data), item.size) for item in run.parsed if isinstance(item, Transfer)] == [
        (DATA_LIMIT, DATA_LIMIT + 1000)
    ]
    assert [item.accepted for item in run.parsed if isinstance(item, Login)] == [True]


def test_no_argument_is_reported_as_an_object() -> None:
    parsed = converse(Imap, talk("C: a LOGIN anna {6}", "S: + ", "C: s3cret", "S: a OK"))
    assert not [item for item in parsed if isinstance(item, Transfer | Content)]


def test_starttls_and_compression_end_the_readable_part() -> None:
    parsed = converse(
        Imap, [*talk("S: * OK x", "C: a STARTTLS", "S: a OK begin"), (C, b"\x16\x03\x01"), (S, b"\x16\x03\x03")]
    )
    assert parsed[-1] == Upgrade("tls")
    assert len(logins(talk("C: a STARTTLS", "S: a NO", "C: b LOGIN x y", "S: b OK"))) == 1
    assert converse(Imap, [*talk("C: a COMPRESS DEFLATE", "S: a OK"), (C, b"\x4a\xce")])[-1] == Enough()


def test_what_the_ends_say_of_themselves() -> None:
    parsed = converse(
        Imap,
        talk(
            "S: * OK Example IMAP ready",
            'C: a ID ("name" "ExampleMail")',
            'S: * ID ("name" "ExampleServer")',
            "S: a OK",
        ),
    )
    assert [(item.field, item.value, item.side) for item in parsed if isinstance(item, Attribute)] == [
        ("imap.banner", "Example IMAP ready", S),
        ("imap.id", '("name" "ExampleMail")', C),
        ("imap.id", '("name" "ExampleServer")', S),
    ]


def test_envelopes_are_readable() -> None:
    line = '* 1 FETCH (ENVELOPE ("now" "hi" (("Anna" NIL "anna" "example.com"))))'
    assert [item.data for item in converse(Imap, talk(f"S: {line}")) if isinstance(item, Content)] == [line.encode()]


def test_losses() -> None:
    run = Run(Imap())
    run.feed(C, b"a LOGIN b c\r\n")
    run.gap(S, 50)
    run.feed(S, b"rest\r\n* 1 FETCH (BODY[] {20}\r\n12345")
    run.gap(S, 10)
    run.feed(S, b"67890)\r\n")
    run.gap(C, 30)
    run.feed(C, b"rest\r\nd LOGIN e f\r\n")
    run.feed(S, b"d OK\r\n")
    parsed = run.close()
    assert [(item.data, item.size, item.complete) for item in parsed if isinstance(item, Transfer)] == [
        (b"1234567890", 20, False)
    ]
    assert [(item.username, item.accepted) for item in parsed if isinstance(item, Login)] == [("e", True), ("b", None)]


def test_a_loss_that_ends_a_literal_and_one_that_goes_beyond() -> None:
    run = Run(Imap())
    run.feed(S, b"* 1 FETCH (BODY[] {20}\r\n12345")
    run.gap(S, 15)
    run.feed(S, b")\r\n* 2 FETCH (BODY[] {20}\r\n12345")
    run.gap(S, 100)
    run.feed(S, b"lost\r\n")
    run.feed(C, b"a LOGIN b c\r\n")
    run.feed(S, b"a OK\r\n")
    parsed = run.close()
    assert [(item.size, item.complete) for item in parsed if isinstance(item, Transfer)] == [(20, False)]
    assert [item.accepted for item in parsed if isinstance(item, Login)] == [True]


def test_bounds() -> None:
    run = Run(Imap())
    for number in range(3 * COMMAND_LIMIT):
        run.feed(C, b"a%d LOGIN b c\r\n" % number)
    assert len(run.parser._commands) == COMMAND_LIMIT
    run.feed(C, b"x SEARCH" + b" {1+}\r\ny" * 3 * PIECES_LIMIT + b"\r\n")
    run.feed(C, b"y LOGIN {%d+}\r\n" % (10 * LINE_LIMIT) + b"z" * 10 * LINE_LIMIT + b" q\r\n")
    assert len([item for item in run.close() if isinstance(item, Login)]) >= 3 * COMMAND_LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 1430) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b"* OK IMAP4rev1\r\n"), Match.SURE),
        (opening(b"a1 LOGIN x y\r\n", b"* OK hi\r\n"), Match.SURE),
        (opening(b"hello world\r\n", b"* OK hi\r\n"), Match.WEAK),
        (opening(server=b"* "), Match.MORE),
        (opening(b"a1 LOGIN x y\r\n", port=143), Match.SURE),
        (opening(b"a1 LOGIN x y\r\n"), Match.WEAK),
        (opening(b"GET / HTTP/1.1\r\n", port=143), Match.NO),
        (opening(server=b"220 hi\r\n", port=143), Match.NO),
        (opening(b"\x16\x03\x01", port=143), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Imap,
    lambda user, secret: talk(f"C: a1 LOGIN {user} {secret}"),
    accepted=b"a1 OK in\r\n",
    refused=b"a1 NO no\r\n",
    undecided=(b"a1 NO [UNAVAILABLE] later\r\n",),
    opening=talk("S: * OK hi"),
    evident=True,  # by its tag
)
"""RFC 3501 6.2.3, RFC 5530 3."""


SASL = Dialogue(
    Imap,
    lambda user, secret: talk(
        "C: a1 AUTHENTICATE PLAIN", "S: + ", "C: " + base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    ),
    accepted=b"a1 OK in\r\n",
    refused=b"a1 NO no\r\n",
    undecided=(b"a1 NO [UNAVAILABLE] later\r\n",),
    opening=talk("S: * OK hi"),
    pipelined=False,  # the server's challenge comes between
    evident=True,
)
"""RFC 3501 6.2.2: the client's answer is a line of its own."""


@pytest.mark.parametrize("dialogue", [DIALOGUE, SASL])
@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check, dialogue: Dialogue) -> None:
    check(dialogue)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [("OK x", True), ("ok x", True), ("NO x", False), ("BAD x", False), ("BYE x", None), ("PREAUTH x", None),
     ("OKAY x", None),
     ("BAD [UNAVAILABLE] x", False), ("OK [UNAVAILABLE] x", True), ("NO [unavailable] x", None)],
)  # fmt: skip
def test_words_of_a_tagged_answer(answer: str, accepted: bool | None) -> None:
    """RFC 9051 7.1: OK, NO and BAD answer a command; RFC 5530: UNAVAILABLE says nothing of the password."""
    for sent in ("LOGIN x y", f"AUTHENTICATE PLAIN {PLAIN}"):
        found = converse(Imap, talk(f"C: a {sent}", f"S: a {answer}"), damage=False)
        assert [item.accepted for item in found if isinstance(item, Login)] == [accepted]


def test_a_login_after_each_kind_of_refusal() -> None:
    script = talk("C: a LOGIN x 1", "S: a NO no", "C: b LOGIN x 2", "S: b BAD no", "C: c LOGIN x 3", "S: c OK in")
    found = [item for item in converse(Imap, script, damage=False) if isinstance(item, Login)]
    assert [(item.secret, item.accepted, item.basis) for item in found] == [
        (Secret("1"), False, "NO after LOGIN"), (Secret("2"), False, "BAD after LOGIN"),
        (Secret("3"), True, "OK after LOGIN"),
    ]  # fmt: skip
    both = talk("C: a AUTHENTICATE PLAIN", "S: + ", f"C: {PLAIN}", "C: b LOGIN x 2", "S: b OK in", "S: a NO no")
    found = [item for item in converse(Imap, both, damage=False) if isinstance(item, Login)]
    assert sorted((item.scheme, item.accepted) for item in found) == [("login", True), ("plain", False)]


@pytest.mark.parametrize(
    "line",
    ["CAPABILITY", "NOOP", "LOGIN x y", "AUTHENTICATE PLAIN", "STARTTLS", "ID (", "SELECT a", "EXAMINE a", "LIST a b",
     "LSUB a b", "STATUS a", "NAMESPACE", "FETCH 1", "UID F", "UID S", "IDLE", "LOGOUT"],
)  # fmt: skip
def test_commands_that_only_imap_has(line: str) -> None:
    for tag in ("a1", "A" * 32):
        for text in (line, line.lower()):
            assert recognise(opening(f"{tag} {text}\r\n".encode())) is Match.WEAK
            assert recognise(opening(f"{tag} {text}\r\n".encode(), port=143)) is Match.SURE
    assert recognise(opening(f"{'A' * 33} {line}\r\n".encode(), port=143)) is Match.NO
    assert recognise(opening(f"{line}\r\n".encode(), port=143)) is Match.NO


def test_greetings_cut_anywhere() -> None:
    for word in (b"* OK x", b"* PREAUTH x", b"* BYE x", b"* ok x"):
        assert recognise(opening(server=word)) is Match.SURE
    for size in range(1, 4):
        assert recognise(opening(server=b"* OK"[:size])) is Match.MORE
    assert recognise(opening(server=b"* OK")) is Match.SURE
    for other in (b"* OKAY x", b"* NO", b"+ OK", b"*", b"* B"):
        expected = Match.MORE if other == b"*" else Match.NO
        assert recognise(opening(server=other)) is expected, other
    assert recognise(opening(b"half a li", b"* OK x\r\n")) is Match.SURE
    assert recognise(opening(b"a1 LOGIN x y\r\n", b"220 hi\r\n")) is Match.WEAK


@pytest.mark.parametrize(
    ("arguments", "words"),
    [("anna", None), ('"anna"', None), ('"anna"s3cret', ("anna", "s3cret")), ("anna  s3cret", ("anna", "s3cret")),
     ('"an\\\\na" x', ("an\\na", "x")), ('anna "s3 cret" more', ("anna", "s3 cret")), ('anna "s3cret', ("anna",
     "s3cret")),
     ('"" ""', ("", ""))],
)  # fmt: skip
def test_words_of_login(arguments: str, words: tuple[str, str] | None) -> None:
    found = [item for item in converse(Imap, talk(f"C: a LOGIN {arguments}"), damage=False) if isinstance(item, Login)]
    assert [(item.username, item.secret) for item in found] == ([(words[0], Secret(words[1]))] if words else [])


def test_banners_and_what_is_none() -> None:
    def banners(*lines: str) -> list[str]:
        parsed = converse(Imap, talk(*lines), damage=False)
        return [item.value for item in parsed if isinstance(item, Attribute) and item.field == "imap.banner"]

    assert banners("S: * PREAUTH hello") == banners("S: * OK hello", "S: * OK again") == ["hello"]
    assert (
        banners("C: a NOOP", "S: * OK x")
        == banners("S: * BYE no", "S: * OK x")
        == banners("S: * 4 EXISTS", "S: * OK x")
        == []
    )


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "mail", ports={143})


@pytest.mark.parametrize("server", [b"* OKx", b"* BYEx", b"* NO ", b"*x", b"* Ox", b"OK"])
def test_what_is_no_greeting(server: bytes) -> None:
    assert recognise(opening(server=server)) is Match.NO
