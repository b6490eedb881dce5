"""Files of a set-up with their modes, written whole or not at all; an earlier one becomes .old."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import secrets
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensor.files import replacement
from sensor.light_dataclass import dataclass
from sensor.settings.keys import Settings
from sensor.settings.read import parse
from sensor.setup.commented import commented
from sensor.setup.units import STATE, USER, Places, folders_of, sysusers, units
from sensor.store.location import store_location

LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written. ``group``: its members may read it as well, where that group exists."""

    path: Path
    text: str
    mode: int
    group: str | None = None


@dataclass(frozen=True, slots=True)
class SetupChoices:
    """The user's choices. ``system``: for the whole machine, with units, else for this user alone.

    ``settings``: section -> key -> value.
    """

    system: bool
    folder: Path
    settings: Mapping[str, Mapping[str, Any]]
    webhook_secret: bool = False
    mqtt_password: str | None = None
    unit_folder: Path | None = None


def units_for(config: Path, settings: Settings) -> dict[str, str]:
    """The units that fit a configuration, by file name."""
    beyond = settings.dashboard.bind not in (None, *LOOPBACK)
    metrics = settings.metrics.port is not None and settings.metrics.bind not in LOOPBACK
    return units(
        places(config, settings),
        settings.capture.interfaces,
        outside=settings.alerts.outside,
        beyond=beyond,
        metrics=metrics,
        server=store_location(settings.store.path).server,
    )


def places(config: Path, settings: Settings) -> Places:
    """Where this program lies and what it writes, for its units."""
    script = Path(sys.executable).with_name("lanwitness")
    package = Path(__file__).resolve().parents[2]
    program = (str(script),) if script.exists() else (sys.executable, "-P", "-m", "sensor")
    # The interpreter of a virtual environment is a link to another one, and an editable installation lies elsewhere.
    real = Path(sys.executable).resolve().parent.parent
    editable = () if package.is_relative_to(sys.prefix) else (str(package),)
    read = folders_of(str(Path(sys.prefix)), str(real), *editable)
    state = settings.store.state or STATE
    written = [state, *([] if "://" in settings.store.path else [str(Path(settings.store.path).parent)])]
    if settings.alerts.file is not None:
        written.append(str(Path(settings.alerts.file.path).parent))
    return Places(
        program=program,
        python=sys.executable,
        child=str(package / "sensor" / "live" / "child.py"),
        config=str(config),
        read=read,
        state=state,
        write=tuple(one for one in folders_of(*written) if not Path(one).is_relative_to(STATE)),
    )


def files(chosen: SetupChoices) -> list[File]:
    """All files, in the order of writing. ValueError where the configuration would not be accepted."""
    settings = {section: dict(keys) for section, keys in chosen.settings.items()}
    group = USER if chosen.system else None
    secret_mode = 0o640 if chosen.system else 0o600
    secret_files = []
    if chosen.webhook_secret:
        path = chosen.folder / "webhook.secret"
        settings["alerts.webhook"]["secret_file"] = str(path)
        secret_files.append(File(path, f"whsec_{b64encode(secrets.token_bytes(32)).decode()}\n", secret_mode, group))
    if chosen.mqtt_password is not None:
        path = chosen.folder / "mqtt.password"
        settings["alerts.mqtt"]["password_file"] = str(path)
        secret_files.append(File(path, chosen.mqtt_password + "\n", secret_mode, group))
    config = chosen.folder / "lanwitness.toml"
    text = commented(settings)
    understood = parse(text, str(config), chosen.folder)
    found = [*secret_files, File(config, text, secret_mode, group)]
    if chosen.unit_folder is None:
        return found
    services = [File(chosen.unit_folder / name, one, 0o644) for name, one in units_for(config, understood).items()]
    return [File(users_file(chosen.unit_folder), sysusers(), 0o644), *found, *services]


def users_file(unit_folder: Path) -> Path:
    """``/etc/sysusers.d/lanwitness.conf`` for ``/etc/systemd/system``."""
    return unit_folder.parent.parent / "sysusers.d" / "lanwitness.conf"


def write(file: File) -> Path | None:
    """Write it; an earlier one that says something else is kept as ``….old``, whose path is given. OSError."""
    folder = file.path.parent
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    previous = None
    if file.path.is_symlink() or file.path.exists():
        if file.path.read_text("utf-8", "replace") == file.text:
            _own(file.path, file)
            return None
        previous = file.path.with_name(f"{file.path.name}.old")
    with replacement(file.path) as (out, part):
        out.write(file.text.encode("utf-8"))
        out.flush()
        # The earlier file moves only when the new one is on the disk.
        os.fsync(out.fileno())
        _own(part, file)
        if previous is not None:
            file.path.replace(previous)
    return previous


def _own(path: Path, file: File) -> None:
    """Set mode and group. Without the group (its user comes with the units), only the owner reads the file for now."""
    mode = file.mode
    if file.group is not None:
        try:
            os.chown(path, -1, grp.getgrnam(file.group).gr_gid)
        except (KeyError, PermissionError):
            mode &= ~0o070
    path.chmod(mode)


def state_folder(path: Path, user: str | None) -> None:
    """Make the state folder, readable by its owner alone; ``user``: the owner. OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    if user is not None:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(user)
            os.chown(path, entry.pw_uid, entry.pw_gid)
