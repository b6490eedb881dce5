"""The user's files: None without one, what they say, a complaint that names the option; those that are shipped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from sensor import shipped
from sensor.cli import _files
from sensor.cli.main import cli
from sensor.shipped import SHIPPED
from tests.devices.test_geo import FILE as COUNTRIES
from tests.personas.personas import FILE


@pytest.mark.parametrize(
    ("read", "option", "good"),
    [
        (_files.users, "--users", b'[[device]]\nid = "02:00:5e:00:53:01"\nname = "a"'),
        (_files.facts, "--facts", b'[[device]]\nid = "02:00:5e:00:53:01"\nphase = "in_use"'),
        (_files.personas, "--persona", FILE.encode()),
        (_files.geo, "--geo", COUNTRIES),
    ],
)
def test_each(read: Callable[[str | None], object], option: str, good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read(None) is None
    path.write_bytes(good)
    assert read(str(path)) is not None
    path.write_bytes(b"[[rubbish")
    for wrong in (path, tmp_path / "none"):
        with pytest.raises(click.BadParameter) as error:
            read(str(wrong))
        assert error.value.param_hint == option and error.value.exit_code == 2


NETWORKS = [
    "attic\tcorrect horse battery\n# a comment\n\nla: maison:avec deux points\n",
    '[[network]]\nssid = "attic"\npassphrase = "correct horse battery"\n'
    '[[network]]\nssid = "la"\npassphrase = " maison:avec"',
]


@pytest.mark.parametrize("text", NETWORKS)
def test_passphrases_of_networks(text: str, tmp_path: Path) -> None:
    path = tmp_path / "networks"
    path.write_text(text)
    path.chmod(0o600)
    found = _files.wifi_keys(str(path))
    assert [one.ssid for one in found] == [b"attic", b"la"] and _files.wifi_keys(None) == ()
    # hashlib's PBKDF2 with what IEEE 802.11-2020 J.4 asks for
    assert found[0].master == hashlib.pbkdf2_hmac("sha1", b"correct horse battery", b"attic", 4096, 32)


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (NETWORKS[0], 0o640, "chmod 600"),
        (NETWORKS[0], 0o604, "chmod 600"),
        ("attic", 0o600, "line 1"),
        ("attic:hush", 0o600, "line 1: a passphrase has 8 to 63 characters"),
        ("", 0o600, "no network"),
        ('[[network]]\nssid = "attic"', 0o600, "network 1 needs"),
        ('[[network]]\npassphrase = "hush-hush', 0o600, "no TOML"),
        ("attic:hush-hush\n" * (_files.MAX_NETWORKS + 1), 0o600, "more than"),
    ],
)
def test_a_file_of_passphrases_that_is_refused(text: str, mode: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "networks"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(click.BadParameter) as error:
        _files.wifi_keys(str(path))
    assert words in str(error.value) and error.value.param_hint == "--wifi-key"
    assert "hush" not in str(error.value) and "correct" not in str(error.value)


def test_where_shipped_files_are_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["files", "rules"], standalone_mode=False)
    assert Path(capsys.readouterr().out.strip()).name == "lanwitness.rules.yml"
    cli.main(["files"], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SHIPPED) and all(
        Path(line.split()[1]).exists() for line in lines
    )


def test_an_installation_without_them_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "CHECKOUT", tmp_path)
    with pytest.raises(click.ClickException, match="has none of it"):
        cli.main(["files", "docs"], standalone_mode=False)
