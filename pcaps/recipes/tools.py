"""Turns a host into a server of some kind: configuration written, program started, ready when this returns."""

from __future__ import annotations

import json
import pathlib
import textwrap
from collections.abc import Sequence

from .lab import Host

PYTHON = "/usr/bin/python3"
"""Debian's own interpreter: the one that Debian's Python packages are installed for."""

AIOQUIC = pathlib.Path("/opt/lanwitness-pcaps/bin/python")
"""Interpreter of the virtual environment that holds aioquic and mitmproxy (from PyPI)."""

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"

_UDHCPC = """#!/bin/sh
case "$1" in
deconfig) ip -4 address flush dev $interface; ip link set $interface up ;;
bound|renew) ip -4 address flush dev $interface; ip address add $ip/${mask:-24} dev $interface
  [ -n "$router" ] && ip route replace default via ${router%% *}
  : > /etc/resolv.conf; for d in $dns; do echo "nameserver $d" >> /etc/resolv.conf; done ;;
esac
exit 0
"""

_DHCLIENT = """#!/bin/sh
case "$reason" in
PREINIT*) ip link set $interface up ;;
BOUND|RENEW|REBIND|REBOOT) ip -4 address flush dev $interface
  ip address add $new_ip_address/24 dev $interface
  [ -n "$new_routers" ] && ip route replace default via ${new_routers%% *}
  : > /etc/resolv.conf; for d in $new_domain_name_servers; do echo "nameserver $d" >> /etc/resolv.conf; done ;;
BOUND6|RENEW6|REBIND6) ip -6 address add $new_ip6_address/128 dev $interface nodad ;;
esac
exit 0
"""

_SNAKEOIL = """cn = "%s"
%s
serial = %d
activation_date = "%s"
expiration_date = "%s"
signing_key
encryption_key
tls_www_server
%s
"""


def udhcpc(host: Host, hostname: str = "", vendor_class: str = "", *more: str) -> None:
    """Gets an address with busybox' udhcpc, which then ends."""
    host.write("/etc/lab/udhcpc", _UDHCPC, 0o755)
    host.run(
        "udhcpc",
        "-i",
        "eth0",
        "-n",
        "-q",
        "-f",
        "-s",
        "/etc/lab/udhcpc",
        *(["-x", f"hostname:{hostname}"] if hostname else []),
        *(["-V", vendor_class] if vendor_class else []),
        *more,
    )


def dhclient(host: Host, configuration: str = "", *more: str) -> None:
    """Gets an address with ISC's dhclient; `configuration` is its dhclient.conf."""
    host.write("/etc/lab/dhclient", _DHCLIENT, 0o755)
    host.write("/etc/lab/dhclient.conf", configuration)
    host.run(
        "dhclient",
        "-1",
        "-q",
        "-cf",
        "/etc/lab/dhclient.conf",
        "-sf",
        "/etc/lab/dhclient",
        "-lf",
        f"/run/leases{''.join(more)}",
        "-pf",
        f"/run/dhclient{''.join(more)}.pid",
        *more,
        "eth0",
    )


def dnsmasq(host: Host, configuration: str, *, tcp: int = 53) -> None:
    host.write(
        "/etc/lab/dnsmasq.conf",
        "user=root\nno-hosts\nno-daemon\nleasefile-ro\nno-resolv\n" + textwrap.dedent(configuration),
    )
    host.start("dnsmasq", "-C", "/etc/lab/dnsmasq.conf", tcp=tcp)


def nginx(host: Host, servers: str, *, tcp: int) -> None:
    """Starts nginx with the given server blocks."""
    host.write(
        "/etc/nginx/lab.conf",
        "user root;\nworker_processes 1;\ndaemon off;\npid /run/nginx.pid;\nerror_log stderr;\n"
        "events {}\nhttp {\n include /etc/nginx/mime.types; access_log off; default_type application/octet-stream;\n"
        " client_body_temp_path /run/nginx-body; keepalive_timeout 5;\n" + textwrap.dedent(servers) + "\n}\n",
    )
    host.run("mkdir", "-p", "/var/log/nginx")
    host.start("nginx", "-c", "/etc/nginx/lab.conf", tcp=tcp)


def users_file(host: Host, path: str, **users: str) -> None:
    """An htpasswd file with APR1 hashes, as nginx and lighttpd read it."""
    lines = [f"{user}:{host.sh('openssl passwd -apr1 -stdin', text=secret).strip()}" for user, secret in users.items()]
    host.write(path, "\n".join(lines) + "\n")


def avahi(
    host: Host, *services: tuple[str, str, int, Sequence[str]], name: str = "", allow_query_only: bool = False
) -> None:
    """Starts D-Bus and avahi-daemon; a service is (instance name, type, port, TXT strings)."""
    if name:
        host.run("hostname", name)
    host.sh("rm -rf /etc/avahi/services/*; mkdir -p /run/dbus")
    for number, (instance, kind, port, txt) in enumerate(services):
        records = "".join(f"<txt-record>{_xml(item)}</txt-record>" for item in txt)
        host.write(
            f"/etc/avahi/services/{number}.service",
            f'<?xml version="1.0"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd"><service-group><name>{_xml(instance)}</name>'
            f"<service><type>{kind}</type><port>{port}</port>{records}</service></service-group>",
        )
    host.write(
        "/etc/avahi/avahi-daemon.conf",
        "[server]\nuse-ipv4=yes\nuse-ipv6=yes\nallow-interfaces=eth0\n[publish]\npublish-hinfo=no\n"
        f"publish-workstation=no\n{'disable-publishing=yes' if allow_query_only else ''}\n[rlimits]\n",
    )
    host.start(
        "dbus-daemon",
        "--system",
        "--nofork",
        "--nopidfile",
        ready=lambda: host.run("test", "-S", "/run/dbus/system_bus_socket", check=False).returncode == 0,
    )
    host.start("avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", udp=5353)


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def telnetd(host: Host, port: int = 23) -> None:
    """Serves GNU telnetd, one for each connection, as inetd would."""
    host.start("socat", f"TCP-LISTEN:{port},reuseaddr,fork", "EXEC:/usr/sbin/telnetd,nofork", tcp=port)


def vsftpd(host: Host, configuration: str = "") -> None:
    host.run("mkdir", "-p", "/run/vsftpd/empty", "/srv")
    host.write(
        "/etc/lab/vsftpd.conf",
        "listen=YES\nbackground=NO\nlocal_enable=YES\nwrite_enable=YES\nseccomp_sandbox=NO\n"
        "isolate_network=NO\nisolate=NO\nsecure_chroot_dir=/run/vsftpd/empty\npam_service_name=vsftpd\n"
        + textwrap.dedent(configuration),
    )
    host.start("vsftpd", "/etc/lab/vsftpd.conf", tcp=21)


def mosquitto(host: Host, configuration: str, *, tcp: int = 1883, **users: str) -> None:
    """Starts a broker; with users given, only they may connect unless the configuration says otherwise."""
    if users:
        host.write("/etc/lab/mqtt-users", "".join(f"{user}:{secret}\n" for user, secret in users.items()), 0o600)
        host.run("mosquitto_passwd", "-U", "/etc/lab/mqtt-users")
        if "password_file" not in configuration:
            configuration = "password_file /etc/lab/mqtt-users\n" + configuration
    host.write("/etc/lab/mosquitto.conf", "user root\n" + configuration)
    host.start("mosquitto", "-c", "/etc/lab/mosquitto.conf", tcp=tcp)


def dialog(
    host: Host,
    argv: Sequence[str],
    steps: Sequence[tuple[str, str]],
    *,
    pace: float = 0.0,
    timeout: float = 30,
    raw: bool = False,
) -> str:
    """Runs a program on a terminal of its own; for each step waits for a text, then types the other. `pace`: seconds
    between keys.

    Returns what the terminal showed. With `raw`, what is typed is Latin-1 bytes rather than UTF-8.
    """
    order = json.dumps({"argv": list(argv), "steps": list(steps), "pace": pace, "seconds": timeout - 5, "raw": raw})
    return host.run(PYTHON, str(PROGRAMS / "dialog.py"), text=order, timeout=timeout).stdout.decode(errors="replace")


EC = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
RSA = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"


class Authority:
    """A certificate authority of its own, made anew for each recording; its keys stay in the recording's
    work folder.
    """

    def __init__(self, host: Host, folder: str = "/run/ca", name: str = "Example Root CA", key: str = EC) -> None:
        self.host, self.folder, self.key, self.serial = host, folder, key, 1000
        host.write(
            f"{folder}/ca.template", f'cn = "{name}"\nca\ncert_signing_key\nexpiration_days = 3650\nserial = 1\n'
        )
        host.sh(
            f"cd {folder}; openssl genpkey -quiet {key} -out ca.key; "
            "certtool --generate-self-signed --load-privkey ca.key --template ca.template --outfile ca.pem 2>/dev/null"
        )

    def certificate(
        self,
        name: str,
        *names: str,
        since: str = "2026-01-05 00:00:00",
        until: str = "2027-01-05 00:00:00",
        self_signed: bool = False,
        key: str = "",
        address: str = "",
        digest: str = "SHA256",
    ) -> tuple[bytes, bytes]:
        """Makes a key and a certificate for `name` (and more names); returns (certificate chain, key) in PEM."""
        self.serial += 1
        alternatives = "\n".join(f'dns_name = "{other}"' for other in (name, *names)) + (
            f"\nip_address = {address}" if address else ""
        )
        text = _SNAKEOIL % (name, alternatives, self.serial, since, until, "")
        self.host.write(f"{self.folder}/t", text)
        how = (
            "--generate-self-signed"
            if self_signed
            else "--generate-certificate --load-ca-certificate ca.pem --load-ca-privkey ca.key"
        )
        self.host.sh(
            f"cd {self.folder}; openssl genpkey -quiet {key or self.key} -out k && "
            f"certtool {how} --hash {digest} --load-privkey k --template t --outfile c 2>/dev/null"
        )
        return self.host.read(f"{self.folder}/c"), self.host.read(f"{self.folder}/k")

    @property
    def root(self) -> bytes:
        return self.host.read(f"{self.folder}/ca.pem")

    def give(self, host: Host, stem: str, name: str, *names: str, **how: object) -> None:
        """Puts STEM.pem and STEM.key for `name` into /etc/lab of a host."""
        certificate, key = self.certificate(name, *names, **how)  # type: ignore[arg-type]
        host.write(f"/etc/lab/{stem}.pem", certificate)
        host.write(f"/etc/lab/{stem}.key", key, 0o600)
