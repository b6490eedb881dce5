"""`lanwitness setup`: by flags, by questions, without consent, twice."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sensor.cli.main import cli
from sensor.cli.setup import DRILL
from sensor.settings.read import read_settings
from sensor.setup.interfaces import Interface

MIRROR = Interface("eth1", "ethernet", True, received=100_000, sent=3, recent=50)
PLAIN = Interface("eth0", "ethernet", True, ("192.168.1.2",), True, 10, 10, 5)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sensor.setup.interfaces.interfaces", lambda *a, **k: [MIRROR, PLAIN])
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    # No test may touch the machine's own services.
    monkeypatch.setattr("subprocess.run", lambda *a, **k: pytest.fail("a program was started"))


def run(tmp_path: Path, *arguments: str, answers: str = "") -> Result:
    places = [
        "--config-folder",
        str(tmp_path / "etc"),
        "--state",
        str(tmp_path / "state"),
        "--unit-folder",
        str(tmp_path / "sys" / "units" / "here"),
    ]
    return CliRunner().invoke(cli, ["setup", *places, *arguments], input=answers, standalone_mode=False)


def config(tmp_path: Path) -> Any:
    return read_settings(tmp_path / "etc" / "lanwitness.toml")


def test_all_by_flags(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "--yes",
        "--consent",
        "--no-units",
        "--interface",
        "eth1",
        "--local-net",
        "192.168.1.0/24",
        "--people",
        "--days",
        "30",
        "--bind",
        "0.0.0.0",
        "--port",
        "9000",
        "--webhook",
        "https://h.example/x",
        "--alerts-file",
        str(tmp_path / "alerts.jsonl"),
    )
    assert result.return_value == 0, result.output
    settings = config(tmp_path)
    assert settings.capture.interfaces == ("eth1",) and settings.capture.people
    assert settings.capture.local_nets == ("192.168.1.0/24",) and settings.retention.days == 30
    assert (settings.dashboard.bind, settings.dashboard.port) == ("0.0.0.0", 9000)
    assert settings.alerts.webhook.secret_file == str(tmp_path / "etc" / "webhook.secret")
    assert settings.store.path == str(tmp_path / "state" / "home.db")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    secret = (tmp_path / "etc" / "webhook.secret").read_text("utf-8").strip()
    assert secret not in result.output
    assert not (tmp_path / "sys").exists()
    assert result.output.endswith(f"{DRILL}\n")


def test_the_mirror_port_is_found(tmp_path: Path) -> None:
    result = run(tmp_path, "--yes", "--consent", "--no-units")
    assert result.return_value == 0 and config(tmp_path).capture.interfaces == ("eth1",)
    assert "eth1: looks like a mirror port" in result.output and "eth1 is listened to" in result.output


def test_nothing_is_guessed_where_none_looks_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.setup.interfaces.interfaces", lambda *a, **k: [PLAIN])
    result = run(tmp_path, "--yes", "--consent", "--no-units")
    assert "name one with --interface" in str(result.exception) and not (tmp_path / "etc").exists()


def test_by_questions(tmp_path: Path) -> None:
    answers = ["y", "", "n", "y", "ha.local", "", "lanwitness", "Sesame12"]
    result = run(tmp_path, "--no-units", answers="\n".join(answers) + "\n")
    assert result.return_value == 0, result.output
    assert "Before you begin" in result.output and "Sesame12" not in result.output
    settings = config(tmp_path)
    assert settings.capture.interfaces == ("eth1",), "the mirror port is what is suggested"
    assert settings.alerts.mqtt.user == "lanwitness" and settings.dashboard.bind == "0.0.0.0"
    assert Path(settings.alerts.mqtt.password_file).read_text("utf-8") == "Sesame12\n"


@pytest.mark.parametrize("arguments", [("--yes",), ()])
def test_without_consent_nothing_is_set_up(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(tmp_path, *arguments, "--no-units", "--interface", "eth1", answers="n\n")
    assert "without their consent nothing is set up" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_that_is_there_is_left_alone(tmp_path: Path) -> None:
    arguments = ("--yes", "--consent", "--no-units", "--interface")
    assert run(tmp_path, *arguments, "eth1").return_value == 0
    again = run(tmp_path, *arguments, "eth0")
    assert "is there already" in str(again.exception) and config(tmp_path).capture.interfaces == ("eth1",)
    assert run(tmp_path, *arguments, "eth0", "--force").return_value == 0
    assert config(tmp_path).capture.interfaces == ("eth0",)
    assert 'interfaces = ["eth1"]' in (tmp_path / "etc" / "lanwitness.toml.old").read_text("utf-8")


def test_with_units(tmp_path: Path) -> None:
    result = run(tmp_path, "--yes", "--consent", "--units", "--interface", "eth1")
    assert result.return_value == 0, result.output
    here = tmp_path / "sys" / "units" / "here"
    assert (here / "lanwitness-watch.service").exists() and "systemctl enable --now" in result.output
    assert result.output.endswith(f"{DRILL}\n")
    assert (tmp_path / "sys" / "sysusers.d" / "lanwitness.conf").exists()
    (here / "lanwitness-watch.service").write_text("of an earlier version", "utf-8")
    assert run(tmp_path, "--units-only").return_value == 0
    assert "[Service]" in (here / "lanwitness-watch.service").read_text("utf-8")
    assert (here / "lanwitness-watch.service.old").read_text("utf-8") == "of an earlier version"


def test_no_drill_is_offered_for_a_folder_of_captures(tmp_path: Path) -> None:
    """They are read when they are finished, which is later than a drill waits."""
    result = run(tmp_path, "--yes", "--consent", "--no-units", "--folder", str(tmp_path))
    assert result.return_value == 0 and "lanwitness watch" in result.output and "lanwitness drill" not in result.output


def test_units_only_needs_a_configuration(tmp_path: Path) -> None:
    assert "no such file" in str(run(tmp_path, "--units-only").exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--interface", "eth1", "--webhook", "gopher://x"), "url: must be a web address"),
        (("--interface", "eth1", "--local-net", "1.2.3"), "is not a network"),
        (("--interface", "eth1", "--mqtt", "h", "--mqtt-password-file", "/nonexistent"), "cannot be read"),
        (("--folder", "/x", "--interface", ""), ""),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(tmp_path, "--yes", "--consent", "--no-units", *arguments)
    if message:
        assert message in str(result.exception) and not (tmp_path / "etc").exists()
    else:
        assert config(tmp_path).capture.folder == "/x"


def test_a_databases_url_stays_one_and_holds_no_password(tmp_path: Path) -> None:
    url = "postgresql+psycopg://lw@192.0.2.7/lan?password_file=/etc/lanwitness/db.password"
    given = ("--yes", "--consent", "--interface", "eth1", "--units")
    run(tmp_path, *given, "--store", url)
    assert config(tmp_path).store.path == url
    for name in ("watch", "serve"):
        unit = (tmp_path / "sys" / "units" / "here" / f"lanwitness-{name}.service").read_text("utf-8")
        assert "IPAddressAllow=localhost 192.0.2.7\n" in unit and "IPAddressDeny=any\n" in unit
    with pytest.raises(click.BadParameter, match="holds a password") as refused:
        raise run(tmp_path / "other", *given, "--store", url.replace("lw@", "lw:secret@")).exception  # type: ignore[misc]
    assert "secret" not in str(refused.value)
