"""IRC by RFC 1459, 2812, 2813 and IRCv3: passwords, operators, services, SASL, links, losses."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Attribute, Content, Login, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.irc import CHUNK, PROTOCOL, Irc, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans, talk

REGISTER = ["C: NICK anna", "C: USER anna 0 * :Anna Example"]


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Irc, script) if isinstance(item, Login)]


def brief(script: Script) -> list[tuple[str, str | None, Secret | None, bool | None]]:
    return [(item.scheme, item.username, item.secret, item.accepted) for item in logins(script)]


def test_the_servers_password() -> None:
    script = talk("C: PASS open", *REGISTER, "S: :irc.example.com 001 anna :Welcome")
    assert logins(script) == [
        Login(
            mechanism="password",
            username=None,
            secret=Secret("open"),
            scheme="pass",
            accepted=True,
            basis="001 after PASS",
            spans=spans(script, 0, 3),
        )
    ]
    assert brief(talk("C: PASS :with blanks in it", *REGISTER, "S: :irc.example.com 464 anna :Password incorrect")) == [
        ("pass", None, Secret("with blanks in it"), False)
    ]
    bad = talk("C: PASS open", *REGISTER, "S: ERROR :Access denied: Bad password?")
    assert brief(bad) == [("pass", None, Secret("open"), False)]
    full = talk("C: PASS open", *REGISTER, "S: ERROR :Closing Link: too many connections")
    assert brief(full) == [("pass", None, Secret("open"), None)]
    assert brief(talk("C: PASS open", *REGISTER)) == [("pass", None, Secret("open"), None)]


def test_operators() -> None:
    script = talk(
        "C: OPER tim fail",
        "S: :irc 491 tim :Invalid oper credentials",
        "C: OPER tim test",
        "S: :tim MODE tim :+o",
        "S: :irc 381 tim :You are now an operator",
    )
    assert brief(script) == [("oper", "tim", Secret("fail"), False), ("oper", "tim", Secret("test"), True)]
    assert [item.basis for item in logins(script)] == ["491 after OPER", "381 after OPER"]


def test_464_answers_the_oldest_command() -> None:
    assert brief(talk("C: PASS a", "S: :irc 001 x :hi", "C: OPER tim b", "S: :irc 464 x :no")) == [
        ("pass", None, Secret("a"), True),
        ("oper", "tim", Secret("b"), False),
    ]


@pytest.mark.parametrize(
    ("sent", "user", "secret"),
    [
        ("PRIVMSG NickServ :IDENTIFY hunter2", "anna", "hunter2"),
        ("PRIVMSG nickserv@services.example.com :identify hunter2", "anna", "hunter2"),
        ("PRIVMSG NickServ :IDENTIFY bo hunter2", "bo", "hunter2"),
        ("NS IDENTIFY hunter2", "anna", "hunter2"),
        ("NICKSERV :IDENTIFY bo hunter2", "bo", "hunter2"),
        ("PRIVMSG NickServ :GHOST anna hunter2", "anna", "hunter2"),
        ("PRIVMSG NickServ :REGISTER hunter2 anna@example.com", "anna", "hunter2"),
        ("PRIVMSG NickServ :SET PASSWORD hunter2", "anna", "hunter2"),
        ("PRIVMSG Q@CServe.quakenet.org :AUTH bo hunter2", "bo", "hunter2"),
    ],
)
def test_services(sent: str, user: str, secret: str) -> None:
    script = talk("C: NICK anna", f"C: {sent}", "S: :NickServ!s@services NOTICE anna :Invalid password for anna.")
    assert brief(script) == [("identify", user, Secret(secret), False)]


def test_a_channel_is_registered_without_a_password() -> None:
    assert logins(talk("C: NICK anna", "C: PRIVMSG ChanServ :REGISTER #garden about gardens")) == []


def test_services_let_in_by_numeric_or_by_words() -> None:
    request = talk("C: NICK anna", "C: PRIVMSG NickServ :IDENTIFY x")
    assert (
        logins([*request, *talk("S: :irc 900 anna a!b@c anna :You are now logged in as anna")])[0].basis
        == "900 after IDENTIFY"
    )
    assert (
        logins([*request, *talk("S: :NickServ!s@services NOTICE anna :You are now identified for anna.")])[0].basis
        == "'you are now identified' after IDENTIFY"
    )
    assert (
        logins([*request, *talk("S: :mallory!m@host NOTICE anna :You are now identified for anna.")])[0].accepted
        is None
    )


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(("numeric", "accepted"), [("903", True), ("904", False), ("905", False), ("906", False)])
def test_sasl_plain(numeric: str, accepted: bool) -> None:
    script = talk(
        "C: AUTHENTICATE PLAIN",
        "S: AUTHENTICATE +",
        f"C: AUTHENTICATE {b64(b'anna|0anna|0s3cret'.replace(b'|0', bytes(1)))}",
    )
    (login,) = logins(
        [
            *script,
            *talk(
                "S: :irc 900 anna a!b@c anna :logged in" if accepted else "S: :irc NOTICE * :x",
                f"S: :irc {numeric} anna :done",
            ),
        ]
    )
    assert (login.username, login.secret, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        accepted,
        f"{numeric} after AUTHENTICATE PLAIN",
    )


def test_sasl_in_several_lines() -> None:
    secret = b"x" * CHUNK  # 400 bytes make 541 characters with the name before them
    text = b64(b"\0anna\0" + secret)
    script = talk(
        "C: AUTHENTICATE PLAIN",
        "S: AUTHENTICATE +",
        f"C: AUTHENTICATE {text[:CHUNK]}",
        f"C: AUTHENTICATE {text[CHUNK:]}",
        "S: :irc 903 anna :ok",
    )
    assert [item.secret for item in logins(script)] == [Secret(secret)]
    exact = b64(b"\0anna\0" + b"y" * (CHUNK // 4 * 3 - 6))
    assert len(exact) == CHUNK
    script = talk(
        "C: AUTHENTICATE PLAIN",
        "S: AUTHENTICATE +",
        f"C: AUTHENTICATE {exact}",
        "C: AUTHENTICATE +",
        "S: :irc 903 anna :ok",
    )
    assert [item.secret for item in logins(script)] == [Secret(b"y" * (CHUNK // 4 * 3 - 6))]


def test_a_link_between_servers() -> None:
    script = talk(
        "C: PASS linkpass TS 6 :42X",
        "C: SERVER hub.example.com 1 :hub",
        "S: PASS otherpass TS 6 :43X",
        "S: SERVER leaf.example.com 1 :leaf",
    )
    (login,) = logins(script)
    assert (login.scheme, login.secret, login.accepted, login.basis) == (
        "pass",
        Secret("linkpass"),
        True,
        "SERVER after PASS",
    )


@pytest.mark.parametrize(
    "line",
    [
        "C: PRIVMSG #help :type /msg NickServ IDENTIFY yourpassword",
        "S: :bo!b@host PRIVMSG #help :OPER tim test",
        "S: :irc 372 anna :- PASS is not needed here",
        "C: PRIVMSG NickServ :HELP IDENTIFY",
        "C: PRIVMSG NickServ :IDENTIFY",
        "C: OPER tim",
        "C: PASS",
        "C: AUTHENTICATE PLAIN",
        "C: ",
        "C: :",
    ],
)
def test_what_is_no_login(line: str) -> None:
    assert logins(talk(*REGISTER, line, "S: :irc 001 anna :hi")) == []


def test_tls_after_670() -> None:
    parsed = converse(Irc, [*talk("C: STARTTLS", "S: :irc 670 anna :go ahead"), (C, b"\x16\x03\x01")])
    assert parsed == [Upgrade("tls")]


def test_what_the_ends_say() -> None:
    parsed = converse(
        Irc,
        talk(
            *REGISTER,
            "S: @time=1 :irc 002 anna :Your host is irc, running ExampleIRCd",
            "C: PRIVMSG bo :my number",
            "S: :bo!b@h PRIVMSG anna :thanks",
        ),
    )
    assert [(item.field, item.value) for item in parsed if isinstance(item, Attribute)] == [
        ("irc.realname", "Anna Example"),
        ("irc.banner", "Your host is irc, running ExampleIRCd"),
    ]
    assert [(item.side, item.data) for item in parsed if isinstance(item, Content)] == [
        (C, b"my number"),
        (S, b"thanks"),
    ]


def test_lost_answers_leave_the_login_open() -> None:
    run = Run(Irc())
    run.feed(C, b"OPER tim one\r\n")
    run.gap(S, 30)
    run.feed(C, b"OPER tim two\r\n")
    run.feed(S, b"x\r\n:irc 381 tim :ok\r\n")
    assert [(item.secret, item.accepted) for item in run.close() if isinstance(item, Login)] == [
        (Secret("one"), None),
        (Secret("two"), True),
    ]


def test_bounds() -> None:
    run = Run(Irc())
    run.feed(
        C,
        b"OPER tim x\r\n" * 5 * COMMAND_LIMIT
        + b"AUTHENTICATE PLAIN\r\n"
        + (b"AUTHENTICATE " + b"A" * CHUNK + b"\r\n") * 200,
    )
    assert len(run.parser._pending) == COMMAND_LIMIT
    assert len(run.parser._partial[C]) < 32_000
    assert len([item for item in run.close() if isinstance(item, Login)]) == 5 * COMMAND_LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 9000) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(b"CAP LS 302\r\n"), Match.SURE),
        (opening(b"NICK anna\r\nUSER"), Match.SURE),
        (opening(b"PASS x\r\nNICK anna\r\n"), Match.SURE),
        (opening(b"USER anna 0 * :Anna\r\n"), Match.SURE),
        (opening(b"USER anna\r\n", b"220 ftp\r\n"), Match.NO),
        (opening(b"USER anna\r\n", port=6667), Match.NO),
        (opening(b"PASS x\r\n"), Match.MORE),
        (opening(b"PASS x\r\n", port=6667), Match.WEAK),
        (opening(b"OPER tim x\r\n", port=6667), Match.WEAK),
        (opening(b"PAS"), Match.NO),
        (opening(b"PASS"), Match.MORE),
        (opening(server=b":irc.example.com NOTICE * :*** Looking up your hostname\r\n"), Match.WEAK),
        (opening(server=b":irc.example.com NOTICE * :*** Looking up your hostname\r\n", port=6667), Match.SURE),
        (opening(b"\x16\x03\x01", port=6667), Match.NO),
        (opening(b"GET / HTTP/1.1\r\n", port=6667), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Irc,
    lambda user, secret: talk(f"C: OPER {user} {secret}"),
    accepted=b":irc 381 tim :You are now an operator\r\n",
    refused=b":irc 464 tim :Password incorrect\r\n",
)
"""RFC 2812 3.1.4."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    "words",
    [
        "SET EMAIL anna@example.com", "SET PASSWORD", "IDENTIFY", "LOGIN", "GHOST anna", "RELEASE anna", "REGISTER",
        "REGISTER #channel secret words", "REGISTER &channel s3cret", "INFO anna", "HELP IDENTIFY", "ACC anna",
    ],
)  # fmt: skip
def test_what_says_no_password_to_a_service(words: str) -> None:
    assert brief(talk(*REGISTER, f"C: PRIVMSG NickServ :{words}")) == []


@pytest.mark.parametrize(
    ("words", "user", "secret"),
    [
        ("SET PASSWORD s3cret", "anna", "s3cret"), ("SET PASS s3cret", "anna", "s3cret"),
        ("set password s3cret", "anna", "s3cret"), ("GHOST berta s3cret", "berta", "s3cret"),
        ("RECOVER berta s3cret", "berta", "s3cret"), ("REGAIN berta s3cret", "berta", "s3cret"),
        ("RELEASE berta s3cret", "berta", "s3cret"), ("IDENTIFY s3cret", "anna", "s3cret"),
        ("ID berta s3cret", "berta", "s3cret"), ("SIDENTIFY s3cret", "anna", "s3cret"),
        ("REGISTER s3cret anna@example.com", "anna", "s3cret"),
    ],
)  # fmt: skip
def test_passwords_to_a_service(words: str, user: str, secret: str) -> None:
    assert brief(talk(*REGISTER, f"C: PRIVMSG NickServ :{words}")) == [("identify", user, Secret(secret), None)]


@pytest.mark.parametrize(
    ("server", "client", "port", "match"),
    [
        (b"", b"NICK anna\r\nUSER a 0 * :b\r\n", 9999, Match.SURE),
        (b"", b"NI", 9999, Match.NO),
        (b"", b"NICK", 9999, Match.MORE),
        (b"HTTP/1.1 400\r\n", b"NICK anna\r\nUSER a 0 * :b\r\n", 6667, Match.NO),
        (b"220 hi\r\n", b"PASS x\r\n", 6667, Match.NO),
    ],
)
def test_who_speaks_and_where(server: bytes, client: bytes, port: int, match: Match) -> None:
    """RFC 2812 §3.1 and the prefixes of a server's lines (§2.3)."""
    assert recognise(openings.of(client, port, answer=server)) is match


def quiet(*lines: str) -> list[tuple[str, bool | None]]:
    found = converse(Irc, talk(*lines), damage=False)
    return [(item.scheme, item.accepted) for item in found if isinstance(item, Login)]


@pytest.mark.parametrize(
    ("numeric", "of_pass", "of_oper", "of_identify"),
    [("001", True, None, None), ("464", False, False, None), ("381", None, True, None), ("491", None, False, None),
     ("900", None, None, True), ("002", None, None, None), ("433", None, None, None), ("903", None, None, None)],
)  # fmt: skip
def test_numerics_and_what_they_answer(
    numeric: str, of_pass: bool | None, of_oper: bool | None, of_identify: bool | None
) -> None:
    """RFC 2812 §5, IRCv3 sasl: each answers its own command alone."""
    answer = f"S: :irc {numeric} anna :x"
    assert quiet("C: PASS a", answer) == [("pass", of_pass)]
    assert quiet("C: OPER tim a", answer) == [("oper", of_oper)]
    assert quiet("C: NICK anna", "C: NS IDENTIFY a", answer) == [("identify", of_identify)]
    assert quiet("C: OPER tim a", answer.replace("S:", "C:")) == [("oper", None)]


def test_464_is_of_the_older_one() -> None:
    assert quiet("C: PASS a", "C: OPER tim b", "S: :irc 464 x :no", "S: :irc 381 x :ok") == [
        ("pass", False),
        ("oper", True),
    ]
    assert quiet("C: OPER tim b", "C: PASS a", "S: :irc 464 x :no", "S: :irc 001 x :ok") == [
        ("oper", False),
        ("pass", True),
    ]
    assert quiet("C: NS IDENTIFY a", "S: :irc 464 x :no") == [("identify", None)]


@pytest.mark.parametrize(
    ("words", "accepted"),
    [
        ("Invalid password for anna.", False), ("Incorrect password", False), ("wrong password", False),
        ("Invalid account credentials", False), ("Password incorrect.", False), ("Password is invalid", False),
        ("Authentication failed.", False), ("Access denied.", False), ("Nick anna is not registered", False),
        ("You are now identified for anna.", True), ("You are now logged in as anna", True),
        ("You are now recognized", True), ("Password accepted - you are now recognized", True),
        ("Nickname anna has been registered", True), ("Authentication successful", True),
        ("This nickname is registered. Please identify", None), ("Hello", None),
    ],
)  # fmt: skip
def test_words_of_services(words: str, accepted: bool | None) -> None:
    """What Anope, Atheme, Q and X answer; only a notice of theirs counts."""
    begun = ("C: NICK anna", "C: PRIVMSG NickServ :IDENTIFY x")
    for service in ("NickServ", "NS", "AuthServ", "ChanServ", "UserServ", "nickserv"):
        assert quiet(*begun, f"S: :{service}!s@h NOTICE anna :{words}") == [("identify", accepted)]
    for line in (
        f"S: :bo!b@h NOTICE anna :{words}",
        f"S: :NickServ!s@h PRIVMSG anna :{words}",
        f"C: :NickServ NOTICE x :{words}",
    ):
        assert quiet(*begun, line) == [("identify", None)]


@pytest.mark.parametrize(
    ("words", "accepted"),
    [("Bad password", False), ("Closing Link: Invalid password", False), ("Password mismatch", False),
     ("Access denied", False),
     ("Closing Link: timeout", None), ("Too many connections", None)],
)  # fmt: skip
def test_errors_that_refuse_the_servers_password(words: str, accepted: bool | None) -> None:
    assert quiet("C: PASS a", f"S: ERROR :{words}") == [("pass", accepted)]
    for line in (f"S: :irc NOTICE anna :{words}", f"S: :irc 372 anna :{words}", f"C: ERROR :{words}"):
        assert quiet("C: PASS a", line) == [("pass", None)]


def test_a_second_exchange_after_the_first() -> None:
    def line(user: str) -> str:
        return f"C: AUTHENTICATE {b64(f'|{user}|pw'.replace('|', chr(0)).encode())}"

    script = talk(
        "C: AUTHENTICATE PLAIN", "S: AUTHENTICATE +", line("anna"), "S: :irc 904 x :no",
        "C: AUTHENTICATE PLAIN", "S: AUTHENTICATE +", line("berta"), "S: :irc 903 x :ok", "S: :irc 904 x :late",
    )  # fmt: skip
    found = [item for item in converse(Irc, script) if isinstance(item, Login)]
    assert [(item.username, item.accepted) for item in found] == [("anna", False), ("berta", True)]
    assert quiet("C: AUTHENTICATE PLAIN", "C: AUTHENTICATE *", "S: :irc 906 x :aborted") == []


@pytest.mark.parametrize(
    ("line", "match"),
    [("CAP LS", Match.SURE), ("CAP REQ x", Match.SURE), ("CAP END", Match.SURE), ("CAP LIST", Match.SURE),
     ("CAP NEW", Match.NO),
     ("NICK a", Match.SURE), ("NICK a b", Match.NO), ("USER a 0 * :b", Match.SURE), ("USER a 0 *", Match.NO),
     ("SERVER a 1 :b", Match.SURE), ("SERVER a b", Match.NO), ("AUTHENTICATE PLAIN", Match.SURE),
     ("AUTHENTICATE x", Match.NO),
     ("@t=1 CAP LS", Match.SURE), ("JOIN #a", Match.NO), ("QUIT", Match.NO)],
)  # fmt: skip
def test_first_lines_of_clients(line: str, match: Match) -> None:
    for text in (line, line.lower() if not line.startswith("AUTHENTICATE") else line):
        assert recognise(openings.of(f"{text}\r\n".encode())) is match


@pytest.mark.parametrize(
    "line", ["OPER tim x", "JOIN #a", "JOIN &a", "PRIVMSG a :b", "PONG :a", "MODE #a +o", "PASS x"]
)
def test_lines_that_need_the_port_or_a_server(line: str) -> None:
    data = f"{line}\r\n".encode()
    assert recognise(openings.of(data)) is (Match.MORE if line.startswith("PASS") else Match.NO)
    for port in (6667, 6660, 6669, 7000):
        assert recognise(openings.of(data, port)) is Match.WEAK
    assert recognise(openings.of(data, 6659)) is recognise(openings.of(data, 6670)) is recognise(openings.of(data))
    assert recognise(openings.of(data, answer=b":irc")) is Match.WEAK
    for server in (b"+OK", b"220 x", b"* OK"):
        assert recognise(openings.of(data, 6667, answer=server)) is Match.NO
    for server in (b":", b"@", b"N", b"P", b"E"):
        assert recognise(openings.of(data, answer=server)) is Match.WEAK


@pytest.mark.parametrize(
    ("line", "match"),
    [(":irc.example NOTICE * :x", Match.WEAK), (":irc NOTICE AUTH :x", Match.WEAK), (":irc CAP * LS :x", Match.WEAK),
     (":irc CAP * ACK :x", Match.WEAK), (":irc CAP * NAK :x", Match.WEAK), (":irc 001 anna :x", Match.WEAK),
     ("NOTICE AUTH :x", Match.WEAK), ("PING :1", Match.WEAK), (":irc PRIVMSG a :x", Match.NO),
     ("NOTICE x :y", Match.NO)],
)  # fmt: skip
def test_first_lines_of_servers(line: str, match: Match) -> None:
    data = f"{line}\r\n".encode()
    assert recognise(openings.of(data, server=True)) is match
    assert recognise(openings.of(data, 6667, server=True)) is (Match.SURE if match is Match.WEAK else Match.NO)


@pytest.mark.parametrize(
    ("line", "user"),
    [("USER a 0 * :Anna B", "Anna B"), ("USER a 0 * Anna", "Anna"), ("USER a 0 *", None), ("USER a", None)],
)
def test_real_names(line: str, user: str | None) -> None:
    found = [item.value for item in converse(Irc, talk(f"C: {line}"), damage=False) if isinstance(item, Attribute)]
    assert found == ([user] if user else [])
    assert not [item for item in converse(Irc, talk(f"S: {line}"), damage=False) if isinstance(item, Attribute)]


def test_messages_and_who_they_are_of() -> None:
    for line, number in (
        ("PRIVMSG bo :x", 1),
        ("NOTICE bo :x", 1),
        ("SQUERY bo :x", 1),
        ("PRIVMSG bo", 0),
        ("TOPIC bo :x", 0),
    ):
        found = [item for item in converse(Irc, talk(f"C: {line}"), damage=False) if isinstance(item, Content)]
        assert [(item.side, item.data) for item in found] == [(C, b"x")] * number
    for line, number in ((":bo PRIVMSG anna :x", 1), (":bo NOTICE anna :x", 0), (":bo PRIVMSG anna", 0)):
        found = [item for item in converse(Irc, talk(f"S: {line}"), damage=False) if isinstance(item, Content)]
        assert [(item.side, item.data) for item in found] == [(S, b"x")] * number


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={*range(6660, 6670), 7000})


@pytest.mark.parametrize("word", ["CAP ", "NICK", "PASS", "USER", "SERV", "AUTH"])
def test_a_first_line_without_its_end(word: str) -> None:
    for text in (word, word.lower(), word + "xy"):
        expected = Match.SURE if text.upper().startswith("CAP L") else Match.MORE
        assert recognise(openings.of(text.encode())) is expected
    assert recognise(openings.of(word.encode() + b"xy\n")) is Match.NO
    assert recognise(openings.of(word[:3].encode())) is Match.NO


def test_each_end_joins_its_own_lines() -> None:
    """IRCv3 sasl-3.1: a line of 400 bytes goes on in the next one of the same end."""
    text = b64(b"\0anna\0" + b"x" * CHUNK)
    script = talk(
        "C: AUTHENTICATE PLAIN",
        "S: AUTHENTICATE +", f"C: AUTHENTICATE {text[:CHUNK]}", f"S: AUTHENTICATE {'A' * CHUNK}",
        f"C: AUTHENTICATE {text[CHUNK:]}", "S: :irc 903 anna :ok",
    )  # fmt: skip
    assert [item.secret for item in logins(script)] == [Secret(b"x" * CHUNK)]
