"""Turns logins over HTTP into captures: Basic, Digest, forms, tokens, cookies, and the TLS twin."""

from __future__ import annotations

import base64
import secrets

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, Authority, nginx, users_file

SITE = "http://192.168.50.10"


def get(host: Host, code: int, *argv: str) -> bytes:
    """Runs curl and insists on the status that the scenario means to show; returns the body."""
    body, _, status = host.run("curl", "-sk", "-w", "\n%{http_code}", *argv).stdout.rpartition(b"\n")
    if int(status) != code:
        raise Failed(f"curl {argv}: {status!r} instead of {code}"[:400])
    return body


_BASIC = """
gzip on; gzip_min_length 100; gzip_types text/plain; chunked_transfer_encoding on;
server {{ listen {listen}; {tls} root /srv/www; client_max_body_size 1m;
  location / {{ }}
  location /private/ {{ auth_basic "Attic camera"; auth_basic_user_file /etc/lab/users; dav_methods PUT; }} }}
"""


def _serve(device: Host, listen: str, tls: str, users: dict[str, str]) -> None:
    users_file(device, "/etc/lab/users", **users)
    device.write("/srv/www/index.html", "<html>Attic camera</html>\n")
    device.write("/srv/www/private/index.html", "<html>The attic, seen from the hatch.</html>\n")
    device.write("/srv/www/private/log.txt", "10:00 nothing moves\n" * 60)
    device.run("chmod", "-R", "a+rwX", "/srv/www")
    nginx(device, _BASIC.format(listen=listen, tls=tls), tcp=int(listen.split()[0]))


@scenario("http_basic", ["nginx-light", "curl", "socat"])
def http_basic(scene: Scene) -> None:
    """HTTP Basic: asked for, right, wrong, in a pipelined second request, with chunked and gzipped bodies

    nginx asks for Basic on /private/. curl comes without a login (401) and with Greta's (200), then with a wrong
    password (401); fetches a log with gzip; uploads a file in chunks after `Expect: 100-continue`; socat sends two
    requests in one segment, of which only the second carries a login (Ivo's, short). Then a login that nobody asked
    for, on an open page: 200 with and without it, which tells nothing.
    """
    device, laptop = scene.pair("ec:71:db")
    greta, ivo, vera = ("greta", "Moos-flechte-77-Y"), ("ivo", "harz9"), ("vera", "Unnoetig-0815-xy")
    _serve(device, "80", "", dict([greta, ivo]))
    laptop.write("/run/home/picture.bin", bytes(range(256)) * 80)
    with scene.net.recording(scene.capture):
        get(laptop, 401, f"{SITE}/private/")
        get(laptop, 200, "-u", ":".join(greta), f"{SITE}/private/")
        get(laptop, 401, "-u", "greta:Moos-flechte-78-Y", f"{SITE}/private/")
        get(laptop, 200, "-u", ":".join(greta), "--compressed", f"{SITE}/private/log.txt")
        get(
            laptop,
            201,
            "-u",
            ":".join(greta),
            "-T",
            "/run/home/picture.bin",
            "-H",
            "Transfer-Encoding: chunked",
            "-H",
            "Expect: 100-continue",
            f"{SITE}/private/picture.bin",
        )
        login = base64.b64encode(":".join(ivo).encode()).decode()
        two = f"GET / HTTP/1.1\r\nHost: 192.168.50.10\r\n\r\nGET /private/ HTTP/1.1\r\nHost: 192.168.50.10\r\nAuthorization: Basic {login}\r\nConnection: close\r\n\r\n"
        said = laptop.run("socat", "-t", "6", "-", "TCP:192.168.50.10:80", text=two).stdout
        if said.count(b"200 OK") != 2:
            raise Failed(repr(said))
        get(laptop, 200, f"{SITE}/")
        get(laptop, 200, "-u", ":".join(vera), f"{SITE}/")
    scene.truth.login(laptop, device, "http", *greta, True)
    scene.truth.login(laptop, device, "http", "greta", "Moos-flechte-78-Y", False)
    scene.truth.login(laptop, device, "http", *ivo, True)
    scene.truth.login(laptop, device, "http", *vera, None)


@scenario("http_tls", ["nginx-light", "curl"])
def http_tls(scene: Scene) -> None:
    """The same logins over TLS: the twin that must stay silent

    nginx with TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2; curl logs in with Basic, wrongly and rightly, and posts a form.
    """
    device, laptop = scene.pair("ec:71:db")
    Authority(device).give(device, "web", "attic.home.arpa", address="192.168.50.10")
    _serve(
        device,
        "443 ssl http2",
        "ssl_certificate /etc/lab/web.pem; ssl_certificate_key /etc/lab/web.key;",
        {"greta": "Moos-flechte-77-Y"},
    )
    with scene.net.recording(scene.capture):
        for how in (("--http1.1", "--tls-max", "1.2"), ("--http1.1",), ("--http2",)):
            get(laptop, 200, *how, "-u", "greta:Moos-flechte-77-Y", "https://192.168.50.10/private/")
            get(laptop, 401, *how, "-u", "greta:falsch-falsch-12", "https://192.168.50.10/private/")
            get(laptop, 405, *how, "-d", "username=greta&password=Moos-flechte-77-Y", "https://192.168.50.10/")
    scene.truth.never("credential.cleartext", "credential.challenge", "credential.default", "transfer.unencrypted")


@scenario(
    "http_forms",
    ["curl", "python3"],
    crafted="the server is our own, on Python's http.server (`recipes/programs/site.py`); the client is curl",
)
def http_forms(scene: Scene) -> None:
    """Logins in forms, JSON, multipart, query strings; session cookie, bearer token, API key

    One device's web site. Jette logs in with a form (302 and a cookie), looks at a page with the cookie, then mistypes
    (200 with the form again, so only the page says that it was refused). Milan posts JSON, refused and accepted; the
    same as multipart; a query string as old cameras have it; `Authorization: Bearer` and `X-Api-Key`, each once right
    after a request without.
    """
    device, laptop = scene.pair("50:c7:bf")
    jette = ("jette", "Pfad+finder&31=xZ")
    token, key, session = "tk_" + secrets.token_hex(16), secrets.token_hex(20), secrets.token_hex(16)
    device.start(PYTHON, str(PROGRAMS / "site.py"), "80", ":".join(jette), token, key, session, tcp=80)
    with scene.net.recording(scene.capture):
        get(laptop, 200, f"{SITE}/login")
        get(
            laptop,
            302,
            "--data-urlencode",
            f"username={jette[0]}",
            "--data-urlencode",
            f"password={jette[1]}",
            f"{SITE}/login",
        )
        get(laptop, 200, "-b", f"sid={session}", f"{SITE}/home")
        get(
            laptop,
            200,
            "--data-urlencode",
            "username=jette",
            "--data-urlencode",
            "password=Pfad+sucher&31=xZ",
            f"{SITE}/login",
        )
        for secret, code in (("Falsche-faehrte-90", 401), (jette[1], 200)):
            get(
                laptop,
                code,
                "-H",
                "Content-Type: application/json",
                "-d",
                f'{{"username": "jette", "password": "{secret}"}}',
                f"{SITE}/api/login",
            )
        get(laptop, 302, "-F", f"username={jette[0]}", "-F", f"password={jette[1]}", f"{SITE}/login")
        get(laptop, 403, "-G", "-d", "loginuse=jette", "-d", "loginpas=abc12345wrong", f"{SITE}/cgi-bin/status.cgi")
        get(
            laptop,
            200,
            "-G",
            "-d",
            "loginuse=jette",
            "--data-urlencode",
            f"loginpas={jette[1]}",
            f"{SITE}/cgi-bin/status.cgi",
        )
        get(laptop, 401, f"{SITE}/api/lights")
        get(laptop, 200, "-H", f"Authorization: Bearer {token}", f"{SITE}/api/lights")
        get(laptop, 401, f"{SITE}/api/groups")
        get(laptop, 200, "-H", f"X-Api-Key: {key}", f"{SITE}/api/groups")
    truth = scene.truth
    truth.finding(
        "credential.cleartext",
        laptop,
        device,
        "http",
        mechanism="password",
        username="jette",
        secret_sha256=truth.digest(jette[1]),
    )
    for wrong in ("Pfad+sucher&31=xZ", "Falsche-faehrte-90", "abc12345wrong"):
        truth.finding(
            "credential.cleartext",
            laptop,
            device,
            "http",
            mechanism="password",
            username="jette",
            secret_sha256=truth.digest(wrong),
        )
    truth.finding(
        "credential.cleartext",
        laptop,
        device,
        "http",
        mechanism="cookie",
        name="sid",
        secret_sha256=truth.digest(session),
    )
    truth.finding("credential.cleartext", laptop, device, "http", mechanism="token", secret_sha256=truth.digest(token))
    truth.finding("credential.cleartext", laptop, device, "http", secret_sha256=truth.digest(key))


@scenario("http_digest", ["lighttpd", "curl"])
def http_digest(scene: Scene) -> None:
    """HTTP Digest with MD5 and SHA-256, accepted and refused

    lighttpd's mod_auth_digest offers MD5 on port 80 and SHA-256 on port 81; curl --digest. The password never crosses.
    """
    device, laptop = scene.pair("9c:8e:cd")
    device.write("/srv/www/index.html", "<html>Greenhouse camera</html>\n")
    device.write("/etc/lab/plain", "rosa:Efeu-ranke-66-bW\n")
    for port, algorithm in ((80, "MD5"), (81, "SHA-256")):
        device.write(
            f"/etc/lab/lighttpd{port}.conf",
            f"""server.port = {port}
server.document-root = "/srv/www"
index-file.names = ("index.html")
server.modules = ("mod_auth", "mod_authn_file")
auth.backend = "plain"
auth.backend.plain.userfile = "/etc/lab/plain"
auth.require = ("/" => ("method" => "digest", "realm" => "Greenhouse", "algorithm" => "{algorithm}", "require" => "valid-user"))
""",
        )
        device.start("lighttpd", "-D", "-f", f"/etc/lab/lighttpd{port}.conf", tcp=port)
    with scene.net.recording(scene.capture):
        for port in (80, 81):
            get(laptop, 200, "--digest", "-u", "rosa:Efeu-ranke-66-bW", f"{SITE}:{port}/")
            get(laptop, 401, "--digest", "-u", "rosa:Efeu-ranke-67-bW", f"{SITE}:{port}/")
    scene.truth.login(laptop, device, "http", "rosa", None, True, rule="credential.challenge")
    scene.truth.login(laptop, device, "http", "rosa", None, False, rule="credential.challenge")
    scene.truth.never("credential.cleartext")
