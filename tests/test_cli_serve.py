"""`lanwitness serve`: what it refuses, and that it listens on this machine alone."""

import socket
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sensor.cli_serve import listening, serve


def test_no_address_beyond_this_machine(tmp_path: Path) -> None:
    found = CliRunner().invoke(serve, ["--store", str(tmp_path / "s.db"), "--bind", "0.0.0.0"])
    assert found.exit_code == 2 and "only 127.0.0.1" in found.output


def test_a_store_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    found = CliRunner().invoke(serve, ["--store", str(tmp_path / "none.db")])
    assert found.exit_code == 1 and "Traceback" not in found.output and "none.db" in found.output


@pytest.mark.parametrize("contact", ["javascript:x", "mailto:a b", "https://x\r\nX: y"])
def test_a_contact_is_a_uri_of_three_kinds(contact: str, tmp_path: Path) -> None:
    found = CliRunner().invoke(serve, ["--store", str(tmp_path / "s.db"), "--contact", contact])
    assert found.exit_code == 2


def test_a_port_in_use_is_a_sentence_and_nothing_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(click.ClickException, match="in use"):
        listening(other.getsockname()[1], ("127.0.0.1",))
