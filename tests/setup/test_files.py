"""What was chosen into files: their modes, an earlier one kept, and a program that its units can find."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.settings.read import parse, read_settings
from sensor.setup.files import File, SetupChoices, files, places, state_folder, units_for, users_file, write

SETTINGS = {
    "capture": {"interfaces": ["eth1"]},
    "store": {"path": "/var/lib/lanwitness/home.db", "state": "/var/lib/lanwitness"},
    "alerts.webhook": {"url": "https://home.example/hook"},
    "alerts.mqtt": {"host": "ha.local"},
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def chosen(tmp_path: Path, **more: object) -> SetupChoices:
    given = {"system": False, "folder": tmp_path / "etc", "settings": SETTINGS, **more}
    return SetupChoices(**given)  # type: ignore[arg-type]


def test_secrets_stand_in_files_of_their_own(tmp_path: Path) -> None:
    made = files(chosen(tmp_path, webhook_secret=True, mqtt_password="Sesame12"))
    for file in made:
        write(file)
        assert mode(file.path) == 0o600
    config = tmp_path / "etc" / "lanwitness.toml"
    text = config.read_text("utf-8")
    secret = (tmp_path / "etc" / "webhook.secret").read_text("utf-8").strip()
    assert secret.startswith("whsec_") and len(secret) == 50 and secret not in text and "Sesame12" not in text
    settings = read_settings(config)
    assert settings.alerts.webhook is not None and settings.alerts.webhook.secret_file == str(
        tmp_path / "etc" / "webhook.secret"
    )
    assert settings.alerts.mqtt is not None and settings.alerts.mqtt.password_file == str(
        tmp_path / "etc" / "mqtt.password"
    )
    assert (tmp_path / "etc" / "mqtt.password").read_text("utf-8") == "Sesame12\n"


def test_each_secret_is_another(tmp_path: Path) -> None:
    first, second = (files(chosen(tmp_path, webhook_secret=True))[0].text for _ in range(2))
    assert first != second


def test_what_would_not_be_taken_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="url: must be a web address"):
        files(chosen(tmp_path, settings={"alerts.webhook": {"url": "gopher://x"}}))


def test_for_the_machine_with_units(tmp_path: Path) -> None:
    unit_folder = tmp_path / "etc" / "systemd" / "system"
    made = files(chosen(tmp_path, system=True, unit_folder=unit_folder))
    assert made[0].path == users_file(unit_folder) == tmp_path / "etc" / "sysusers.d" / "lanwitness.conf"
    names = {file.path.name for file in made if file.path.parent == unit_folder}
    assert {"lanwitness-watch.service", "lanwitness-capture.socket", "lanwitness-link@.service"} <= names
    [config] = [file for file in made if file.path.suffix == ".toml"]
    assert (config.mode, config.group) == (0o640, "lanwitness")


def test_a_group_that_is_not_there_may_read_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    write(File(path, "x", 0o640, "no-such-group-here"))
    assert mode(path) == 0o600


def test_an_earlier_file_stays_as_old_and_the_same_one_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write(File(path, "one", 0o600)) is None
    before = path.stat().st_ino
    assert write(File(path, "one", 0o644)) is None
    assert path.stat().st_ino == before and mode(path) == 0o644
    assert write(File(path, "two", 0o600)) == tmp_path / "file.old"
    assert path.read_text("utf-8") == "two" and (tmp_path / "file.old").read_text("utf-8") == "one"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "file.old"]


def test_no_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious", "utf-8")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    write(File(tmp_path / "file", "new", 0o600))
    assert (tmp_path / "target").read_text("utf-8") == "precious" and not (tmp_path / "file").is_symlink()


def test_the_state_folder_is_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "lanwitness"
    folder.mkdir(parents=True, mode=0o755)
    state_folder(folder, "no-such-user-here")
    assert mode(folder) == 0o700


def test_the_units_name_a_program_that_starts() -> None:
    where = places(Path("/etc/lanwitness.toml"), parse("", "x"))
    said = subprocess.run([*where.program, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("lanwitness, version ")
    assert Path(where.python).exists() and where.python == sys.executable
    pytest.importorskip("sensor.live.child")
    assert Path(where.child).is_file()


def test_what_is_written_elsewhere_is_opened_to_the_services() -> None:
    text = '[store]\npath = "/data/home.db"\nstate = "/data/state"\n[alerts.file]\npath = "/logs/alerts.jsonl"'
    assert places(Path("/x"), parse(text, "x")).write == ("/data", "/logs")
    assert places(Path("/x"), parse("", "x")).write == ()


def test_alerts_to_others_and_a_dashboard_for_others_open_the_units() -> None:
    closed = units_for(Path("/x"), parse("", "x"))
    opened = units_for(Path("/x"), parse('[alerts.mqtt]\nhost = "h"\n[dashboard]\nbind = "0.0.0.0"', "x"))
    assert "IPAddressDeny" in closed["lanwitness-watch.service"]
    assert "IPAddressDeny" not in opened["lanwitness-watch.service"]
    assert "192.168.0.0/16" in opened["lanwitness-serve.service"]


@pytest.mark.parametrize(
    ("text", "homes"), [("port = 9809", False), ('port = 9809\nbind = "0.0.0.0"', True), ('bind = "0.0.0.0"', False)]
)
def test_metrics_of_the_sensor_for_other_hosts(text: str, homes: bool) -> None:
    found = units_for(Path("/x"), parse(f"[metrics]\n{text}", "x"))["lanwitness-watch.service"]
    assert ("IPAddressAllow=localhost\n" in found) is not homes and ("192.168.0.0/16" in found) is homes


@pytest.mark.parametrize(
    "channel",
    [
        '[alerts.webhook]\nurl = "https://h/"',
        '[alerts.mqtt]\nhost = "h"',
        '[alerts.syslog]\nhost = "h"',
        '[alerts.notify]\nurls_file = "/etc/lanwitness/notify.urls"',
    ],
)
def test_alerts_to_other_machines_are_let_out(channel: str) -> None:
    config = Path("/etc/lanwitness/lanwitness.toml")
    found = units_for(config, parse(f'[capture]\ninterfaces = ["eth1"]\n{channel}', "x"))
    assert "IPAddressDeny" not in found["lanwitness-watch.service"]
