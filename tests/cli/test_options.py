"""Options' values into what the sensor takes, or a sentence."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from sensor.cli._options import check_networks, output, vault_of


def test_nothing_given_is_nothing() -> None:
    with ExitStack() as stack:
        assert output(stack, None) == (None, "")


def test_networks() -> None:
    check_networks(("192.168.1.0/24", "fd00::/8"))
    with pytest.raises(click.BadParameter, match="is not a network"):
        check_networks(("kitchen",))


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(click.BadParameter):
        output(stack, str(tmp_path))


def test_the_vaults_key_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    assert vault_of(reveal=False).fingerprint(b"x") == vault_of(reveal=True).fingerprint(b"x")
