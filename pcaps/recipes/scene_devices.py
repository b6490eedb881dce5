"""Turns logins to small devices and their management (RTSP, SNMP, VNC, CoAP, TFTP, syslog, rlogin, set-up) into
captures.
"""

from __future__ import annotations

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, dialog


def says(host: Host, script: str, what: str, timeout: float = 30) -> None:
    """Runs a shell script and insists on a text in its output."""
    said = host.sh(script, check=False, timeout=timeout)
    if what not in said:
        raise Failed(f"{script[:90]} never said {what!r}: {said[-800:]}")


@scenario("rtsp", ["libgstrtspserver-1.0-0", "gstreamer1.0-plugins-good", "gstreamer1.0-rtsp"])
def rtsp(scene: Scene) -> None:
    """RTSP with Basic and with Digest, accepted and refused; a stream inside RTSP and one beside it (RTP over UDP)

    GStreamer's RTSP server on 554 (Basic) and 8554 (Digest), a test picture as JPEG; rtspsrc plays two seconds over TCP
    (Basic) and over UDP (Digest), then comes with a wrong password to each.
    """
    device, laptop = scene.pair("ec:71:db")
    basic, digest = ("lore", "Eber-esche-101-Rt"), ("lore", "Vogel-beere-202-Rt")
    for port, scheme, login in (("554", "basic", basic), ("8554", "digest", digest)):
        device.start(PYTHON, str(PROGRAMS / "rtsp_server.py"), port, "/live", scheme, *login, tcp=int(port))
    play = "timeout {s} gst-launch-1.0 rtspsrc location=rtsp://192.168.50.10:{port}/live user-id={u} user-pw={p} protocols={how} ! fakesink 2>&1; true"
    with scene.net.recording(scene.capture):
        says(laptop, play.format(s=4, port=554, u=basic[0], p=basic[1], how="tcp"), "Sent PLAY request")
        says(laptop, play.format(s=4, port=8554, u=digest[0], p=digest[1], how="udp"), "Sent PLAY request")
        says(laptop, play.format(s=4, port=554, u="lore", p="Eber-wurz-101-Rt", how="tcp"), "nauthorized")
        says(laptop, play.format(s=4, port=8554, u="lore", p="Vogel-miere-202-Rt", how="udp"), "nauthorized")
    scene.truth.login(laptop, device, "rtsp", *basic, True)
    scene.truth.login(laptop, device, "rtsp", "lore", "Eber-wurz-101-Rt", False)
    scene.truth.login(laptop, device, "rtsp", "lore", None, True, rule="credential.challenge")
    scene.truth.login(laptop, device, "rtsp", "lore", None, False, rule="credential.challenge")


@scenario("snmp", ["snmpd", "snmp"])
def snmp(scene: Scene) -> None:
    """SNMP v1, v2c and v3: communities to read and to write, users with and without privacy

    snmpd; snmpget, snmpwalk and snmpset. A wrong community gets no answer. In v3 one user signs (MD5), one also
    encrypts (SHA, AES).
    """
    device, laptop = scene.pair("00:80:77")
    device.write(
        "/etc/lab/snmpd.conf",
        "agentAddress udp:161\nsysDescr Label printer LP-3\nrocommunity Gold-regen_9981\nrwcommunity Flieder-busch_4410\n"
        "createUser signe MD5 Hopfen-buche-123\ncreateUser priva SHA Hain-buche-456x AES Rot-buche-789xyz\nrouser signe auth\nrouser priva priv\n",
    )
    device.start("snmpd", "-f", "-Lo", "-C", "-c", "/etc/lab/snmpd.conf", udp=161)
    at = "192.168.50.10 1.3.6.1.2.1.1.1.0"
    with scene.net.recording(scene.capture):
        says(laptop, f"snmpget -v1 -c Gold-regen_9981 {at}", "LP-3")
        says(laptop, "snmpwalk -v2c -c Gold-regen_9981 192.168.50.10 1.3.6.1.2.1.1", "LP-3")
        says(
            laptop, "snmpset -v2c -c Flieder-busch_4410 192.168.50.10 1.3.6.1.2.1.1.6.0 s 'second shelf' 2>&1; true", ""
        )
        says(laptop, f"snmpget -v2c -r0 -t1 -c Silber-regen_9981 {at} 2>&1", "Timeout")
        says(laptop, f"snmpget -v3 -l authNoPriv -u signe -a MD5 -A Hopfen-buche-123 {at}", "LP-3")
        says(
            laptop,
            f"snmpget -v3 -l authPriv -u priva -a SHA -A Hain-buche-456x -x AES -X Rot-buche-789xyz {at}",
            "LP-3",
        )
        says(
            laptop,
            f"snmpget -v3 -r0 -t1 -l authNoPriv -u signe -a MD5 -A Hopfen-dolde-123 {at} 2>&1",
            "uthentication failure",
        )
    truth = scene.truth
    for community in ("Gold-regen_9981", "Flieder-busch_4410", "Silber-regen_9981"):
        truth.finding(
            "credential.cleartext", laptop, device, "snmp", mechanism="community", secret_sha256=truth.digest(community)
        )
    truth.finding("credential.challenge", laptop, device, "snmp", username="signe")


@scenario("vnc", ["tigervnc-standalone-server", "tigervnc-tools", "vncsnapshot", "tigervnc-viewer"])
def vnc(scene: Scene) -> None:
    """VNC authentication (DES challenge), accepted and refused

    Xtigervnc with SecurityTypes=VncAuth; vncsnapshot (RFB 3.3) and xtigervncviewer (RFB 3.8), each three seconds at
    most. VNC passwords have eight characters; only the challenge and its answer cross.
    """
    device, laptop = scene.pair("b8:27:eb")
    device.sh("printf 'Lerche42\\nLerche42\\nn\\n' | tigervncpasswd -f > /run/vnc; test -s /run/vnc")
    device.start(
        "Xtigervnc",
        ":1",
        "-rfbauth",
        "/run/vnc",
        "-SecurityTypes",
        "VncAuth",
        "-geometry",
        "320x200",
        "-depth",
        "16",
        "-rfbport",
        "5901",
        tcp=5901,
    )
    laptop.start("Xtigervnc", ":2", "-SecurityTypes", "None", "-rfbport", "5902", "-localhost", tcp=5902)
    laptop.sh(
        "printf 'Lerche42\\n' | tigervncpasswd -f > /run/right; printf 'Amsel042\\n' | tigervncpasswd -f > /run/wrong"
    )
    with scene.net.recording(scene.capture):
        for password, answer in (("right", "succeeded"), ("wrong", "failed")):
            says(
                laptop,
                f"timeout 3 vncsnapshot -passwd /run/{password} 192.168.50.10:1 /run/{password}.jpg 2>&1; true",
                answer,
            )
            says(
                laptop,
                f"DISPLAY=:2 timeout 3 xtigervncviewer -passwd /run/{password} 192.168.50.10::5901 2>&1; true",
                "VncAuth",
            )
    scene.truth.login(laptop, device, "rfb", None, None, True, rule="credential.challenge")
    scene.truth.login(laptop, device, "rfb", None, None, False, rule="credential.challenge")
    scene.truth.never("credential.cleartext")


@scenario("socks5", ["microsocks", "curl", "busybox"])
def socks5(scene: Scene) -> None:
    """SOCKS5 with user name and password (RFC 1929), accepted and refused; a page through it

    microsocks and curl; busybox httpd behind the proxy.
    """
    device, laptop = scene.pair("3c:a6:2f")
    device.write("/srv/www/index.html", "<html>behind the proxy</html>\n")
    device.start("busybox", "httpd", "-f", "-p", "127.0.0.1:8088", "-h", "/srv/www", tcp=8088)
    device.start(
        "microsocks", "-i", "192.168.50.10", "-p", "1080", "-u", "gerlinde", "-P", "Esels-distel=77=Km", tcp=1080
    )
    with scene.net.recording(scene.capture):
        says(laptop, "curl -s --socks5 gerlinde:Esels-distel=77=Km@192.168.50.10:1080 http://127.0.0.1:8088/", "behind")
        says(
            laptop,
            "curl -sv --socks5 gerlinde:Esels-ohr=77=Km@192.168.50.10:1080 http://127.0.0.1:8088/ 2>&1; true",
            "rejected",
        )
    scene.truth.login(laptop, device, "socks", "gerlinde", "Esels-distel=77=Km", True)
    scene.truth.login(laptop, device, "socks", "gerlinde", "Esels-ohr=77=Km", False)


@scenario("amqp", ["rabbitmq-server", "python3-pika"])
def amqp(scene: Scene) -> None:
    """AMQP 0-9-1 with SASL PLAIN, accepted and refused

    RabbitMQ and pika; one message is published.
    """
    server, laptop = scene.pair("00:11:32")
    server.sh("mkdir -p /run/mq; echo 127.0.0.1 device >> /etc/hosts")
    server.write(
        "/run/mq/rabbitmq.conf",
        "listeners.tcp.default = 5672\nloopback_users = none\ndefault_user = siegrun\ndefault_pass = Bach-bunge;Krebs-schere\n",
    )
    home = {
        "RABBITMQ_CONFIG_FILE": "/run/mq/rabbitmq",
        "RABBITMQ_MNESIA_BASE": "/run/mq/db",
        "RABBITMQ_LOG_BASE": "/run/mq/log",
        "HOME": "/run/mq",
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_LOGS": "-",
    }
    server.start("/usr/lib/rabbitmq/bin/rabbitmq-server", env=home, tcp=5672, timeout=90)
    script = (
        "import pika, sys\ntry:\n c = pika.BlockingConnection(pika.ConnectionParameters('192.168.50.10', credentials=pika.PlainCredentials(*sys.argv[1:3]),"
        " connection_attempts=1))\nexcept pika.exceptions.ProbableAuthenticationError: sys.exit(67)\n"
        "except pika.exceptions.AMQPConnectionError: sys.exit(67)\n"
        "h = c.channel(); h.queue_declare('shed'); h.basic_publish('', 'shed', b'door open'); c.close()"
    )
    with scene.net.recording(scene.capture):
        for secret, code in (("Bach-bunge;Krebs-schere", 0), ("Bach-stelze;Krebs-schere", 67)):
            done = laptop.run(PYTHON, "-c", script, "siegrun", secret, check=False)
            if done.returncode != code:
                raise Failed(done.stdout.decode()[-800:])
    scene.truth.login(laptop, server, "amqp", "siegrun", "Bach-bunge;Krebs-schere", True)
    scene.truth.login(laptop, server, "amqp", "siegrun", "Bach-stelze;Krebs-schere", False)


@scenario("coap", ["libcoap3-bin"])
def coap(scene: Scene) -> None:
    """CoAP: a lamp asked and set, Wi-Fi credentials put as JSON, a token in a query; the same inside DTLS

    libcoap's server and client. What is put, and the query, are of our own making; the programs only carry it. Then
    coaps with a pre-shared key, which must stay silent.
    """
    device, laptop = scene.pair("24:0a:c4")
    device.start("coap-server-openssl", "-d", "10", "-k", "Wind-rose-99-psk", "-h", "lamp", udp=5683)
    at = "coap://192.168.50.10"
    with scene.net.recording(scene.capture):
        says(laptop, f"coap-client-openssl -m get {at}/.well-known/core", "time")
        says(
            laptop,
            f"""coap-client-openssl -m put -t 50 -e '{{"ssid":"Haus Nord","psk":"Nord-stern-7-Quelle"}}' {at}/wifi; echo put""",
            "put",
        )
        says(laptop, f"coap-client-openssl -m get '{at}/time?token=c41d8cd98f00b204e980'; echo got", "got")
        says(
            laptop,
            """coap-client-openssl -u lamp -k Wind-rose-99-psk -m put -e '{"psk":"Sued-stern-8-Quelle"}' coaps://192.168.50.10/wifi; echo put""",
            "put",
        )
    truth = scene.truth
    truth.finding("credential.cleartext", laptop, device, "coap", secret_sha256=truth.digest("Nord-stern-7-Quelle"))
    truth.finding(
        "credential.cleartext",
        laptop,
        device,
        "coap",
        mechanism="token",
        secret_sha256=truth.digest("c41d8cd98f00b204e980"),
    )
    truth.facts["never_a_secret_sha256"] = [truth.digest("Sued-stern-8-Quelle"), truth.digest("Wind-rose-99-psk")]


@scenario("rlogin", ["rsh-redone-server", "rsh-redone-client", "socat"])
def rlogin(scene: Scene) -> None:
    """rlogin with a typed password, accepted and refused; rsh, which trusts a name

    rsh-redone behind socat as inetd.
    """
    device, laptop = scene.pair("90:02:a9")
    device.user("arnulf", "Feld-ahorn:55:Zq")
    laptop.run("useradd", "-m", "arnulf")
    device.write("/etc/hosts.equiv", "192.168.50.90 arnulf\nlaptop arnulf\n")
    device.sh("echo 192.168.50.90 laptop >> /etc/hosts")
    for port, program in ((513, "in.rlogind"), (514, "in.rshd")):
        device.start("socat", f"TCP-LISTEN:{port},reuseaddr,fork", f"EXEC:/usr/sbin/{program},nofork", tcp=port)
    ask = ["rsh-redone-rlogin", "-l", "arnulf", "192.168.50.10"]
    with scene.net.recording(scene.capture):
        shown = dialog(laptop, ask, [("assword:", "Feld-ahorn:55:Zq\r"), ("$ ", "id\r"), ("$ ", "exit\r")], pace=0.05)
        if "uid=" not in shown:
            raise Failed(shown)
        dialog(laptop, ask, [("assword:", "Feld-ulme:55:Zq\r"), ("failure", "")], pace=0.02)
        says(laptop, "runuser -u arnulf -- rsh-redone-rsh 192.168.50.10 id 2>&1; true", "uid=")
    scene.truth.login(laptop, device, "rlogin", "arnulf", "Feld-ahorn:55:Zq", True)
    scene.truth.login(laptop, device, "rlogin", "arnulf", "Feld-ulme:55:Zq", False)
