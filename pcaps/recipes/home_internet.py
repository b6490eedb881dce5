"""Turns two hosts into the router of a home and the internet behind it: names, clouds, a broker, firmware,
radio, time.
"""

from __future__ import annotations

from .lab import Host
from .network import Network
from .tools import AIOQUIC, PROGRAMS, RSA, Authority, dnsmasq, mosquitto, nginx, users_file

NAMES = {
    "cloud.cameras.example": "203.0.113.11",
    "fw.thermo.example": "203.0.113.20",
    "api.thermo.example": "203.0.113.21",
    "mqtt.sensors.example": "203.0.113.40",
    "iot.plugs.example": "203.0.113.45",
    "voice.assistant.example": "203.0.113.50",
    "tv.streams.example": "203.0.113.60",
    "img.streams.example": "203.0.113.61",
    "count.audience.example": "203.0.113.62",
    "radio.example": "203.0.113.70",
    "www.news.example": "203.0.113.80",
    "video.example": "203.0.113.81",
    "pool.ntp.example": "198.51.100.123",
}
"""Names of the internet (RFC 2606) and their addresses (RFC 5737)."""

RESOLVER = "198.51.100.53"
SENSOR_LOGIN = ("sns-8842", "hV3-nordlicht-77pe")
ROUTER_LOGIN = ("admin", "k7Qm-tulpe-93xv")

_TLS = (
    "server {{ listen {address}:443 ssl{h2}; server_name {name}; ssl_certificate /etc/lab/{stem}.pem; ssl_certificate_key /etc/lab/{stem}.key;"
    " ssl_protocols {protocols}; ssl_ciphers {ciphers}; root /srv/{stem}; location / {{ try_files $uri /answer.json; }} }}\n"
)


def internet(net: Network, wan: Network) -> tuple[Host, Authority]:
    """Starts everything that the devices find outside; returns the host (its address is the broker's) and the
    authority.
    """
    host = Host("internet", net.work)
    net.hosts["internet"] = host
    host.mac, host.address = "02:00:5e:00:53:01", NAMES["mqtt.sensors.example"]
    host.join(
        wan.bridge,
        host.mac,
        "198.51.100.1/24",
        f"{RESOLVER}/32",
        *(f"{address}/32" for address in NAMES.values()),
        port="w1",
    )
    host.run("ip", "route", "add", "192.168.178.0/24", "via", "198.51.100.2")
    dnsmasq(
        host,
        f"listen-address={RESOLVER}\nbind-interfaces\nlocal-ttl=300\n"
        + "".join(f"host-record={name},{ip}\n" for name, ip in NAMES.items()),
    )
    ca = Authority(host)
    servers = ""
    for stem, name, h2 in (
        ("cam", "cloud.cameras.example", ""),
        ("thermo", "api.thermo.example", ""),
        ("voice", "voice.assistant.example", ""),
        ("news", "www.news.example", " http2"),
        ("video", "video.example", ""),
        ("tv", "tv.streams.example", ""),
        ("plug", "iot.plugs.example", ""),
    ):
        expired = (
            {"since": "2019-03-01 00:00:00", "until": "2021-03-01 00:00:00", "self_signed": True}
            if stem == "plug"
            else {}
        )
        rsa = {"key": RSA} if stem in ("tv", "plug") else {}
        ca.give(host, stem, name, **expired, **rsa)
        host.write(f"/srv/{stem}/answer.json", '{"ok": true, "next": 60}\n')
        old = stem == "tv"
        servers += _TLS.format(
            address=NAMES[name],
            name=name,
            stem=stem,
            h2=h2,
            ciphers="DEFAULT:@SECLEVEL=0" if old else "HIGH",
            protocols="TLSv1" if old else "TLSv1.2" if stem == "plug" else "TLSv1.2 TLSv1.3",
        )
    host.write("/srv/news/index.html", "<html><body>" + "<p>News of a made-up town.</p>" * 200 + "</body></html>")
    for stem, name in (("fw", "fw.thermo.example"), ("img", "img.streams.example"), ("radio", "radio.example")):
        servers += f"server {{ listen {NAMES[name]}:80; server_name {name}; root /srv/{stem}; }}\n"
    servers += f"server {{ listen {NAMES['count.audience.example']}:80; return 204; }}\n"
    firmware(host)
    host.sh(
        "mkdir -p /srv/img /srv/radio; cd /srv; for n in 1 2 3; do gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=$n ! video/x-raw,format=I420,width=240,height=136 "
        "! jpegenc ! filesink location=img/poster$n.jpg; done; gst-launch-1.0 -q audiotestsrc num-buffers=400 wave=ticks ! lamemp3enc bitrate=64 target=bitrate cbr=true "
        "! filesink location=radio/morning.mp3",
        timeout=60,
    )
    nginx(host, servers, tcp=443)
    host.start(
        str(AIOQUIC),
        str(PROGRAMS / "http3.py"),
        "serve",
        NAMES["video.example"],
        "443",
        "/etc/lab/video.pem",
        "/etc/lab/video.key",
        udp=443,
    )
    mosquitto(host, f"listener 1883 {NAMES['mqtt.sensors.example']}\n", **dict([SENSOR_LOGIN]))
    host.write("/etc/lab/chrony.conf", f"local stratum 2\nallow\nbindaddress {NAMES['pool.ntp.example']}\ncmdport 0\n")
    host.start("chronyd", "-d", "-x", "-u", "root", "-f", "/etc/lab/chrony.conf", udp=123)
    return host, ca


def firmware(host: Host) -> None:
    """A firmware as small devices get it: a squashfs behind U-Boot's header, and a manifest that names it."""
    host.sh(
        "mkdir -p /run/fw/etc /run/fw/bin /srv/fw/v2; cd /run/fw; echo thermo-2.4.1 > etc/version; cp /bin/busybox bin/; ln -s busybox bin/sh; "
        "head -c 60000 bin/busybox > bin/b; mv bin/b bin/busybox; mksquashfs /run/fw /run/rootfs -quiet -no-progress -comp gzip; "
        "mkimage -A arm -O linux -T firmware -C none -n thermo-2.4.1 -d /run/rootfs /srv/fw/v2/thermo-2.4.1.bin"
    )
    host.write(
        "/srv/fw/v2/manifest.json",
        '{"model": "thermo-2", "version": "2.4.1", "url": "http://fw.thermo.example/v2/thermo-2.4.1.bin"}\n',
    )


def router(net: Network, wan: Network, reservations: str) -> Host:
    """The router: DHCP and DNS for the home, a page with HTTP Basic, and the way to the internet."""
    host = net.host("router", "3c:a6:2f:51:07:01", "192.168.178.1/24")
    host.join(wan.bridge, "3c:a6:2f:51:07:02", "198.51.100.2/24", port="w2", interface="wan0", gateway="198.51.100.1")
    host.sh("echo 1 > /proc/sys/net/ipv4/ip_forward")
    dnsmasq(
        host,
        f"interface=eth0\nserver={RESOLVER}\ndomain=home.arpa\ndhcp-authoritative\n"
        f"dhcp-range=192.168.178.100,192.168.178.200,12h\nno-ping\n{reservations}",
    )
    users_file(host, "/etc/lab/users", **dict([ROUTER_LOGIN]))
    host.write(
        "/srv/router/index.html",
        "<html><head><title>Router</title></head><body><h1>Connections</h1>14 devices</body></html>\n",
    )
    nginx(
        host,
        'server { listen 192.168.178.1:80; root /srv/router; server_tokens off; location / { auth_basic "Router"; '
        "auth_basic_user_file /etc/lab/users; } }",
        tcp=80,
    )
    return host
