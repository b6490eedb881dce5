"""The alert manager: derives alerts from changes, throttles them and queues them for each channel.

It never waits for a channel.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sensor.alerts.alert import Alert
from sensor.alerts.broker_state import BrokerState
from sensor.alerts.derive import SENSOR_HEALTH, derive, health, limits
from sensor.alerts.file_channel import FileChannel
from sensor.alerts.notify import channels_of
from sensor.alerts.plain_log import PlainLog
from sensor.alerts.presence import Newcomers, presence
from sensor.alerts.sender import AlertChannel, Sender
from sensor.alerts.spool import Spool
from sensor.alerts.state import AlertState
from sensor.alerts.syslog import SyslogChannel
from sensor.alerts.throttle import AlertThrottle, Outgoing
from sensor.alerts.webhook import WebhookChannel
from sensor.catalogue import LANGUAGES, worded
from sensor.files import error_reason
from sensor.model import SensorState
from sensor.records import Record
from sensor.settings.keys import AlertSettings as Rules
from sensor.wording import sensor_message

SAVE = 10.0
"""Seconds between two writings of the state: a crash may repeat the alerts of that time."""


LOOK = 2.0
"""Seconds between two looks whether a device was forgotten by another program."""

RECOVER = 3600.0
"""Seconds in which the same state of the sensor raises no second alert: a loose cable changes it often."""


class SensorHealth(Protocol):
    """How the live sensor does; `sensor.store.types.Sensor` is one."""

    @property
    def state(self) -> str:
        """A word of `sensor.live.health`."""

    @property
    def message(self) -> str:
        """A sentence, or ""."""

    @property
    def more(self) -> dict[str, Any]:
        """``caveats``: what limits what it sees (`sensor.caveats`)."""


class RunChange(Protocol):
    """What changed in a run; `sensor.store.types.Change` is one."""

    @property
    def records(self) -> Sequence[Record]:
        """New and changed records (docs/output.md)."""

    @property
    def removed(self) -> Sequence[tuple[str, str]]:
        """What is no more: ``(kind, id)``."""

    @property
    def sensor(self) -> SensorHealth | None:
        """How the sensor does."""

    @property
    def at(self) -> int | None:
        """The packets' time, µs since 1970 UTC; None where it is the machine's."""


class UserCorrections(Protocol):
    """The corrections in force; `sensor.store.applied_corrections.AppliedCorrections` is one."""

    @property
    def device_mutes(self) -> Mapping[str, object]:
        """Device -> what mutes all that is of it."""

    def records(self, found: Iterable[Record]) -> list[Record]:
        """Records with the user's names and kinds."""

    def merged_into(self, device: str) -> str:
        """The device that this one is part of."""

    def silent(self, finding: Record) -> bool:
        """Whether it raises no alert."""


class AlertManager:
    """``corrections`` gives at once what the user said of devices and findings, None where that is not known now.
    ``say`` takes sentences for the log."""

    def __init__(
        self,
        rules: Rules,
        state: Path,
        say: Callable[[str], None],
        *,
        corrections: Callable[[], UserCorrections | None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``state``: the installation's folder. ValueError with a sentence for what the settings name and cannot be
        used."""
        folder = state / "alerts"
        now = clock()
        self._rules = rules
        self._say = say
        self._read = corrections
        self._applied: UserCorrections | None = None
        self._clock = clock
        self._state = AlertState(folder / "memory.json", rules.learn_minutes * 60.0, now)
        if self._state.damaged:
            say("what was told before cannot be read: devices are learned anew")
        self._newcomers = Newcomers(self._state)
        self._throttle = AlertThrottle(rules, self._state)
        self._saved = self._checked = now
        self._unsaved = False
        self._broker_state: BrokerState | None = None
        self._mqtt_changed: Callable[[], None] = lambda: None
        self._senders: list[Sender] = []
        for channel in self._channels():
            self._senders.append(Sender(channel, Spool(folder / channel.name), say, clock))
        for sender in self._senders:
            sender.start()

    def _channels(self) -> list[AlertChannel]:
        rules, found = self._rules, list[AlertChannel]()
        # The secrets first: what is missing is reported before anything is connected.
        key = _secret(rules.webhook.secret_file) if rules.webhook else None
        password = _secret(rules.mqtt.password_file) if rules.mqtt else None
        if rules.webhook:
            found.append(WebhookChannel(rules.webhook, key))
        if rules.file:
            found.append(FileChannel(rules.file))
        if rules.log:
            found.append(PlainLog(rules.log))
        if rules.syslog:
            found.append(SyslogChannel(rules.syslog))
        if rules.notify:
            found += channels_of(rules.notify)
        if rules.mqtt:
            from sensor.alerts.mqtt import MqttChannel

            if not self._state.node:
                self._state.node, self._state.changed = secrets.token_hex(4), True
            prefix = rules.mqtt.discovery_prefix if rules.mqtt.home_assistant else None
            self._broker_state = BrokerState(self._state.node, rules.mqtt.topic, prefix)
            self._take_back()
            mqtt = MqttChannel(rules.mqtt, password, self._broker_state)
            self._mqtt_changed = mqtt.changed
            found.append(mqtt)
        return found

    def update(self, change: RunChange, now: float | None = None) -> None:
        """What is new or changed. ``now``: seconds since 1970 UTC, the clock's own without it."""
        now = self._clock() if now is None else now
        applied = self._corrections()
        records = list(change.records) if applied is None else known_as(change.records, applied)
        heard = [one for one in records if one.get("record") != "finding" or applied is None or not applied.silent(one)]
        if self._broker_state is not None:
            self._broker_state.update(heard, change.removed)
            self._mqtt_changed()
        if applied is not None:
            quiet = applied.device_mutes
            heard = [one for one in heard if one.get("id" if one.get("record") == "device" else "device") not in quiet]
        settled = self._newcomers.settle(heard, change.removed, now)
        step = derive(settled, self._state, self._rules, now)
        self._state.learn(step)
        at = now if change.at is None else change.at / 1e6
        moved = presence(heard, change.removed, self._state, self._rules, at, now)
        for alert in [*step.alerts, *moved]:
            self._send(self._throttle.admit(alert, now), now)
        if change.sensor is not None and change.sensor.state in SENSOR_HEALTH:
            why = sensor_message(change.sensor.message, change.sensor.more, self._rules.language)
            self.sensor(SENSOR_HEALTH[SensorState(change.sensor.state)], why, now)
        if change.sensor is not None and self._rules.sensor:
            for alert in limits(change.sensor.more.get("caveats", ()), self._state, now, self._rules):
                self._send(self._throttle.admit(alert, now), now)
        self.tick(now)

    def sensor(self, state: str, why: str, now: float | None = None) -> None:
        """How the sensor is (a key of `sensor.alerts.derive.HEALTH`), with a sentence; to be called again while it is
        so."""
        now = self._clock() if now is None else now
        if self._broker_state is not None:
            self._broker_state.update((), health=state)
            self._mqtt_changed()
        alert = health(state, why, self._state.health, self._rules, now)
        # What is held back now is sent if it still is so later.
        if alert is not None and not self._throttle.recent(alert.key, now, RECOVER):
            self._state.health, self._state.changed = state, True
            self._send(self._throttle.admit(alert, now), now)

    def _corrections(self) -> UserCorrections | None:
        if self._read is not None:
            # Where they cannot be read now, what was read last holds.
            self._applied = self._read() or self._applied
        return self._applied

    def forget(self, device: str) -> None:
        """A device is no more: it is removed from the state and from Home Assistant."""
        self._state.forget(device)
        if self._broker_state is not None:
            self._broker_state.update((), [("device", device)])
            self._mqtt_changed()

    def tick(self, now: float | None = None) -> None:
        """Time goes by: to be called every few seconds, also when nothing happens."""
        now = self._clock() if now is None else now
        if self._state.learn_until is not None and now >= self._state.learn_until:
            self._state.learn_until, self._state.changed = None, True
            self._send(self._throttle.admit(learned(self._state, now, self._rules.language), now), now)
        self._send(self._throttle.due(now), now)
        if not 0 <= now - self._checked < LOOK:
            self._checked = now
            self._look()
        if self._state.changed and not 0 <= now - self._saved < SAVE:
            self._save(now)

    def _look(self) -> bool:
        """Whether `lanwitness forget` took a device out of what is kept; that holds then, and not what is in memory."""
        if not self._state.replaced():
            return False
        self._state.read()
        self._take_back()
        return True

    def _take_back(self) -> None:
        if self._broker_state is not None and self._state.taken_back:
            self._broker_state.take_back(self._state.taken_back)
            self._state.taken_back, self._state.changed = [], True
            self._mqtt_changed()

    def test(self, now: float | None = None) -> None:
        """An alert that says nothing but that alerts arrive; neither folded nor held."""
        now = self._clock() if now is None else now
        title, text = (worded("alert", f"test.{part}", {}, self._rules.language) for part in ("title", "text"))
        alert = Alert("test", "test", "info", now, title, text)
        self._send([Outgoing(alert, now)], now)

    def counts(self) -> dict[str, dict[str, int]]:
        """Channel -> ``sent``, ``failed``, ``dropped``, ``waiting``, for metrics."""
        return {sender.channel.name: sender.counts() for sender in self._senders}

    def close(self) -> None:
        """Keep what is known and end the channels; what waits is sent after the next start."""
        self._save(self._clock())
        for sender in self._senders:
            sender.close()

    def _save(self, now: float) -> None:
        self._saved = now
        if self._look():
            return
        try:
            self._state.save()
            self._unsaved = False
        except OSError as error:
            if not self._unsaved:
                self._unsaved = True
                self._say(
                    f"what was told cannot be kept ({error_reason(error, type(error).__name__)}): "
                    "after a restart it is told again"
                )

    def _send(self, outgoing: list[Outgoing], now: float) -> None:
        for alert, at in outgoing:
            name = uuid.uuid4().hex
            for sender in self._senders:
                try:
                    sender.spool.put(alert.record(), at=at, now=now, name=name)
                except OSError as error:
                    self._say(
                        f"an alert cannot be kept ({error_reason(error, type(error).__name__)}): a restart loses it"
                    )
                sender.wake()


def known_as(records: Sequence[Record], applied: UserCorrections) -> list[Record]:
    """Records of a change as the user knows them: devices by his names; those that are part of another one are not told
    of by themselves.

    Only devices go through `UserCorrections.records`: a change may hold a verdict whose device did not change.
    """
    devices = [one for one in records if one.get("record") == "device" and applied.merged_into(one["id"]) == one["id"]]
    return [*applied.records(devices), *(one for one in records if one.get("record") != "device")]


def learned(state: AlertState, now: float, language: str = LANGUAGES[0]) -> Alert:
    """What was learned in the first hour, in one line."""
    devices, findings = len(state.devices), len(state.findings)
    return Alert(
        key="learned",
        kind="summary",
        severity="info",
        time=now,
        title=worded("alert", "learned.title", {"count": devices}, language),
        text=worded("alert", "learned.text", {"findings": findings}, language),
        count=max(devices, 1),
    )


def _secret(path: str | None) -> str | None:
    """The text of a secret's file without the line's end."""
    if path is None:
        return None
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = error_reason(error, "is no text")
        raise ValueError(f"{path}: {problem}") from None
    if not text:
        raise ValueError(f"{path}: is empty")
    return text
