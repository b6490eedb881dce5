"""Reader of the configuration file (TOML): `Settings`, or a complaint with file and line."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

from sensor.settings.keys import SECTIONS, Settings
from sensor.settings.toml_reader import Reader

MAKERS = "maker"
"""Tables that the configuration has in common with the facts; what they say is read where it is used."""


def read_settings(path: Path) -> Settings:
    """Read the file. ValueError with file, line and a suggestion where it cannot be used, OSError where not read."""
    try:
        source = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is no UTF-8 text") from None
    return parse(source, str(path), path.parent)


def parse(source: str, name: str, folder: Path = Path()) -> Settings:
    """The same from text; ``name`` is how complaints call the file, ``folder`` what its relative paths start from."""
    reader = Reader(name, source)
    reader.top(sorted({section.partition(".")[0] for section in SECTIONS} | {MAKERS}))
    values = {section: _values(reader, section, folder) for section in SECTIONS}
    _check_quiet(reader, values["alerts.quiet"])
    _complete_mqtt(reader, values["alerts.mqtt"])
    if values["alerts.syslog"]:
        secured = values["alerts.syslog"].get("protocol", "tls") == "tls"
        values["alerts.syslog"].setdefault("port", 6514 if secured else 514)
    made = {section: _made(reader, section, found) for section, found in values.items() if "." in section}
    for section, one in made.items():
        around, _, below = section.partition(".")
        values[around][below] = one
    settings = Settings(**{section: SECTIONS[section].settings(**values[section]) for section in values.keys() - made})
    if settings.capture.interfaces and settings.capture.folder:
        raise reader.wrong((("capture", 0),), "folder", "folder: interfaces or a folder, not both")
    if (settings.dashboard.tls_cert is None) != (settings.dashboard.tls_key is None):
        raise reader.wrong((("dashboard", 0),), None, "tls_cert and tls_key belong together")
    return settings


def _values(reader: Reader, section: str, folder: Path) -> dict[str, Any]:
    """The values of a section, by field; only those that the file has."""
    keys = SECTIONS[section].keys
    row: Any = reader.data
    for part in section.split("."):
        row = row.get(part, {}) if isinstance(row, dict) else {}
    below = {name.rpartition(".")[2] for name in SECTIONS if name.startswith(f"{section}.")}
    reader.table(_place(section), row, {name: one.check for name, one in keys.items()} | dict.fromkeys(below))
    values: dict[str, Any] = {}
    for name, value in row.items():
        if name not in keys:
            continue
        if keys[name].path and "://" not in value:
            value = str(folder / value)
        values[keys[name].field] = tuple(value) if isinstance(value, list) else value
    return values


def _made(reader: Reader, section: str, values: dict[str, Any]) -> Any:
    """The settings of a section below another; None where the file has none of its keys."""
    if not values:
        return None
    for name, one in SECTIONS[section].keys.items():
        if one.required and one.field not in values:
            raise reader.wrong(_place(section), None, f"{section.rpartition('.')[2]} needs {name}")
    return SECTIONS[section].settings(**values)


def _place(section: str) -> tuple[tuple[str, int], ...]:
    return tuple((part, 0) for part in section.split("."))


def _check_quiet(reader: Reader, values: dict[str, Any]) -> None:
    """Turn the times into `time`; two that are the same are a mistake."""
    for name in values.keys() & {"start", "end"}:
        if not isinstance(values[name], time):
            values[name] = time.fromisoformat(values[name])
    if "start" in values and values["start"] == values.get("end"):
        what = "until: is the same as from; leave [alerts.quiet] out to be told at any time"
        raise reader.wrong(_place("alerts.quiet"), "until", what)


def _complete_mqtt(reader: Reader, values: dict[str, Any]) -> None:
    """Add the port that belongs to ``tls``; a topic is no filter (MQTT 3.1.1, 4.7.1)."""
    if not values:
        return
    values.setdefault("port", 8883 if values.get("tls", True) else 1883)
    for name in ("topic", "discovery_prefix"):
        if any(sign in values.get(name, "") for sign in "+#\0 "):
            raise reader.wrong(_place("alerts.mqtt"), name, f"{name}: must hold none of + # and no space")
