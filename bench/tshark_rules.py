"""How tshark shows logins and their answers: a rule for each protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DENIED = ("401", "407")
Fields = dict[str, list[str]]
Answer = tuple[str, bool | None]
"""The key of the request, and whether it was accepted (null: the answer does not say)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of tshark's."""

    number: int
    stream: str
    source: str
    target: str
    sequence: int
    end: int
    acknowledged: int
    fields: Fields

    def has(self, name: str) -> bool:
        """Whether the field is there, and not empty."""
        return any(self.fields.get(name, ()))

    def first(self, name: str) -> str:
        """The field's first value, or nothing."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """All values of a field, in capital letters."""
        return [value.upper() for value in self.fields.get(name, ())]


@dataclass(frozen=True, slots=True)
class Rule:
    """How tshark shows the logins of a protocol."""

    login: Callable[[Frame], str | None]
    """The key of the login that the row holds."""
    answer: Callable[[Frame], Answer | None]
    """What the row answers; nothing where it is a step on the way."""
    command: str | None = None
    """The field that each further request has: what acknowledges one of these answers that one."""
    commands: frozenset[str] | None = None
    """Its values that are requests; the others go on with the login."""
    schemes: frozenset[str] | None = None
    """Our schemes of such logins."""
    once: str | None = None
    """The field of a secret that each request has: a conversation logs in with it once."""


def _status(value: str, yes: set[str], no: set[str]) -> bool | None:
    return True if value in yes else False if value in no else None


def _code(frame: Frame, name: str, yes: set[str], way: str) -> Answer | None:
    """A reply code as in FTP and SMTP: `way` begins those on the way, 5 refuses."""
    code = frame.first(name)
    if not code or code.startswith(way):
        return None
    return "", True if code in yes else False if code[0] == "5" else None


def _word(frame: Frame, name: str, *words: str) -> str | None:
    return "" if any(value in words for value in frame.all(name)) else None


POP_COMMANDS = frozenset(
    (
        "USER",
        "PASS",
        "APOP",
        "AUTH",
        "CAPA",
        "STLS",
        "STAT",
        "LIST",
        "UIDL",
        "RETR",
        "DELE",
        "NOOP",
        "RSET",
        "TOP",
        "QUIT",
    )
)


def _pop_login(frame: Frame) -> str | None:
    if not frame.has("pop.request.parameter"):
        return None
    return _word(frame, "pop.request.command", "PASS", "APOP", "AUTH")


def _pop_answer(frame: Frame) -> Answer | None:
    indicator = frame.first("pop.response.indicator")
    return ("", indicator == "+OK") if indicator in ("+OK", "-ERR") else None


def _imap_login(frame: Frame) -> str | None:
    found = any(value in ("LOGIN", "AUTHENTICATE") for value in frame.all("imap.request.command"))
    return frame.first("imap.request_tag") or None if found else None


def _imap_answer(frame: Frame) -> Answer | None:
    # Untagged lines may stand before the tagged one, whose status is the last.
    tags, states = frame.all("imap.response_tag"), frame.all("imap.response.status")
    tags = [tag for tag in tags if tag not in ("*", "+")]
    if not tags or not states:
        return None
    return frame.fields["imap.response_tag"][-1], _status(states[-1], {"OK"}, {"NO", "BAD"})


def _mqtt_login(frame: Frame) -> str | None:
    return "" if frame.has("mqtt.username") or frame.has("mqtt.passwd") else None


def _mqtt_answer(frame: Frame) -> Answer | None:
    code = frame.first("mqtt.conack.val") or frame.first("mqtt.connack.reason_code")
    return ("", _status(code, {"0"}, {"4", "5", "134", "135", "138"})) if code else None


def _nntp_login(frame: Frame) -> str | None:
    return "" if any("AUTHINFO PASS" in value for value in frame.all("nntp.request")) else None


def _nntp_answer(frame: Frame) -> Answer | None:
    # tshark 4 shows the lines as text.
    code = frame.first("nntp.response")[:3]
    return ("", _status(code, {"281"}, {"481", "482", "502"})) if code.isdigit() else None


def _http_login(frame: Frame) -> str | None:
    given = frame.first("http.authorization") or frame.first("http.proxy_authorization")
    # The first message of NTLM asks for a challenge.
    if not given or (frame.has("ntlmssp.messagetype") and "0X00000003" not in frame.all("ntlmssp.messagetype")):
        return None
    return str(frame.number)


def _http_answer(frame: Frame) -> Answer | None:
    code, request = frame.first("http.response.code"), frame.first("http.request_in")
    # What is not refused shows nothing by itself, for the page may ignore the header: see `_contrasted`.
    return (request, False if code in DENIED else None) if code and request else None


def _sip_key(frame: Frame) -> str:
    # RFC 3261, 17.1.3: the branch of the topmost Via, for attempts may share Call-ID and CSeq.
    return " ".join(frame.first(name) for name in ("sip.Via.branch", "sip.Call-ID", "sip.CSeq"))


def _sip_login(frame: Frame) -> str | None:
    if frame.first("sip.Method") in ("", "ACK", "CANCEL"):
        return None
    return _sip_key(frame) if frame.has("sip.Authorization") or frame.has("sip.Proxy-Authorization") else None


def _sip_answer(frame: Frame) -> Answer | None:
    code = frame.first("sip.Status-Code")
    if not code or code[0] == "1":
        return None
    return _sip_key(frame), True if code[0] == "2" else False if code in ("401", "403", "407") else None


def _ldap_login(frame: Frame) -> str | None:
    return frame.first("ldap.messageID") if frame.has("ldap.simple") else None


def _ldap_answer(frame: Frame) -> Answer | None:
    if not frame.has("ldap.bindResponse_element"):
        return None
    return frame.first("ldap.messageID"), _status(frame.first("ldap.resultCode"), {"0"}, {"49", "48", "53", "8", "32"})


def _redis_login(frame: Frame) -> str | None:
    # tshark writes these strings in hexadecimal digits.
    words = [bytes.fromhex(value).upper() for value in frame.all("resp.bulk_string.value")[:1]]
    return "" if words == [b"AUTH"] else None


def _redis_answer(frame: Frame) -> Answer | None:
    if frame.has("resp.error"):
        return "", False if frame.first("resp.error").startswith(("WRONGPASS", "ERR")) else None
    return ("", True if frame.first("resp.string") == "OK" else None) if frame.has("resp.string") else None


def _mysql_login(frame: Frame) -> str | None:
    return "" if frame.has("mysql.passwd") else None


def _mysql_answer(frame: Frame) -> Answer | None:
    if frame.has("mysql.error_code"):
        return "", False if frame.first("mysql.error_code") in ("1044", "1045", "1698") else None
    return ("", True) if frame.first("mysql.response_code") in ("0", "0x00", "0x0000") else None


def _pgsql_login(frame: Frame) -> str | None:
    asks = frame.has("pgsql.auth.sasl.mech") and not frame.has("pgsql.authtype")
    return "" if asks or frame.has("pgsql.password") else None


def _pgsql_answer(frame: Frame) -> Answer | None:
    if "0" in frame.all("pgsql.authtype"):
        return "", True
    return ("", False if frame.first("pgsql.code").startswith("28") else None) if frame.has("pgsql.code") else None


def _snmp_login(frame: Frame) -> str | None:
    return frame.first("snmp.request_id") if frame.has("snmp.community") and _snmp_pdu(frame) in "0135" else None


def _snmp_pdu(frame: Frame) -> str:
    return frame.first("snmp.data") or "-"


def _snmp_answer(frame: Frame) -> Answer | None:
    return (frame.first("snmp.request_id"), True) if _snmp_pdu(frame) == "2" else None


def _socks_login(frame: Frame) -> str | None:
    return "" if frame.has("socks.password") else None


def _socks_answer(frame: Frame) -> Answer | None:
    status = frame.first("socks.auth_status")
    return ("", int(status, 0) == 0) if status else None


def _irc_login(frame: Frame) -> str | None:
    return _word(frame, "irc.request.command", "PASS", "OPER")


def _irc_answer(frame: Frame) -> Answer | None:
    if "ERROR" in frame.all("irc.response.command") and "DENIED" in " ".join(frame.all("irc.response.trailer")):
        return "", False
    numbers = {value.zfill(3) for value in frame.all("irc.response.num_command")}
    if numbers & {"464", "491"}:
        return "", False
    return ("", True) if numbers & {"001", "381"} else None


def _vnc_login(frame: Frame) -> str | None:
    return "" if frame.has("vnc.auth_response") else None


def _vnc_answer(frame: Frame) -> Answer | None:
    result = frame.first("vnc.auth_result")
    return ("", result in ("0", "False")) if result else None


def _tds_login(frame: Frame) -> str | None:
    return "" if frame.has("tds.7login.password") or frame.has("tds.login.password") else None


def _tds_answer(frame: Frame) -> Answer | None:
    if frame.has("tds.loginack"):
        return "", True
    return ("", False) if "18456" in frame.all("tds.error.number") else None


def _xmpp_login(frame: Frame) -> str | None:
    return "" if frame.has("xmpp.auth") else None


def _xmpp_answer(frame: Frame) -> Answer | None:
    return ("", frame.has("xmpp.success")) if frame.has("xmpp.success") or frame.has("xmpp.failure") else None


def _smb2_login(frame: Frame) -> str | None:
    asks = frame.first("smb2.cmd") == "1" and "0X00000003" in frame.all("ntlmssp.messagetype")
    named = frame.first("ntlmssp.auth.username") not in ("", "NULL")
    return (
        frame.first("smb2.msg_id") if asks and named and frame.first("smb2.flags.response") in ("0", "False") else None
    )


def _smb2_answer(frame: Frame) -> Answer | None:
    if frame.first("smb2.cmd") != "1" or frame.first("smb2.flags.response") not in ("1", "True"):
        return None
    # A guest's session does not show that the password was right.
    guest = frame.first("smb2.ses_flags.guest") in ("1", "True")
    return frame.first("smb2.msg_id"), None if guest else int(frame.first("smb2.nt_status") or "0", 0) == 0


RADIUS_SECRETS = (
    "radius.User_Password", "radius.CHAP_Password", "radius.MS_CHAP_Response", "radius.MS_CHAP2_Response",
)  # fmt: skip


def _radius_login(frame: Frame) -> str | None:
    secret = any(frame.has(name) for name in RADIUS_SECRETS)
    return frame.first("radius.id") if secret and frame.first("radius.code") == "1" else None


def _radius_answer(frame: Frame) -> Answer | None:
    code = frame.first("radius.code")
    return (frame.first("radius.id"), _status(code, {"2"}, {"3"})) if code in ("2", "3", "11") else None


def _pap_login(frame: Frame) -> str | None:
    return frame.first("pap.identifier") if frame.first("pap.code") == "1" else None


def _pap_answer(frame: Frame) -> Answer | None:
    code = frame.first("pap.code")
    return (frame.first("pap.identifier"), code == "2") if code in ("2", "3") else None


def _amqp_login(frame: Frame) -> str | None:
    return "" if frame.has("amqp.method.arguments.response") else None


def _amqp_answer(frame: Frame) -> Answer | None:
    if frame.has("amqp.method.arguments.reply_code"):
        return "", False if frame.first("amqp.method.arguments.reply_code") == "403" else None
    return ("", True) if frame.has("amqp.method.arguments.channel_max") else None


RULES: dict[str, Rule] = {
    "amqp": Rule(_amqp_login, _amqp_answer),
    "ftp": Rule(
        lambda frame: _word(frame, "ftp.request.command", "PASS"),
        lambda frame: _code(frame, "ftp.response.code", {"230"}, "331"),
        "ftp.request.command",
    ),
    "http": Rule(_http_login, _http_answer, schemes=frozenset({"basic", "digest", "bearer", "ntlmv1", "ntlmv2"})),
    "imap": Rule(_imap_login, _imap_answer),
    "irc": Rule(_irc_login, _irc_answer),
    "ldap": Rule(_ldap_login, _ldap_answer),
    "mqtt": Rule(_mqtt_login, _mqtt_answer),
    "mysql": Rule(_mysql_login, _mysql_answer, "mysql.command"),
    "nntp": Rule(_nntp_login, _nntp_answer, "nntp.request"),
    "pap": Rule(_pap_login, _pap_answer),
    "pgsql": Rule(_pgsql_login, _pgsql_answer),
    "pop": Rule(_pop_login, _pop_answer, "pop.request.command", POP_COMMANDS),
    "radius": Rule(_radius_login, _radius_answer),
    "resp": Rule(_redis_login, _redis_answer, "resp.bulk_string.value"),
    "sip": Rule(_sip_login, _sip_answer),
    "smb2": Rule(_smb2_login, _smb2_answer),
    "smtp": Rule(
        lambda frame: _word(frame, "smtp.req.command", "AUTH"),
        lambda frame: _code(frame, "smtp.response.code", {"235"}, "334"),
        "smtp.req.command",
    ),
    "snmp": Rule(_snmp_login, _snmp_answer, once="snmp.community"),
    "socks": Rule(_socks_login, _socks_answer),
    "tds": Rule(_tds_login, _tds_answer),
    "vnc": Rule(_vnc_login, _vnc_answer),
    "xmpp": Rule(_xmpp_login, _xmpp_answer),
}

SHOWN = (
    "ftp.request.command", "ftp.response.code", "pop.request.command", "pop.request.parameter",
    "pop.response.indicator", "imap.request.command", "imap.request_tag", "imap.response_tag", "imap.response.status",
    "smtp.req.command", "smtp.response.code", "nntp.request", "nntp.response", "mqtt.username", "mqtt.passwd",
    "mqtt.conack.val", "mqtt.connack.reason_code", "http.authorization", "http.proxy_authorization",
    "http.response.code", "http.request_in", "sip.Method", "sip.Via.branch", "sip.Call-ID", "sip.CSeq",
    "sip.Authorization", "sip.Proxy-Authorization", "sip.Status-Code", "ldap.messageID", "ldap.simple",
    "ldap.bindResponse_element",
    "ldap.resultCode", "resp.bulk_string.value", "resp.string", "resp.error", "mysql.passwd",
    "mysql.command", "mysql.response_code", "mysql.error_code", "pgsql.password", "pgsql.auth.sasl.mech",
    "pgsql.authtype", "pgsql.code", "snmp.community", "snmp.request_id", "snmp.data", "socks.password",
    "socks.auth_status", "irc.request.command", "irc.response.num_command", "vnc.auth_response", "vnc.auth_result",
    "tds.7login.password", "tds.login.password", "tds.loginack", "tds.error.number", "xmpp.auth", "xmpp.success",
    "xmpp.failure", "smb2.cmd", "smb2.msg_id", "smb2.nt_status", "smb2.flags.response", "ntlmssp.messagetype",
    "smb2.ses_flags.guest", "ntlmssp.auth.username", *RADIUS_SECRETS, "http.response_for.uri",
    "irc.response.command", "irc.response.trailer", "_ws.malformed", "radius.code", "radius.id", "pap.code",
    "pap.identifier", "amqp.method.arguments.response",
    "amqp.method.arguments.reply_code", "amqp.method.arguments.channel_max",
)  # fmt: skip
