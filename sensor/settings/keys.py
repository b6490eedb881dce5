"""Keys of the configuration: one table that makes checks, defaults, options and documentation.

Each section is a frozen class of settings, and each of its fields is a key of the file: `key` gives it its check, its
default, the sentence and example that docs/configuration.md and the file of `setup` show, and the command-line
parameter that it stands in for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import time
from typing import Any, NamedTuple

from sensor.catalogue import LANGUAGES
from sensor.memory import DEFAULT_MEMORY, LEAST_MEMORY, MOST_MEMORY
from sensor.model import SEVERITIES
from sensor.settings.checks import clock, networks, number, texts, web, zone
from sensor.settings.toml_reader import Check, flag, port, text, word

RISING = tuple(reversed(SEVERITIES))
"""Severities, mildest first."""


class ConfigKey(NamedTuple):
    """A key of a section of the file."""

    field: str
    """The field of the section's class."""
    check: Check
    default: Any
    """The value where the file has none; None where that means that the thing is off, or follows from other keys."""
    means: str
    """One sentence for a person."""
    example: Any
    """A value for the commented file."""
    option: str | None
    """The parameter of `watch` or `serve` whose default the key is."""
    path: bool
    """Whether the value is a path, which starts from the file's own folder."""
    required: bool
    """Whether the section's class cannot be made without it."""


def key(
    default: Any,
    check: Check,
    means: str,
    example: Any = None,
    *,
    name: str | None = None,
    option: str | None = None,
    path: bool = False,
) -> Any:
    """A field of a section's class that is a key of the file, with what `ConfigKey` says of it.

    ``default`` MISSING: the class demands a value. ``example``: the default if None. ``name``: of the key, if the field
    cannot have it.
    """
    shown = None if default is MISSING else default
    one = ConfigKey("", check, shown, means, default if example is None else example, option, path, default is MISSING)
    return field(default=default, metadata={"name": name, "key": one})


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """What the sensor listens to."""

    interfaces: tuple[str, ...] = key((), texts, "Network interfaces to listen on (`ip link` lists them).", ["eth1"])
    folder: str | None = key(
        None, text, "Instead: take finished captures that are dropped in this folder.", "/srv/captures",
        option="folder", path=True,
    )  # fmt: skip
    local_nets: tuple[str, ...] = key(
        (), networks, "Your local networks. Without this: all private ranges.", ["192.168.1.0/24"], option="local"
    )
    people: bool = key(
        False, flag,
        "Also search what phones and computers send for personal data. Ask those who live or work there first.",
        True, option="people",
    )  # fmt: skip
    memory: int = key(
        DEFAULT_MEMORY, number(LEAST_MEMORY, MOST_MEMORY),
        "Megabytes that traffic may fill, on a base of some 90. What is given up beyond them is said.",
        option="memory",
    )  # fmt: skip
    users: str | None = key(
        None, text, "Your own names of devices (TOML, docs/output.md).", "/etc/lanwitness/devices.toml",
        option="users", path=True,
    )  # fmt: skip
    signatures: tuple[str, ...] = key(
        (), texts, "Signatures of your own devices, made by `lanwitness learn`.", ["/etc/lanwitness/own.toml"],
        option="signatures",
    )  # fmt: skip
    facts: str | None = key(
        None, text, "What you know and traffic cannot tell (TOML, docs/output.md).", "/etc/lanwitness/facts.toml",
        option="facts", path=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """What this sensor is called, where it is, and on which bench of a laboratory."""

    name: str | None = key(None, text, "What this sensor is called. Without this: the machine's name.", "cellar")
    site: str | None = key(
        None, text, "The place whose network it hears; sensors of one site see the same devices.", "home"
    )
    bench: str | None = key(None, text, "The bench of a laboratory at which it stands.", "bench-2")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the store is: ``path`` a file or a database's URL, ``state`` a folder (None: as `sensor.config` has it)."""

    path: str = key(
        "/var/lib/lanwitness/home.db", text, "Where what was seen is kept: a file, or the URL of a database.",
        option="store", path=True,
    )  # fmt: skip
    state: str | None = key(
        None, text, "Folder of the program's own key and its waiting alerts.", "/var/lib/lanwitness", path=True
    )
    outage_hours: int = key(
        24, number(1, 720), "Hours of counts that wait on this disk while a database server is away.",
    )  # fmt: skip
    outage_mb: int = key(
        500, number(10, 100_000),
        "Megabytes that may wait there: the oldest counts go first, findings never.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long the store keeps what: days, and megabytes of the whole store."""

    days: int = key(365, number(1, 3650), "Days that findings and devices are kept.")
    hourly_days: int = key(60, number(1, 3650), "Days that traffic is kept by the hour; then by the day.")
    size_mb: int = key(2000, number(10, 1_000_000), "Largest size of the store in megabytes; the oldest goes first.")
    evidence_days: int = key(30, number(1, 3650), "Days that the packets behind a finding are kept.")


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """Where the pages are: ``bind`` None is this machine's loopback addresses."""

    bind: str | None = key(
        None, text, "Address of the pages. Without this: this machine alone.", "127.0.0.1", option="bind"
    )
    port: int = key(8080, port, "Port of the pages and of the metrics.", option="port")
    hosts: tuple[str, ...] = key(
        (), texts, "Further names by which browsers may ask for the pages.", ["sensor.home.example"], option="hosts"
    )
    tls_cert: str | None = key(
        None, text, "Certificate with its chain (PEM). Without this: one made for this machine.",
        "/etc/lanwitness/cert.pem", option="tls_cert", path=True,
    )  # fmt: skip
    tls_key: str | None = key(
        None, text, "The certificate's key (PEM); only the sensor may read it.", "/etc/lanwitness/key.pem",
        option="tls_key", path=True,
    )  # fmt: skip
    upload_mb: int = key(
        2048, number(1, 1_048_576), "Largest capture in megabytes that may be sent in on the pages.",
        option="max_upload",
    )  # fmt: skip
    contact: str | None = key(
        None, text, "Whom to tell of a flaw (mailto:, https:// or tel:), for /.well-known/security.txt.",
        "mailto:me@home.example", option="contact",
    )  # fmt: skip
    language: str | None = key(
        None, word(*LANGUAGES), "Language of the pages, en or de. Without this: what each browser asks for.",
        "de", option="language",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where the sensor's own metrics are (``port`` None: nowhere); those of the store are on the dashboard."""

    port: int | None = key(
        None, port, "Port of the sensor's own metrics (/metrics). Without this: none.", 9809, option="metrics_port"
    )
    bind: str = key("127.0.0.1", text, "Their address. Beyond this machine a token is needed.", option="listen")
    token_file: str | None = key(
        None, text, "A file with the token that who asks must show; at least 16 characters.",
        "/etc/lanwitness/metrics.token", option="token_file", path=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours without alerts, by the clock of ``zone`` (None: this machine's); ``start`` after ``end`` is a night.

    Alerts of ``unless`` and above do not wait.
    """

    start: time = key(MISSING, clock, "Quiet hours: alerts wait from this time …", "22:00", name="from")  # noqa: RUF009 - a field
    end: time = key(MISSING, clock, "… until this one.", "07:00", name="until")  # noqa: RUF009 - a field
    zone: str | None = key(None, zone, "The time zone of both. Without this: this machine's.", "Europe/Vienna")
    unless: str = key(
        "critical", word(*RISING, "off"), "Alerts of this severity and above do not wait (off: all wait)."
    )


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where alerts are posted, and the file of the secret that signs them (None: unsigned)."""

    url: str = key(
        MISSING, web, "Each alert is sent to this address as signed JSON (POST). Redirects are not followed.",
        "https://home.example/hook",
    )  # fmt: skip
    secret_file: str | None = key(
        None, text, "A file with the secret that signs it; only you may read it.", "/etc/lanwitness/webhook.secret",
        path=True,
    )  # fmt: skip
    ca_file: str | None = key(
        None, text, "Certificates that are trusted for it. Without this: the system's.", "/etc/lanwitness/ca.pem",
        path=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker. The file's default of ``port`` follows from ``tls``."""

    host: str = key(MISSING, text, "Your MQTT broker, such as Home Assistant's.", "homeassistant.local")
    port: int = key(MISSING, port, "Its port. Without this: 8883 with TLS, else 1883.", 8883)
    tls: bool = key(True, flag, "Encrypt. Switch it off only for a broker on this machine or a network of its own.")
    ca_file: str | None = key(
        None, text, "Certificates that are trusted for it. Without this: the system's.", "/etc/lanwitness/ca.pem",
        path=True,
    )  # fmt: skip
    user: str | None = key(None, text, "User name at the broker.", "lanwitness")
    password_file: str | None = key(
        None, text, "A file with the password; only you may read it.", "/etc/lanwitness/mqtt.password", path=True
    )
    topic: str = key("lanwitness", text, "First part of all topics.")
    home_assistant: bool = key(True, flag, "Each device appears in Home Assistant by itself.")
    discovery_prefix: str = key("homeassistant", text, "Home Assistant's discovery prefix.")


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The file of alerts: megabytes of one, and how many old ones stay."""

    path: str = key(
        MISSING, text, "Each alert is a line of JSON in this file.", "/var/lib/lanwitness/alerts.jsonl", path=True
    )
    size_mb: int = key(5, number(1, 1000), "A file of this size in megabytes is put aside and a new one begun.")
    keep: int = key(3, number(0, 100), "So many old ones are kept.")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The log for people, and megabytes of one; three old ones stay."""

    path: str = key(
        MISSING, text, "Each alert is a line to read in this file; the same again is counted.",
        "/var/log/lanwitness/alerts.log", path=True,
    )  # fmt: skip
    size_mb: int = key(1, number(1, 1000), "A file of this size in megabytes is put aside and a new one begun.")


@dataclass(frozen=True, slots=True)
class SyslogSettings:
    """The collector. The file's default of ``port`` follows from ``protocol``."""

    host: str = key(MISSING, text, "Your collector of syslog.", "logs.home.example")
    port: int = key(MISSING, port, "Its port. Without this: 6514 with TLS, else 514.", 6514)
    protocol: str = key("tls", word("tls", "tcp", "udp"), "How: tls (RFC 5425), tcp or udp; the last two can be read.")
    ca_file: str | None = key(
        None, text, "Certificates that are trusted for it. Without this: the system's.", "/etc/lanwitness/ca.pem",
        path=True,
    )  # fmt: skip
    facility: int = key(16, number(0, 23), "The facility (RFC 5424 6.2.1); 16 is local0.")


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """The file of Apprise's URLs, which hold tokens and passwords."""

    urls_file: str = key(
        MISSING, text, "A file with Apprise's URLs, one a line, at most eight; only you may read it.",
        "/etc/lanwitness/notify.urls", path=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Which events cause alerts, how often, and where they are sent (None: not that way)."""

    language: str = key(LANGUAGES[0], word(*LANGUAGES), "Language of the alerts, en or de.")
    new_device: bool = key(True, flag, "Tell of a device that was never seen before.")
    finding: str = key(
        "high", word(*RISING, "off"),
        "Tell of new findings at or above this severity (info, low, medium, high, critical, off).",
    )  # fmt: skip
    verdict_worse: bool = key(True, flag, "Tell when a device does worse on one of the five capabilities.")
    verdict_better: bool = key(
        True, flag, "Tell when a device that did worse was heard for long enough without anything against it."
    )
    gone_hours: int = key(
        48,
        number(0, 8760),
        "Tell of a judged device that was not heard for so many hours, and of its return (0: no).",
    )
    sensor: bool = key(True, flag, "Tell when the sensor sees nothing, or loses packets, and when it is well again.")
    learn_minutes: int = key(
        60, number(0, 10_080), "After the very first start, devices are learned for so long without a word."
    )
    repeat_hours: int = key(
        24, number(1, 8760), "The same alert comes again after so many hours at the earliest, with a count."
    )
    at_most_an_hour: int = key(
        20, number(1, 1000), "More alerts than this in an hour become one line that counts them."
    )
    quiet: QuietHours | None = None
    webhook: WebhookSettings | None = None
    mqtt: MqttSettings | None = None
    file: FileSettings | None = None
    syslog: SyslogSettings | None = None
    log: LogSettings | None = None
    notify: NotifySettings | None = None

    @property
    def anywhere(self) -> bool:
        """Whether alerts are sent at all."""
        return self.outside or any((self.file, self.log))

    @property
    def outside(self) -> bool:
        """Whether alerts go to other machines."""
        return any((self.webhook, self.mqtt, self.syslog, self.notify))


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. Paths are absolute, or from the file's own folder."""

    capture: CaptureSettings = field(default_factory=CaptureSettings)
    sensor: SensorSettings = field(default_factory=SensorSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    dashboard: DashboardSettings = field(default_factory=DashboardSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)


class Section(NamedTuple):
    """A section of the file: its class, a sentence or two for a person, and its keys in the file's order."""

    settings: type[Any]
    introduction: str
    keys: Mapping[str, ConfigKey]


def section(settings: type[Any], introduction: str) -> Section:
    """The section of a class whose fields are made by `key`; other fields are sections of their own."""

    def named(one: Field[Any]) -> str:
        return one.metadata["name"] or one.name

    keys = {named(one): one.metadata["key"]._replace(field=one.name) for one in fields(settings) if one.metadata}
    return Section(settings, introduction, keys)


SECTIONS: Mapping[str, Section] = {
    "capture": section(
        CaptureSettings, "What is listened to. `replay` and `watch` only listen: they send nothing into your network."
    ),
    "sensor": section(SensorSettings, "Which sensor this is. Its identity is made once, in the state folder."),
    "store": section(StoreSettings, "Where it is kept, on this machine."),
    "retention": section(RetentionSettings, "How long it is kept."),
    "dashboard": section(
        DashboardSettings,
        "The pages that you look at with a browser, and metrics of your devices for Prometheus (/metrics).",
    ),
    "metrics": section(
        MetricsSettings,
        "The sensor's own figures for Prometheus: packets, losses, time spent. "
        "Those of your devices are on the dashboard.",
    ),
    "alerts": section(
        AlertSettings,
        "What you are told of. Nothing is sent anywhere unless you name a place in one of the sections below.",
    ),
    "alerts.quiet": section(QuietHours, "Quiet hours. What happens then is told when they are over."),
    "alerts.webhook": section(
        WebhookSettings,
        "Alerts to a web address of yours, signed as standardwebhooks.com describes; "
        "tried again for three days where it cannot be reached.",
    ),
    "alerts.mqtt": section(
        MqttSettings, "Alerts and the devices' states to your MQTT broker, for Home Assistant and others."
    ),
    "alerts.file": section(FileSettings, "Alerts to a file, one JSON object a line."),
    "alerts.log": section(LogSettings, "Alerts as lines of text, for a person."),
    "alerts.syslog": section(SyslogSettings, "Alerts to a collector of syslog, as RFC 5424 has it."),
    "alerts.notify": section(
        NotifySettings, "Alerts by mail, ntfy, Telegram and many other services, with Apprise (extra `[notify]`)."
    ),
}
"""All sections of the file, by name; a dot stands before a section that belongs to another."""


def option_defaults(settings: Settings) -> dict[str, Any]:
    """Values for the command line's parameters, by their names; without what the file leaves open."""
    found: dict[str, Any] = {}
    for name, one in SECTIONS.items():
        for entry in one.keys.values():
            if entry.option is not None:
                value = getattr(getattr(settings, name), entry.field)
                found[entry.option] = list(value) if isinstance(value, tuple) else value
    if settings.metrics.port is None:
        del found["listen"]
    return {name: value for name, value in found.items() if not (value is None or value is False or value == [])}
