"""Turns logins of mail programs (SMTP, POP3, IMAP) into captures, with the STARTTLS twin."""

from __future__ import annotations

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, Authority

WALDO = ("waldo", "Haselmaus-im-Moos-3")
LUISE = ("luise", 'an "odd" pass\\word 7')
"""A password that IMAP must quote and POP3 sends as it is."""

WRONG = "Haselmaus-im-Gras-3"

_DOVECOT = """
base_dir = /run/dovecot
protocols = imap pop3
listen = *
log_path = /dev/stderr
ssl = yes
ssl_cert = </etc/lab/mail.pem
ssl_key = </etc/lab/mail.key
disable_plaintext_auth = no
auth_failure_delay = 1 secs
auth_mechanisms = plain login cram-md5 digest-md5 apop
mail_location = maildir:/run/mail/%u
first_valid_uid = 1
login_greeting = Post office ready.
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/lab/mail-users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/run/mail/%u
}
"""

_EXIM = """
primary_hostname = mail.lab.example
daemon_smtp_ports = 25 : 587 : 465
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = /etc/lab/mail.pem
tls_privatekey = /etc/lab/mail.key
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = check
keep_environment =
smtp_accept_max_nonmail = 50
begin acl
check:
  accept authenticated = *
  deny message = please log in first
begin routers
all:
  driver = accept
  transport = drop
begin transports
drop:
  driver = appendfile
  file = /dev/null
  user = mail
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and {{eq{$auth2}{USER}}{eq{$auth3}{SECRET}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and {{eq{$auth1}{USER}}{eq{$auth2}{SECRET}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${if eq{$auth1}{USER}{SECRET}fail}
  server_set_id = $auth1
"""


def dovecot(server: Host) -> None:
    server.run("sh", "-c", "mkdir -p /run/mail /run/dovecot; chown mail:mail /run/mail")
    Authority(server).give(server, "mail", "mail.lab.example", address=server.address)
    server.write("/etc/lab/mail-users", "".join(f"{user}:{{PLAIN}}{secret}::::::\n" for user, secret in (WALDO, LUISE)))
    server.write("/etc/dovecot/dovecot.conf", _DOVECOT)
    server.start("dovecot", "-F", tcp=143)


def _exim(server: Host) -> None:
    Authority(server).give(server, "mail", "mail.lab.example", address=server.address)
    server.sh(
        "chmod a+r /etc/lab/mail.key; mkdir -p /var/spool/exim4 /var/log/exim4; chown Debian-exim /var/spool/exim4 /var/log/exim4"
    )
    server.write("/etc/exim4/exim4.conf", _EXIM.replace("USER", WALDO[0]).replace("SECRET", WALDO[1]))
    server.start("exim4", "-bdf", "-q1h", tcp=25)


def _curl(laptop: Host, url: str, mechanism: str, login: tuple[str, str], code: int = 0, *more: str) -> None:
    done = laptop.run(
        "curl", "-sk", "--login-options", f"AUTH={mechanism}", "-u", f"{login[0]}:{login[1]}", *more, url, check=False
    )
    if done.returncode != code:
        raise Failed(f"{url} {mechanism}: curl ended with {done.returncode}: {done.stdout!r}")


def mail_login(laptop: Host, kind: str, login: tuple[str, str], code: int = 0, tls: str = "plain") -> None:
    done = laptop.run(PYTHON, str(PROGRAMS / "mail_login.py"), kind, "192.168.50.10", *login, tls, check=False)
    if done.returncode != code:
        raise Failed(f"{kind} {tls}: {done.returncode}: {done.stdout!r}")


def _swaks(laptop: Host, mechanism: str, secret: str, code: int, *more: str) -> None:
    done = laptop.run(
        "swaks",
        "--server",
        "192.168.50.10",
        "--from",
        "waldo@lab.example",
        "--to",
        "luise@lab.example",
        "--ehlo",
        "laptop.lab.example",
        "--auth",
        mechanism,
        "--auth-user",
        WALDO[0],
        "--auth-password",
        secret,
        *more,
        check=False,
    )
    if done.returncode != code:
        raise Failed(f"swaks {mechanism}: {done.returncode}: {done.stdout.decode()[-800:]}")


@scenario("imap", ["dovecot-imapd", "curl", "python3"])
def imap(scene: Scene) -> None:
    """IMAP logins: LOGIN with atoms, quoted and as literals, AUTHENTICATE PLAIN, LOGIN, CRAM-MD5

    dovecot; curl for each mechanism, with a wrong password too; Python's imaplib for LOGIN, also with a password with
    blanks, quotes and a backslash (quoted string); socat for the same login sent as literals, name and password each
    announced by its length.
    """
    server, laptop = scene.pair("00:11:32")
    dovecot(server)
    with scene.net.recording(scene.capture):
        url = "imap://192.168.50.10/INBOX"
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            _curl(laptop, url, mechanism, WALDO)
        for mechanism in ("PLAIN", "CRAM-MD5"):
            _curl(laptop, url, mechanism, (WALDO[0], WRONG), 67)
        for login, code in ((WALDO, 0), ((WALDO[0], WRONG), 67), (LUISE, 0)):
            mail_login(laptop, "imap", login, code)
        literal = (
            f"(printf 'a LOGIN {{{len(LUISE[0])}}}\\r\\n'; sleep 0.4; printf '%s {{{len(LUISE[1])}}}\\r\\n' \"$1\"; sleep 0.4; "
            "printf '%s\\r\\n' \"$2\"; sleep 0.6; printf 'b LOGOUT\\r\\n') | socat -t 3 - TCP:192.168.50.10:143"
        )
        if b"a OK" not in laptop.run("sh", "-c", literal, "sh", *LUISE).stdout:
            raise Failed("the login by literals was refused")
    scene.truth.login(laptop, server, "imap", *WALDO, True)
    scene.truth.login(laptop, server, "imap", *LUISE, True)
    scene.truth.login(laptop, server, "imap", WALDO[0], WRONG, False)
    scene.truth.login(laptop, server, "imap", WALDO[0], None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, "imap", WALDO[0], None, False, rule="credential.challenge")


@scenario("pop3", ["dovecot-pop3d", "curl", "python3"])
def pop3(scene: Scene) -> None:
    """POP3 logins: USER and PASS, AUTH PLAIN and LOGIN, APOP, CRAM-MD5

    dovecot; curl, and Python's poplib for USER/PASS; a wrong password with USER/PASS and with APOP. Luise's password
    has blanks, which USER/PASS sends as they are.
    """
    server, laptop = scene.pair("00:11:32")
    dovecot(server)
    with scene.net.recording(scene.capture):
        url = "pop3://192.168.50.10/"
        for mechanism in ("PLAIN", "LOGIN", "+APOP", "CRAM-MD5"):
            _curl(laptop, url, mechanism, WALDO)
        _curl(laptop, url, "+APOP", (WALDO[0], WRONG), 67)
        for login, code in ((WALDO, 0), ((WALDO[0], WRONG), 67), (LUISE, 0)):
            mail_login(laptop, "pop3", login, code)
    scene.truth.login(laptop, server, "pop3", *WALDO, True)
    scene.truth.login(laptop, server, "pop3", *LUISE, True)
    scene.truth.login(laptop, server, "pop3", WALDO[0], WRONG, False)
    scene.truth.login(laptop, server, "pop3", WALDO[0], None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, "pop3", WALDO[0], None, False, rule="credential.challenge")


@scenario("smtp", ["exim4-daemon-light", "swaks"])
def smtp(scene: Scene) -> None:
    """SMTP AUTH PLAIN, LOGIN and CRAM-MD5, accepted and refused

    exim and swaks. A mail that quotes an SMTP login in its text goes along with the first; its text is no login.
    """
    server, laptop = scene.pair("00:11:32")
    _exim(server)
    with scene.net.recording(scene.capture):
        text = "How to test by hand:\n\nAUTH PLAIN AGVyaWthAE5pY2h0LWVjaHQtMTIzNA==\n235 Authentication succeeded\n"
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            _swaks(laptop, mechanism, WALDO[1], 0, *(("--body", text) if mechanism == "PLAIN" else ()))
            _swaks(laptop, mechanism, WRONG, 28)
    scene.truth.login(laptop, server, "smtp", *WALDO, True)
    scene.truth.login(laptop, server, "smtp", WALDO[0], WRONG, False)
    scene.truth.login(laptop, server, "smtp", WALDO[0], None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, "smtp", WALDO[0], None, False, rule="credential.challenge")
    scene.truth.facts["never_a_user"] = "erika"


@scenario("mail_tls", ["exim4-daemon-light", "dovecot-imapd", "dovecot-pop3d", "swaks", "curl", "python3"])
def mail_tls(scene: Scene) -> None:
    """SMTP, POP3 and IMAP with STARTTLS and with TLS from the first byte: the twins that must stay silent

    The logins of `smtp`, `pop3` and `imap`, right and wrong, each inside TLS.
    """
    server, laptop = scene.pair("00:11:32")
    dovecot(server)
    _exim(server)
    with scene.net.recording(scene.capture):
        for url, more in (
            ("imap://", ("--ssl-reqd",)),
            ("imaps://", ()),
            ("pop3://", ("--ssl-reqd",)),
            ("pop3s://", ()),
        ):
            _curl(laptop, url + "192.168.50.10/", "PLAIN", WALDO, 0, *more)
        for kind in ("imap", "pop3"):
            for tls in ("starttls", "tls"):
                mail_login(laptop, kind, LUISE, 0, tls)
                mail_login(laptop, kind, (WALDO[0], WRONG), 67, tls)
        _swaks(laptop, "PLAIN", WALDO[1], 0, "--tls")
        _swaks(laptop, "LOGIN", WRONG, 28, "--tls", "--port", "587")
        _swaks(laptop, "LOGIN", WALDO[1], 0, "--tls-on-connect", "--port", "465")
    scene.truth.never("credential.cleartext", "credential.challenge", "credential.default")
