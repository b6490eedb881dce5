"""Syslog messages from RFC 5424 6.5, RFC 3164 5.4 and of devices, framed by RFC 6587 3.4."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Event, Login, Transfer
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.syslog import REPORTED_LIMIT, Syslog, SyslogStream, recognise
from tests.conversation import C, Run, converse, events
from tests.protocols import openings

CLASSIC = b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed on /dev/pts/8"
MODERN = (
    b'<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [a@32473 b="3"] '
    b"An application event log entry"
)


def transfer(message: bytes) -> Transfer:
    return Transfer(side=C, application="syslog", media_type="text/plain", size=len(message), data=message)


def names(host: str, program: str) -> list[Event]:
    return [
        Attribute(field="syslog.host", value=host, side=C),
        Attribute(field="syslog.program", value=program, side=C),
    ]


def test_the_examples_of_the_rfcs() -> None:
    assert converse(Syslog, [(C, CLASSIC)]) == [*names("mymachine", "su"), transfer(CLASSIC)]
    assert converse(Syslog, [(C, MODERN), (C, MODERN)]) == [
        *names("mymachine.example.com", "evntslog"),
        transfer(MODERN),
        transfer(MODERN),
    ]


def test_a_login_in_a_counted_line_among_others() -> None:
    lines = [b"<30>1 - box httpd - - - up", b"<30>1 - box httpd - - - GET /x?user=admin&pwd=Rain-drop-7", CLASSIC]
    stream = b"".join(b"%d %s" % (len(line), line) for line in lines)
    (login,) = events(converse(SyslogStream, [(C, stream)]), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret) == ("admin", Secret("Rain-drop-7"))


def test_both_framings_over_tcp() -> None:
    counted = str(len(MODERN)).encode() + b" " + MODERN
    expected = [*names("mymachine.example.com", "evntslog"), transfer(MODERN), transfer(MODERN)]
    assert converse(SyslogStream, [(C, counted * 2)]) == expected
    assert converse(SyslogStream, [(C, (MODERN + b"\n") * 2)]) == expected


def test_a_loss_resumes_at_the_next_line() -> None:
    run = Run(SyslogStream())
    run.feed(C, CLASSIC[:30])
    run.gap(C, 100)
    run.feed(C, b"rest of something\n" + CLASSIC + b"\n")
    assert [t.data for t in events(run.parsed, Transfer) if isinstance(t, Transfer)] == [CLASSIC]


@pytest.mark.parametrize(
    ("text", "user", "secret", "mechanism"),
    [
        (b"web: login user=anna password=S0mmer-2031 from 192.0.2.9", "anna", b"S0mmer-2031", "password"),
        (b'ppp: auth(username="anna b", passwd="two words")', "anna b", b"two words", "password"),
        (b"wlan0: set ssid=Meadow psk=lavender-fields", "Meadow", b"lavender-fields", "key"),
        (b"httpd: GET /set.cgi?user=admin&pwd=Rain%2Bdrop+7 200", "admin", b"Rain+drop 7", "password"),
        (b"cam: {login='anna',passwort='Regen-tropfen'}", "anna", b"Regen-tropfen", "password"),
    ],
)
def test_lines_that_give_a_password_away(text: bytes, user: str, secret: bytes, mechanism: str) -> None:
    (login,) = events(converse(Syslog, [(C, b"<13>Oct 11 22:14:15 box " + text)]), Login)
    assert isinstance(login, Login)
    assert (login.username, login.mechanism, login.accepted, login.verifier) == (user, mechanism, None, C)
    assert login.secret == Secret(secret)


@pytest.mark.parametrize(
    "text",
    [
        b"sshd[9]: Failed password for root from 192.0.2.9 port 22 ssh2",
        b"web: user=anna password=******** logged in",
        b"web: user=anna password=incorrect",
        b"web: user=anna password=(null)",
        b"web: password=Summer2031",
        b"mail: user=anna pass=12 fail=0 sessionid=0123456789abcdef",
        b"kernel: IN=eth0 SRC=192.0.2.9 MAC=02:00:00:00:00:01 uid=1000 id=4711",
        b"ap: ssid=Meadow key_mgmt=WPA-PSK keyidx=1",
        b"web: GET /login?myrcpass=x user=anna",
        b"sudo:    anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/bin/ls",
        b"backup: user=anna pwd=C:\\data\\home",
        b"app: template user=%s password=%s",
        b"su: pam_unix(su:auth): authentication failure; logname= uid=1000 user=root password changed",
    ],
)
def test_lines_that_only_speak_of_passwords(text: bytes) -> None:
    assert events(converse(Syslog, [(C, b"<13>Oct 11 22:14:15 box " + text)], damage=False), Login) == []


def test_names_are_reported_up_to_a_bound() -> None:
    flood = [(C, b"<13>Oct 11 22:14:15 host%d app: x" % n) for n in range(500)]
    assert len(events(converse(Syslog, flood, damage=False), Attribute)) == REPORTED_LIMIT


def test_recognised() -> None:
    def of(data: bytes, port: int = 514, transport: Transport = Transport.UDP) -> Match:
        return recognise(Opening(data, b"", 40000, port, transport))

    assert of(CLASSIC, 10514) is of(MODERN, 10514, Transport.TCP) is Match.SURE
    assert of(b"<13>no time here", 10514) is Match.WEAK
    assert of(b"This message has no priority") is Match.WEAK
    assert of(b"This message has no priority", 9999) is Match.NO
    assert of(b"<999>x") is Match.WEAK
    assert of(b"\x01\x02binary") is Match.NO
    assert of(b"12", 601, Transport.TCP) is Match.MORE
    assert of(b"<?xml version='1.0'?>", 10514) is Match.NO
    assert of(b"GET / HTTP/1.1\r\n", 601, Transport.TCP) is Match.NO


@pytest.mark.parametrize(
    ("data", "port", "udp", "match"),
    [
        (b"<34>Oct 11 22:14:15 host su: x", 9999, True, Match.SURE),
        (b"<34>1 2003-10-11T22:14:15.003Z host su - - - x", 9999, True, Match.SURE),
        (b"<34>free text", 9999, True, Match.WEAK),
        (b"<34>free text", 514, True, Match.SURE),
        (b"plain words", 514, True, Match.WEAK),
        (b"plain words", 9999, True, Match.NO),
        (b"plain\x01words", 514, True, Match.NO),
        (b"plain words", 514, False, Match.NO),
        (b"52 <3", 9999, False, Match.MORE),
        (b"52 <3", 9999, True, Match.NO),
        (b"", 9999, False, Match.MORE),
        (b"123456 <", 9999, False, Match.NO),
    ],
)
def test_where_text_is_a_message(data: bytes, port: int, udp: bool, match: Match) -> None:
    """RFC 5424 §6.2.1: a priority; RFC 3164 §4.3.3: on its port any text; RFC 6587 §3.4.1: a count before it."""
    assert recognise(openings.of(data, port, udp=udp)) is match


@pytest.mark.parametrize("server", [False, True])
def test_either_end_may_send_and_each_priority(server: bool) -> None:
    """RFC 5424 §6.2.1: 0 to 191."""
    for number, match in ((0, Match.WEAK), (191, Match.WEAK), (192, Match.NO), (999, Match.NO)):
        data = b"<%d>free text" % number
        assert recognise(openings.of(data, 9999, udp=True, server=server)) is match, number


def test_lengths_of_counted_messages_and_empty_lines() -> None:
    for bad in (b"0 ", b"0 <13>x", b"99999 x"):
        with pytest.raises(Malformed):
            Run(SyslogStream()).feed(C, bad)
    assert converse(SyslogStream, [(C, b"\n\0\n1 \n7 <13>abc")], damage=False) == [transfer(b"<13>abc")]
    assert converse(Syslog, [(C, b"\n"), (C, b"\0\r\n"), (C, b"<13>abc\0\n")], damage=False) == [transfer(b"<13>abc")]


def test_only_in_a_query_a_plus_is_a_blank() -> None:
    for text, secret in (
        (b"user=anna password=Rain+drop-7", b"Rain+drop-7"),
        (b"/x?user=anna&pwd=a%2Bb+c+d", b"a+b c d"),
    ):
        (login,) = events(converse(Syslog, [(C, b"<13>box: " + text)], damage=False), Login)
        assert isinstance(login, Login) and (login.username, login.secret) == ("anna", Secret(secret))
