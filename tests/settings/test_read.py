"""The configuration file into settings: what it says, what holds without, and where a mistake is."""

from __future__ import annotations

import dataclasses
import importlib.util
from datetime import time
from pathlib import Path

import pytest

from sensor.settings.keys import (
    AlertSettings,
    FileSettings,
    MqttSettings,
    QuietHours,
    Settings,
    SyslogSettings,
    WebhookSettings,
)
from sensor.settings.read import parse, read_settings

ROOT = Path(__file__).resolve().parents[2]

WHOLE = """
[capture]
interfaces = ["eth1", "eth2"]
local_nets = ["192.168.1.0/24"]
people = true
users = "devices.toml"

[store]
path = "home.db"
state = "/var/lib/lanwitness"

[retention]
days = 30

[dashboard]
port = 9000

[alerts]
finding = "medium"
new_device = false

[alerts.quiet]
from = "22:30"
until = 06:00:00
zone = "Europe/Vienna"

[alerts.webhook]
url = "https://home.example/hook"
secret_file = "hook.secret"

[alerts.mqtt]
host = "broker.example"
tls = false

[alerts.file]
path = "alerts.jsonl"
keep = 0
"""


def test_every_value_arrives() -> None:
    settings = parse(WHOLE, "home.toml", Path("/etc/lanwitness"))
    assert settings.capture.interfaces == ("eth1", "eth2") and settings.capture.people
    assert settings.capture.local_nets == ("192.168.1.0/24",)
    assert settings.capture.users == "/etc/lanwitness/devices.toml"
    assert settings.store.path == "/etc/lanwitness/home.db" and settings.store.state == "/var/lib/lanwitness"
    assert settings.retention.days == 30 and settings.retention.size_mb == 2000
    assert settings.dashboard.port == 9000 and settings.dashboard.bind is None
    assert settings.alerts == AlertSettings(
        finding="medium",
        new_device=False,
        quiet=QuietHours(time(22, 30), time(6), "Europe/Vienna"),
        webhook=WebhookSettings("https://home.example/hook", "/etc/lanwitness/hook.secret"),
        mqtt=MqttSettings("broker.example", 1883, tls=False),
        file=FileSettings("/etc/lanwitness/alerts.jsonl", keep=0),
    )
    assert settings.alerts.anywhere


def test_an_empty_file_sends_no_alerts() -> None:
    settings = parse("", "home.toml")
    assert settings == Settings()
    assert not settings.alerts.anywhere


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse("", "x").alerts.finding = "off"  # type: ignore[misc]


def test_tls_chooses_the_brokers_port_and_a_database_is_no_path() -> None:
    assert parse('[alerts.mqtt]\nhost = "h"', "x").alerts.mqtt == MqttSettings("h", 8883)
    assert parse('[alerts.syslog]\nhost = "h"', "x").alerts.syslog == SyslogSettings("h", 6514)
    udp = parse('[alerts.syslog]\nhost = "h"\nprotocol = "udp"', "x").alerts
    assert udp.syslog == SyslogSettings("h", 514, "udp") and udp.anywhere
    url = "postgresql+psycopg://localhost/home"
    assert parse(f'[store]\npath = "{url}"', "x", Path("/etc")).store.path == url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[capture]\ninterface = []", "home.toml:2: unknown key 'interface' in capture; did you mean interfaces?"),
        ("[alerts]\n\n[alerts.web_hook]\nurl = 1",
         "home.toml:3: unknown key 'web_hook' in alerts; did you mean webhook?"),
        ("[retentoin]\ndays = 3", "home.toml:1: unknown key 'retentoin'; did you mean retention?"),
        ("[retention]\ndays = 0", "home.toml:2: days: must be a whole number, 1 to 3650"),
        ('[alerts]\nfinding = "hihg"', "home.toml:2: finding: 'hihg' is not one of "
         "info, low, medium, high, critical, off; did you mean high?"),
        ("[alerts.webhook]\nca_file = 'x'", "home.toml:1: webhook needs url"),
        ("[alerts.mqtt]\nport = 1883", "home.toml:1: mqtt needs host"),
        ("[alerts.file]\nkeep = 1", "home.toml:1: file needs path"),
        ("[alerts.quiet]\nfrom = '22:00'", "home.toml:1: quiet needs until"),
        ("[alerts.quiet]\nfrom = '22:00'\nuntil = '22:00'", "home.toml:3: until: is the same as from"),
        ("[alerts.mqtt]\nhost = 'h'\ntopic = 'a/#'", "home.toml:3: topic: must hold none of"),
        ("[capture]\ninterfaces = ['a']\nfolder = 'b'", "home.toml:3: folder: interfaces or a folder"),
        ("[dashboard]\nlanguage = 'fr'", "home.toml:2: language: 'fr' is not one of en, de"),
        ("[dashboard]\ntls_cert = 'x'", "home.toml:1: tls_cert and tls_key belong together"),
        ("capture = 1", "home.toml:1: capture must be a table"),
        ("alerts = 1", "home.toml:1: alerts must be a table"),
        ("[alerts]\nmqtt = 1", "home.toml:2: mqtt must be a table"),
        ("[capture", "home.toml: "),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"home\.toml") as raised:
        parse(text, "home.toml")
    assert str(raised.value).startswith(told)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "home.toml"
    path.write_bytes(b"\xff\xfe[")
    with pytest.raises(ValueError, match=r"home\.toml: is no UTF-8 text"):
        read_settings(path)
    with pytest.raises(OSError):
        read_settings(tmp_path / "none.toml")
    path.write_text('[store]\npath = "a.db"\n', "utf-8")
    assert read_settings(path).store.path == str(tmp_path / "a.db")


def test_the_page_of_the_configuration_is_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("configuration_page", ROOT / "docs" / "configuration.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == module.page(), "run docs/configuration.py"
