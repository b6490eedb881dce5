"""Conversations of text protocols with a canary as their secret."""

from __future__ import annotations

import base64

from sensor.protocols import cvs
from tests.canary.plant import Canary, plants
from tests.conversation import C, S, Script
from tests.protocols import (
    test_irc,
    test_managesieve,
    test_memcached,
    test_nats,
    test_redis,
    test_rsync,
    test_telnet,
    test_xmpp,
)
from tests.protocols.talk import talk


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@plants("ftp", "tcp", 21)
def user_and_pass(k: Canary) -> Script:
    return talk(
        "S: 220 hi",
        "C: USER anna",
        "S: 331 more",
        f"C: PASS {k.text()}",
        "S: 230 in",
        "C: SYST",
        "S: 215 UNIX",
        "C: NOOP",
    )


@plants("ftp", "tcp", 2121)
def a_refused_pass_and_another(k: Canary) -> Script:
    return talk(
        "S: 220 hi", "C: USER anna", "S: 331 more", f"C: PASS {k.text()}", "S: 530 no",
        "C: USER bob", "S: 331 more", f"C: PASS {k.text()}", "S: 530 no"
    )  # fmt: skip


@plants("ftp", "tcp", 21)
def an_account(k: Canary) -> Script:
    return talk(
        "S: 220 hi",
        "C: USER anna",
        "S: 331 more",
        f"C: PASS {k.text()}",
        "S: 332 account",
        f"C: ACCT {k.text(expected=False)}",
        "S: 230 in",
    )


@plants("telnet", "tcp", 23)
def prompts(k: Canary) -> Script:
    return [
        *test_telnet.OPENING,
        (S, b"nas login: "),
        (C, b"anna\r\0"),
        (S, b"anna\r\nPassword: "),
        (C, k.word() + b"\r\0"),
        (S, b"\r\n$ "),
        (C, b"ls\r\0"),
        (S, b"ls\r\nfile\r\n$ "),
    ]


@plants("telnet", "tcp", 23)
def prompts_key_by_key(k: Canary) -> Script:
    keys = [(C, bytes([key])) for key in k.word() + b"\r"]
    return [
        *test_telnet.OPENING,
        (S, b"nas login: "),
        (C, b"anna\r"),
        (S, b"anna\r\nPassword: "),
        *keys,
        (S, b"\r\nLogin incorrect\r\nlogin: "),
    ]


@plants("rlogin", "tcp", 513)
def r_password(k: Canary) -> Script:
    return [
        (C, b"\0"),
        (C, b"bo\0anna\0vt100/9600\0"),
        (S, b"\0"),
        (S, b"Password: "),
        (C, k.word() + b"\r"),
        (S, b"\r\n$ "),
    ]


@plants("rexec", "tcp", 512)
def r_request(k: Canary) -> Script:
    return [(C, b"0\0anna\0" + k.word() + b"\0uname -a\0"), (S, b"\0Linux\n")]


@plants("smtp", "tcp", 25)
def auth_plain(k: Canary) -> Script:
    sent = b64(b"\0anna\0" + k.word())
    return talk(
        "S: 220 mail.example ESMTP",
        "C: EHLO pc",
        "S: 250-mail.example",
        "S: 250 AUTH PLAIN LOGIN",
        f"C: AUTH PLAIN {sent}",
        "S: 235 ok",
        "C: QUIT",
    )


@plants("smtp", "tcp", 587)
def auth_login(k: Canary) -> Script:
    steps = [
        "C: AUTH LOGIN",
        "S: 334 VXNlcm5hbWU6",
        f"C: {b64(b'anna')}",
        "S: 334 UGFzc3dvcmQ6",
        f"C: {b64(k.word())}",
        "S: 535 no",
    ]
    return talk("S: 220 mail.example ESMTP", "C: EHLO pc", "S: 250 AUTH LOGIN", *steps)


@plants("smtp", "tcp", 25)
def auth_cram_md5(k: Canary) -> Script:
    steps = [
        "C: AUTH CRAM-MD5",
        f"S: 334 {b64(b'<1@mail.example>')}",
        f"C: {b64(b'anna ' + k.hex().encode())}",
        "S: 235 ok",
    ]
    return talk("S: 220 mail.example ESMTP", "C: EHLO pc", "S: 250 AUTH CRAM-MD5", *steps)


@plants("smtp", "tcp", 25)
def auth_xoauth2(k: Canary) -> Script:
    sent = b64(b"user=anna@example.org\x01auth=Bearer " + k.word(40) + b"\x01\x01")
    return talk(
        "S: 220 mail.example ESMTP", "C: EHLO pc", "S: 250 AUTH XOAUTH2", f"C: AUTH XOAUTH2 {sent}", "S: 235 ok"
    )


@plants("pop3", "tcp", 110)
def pop_user_pass(k: Canary) -> Script:
    return talk(
        "S: +OK POP3 ready",
        "C: USER anna",
        "S: +OK",
        f"C: PASS {k.text()}",
        "S: +OK 2 messages",
        "C: STAT",
        "S: +OK 2 320",
    )


@plants("pop3", "tcp", 110)
def pop_apop(k: Canary) -> Script:
    return talk("S: +OK POP3 <1896.697170952@pop.example>", f"C: APOP anna {k.hex()}", "S: -ERR no")


@plants("imap", "tcp", 143)
def imap_login(k: Canary) -> Script:
    return talk("S: * OK IMAP4rev1 ready", f'C: a LOGIN anna "{k.text()}"', "S: a OK in", "C: b NOOP", "S: b OK")


@plants("imap", "tcp", 143)
def imap_literal(k: Canary) -> Script:
    secret = k.text()
    return talk(
        "S: * OK IMAP4rev1 ready",
        "C: a LOGIN {4}",
        "S: + go on",
        f"C: anna {{{len(secret)}}}",
        "S: + go on",
        f"C: {secret}",
        "S: a NO wrong",
    )


@plants("imap", "tcp", 143)
def imap_plain(k: Canary) -> Script:
    sent = b64(b"\0anna\0" + k.word())
    return talk("S: * OK IMAP4rev1 ready", "C: a AUTHENTICATE PLAIN", "S: +", f"C: {sent}", "S: a OK in")


@plants("irc", "tcp", 6667)
def irc_pass(k: Canary) -> Script:
    return talk(f"C: PASS {k.text()}", *test_irc.REGISTER, "S: :irc.example.com 001 anna :Welcome", "C: JOIN #home")


@plants("irc", "tcp", 6667)
def irc_oper_and_nickserv(k: Canary) -> Script:
    return talk(
        *test_irc.REGISTER,
        "S: :irc.example.com 001 anna :Welcome",
        f"C: OPER anna {k.text()}",
        "S: :irc.example.com 491 anna :No O-lines for your host",
        f"C: PRIVMSG NickServ :IDENTIFY {k.text()}",
    )


@plants("nntp", "tcp", 119)
def nntp_login(k: Canary) -> Script:
    return talk(
        "S: 200 news.example ready", "C: AUTHINFO USER anna", "S: 381 more", f"C: AUTHINFO PASS {k.text()}", "S: 281 in"
    )


@plants("managesieve", "tcp", 4190)
def sieve(k: Canary) -> Script:
    return talk(
        *test_managesieve.GREETING,
        f'C: AUTHENTICATE "PLAIN" "{b64(b"%canna%c" % (0, 0) + k.word())}"',
        "S: OK",
        "C: LOGOUT",
    )


@plants("xmpp", "tcp", 5222)
def xmpp_plain(k: Canary) -> Script:
    auth = b"<auth " + test_xmpp.SASL + b" mechanism='PLAIN'>" + b64(b"\0juliet\0" + k.word()).encode() + b"</auth>"
    return [*test_xmpp.START, (C, auth), (S, b"<success " + test_xmpp.SASL + b"/>"), (C, b"<presence/>")]


@plants("xmpp", "tcp", 5222)
def xmpp_old(k: Canary) -> Script:
    query = (
        b"<iq type='set' id='a'><query xmlns='jabber:iq:auth'>"
        b"<username>anna</username><password>%b</password></query></iq>"
    )
    return [(C, test_xmpp.OPEN), (S, test_xmpp.OPENED), (C, query % k.word()), (S, b"<iq type='error' id='a'/>")]


@plants("redis", "tcp", 6379)
def redis_auth(k: Canary) -> Script:
    return [
        (C, test_redis.command("AUTH", "anna", k.text())),
        (S, b"+OK\r\n"),
        (C, test_redis.command("PING")),
        (S, b"+PONG\r\n"),
    ]


@plants("redis", "tcp", 6379)
def redis_settings(k: Canary) -> Script:
    words = ("CONFIG", "SET", "requirepass", k.text())
    return [(C, test_redis.command("PING")), (S, b"+PONG\r\n"), (C, test_redis.command(*words)), (S, b"+OK\r\n")]


@plants("redis", "tcp", 6379)
def redis_inline(k: Canary) -> Script:
    return talk(
        f"C: AUTH {k.text()}",
        "S: -WRONGPASS invalid username-password pair",
        "C: PING",
        "S: -NOAUTH Authentication required.",
    )


@plants("nats", "tcp", 4222)
def nats_connect(k: Canary) -> Script:
    return talk(
        test_nats.INFO, f'C: CONNECT {{"verbose":false,"user":"anna","pass":"{k.text()}"}}', "C: PING", "S: PONG"
    )


@plants("nats", "tcp", 4222)
def nats_token(k: Canary) -> Script:
    return talk(test_nats.INFO, f'C: CONNECT {{"auth_token":"{k.text()}"}}', "S: +OK")


@plants("jsonrpc", "tcp", 3333)
def jsonrpc_in_order(k: Canary) -> Script:
    login_request = f'C: {{"id":2,"method":"mining.authorize","params":["anna.rig","{k.text()}"]}}'
    return talk(login_request, 'S: {"id":2,"result":true,"error":null}', end="\n")


@plants("jsonrpc", "tcp", 4444)
def jsonrpc_by_name(k: Canary) -> Script:
    login_request = f'C: {{"id":1,"jsonrpc":"2.0","method":"login","params":{{"login":"anna","pass":"{k.text()}"}}}}'
    return talk(login_request, 'S: {"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"no"}}', end="\n")


@plants("cvspserver", "tcp", 2401)
def cvs_pserver(k: Canary) -> Script:
    secret = k.word().translate(cvs._SCRAMBLE)
    login_request = b"BEGIN AUTH REQUEST\n/home/cvs\nanna\nA" + secret + b"\nEND AUTH REQUEST\n"
    return [(C, login_request), (S, b"I LOVE YOU\n")]


@plants("stomp", "tcp", 61613)
def stomp_connect(k: Canary) -> Script:
    login_request = b"CONNECT\naccept-version:1.2\nhost:example.com\nlogin:anna\npasscode:" + k.word() + b"\n\n\0"
    return [(C, login_request), (S, b"CONNECTED\nversion:1.2\nserver:Example/5.1\n\n\0\n")]


@plants("memcached", "tcp", 11211)
def memcached_sasl(k: Canary) -> Script:
    return [
        (C, test_memcached.packet(0x80, 0x21, b"PLAIN", b"\0anna\0" + k.word())),
        (S, test_memcached.packet(0x81, 0x21, value=b"Authenticated")),
    ]


@plants("rsync", "tcp", 873)
def rsync_answer(k: Canary) -> Script:
    login_request = talk("S: @RSYNCD: AUTHREQD o0Y1k5nQ", f"C: anna {k.text()}", end="\n")
    return [*test_rsync.HELLO, *login_request, *talk("S: @RSYNCD: OK", end="\n")]


@plants("syslog", "udp", 514)
def a_line(k: Canary) -> Script:
    return [(C, b"<30>Oct 11 22:14:15 boiler cloud: connecting user=boiler7 password=" + k.word())]


@plants("syslog", "tcp", 514)
def counted_lines(k: Canary) -> Script:
    line = b"<30>1 - box httpd - - - GET /x?user=admin&pwd=" + k.word()
    return [(C, b"%d %s" % (len(line), line))]
