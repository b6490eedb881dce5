"""Frames with filler where secrets were: typed letter by letter, cut over segments, in encodings, and all of it where nobody can tell."""

from __future__ import annotations

import base64
import gzip

import dpkt

from sensor.evidence.mask import KeptFinding, masked
from sensor.evidence.packet import Raw
from tests.conversation import C, S
from tests.evidence.kept import NAME, covered, frames, holding, read
from tests.replaying import PCAPS, capture_in

SECRET = b"Tr0mpete!x"


def test_a_command_shows_all_but_its_secret() -> None:
    raws = frames(
        [(S, b"220 ready\r\n"), (C, b"USER anna\r\n"), (C, b"PASS " + SECRET + b"\r\n"), (S, b"230 ok\r\n")], port=21
    )
    text = covered(raws, SECRET)
    assert b"USER anna" in text and b"PASS **********\r\n" in text and b"230 ok" in text


def test_typed_letter_by_letter() -> None:
    raws = frames([(C, bytes((letter,))) for letter in SECRET] + [(C, b"\r\n"), (S, b"Welcome")], port=23)
    text = covered(raws, SECRET)
    assert not set(text) & (set(SECRET) - set(b"Welcome\r\n")) and text.count(b"*") >= len(SECRET) and b"elcome" in text


def test_a_key_taken_back_covers_the_conversation() -> None:
    keys = [bytes((letter,)) for letter in b"Trox\x7fmpete"]
    raws = frames([(C, key) for key in keys] + [(S, b"Hello there")], port=23)
    assert set(covered(raws, b"Trompete")) == {ord("*")}


def test_cut_over_segments_one_of_which_is_not_kept() -> None:
    raws = frames([(C, b"p=" + SECRET[:4]), (C, SECRET[4:7]), (C, SECRET[7:] + b"&x=1")])
    kept = [raw for raw in raws if SECRET[4:7] not in raw.data]
    text = covered(kept, SECRET, own=False)
    for at in range(len(SECRET) - 1):
        assert SECRET[at : at + 2] not in text


def test_what_cannot_be_located_costs_the_conversation_its_payload() -> None:
    turned = bytes(byte ^ 0xA5 for byte in SECRET)
    raws = frames([(C, b"login " + turned), (S, b"welcome back")])
    assert set(covered(raws, SECRET)) == {ord("*")}
    unknown = masked(raws, [holding(raws, "k9")], {})
    assert all(set(packet.data[54:]) <= {ord("*")} for packet in unknown)


def test_nor_what_was_forgotten() -> None:
    raws = frames([(C, b"GET / HTTP/1.1\r\n\r\n")])
    assert all(set(p.data[54:]) <= {ord("*")} for p in masked(raws, [holding(raws)], {}, complete=False))


def test_secrets_of_others_are_covered_too() -> None:
    raws = frames([(C, b"key " + base64.b64encode(b"\0" + SECRET) + b" end")])
    text = covered(raws, SECRET, own=False)
    assert text.startswith(b"key *") and text.rstrip(b"= end").endswith(b"*")


def test_short_secrets_where_they_were_found() -> None:
    raws = frames([(C, b"pin is 123 ok"), (S, b"fine")])
    text = covered(raws, b"123")
    assert b"pin is *** ok" in text


def test_personal_data_by_its_form() -> None:
    raws = frames([(C, b'{"email": "mara@post.example", "lat": 52.52437, "lon": 13.41053, "t": 21}')])
    text = covered(raws)
    for part in (b"mara", b"52.52437", b"13.41053"):
        assert part not in text
    assert b'"t": 21' in text


def test_packed_and_pictured() -> None:
    raws = frames([(S, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello", mtime=0))])
    assert covered(raws).endswith(b"\r\n\r\n" + b"*" * len(gzip.compress(b"hello", mtime=0)))
    photo = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + b"picture of somebody" * 3
    raws = frames([(S, b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + photo)])
    seen = masked(raws, [holding(raws, media=True)], {})
    data = b"".join(packet.data for packet in seen)
    assert b"JFIF" in data and b"picture" not in data


def test_the_second_copy_of_a_segment_is_looked_at_too() -> None:
    first, *_ = [raw for raw in frames([(C, b"x" * (len(SECRET) + 5))]) if b"xxx" in raw.data]
    again = Raw(NAME, 99, first.time + 1, 1, first.data[:54] + b"p: " + SECRET + b"zz", first.length)
    text = covered([first, again], SECRET, own=False)
    assert SECRET[:4] not in text


def test_marks_tell_what_was_covered_and_for_whom() -> None:
    raws = frames([(C, b"PASS " + SECRET + b"\r\n")], port=21)
    packet = next(p for p in masked(raws, [holding(raws, "k0")], {"k0": SECRET}) if b"PASS" in p.data)
    assert packet.marked == ((59, 69),) and packet.findings == (("f1", "credential.cleartext: why"),)
    raw = next(raw for raw in raws if raw.frame == packet.frame)
    differs = {n for n, (a, b) in enumerate(zip(raw.data, packet.data, strict=True)) if a != b}
    sums = set(range(50, 52))
    assert differs - sums <= set(range(59, 69))
    assert dpkt.ethernet.Ethernet(packet.data).data.data.data == b"PASS **********\r\n"


def test_a_finding_record_says_what_to_cover() -> None:
    record = {
        "id": "f7", "rule": "transfer.unencrypted", "summary": "s", "evidence": [{"capture": "a", "frames": [1, 2]}, {"capture": "b", "frames": [3]}],
        "detail": {"content": "image", "secret": {"fingerprint": "k1:a"}, "value": None},
    }  # fmt: skip
    assert KeptFinding.of(record) == KeptFinding(
        "f7", "transfer.unencrypted: s", (("a", 1), ("a", 2), ("b", 3)), ("k1:a",), media=True
    )


def test_our_own_home_keeps_its_secrets() -> None:
    """All that the replay found secret or personal there stands in no kept packet, in no form."""
    result, packets, seen = read(capture_in(PCAPS / "home"))
    assert len(packets) > 100 and {name for p in packets for name, _ in p.findings} == set(result.findings)
    joined = b"\n".join(packet.data for packet in packets).lower()
    values = [value.lower() for value in seen.values.values() if len(value) >= 6]
    assert len(values) > 5
    for value in values:
        for form in (value, value.hex().encode(), base64.b64encode(value).lower()[:-4]):
            assert form not in joined, "a form of a secret"
