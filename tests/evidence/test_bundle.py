"""Evidence bundle: its files, their checksums, and an archive that is the same each time."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

from sensor.evidence.bundle import MANIFEST, bundle_files, changed_files, concerns, manifest, zip_archive
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.pcapng import read

FINDING = {"record": "finding", "run": "r1", "id": "f1-2", "detail": {}}
DEVICE = {
    "record": "device",
    "run": "r1",
    "id": "02:00:00:00:00:0a",
    "mac": "02:00:00:00:00:0a",
    "addresses": [],
    "hostname": None,
}
REPORT = {"run": "r1", "tool": {"version": "1"}}
PACKET = EvidencePacket("a.pcap", 7, 1, 1, b"abcd", 4, ((1, 2),), (("f1-2", "why"), ("f9", "of another device")))


def test_each_finding_has_its_packets_and_no_others() -> None:
    made = bundle_files([FINDING, DEVICE], REPORT, "<p>", [PACKET], facts=("lab.toml", "x = 1\n"))
    assert set(made) == {
        "README.txt", "SHA256SUMS", "bundle.json", "captures.jsonl", "devices.jsonl", "facts.toml", "findings.jsonl",
        "packets/f1-2.pcapng", "provisions.jsonl", "report.html", "report.json", "verdicts.jsonl",
    }  # fmt: skip
    (packet,) = read(made["packets/f1-2.pcapng"])
    assert packet.findings == (("f1-2", "why"),) and packet.frame == 7 and packet.marked == ((1, 2),)
    assert json.loads(made["findings.jsonl"]) == FINDING
    about = json.loads(made["bundle.json"])
    assert about["masked"] is True and about["facts"] == "lab.toml" and about["findings_with_packets"] == 1


def test_checksums_are_those_of_sha256sum_and_show_every_change() -> None:
    made = bundle_files([FINDING], REPORT, "<p>", [PACKET])
    for line in made[MANIFEST].decode().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256(made[name]).hexdigest() == digest
    assert changed_files(made) == []
    assert changed_files({**made, "report.html": b"<b>"}) == ["report.html"]
    assert changed_files({**made, "more": b""}) == ["more"]
    assert changed_files({name: data for name, data in made.items() if name != "bundle.json"}) == ["bundle.json"]
    assert manifest({"b": b"", "a": b"", MANIFEST: b"x"}).decode().split() == [
        hashlib.sha256(b"").hexdigest(), "a", hashlib.sha256(b"").hexdigest(), "b",
    ]  # fmt: skip


def test_the_archive_is_the_same_each_time() -> None:
    made = bundle_files([FINDING], REPORT, "<p>", [PACKET])
    assert zip_archive(made) == zip_archive(dict(reversed(made.items())))
    with zipfile.ZipFile(io.BytesIO(zip_archive(made))) as archive:
        assert archive.testzip() is None and archive.namelist() == sorted(made)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_names_stand_in_the_records_as_people_write_them() -> None:
    """What is no Unicode (a lone surrogate of a wire's byte) is escaped."""
    for name, shown in (("Küche", '"Küche"'), ("Schlafzimmer 東", '"Schlafzimmer 東"'), ("k\udcff", '"k\\udcff"')):
        made = bundle_files([{**DEVICE, "hostname": name}], REPORT, "<p>", [])
        assert f'"hostname": {shown}}}\n' in made["devices.jsonl"].decode()


def test_an_unmasked_bundle_says_so() -> None:
    made = bundle_files([FINDING], REPORT, "<p>", [PACKET], conversations=[PACKET])
    assert b"NOTHING IS MASKED" in made["README.txt"] and b"conversations.pcapng" in made["README.txt"]
    assert json.loads(made["bundle.json"])["masked"] is False
    assert [one.frame for one in read(made["conversations.pcapng"])] == [7]
    assert b"NOTHING" not in bundle_files([FINDING], REPORT, "<p>", [PACKET])["README.txt"]


def test_what_goes_into_the_bundle_of_one_device() -> None:
    """Captures, what is of the device, and what it shares with others; nothing of another device alone."""
    mine, other = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
    for record, belongs in (
        ({"record": "capture", "id": other}, True),
        ({"record": "device", "id": mine, "device": other}, True),
        ({"record": "device", "id": other, "device": mine}, False),
        ({"record": "verdict", "device": mine}, True),
        ({"record": "provision", "device": other}, False),
        ({"record": "finding", "device": mine, "detail": {}}, True),
        ({"record": "finding", "device": other, "peer_device": mine, "detail": {}}, False),
        ({"record": "finding", "device": None, "detail": {"devices": [other, mine]}}, True),
        ({"record": "finding", "device": None, "detail": {"devices": [other]}}, False),
    ):
        assert concerns(record, mine) is belongs, record


def test_files_of_the_archive_are_their_owners_alone_on_every_system() -> None:
    """The attributes are those of Unix (APPNOTE 4.4.2), whatever made it: read and written by the owner."""
    made = bundle_files([FINDING], REPORT, "<p>", [PACKET])
    with zipfile.ZipFile(io.BytesIO(zip_archive(made))) as archive:
        assert {(entry.create_system, entry.external_attr >> 16) for entry in archive.infolist()} == {(3, 0o600)}
