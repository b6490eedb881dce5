"""Turns (address, port, client id, user, password, topic, payload) into one MQTT message over WebSocket,
sent by paho.
"""

import sys

import paho.mqtt.client as mqtt


def main() -> None:
    """Connects, publishes once, waits until it is sent."""
    address, port, name, user, password, topic, payload = sys.argv[1:8]
    client = mqtt.Client(name, transport="websockets")
    client.username_pw_set(user, password)
    client.connect(address, int(port), 30)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


main()
