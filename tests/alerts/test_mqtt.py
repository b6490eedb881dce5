"""The MQTT channel against a real mosquitto on loopback: alerts, retained devices, a broker that goes and comes, a
wrong password, TLS."""

from __future__ import annotations

import gc
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensor.alerts.broker_state import BrokerState
from sensor.alerts.mqtt import MqttChannel, wait_until_connected
from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.settings.keys import MqttSettings as Settings
from tests.alerts.records import CAMERA, device, finding
from tests.programs import free_port, needed, running

ALERT = {"record": "alert", "kind": "finding", "severity": "high", "title": "t", "device": CAMERA}
MESSAGE = QueuedMessage("ab" * 16, 0.0, 0.0, ALERT, "file")
STATUS = "lanwitness/ab12/status"
CONFIG = "homeassistant/device/lanwitness_ab12_50c7bf005302/config"
STATE = "lanwitness/ab12/device/lanwitness_ab12_50c7bf005302/state"
PATIENCE = 20.0


class Listener:
    """A client like Home Assistant's: subscribed to all, keeps the last message of each topic."""

    def __init__(self, port: int) -> None:
        self.seen: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self.last: dict[str, bytes] = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _c, _u, m: self.seen.put((m.topic, m.payload, m.retain))
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe("#", qos=1)
        assert subscribed.wait(PATIENCE)

    def until(self, topic: str, wanted: Callable[[bytes], bool] = lambda payload: True) -> Any:
        """The next message on a topic that fits, as JSON where it is some."""
        end = time.monotonic() + PATIENCE
        while True:
            name, payload, _ = self.seen.get(timeout=max(end - time.monotonic(), 0.01))
            self.last[name] = payload
            if name == topic and wanted(payload):
                return json.loads(payload) if payload.startswith(b"{") else payload.decode()

    def until_all(self, *topics: str) -> None:
        """Until each has had a message."""
        while not self.last.keys() >= set(topics):
            name, payload, _ = self.seen.get(timeout=PATIENCE)
            self.last[name] = payload

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def broker(folder: Path, port: int, *lines: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    program = needed("mosquitto", "mosquitto")
    folder.mkdir(exist_ok=True)
    config = folder / "mosquitto.conf"
    # Started by root it would give up what it may, and then not read the test's own files.
    listener = f"user root\nlistener {port} 127.0.0.1"
    config.write_text("\n".join([listener, *(lines or ["allow_anonymous true"])]) + "\n", "utf-8")
    return running([program, "-c", str(config)], port, folder / "mosquitto.log")


@contextmanager
def channel(
    port: int, broker_state: BrokerState, password: str | None = None, patience: float = PATIENCE, **more: Any
) -> Iterator[MqttChannel]:
    one = MqttChannel(
        Settings("127.0.0.1", port, **{"tls": False, **more}), password, broker_state, patience=patience, every=0.05
    )
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def broker_state() -> BrokerState:
    one = BrokerState("ab12", "lanwitness", "homeassistant")
    one.update([device(), finding()])
    return one


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def listener(tmp_path: Path, port: int) -> Iterator[Listener]:
    with broker(tmp_path / "broker", port):
        one = Listener(port)
        yield one
        one.close()


def test_devices_appear_and_alerts_arrive(listener: Listener, port: int, broker_state: BrokerState) -> None:
    with channel(port, broker_state) as mqtt:
        assert listener.until(STATUS) == "online"
        config = listener.until(CONFIG)
        assert config["dev"]["cns"] == [["mac", CAMERA]] and config["state_topic"] == STATE
        assert config["availability_topic"] == STATUS
        assert listener.until(STATE)["worst_finding"] == "high"
        mqtt.deliver(MESSAGE)
        assert listener.until("lanwitness/ab12/alert") == {"id": "ab" * 16, **ALERT}
        event = listener.until("lanwitness/ab12/event")
        assert event["event_type"] == "finding" and event["device"] == CAMERA
        assert listener.until(STATE.replace("/state", "/event"))["severity"] == "high"
        broker_state.update([], [("device", CAMERA)])
        mqtt.changed()
        assert listener.until(CONFIG, lambda payload: payload == b"") == ""
    assert listener.until(STATUS, lambda payload: payload == b"offline") == "offline"


def test_states_are_retained_and_alerts_are_not(
    tmp_path: Path, port: int, listener: Listener, broker_state: BrokerState
) -> None:
    with channel(port, broker_state) as mqtt:
        listener.until(STATE)
        mqtt.deliver(MESSAGE)
        late = Listener(port)
        try:
            late.until_all(CONFIG, STATE, STATUS)
            assert not [topic for topic in late.last if topic.endswith(("/alert", "/event"))]
        finally:
            late.close()


def test_home_assistant_that_starts_gets_all_again(listener: Listener, port: int, broker_state: BrokerState) -> None:
    with channel(port, broker_state):
        first = listener.until(CONFIG)
        listener.client.publish("homeassistant/status", b"online", qos=1)
        assert listener.until(CONFIG) == first


def test_a_broker_that_goes_and_comes_back_gets_all(tmp_path: Path, port: int, broker_state: BrokerState) -> None:
    with broker(tmp_path / "first", port):
        mqtt = MqttChannel(Settings("127.0.0.1", port, tls=False), None, broker_state, patience=PATIENCE, every=0.05)
        mqtt.deliver(MESSAGE)
    try:
        mqtt._patience = 0.2
        with pytest.raises(Undelivered, match=r"^the broker (cannot be reached|does not acknowledge it)$"):
            mqtt.deliver(MESSAGE)
        mqtt._patience = PATIENCE
        with broker(tmp_path / "second", port):
            listener = Listener(port)
            try:
                assert listener.until(CONFIG)["dev"]["name"] == "hall-cam"
                mqtt.deliver(MESSAGE)
                assert listener.until("lanwitness/ab12/alert")["id"] == "ab" * 16
            finally:
                listener.close()
    finally:
        mqtt.close()


def test_a_sensor_that_dies_is_offline(listener: Listener, port: int, broker_state: BrokerState) -> None:
    with channel(port, broker_state) as mqtt:
        assert listener.until(STATUS) == "online"
        sock = mqtt._client.socket()
        assert sock is not None
        # As a machine that loses its power: no word of goodbye, and no second connection.
        mqtt._client.reconnect_delay_set(60, 60)
        sock.shutdown(2)
        assert listener.until(STATUS) == "offline"


def test_a_wrong_password_is_reported_and_the_right_one_taken(
    tmp_path: Path, port: int, broker_state: BrokerState
) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(
        [needed("mosquitto_passwd", "mosquitto"), "-b", str(passwords), "lanwitness", "right"],
        check=True,
        capture_output=True,
    )
    with broker(tmp_path / "broker", port, "allow_anonymous false", f"password_file {passwords}"):
        with channel(port, broker_state, "wrong", user="lanwitness", patience=1.0) as mqtt:
            assert not wait_until_connected(mqtt, PATIENCE)
            with pytest.raises(Undelivered, match=r"^the broker refuses \(not authorized\)$"):
                mqtt.deliver(MESSAGE)
        with channel(port, broker_state, "right", user="lanwitness") as mqtt:
            assert wait_until_connected(mqtt, PATIENCE)
            mqtt.deliver(MESSAGE)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves the socket of a failed handshake to the collector
def test_with_tls_only_a_certificate_that_is_trusted(tmp_path: Path, port: int, broker_state: BrokerState) -> None:
    from tests.alerts.certificate import own_certificate

    pem = own_certificate(tmp_path)
    with broker(tmp_path / "broker", port, "allow_anonymous true", f"certfile {pem}", f"keyfile {pem}"):
        with (
            channel(port, broker_state, tls=True, patience=1.0) as mqtt,
            pytest.raises(Undelivered, match=r"^the broker cannot be reached$"),
        ):
            mqtt.deliver(MESSAGE)
        with channel(port, broker_state, tls=True, ca_file=str(pem)) as mqtt:
            mqtt.deliver(MESSAGE)
    gc.collect()


def test_nobody_there(port: int, broker_state: BrokerState) -> None:
    with (
        channel(port, broker_state, patience=0.1) as mqtt,
        pytest.raises(Undelivered, match=r"^the broker cannot be reached$"),
    ):
        mqtt.deliver(MESSAGE)


def test_certificates_that_are_none(port: int, broker_state: BrokerState, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no certificates can be read there"):
        MqttChannel(Settings("127.0.0.1", port, ca_file=str(tmp_path / "none.pem")), None, broker_state)
