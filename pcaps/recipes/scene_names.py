"""Turns the small talk of a network (addresses, names, services, time) into captures."""

from __future__ import annotations

from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, avahi, dhclient, dnsmasq, udhcpc

_TV = """<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType><friendlyName>Parlour TV</friendlyName>
<manufacturer>Fernsicht Example</manufacturer><modelName>FS-43</modelName><modelNumber>43.2</modelNumber>
<serialNumber>FS43-000217</serialNumber><UDN>uuid:6c1d0a3e-5b7f-4c39-9d21-84a0f3b1c2d5</UDN></device></root>
"""


@scenario("dns_dhcp", ["dnsmasq-base", "udhcpc", "isc-dhcp-client", "dnsutils"])
def dns_dhcp(scene: Scene) -> None:
    """DHCPv4 and DHCPv6 by two clients, DNS over UDP and TCP

    dnsmasq gives out addresses (reserved by MAC) and answers names. busybox' udhcpc asks with options 12, 60 and a list
    of its own (55); dhclient asks with 12, 60, 61, 77 and 81; dhclient -6 gets an address by DHCPv6 after a router
    advertisement. dig asks A, AAAA, CNAME, PTR, TXT (long enough to be cut off over UDP and asked again over TCP), SRV,
    a name that does not exist, and one over IPv6.
    """
    router = scene.net.host("router", "3c:a6:2f:4e:51:01", "192.168.50.1/24", "fd00:50::1/64")
    plug = scene.net.host("plug", "68:57:2d:4e:51:20", plugged=False)
    laptop = scene.net.host("laptop", "a4:c3:f0:17:6d:05", plugged=False)
    long = "".join('txt-record=long.lab.example,"' + f"part {n} of a long answer " * 9 + '"\n' for n in range(8))
    dnsmasq(
        router,
        "interface=eth0\ndhcp-authoritative\nno-ping\ndomain=lab.example\nenable-ra\ndhcp-range=192.168.50.100,192.168.50.150,1h\n"
        "dhcp-range=fd00:50::1000,fd00:50::2000,64,1h\ndhcp-host=68:57:2d:4e:51:20,192.168.50.20\ndhcp-host=a4:c3:f0:17:6d:05,192.168.50.90\n"
        "host-record=cloud.lab.example,203.0.113.11,2001:db8::11\ncname=www.lab.example,cloud.lab.example\n"
        "srv-host=_mqtts._tcp.lab.example,cloud.lab.example,8883\nlocal=/example/\nedns-packet-max=1232\n" + long,
    )
    with scene.net.recording(scene.capture):
        scene.net.plug(plug, "192.168.50.20")
        udhcpc(plug, "plug-4e5120", "udhcp 1.19.4", "-O", "ntpsrv", "-O", "tftp", "-O", "bootfile")
        scene.net.plug(laptop, "192.168.50.90")
        dhclient(
            laptop,
            'send host-name "nele-laptop"; send vendor-class-identifier "anachronism 4.2"; send user-class "household";\n'
            'send fqdn.fqdn "nele-laptop.lab.example"; send fqdn.server-update on; send dhcp-client-identifier 1:a4:c3:f0:17:6d:05;\n'
            "request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, ntp-servers;\n",
        )
        laptop.sh("sleep 2")  # duplicate address detection of the link-local address
        dhclient(laptop, "also request dhcp6.sntp-servers;\n", "-6")
        for asked in (
            "cloud.lab.example",
            "cloud.lab.example AAAA",
            "www.lab.example",
            "-x 192.168.50.1",
            "long.lab.example TXT",
            "_mqtts._tcp.lab.example SRV",
            "nowhere.lab.example",
            "+tcp cloud.lab.example",
            "@fd00:50::1 cloud.lab.example AAAA",
        ):
            laptop.sh(f"dig +tries=1 +time=2 {asked}")
    scene.truth.device(router, "192.168.50.1", "fd00:50::1")
    scene.truth.device(plug, "192.168.50.20", hostname="plug-4e5120")
    scene.truth.device(laptop, "192.168.50.90", hostname="nele-laptop")
    scene.truth.names += [
        "cloud.lab.example",
        "www.lab.example",
        "long.lab.example",
        "_mqtts._tcp.lab.example",
        "nowhere.lab.example",
    ]
    scene.truth.never("credential.cleartext", "credential.challenge")
    scene.truth.facts.update(
        dhcp_options_55={"68:57:2d:4e:51:20": "starts with 1,3,6", "a4:c3:f0:17:6d:05": [1, 28, 3, 15, 6, 42]},
        dhcp_vendor_class={"68:57:2d:4e:51:20": "udhcp 1.19.4", "a4:c3:f0:17:6d:05": "anachronism 4.2"},
    )


@scenario("mdns_ssdp", ["avahi-daemon", "avahi-utils", "minidlna", "gir1.2-gupnp-1.6", "gupnp-tools", "curl"])
def mdns_ssdp(scene: Scene) -> None:
    """Services announced by mDNS and SSDP, and a UPnP description fetched

    A printer and a speaker announce services with avahi (one instance name has UTF-8 and a dot), a NAS with minidlna, a
    TV with GUPnP. A laptop looks for services with avahi-browse and gssdp-discover, and fetches both descriptions with
    curl. At the end the printer leaves (goodbye records, TTL 0).
    """
    printer = scene.net.host("printer", "00:80:77:4e:51:30", "192.168.50.30/24")
    speaker = scene.net.host("speaker", "5c:aa:fd:4e:51:71", "192.168.50.71/24")
    nas = scene.net.host("nas", "00:11:32:4e:51:40", "192.168.50.40/24")
    tv = scene.net.host("tv", "8c:79:f5:4e:51:70", "192.168.50.70/24")
    laptop = scene.net.host("laptop", "a4:c3:f0:17:6d:05", "192.168.50.90/24")
    nas.write(
        "/etc/lab/minidlna.conf",
        "media_dir=/srv\nfriendly_name=Attic NAS\ndb_dir=/run/minidlna\nlog_dir=/run/minidlna\nport=8200\n"
        "network_interface=eth0\nnotify_interval=60\nmodel_name=Attic Media\nserial=AM-00042\n",
    )
    nas.run("mkdir", "-p", "/run/minidlna")
    tv.write("/run/upnp/description.xml", _TV)
    with scene.net.recording(scene.capture):
        avahi(
            printer,
            (
                "Büro Nr. 2",
                "_ipp._tcp",
                631,
                ("txtvers=1", "rp=ipp/print", "ty=Tintenklecks 900", "usb_MFG=Example", "usb_MDL=TK-900"),
            ),
            name="tintenklecks",
        )
        avahi(
            speaker,
            ("Bath", "_googlecast._tcp", 8009, ("id=77aa01c4", "md=SonicOne Mini", "fn=Bath")),
            name="sonic-bath",
        )
        avahi(laptop, name="nele-laptop", allow_query_only=True)
        nas.start("minidlnad", "-S", "-f", "/etc/lab/minidlna.conf", "-P", "/run/minidlna.pid", tcp=8200)
        tv.start(PYTHON, str(PROGRAMS / "upnp_device.py"), "/run/upnp", "description.xml", tcp=49152)
        laptop.sh("avahi-browse -rpt _ipp._tcp; avahi-browse -rpt _googlecast._tcp; avahi-browse -apt")
        laptop.sh("gssdp-discover -i eth0 -t ssdp:all -n 4; true")
        laptop.sh("curl -s http://192.168.50.40:8200/rootDesc.xml; curl -s http://192.168.50.70:49152/description.xml")
        printer.sh("kill $(cat /run/avahi-daemon/pid); sleep 1")
    scene.truth.device(printer, hostname="tintenklecks")
    scene.truth.device(speaker, hostname="sonic-bath")
    scene.truth.device(nas, upnp={"friendlyName": "Attic NAS", "serialNumber": "AM-00042", "modelName": "Attic Media"})
    scene.truth.device(
        tv,
        upnp={
            "friendlyName": "Parlour TV",
            "manufacturer": "Fernsicht Example",
            "modelName": "FS-43",
            "serialNumber": "FS43-000217",
        },
    )
    scene.truth.device(laptop)
    scene.truth.facts["services"] = {"00:80:77:4e:51:30": ["_ipp._tcp"], "5c:aa:fd:4e:51:71": ["_googlecast._tcp"]}
    scene.truth.never("credential.cleartext", "credential.challenge")


@scenario("ntp", ["chrony"])
def ntp(scene: Scene) -> None:
    """NTP version 4 between chrony and chrony

    A speaker asks a router for the time (iburst, then polls every second or so); the clock of the machine is left alone
    (-x).
    """
    router = scene.net.host("router", "3c:a6:2f:4e:51:01", "192.168.50.1/24")
    speaker = scene.net.host("speaker", "5c:aa:fd:4e:51:71", "192.168.50.71/24")
    router.write("/etc/lab/chrony.conf", "local stratum 3\nallow\ncmdport 0\n")
    router.start("chronyd", "-d", "-x", "-u", "root", "-f", "/etc/lab/chrony.conf", udp=123)
    speaker.write("/etc/lab/chrony.conf", "server 192.168.50.1 iburst minpoll 0 maxpoll 1\ncmdport 0\n")
    with scene.net.recording(scene.capture):
        speaker.start("chronyd", "-d", "-x", "-u", "root", "-f", "/etc/lab/chrony.conf")
        speaker.sh("sleep 14", timeout=20)
    scene.truth.device(router)
    scene.truth.device(speaker)
    scene.truth.never("credential.cleartext", "credential.challenge", "transfer.unencrypted")
