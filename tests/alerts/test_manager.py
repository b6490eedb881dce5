"""The object that `watch` tells: what reaches a file, a web server and Home Assistant's topics, what does not, and that
no secret is in any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from sensor.alerts.broker_state import BrokerState
from sensor.alerts.derive import SENSOR_HEALTH
from sensor.alerts.manager import AlertManager, learned
from sensor.alerts.sender import body_of
from sensor.alerts.spool import QueuedMessage
from sensor.alerts.state import AlertState
from sensor.model import BLIND
from sensor.records import Record
from sensor.settings.keys import AlertSettings as Rules
from sensor.settings.keys import FileSettings, MqttSettings, QuietHours, WebhookSettings
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.types import Change, Sensor, Tool
from tests.alerts.records import CAMERA, PHONE, device, finding, verdict
from tests.alerts.test_webhook import Server
from tests.canary import binary, lines, web  # noqa: F401 - they fill CASES
from tests.canary.plant import CASES, Canary, Case, packets, pcap
from tests.programs import free_port

START = 1_777_629_600.0


def sent(alerts: AlertManager, now: float = 4e9) -> None:
    """Until nothing waits that may be sent at ``now`` by the first channel."""
    spool, end = alerts._senders[0].spool, monotonic() + 30
    while spool.soonest() is not None and (spool.soonest() or 0) <= now:
        assert monotonic() < end, "it is not sent"
        sleep(0.005)


def change(*records: Record, **more: Any) -> Change:
    return Change("r1", Tool("0", None, None), 0, list(records), **more)


def sensor(state: str, message: str = "") -> Change:
    return change(sensor=Sensor(0, state, message, "eth1", 0, 0, 0, None))


def corrections_of(*corrections: Correction) -> Callable[[], AppliedCorrections]:
    return lambda: AppliedCorrections(corrections, int(START * 1e6))


class Clock:
    """The time, as the test sets it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Home:
    """Alerts to a file, with a clock that the test moves."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.folder, self.sentences, self.clock = folder, list[str](), Clock()
        decided = more.pop("corrections", None)
        rules = Rules(**{"learn_minutes": 0, "file": FileSettings(str(folder / "alerts.jsonl")), **more})
        self.alerts = AlertManager(rules, folder, self.sentences.append, corrections=decided, clock=self.clock)
        self.alerts.tick(START)

    def update(self, *records: Record, later: float = 0.0) -> None:
        self.clock.now += later
        self.alerts.update(change(*records))

    def lines(self) -> list[Record]:
        """What is in the file, but for the word of what was learned; the channels are done and ended."""
        sent(self.alerts, self.clock.now)
        self.alerts.close()
        file = self.folder / "alerts.jsonl"
        found = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
        return [one for one in found if "are known now" not in one["title"]]


def titles(home: Home) -> list[str]:
    return [one["title"] for one in home.lines()]


NEW, PASSWORD, WORSE = (
    "New device: hall-cam",
    "hall-cam: a password or key could be read",
    "hall-cam does worse: secure communication",
)


def test_changes_reach_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.update(device(), finding(), verdict("concern"))
    home.update(device(), finding(count=2), verdict("concern"), later=5)
    alerts = home.lines()
    assert [one["title"] for one in alerts] == [NEW, PASSWORD, WORSE]
    assert alerts[0]["time"] == "2026-05-01T10:00:00.000000Z" and len({one["id"] for one in alerts}) == 3
    assert home.sentences == [] and home.alerts.counts()["file"] == {"sent": 3, "failed": 0, "dropped": 0, "waiting": 0}


def test_a_restart_sends_nothing_twice(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.update(device(), finding(), verdict("concern"))
    assert len(home.lines()) == 3
    again = Home(tmp_path)
    again.update(device(run="r2"), finding(run="r2", id="other"), verdict("concern"))
    again.update(device(PHONE, hostname="phone"))
    assert titles(again)[3:] == ["New device: phone"]


def test_what_was_not_sent_waits_for_the_next_start(tmp_path: Path) -> None:
    down = WebhookSettings(f"http://127.0.0.1:{free_port()}/")
    home = Home(tmp_path, file=None, webhook=down)
    home.update(device())
    home.alerts.close()
    server = Server()
    try:
        again = Home(tmp_path, file=None, webhook=WebhookSettings(server.url))
        sent(again.alerts)
        again.alerts.close()
        assert [json.loads(body)["title"] for _, _, body in server.got][-1] == NEW
    finally:
        server.close()


def test_the_first_hour_is_learned_and_sums_up_in_one_alert(tmp_path: Path) -> None:
    home = Home(tmp_path, learn_minutes=60)
    home.update(device(), finding())
    home.update(device(PHONE), later=3599)
    home.alerts.tick(START + 3600)
    home.update(device("02:00:00:00:00:07", hostname="late"), later=2)
    home.lines()
    alerts = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert [one["title"] for one in alerts] == ["2 devices are known now", "New device: late"]
    assert "Findings so far that matter: 1" in alerts[0]["text"]


def test_mutes_hold_also_for_home_assistant(tmp_path: Path) -> None:
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "mute", "anna", 0, rule="credential.cleartext")))
    home.alerts._broker_state = BrokerState("n", "lanwitness", "homeassistant")
    home.update(device(), finding(), finding(rule="tls.version", id="f2"))
    assert list(home.alerts._broker_state._findings[CAMERA]) == ["f2"]
    assert titles(home) == [NEW, "hall-cam: its encryption is weak"]


def test_a_mute_for_a_destination_and_an_accepted_finding(tmp_path: Path) -> None:
    mute = Correction(1, "mute", "anna", 0, destination="192.168.50.90")
    accepted = Correction(2, "accept", "anna", 0, run="r1", finding="f2")
    home = Home(tmp_path, corrections=corrections_of(mute, accepted))
    home.update(finding(), finding(id="f2", client="192.168.50.91:1", protocol="telnet"))
    home.update(finding(id="f3", client="192.168.50.91:1", protocol="http"))
    assert titles(home) == [f"{CAMERA}: a password or key could be read"]


def test_a_muted_device_is_there_and_says_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "mute", "anna", 0, device=CAMERA)))
    home.update(device(), finding(), verdict("violated"))
    home.update(finding(device=None))
    assert titles(home) == ["A password or key could be read"]


def test_devices_have_the_names_that_the_user_gave_them(tmp_path: Path) -> None:
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "name", "anna", 0, device=CAMERA, value="Kitchen")))
    home.update(device())
    assert titles(home) == ["New device: Kitchen"]


def test_a_verdict_alone_has_the_users_name_of_the_device(tmp_path: Path) -> None:
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "name", "anna", 0, device=CAMERA, value="Kitchen")))
    home.update(device())
    home.update(verdict("concern"))
    assert titles(home) == ["New device: Kitchen", "Kitchen does worse: secure communication"]


def test_a_merged_device_has_no_alert_of_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "merge", "anna", 0, device=PHONE, other=CAMERA)))
    home.alerts._broker_state = BrokerState("n", "lanwitness", "homeassistant")
    home.update(device(), device(PHONE, hostname="second"))
    home.update(device(PHONE, hostname="second"), verdict("concern"))
    assert list(home.alerts._broker_state._devices) == [CAMERA]
    assert titles(home) == [NEW, WORSE]


def test_corrections_that_cannot_be_read_for_a_while_hold_on(tmp_path: Path) -> None:
    muted = corrections_of(Correction(1, "mute", "anna", 0, rule="credential.cleartext"))()
    answers = [muted, None, AppliedCorrections([], 0)]
    home = Home(tmp_path, corrections=lambda: answers.pop(0))
    home.update(finding())
    home.update(finding(id="f2"))
    # Nothing was sent while it held: the third one is the first that is heard of.
    assert home.alerts.counts()["file"]["sent"] == home.alerts.counts()["file"]["waiting"] == 0
    home.update(finding(id="f3"))
    assert len(home.lines()) == 1


def test_quiet_hours_hold_and_end(tmp_path: Path) -> None:
    home = Home(tmp_path, quiet=QuietHours(time(9), time(12), "UTC"))
    home.update(device(), finding(severity="critical"))
    assert titles(home) == [PASSWORD]
    later = Home(tmp_path)
    later.clock.now = START + 2 * 3600
    later.alerts._senders[0].wake()
    assert titles(later) == [PASSWORD, NEW]


def test_the_sensor_that_is_blind_and_well_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for state in ("starting", "ok", "silent", "down", "unknown", "ok", "ended"):
        home.alerts.update(sensor(state, f"It is {state}."))
    alerts = home.lines()
    assert [one["status"] for one in alerts] == ["blind", "well"]
    assert alerts[0]["text"].startswith("It is silent. ")


def test_an_alert_says_how_the_sensor_does_in_its_own_language(tmp_path: Path) -> None:
    home = Home(tmp_path, language="de")
    message = {"message_id": "mirror.silent", "parameters": {"minutes": 2}}
    home.alerts.update(change(sensor=Sensor(0, "silent", "No packet.", "eth1", 0, 0, 0, None, message)))
    [alert] = home.lines()
    assert alert["text"].startswith("Seit 2 Minuten ist kein Paket gekommen.")


def test_a_loose_cable_alerts_once_an_hour_and_ends_with_the_last_state(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for number in range(120):
        home.clock.now = START + 30 * number
        home.alerts.update(sensor("ok" if number % 2 else "silent"))
    for number in range(120, 140):
        home.clock.now = START + 30 * number
        home.alerts.update(sensor("silent"))
    assert [one["status"] for one in home.lines()] == ["blind", "well", "blind"]


def test_the_alerts_and_the_screen_agree_on_what_is_blind() -> None:
    assert {state for state, how in SENSOR_HEALTH.items() if how == "blind"} == BLIND


def test_a_device_that_is_forgotten_is_new_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.update(device())
    home.alerts.forget(CAMERA)
    home.update(device(), later=1)
    assert titles(home).count(NEW) == 2


def test_a_test_is_always_sent(tmp_path: Path) -> None:
    home = Home(tmp_path, quiet=QuietHours(time(9), time(12), "UTC"))
    home.alerts.test()
    home.alerts.test()
    assert [one["kind"] for one in home.lines()] == ["test", "test"]


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "alerts").write_text("a file, not a folder", "utf-8")
    home = Home(tmp_path)
    home.update(device())
    assert titles(home) == [NEW]
    assert any(one.startswith("what was told cannot be kept") for one in home.sentences)


@pytest.mark.parametrize(("content", "problem"), [(None, "no such file"), (b"", "is empty"), (b"\xff", "is no text")])
def test_a_secret_that_cannot_be_read(tmp_path: Path, content: bytes | None, problem: str) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(ValueError, match=problem):
        AlertManager(Rules(webhook=WebhookSettings("https://home.example", str(secret))), tmp_path, print)


def test_what_was_learned_counts_what_matters() -> None:
    memory = AlertState(None, 0, 0)
    memory.devices, memory.findings = {"a": "x"}, {"f": 1, "g": 1}
    assert learned(memory, 0).count == 1 and "matter: 2" in learned(memory, 0).text


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Tells all channels of a conversation's records, as `replay --reveal` writes them, and gives all that would leave
    the machine or stays on disk."""
    from sensor.cli.main import cli

    folder = tmp_path_factory.mktemp("canary")

    def run(case: Case, canary: Canary) -> str:
        where, out = folder / "capture.pcap", folder / "records.jsonl"
        where.write_bytes(pcap(packets(case.make(canary), case.carrier, case.number)))
        cli.main(["replay", "--plain", "--reveal", "--flows", "--json", str(out), str(where)], standalone_mode=False)
        records = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        state = folder / "state"
        rules = Rules(
            finding="info", learn_minutes=0, at_most_an_hour=1000, file=FileSettings(str(folder / "alerts.jsonl"))
        )
        alerts = AlertManager(rules, state, print)
        alerts._broker_state = BrokerState("ab12", "lanwitness", "homeassistant")
        alerts.tick()
        alerts.update(change(*records))
        published = alerts._broker_state.due()
        sent(alerts)
        alerts.close()
        written = (folder / "alerts.jsonl").read_text("utf-8")
        assert any(one["record"] == "finding" for one in records)
        found = [json.loads(line) for line in written.splitlines()]
        assert any(one["kind"] == "finding" for one in found)
        events = json.dumps([body_of(QueuedMessage("i", 0, 0, one, "f")) for one in found])
        stored = "".join(one.read_text("utf-8") for one in state.rglob("*.json"))
        for old in (folder / "alerts.jsonl", *state.rglob("*.json")):
            old.unlink()
        return written + events + stored + "".join(f"{topic} {payload.decode()}" for topic, payload in published)

    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.protocol)
def test_no_secret_leaves_by_any_channel(
    case: Case, everything: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    canary = Canary()
    shown = everything(case, canary)
    assert canary.shows_in(shown) == []


def test_users_addresses_and_personal_data_are_in_no_alert(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.alerts._broker_state = BrokerState("n", "lanwitness", "homeassistant")
    detail = {
        "username": "anton",
        "excerpt": "mail: a…",
        "server_name": "cloud.example",
        "secret": {"mask": "S", "value": "Sesame12"},
    }
    home.update(device(destinations=[{"name": "cloud.example", "address": "203.0.113.9"}]), finding(detail=detail))
    shown = json.dumps(home.lines()) + "".join(payload.decode() for _, payload in home.alerts._broker_state.due())
    for text in ("anton", "Sesame", "203.0.113.9", "cloud.example", "mail: a", "47210"):
        assert text not in shown


def test_only_what_the_user_named_is_contacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address that is looked up or connected to while all channels work."""
    import socket

    contacted: set[Any] = set()
    lookup, connect = socket.getaddrinfo, socket.socket.connect
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: (contacted.add(host), lookup(host, *a, **k))[1])
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: (contacted.add(to), connect(self, to))[1])
    server = Server()
    try:
        mqtt = free_port()
        home = Home(tmp_path, webhook=WebhookSettings(server.url), mqtt=MqttSettings("127.0.0.1", mqtt, tls=False))
        home.update(device(), finding(), verdict("violated"))
        sent(home.alerts)
        home.alerts.close()
    finally:
        server.close()
    hosts = {one[0] if isinstance(one, tuple) else one for one in contacted}
    ports = {one[1] for one in contacted if isinstance(one, tuple)} - {server.http.server_port, mqtt}
    # paho wakes its own thread through a pair of sockets on loopback, with a port of its own.
    assert hosts <= {"127.0.0.1", "localhost"} and len(ports) <= 1


MATRIX = [
    (dict(zip(("device", "rule", "destination"), given, strict=True)), silent)
    for given, silent in {
        # device, rule, destination -> what is not heard of: f(inding), n(ew device), w(orse verdict)
        (CAMERA, None, None): "fnw",
        (CAMERA, "credential.cleartext", None): "f",
        (CAMERA, None, "192.168.50.90"): "f",
        (CAMERA, "credential.cleartext", "192.168.50.90"): "f",
        (CAMERA, "tls.version", None): "",
        (CAMERA, "tls.version", "192.168.50.90"): "",
        (CAMERA, "credential.cleartext", "192.168.50.91"): "",
        (CAMERA, None, "192.168.50.91"): "",
        (None, "credential.cleartext", None): "f",
        (None, "credential.cleartext", "192.168.50.90"): "f",
        (None, None, "192.168.50.90"): "f",
        (None, "credential.cleartext", "192.168.50.91"): "",
        (None, "tls.version", "192.168.50.90"): "",
        (PHONE, None, None): "",
        (PHONE, "credential.cleartext", None): "",
        (PHONE, None, "192.168.50.90"): "",
        (PHONE, "credential.cleartext", "192.168.50.90"): "",
    }.items()
]


@pytest.mark.parametrize(("mute", "silent"), MATRIX)
def test_a_mute_is_as_wide_as_its_words(tmp_path: Path, mute: dict[str, str | None], silent: str) -> None:
    """Only one for a device alone, with neither rule nor destination, silences the device."""
    home = Home(tmp_path, corrections=corrections_of(Correction(1, "mute", "anna", 0, **mute)))
    home.update(device(), finding(), verdict("concern"))
    assert titles(home) == [each for kind, each in (("n", NEW), ("f", PASSWORD), ("w", WORSE)) if kind not in silent]


@pytest.mark.parametrize("muted", [CAMERA, PHONE])
def test_the_mute_of_a_part_is_that_of_the_whole_device(tmp_path: Path, muted: str) -> None:
    """Given before or after the two were merged, for one or the other."""
    merge = Correction(1, "merge", "anna", 0, device=PHONE, other=CAMERA)
    home = Home(tmp_path, corrections=corrections_of(merge, Correction(2, "mute", "anna", 0, device=muted)))
    home.update(device(), device(PHONE), finding(), finding(id="f2", device=PHONE), verdict("concern"))
    assert titles(home) == []


def test_while_corrections_cannot_be_read_what_was_muted_is_silent(tmp_path: Path) -> None:
    """The store is locked at the second reading, which is the first with a finding."""
    mute = corrections_of(Correction(1, "mute", "anna", 0, rule="credential.cleartext"))()
    answers = [mute, None]
    home = Home(tmp_path, corrections=lambda: answers.pop(0))
    home.update(device())
    home.update(finding())
    assert answers == [] and titles(home) == [NEW]
