"""MQTT channel: alerts and devices' states to the user's broker (paho-mqtt).

Alerts go one by one and are acknowledged; states are retained and sent only where they changed.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sensor.alerts.broker_state import BrokerState
from sensor.alerts.homeassistant import event
from sensor.alerts.sender import Undelivered, body_of
from sensor.alerts.spool import QueuedMessage
from sensor.settings.keys import MqttSettings as Settings

PATIENCE = 10.0
"""Seconds for the broker's acknowledgement."""

EVERY = 2.0
"""Seconds between two rounds of states: a device that is busy changes all the time."""


class MqttChannel:
    """The channel. ``broker_state``: the retained messages."""

    name = "mqtt"

    def __init__(
        self,
        settings: Settings,
        password: str | None,
        broker_state: BrokerState,
        *,
        patience: float = PATIENCE,
        every: float = EVERY,
    ) -> None:
        """Begin to connect. ValueError for a file of certificates that cannot be used."""
        self._broker_state = broker_state
        self._patience = patience
        self._every = every
        self._refused = ""
        self._connected = threading.Event()
        self._ending = threading.Event()
        self._changed = threading.Event()
        self._birth = f"{settings.discovery_prefix}/status" if settings.home_assistant else None
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"lanwitness-{broker_state.node}")
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        if settings.user is not None:
            self._client.username_pw_set(settings.user, password)
        if settings.tls:
            try:
                self._client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))
            except OSError:
                raise ValueError(f"{settings.ca_file}: no certificates can be read there") from None
        self._client.will_set(f"{broker_state.root}/status", b"offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 120)
        # What waits, waits in the spool and in the broker state: nothing piles up inside the client.
        self._client.max_queued_messages_set(100)
        self._client.connect_async(settings.host, settings.port, keepalive=60)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._states, name="alerts-mqtt-states", daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """The broker state has changed."""
        self._changed.set()

    def deliver(self, message: QueuedMessage) -> None:
        """The alert on ``ROOT/alert``, and as an event for Home Assistant; Undelivered without the broker's
        acknowledgement."""
        if not self._connected.wait(self._patience):
            raise Undelivered(self._refused or "the broker cannot be reached")
        body = body_of(message)
        topics = {f"{self._broker_state.root}/alert": body}
        if self._birth is not None:
            topics |= dict.fromkeys(self._broker_state.event_topics(body), event(body))
        for topic, payload in topics.items():
            sent = self._client.publish(topic, json.dumps(payload, ensure_ascii=False).encode(), qos=1)
            with contextlib.suppress(RuntimeError, ValueError):
                sent.wait_for_publish(self._patience)
            if not sent.rc == paho.MQTT_ERR_SUCCESS or not sent.is_published():
                raise Undelivered("the broker does not acknowledge it")

    def close(self) -> None:
        """Say goodbye: the sensor is offline, by intent."""
        self._ending.set()
        self._changed.set()
        if self._connected.is_set():
            with contextlib.suppress(RuntimeError, ValueError):
                self._client.publish(
                    f"{self._broker_state.root}/status", b"offline", qos=1, retain=True
                ).wait_for_publish(1.0)
        self._client.disconnect()
        self._client.loop_stop()
        self._thread.join(2.0)

    def _states(self) -> None:
        """The thread that keeps the broker up to date."""
        while not self._ending.is_set():
            self._changed.wait(30.0)
            self._changed.clear()
            if self._connected.is_set() and not self._ending.is_set():
                for topic, payload in self._broker_state.due():
                    if not self._put(topic, payload):
                        self._broker_state.lost()
                        break
            self._ending.wait(self._every)

    def _put(self, topic: str, payload: bytes) -> bool:
        sent = self._client.publish(topic, payload, qos=1, retain=True)
        try:
            sent.wait_for_publish(self._patience)
            return sent.is_published()
        except (RuntimeError, ValueError):
            return False

    def _on_connect(
        self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._refused = f"the broker refuses ({code.getName().lower()})"
            return
        self._refused = ""
        client.publish(f"{self._broker_state.root}/status", b"online", qos=1, retain=True)
        if self._birth is not None:
            client.subscribe(self._birth)
        self._broker_state.lost()
        self._connected.set()
        self._changed.set()

    def _on_disconnect(
        self, _client: paho.Client, _user: Any, _flags: Any, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._connected.clear()

    def _on_message(self, _client: paho.Client, _user: Any, message: paho.MQTTMessage) -> None:
        # Home Assistant was started: it may need all messages again.
        if message.payload == b"online":
            self._broker_state.lost()
            self._changed.set()


def wait_until_connected(channel: MqttChannel, seconds: float) -> bool:
    """Whether the broker took us in, within so many seconds; for `doctor`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if channel._connected.wait(0.1):
            return True
        if channel._refused:
            return False
    return False
