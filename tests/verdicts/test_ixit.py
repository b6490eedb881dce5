"""Declared channels: read from TOML or tables, and compared to what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.verdicts.facts import parse, read_facts
from sensor.verdicts.ixit import Comparison, compare

DEVICE = '[[device]]\nid = "x"\n'
CSV = """id,role,transport,protocol,port,peer,protection,description
Com-1,client,tcp,https,443,cloud.example,encrypted,"telemetry, hourly"
Com-2,client,udp,,123,,,time
"""
FILE = """
[[channel]]
id = "If-1"
transport = "tcp"
protocol = "http"
port = 80
"""
CLOUD = '[[device.ixit_11]]\nid = "A"\nrole = "client"\nport = 443\n'


def seen(**more: Any) -> dict[str, Any]:
    base = {"role": "client", "transport": "tcp", "port": 443, "protocol": "tls", "peer": "203.0.113.9", "names": []}
    return {**base, "remote": True, "flows": 1, "bytes": 10, "cleartext": 0, "encrypted": 10, **more}


def declared(text: str) -> Any:
    return parse(DEVICE + text, "lab.toml").devices["x"].declared


def test_a_table_with_commas_or_semicolons_and_a_toml_file(tmp_path: Path) -> None:
    (tmp_path / "com.csv").write_text("\ufeff" + CSV, "utf-8")
    (tmp_path / "if.toml").write_text(FILE, "utf-8")
    path = tmp_path / "lab.toml"
    path.write_text(DEVICE + 'ixit_11 = "com.csv"\nixit_28 = "if.toml"\n', "utf-8")
    facts = read_facts(path)
    one, two, three = facts.devices["x"].declared
    assert (one.id, one.port, one.peer, one.description) == ("Com-1", 443, "cloud.example", "telemetry, hourly")
    assert (two.protocol, two.peer, two.role, three.role, three.table) == (None, None, "client", "server", "ixit_28")
    assert [one.line for one in (one, two, three)] == [0, 0, 0]  # none of them stands in the facts
    assert declared(CLOUD)[0].line == 3
    assert parse(facts.source, "lab.toml").devices["x"].declared == facts.devices["x"].declared
    (tmp_path / "com.csv").write_text("id;port\nA;80\n", "utf-8")
    assert read_facts(path).devices["x"].declared[0].port == 80


def test_match_mismatch_undeclared_and_not_observed() -> None:
    rows = declared(
        f'{CLOUD}peer = "cloud.example"\nprotection = "encrypted"\n'
        '[[device.ixit_11]]\nid = "B"\nrole = "client"\nport = 1883\nprotocol = "MQTT"\nprotection = "encrypted"\n'
        '[[device.ixit_28]]\nid = "C"\ntransport = "tcp"\nport = 80\nprotocol = "http"\n'
    )
    channels = [
        seen(names=["api.cloud.example"]),
        seen(port=1883, protocol="mqtt", cleartext=7),
        seen(role="server", port=23, protocol="telnet", peer=None, remote=False),
    ]
    assert compare(rows, channels) == [
        Comparison("match", rows[0], (0,)),
        Comparison("mismatch", rows[1], (1,), ("7 bytes crossed readable, encryption is declared",)),
        Comparison("not_observed", rows[2], ()),
        Comparison("undeclared", None, (2,)),
    ]


def test_another_protocol_at_the_declared_port_is_a_mismatch() -> None:
    rows = declared('[[device.ixit_28]]\nid = "C"\nport = 80\nprotocol = "http"\n')
    found = compare(rows, [seen(role="server", port=80, protocol="telnet")])
    assert found[0].result == "mismatch" and found[0].why == ("telnet was seen, http is declared",)


@pytest.mark.parametrize(
    ("row", "result"),
    [
        ('protocol = "https"\nport = 443\n', "match"),
        ('protocol = "HTTPS"\n', "match"),
        ('protocol = "http"\nport = 443\nprotection = "encrypted"\n', "match"),
        ('protocol = "http"\nport = 443\n', "mismatch"),
        ('protocol = "mqtts"\n', "not_observed"),
        ('protocol = "tls"\n', "match"),
    ],
)
def test_what_tls_hides_is_what_was_declared(row: str, result: str) -> None:
    found = compare(declared(f'[[device.ixit_11]]\nid = "A"\nrole = "client"\n{row}'), [seen()])
    assert found[0].result == result


@pytest.mark.parametrize(
    ("peer", "fits"),
    [
        ("203.0.113.9", True),
        ("203.0.113.0/24", True),
        ("*.cloud.example", True),
        ("198.51.100.1", False),
        ("loud.example", False),
    ],
)
def test_the_other_end_is_an_address_a_network_or_a_name(peer: str, fits: bool) -> None:
    found = compare(declared(f'{CLOUD}peer = "{peer}"\n'), [seen(names=["api.cloud.example"])])
    assert (found[0].result == "match") is fits


def test_a_row_that_says_nothing_of_its_channel_matches_nothing() -> None:
    rows = declared('[[device.ixit_11]]\nid = "A"\n')
    assert [one.result for one in compare(rows, [seen()])] == ["not_observed", "undeclared"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,prot\nA,80\n", "com.csv:2: unknown key 'prot'; did you mean port?"),
        ("id,port\nA,99999\n", "com.csv:2: port: must be a port"),
        ("id,port\nA,80,90\n", "com.csv:2: more values than keys"),
        ("port\n80\n", "com.csv:2: needs a column id"),
        ("id,port\n,80\n", "com.csv:2: needs id"),
        ('id,port\n"A,80\n', "com.csv:1: unexpected end of data"),
        ("id,port\nA,80\nA,81\n", "A is there twice"),
        ("id\n" + "".join(f"A{n}\n" for n in range(2001)), "more than 2,000 rows"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "com.csv").write_text(text, "utf-8")
    path = tmp_path / "lab.toml"
    path.write_text(DEVICE + 'ixit_11 = "com.csv"\n', "utf-8")
    with pytest.raises(ValueError, match=r"^lab\.toml:\d+: ") as caught:
        read_facts(path)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("row", "channel", "result"),
    [
        # By port and transport and role, each of which may be left open.
        ('port = 443', {}, "match"),
        ('port = 443\ntransport = "udp"', {}, "not_observed"),
        ('port = 443\nrole = "server"', {}, "not_observed"),
        ('port = 444', {}, "not_observed"),
        # Without a port by the protocol, or by what makers call it inside of TLS, at its own port.
        ('protocol = "TLS"', {}, "match"),
        ('protocol = "https"', {}, "match"),
        ('protocol = "https"', {"port": 8443}, "not_observed"),
        ('protocol = "mqtts"', {"port": 8883}, "match"),
        ('protocol = "mqtts"', {"port": None}, "not_observed"),
        ('protocol = "https"', {"protocol": "quic"}, "match"),
        ('protocol = "https"', {"protocol": "ssh"}, "not_observed"),
        # Neither port nor protocol: the peer must tell.
        ('peer = "203.0.113.0/24"', {}, "match"),
        ('peer = "203.0.113.9"', {}, "match"),
        ('peer = "203.0.113.8"', {}, "not_observed"),
        ('peer = "203.0.113.9"', {"peer": None}, "not_observed"),
        ('peer = "2001:db8::/32"', {}, "not_observed"),
        ('peer = "*.cloud.example"', {"names": ["API.Cloud.example"]}, "match"),
        ('peer = "cloud.example"', {"names": ["cloud.example"]}, "match"),
        ('peer = "cloud.example"', {"names": ["notcloud.example"]}, "not_observed"),
        ('peer = "cloud.example"', {"names": [], "peer": None}, "not_observed"),
        ('description = "something"', {}, "not_observed"),
    ],
)  # fmt: skip
def test_which_channel_is_meant(row: str, channel: dict[str, Any], result: str) -> None:
    found = compare(declared(f'[[device.ixit_11]]\nid = "A"\n{row}\n'), [seen(**channel)])
    assert [one.result for one in found] == [result, *(["undeclared"] if result == "not_observed" else [])]


@pytest.mark.parametrize(
    ("row", "channel", "why"),
    [
        ('protocol = "mqtt"', {"protocol": "http"}, ["http was seen, mqtt is declared"]),
        ('protocol = "MQTT"', {"protocol": "mqtt"}, []),
        # What is inside of TLS cannot be seen; that nothing was recognised is no other protocol.
        ('protocol = "mqtts"', {"protocol": "tls"}, []),
        ('protocol = "mqtt"\nprotection = "encrypted"', {"protocol": "tls"}, []),
        ('protocol = "mqtt"', {"protocol": "tls"}, ["tls was seen, mqtt is declared"]),
        ('protocol = "tls"', {"protocol": "quic"}, []),
        ('protocol = "mqtt"', {"protocol": None}, []),
        ('protection = "encrypted"', {"cleartext": 3}, ["3 bytes crossed readable, encryption is declared"]),
        ('protection = "encrypted"', {"cleartext": 0}, []),
        ('protection = "cleartext"', {"cleartext": 3}, []),
    ],
)
def test_what_differs(row: str, channel: dict[str, Any], why: list[str]) -> None:
    (found,) = compare(declared(f'[[device.ixit_11]]\nid = "A"\nport = 443\n{row}\n'), [seen(**channel)])
    assert list(found.why) == why and found.result == ("mismatch" if why else "match")


def test_a_reason_is_named_once_however_many_channels_give_it() -> None:
    rows = declared('[[device.ixit_11]]\nid = "A"\nport = 443\nprotocol = "mqtt"\n')
    (found,) = compare(rows, [seen(protocol="http"), seen(protocol="http", peer="203.0.113.10")])
    assert (found.seen, found.why) == ((0, 1), ("http was seen, mqtt is declared",))


@pytest.mark.parametrize(("port", "good"), [("80", True), ("65535", True), ("65536", False), ("0", False),
                                            ("000080", False), ("-1", False), ("", True), ("x", False)])  # fmt: skip
def test_ports_in_a_table(tmp_path: Path, port: str, good: bool) -> None:
    (tmp_path / "com.csv").write_text(f"id,port\nA,{port}\n", "utf-8")
    path = tmp_path / "lab.toml"
    path.write_text(DEVICE + 'ixit_11 = "com.csv"\n', "utf-8")
    if good:
        (row,) = read_facts(path).devices["x"].declared
        assert row.port == (int(port) if port else None) and row.role is None
    else:
        with pytest.raises(ValueError, match=r"com\.csv:2: port"):
            read_facts(path)


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.verdicts.ixit.MAX_ROWS", 2)
    rows = [f'[[device.ixit_11]]\nid = "{n}"\nport = 80\n' for n in range(3)]
    assert len(declared("".join(rows[:2]))) == 2
    with pytest.raises(ValueError, match="more than 2 rows"):
        declared("".join(rows))
    # The same name may stand in both tables, and not twice in one.
    assert len(declared(rows[0] + rows[0].replace("ixit_11", "ixit_28"))) == 2
    with pytest.raises(ValueError, match="0 is there twice"):
        declared(rows[0] * 2)
