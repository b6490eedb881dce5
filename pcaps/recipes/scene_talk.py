"""Turns logins of chat, telephony and messaging (IRC, XMPP, SIP, AMQP, WebSocket) into captures."""

from __future__ import annotations

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, Authority


def _says(host: Host, script: str, what: str, timeout: float = 30) -> None:
    said = host.sh(script, check=False, timeout=timeout)
    if what not in said:
        raise Failed(f"{script[:90]} never said {what!r}: {said[-800:]}")


def _irc(*lines: str, port: int = 6667, tls: bool = False) -> str:
    """A client that types a line, waits, types the next."""
    typed = "; sleep 0.7; ".join(
        "printf '%s\\r\\n' " + " ".join(f"'{line}'" for line in block.split("|")) for block in lines
    )
    return f"(sleep 0.3; {typed}; sleep 0.7) | socat -t 2 - {'OPENSSL' if tls else 'TCP'}:192.168.50.10:{port}{',verify=0' if tls else ''}"


def _ngircd(server: Host) -> None:
    Authority(server).give(server, "irc", "chat.lab.example")
    server.sh("chmod a+r /etc/lab/irc.key")
    server.write(
        "/etc/lab/ngircd.conf",
        "[Global]\nName = chat.lab.example\nInfo = A house chat\nPassword = Knoblauch-rauke-31\nListen = 0.0.0.0\nPorts = 6667\n"
        "MotdPhrase = hello\nServerUID = irc\nServerGID = irc\n[Limits]\nPingTimeout = 60\n[Options]\nDNS = no\nIdent = no\nPAM = no\n"
        "[SSL]\nCertFile = /etc/lab/irc.pem\nKeyFile = /etc/lab/irc.key\nPorts = 6697\n[Operator]\nName = tessa\nPassword = Scharbocks!kraut8\n",
    )
    server.start("ngircd", "-n", "-f", "/etc/lab/ngircd.conf", tcp=6667)


@scenario("irc", ["ngircd", "socat"])
def irc(scene: Scene) -> None:
    """IRC: PASS, OPER, a message to NickServ, refused

    ngircd with a server password and one operator; socat types the lines. `PRIVMSG NickServ :IDENTIFY` goes out
    although nobody of that name is there (401), so whether that password is right stays unknown. A channel message
    quotes `PASS hunter`, which is no login.
    """
    server, laptop = scene.pair("00:11:32")
    _ngircd(server)
    hello = "NICK tessa|USER tessa 0 * :Tessa"
    with scene.net.recording(scene.capture):
        _says(
            laptop,
            _irc(
                "PASS Knoblauch-rauke-31|" + hello,
                "JOIN #garden",
                "PRIVMSG #garden :you type PASS hunter22222 first, then NICK",
                "OPER tessa Scharbocks!kraut8",
                "PRIVMSG NickServ :IDENTIFY Hain-veilchen-64",
                "QUIT",
            ),
            " 381 ",
        )
        _says(laptop, _irc("PASS Knoblauch-raupe-31|" + hello, "QUIT"), "ad password")
        _says(laptop, _irc("PASS Knoblauch-rauke-31|" + hello, "OPER tessa Scharbocks?kraut8", "QUIT"), " 464 ")
    truth = scene.truth
    truth.finding(
        "credential.cleartext",
        laptop,
        server,
        "irc",
        mechanism="password",
        accepted=True,
        secret_sha256=truth.digest("Knoblauch-rauke-31"),
    )
    truth.finding(
        "credential.cleartext",
        laptop,
        server,
        "irc",
        mechanism="password",
        accepted=False,
        secret_sha256=truth.digest("Knoblauch-raupe-31"),
    )
    truth.login(laptop, server, "irc", "tessa", "Scharbocks!kraut8", True)
    truth.login(laptop, server, "irc", "tessa", "Scharbocks?kraut8", False)
    truth.finding(
        "credential.cleartext",
        laptop,
        server,
        "irc",
        mechanism="password",
        secret_sha256=truth.digest("Hain-veilchen-64"),
    )
    truth.facts["never_a_secret_sha256"] = [truth.digest("hunter22222")]


def _prosody(server: Host) -> None:
    Authority(server).give(server, "xmpp", "lab.example")
    server.sh(
        "mkdir -p /run/prosody /var/lib/prosody; chown -R prosody /run/prosody /var/lib/prosody; chmod a+r /etc/lab/xmpp.key"
    )
    server.write(
        "/etc/prosody/prosody.cfg.lua",
        'modules_enabled = { "roster"; "saslauth"; "tls"; "disco" }\nauthentication = "internal_plain"\n'
        'c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\npidfile = "/run/prosody/pid"\nlog = { info = "*console" }\n'
        'VirtualHost "lab.example"\nssl = { key = "/etc/lab/xmpp.key"; certificate = "/etc/lab/xmpp.pem" }\n',
    )
    server.run("prosodyctl", "register", "ottilie", "lab.example", "Gunder-mann+Giersch")
    server.start("runuser", "-u", "prosody", "--", "prosody", "-F", tcp=5222)


def _xmpp(laptop: Host, secret: str, mechanism: str, tls: str, code: int) -> None:
    done = laptop.run(
        PYTHON, str(PROGRAMS / "xmpp.py"), "192.168.50.10", "ottilie@lab.example", secret, mechanism, tls, check=False
    )
    if done.returncode != code:
        raise Failed(f"xmpp {mechanism} {tls}: {done.returncode} {done.stdout!r}")


@scenario("xmpp", ["prosody", "python3-slixmpp"])
def xmpp(scene: Scene) -> None:
    """XMPP: SASL PLAIN and SCRAM-SHA-1 without TLS, accepted and refused

    prosody that allows it, slixmpp as client.
    """
    server, laptop = scene.pair("00:11:32")
    _prosody(server)
    with scene.net.recording(scene.capture):
        for mechanism in ("PLAIN", "SCRAM-SHA-1"):
            _xmpp(laptop, "Gunder-mann+Giersch", mechanism, "plain", 0)
            _xmpp(laptop, "Gunder-frau+Giersch", mechanism, "plain", 67)
    scene.truth.login(laptop, server, None, "ottilie", "Gunder-mann+Giersch", True)
    scene.truth.login(laptop, server, None, "ottilie", "Gunder-frau+Giersch", False)
    scene.truth.login(laptop, server, None, "ottilie", None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, None, "ottilie", None, False, rule="credential.challenge")


@scenario("talk_tls", ["ngircd", "socat", "prosody", "python3-slixmpp"])
def talk_tls(scene: Scene) -> None:
    """IRC over TLS and XMPP with STARTTLS: the twins that must stay silent

    The logins of `irc` and `xmpp` once more.
    """
    server, laptop = scene.pair("00:11:32")
    _ngircd(server)
    _prosody(server)
    with scene.net.recording(scene.capture):
        _says(
            laptop,
            _irc(
                "PASS Knoblauch-rauke-31|NICK tessa|USER tessa 0 * :Tessa",
                "OPER tessa Scharbocks!kraut8",
                "QUIT",
                port=6697,
                tls=True,
            ),
            " 381 ",
        )
        _xmpp(laptop, "Gunder-mann+Giersch", "PLAIN", "starttls", 0)
        _xmpp(laptop, "Gunder-frau+Giersch", "PLAIN", "starttls", 67)
    scene.truth.never("credential.cleartext", "credential.challenge", "credential.default")


_KAMAILIO = """#!KAMAILIO
debug=2
log_stderror=yes
fork=no
children=1
listen=udp:192.168.50.10:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "auth.so"
request_route {
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("lab.example", "Acker-minze_77.Q", "0")) { www_challenge("lab.example", "1"); exit; }
    append_to_reply("Contact: <sip:ewald@192.168.50.90:5060>;expires=60\\r\\n");
    sl_send_reply("200", "OK");
    exit;
  }
  sl_send_reply("404", "Not here");
}
"""


@scenario("sip", ["kamailio", "sipsak"])
def sip(scene: Scene) -> None:
    """SIP REGISTER with Digest, accepted and refused

    kamailio challenges (401), sipsak answers: with the right password (200) and with a wrong one (401 again).
    """
    server, laptop = scene.pair("3c:a6:2f")
    server.write("/etc/lab/kamailio.cfg", _KAMAILIO)
    server.sh("mkdir -p /run/kamailio")
    laptop.sh("echo 192.168.50.10 lab.example >> /etc/hosts")
    server.start("kamailio", "-DD", "-E", "-f", "/etc/lab/kamailio.cfg", "-Y", "/run/kamailio", udp=5060)
    phone = "sipsak -U -C sip:ewald@192.168.50.90 -s sip:ewald@lab.example -p 192.168.50.10 -u ewald -a {secret} -x 60 -vvv 2>&1"
    with scene.net.recording(scene.capture):
        _says(laptop, phone.format(secret="Acker-minze_77.Q"), "200 OK")
        _says(laptop, phone.format(secret="Acker-winde_77.Q"), "401")
    scene.truth.login(laptop, server, "sip", "ewald", None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, "sip", "ewald", None, False, rule="credential.challenge")
    scene.truth.never("credential.cleartext")


@scenario(
    "websocket",
    ["python3-websockets"],
    crafted="what is said inside the WebSocket is our own: a device's JSON login (`recipes/programs/websocket.py`)",
)
def websocket(scene: Scene) -> None:
    """A login as JSON inside a WebSocket, masked by the client, accepted and refused

    Python's websockets at both ends, with and without permessage-deflate.
    """
    server, laptop = scene.pair("50:c7:bf")
    program = str(PROGRAMS / "websocket.py")
    server.start(PYTHON, program, "serve", "8080", "hanno", "Tau-nessel.im.Hof-5", tcp=8080)
    with scene.net.recording(scene.capture):
        for packed in ("plain", "deflate"):
            laptop.run(
                PYTHON,
                program,
                "login",
                "ws://192.168.50.10:8080/control",
                "hanno",
                "Tau-nessel.im.Hof-5",
                packed,
                "ok",
            )
            laptop.run(
                PYTHON,
                program,
                "login",
                "ws://192.168.50.10:8080/control",
                "hanno",
                "Brenn-nessel.im.Hof-5",
                packed,
                "denied",
            )
    truth = scene.truth
    for secret in ("Tau-nessel.im.Hof-5", "Brenn-nessel.im.Hof-5"):
        truth.finding(
            "credential.cleartext",
            laptop,
            server,
            None,
            mechanism="password",
            username="hanno",
            secret_sha256=truth.digest(secret),
        )
