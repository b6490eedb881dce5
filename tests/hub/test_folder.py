"""The hub's folder: how sensors reach its database, and certificates that are made once."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensor.hub.folder import (
    HubSettings,
    read_settings_of_hub,
    settings_of,
    url_with_files,
    write_certificates,
    write_settings,
)
from sensor.store.location import store_location

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "host", "shown"),
    [
        ("postgresql+psycopg:///lan?host=/run/postgresql", "hub", "postgresql+psycopg://r@hub:5432/lan"),
        ("postgresql+psycopg://postgres@db:5433/lan_2", "192.0.2.1", "postgresql+psycopg://r@192.0.2.1:5433/lan_2"),
        ("postgresql+psycopg:///lan?port=5434", "2001:db8::1", "postgresql+psycopg://r@[2001:db8::1]:5434/lan"),
    ],
)
def test_sensors_reach_the_database_that_the_administrator_named(url: str, host: str, shown: str) -> None:
    assert settings_of(url, [host, "other"]).url_of("r") == shown
    assert store_location(shown).server == host


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://postgres@db/",
        "postgresql+psycopg://postgres@db/lan all",
        "postgresql+psycopg://postgres@db/lan%0Ahost",
    ],
)
def test_odd_names_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="name a database"):
        settings_of(url, ["hub"])


@pytest.mark.parametrize("host", ["", "a b", "hub/lan", "anna@hub", "hub:5432", "[::1]", "hub?x", "-hub", "h" * 254])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="no name or address"):
        settings_of("postgresql+psycopg:///lan", ["hub.home.example", host])


def test_what_is_written_is_read_and_certificates_stay(tmp_path: Path) -> None:
    made = HubSettings("postgresql+psycopg:///lan", "hub", 5432, "lan")
    for _ in range(2):
        write_certificates(tmp_path, ["hub"], ["lw_hub"], NOW)
        write_settings(tmp_path, made)
        files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert read_settings_of_hub(tmp_path) == made
    write_certificates(tmp_path, ["hub", "192.0.2.1"], ["lw_hub"], NOW)
    # The server's is made for the names that are given now, the others once.
    changed = {path.name for path in tmp_path.iterdir() if path.read_bytes() != files[path.name]}
    assert changed == {"server.key", "server.crt"}
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_certificates(tmp_path, [], ["lw_hub"], NOW)
    assert files == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert url_with_files(tmp_path, made, "lw_hub").count(str(tmp_path)) == 3
    (tmp_path / "hub.json").write_text('{"x": 1}')
    with pytest.raises(ValueError, match=r"hub\.json"):
        read_settings_of_hub(tmp_path)
