"""Turns logins of small offices (SMB, RADIUS, a proxy, SSH) and of IPv6 and its fragments into captures."""

from __future__ import annotations

from .lab import Failed
from .scenario import Scene, scenario
from .scene_devices import says
from .tools import Authority, dialog, mosquitto, nginx, vsftpd


@scenario("ssh", ["dropbear-bin"])
def ssh(scene: Scene) -> None:
    """SSH with a password, accepted and refused: nothing to be read

    dropbear at both ends.
    """
    device, laptop = scene.pair("90:02:a9")
    device.user("kuno", "Rohr-dommel.Schilf.1")
    device.sh("mkdir -p /etc/dropbear; dropbearkey -t ed25519 -f /etc/dropbear/key >/dev/null 2>&1")
    device.start("dropbear", "-F", "-E", "-r", "/etc/dropbear/key", "-p", "22", tcp=22)
    ask = ["dbclient", "-y", "-y", "kuno@192.168.50.10", "id"]
    with scene.net.recording(scene.capture):
        shown = dialog(laptop, ask, [("assword:", "Rohr-dommel.Schilf.1\r")])
        if "uid=" not in shown:
            raise Failed(shown)
        dialog(laptop, ask, [("assword:", "Rohr-spatz.Schilf.1\r"), ("assword:", "\x03")], timeout=9)
    scene.truth.never("credential.cleartext", "credential.challenge", "credential.default", "transfer.unencrypted")


@scenario("proxy", ["tinyproxy-bin", "nginx-light", "curl"])
def proxy(scene: Scene) -> None:
    """An HTTP proxy with Basic: a page through it, a TLS tunnel by CONNECT, refused

    tinyproxy asks for Proxy-Authorization (407; it answers a wrong one with 401); behind it nginx, plain and with TLS.
    Inside the tunnel curl logs in with Basic, which must not be found.
    """
    device, laptop = scene.pair("3c:a6:2f")
    site = scene.net.host("site", "00:11:32:4e:51:44", "192.168.50.44/24")
    scene.truth.device(site)
    agnes = ("agnes", "Spinn-web_Tau_1907")
    device.write(
        "/etc/lab/tinyproxy.conf",
        f"Port 8888\nTimeout 30\nBasicAuth {agnes[0]} {agnes[1]}\nConnectPort 443\nLogLevel Error\nDisableViaHeader Yes\n",
    )
    device.start("tinyproxy", "-d", "-c", "/etc/lab/tinyproxy.conf", tcp=8888)
    Authority(site).give(site, "web", "site.lab.example")
    site.write("/srv/www/index.html", "<html>behind</html>\n")
    tls = "ssl_certificate /etc/lab/web.pem; ssl_certificate_key /etc/lab/web.key;"
    nginx(site, f"server {{ listen 80; listen 443 ssl; {tls} root /srv/www; }}", tcp=443)
    through = "curl -sk -o /dev/null -w '%{http_connect} %{http_code}' -x http://192.168.50.10:8888"
    with scene.net.recording(scene.capture):
        says(laptop, f"{through} http://192.168.50.44/", "000 407")
        says(laptop, f"{through} -U {':'.join(agnes)} http://192.168.50.44/", "000 200")
        says(laptop, f"{through} -U agnes:Spinn-rad_Tau_1907 http://192.168.50.44/", "000 401")
        says(laptop, f"{through} -U {':'.join(agnes)} -u innen:Nicht-zu-lesen-55 https://192.168.50.44/", "200 200")
    scene.truth.login(laptop, device, "http", *agnes, True)
    scene.truth.login(laptop, device, "http", "agnes", "Spinn-rad_Tau_1907", False)
    scene.truth.facts["never_a_secret_sha256"] = [scene.truth.digest("Nicht-zu-lesen-55")]


@scenario("smb", ["samba", "smbclient"])
def smb(scene: Scene) -> None:
    """SMB 3 and SMB 2 with NTLMv2, accepted, refused, and a guest

    samba; smbclient lists and fetches a file. The password crosses only as NTLMv2's answer.
    """
    nas, laptop = scene.pair("00:11:32")
    nas.sh(
        "mkdir -p /run/samba /srv/share; echo 'the boat is in the shed' > /srv/share/note.txt; chmod -R a+rwX /srv/share; useradd -m merle"
    )
    nas.write(
        "/etc/samba/smb.conf",
        "[global]\nworkgroup = LAB\nnetbios name = NAS\nserver role = standalone server\nmap to guest = Never\nload printers = no\n"
        "disable netbios = yes\nsmb ports = 445\nlog level = 0\n[share]\npath = /srv/share\nread only = no\n",
    )
    nas.run("smbpasswd", "-s", "-a", "merle", text="Eis-vogel/am/Bach-6\nEis-vogel/am/Bach-6\n")
    nas.start("smbd", "-F", "--no-process-group", tcp=445, timeout=30)
    ask = "smbclient //192.168.50.10/share -W LAB -U merle%{secret} -m {how} -c 'get note.txt /dev/null' 2>&1; true"
    with scene.net.recording(scene.capture):
        for how in ("SMB3", "SMB2_02"):
            says(laptop, ask.format(secret="Eis-vogel/am/Bach-6", how=how), "getting file")
            says(laptop, ask.format(secret="Eis-vogel/am/Fluss-6", how=how), "LOGON_FAILURE")
    scene.truth.finding("credential.challenge", laptop, nas, None, accepted=True)
    scene.truth.finding("credential.challenge", laptop, nas, None, accepted=False)
    scene.truth.never("credential.cleartext")


@scenario("radius", ["freeradius", "freeradius-utils"])
def radius(scene: Scene) -> None:
    """RADIUS with PAP and CHAP, accepted and refused

    freeradius and radclient. User-Password is hidden with the shared secret and MD5 (RFC 2865, 5.2), so no password can
    be read.
    """
    server, point = scene.pair("00:11:32")
    server.write(
        "/etc/freeradius/3.0/clients.conf",
        "client point { ipaddr = 192.168.50.90\n secret = Gemeinsam-geheim-3141\n require_message_authenticator = no\n}\n",
    )
    server.write(
        "/etc/freeradius/3.0/mods-config/files/authorize", 'vroni Cleartext-Password := "Bach-stelzen-nest-27"\n'
    )
    server.start("freeradius", "-f", "-l", "stdout", udp=1812, timeout=30)
    ask = "echo 'User-Name = vroni, {kind}-Password = {secret}, NAS-IP-Address = 192.168.50.90' | radclient -r 1 -t 3 192.168.50.10 auth Gemeinsam-geheim-3141 2>&1; true"
    with scene.net.recording(scene.capture):
        for kind in ("User", "CHAP"):
            says(point, ask.format(kind=kind, secret="Bach-stelzen-nest-27"), "Access-Accept")
            says(point, ask.format(kind=kind, secret="Bach-kiesel-nest-27"), "Access-Reject")
    scene.truth.login(point, server, "radius", "vroni", None, True, rule="credential.challenge")
    scene.truth.login(point, server, "radius", "vroni", None, False, rule="credential.challenge")
    scene.truth.never("credential.cleartext")


@scenario("ipv6_fragments", ["vsftpd", "curl", "mosquitto", "mosquitto-clients", "rsyslog", "bsdutils"])
def ipv6_fragments(scene: Scene) -> None:
    """FTP over IPv6, MQTT between link-local addresses, datagrams in fragments (IPv4 and IPv6)

    vsftpd answers EPSV over IPv6; mosquitto is reached at its fe80:: address. logger sends lines of 4,000 bytes over
    UDP, once by IPv4 and once by IPv6; each travels in three fragments, with a password near its end.
    """
    server = scene.net.host("server", "00:11:32:4e:51:0a", "192.168.50.10/24", "fd00:50::10/64")
    laptop = scene.net.host("laptop", "a4:c3:f0:17:6d:05", "192.168.50.90/24", "fd00:50::90/64")
    scene.truth.device(server, "192.168.50.10", "fd00:50::10", "fe80::211:32ff:fe4e:510a")
    scene.truth.device(laptop, "192.168.50.90", "fd00:50::90", "fe80::a6c3:f0ff:fe17:6d05")
    ortrun = ("ortrun", "Nebel-kraehe+7+fE")
    server.user(*ortrun)
    server.write("/home/ortrun/note.txt", "six is enough\n" * 40)
    vsftpd(server, "listen=NO\nlisten_ipv6=YES\n")
    mosquitto(server, "listener 1883\n", **dict([ortrun]))
    server.write(
        "/etc/lab/rsyslog.conf",
        'global(maxMessageSize="16k")\nmodule(load="imudp")\ninput(type="imudp" port="514")\n*.* /run/log\n',
    )
    server.start("rsyslogd", "-n", "-f", "/etc/lab/rsyslog.conf", "-i", "/run/rsyslog.pid", udp=514)
    laptop.sh("sleep 2")  # duplicate address detection of the link-local addresses
    lines = {address: f"{'padding ' * 490}user=ortrun password=Raben-kraehe-{number}-xQ" for number, address in
             enumerate(("192.168.50.10", "fd00:50::10"))}  # fmt: skip
    with scene.net.recording(scene.capture):
        says(laptop, f"curl -s -g -u {':'.join(ortrun)} 'ftp://[fd00:50::10]/note.txt'", "six is enough")
        laptop.run(
            "mosquitto_pub", "-h", "fe80::211:32ff:fe4e:510a%eth0", "-u", ortrun[0], "-P", ortrun[1], "-t", "a/b",
            "-m", "link-local",
        )  # fmt: skip
        for address, line in lines.items():
            laptop.run("logger", "-n", address, "-P", "514", "-d", "--rfc3164", "--size", "8000", "-t", "heating", line)
    for client, place, protocol, secret in (
        ("fd00:50::90", "fd00:50::10", "ftp", ortrun[1]),
        ("fe80::a6c3:f0ff:fe17:6d05", "fe80::211:32ff:fe4e:510a", "mqtt", ortrun[1]),
        ("192.168.50.90", "192.168.50.10", "syslog", "Raben-kraehe-0-xQ"),
        ("fd00:50::90", "fd00:50::10", "syslog", "Raben-kraehe-1-xQ"),
    ):
        server.address, laptop.address = place, client
        scene.truth.finding(
            "credential.cleartext", laptop, server, protocol, answerable_known=False,
            username=ortrun[0], secret_sha256=scene.truth.digest(secret),
        )  # fmt: skip
