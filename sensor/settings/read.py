"""One commented TOML file into frozen settings: what is listened to, where it is kept and for how long, who is told of what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, TypeVar

from sensor.settings.keys import SECTIONS
from sensor.settings.toml_reader import Reader


@dataclass(frozen=True, slots=True)
class Capture:
    """What is listened to."""

    interfaces: tuple[str, ...] = ()
    folder: str | None = None
    local_nets: tuple[str, ...] = ()
    people: bool = False
    users: str | None = None
    facts: str | None = None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where it is kept: ``path`` a file or a database's URL, ``state`` a folder (None: the environment says, `sensor.config`)."""

    path: str = "/var/lib/lanwitness/home.db"
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long: days, and megabytes of the whole store."""

    days: int = 365
    hourly_days: int = 60
    size_mb: int = 2000
    evidence_days: int = 30


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where the pages are: ``bind`` None is this machine's loopback addresses."""

    bind: str | None = None
    port: int = 8080
    hosts: tuple[str, ...] = ()
    tls_cert: str | None = None
    tls_key: str | None = None
    upload_mb: int = 2048
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where the sensor's own metrics are (``port`` None: nowhere); those of the store are on the dashboard."""

    port: int | None = None
    bind: str = "127.0.0.1"
    token_file: str | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours by the clock of ``zone`` (None: this machine's); ``start`` after ``end`` is a night. Alerts of ``unless`` and above do not wait."""

    start: time
    end: time
    zone: str | None = None
    unless: str = "critical"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts are posted, and the file of the secret that signs them (None: unsigned)."""

    url: str
    secret_file: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker."""

    host: str
    port: int
    tls: bool = True
    ca_file: str | None = None
    user: str | None = None
    password_file: str | None = None
    topic: str = "lanwitness"
    home_assistant: bool = True
    discovery_prefix: str = "homeassistant"


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The file of alerts: megabytes of one, and how many old ones stay."""

    path: str
    size_mb: int = 5
    keep: int = 3


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Of what is told, how often, and to whom (None: not that way)."""

    new_device: bool = True
    finding: str = "high"
    verdict_worse: bool = True
    sensor: bool = True
    learn_minutes: int = 60
    repeat_hours: int = 24
    at_most_an_hour: int = 20
    quiet: Quiet | None = None
    webhook: Webhook | None = None
    mqtt: MqttSettings | None = None
    file: FileSettings | None = None

    @property
    def anywhere(self) -> bool:
        """Whether there is anybody to tell."""
        return any((self.webhook, self.mqtt, self.file))


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. Paths are absolute, or from the file's own folder."""

    capture: Capture = field(default_factory=Capture)
    store: StoreSettings = field(default_factory=StoreSettings)
    retention: Retention = field(default_factory=Retention)
    dashboard: Dashboard = field(default_factory=Dashboard)
    metrics: Metrics = field(default_factory=Metrics)
    alerts: AlertSettings = field(default_factory=AlertSettings)


def read_settings(path: Path) -> Settings:
    """Read the file; ValueError with file, line and a suggestion where it cannot be used, OSError where it cannot be read."""
    try:
        source = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is no UTF-8 text") from None
    return parse(source, str(path), path.parent)


def parse(source: str, name: str, folder: Path = Path()) -> Settings:
    """The same from text; ``name`` is how the file is called in complaints, ``folder`` what its paths start from."""
    reader = Reader(name, source)
    reader.top(sorted({section.partition(".")[0] for section in SECTIONS}))
    told = {section: _section(reader, section, folder) for section in SECTIONS}
    alerts = told["alerts"] | {
        "quiet": _quiet(reader, told["alerts.quiet"]),
        "webhook": _channel(reader, Webhook, "webhook", told["alerts.webhook"], "url"),
        "mqtt": _channel(reader, MqttSettings, "mqtt", told["alerts.mqtt"], "host"),
        "file": _channel(reader, FileSettings, "file", told["alerts.file"], "path"),
    }
    capture = Capture(**told["capture"])
    if capture.interfaces and capture.folder:
        raise reader.wrong((("capture", 0),), "folder", "folder: interfaces or a folder, not both")
    dashboard = told["dashboard"]
    if ("tls_cert" in dashboard) != ("tls_key" in dashboard):
        raise reader.wrong((("dashboard", 0),), None, "tls_cert and tls_key belong together")
    return Settings(
        capture,
        StoreSettings(**told["store"]),
        Retention(**told["retention"]),
        Dashboard(**told["dashboard"]),
        Metrics(**told["metrics"]),
        AlertSettings(**alerts),
    )


PATHS = frozenset(
    {
        "folder",
        "users",
        "facts",
        "state",
        "secret_file",
        "token_file",
        "tls_cert",
        "tls_key",
        "ca_file",
        "password_file",
        "path",
    }
)


def _section(reader: Reader, section: str, folder: Path) -> dict[str, Any]:
    """What a section says, by key; only what it says."""
    keys = SECTIONS[section]
    place = tuple((part, 0) for part in section.split("."))
    row: Any = reader.data
    for part in section.split("."):
        row = row.get(part, {}) if isinstance(row, dict) else {}
    below = {name.rpartition(".")[2] for name in SECTIONS if name.startswith(f"{section}.")}
    reader.table(place, row, {key: one.check for key, one in keys.items()} | dict.fromkeys(below))
    told: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key in keys
    }
    for key in PATHS & told.keys():
        if "://" not in told[key]:
            told[key] = str(folder / told[key])
    return told


def _quiet(reader: Reader, told: dict[str, Any]) -> Quiet | None:
    if not told:
        return None
    place = (("alerts", 0), ("quiet", 0))
    for key in ("from", "until"):
        if key not in told:
            raise reader.wrong(place, None, f"quiet needs {key}")
    start, end = (one if isinstance(one, time) else time.fromisoformat(one) for one in (told["from"], told["until"]))
    if start == end:
        raise reader.wrong(
            place, "until", "until: is the same as from; leave [alerts.quiet] out to be told at any time"
        )
    return Quiet(start, end, told.get("zone"), told.get("unless", "critical"))


Channel = TypeVar("Channel", Webhook, MqttSettings, FileSettings)


def _channel(reader: Reader, kind: type[Channel], name: str, told: dict[str, Any], needed: str) -> Channel | None:
    if not told:
        return None
    if needed not in told:
        raise reader.wrong((("alerts", 0), (name, 0)), None, f"{name} needs {needed}")
    if kind is MqttSettings:
        told = {"port": 8883 if told.get("tls", True) else 1883, **told}
        for key in ("topic", "discovery_prefix"):
            if any(sign in told.get(key, "") for sign in "+#\0 "):
                raise reader.wrong((("alerts", 0), (name, 0)), key, f"{key}: must hold none of + # and no space")
    return kind(**told)
