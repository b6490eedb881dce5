"""The user's files that a run takes: names, signatures, facts, personas, countries; each checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.decode.wlan_keys import NetworkKey
    from sensor.devices.geo import Geo
    from sensor.devices.signatures.learned import LearnedDevice
    from sensor.devices.users import Users
    from sensor.parsing.keylog import KeyLog
    from sensor.personas.search import Personas
    from sensor.verdicts.facts import Facts

T = TypeVar("T")


def users(path: str | None) -> Users | None:
    """The user's file of devices, checked; None without one."""
    from sensor.devices.users import read_users

    return _checked(path, read_users, "--users")


def learned(paths: Iterable[str]) -> tuple[LearnedDevice, ...]:
    """The devices of the user's files of signatures, checked."""
    from sensor.devices.signatures.learned import read_learned

    return tuple(device for path in paths for device in _checked(path, read_learned, "--signatures") or ())


MAX_KEY_LOG = 64 * 1024 * 1024
"""Bytes of a key log: a year of a busy program's connections."""


def keys_of(path: str | None) -> KeyLog:
    """The secrets in a key log; none without a file."""
    from sensor.parsing.keylog import KeyLog

    log = KeyLog()
    if path is None:
        return log
    try:
        with Path(path).open("rb") as file:
            log.add(file.read(MAX_KEY_LOG))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be read')}", param_hint="--keylog") from None
    if not len(log):
        raise click.BadParameter(f"{path}: no line of it is of a key log", param_hint="--keylog")
    return log


MAX_NETWORKS = 64
"""Networks of ``--wifi-key``: each costs a passphrase's 4,096 rounds, and is tried at each handshake."""


def wifi_keys(path: str | None) -> tuple[NetworkKey, ...]:
    """SSIDs and passphrases of a file that its owner alone may read; none without a file."""

    def read(file: Path) -> tuple[NetworkKey, ...]:
        if file.stat().st_mode & 0o077:
            raise ValueError(f"{path}: others may read it, and it holds passphrases; run chmod 600 on it first")
        found = []
        for where, ssid, passphrase in _networks(file.read_text("utf-8"), str(path)):
            try:
                found.append(network_key(ssid, passphrase))
            except ValueError as error:
                raise ValueError(f"{path}: {where}: {error}") from None
        if not found:
            raise ValueError(f"{path}: no network is in it")
        if len(found) > MAX_NETWORKS:
            raise ValueError(f"{path}: more than {MAX_NETWORKS} networks are in it")
        return tuple(found)

    from sensor.decode.wlan_keys import network_key

    return _checked(path, read, "--wifi-key") or ()


def _networks(text: str, path: str) -> Iterator[tuple[str, str, str]]:
    """Place, SSID and passphrase of each network: TOML's ``[[network]]``, else lines with a tab or colon between."""
    if "[[network]]" in text:
        import tomllib

        try:
            tables = tomllib.loads(text)["network"]
        except (tomllib.TOMLDecodeError, RecursionError):  # its text may hold a passphrase
            raise ValueError(f"{path}: it has [[network]] tables and is no TOML") from None
        for number, one in enumerate(tables, 1):
            ssid, passphrase = one.get("ssid"), one.get("passphrase")
            if not isinstance(ssid, str) or not isinstance(passphrase, str):
                raise ValueError(f"{path}: network {number} needs ssid and passphrase as text")
            yield f"network {number}", ssid, passphrase
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            ssid, between, passphrase = line.partition("\t" if "\t" in line else ":")
            if not between:
                raise ValueError(f"{path}: line {number}: SSID and passphrase with a tab or colon between are expected")
            yield f"line {number}", ssid, passphrase


def facts(path: str | None) -> Facts | None:
    """The lab's facts, checked, with the makers of the configuration; None where there is neither."""
    from sensor.cli._config import makers
    from sensor.verdicts.facts import Facts, read_facts

    found = _checked(path, read_facts, "--facts")
    if not makers():
        return found
    found = found or Facts({})
    return replace(found, makers={**makers(), **found.makers})


def personas(path: str | None) -> Personas | None:
    """Personal data of test accounts, checked and compiled; None without a file."""
    from sensor.personas.read import read_personas

    return _checked(path, read_personas, "--persona")


def geo(path: str | None) -> Geo | None:
    """Countries of addresses; None without a file."""
    from sensor.devices.geo import Geo

    return _checked(path, Geo, "--geo")


def _checked(path: str | None, read: Callable[[Path], T], option: str) -> T | None:
    """The content of a user's file; a sentence and exit status 2 where it cannot be read or used."""
    if path is None:
        return None
    try:
        return read(Path(path))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be read')}", param_hint=option) from None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None
