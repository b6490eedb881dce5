"""Turns MQTT clients of three protocol versions, over TCP, WebSocket and TLS, into captures."""

from __future__ import annotations

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, Authority, mosquitto


def publish(host: Host, *argv: str, code: int = 0) -> None:
    done = host.run("mosquitto_pub", "-h", "192.168.50.10", *argv, check=False)
    if done.returncode != code:
        raise Failed(f"mosquitto_pub {argv} ended with {done.returncode}: {done.stdout!r}")


@scenario("mqtt", ["mosquitto", "mosquitto-clients", "python3-paho-mqtt"])
def mqtt(scene: Scene) -> None:
    """MQTT 3.1, 3.1.1 and 5: accepted, refused, anonymous; QoS 0, 1, 2; over WebSocket

    mosquitto on 1883 (only with a login), 1884 (anonymous) and 9001 (WebSocket). One user for each version; wrong
    passwords get CONNACK 5 (3.1.1) and 0x87 (5). A subscriber gets what a sensor publishes, with a last will and a
    retained message. paho speaks over WebSocket.
    """
    hub, laptop = scene.pair("b8:27:eb")
    sensor = scene.net.host("sensor", "24:0a:c4:4e:51:33", "192.168.50.33/24")
    scene.truth.device(sensor)
    old, usual, new, web = (
        ("esp-alt", "Drossel.gesang-19"),
        ("esp-flur", "kR7-Amsel-ruft-55"),
        ("esp-neu", "Zilpzalp#2026#fv"),
        ("panel", "w3b"),
    )
    mosquitto(
        hub,
        "per_listener_settings true\nlistener 1883\nallow_anonymous false\npassword_file /etc/lab/mqtt-users\nlistener 1884\nallow_anonymous true\n"
        "listener 9001\nprotocol websockets\npassword_file /etc/lab/mqtt-users\n",
        **dict([old, usual, new, web]),
    )
    with scene.net.recording(scene.capture):
        watch = laptop.start(
            "mosquitto_sub",
            "-h",
            "192.168.50.10",
            "-i",
            "laptop-1",
            "-u",
            usual[0],
            "-P",
            usual[1],
            "-t",
            "home/#",
            "-q",
            "1",
            ready=lambda: b":075B" in laptop.run("cat", "/proc/net/tcp").stdout,
        )
        publish(
            sensor,
            "-V",
            "mqttv31",
            "-i",
            "esp-alt",
            "-u",
            old[0],
            "-P",
            old[1],
            "-t",
            "home/cellar/humidity",
            "-m",
            "61",
            "-q",
            "2",
        )
        publish(
            sensor,
            "-V",
            "mqttv311",
            "-i",
            "esp-flur",
            "-u",
            usual[0],
            "-P",
            usual[1],
            "-t",
            "home/hall/temperature",
            "-m",
            '{"t":20.75}',
            "-q",
            "1",
            "-r",
            "--will-topic",
            "home/hall/gone",
            "--will-payload",
            "offline",
        )
        publish(
            sensor,
            "-V",
            "mqttv5",
            "-i",
            "esp-neu",
            "-u",
            new[0],
            "-P",
            new[1],
            "-t",
            "home/roof/light",
            "-m",
            "812",
            "-D",
            "publish",
            "user-property",
            "unit",
            "lux",
        )
        publish(
            sensor,
            "-V",
            "mqttv311",
            "-i",
            "esp-flur",
            "-u",
            usual[0],
            "-P",
            "kR7-Amsel-singt-55",
            "-t",
            "x",
            "-m",
            "x",
            code=5,
        )
        publish(
            sensor,
            "-V",
            "mqttv5",
            "-i",
            "esp-neu",
            "-u",
            new[0],
            "-P",
            "Zilpzalp#2025#fv",
            "-t",
            "x",
            "-m",
            "x",
            code=135,
        )
        publish(sensor, "-p", "1884", "-i", "nameless", "-t", "home/door", "-m", "open")
        sensor.run(
            PYTHON, str(PROGRAMS / "mqtt_ws.py"), "192.168.50.10", "9001", "panel-1", *web, "home/panel", "touched"
        )
        hub.stop(watch)
    truth = scene.truth
    truth.login(laptop, hub, "mqtt", *usual, True)
    for login in (old, usual, new, web):
        truth.login(sensor, hub, "mqtt", *login, True)
    truth.login(sensor, hub, "mqtt", usual[0], "kR7-Amsel-singt-55", False)
    truth.login(sensor, hub, "mqtt", new[0], "Zilpzalp#2025#fv", False)
    truth.finding("transfer.unencrypted", sensor, hub, "mqtt", answerable_known=False, application="mqtt")


@scenario("mqtt_tls", ["mosquitto", "mosquitto-clients"])
def mqtt_tls(scene: Scene) -> None:
    """MQTT over TLS on 8883: the twin that must stay silent

    mosquitto with a certificate of an authority of its own; versions 3.1.1 and 5, a right and a wrong password.
    """
    hub, laptop = scene.pair("b8:27:eb")
    ca = Authority(hub)
    ca.give(hub, "mqtt", "hub.home.arpa", address="192.168.50.10")
    laptop.write("/etc/lab/ca.pem", ca.root)
    mosquitto(
        hub,
        "listener 8883\ncertfile /etc/lab/mqtt.pem\nkeyfile /etc/lab/mqtt.key\n",
        tcp=8883,
        **{"esp-flur": "kR7-Amsel-ruft-55"},
    )
    with scene.net.recording(scene.capture):
        for version in ("mqttv311", "mqttv5"):
            secure = (
                "-p",
                "8883",
                "--cafile",
                "/etc/lab/ca.pem",
                "--insecure",
                "-V",
                version,
                "-u",
                "esp-flur",
                "-t",
                "home/hall",
                "-m",
                "1",
            )
            publish(laptop, *secure, "-P", "kR7-Amsel-ruft-55")
            publish(laptop, *secure, "-P", "kR7-Amsel-falsch", code=5 if version == "mqttv311" else 135)
    scene.truth.never("credential.cleartext", "credential.challenge", "transfer.unencrypted")
