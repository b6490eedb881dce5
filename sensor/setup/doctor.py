"""Checks of an installation for `doctor`, each with how to mend what is wrong; nothing is changed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sensor.files import error_reason
from sensor.light_dataclass import dataclass
from sensor.settings.keys import Settings
from sensor.text import minute

if TYPE_CHECKING:
    from sensor.store.location import StoreLocation

MEGABYTE = 1_000_000
LITTLE, TOO_LITTLE = 1000 * MEGABYTE, 100 * MEGABYTE
"""Free bytes of the disk below which the state is ``look``, and below which it is ``wrong``."""

BUILT = 1_767_225_600
"""2026-01-01: this program is not older, so no clock may be."""


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """A check's result. ``state``: ``well``, ``look`` (works, could be better) or ``wrong``; ``mend``: what to do."""

    name: str
    state: str
    message: str
    mend: str = ""


def installation() -> Iterator[DoctorCheck]:
    """The program's own parts."""
    from sensor.selfcheck.check import check

    for section in check(measure=False):
        if section.problems:
            yield DoctorCheck(
                section.name,
                "wrong",
                section.problems[0],
                "install the program again; if that does not help, report it",
            )
        elif section.name == "decoder" and section.summary != "compiled":
            yield DoctorCheck(
                "decoder",
                "look",
                "runs as plain Python, some hundred times slower",
                "install a C compiler (Debian: gcc python3-dev) and then the program again",
            )
        else:
            yield DoctorCheck(section.name, "well", section.summary)  # fmt: skip


def tools() -> Iterator[DoctorCheck]:
    """Programs beside this one."""
    if shutil.which("tshark"):
        yield DoctorCheck("tshark", "well", "at hand for `lanwitness explain`")
    else:
        yield DoctorCheck(
            "tshark",
            "look",
            "not installed: `lanwitness explain` cannot ask Wireshark for a second opinion",
            "install it if you want that (Debian: tshark)",
        )


def configuration(path: Path, settings: Settings | str) -> Iterator[DoctorCheck]:
    """The configuration file, as read or why not, and the files that it names."""
    if isinstance(settings, str):
        yield DoctorCheck(
            "configuration", "wrong", settings, f"mend the line in {path}, or run `lanwitness setup` again"
        )
        return
    yield DoctorCheck("configuration", "well", str(path))
    alerts = settings.alerts
    secrets: list[str | None] = [
        alerts.webhook.secret_file if alerts.webhook else None,
        alerts.mqtt.password_file if alerts.mqtt else None,
        alerts.notify.urls_file if alerts.notify else None,
    ]
    for name in filter(None, secrets):
        yield _secret(Path(name))
    for what, file in (("users", settings.capture.users), ("facts", settings.capture.facts)):
        if file is not None and not os.access(file, os.R_OK):
            yield DoctorCheck(what, "wrong", f"{file} cannot be read", f"make the file, or take `{what}` out of {path}")
    if alerts.webhook is not None and alerts.webhook.url.startswith("http://"):
        yield DoctorCheck("webhook", "look", "alerts go there unencrypted", "use an address that begins with https://")
    if alerts.webhook is not None and alerts.webhook.secret_file is None:
        yield DoctorCheck(
            "webhook",
            "look",
            "alerts are not signed: whoever gets them cannot tell that they are yours",
            "name a secret_file (docs/alerts.md)",
        )
    if alerts.mqtt is not None and not alerts.mqtt.tls:
        yield DoctorCheck(
            "mqtt",
            "look",
            "the password and the alerts cross your network readable",
            "switch TLS on at the broker, and `tls = true` here",
        )


def _secret(path: Path) -> DoctorCheck:
    try:
        mode = path.stat().st_mode
        empty = not path.read_bytes().strip()
    except OSError as error:
        return DoctorCheck(
            "secret",
            "wrong",
            f"{path}: {error_reason(error, 'cannot be read')}",
            "make the file (docs/alerts.md), or run this as the user that the sensor runs as",
        )
    if empty:
        return DoctorCheck("secret", "wrong", f"{path} is empty", "put the secret into it")
    if mode & stat.S_IRWXO or mode & stat.S_IWGRP:
        return DoctorCheck("secret", "wrong", f"{path} can be read by others", f"chmod 600 {path}")
    return DoctorCheck("secret", "well", str(path))  # fmt: skip


def state(folder: Path) -> Iterator[DoctorCheck]:
    """The state folder."""
    if not folder.is_dir():
        yield DoctorCheck(
            "state folder", "look", f"{folder} is not there yet", "the first run makes it; `lanwitness setup` does, too"
        )
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield DoctorCheck("state folder", "wrong", f"{folder} can be looked into by others", f"chmod 700 {folder}")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield DoctorCheck(
            "state folder",
            "wrong",
            f"{folder} cannot be written by this user",
            f"run this as the user that it belongs to, or: chown {os.geteuid()} {folder}",
        )
    else:
        yield DoctorCheck("state folder", "well", str(folder))
    key = folder / "fingerprint.key"
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield DoctorCheck("key", "wrong", f"{key} can be read by others", f"chmod 600 {key}")  # fmt: skip


CLOCKS_APART = 5.0
"""Seconds between two clocks from which on times of several sensors are no longer in order."""


def store(path: str) -> Iterator[DoctorCheck]:
    """The store: there, readable, of this program's schema; room on its disk."""
    from sensor.store.location import StoreFailed, store_location

    try:
        where = store_location(path)
    except StoreFailed as error:
        yield DoctorCheck("store", "wrong", str(error), "name a file or a database's URL under [store] path")
        return
    if where.path is not None and not where.path.exists():
        yield DoctorCheck("store", "look", f"{where.name} is not there yet", "the sensor makes it when it starts")
    else:
        from contextlib import closing

        from sensor.store.metric_queries import TotalsReader

        try:
            with closing(TotalsReader(where)) as opened:
                found = opened.totals()
            yield DoctorCheck(
                "store",
                "well",
                f"{where.name}: {found.runs} runs, {len(found.devices)} devices and "
                f"{sum(found.findings.values())} findings in the newest",
            )
            yield from _server(where)
        except StoreFailed as error:
            yield DoctorCheck(
                "store",
                "wrong",
                str(error),
                "the sentence says what is the matter; a store of a newer version needs that version of the program",
            )
    if where.path is not None:
        yield disk(where.path.parent)  # fmt: skip


def _server(where: StoreLocation) -> Iterator[DoctorCheck]:
    """The server of a store in PostgreSQL: TLS, rights, clock. Raises StoreFailed."""
    from sensor.store.server_state import server_state

    found = server_state(where)
    if found is None:
        return
    if where.server is not None and not found.tls:
        yield DoctorCheck(
            "store",
            "wrong",
            "what goes to the database's server crosses the network in the clear",
            "leave ?sslmode= out",
        )
    if found.superuser:
        yield DoctorCheck(
            "store", "look", "the database's user may do anything on its server", "give the sensor a role of its own"
        )
    if abs(found.ahead) > CLOCKS_APART:
        yield DoctorCheck(
            "store",
            "look",
            f"the clocks of this machine and of the database's server are {abs(found.ahead):.0f} s apart",
            "let both get the time (timedatectl)",
        )
    yield DoctorCheck("store", "well", f"PostgreSQL {found.version}{' over TLS' if found.tls else ''}")


def disk(folder: Path, free: Callable[[Path], int] | None = None) -> DoctorCheck:
    """Room on the disk of a folder."""
    while not folder.exists():
        folder = folder.parent
    left = free(folder) if free is not None else shutil.disk_usage(folder).free
    message = f"{left // MEGABYTE:,} MB free at {folder}"
    mend = "make room, or keep less: [retention] in the configuration"
    return DoctorCheck(
        "disk",
        "wrong" if left < TOO_LITTLE else "look" if left < LITTLE else "well",
        message,
        mend if left < LITTLE else "",
    )


def clock(now: float | None = None, synchronised: Callable[[], bool | None] | None = None) -> DoctorCheck:
    """Whether the clock can be right: a Raspberry Pi has none of its own."""
    now = time.time() if now is None else now
    mend = "switch on a time service (Debian: systemd-timesyncd), and give it a way to the internet or to your router"
    if now < BUILT:
        return DoctorCheck("clock", "wrong", f"{minute(now)} is in the past", mend)
    synchronised_now = (synchronised or _synchronised)()
    if synchronised_now is False:
        return DoctorCheck("clock", "look", "no time service has set it since the start", mend)
    return DoctorCheck(
        "clock",
        "well",
        "set by a time service" if synchronised_now else minute(now),
    )


def _synchronised() -> bool | None:
    """Whether timedatectl reports a synchronised clock; None where it does not report."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        # Fixed words, and a program of the system.
        output = subprocess.run(  # noqa: S603
            [program, "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(output.stdout.strip())  # fmt: skip


def waiting(folder: Path) -> Iterator[DoctorCheck]:
    """Alerts that could not be sent yet."""
    for channel in sorted(path for path in (folder / "alerts").glob("*") if path.is_dir()):
        count = sum(1 for _ in channel.glob("*.json"))
        if count:
            yield DoctorCheck(
                f"alerts by {channel.name}",
                "look",
                f"{count} wait to be sent",
                "lanwitness doctor --test-alert says why they do not arrive",
            )


def services(unit_folder: Path, wanted: dict[str, str]) -> Iterator[DoctorCheck]:
    """The units, as `setup` would write them now; nothing where none are installed."""
    if not (unit_folder / "lanwitness-watch.service").exists():
        return
    old = sorted(name for name, text in wanted.items() if _differs(unit_folder / name, text))
    if old:
        yield DoctorCheck(
            "services",
            "look",
            f"{', '.join(old)} do not fit the configuration or this version",
            "sudo lanwitness setup --units-only",
        )
    else:
        yield DoctorCheck("services", "well", "the units fit the configuration")


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") != text
    except OSError:
        return True
