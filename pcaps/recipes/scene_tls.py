"""Turns handshakes, sound and unsound, of OpenSSL, GnuTLS and aioquic into captures."""

from __future__ import annotations

from .lab import Failed, Host
from .scenario import LAPTOP, Scene, scenario
from .tools import AIOQUIC, PROGRAMS, RSA, Authority

LOW = "ALL:eNULL:aNULL:@SECLEVEL=0"
"""OpenSSL 3 speaks TLS 1.0, NULL and anonymous suites only when told so; RC4, 3DES and EXPORT are not in Debian's
build.
"""


def _openssl(
    server: Host, client: Host, port: int, stem: str, *how: str, name: str, serve: tuple[str, ...] = ()
) -> None:
    """One s_server, one s_client that asks for `name`; `how` goes to both."""
    keys = ("-cert", f"/etc/lab/{stem}.pem", "-key", f"/etc/lab/{stem}.key") if stem else ("-nocert",)
    program = server.start("openssl", "s_server", "-accept", str(port), *keys, "-www", "-quiet", *how, *serve, tcp=port)
    done = client.run(
        "openssl",
        "s_client",
        "-connect",
        f"{server.address}:{port}",
        "-servername",
        name,
        *how,
        text=b"GET / HTTP/1.0\r\n\r\n",
        check=False,
        timeout=15,
    )
    server.stop(program)
    if b"Cipher    :" not in done.stdout and b"Cipher is " not in done.stdout:
        raise Failed(f"{how}: {done.stdout[-400:]!r}")


@scenario("tls_versions", ["openssl", "gnutls-bin"])
def tls_versions(scene: Scene) -> None:
    """TLS 1.0 to 1.3 between OpenSSL and GnuTLS, with sound certificates

    s_server and s_client with each version alone, on ports 4410 to 4413; gnutls-serv and gnutls-cli with ALPN on 4420
    (1.3) and 4421 (1.0); a client that offers only what the server refuses (alert) on 4430. All certificates are from
    an authority of our own, valid, RSA with 2048 bits or P-256. TLS 1.0 and 1.1 are the weakness here.
    """
    device, laptop = scene.pair("ec:71:db")
    ca = Authority(device)
    ca.give(device, "rsa", "cam.lab.example", key=RSA)
    ca.give(device, "ec", "cam.lab.example")
    with scene.net.recording(scene.capture):
        for port, version in ((4410, "-tls1"), (4411, "-tls1_1"), (4412, "-tls1_2"), (4413, "-tls1_3")):
            low = ("-cipher", LOW) if port < 4412 else ()
            _openssl(device, laptop, port, "rsa" if port < 4413 else "ec", version, *low, name="cam.lab.example")
        for port, priority in (
            (4420, "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
            (4421, "NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT:+SHA1:+SIGN-RSA-SHA1"),
        ):
            device.start(
                "gnutls-serv",
                "-q",
                "--http",
                "-p",
                str(port),
                "--x509certfile",
                "/etc/lab/rsa.pem",
                "--x509keyfile",
                "/etc/lab/rsa.key",
                "--alpn",
                "http/1.1",
                "--priority",
                priority,
                tcp=port,
            )
            said = laptop.run(
                "gnutls-cli",
                "--insecure",
                "-p",
                str(port),
                "--sni-hostname",
                "cam.lab.example",
                "--alpn",
                "http/1.1",
                "--priority",
                priority,
                device.address,
                text="GET / HTTP/1.0\r\n\r\n",
                check=False,
            ).stdout
            if b"Handshake was completed" not in said:
                raise Failed(said.decode())
        program = device.start(
            "openssl",
            "s_server",
            "-accept",
            "4430",
            "-cert",
            "/etc/lab/ec.pem",
            "-key",
            "/etc/lab/ec.key",
            "-tls1_3",
            "-quiet",
            tcp=4430,
        )
        laptop.run("openssl", "s_client", "-connect", f"{device.address}:4430", "-tls1_2", check=False)
        device.stop(program)
    scene.truth.finding("tls.version", laptop, device, "tls")
    scene.truth.never("credential.cleartext", "transfer.unencrypted")
    scene.truth.facts["handshakes"] = {"completed": 6, "refused": 1}


@scenario("tls_certificates", ["openssl", "gnutls-bin"])
def tls_certificates(scene: Scene) -> None:
    """Certificates of TLS 1.2: expired, not yet valid, self-signed, for another name, short key, SHA-1, 30 years

    One s_server after the other, each on a port and an address of its own (192.168.50.11 to .17), each with one fault;
    .18 is sound. The client goes on in each case, as careless devices do.
    """
    laptop = scene.net.host("laptop", LAPTOP, "192.168.50.90/24")
    scene.truth.device(laptop)
    servers = {}
    faults: list[tuple[str, str, dict[str, object], list[str]]] = [
        ("expired", "cam.lab.example", {"since": "2020-01-01 00:00:00", "until": "2021-01-01 00:00:00"}, ["expired"]),
        (
            "early",
            "cam.lab.example",
            {"since": "2038-01-01 00:00:00", "until": "2039-01-01 00:00:00"},
            ["not_yet_valid"],
        ),
        ("self", "cam.lab.example", {"self_signed": True}, ["self_signed"]),
        ("name", "other.lab.example", {}, ["name_mismatch"]),
        ("short", "cam.lab.example", {"key": RSA.replace("2048", "1024")}, ["short_key"]),
        ("sha1", "cam.lab.example", {"key": RSA, "digest": "SHA1"}, ["weak_signature"]),
        ("long", "cam.lab.example", {"until": "2056-01-01 00:00:00"}, ["long_validity"]),
        ("sound", "cam.lab.example", {}, []),
    ]
    ca = Authority(laptop, key=RSA)
    for number, (stem, name, how, why) in enumerate(faults):
        server = servers[stem] = scene.net.host(stem, f"ec:71:db:4e:52:{number:02x}", f"192.168.50.{11 + number}/24")
        scene.truth.device(server)
        ca.give(server, stem, name, **how)
        if why:
            scene.truth.finding("tls.certificate", laptop, server, "tls", why=why)
    with scene.net.recording(scene.capture):
        for stem, _, _, _ in faults:
            _openssl(
                servers[stem], laptop, 443, stem, "-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=0", name="cam.lab.example"
            )
    scene.truth.facts["only_untrusted_root_at_most"] = servers["sound"].address


@scenario("tls_ciphers", ["openssl"])
def tls_ciphers(scene: Scene) -> None:
    """Suites that protect nothing or nobody: NULL, anonymous, static RSA with CBC, pre-shared key

    s_server and s_client agree on NULL-SHA256 (4501: what crosses can be read), ADH-AES128-SHA256 (4502), AES128-SHA
    (4503) and PSK-AES128-CBC-SHA256 (4504), all in TLS 1.2.
    """
    device, laptop = scene.pair("68:57:2d")
    Authority(device).give(device, "rsa", "plug.lab.example", key=RSA)
    with scene.net.recording(scene.capture):
        for port, suite, stem in (
            (4501, "NULL-SHA256", "rsa"),
            (4502, "ADH-AES128-SHA256", ""),
            (4503, "AES128-SHA", "rsa"),
            (4504, "PSK-AES128-CBC-SHA256", ""),
        ):
            shared = ("-psk", "5ec12e7f00d4b1a7c0ffee5ec12e7f00") if suite.startswith("PSK") else ()
            _openssl(
                device,
                laptop,
                port,
                stem,
                "-tls1_2",
                "-cipher",
                suite + ":@SECLEVEL=0",
                *shared,
                name="plug.lab.example",
            )
    scene.truth.finding("tls.cipher", laptop, device, "tls")
    # The prime that s_server takes for anonymous suites at level 0; Wireshark shows its 128 bytes.
    scene.truth.finding("tls.key", laptop, device, "tls", value="DH 1024")
    scene.truth.never("credential.cleartext")


@scenario("quic", ["pip:aioquic"])
def quic(scene: Scene) -> None:
    """HTTP/3 over QUIC version 1

    aioquic at both ends, three connections to two names, and a ClientHello that needs two Initial packets.
    """
    device, laptop = scene.pair("3c:a6:2f")
    ca = Authority(device)
    ca.give(device, "quic", "video.lab.example", "photos.lab.example")
    laptop.write("/etc/lab/ca.pem", ca.root)
    device.start(
        str(AIOQUIC),
        str(PROGRAMS / "http3.py"),
        "serve",
        device.address,
        "443",
        "/etc/lab/quic.pem",
        "/etc/lab/quic.key",
        udp=443,
    )
    with scene.net.recording(scene.capture):
        for name, padding in (("video.lab.example", "0"), ("photos.lab.example", "0"), ("video.lab.example", "90")):
            laptop.run(
                str(AIOQUIC),
                str(PROGRAMS / "http3.py"),
                "get",
                device.address,
                "443",
                name,
                "/",
                "/etc/lab/ca.pem",
                padding,
            )
    scene.truth.names += ["video.lab.example", "photos.lab.example"]
    scene.truth.facts["server_names_in_initials"] = ["video.lab.example", "photos.lab.example"]
    scene.truth.never("credential.cleartext", "transfer.unencrypted")


@scenario("shared_keys", ["openssl", "openssh-server", "gnutls-bin"])
def shared_keys(scene: Scene) -> None:
    """Two plugs with the same private keys for TLS and SSH, and a third with keys of its own

    s_server in TLS 1.2 and sshd on each; s_client and ssh ask all three.
    """
    macs = ("68:57:2d:4e:52:11", "68:57:2d:4e:77:52", "68:57:2d:4e:a1:93")
    plugs = [scene.net.host(f"plug{number}", mac, f"192.168.50.{11 + number}/24") for number, mac in enumerate(macs)]
    laptop = scene.net.host("laptop", LAPTOP, "192.168.50.90/24")
    for host in (*plugs, laptop):
        scene.truth.device(host)
    ca = Authority(laptop)
    certificate, key = ca.certificate("plug.lab.example", self_signed=True)
    laptop.sh("ssh-keygen -q -t ed25519 -N '' -f /run/shared; ssh-keygen -q -t ed25519 -N '' -f /run/own")
    for number, plug in enumerate(plugs):
        own = number == 2
        if own:
            certificate, key = ca.certificate("plug.lab.example", self_signed=True)
        plug.write("/etc/lab/web.pem", certificate)
        plug.write("/etc/lab/web.key", key, 0o600)
        plug.write("/etc/lab/ssh.key", laptop.read("/run/own" if own else "/run/shared"), 0o600)
        plug.write("/etc/lab/sshd.conf", "HostKey /etc/lab/ssh.key\nUsePAM no\nPidFile none\n")
        plug.sh("mkdir -p /run/sshd")
        plug.start(
            "openssl", "s_server", "-accept", "443", "-cert", "/etc/lab/web.pem", "-key", "/etc/lab/web.key",
            "-www", "-quiet", "-tls1_2", tcp=443,
        )  # fmt: skip
        plug.start("/usr/sbin/sshd", "-D", "-f", "/etc/lab/sshd.conf", tcp=22)
    with scene.net.recording(scene.capture):
        for plug in plugs:
            laptop.run(
                "openssl", "s_client", "-connect", f"{plug.address}:443", "-quiet", "-no_ign_eof",
                text=b"GET / HTTP/1.0\r\n\r\n", check=False,
            )  # fmt: skip
            laptop.run(
                "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
                f"anna@{plug.address}", "true", check=False,
            )  # fmt: skip
    for kind in ("tls", "ssh"):
        scene.truth.findings.append(
            {
                "rule": "credential.shared_key",
                "client": laptop.address,
                "server": plugs[0].address,
                "protocol": kind,
                "device": None,
                "role": "server",
                "detail": {"kind": kind, "devices": sorted(macs[:2])},
            }
        )
    scene.truth.facts["own_keys"] = macs[2]
    scene.truth.never("credential.cleartext")
