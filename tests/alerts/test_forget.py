"""A device that is forgotten is out of what alerts keep, also while a sensor runs, and out of what waits to be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.alerts.broker_state import BrokerState
from sensor.alerts.forget import forget
from sensor.alerts.spool import CHANNELS, Spool
from sensor.alerts.state import AlertState
from sensor.settings.keys import (
    FileSettings,
    LogSettings,
    MqttSettings,
    NotifySettings,
    SyslogSettings,
    WebhookSettings,
)
from tests.alerts.records import CAMERA, PHONE, device
from tests.alerts.test_manager import NEW, Home, sent, titles
from tests.programs import free_port


def remembered(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in (folder / "alerts").rglob("*.json"))


def test_while_no_sensor_runs(tmp_path: Path) -> None:
    home = Home(tmp_path, file=None, webhook=WebhookSettings(f"http://127.0.0.1:{free_port()}/"))
    home.update(device(), device(PHONE, hostname="phone"))
    home.alerts.close()
    assert CAMERA in remembered(tmp_path) and "hall-cam" in remembered(tmp_path)
    assert forget(tmp_path, [CAMERA])
    assert (
        CAMERA not in remembered(tmp_path)
        and "hall-cam" not in remembered(tmp_path)
        and "phone" in remembered(tmp_path)
    )
    assert not forget(tmp_path, [CAMERA])


def test_while_a_sensor_runs_it_is_not_written_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.update(device(), device(PHONE, hostname="phone"))
    home.clock.now += 11
    home.alerts.tick()
    sent(home.alerts, home.clock.now)  # what is not sent yet would be removed with the device
    forget(tmp_path, [CAMERA])
    home.clock.now += 11
    home.update(device(PHONE, hostname="renamed"))
    home.alerts.tick()
    home.update(device(), later=1)
    assert titles(home).count(NEW) == 2, "it is new again when it is seen again"


def test_a_sensor_that_ends_writes_nothing_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.update(device(), device(PHONE, hostname="phone"))
    home.clock.now += 11
    home.alerts.tick()
    home.update(device(hostname="other"))
    forget(tmp_path, [CAMERA])
    home.alerts.close()
    assert CAMERA not in remembered(tmp_path) and "phone" in remembered(tmp_path)


def test_a_broker_is_to_hold_nothing_of_it_at_the_next_start(tmp_path: Path) -> None:
    mqtt = MqttSettings("127.0.0.1", free_port(), tls=False)
    home = Home(tmp_path, file=None, mqtt=mqtt)
    home.update(device())
    home.alerts.close()
    forget(tmp_path, [CAMERA])
    again = Home(tmp_path, file=None, mqtt=mqtt)
    assert isinstance(again.alerts._broker_state, BrokerState)
    empty = [topic for topic, payload in again.alerts._broker_state.due() if not payload]
    assert len(empty) == 2 and all("50c7bf005302" in topic for topic in empty)
    again.alerts.close()
    assert CAMERA not in remembered(tmp_path)


def test_a_message_that_was_taken_away_is_not_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "alerts" / "webhook")
    for name in (CAMERA, PHONE):
        spool.put({"device": name}, at=0.0, now=1e9)
    assert forget(tmp_path, [CAMERA])
    left = spool.next(1e9)
    assert left is not None and left.body == {"device": PHONE} and len(spool) == 1


def test_an_unreadable_state_is_removed_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "alerts" / "memory.json"
    path.parent.mkdir()
    path.write_text(f'{{"devices": {{"{CAMERA}"', "utf-8")
    forget(tmp_path, [CAMERA])
    assert not path.exists()


def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    assert not forget(tmp_path, [CAMERA]) and not list(tmp_path.iterdir())


def test_every_channel_is_looked_through(tmp_path: Path) -> None:
    pytest.importorskip("apprise")
    urls = tmp_path / "urls"
    urls.write_text("json://127.0.0.1:9/\n" * 8, "utf-8")
    urls.chmod(0o600)
    home = Home(
        tmp_path,
        file=FileSettings(str(tmp_path / "x")),
        webhook=WebhookSettings(f"http://127.0.0.1:{free_port()}/"),
        mqtt=MqttSettings("127.0.0.1", free_port(), tls=False),
        log=LogSettings(str(tmp_path / "y")),
        syslog=SyslogSettings("127.0.0.1", free_port(), "udp"),
        notify=NotifySettings(str(urls)),
    )
    home.alerts.close()
    assert {sender.channel.name for sender in home.alerts._senders} == set(CHANNELS)


@pytest.mark.parametrize("written", [True, False])
def test_the_state_knows_whether_another_program_wrote_it(tmp_path: Path, written: bool) -> None:
    memory = AlertState(tmp_path / "memory.json", 0, 0)
    memory.changed = True
    memory.save()
    assert not memory.replaced()
    if written:
        other = AlertState(tmp_path / "memory.json", 0, 0)
        other.forget("x")
        other.save()
    assert memory.replaced() is written


def test_what_was_not_there_is_not_taken_back_from_a_broker(tmp_path: Path) -> None:
    mqtt = MqttSettings("127.0.0.1", free_port(), tls=False)
    home = Home(tmp_path, file=None, mqtt=mqtt)
    home.update(device())
    home.alerts.close()
    assert not forget(tmp_path, [PHONE]) and AlertState(tmp_path / "alerts" / "memory.json", 0, 0).taken_back == []
    assert forget(tmp_path, [CAMERA, PHONE])
    assert AlertState(tmp_path / "alerts" / "memory.json", 0, 0).taken_back == [CAMERA, PHONE]
