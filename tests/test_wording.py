"""Sentences of records: made in every language, and left out of what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.catalogue import LANGUAGES, Message
from sensor.export.records import records
from sensor.records import Record
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.types import StoredRun
from sensor.store.writer import Writer
from sensor.wording import caveat_record, in_language, restored, sensor_message, without_sentences
from tests.replaying import PCAPS, capture_in, read
from tests.store.keeping import TOOL

FINDING: Record = {
    "record": "finding",
    "message_id": "tls.version",
    "parameters": {"version": "TLS 1.0", "unused": None},
    "summary": "An encrypted connection used TLS 1.0, which is withdrawn because it can be attacked.",
    "advice": "Update the device's software; if that does not help, ask its maker for TLS 1.2 or newer.",
}
FACT = Message("fact.phase", {"phase": "in_use", "place": "lab.toml:3"}).data
VERDICT: Record = {
    "record": "verdict",
    "because": ["f1", "fact: the device was in use then (lab.toml:3)"],
    "reasons": ["f1", Message("fact", {"fact": FACT}).data],
    "headline": "Sent its password unencrypted to camera.example in the home network",
    "headline_id": "login.sent.home",
    "headline_parameters": {"secret": "password", "peer": "camera.example"},
    "settle": [{"fact": "phase", "procedure": "LW-PW-1", "title": "Reset the device and try each factory pair"}],
}
CAPTURE: Record = {"record": "capture", "caveats": [caveat_record("cut", 7, Message("cut", {"count": 7}))]}


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("record", [FINDING, VERDICT, CAPTURE], ids=lambda one: one["record"])
def test_what_is_stored_has_no_sentence_and_comes_back_whole(record: Record) -> None:
    stored = without_sentences(record)
    assert not [text for text in strings(stored) if text.count(" ") > 1]
    assert restored(stored) == record
    assert in_language(record, LANGUAGES[0]) == record


@pytest.mark.parametrize("record", [FINDING, VERDICT, CAPTURE], ids=lambda one: one["record"])
def test_another_language(record: Record) -> None:
    german = in_language(record, "de")
    assert set(german) == set(record)
    english = {text for text in strings(record) if text.count(" ") > 1}
    assert english and english.isdisjoint(strings(german))
    assert in_language(german, "en") == record


def test_sentences_that_an_older_version_stored_stay() -> None:
    old: Record = {"record": "verdict", "because": ["f1", "Traffic cannot show this."], "headline": "Nothing was seen"}
    finding: Record = {"record": "finding", "summary": "A password crossed readable.", "advice": "Change it."}
    caveat: Record = {"record": "capture", "caveats": [{"kind": "cut", "count": 1, "sentence": "Cut: 1 packet."}]}
    for one in (old, finding, caveat):
        back = in_language(restored(without_sentences(one)), "de")
        assert {name: back[name] for name in one} == one


def test_a_message_of_a_newer_version_is_its_id() -> None:
    assert (
        in_language({"record": "finding", "message_id": "quantum.break", "parameters": {}})["summary"]
        == "quantum.break"
    )


def test_a_store_holds_no_sentence(tmp_path: Path) -> None:
    result = read(capture_in(PCAPS / "ftp_login"))
    found = [{**one} for one in records(result)]
    sentences = {text for one in found for text in (one.get("summary"), one.get("advice"), one.get("headline")) if text}
    sentences |= {text for one in found if one["record"] == "verdict" for text in one["because"] if " " in text}
    sentences |= {step["title"] for one in found for step in one.get("settle") or ()}
    assert len(sentences) > 10
    path = tmp_path / "home.db"
    with Writer(store_location(str(path))) as writer:
        writer.keep(StoredRun(result.id, found, TOOL, 9))
    held = path.read_bytes()
    assert not [text for text in sentences if text.encode() in held]
    with StoreReader(store_location(str(path))) as reader:
        back = {one["id"]: one["summary"] for one in reader.records(result.id) if one["record"] == "finding"}
    assert back == {one["id"]: one["summary"] for one in found if one["record"] == "finding"}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"message_id": "mirror.silent"},
        {"message_id": "mirror.silent", "parameters": 7},
        {"message_id": ["mirror.silent"], "parameters": {}},
        {"message_id": "newer.id", "parameters": {}},
        {"message_id": "source.ended", "parameters": {"why": {"message_id": 7}}},
    ],
)
def test_a_sensor_without_a_message_that_is_known_keeps_its_sentence(said: dict[str, Any]) -> None:
    assert sensor_message("as it was", said, "de") == "as it was"


def test_why_a_capture_is_tried_again_in_each_language() -> None:
    gone = Message("stream.interface_gone", {"name": "eth1"})
    said = {"message_id": "source.retried", "parameters": {"why": gone.data}}
    assert sensor_message("", said) == "eth1: the interface is down or gone; it is tried again"
    assert sensor_message("", {**said, "parameters": {"why": "permission denied"}}, "de").startswith(
        "permission denied; "
    )
    assert "Schnittstelle" in sensor_message("", said, "de")
