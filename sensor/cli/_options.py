"""What the commands have in common: options' values into what the sensor takes, or a sentence about what is wrong with them."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from sensor.model import STATUSES

if TYPE_CHECKING:
    from sensor.vault import Vault

T = TypeVar("T")

FAIL_ON = STATUSES[: STATUSES.index("no_violation_seen") + 1]
"""What `--fail-on` takes: the others say what traffic cannot show, and nobody can do better there."""


def check_networks(local: tuple[str, ...]) -> None:
    """Refuse what is no network."""
    import ipaddress

    for cidr in local:
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            raise click.BadParameter(
                f"{cidr!r} is not a network such as 192.168.1.0/24", param_hint="--local-net"
            ) from None


def output(stack: ExitStack, path: str | None) -> tuple[BinaryIO | None, str]:
    """Where records go, open as long as ``stack``, and its name for messages; None without ``--json``."""
    if path is None:
        return None, ""
    if path == "-":
        return sys.stdout.buffer, "standard output"
    try:
        return stack.enter_context(Path(path).open("wb", buffering=0)), path
    except OSError as error:
        raise click.BadParameter(
            f"{path}: {(error.strerror or 'cannot be written').lower()}", param_hint="--json"
        ) from None


def vault_of(*, reveal: bool) -> Vault:
    """The vault with the installation's key; with one for this run only where the key cannot be kept."""
    from sensor import config
    from sensor.replay import complain
    from sensor.vault import KEY_BYTES, Vault, load_key

    path = config.load().key_file
    try:
        key = load_key(path)
    except OSError as error:
        complain(
            f"{path}: {(error.strerror or 'cannot be kept').lower()}; fingerprints of secrets will differ from run to run"
        )
        key = os.urandom(KEY_BYTES)
    return Vault(key, reveal=reveal)
