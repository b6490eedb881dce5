"""How sources do, in words."""

from __future__ import annotations

import queue
from typing import Any

import pytest

from sensor.catalogue import Message
from sensor.live.health import (
    Clock,
    Watched,
    caveats_of_mirrors,
    caveats_of_store,
    message_of,
    sensor_of,
    sensor_record,
    worst,
)
from sensor.live.mirror import Mirror, SourceState
from sensor.live.source import LiveSource
from sensor.model import SensorState
from sensor.store.location import StoreState
from sensor.store.recorder import Health
from sensor.wording import in_language
from tests.live.test_mirror import BOTH, block, talk


class Stream:
    name = "eth1"
    lasting = True

    def stop(self) -> None:
        pass

    def permanent_failure(self) -> bool:
        return False


class Counted(LiveSource):
    """A source whose counters a test sets."""

    counts = (0, 0)

    @property
    def received(self) -> int:
        return self.counts[0]

    @property
    def dropped(self) -> int:
        return self.counts[1]


def watched() -> Any:
    found = Watched(Counted(Stream(), queue.Queue()), Mirror())  # type: ignore[arg-type]
    found.source.capturing, found.source.starts, found.source.message = True, 1, ""
    found.mirror.see(block(talk(40, *BOTH)), 0.0)
    return found


def test_well_and_losing_and_well_again() -> None:
    one = watched()
    assert one.second(1.0).word == "ok"
    one.source.counts = (10_000, 5)
    assert one.second(2.0).word == "ok"  # one in two thousand
    one.source.counts = (20_000, 605)
    state = one.second(3.0)
    assert state.word == "losing" and "605 packets (3.0%)" in state.message
    assert state.message_in("de").startswith("605 Pakete (3.0%) der letzten Minute gingen verloren")
    for second in range(4, 64):
        one.source.counts = (20_000 + 10_000 * second, 605)
        one.mirror.see(block(talk(20, *BOTH)), float(second))
        state = one.second(float(second))
    assert state.word == "ok" and one.lost_share == 0.0


def test_the_worse_state_comes_first() -> None:
    one = watched()
    one.source.counts = (10_000, 5_000)
    one.second(1.0)
    one.source.counts = (20_000, 10_000)
    one.source.capturing, one.source.message = False, "eth1: the interface went down or away; it is tried again"
    assert one.second(2.0) == ("down", "eth1: the interface went down or away; it is tried again")
    other = watched()
    other.second(2.0)
    assert worst([other, one]) is one
    sensor = sensor_of([other, one], 5_000, 77, 3_000, {})
    assert (sensor.state, sensor.dropped, sensor.at, sensor.last_packet) == ("down", 10_000, 5, 3)
    assert sensor.message.startswith("eth1: eth1: the interface went down")
    record = sensor_record("w1", sensor)
    assert record["time"] == "1970-01-01T00:00:00.000005Z" and record["dropped_packets"] == 10_000


def test_a_sensor_of_two_interfaces_says_which_in_each_language() -> None:
    silent, other = watched(), watched()
    other.second(1.0)
    silent.second(130.0)
    record = sensor_record("w1", sensor_of([other, silent], 5_000, 77, 3_000, {}))
    assert record["message_id"] == "mirror.silent" and record["message_source"] == "eth1"
    assert record["message"] == in_language(record)["message"] == "eth1: No packet has come for 2 minutes."
    assert in_language(record, "de")["message"] == "eth1: Seit 2 Minuten ist kein Paket gekommen."
    alone = sensor_record("w1", sensor_of([silent], 5_000, 77, 3_000, {}))
    assert in_language(alone, "de")["message"] == "Seit 2 Minuten ist kein Paket gekommen."


def test_a_source_that_never_began_is_starting() -> None:
    one = watched()
    one.source.capturing, one.source.starts, one.source.message = False, 0, "the capture is being started"
    assert one.second(1.0).word == "starting"
    one.source.failed = True
    assert one.second(2.0).word == "down"
    one.source.over = True
    assert one.second(3.0).word == "ended"


@pytest.mark.parametrize("by", [7200.0, -60.0, 4.0])
def test_a_clock_that_is_set(by: float) -> None:
    wall, steady = [1_700_000_000.0], [10.0]
    clock = Clock(lambda: int(wall[0] * 1e9), lambda: steady[0])
    assert clock.step() == 0.0
    for _ in range(3):
        wall[0], steady[0] = wall[0] + 1, steady[0] + 1
        assert clock.step() == 0.0
    wall[0], steady[0] = wall[0] + 1 + by, steady[0] + 1
    assert clock.step() == pytest.approx(by if abs(by) > 5 else 0.0, abs=0.01)
    assert clock.step() == 0.0


def test_what_was_captured_is_read_or_lost() -> None:
    source = Counted(Stream(), queue.Queue())  # type: ignore[arg-type]
    watched = Watched(source, Mirror(), packets=60)
    source.counts = (100, 10)
    assert watched.lost == 10
    watched.ended()
    assert watched.lost == 40 and watched.packets + watched.lost == 100
    watched.packets = 95  # counters may come late: nothing is lost twice
    watched.ended()
    assert watched.lost == 10


def test_a_mirror_that_hides_something_is_a_caveat() -> None:
    watched = Watched(Counted(Stream(), queue.Queue()), Mirror())  # type: ignore[arg-type]
    for word, kinds in ((SensorState.ONE_STATION, ["one_station"]), (SensorState.OK, []), (SensorState.SILENT, [])):
        watched.state = SourceState(word, "A sentence.")
        assert [one["kind"] for one in caveats_of_mirrors([watched])] == kinds


def test_what_a_mirror_hides_in_german() -> None:
    one, other = watched(), watched()
    one.state = SourceState(SensorState.ONE_WAY, Message("mirror.one_way"))
    other.state = SourceState(SensorState.OK, Message("mirror.ok"))
    (caveat,) = in_language({"record": "capture", "caveats": caveats_of_mirrors([one])}, "de")["caveats"]
    assert caveat["sentence"].startswith("Von den Verbindungen ist nur eine Richtung zu sehen")
    assert message_of([one], "de") == caveat["sentence"]
    assert message_of([other, one], "de") == f"eth1: {caveat['sentence']}"
    assert message_of([one]).startswith("Only one direction of the conversations is seen")


def test_one_lost_packet_in_a_thousand_is_losing() -> None:
    for dropped, word in ((9, "ok"), (10, "losing")):
        one = watched()
        one.second(1.0)
        one.source.counts = (10_000, dropped)
        assert one.second(2.0).word == word


def test_shares_of_lost_packets_in_words() -> None:
    for dropped, text in ((994, "99.4%"), (996, "nearly all")):
        one = watched()
        one.second(1.0)
        one.source.counts = (1000, dropped)
        assert text in one.second(2.0).message


def test_a_share_is_of_the_last_minute() -> None:
    one = watched()
    one.source.counts = (0, 0)
    one.second(1.0)
    one.source.counts = (100, 50)
    for second in range(2, 61):
        one.mirror.see(block(talk(20, *BOTH)), float(second))
        one.second(float(second))
        assert one.lost_share == 0.5
    one.second(61.0)  # the sixty-first look: the first has gone
    assert one.lost_share == 0.0


def test_worse_than_losing_is_said_first() -> None:
    one = watched()
    one.second(1.0)
    one.source.counts = (1000, 500)
    assert one.second(200.0).word == "silent"


@pytest.mark.parametrize(
    ("capturing", "starts", "failed", "word"),
    [(False, 0, False, "starting"), (False, 1, False, "down"), (False, 0, True, "down"), (True, 1, False, "ok")],
)
def test_a_source_that_does_not_capture(capturing: bool, starts: int, failed: bool, word: str) -> None:
    one = watched()
    one.source.capturing, one.source.starts, one.source.failed = capturing, starts, failed
    assert one.second(1.0).word == word


def test_only_a_lasting_source_counts_what_was_not_read() -> None:
    source = Counted(Stream(), queue.Queue())  # type: ignore[arg-type]
    source.counts = (100, 10)
    one = Watched(source, Mirror(), packets=60)
    source.stream.lasting = False  # type: ignore[misc]
    one.ended()
    assert (one.unread, one.lost) == (0, 10)


def test_a_sensor_sums_its_sources() -> None:
    one, other = watched(), watched()
    one.packets, other.packets, one.unread, other.unread = 7, 5, 2, 1
    one.source.counts, other.source.counts = (10, 3), (10, 0)
    for each in (one, other):
        each.state = SourceState(SensorState.OK, Message("mirror.ok"))
    sensor = sensor_of([one, other], 9_999, 77, 0, {"live_flows": 4})
    assert (sensor.packets, sensor.dropped, sensor.bytes, sensor.source) == (12, 6, 77, "eth1, eth1")
    assert (sensor.at, sensor.last_packet, sensor.more["live_flows"]) == (9, None, 4)
    # All are well: the sentence names none.
    assert sensor.message == "The traffic of other devices is seen." and "message_source" not in sensor.more
    one.state = SourceState(SensorState.SILENT, Message("mirror.silent", {"minutes": 2}))
    assert sensor_of([one], 0, 0, 0, {}).message == "No packet has come for 2 minutes."
    assert "message_source" not in sensor_of([one], 0, 0, 0, {}).more
    # A sentence of the system is in no language, and has no name beside it.
    one.state = SourceState(SensorState.DOWN, "gone")
    assert "message_source" not in sensor_of([one, other], 0, 0, 0, {}).more


def test_the_clock_of_a_machine_may_be_five_seconds_off() -> None:
    for by, step in ((4.0, 0.0), (5.0, 5.0), (-5.0, -5.0), (-4.0, 0.0)):
        wall = [1_000.0]
        clock = Clock(lambda wall=wall: int(wall[0] * 1e9), lambda: 0.0)  # type: ignore[misc]
        clock.step()
        wall[0] += by
        assert clock.step() == step


def test_what_a_store_lost_is_a_caveat() -> None:
    assert caveats_of_store(None) == [] and caveats_of_store(Health(StoreState.OK, "", 0.0)) == []
    (caveat,) = caveats_of_store(Health(StoreState.FULL, "", 0.0, lost=1))
    assert (caveat["kind"], caveat["count"]) == ("not_stored", 1)


@pytest.mark.parametrize("word", [SensorState.ONE_STATION, SensorState.ONE_WAY, SensorState.DUPLICATES])
def test_each_kind_that_hides_has_a_caveat_of_one(word: SensorState) -> None:
    one = watched()
    one.state = SourceState(word, "A sentence.")
    assert caveats_of_mirrors([one]) == [{"kind": word.value, "count": 1, "sentence": "A sentence."}]


@pytest.mark.parametrize(
    ("received", "dropped", "word", "text"),
    [
        (100_000, 0, "ok", ""), (100_000, 99, "ok", ""), (100_000, 100, "losing", "100 packets (0.1%)"),
        (1000, 994, "losing", "(99.4%)"), (1000, 995, "losing", "995 packets (nearly all)"),
        (1000, 1000, "losing", "nearly all"), (0, 5, "ok", ""),
    ],
)  # fmt: skip
def test_how_much_is_lost(received: int, dropped: int, word: str, text: str) -> None:
    """From one in a thousand on; from 99.5 % on the share would be rounded to all, which it is not."""
    one = watched()
    one.second(1.0)
    one.source.counts = (received, dropped)
    state = one.second(2.0)
    assert state.word == word and (not text or text in state.message), state.message
    assert one.lost_share == (dropped / received if received else 0.0)


def test_a_source_that_is_over_failed_or_silent_loses_nothing_more() -> None:
    """The state that hides more is the one that is said: what is lost comes after what is not heard at all."""
    for change, word in (
        ({"over": True}, "ended"), ({"capturing": False}, "down"), ({"capturing": False, "starts": 0}, "starting"),
        ({}, "losing"),
    ):  # fmt: skip
        one = watched()
        one.second(1.0)
        one.source.counts = (1000, 500)
        for name, value in change.items():
            setattr(one.source, name, value)
        assert one.second(2.0).word == word
    silent = watched()
    silent.second(300.0)
    silent.source.counts = (1000, 500)
    assert silent.second(301.0).word == "silent"


@pytest.mark.parametrize(
    ("states", "message"),
    [
        (["ok"], "M ok"), (["ok", "ok"], "M ok"), (["down"], "M down"), (["ok", "down"], "eth1: M down"),
        (["down", "ok", "silent"], "eth0: M down"), (["losing", "losing"], "eth0: M losing"),
    ],
)  # fmt: skip
def test_the_worst_of_several_is_named(states: list[str], message: str) -> None:
    found: list[Any] = []
    for number, state in enumerate(states):
        one = watched()
        one.source.stream = type("S", (Stream,), {"name": f"eth{number}"})()
        one.state = SourceState(SensorState(state), f"M {state}")
        one.packets = 10 + number
        found.append(one)
    sensor = sensor_of(found, 5_000, 77, 0, {"x": 1})
    assert (message_of(found), sensor.message) == (message, message)
    assert sensor.source == ", ".join(f"eth{number}" for number in range(len(states)))
    assert (sensor.bytes, sensor.last_packet) == (77, None) and sensor.more["x"] == 1
    assert sensor.packets == sum(range(10, 10 + len(states)))
    assert sensor_record("w1", sensor)["last_packet"] is None
