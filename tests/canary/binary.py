"""Conversations of binary protocols with a canary as their secret, or in a crackable response."""

from __future__ import annotations

import struct

from tests.canary.plant import Canary, plants
from tests.conversation import C, S, Script
from tests.protocols import (
    smb_bytes,
    test_amqp,
    test_baichuan,
    test_bfd,
    test_cql,
    test_dcerpc,
    test_drda,
    test_eapol,
    test_gadu_gadu,
    test_glbp,
    test_gtpc,
    test_ipmi,
    test_isakmp,
    test_iscsi,
    test_isis,
    test_kerberos,
    test_l2tp,
    test_ldap,
    test_miio,
    test_mongodb,
    test_mqtt,
    test_mysql,
    test_ntlmssp,
    test_opcua,
    test_ospf,
    test_postgresql,
    test_ppp,
    test_radius,
    test_rfb,
    test_rip,
    test_smpp,
    test_snmp,
    test_tacacs,
    test_tds,
    test_tns,
    test_vrrp,
    test_x11,
)
from tests.protocols.smb import test_smb1, test_smb2
from tests.protocols.test_websocket import frame


@plants("baichuan", "tcp", 9000)
def camera_of_reolink(k: Canary) -> Script:
    return [(C, test_baichuan.legacy(test_baichuan.hashed("admin"), (k.hex(30) + "a").upper()))]


@plants("cql", "tcp", 9042)
def cassandra(k: Canary) -> Script:
    answer = test_cql.frame(0x84, 0x00, test_cql.DENIED)
    script = test_cql.session(4, answer)
    return [*script[:2], (C, test_cql.frame(4, 0x0F, test_cql.plain(b"anna", k.word()))), script[3]]


@plants("drda", "tcp", 50000)
def drda_password(k: Canary) -> Script:
    user = test_drda.parameter(0x11A0, "anna".encode("cp500"))
    login_request = test_drda.dss(0x106E, user, test_drda.parameter(0x11A1, k.text().encode("cp500")))
    return [(C, test_drda.EXCSAT), (C, login_request), test_drda.login("cp500")[3]]


@plants("glbp", "udp", 3222)
def glbp_text(k: Canary) -> Script:
    return [(C, test_glbp.HEADER + test_glbp.HELLO + test_glbp.parameter(k.word()))]


@plants("gtp-control", "udp", 2123)
def mobile_session(k: Canary) -> Script:
    return [(C, test_gtpc.create(2, test_gtpc.pap(b"anna", k.word()))), (S, test_gtpc.response(2, 16))]


@plants("l2tp", "udp", 1701)
def l2tp_proxy(k: Canary) -> Script:
    attributes = ((29, b"\0\3"), (30, b"anna"), (33, k.word()))
    return [(C, test_l2tp.control(*[test_l2tp.attribute(*one) for one in attributes]))]


@plants("l2tp", "udp", 1701)
def l2tp_pap(k: Canary) -> Script:
    return [(C, test_l2tp.data(test_ppp.pap(b"anna", k.word())))]


@plants("mqtt", "tcp", 1883)
def mqtt_connect(k: Canary) -> Script:
    will = ("home/will", b"gone")
    return [
        (C, test_mqtt.connect(user="anna", password=k.word(), will=will)),
        (S, test_mqtt.CONNACK + b"\0"),
        (C, test_mqtt.publish("home/t", b"21")),
    ]


@plants("mqtt", "tcp", 1883)
def mqtt_refused(k: Canary) -> Script:
    return [(C, test_mqtt.connect(user="anna", password=k.word(), level=5)), (S, b"\x20\x03\x00\x86\x00")]


@plants("mqtt", "tcp", 1883)
def mqtt_settings(k: Canary) -> Script:
    """A network's key in a message."""
    order = b'{"ssid":"Meadow","psk":"%b"}' % k.word()
    return [(C, test_mqtt.connect()), (S, test_mqtt.CONNACK + b"\0"), (C, test_mqtt.publish("plug/setup", order))]


@plants("websocket-mqtt", "tcp", 80, shown="mqtt")
def mqtt_in_a_websocket(k: Canary) -> Script:
    switch = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    ask = b"GET /mqtt HTTP/1.1\r\nHost: hub\r\n" + switch
    answer = b"HTTP/1.1 101 Switching Protocols\r\n" + switch
    connect = frame(test_mqtt.connect(user="anna", password=k.word()), 2, key=b"\1\2\3\4")
    return [(C, ask), (S, answer), (C, connect), (S, frame(test_mqtt.CONNACK + b"\0", 2))]


@plants("amqp", "tcp", 5672)
def amqp_plain(k: Canary) -> Script:
    sent = test_amqp.start_ok(b"PLAIN", b"\0anna\0" + k.word())
    return [(C, test_amqp.HELLO), (S, test_amqp.START), (C, sent), (S, test_amqp.TUNE)]


@plants("mysql", "tcp", 3306)
def mysql_native(k: Canary) -> Script:
    return [(S, test_mysql.greeting()), (C, test_mysql.response(b"anna", k.raw(20))), (S, test_mysql.error(1045))]


@plants("mysql", "tcp", 3306)
def mysql_clear(k: Canary) -> Script:
    plugin = b"mysql_clear_password"
    return [
        (S, test_mysql.greeting(plugin)),
        (C, test_mysql.response(b"anna", k.word() + b"\0", plugin)),
        (S, test_mysql.OK),
    ]


@plants("postgresql", "tcp", 5432)
def postgresql_password(k: Canary) -> Script:
    sent = test_postgresql.message(b"p", k.word() + b"\0")
    return [
        (C, test_postgresql.startup()),
        (S, test_postgresql.request(3)),
        (C, sent),
        (S, test_postgresql.error(b"28P01")),
    ]


@plants("postgresql", "tcp", 5432)
def postgresql_md5(k: Canary) -> Script:
    sent = test_postgresql.message(b"p", b"md5" + k.hex().encode() + b"\0")
    return [
        (C, test_postgresql.startup()),
        (S, test_postgresql.request(5, b"\1\2\3\4")),
        (C, sent),
        (S, test_postgresql.request(0) + test_postgresql.READY),
    ]


@plants("mongodb", "tcp", 27017)
def mongodb_plain(k: Canary) -> Script:
    login_request = test_mongodb.msg(1, {"saslStart": 1, "mechanism": "PLAIN", "payload": b"\0anna\0" + k.word()})
    return [(C, login_request), (S, test_mongodb.msg(9, {"done": True, "ok": 1.0}, 1))]


@plants("mongodb", "tcp", 27017)
def mongodb_key(k: Canary) -> Script:
    login_request = test_mongodb.query(
        2, {"authenticate": 1, "nonce": "2375531c32080ae8", "user": "user", "key": k.hex()}
    )
    first = (C, test_mongodb.query(1, {"getnonce": 1}))
    return [
        first,
        (S, test_mongodb.reply(1, {"nonce": "2375531c32080ae8", "ok": 1.0})),
        (C, login_request),
        (S, test_mongodb.reply(2, {"ok": 0.0})),
    ]


@plants("ldap", "tcp", 389)
def ldap_simple(k: Canary) -> Script:
    return [(C, test_ldap.simple(1, test_ldap.ANNA, k.word())), (S, test_ldap.result(1, 49))]


def pre_authenticated(k: Canary) -> bytes:
    return test_kerberos.as_req(k.raw(56))


@plants("kerberos", "udp", 88)
def kerberos_timestamp(k: Canary) -> Script:
    return [(C, pre_authenticated(k)), (S, test_kerberos.reply(0x6B, 18, bytes(range(100)), 18, k.raw(100)))]


@plants("kerberos", "tcp", 88)
def kerberos_stream(k: Canary) -> Script:
    return [(C, test_kerberos.framed(pre_authenticated(k))), (S, test_kerberos.framed(test_kerberos.error(24)))]


@plants("smb", "tcp", 445)
def smb_response(k: Canary) -> Script:
    sent = test_smb1.setup(bytes(24), k.raw(24))
    return [(C, test_smb1.NEGOTIATE), (S, test_smb1.NEGOTIATED), (C, sent), (S, test_smb1.set_up())]


@plants("smb", "tcp", 445)
def smb_plain(k: Canary) -> Script:
    sent = test_smb1.setup(k.word() + b"\0", b"", wide_text=False)
    return [(C, test_smb1.NEGOTIATE), (S, test_smb1.NEGOTIATED), (C, sent), (S, test_smb1.set_up(0xC000006D))]


def proof(k: Canary) -> bytes:
    """An NTLMv2 answer."""
    return test_ntlmssp.authenticate(b"D\0", b"a\0", bytes(24), k.raw(16) + b"\1\1\0\0" + bytes(40))


@plants("smb2", "tcp", 445)
def smb2_ntlm(k: Canary) -> Script:
    return [
        (C, smb_bytes.setup(test_ntlmssp.NEGOTIATE, message=1)),
        (S, smb_bytes.set_up(test_ntlmssp.challenge(), status=test_smb2.MORE, message=1, user=77)),
        (C, smb_bytes.setup(proof(k), message=2, user=77)),
        (S, smb_bytes.set_up(b"", status=0, message=2, user=77)),
    ]


@plants("dcerpc", "tcp", 135)
def dcerpc_ntlm(k: Canary) -> Script:
    return [
        (C, smb_bytes.call(11, bytes(56), test_ntlmssp.NEGOTIATE)),
        (S, smb_bytes.call(12, bytes(44), test_ntlmssp.challenge())),
        (C, smb_bytes.call(16, bytes(4), proof(k))),
        (C, test_dcerpc.REQUEST),
        (S, test_dcerpc.RESPONSE),
    ]


@plants("radius", "udp", 1812)
def radius_password(k: Canary) -> Script:
    return [(C, test_radius.packet(1, 7, (1, b"anna"), (2, k.raw(16)))), (S, test_radius.packet(3, 7))]


@plants("tacacs", "tcp", 49)
def tacacs_pap(k: Canary) -> Script:
    return [(C, test_tacacs.start(2, b"anna", k.word())), (S, test_tacacs.reply(2, 1))]


@plants("tacacs", "tcp", 49)
def tacacs_ascii(k: Canary) -> Script:
    login_request = [(C, test_tacacs.start(1)), (S, test_tacacs.reply(2, 4)), (C, test_tacacs.answer(3, b"anna"))]
    return [
        *login_request,
        (S, test_tacacs.reply(4, 5)),
        (C, test_tacacs.answer(5, k.word())),
        (S, test_tacacs.reply(6, 2)),
    ]


@plants("tacacs", "tcp", 49)
def tacacs_obfuscated(k: Canary) -> Script:
    return [(C, test_tacacs.packet(1, k.raw(40), flags=0)), (S, test_tacacs.packet(2, bytes(range(40)), flags=0))]


def pppoe(inside: bytes) -> bytes:
    """RFC 2516 4: version and type 1, code 0, session, length."""
    return struct.pack("!BBHH", 0x11, 0, 7, len(inside)) + inside


@plants("ppp", "link", 0x8864)
def ppp_pap(k: Canary) -> Script:
    return [(C, pppoe(test_ppp.pap(b"anna", k.word()))), (S, pppoe(test_ppp.frame(0xC023, 3, 1, b"\2no")))]


@plants("ppp", "link", 0x8864)
def ppp_chap(k: Canary) -> Script:
    login_request = test_ppp.frame(0xC223, 1, 7, b"\x10" + bytes(range(16)) + b"isp")
    answer = test_ppp.frame(0xC223, 2, 7, b"\x10" + k.raw(16) + b"anna")
    return [(S, pppoe(login_request)), (C, pppoe(answer)), (S, pppoe(test_ppp.frame(0xC223, 3, 7, b"welcome")))]


@plants("eapol", "link", 0x888E)
def eapol_md5(k: Canary) -> Script:
    return [
        (C, b"\1\1\0\0"),
        (S, test_eapol.frame(1, 1, b"\1")),
        (C, test_eapol.frame(2, 1, b"\1anna")),
        (S, test_eapol.frame(1, 2, b"\4\x10" + bytes(range(16)))),
        (C, test_eapol.frame(2, 2, b"\4\x10" + k.raw(16))),
        (S, test_eapol.frame(3, 2, b"")),
    ]


@plants("isakmp", "udp", 500)
def ike_aggressive(k: Canary) -> Script:
    payloads = (
        (1, test_isakmp.SA[:20]),
        (4, test_isakmp.KE_R),
        (10, test_isakmp.N_R),
        (5, test_isakmp.ID_R),
        (8, k.raw(20)),
    )
    return [(C, test_isakmp.ASKS), (S, test_isakmp.message(4, *payloads, responder=test_isakmp.CKY_R))]


@plants("ipmi", "udp", 623)
def ipmi_rakp(k: Canary) -> Script:
    return [(C, test_ipmi.rakp1()), (S, test_ipmi.rakp2(code=k.raw(20))), (S, test_ipmi.rakp4(0x0F))]


@plants("ipmi", "udp", 623)
def ipmi_password(k: Canary) -> Script:
    challenge = test_ipmi.old(0, b"", b"\x20\x18\xc8\x81\x00\x39\x04" + b"admin".ljust(16, b"\0") + b"\0")
    return [(C, challenge), (C, test_ipmi.old(4, k.word(16), b"\x20\x18\xc8\x81\x04\x3a\x04\x04" + bytes(20)))]


@plants("iscsi", "tcp", 3260)
def iscsi_chap(k: Canary) -> Script:
    response = test_iscsi.pdu(0x43, 0x87, "CHAP_N=anna", f"CHAP_R=0x{k.hex()}")
    begin = [(C, test_iscsi.FIRST), (S, test_iscsi.SECOND), (C, test_iscsi.THIRD), (S, test_iscsi.CHALLENGE)]
    return [*begin, (C, response), (S, test_iscsi.pdu(0x23, 0x00, status=0x0201))]


@plants("opcua", "tcp", 4840)
def opcua_user(k: Canary) -> Script:
    begin = [
        (C, test_opcua.HELLO),
        (S, test_opcua.chunk(b"ACKF", bytes(20))),
        (C, test_opcua.open_channel()),
        (S, test_opcua.open_channel()),
    ]
    return [*begin, (C, test_opcua.activate(test_opcua.user(k.word()))), (S, test_opcua.response(0x801F0000, 397))]


@plants("rfb", "tcp", 5900)
def vnc_response(k: Canary) -> Script:
    return [
        *test_rfb.security(8, 2),
        (S, test_rfb.CHALLENGE),
        (C, k.raw(16)),
        (S, test_rfb.OK),
        (C, b"\1"),
        (S, test_rfb.SESSION),
    ]


@plants("rfb", "tcp", 5900)
def vnc_plain(k: Canary) -> Script:
    secret = k.word()
    sent = (4).to_bytes(4, "big") + len(secret).to_bytes(4, "big") + b"anna" + secret
    return [*test_rfb.vencrypt(256), (C, sent), (S, test_rfb.OK)]


@plants("socks", "tcp", 1080)
def socks_user(k: Canary) -> Script:
    secret = k.word()
    sent = b"\x01\x04anna" + bytes([len(secret)]) + secret
    return [(C, b"\x05\x02\x00\x02"), (S, b"\x05\x02"), (C, sent), (S, b"\x01\x01")]


@plants("tds", "tcp", 1433)
def tds_login(k: Canary) -> Script:
    begin = [(C, test_tds.packet(0x12, test_tds.prelogin(2))), (S, test_tds.packet(4, test_tds.prelogin(2)))]
    sent = test_tds.login7(password=k.text(), change=k.text())
    return [*begin, (C, test_tds.packet(0x10, sent)), (S, test_tds.packet(4, test_tds.error(18456)))]


@plants("tns", "tcp", 1521)
def oracle(k: Canary) -> Script:
    old = test_tns.PASSWORD
    script = [
        (side, data.replace(old, k.hex(len(old)).upper().encode()) if old in data else data)
        for side, data in test_tns.login()
    ]
    return [*script, (S, test_tns.ERROR)]


@plants("x11", "tcp", 6000)
def x11_cookie(k: Canary) -> Script:
    return [(C, test_x11.setup(data=k.raw(16))), (S, b"\0" + bytes(40))]


@plants("smpp", "tcp", 2775)
def smpp_bind(k: Canary) -> Script:
    # SMPP 3.4 5.2.2: eight characters.
    bind = test_smpp.pdu(9, b"gate1\0" + k.word(8) + b"\0VMS\0\x34\0\0\0")
    return [(C, bind), (S, test_smpp.pdu(0x80000009, b"centre\0"))]


@plants("snmp", "udp", 161)
def snmp_community(k: Canary) -> Script:
    word = k.word()
    return [(C, test_snmp.question(word)), (S, test_snmp.answer(word))]


@plants("snmp", "udp", 161)
def snmp_user(k: Canary) -> Script:
    return [
        (C, test_snmp.version_3(0xA0, 4)),
        (S, test_snmp.version_3(0xA8, 4, flags=0)),
        (C, test_snmp.version_3(0xA0, 5, b"anna", k.raw(12), 5)),
    ]


@plants("miio", "udp", 54321)
def miio_token(k: Canary) -> Script:
    return [(C, test_miio.HELLO), (S, test_miio.answer(k.raw(16))), (C, test_miio.command(32))]


@plants("gadu-gadu", "tcp", 8074)
def gadu(k: Canary) -> Script:
    sent = struct.pack("<I", 1234567) + b"pl\x02" + k.raw(20).ljust(64, b"\0") + bytes(30)
    return [test_gadu_gadu.WELCOME, (C, test_gadu_gadu.packet(0x31, sent)), (S, test_gadu_gadu.packet(0x43))]


@plants("bfd", "udp", 3784)
def bfd(k: Canary) -> Script:
    return [(C, test_bfd.control(password=k.word(16)))]


@plants("hsrp", "udp", 1985)
def hsrp(k: Canary) -> Script:
    # RFC 2281 5.1: eight characters.
    return [(C, b"\0\0\x10\x03\x0a\x6e\x01\0" + k.word(8) + b"\xc0\0\x02\x01")]


@plants("vrrp", "ip", 112)
def vrrp(k: Canary) -> Script:
    # RFC 2338 5.3.10: eight characters.
    return [(C, test_vrrp.advertisement(password=k.word(8)))]


@plants("ospf", "ip", 89)
def ospf(k: Canary) -> Script:
    # RFC 2328 D.3: eight characters.
    return [(C, test_ospf.hello(password=k.word(8)))]


@plants("rip", "udp", 520)
def rip(k: Canary) -> Script:
    return [(C, test_rip.response(password=k.word(16)))]


@plants("isis", "link", 0)
def isis(k: Canary) -> Script:
    return [(C, b"\xfe\xfe\x03" + test_isis.hello(test_isis.AREA, test_isis.authentication(1, k.word())))]
