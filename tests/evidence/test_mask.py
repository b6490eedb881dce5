"""Masking: secrets typed letter by letter, cut over segments, encoded, or not located at all."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Sequence
from itertools import pairwise

import dpkt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.evidence import value_index
from sensor.evidence.encoded_forms import ReadingBudget, TooManyReadings, text_readings
from sensor.evidence.mask import EvidenceFinding, mask_packets
from sensor.evidence.packet import CapturedFrame
from tests.conversation import C, S
from tests.decode.wire import ethernet, ip4, tcp
from tests.evidence.captured import NAME, covered, finding_on, frames, read
from tests.evidence.test_frame_layout import right, transport_is_right
from tests.replaying import PCAPS, capture_in

SECRET = b"Tr0mpete!x"


def test_a_command_shows_all_but_its_secret() -> None:
    captured = frames(
        [(S, b"220 ready\r\n"), (C, b"USER anna\r\n"), (C, b"PASS " + SECRET + b"\r\n"), (S, b"230 ok\r\n")], port=21
    )
    text = covered(captured, SECRET)
    assert b"USER anna" in text and b"PASS **********\r\n" in text and b"230 ok" in text


def test_typed_letter_by_letter() -> None:
    captured = frames([(C, bytes((letter,))) for letter in SECRET] + [(C, b"\r\n"), (S, b"Welcome")], port=23)
    text = covered(captured, SECRET)
    assert not set(text) & (set(SECRET) - set(b"Welcome\r\n")) and text.count(b"*") >= len(SECRET) and b"elcome" in text


def test_a_deleted_key_covers_the_conversation() -> None:
    keys = [bytes((letter,)) for letter in b"Trox\x7fmpete"]
    captured = frames([(C, key) for key in keys] + [(S, b"Hello there")], port=23)
    assert set(covered(captured, b"Trompete")) == {ord("*")}


def test_cut_over_segments_one_of_which_is_missing() -> None:
    captured = frames([(C, b"p=" + SECRET[:4]), (C, SECRET[4:7]), (C, SECRET[7:] + b"&x=1")])
    rest = [raw for raw in captured if SECRET[4:7] not in raw.data]
    text = covered(rest, SECRET, own=False)
    for at in range(len(SECRET) - 1):
        assert SECRET[at : at + 2] not in text


def test_a_value_that_is_not_located_covers_the_conversation() -> None:
    turned = bytes(byte ^ 0xA5 for byte in SECRET)
    captured = frames([(C, b"login " + turned), (S, b"welcome back")])
    assert set(covered(captured, SECRET)) == {ord("*")}
    unknown = mask_packets(captured, [finding_on(captured, "k9")], {})
    assert all(set(packet.data[54:]) <= {ord("*")} for packet in unknown)


def test_an_incomplete_list_of_values_covers_everything() -> None:
    captured = frames([(C, b"GET / HTTP/1.1\r\n\r\n")])
    assert all(
        set(p.data[54:]) <= {ord("*")} for p in mask_packets(captured, [finding_on(captured)], {}, complete=False)
    )


def test_a_message_stays_readable_beside_values_that_share_a_letter() -> None:
    """`GET` begins a message: it is no end of a value, as a typed letter may be."""
    request = b"GET /scale HTTP/1.1\r\nHost: lamp\r\n\r\n"
    captured = frames([(C, request), (S, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")])
    values = {"k1": b"streamg", "k2": b"widget", "k3": b"push"}
    seen = mask_packets(captured, [finding_on(captured)], values)
    assert request in b"".join(packet.data for packet in seen)


def test_values_of_other_findings_are_covered_too() -> None:
    captured = frames([(C, b"key " + base64.b64encode(b"\0" + SECRET) + b" end")])
    text = covered(captured, SECRET, own=False)
    assert text.startswith(b"key *") and text.rstrip(b"= end").endswith(b"*")


def test_short_secrets_where_they_were_found() -> None:
    captured = frames([(C, b"pin is 123 ok"), (S, b"fine")])
    text = covered(captured, b"123")
    assert b"pin is *** ok" in text


def test_personal_data_by_its_form() -> None:
    captured = frames([(C, b'{"email": "mara@post.example", "lat": 52.52437, "lon": 13.41053, "t": 21}')])
    text = covered(captured)
    for part in (b"mara", b"52.52437", b"13.41053"):
        assert part not in text
    assert b'"email": "' in text and b'"t": ' in text and b"21" not in text


def test_packed_and_pictured() -> None:
    captured = frames([(S, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello", mtime=0))])
    assert covered(captured).endswith(b"\r\n\r\n" + b"*" * len(gzip.compress(b"hello", mtime=0)))
    photo = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + b"picture of somebody" * 3
    captured = frames([(S, b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + photo)])
    seen = mask_packets(captured, [finding_on(captured, media=True)], {})
    data = b"".join(packet.data for packet in seen)
    assert b"JFIF" in data and b"picture" not in data


def test_a_retransmitted_segment_is_searched_too() -> None:
    first, *_ = [raw for raw in frames([(C, b"x" * (len(SECRET) + 5))]) if b"xxx" in raw.data]
    again = CapturedFrame(NAME, 99, first.time + 1, 1, first.data[:54] + b"p: " + SECRET + b"zz", first.length)
    text = covered([first, again], SECRET, own=False)
    assert SECRET[:4] not in text


def test_marks_are_the_covered_ranges() -> None:
    captured = frames([(C, b"PASS " + SECRET + b"\r\n")], port=21)
    packet = next(p for p in mask_packets(captured, [finding_on(captured, "k0")], {"k0": SECRET}) if b"PASS" in p.data)
    assert packet.marked == ((59, 69),) and packet.findings == (("f1", "credential.cleartext: why"),)
    raw = next(raw for raw in captured if raw.frame == packet.frame)
    differs = {n for n, (a, b) in enumerate(zip(raw.data, packet.data, strict=True)) if a != b}
    sums = set(range(50, 52))
    assert differs - sums <= set(range(59, 69))
    assert dpkt.ethernet.Ethernet(packet.data).data.data.data == b"PASS **********\r\n"


def test_a_finding_from_its_record() -> None:
    record = {
        "id": "f7", "rule": "transfer.unencrypted", "summary": "s",
        "evidence": [{"capture": "a", "frames": [1, 2]}, {"capture": "b", "frames": [3]}],
        "detail": {"content": "image", "secret": {"fingerprint": "k1:a"}, "value": None, "other": {"size": 7}},
    }  # fmt: skip
    assert EvidenceFinding.of(record) == EvidenceFinding(
        "f7", "transfer.unencrypted: s", (("a", 1), ("a", 2), ("b", 3)), ("k1:a",), media=True
    )


def test_no_packet_of_the_example_home_shows_a_secret() -> None:
    """No form of a value that the replay found secret or personal is in a stored packet."""
    result, packets, seen = read(capture_in(PCAPS / "home"))
    assert len(packets) > 100 and {name for p in packets for name, _ in p.findings} == set(result.findings)
    joined = b"\n".join(packet.data for packet in packets).lower()
    values = [value.lower() for value in seen.values.values() if len(value) >= 6]
    assert len(values) > 5
    for value in values:
        for form in (value, value.hex().encode(), base64.b64encode(value).lower()[:-4]):
            assert form not in joined, "a form of a secret"


@pytest.mark.parametrize("key", [b"\b", b"\x7f", b"\x15", b"\x17"])
def test_what_was_typed_and_taken_back_is_covered(key: bytes) -> None:
    """Backspace, delete, ^U (the line), ^W (a word): the value itself is found whole, what was deleted is not in it."""
    keys = [bytes((letter,)) for letter in b"other"] + [key] + [bytes((letter,)) for letter in SECRET]
    captured = frames([(C, one) for one in keys] + [(S, b"Hello there")], port=23)
    assert set(covered(captured, SECRET)) == {ord("*")}


def test_what_follows_the_packet_in_its_frame_is_covered() -> None:
    """Ethernet pads to 60 bytes, some drivers with old memory."""
    first, *_ = frames([(C, b"hi")], port=80)
    padded = CapturedFrame(NAME, 1, 0, 1, first.data + b"memory", 60)
    (packet,) = mask_packets([padded], [finding_on([padded])], {})
    at = len(first.data)
    assert packet.data[at:] == b"******" and (at, at + 6) in packet.marked


def test_what_can_be_read_in_too_many_ways_is_covered_whole() -> None:
    """Made so that a secret in it would not be found."""
    data = b"%41\\x41=41+&lt;" * 1000 + b" the diary of somebody"
    with pytest.raises(TooManyReadings):
        list(text_readings(data, ReadingBudget(len(data))))
    captured = frames([(C, data)])
    assert b"diary" in b"".join(raw.data for raw in captured)
    assert set(covered(captured, SECRET, own=False)) == {ord("*")}


def _base64(data: bytes) -> bytes:
    """Without padding, which holds nothing of the value."""
    return base64.b64encode(data).rstrip(b"=")


def _hex(data: bytes) -> bytes:
    return data.hex().encode()


def _url(data: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in data)


@pytest.mark.parametrize("first", [_base64, _hex, _url])
@pytest.mark.parametrize("second", [_base64, _hex, _url])
@pytest.mark.parametrize("third", [_base64, _hex, _url])
def test_three_encodings_in_one_another_are_covered(
    first: Callable[[bytes], bytes], second: Callable[[bytes], bytes], third: Callable[[bytes], bytes]
) -> None:
    sent = third(second(first(SECRET + b"yz")))
    text = covered(frames([(C, b"note: <" + sent + b"> done")]), SECRET + b"yz", own=False)
    assert text == b"note: <" + b"*" * len(sent) + b"> done"


@pytest.mark.parametrize("before", [b"", b"A", b"AB", b"ABC"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_joined_to_other_letters_is_covered(before: bytes, encode: Callable[[bytes], bytes]) -> None:
    sent = encode(b"login=" + SECRET + b";ok")
    text = covered(frames([(C, b"note <" + before + sent + b">")]), SECRET, own=False)
    for at in range(8, len(sent) - 8):
        assert sent[at : at + 4] not in text


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
def test_hex_joined_to_other_digits_is_covered(before: bytes) -> None:
    sent = _hex(SECRET)
    text = covered(frames([(C, b"note <" + before + sent + b">")]), SECRET, own=False)
    assert not [at for at in range(len(sent) - 4) if sent[at : at + 4] in text]


def test_a_shorter_copy_of_a_segment_cuts_no_stretch() -> None:
    """The value begins at the end of a segment of which a part was sent again (RFC 9293 3.8.1)."""
    captured = frames([(C, b"a long beginning " + SECRET[:2]), (C, SECRET[2:] + b" end")])
    first = next(raw for raw in captured if b"beginning" in raw.data)
    again = CapturedFrame(NAME, 99, first.time + 1, 1, first.data[: 54 + 6], first.length)
    text = covered([*captured, again], SECRET, own=False)
    assert b"beginning **" in text and SECRET[:2] not in text and SECRET[2:4] not in text


@pytest.mark.parametrize(
    ("rule", "content", "composed", "media"),
    [
        ("credential.challenge", None, True, False), ("credential.cleartext", None, False, False),
        ("personal.location", None, True, False), ("personal.photo", None, True, True),
        ("personal.audio", None, True, True), ("personal.video", None, True, True),
        ("update.cleartext", None, False, True), ("transfer.unencrypted", None, False, False),
        ("transfer.unencrypted", "text", False, False), ("transfer.unencrypted", "image", False, True),
        ("transfer.unencrypted", "audio", False, True), ("transfer.unencrypted", "video", False, True),
        ("transfer.unencrypted", "document", False, True), ("transfer.unencrypted", "archive", False, True),
        ("transfer.unencrypted", "firmware", False, True), ("transfer.unencrypted", "mail", False, True),
    ],
)  # fmt: skip
def test_which_findings_join_parts_and_which_show_content(
    rule: str, content: str | None, composed: bool, media: bool
) -> None:
    record = {"id": "f1", "rule": rule, "summary": "s", "evidence": [], "detail": {"content": content}}
    found = EvidenceFinding.of(record)
    assert (found.composed, found.media) == (composed, media)


@pytest.mark.parametrize("sent", [b"\b\b\b\bmenu", b"menu\x7f", b""])
def test_what_is_no_key_that_was_pressed_covers_no_more_than_the_value(sent: bytes) -> None:
    """A screen that draws with backspaces is longer than a key, and an acknowledgement has no byte."""
    text = covered(frames([(C, SECRET), (S, sent), (S, b"Hello there")], port=23), SECRET)
    assert text == b"*" * len(SECRET) + sent + b"Hello there"


def segments(
    data: bytes, ranges: Sequence[tuple[int, int]], first: int = 1000, *, port: int = 40000, capture: str = NAME
) -> list[CapturedFrame]:
    """TCP segments of one direction that hold these ranges of ``data``, in this order."""
    made = []
    for number, (start, end) in enumerate(ranges, 1):
        frame = ethernet(ip4(tcp(data[start:end], source=port, seq=first + start), 6))
        made.append(CapturedFrame(capture, number, number, 1, frame, len(frame)))
    return made


def payloads(captured: Sequence[CapturedFrame], finding: EvidenceFinding, **values: bytes) -> list[bytes]:
    """What is stored of each frame after its headers."""
    return [packet.data[54:] for packet in mask_packets(captured, [finding], values)]


# Words of no more than five letters, of which none is in a value: they are no run of base64.
_VOWELS = st.lists(st.sampled_from([b"a", b"oi", b"uea", b"aeiou", b""]), max_size=6).map(b" ".join)
_CONSONANTS = st.lists(st.sampled_from(b"ghjklmnpqrstvwxzGHJKLMNPQRSTVWXZ!~^"), min_size=4, max_size=20).map(bytes)


@st.composite
def _cut_conversations(draw: st.DrawFn) -> tuple[bytes, bytes, list[tuple[int, int]]]:
    """A value, data that has it once or twice, and ranges of the data in any order: all of it, parts of it again."""
    value = draw(_CONSONANTS)
    data = draw(_VOWELS) + b" " + value + draw(_VOWELS.map(lambda text: b" a" + text) | st.just(b" e " + value))
    cuts = sorted(draw(st.sets(st.integers(1, len(data) - 1), max_size=6)))
    ranges = list(zip([0, *cuts], [*cuts, len(data)], strict=True))
    again = draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(1, 30)), max_size=3))
    ranges += [(start, min(start + size, len(data))) for start, size in again]
    return value, data, draw(st.permutations(ranges))


@given(_cut_conversations(), st.sampled_from([0, 1000, 2**31 - 9, 2**32 - 1, 2**32 - 30]), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_however_a_value_is_cut_repeated_and_ordered_each_byte_of_it_is_covered_and_no_other(
    sent: tuple[bytes, bytes, list[tuple[int, int]]], first: int, own: bool
) -> None:
    """Sequence numbers wrap (RFC 9293 3.4); segments come late, again, longer and shorter."""
    value, data, ranges = sent
    captured = segments(data, ranges, first)
    expected = data.replace(value, b"*" * len(value))
    seen = payloads(captured, finding_on(captured, *(("k0",) if own else ())), k0=value)
    assert seen == [expected[start:end] for start, end in ranges]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 12])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_how_much_of_a_value_shows_beside_a_lost_segment(size: int, count: int) -> None:
    """A letter counts where keys are typed, which come with their line end in four bytes at most; else three do."""
    value, other = b"BCDFGHJKLMNP", b"aeioueaoiuea"
    begun = other[: size - count] + value[:count] if size >= count else value[:size]
    ended = value[-count:] + other[: size - count] if size >= count else value[-size:]
    counted = count >= 3 or size <= 4
    for sent in (begun, ended):
        captured = segments(sent, [(0, len(sent))])
        shown = bytes(ord("*") if counted and letter in value else letter for letter in sent)
        assert payloads(captured, finding_on(captured), k0=value) == [shown], sent
        # The same in each of two segments of which one is long: each end for itself.
        long = b"aeiou aeiou aeiou "
        both = long + begun if sent is begun else ended + long
        cut = len(long) if sent is begun else len(ended)
        captured = segments(both, [(0, cut), (cut, len(both))])
        assert b"".join(payloads(captured, finding_on(captured), k0=value)) == (
            long + shown if sent is begun else shown + long
        )


def test_halves_in_two_captures_or_two_connections_are_no_value() -> None:
    """Each has its own sequence numbers; of four letters two are in each."""
    halves = b"aeiou aeiou BCDF aeiou aeiou"
    first, second = segments(halves, [(0, 14), (14, 28)])
    (elsewhere,) = segments(halves, [(14, 28)], capture="other.pcap")
    (beside,) = segments(halves, [(14, 28)], port=40002)
    one, two = halves[:14], halves[14:]
    for other in (elsewhere, beside):
        other = CapturedFrame(other.capture, 2, 2, 1, other.data, other.length)
        assert payloads([first, other], finding_on([first, other]), k0=b"BCDF") == [one, two]
    together = payloads([first, second], finding_on([first, second]), k0=b"BCDF")
    assert together == [b"aeiou aeiou **", b"** aeiou aeiou"]


def test_a_conversation_without_the_value_is_covered_and_another_one_stays() -> None:
    """A finding that rests on two conversations: the value has to be located in each of them."""
    has, has_not = (
        CapturedFrame(NAME, number, number, 1, ethernet(ip4(tcp(data), 6, "192.0.2.10", target)), 99)
        for number, data, target in ((1, b"aeiou BCDFG", "192.0.2.11"), (2, b"aeiou aeiou", "192.0.2.12"))
    )
    seen = mask_packets([has, has_not], [finding_on([has, has_not], "k0")], {"k0": b"BCDFG"})
    assert [packet.data[54:] for packet in seen] == [b"aeiou *****", b"***********"]
    # The other finding's frames are not those of this one; an empty value hides nothing.
    seen = mask_packets(
        [has, has_not], [finding_on([has], "k0"), finding_on([has_not], "k1")], {"k0": b"BCDFG", "k1": b""}
    )
    assert [packet.data[54:] for packet in seen] == [b"aeiou *****", b"aeiou aeiou"]
    # Two values of which one is not there.
    seen = mask_packets([has], [finding_on([has], "k0", "k1")], {"k0": b"BCDFG", "k1": b"BCDFH"})
    assert [packet.data[54:] for packet in seen] == [b"***********"]
    for values in ((b"", b"BCDFH"), (b"BCDFH", b"")):
        seen = mask_packets([has], [finding_on([has], "k0", "k1")], dict(zip(("k0", "k1"), values, strict=True)))
        assert [packet.data[54:] for packet in seen] == [b"***********"]


def test_a_short_value_is_covered_in_the_frames_of_its_finding_alone() -> None:
    """Three letters occur by chance: also where it is cut, and in whichever of the frames."""
    data = b"aeiou BCD aeiou aeiou BCD aeiou"
    captured = segments(data, [(0, 8), (8, 20), (20, 31)])
    covered_all = [b"aeiou **", b"* aeiou aeio", b"u *** aeiou"]
    assert payloads(captured, finding_on(captured, "k0"), k0=b"BCD") == covered_all
    other = segments(data, [(0, 31)], port=40002)[0]
    other = CapturedFrame(NAME, 4, 4, 1, other.data, other.length)
    findings = [finding_on(captured, "k0"), finding_on([other], "k1")]
    seen = mask_packets([*captured, other], findings, {"k0": b"BCD", "k1": b"aeio"})
    assert [packet.data[54:] for packet in seen][:3] == [b"****u **", b"* ****u ****", b"u *** ****u"]
    assert seen[3].data[54:] == b"****u BCD ****u ****u BCD ****u"


def test_packets_come_in_order_with_the_findings_that_name_them() -> None:
    """And frames that a finding names but nobody has are left out."""
    one, two, three = segments(b"aeiou aeiou", [(0, 4), (4, 8), (8, 11)])
    (other,) = segments(b"aeiou", [(0, 5)], capture="another.pcap")
    first = EvidenceFinding("f1", "why", ((NAME, 1), (NAME, 3), (NAME, 77)))
    second = EvidenceFinding("f2", "because", ((NAME, 3), ("another.pcap", 1), ("missing.pcap", 1)))
    seen = mask_packets([three, two, other, one], [first, second], {})
    assert [(packet.capture, packet.frame, packet.findings) for packet in seen] == [
        ("another.pcap", 1, (("f2", "because"),)),
        (NAME, 1, (("f1", "why"),)), (NAME, 2, ()), (NAME, 3, (("f1", "why"), ("f2", "because"))),
    ]  # fmt: skip
    assert [packet.marked for packet in seen] == [(), (), (), ()]


@pytest.mark.parametrize(("size", "deleted"), [(1, True), (3, True), (4, True), (5, False)])
def test_how_long_a_key_that_deletes_may_be(size: int, deleted: bool) -> None:
    """With its line end it has four bytes at most (CR, NUL or LF)."""
    key = b"\x7f" + b"\r\n\0o"[: size - 1]
    data = b"aeiou BCDFG aeiou " + key
    captured = segments(data, [(0, 18), (18, len(data))])
    shown = b"*" * len(data) if deleted else data.replace(b"BCDFG", b"*****")
    assert b"".join(payloads(captured, finding_on(captured, "k0"), k0=b"BCDFG")) == shown


def test_too_many_values_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Joined segments as well as those alone."""
    captured = segments(b"aeiou aeiou", [(0, 4), (4, 8), (8, 11)])
    assert b"".join(payloads(captured, finding_on(captured), k0=b"BCDFG")) == b"aeiou aeiou"
    monkeypatch.setattr(value_index, "MAX_PIECES", 4)
    assert b"".join(payloads(captured, finding_on(captured), k0=b"BCDFG")) == b"*" * 11


@pytest.mark.parametrize("form", [b"mara%40post.example", b"bWFyYUBwb3N0LmV4YW1wbGU=", b"mara\\u0040post.example"])
def test_what_is_personal_is_covered_in_its_other_forms_beside_it(form: bytes) -> None:
    data = b"aeiou <" + form + b"> aeiou mara@post.example aeiou"
    captured = segments(data, [(0, len(data))])
    (seen,) = payloads(captured, finding_on(captured))
    assert b"mara" not in seen and form[:8] not in seen and seen.startswith(b"aeiou <") and seen.endswith(b" aeiou")


def test_each_number_of_a_place_is_covered_wherever_it_stands() -> None:
    data = b"aeiou geo:52.52437,13.41053 aeiou lat <52.52437> aeiou lon <13.41053>"
    captured = segments(data, [(0, len(data))])
    (seen,) = payloads(captured, finding_on(captured))
    assert not {b"52.52437", b"13.41053", b"2437", b"1053"} & {
        seen[at : at + n] for at in range(len(seen)) for n in (4, 8)
    }
    assert seen.startswith(b"aeiou ") and b" aeiou lat <" in seen


@pytest.mark.parametrize("media", [True, False])
def test_of_a_picture_its_head_stays_in_the_frames_that_the_finding_names(media: bool) -> None:
    """Twelve bytes: a magic number, an RTP header (RFC 3550 5.1); of HTTP its head as well."""
    data = b"aeiou aeiou aeiou aeiou"
    captured = segments(data + data, [(0, 23), (23, 46)])
    finding = EvidenceFinding("f1", "why", ((NAME, 1),), media=media)
    assert payloads(captured, finding) == [b"aeiou aeiou " + b"*" * 11 if media else data, data]


@pytest.mark.parametrize("lost", [(2,), (5,), (2, 5), (2, 5, 8)])
def test_what_stands_between_lost_segments_is_joined(lost: tuple[int, ...]) -> None:
    """A value that is cut in two stands before, between and behind the holes: each run of segments is one stretch."""
    data = b"aeiou aeiou BCDFGH aeiou " * 4
    cuts = [0, 14, 25, 30, 39, 50, 55, 64, 75, 80, 89, 100]
    ranges = [span for at, span in enumerate(pairwise(cuts)) if at not in lost]
    captured = segments(data, ranges)
    expected = data.replace(b"BCDFGH", b"******")
    for own in ((), ("k0",)):
        seen = payloads(captured, finding_on(captured, *own), k0=b"BCDFGH")
        assert seen == [expected[start:end] for start, end in ranges]


@pytest.mark.parametrize("size", [4, 5, 10, 11])
@pytest.mark.parametrize("before", [b"", b"a", b"ae"])
def test_checksums_of_masked_packets_are_right_again(size: int, before: bytes) -> None:
    """Those of what was covered, at odd and even places (RFC 9293 3.1); what was wrong stays wrong."""
    value = b"BCDFGHJKLMN"[:size]
    whole = right(ethernet(ip4(tcp(before + value + b" aeiou"), 6)))
    broken = whole[:50] + bytes((whole[50] ^ 0x5A,)) + whole[51:]
    for frame, is_right in ((whole, True), (broken, False)):
        raw = CapturedFrame(NAME, 1, 1, 1, frame, len(frame))
        (packet,) = mask_packets([raw], [finding_on([raw], "k0")], {"k0": value})
        assert packet.data[54:] == before + b"*" * size + b" aeiou"
        assert transport_is_right(frame) is transport_is_right(packet.data) is is_right
