"""The wire format by itself: what stays of a broken message, and first sight."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Lookup
from sensor.model import Transport
from sensor.parsing.formats.dns_message import (
    CODES,
    KINDS,
    QUESTION_LIMIT,
    RECORD_LIMIT,
    kind_name,
    lookups,
    only_question,
    parse,
    plausible,
    recognise_on,
    times_to_live,
)
from sensor.parsing.parser import Match, Opening
from tests.protocols.wire import QUERY, RESPONSE, message, name, question, record


def test_kinds_without_a_name_are_shown_by_number() -> None:
    assert kind_name(28) == "AAAA"
    assert kind_name(65400) == "TYPE65400"


def test_what_was_read_before_the_damage_stays() -> None:
    read = parse(message(QUERY, [question(name("a.example"), 1)])[:-1] + b"")
    assert read.questions == []
    assert read.damage
    two = message(QUERY, [question(name("a.example"), 1), question(name("b.example"), 1)])
    assert len(parse(two[:-1]).questions) == 1


def test_first_sight() -> None:
    good = message(QUERY, [question(name("a.example"), 1)])
    assert plausible(good)
    assert not plausible(good[:14])
    assert not plausible(good[:4] + b"\x40\x00" + good[6:])
    assert not plausible(bytes(64))


def test_the_port_decides_between_protocols_of_one_form() -> None:
    good = message(QUERY, [question(name("a.example"), 1)])

    def on(client: bytes, server: bytes, port: int) -> Match:
        return recognise_on(5353, Opening(client, server, 40000, port, Transport.UDP))

    assert on(good, b"", 5353) is Match.SURE
    assert on(b"", good, 5353) is Match.SURE
    assert on(good, b"", 5355) is Match.NO
    assert on(bytes(64), b"", 5353) is Match.NO
    assert on(b"", b"", 5353) is Match.MORE


def head(flags: int = QUERY, questions: int = 1, records: tuple[int, int, int] = (0, 0, 0)) -> bytes:
    return struct.pack("!HHHHHH", 1, flags, questions, *records)


ASKED = question(name("a.example"), 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (head() + ASKED, True),
        (head(QUERY | 4 << 11) + ASKED, True),
        (head(QUERY | 5 << 11) + ASKED, True),
        (head(QUERY | 1 << 11) + ASKED, False),  # inverse query (RFC 3425: obsolete)
        (head(QUERY | 6 << 11) + ASKED, False),
        (head(QUERY | 0x40) + ASKED, False),  # the Z bit must be zero (RFC 1035 §4.1.1)
        (head(QUERY | 3) + ASKED, False),  # a query has no code
        (head(RESPONSE | 3) + ASKED, True),
        (head(questions=0) + ASKED, False),  # nothing at all is in it
        (head(RESPONSE, 0, (1, 0, 0)) + ASKED + bytes(6), True),
        (head(RESPONSE, 1, (40, 0, 0)) + ASKED, False),  # 40 records do not fit
        (head(RESPONSE | 0x200, 1, (2, 0, 0)) + ASKED, True),  # truncated (TC): what does not fit was left out
        (head() + question(name("a.example"), 1, 2), False),  # class 2 was never used in the Internet's names
        (head() + question(name("a.example"), 1, 0x8001), True),  # mDNS: unicast wanted
        (head() + question(name("a.example"), 0), False),
        (head() + question(name("a.example"), 299), True),
        (head() + question(name("a.example"), 300), False),
        (head() + ASKED[:-1], False),
    ],
)
def test_what_can_be_a_message(data: bytes, expected: bool) -> None:
    assert plausible(data) is expected


def test_questions_beyond_the_bound_are_damage() -> None:
    read = parse(head(questions=QUESTION_LIMIT + 1) + ASKED * (QUESTION_LIMIT + 1))
    assert len(read.questions) == QUESTION_LIMIT and read.damage is not None
    full = parse(head(questions=QUESTION_LIMIT) + ASKED * QUESTION_LIMIT)
    assert len(full.questions) == QUESTION_LIMIT and full.damage is None


def test_records_of_all_sections_share_one_bound() -> None:
    one = record(name("a.example"), 1, bytes([192, 0, 2, 1]))
    half = RECORD_LIMIT // 2 + 10
    read = parse(head(RESPONSE, 0, (half, half, half)) + one * (3 * half))
    assert len(read.answers) == half and len(read.authorities) == RECORD_LIMIT - half
    assert read.additionals == [] and read.damage is None


def test_a_record_whose_content_is_broken_keeps_its_length() -> None:
    """RFC 3597 §4: what cannot be read is carried on as it is, and the next record is read."""
    broken = record(name("a.example"), 33, b"\0\0")
    good = record(name("a.example"), 1, bytes([192, 0, 2, 1]))
    read = parse(head(RESPONSE, 0, (2, 0, 0)) + broken + good)
    assert [one.text for one in read.answers] == ["\\# 2 0000", "192.0.2.1"] and read.damage is None


def test_a_record_of_another_class_is_not_read_as_one_of_the_internet() -> None:
    """An OPT record's class is a size (RFC 6891 §6.1.2); the top bit is mDNS's (RFC 6762 §10.2)."""
    texts = {}
    for klass in (1, 3, 4, 0x8001, 2, 254, 1232):
        one = record(name("a.example"), 1, bytes([192, 0, 2, 1]), klass=klass)
        texts[klass] = parse(head(RESPONSE, 0, (1, 0, 0)) + one).answers[0].text
    assert {klass for klass, text in texts.items() if text == "192.0.2.1"} == {1, 3, 4, 0x8001}


def test_start_of_authority_and_strings() -> None:
    soa = record(name("a.example"), 6, name("ns.a.example") + name("Admin.a.example") + bytes(20))
    text = record(name("a.example"), 16, b"\x03one\x00\x03two")
    read = parse(head(RESPONSE, 0, (1, 1, 0)) + text + soa)
    assert read.answers[0].strings == (b"one", b"", b"two")
    assert read.authorities[0].text == "ns.a.example admin.a.example"


def brief(data: bytes) -> list[tuple[str, str, tuple[str, ...], bool]]:
    return [(one.name, one.kind, one.answers, one.answered) for one in lookups(parse(data), "dns")]


HOME = record(name("a.example"), 1, bytes([192, 0, 2, 1]))
AWAY = record(name("B.example"), 1, bytes([192, 0, 2, 2]))
ALIAS = record(name("a.example"), 5, name("b.example"))
TEXT = record(name("a.example"), 16, b"\x03one")


def test_answers_belong_to_the_question_of_their_name() -> None:
    """One question has the whole chain of its aliases; of several each has the records of its own name."""
    both = [question(name("A.example"), 1), question(name("b.example"), 1)]
    assert brief(message(RESPONSE, both, [AWAY, HOME])) == [
        ("a.example", "A", ("192.0.2.1",), True),
        ("b.example", "A", ("192.0.2.2",), True),
    ]
    assert brief(message(RESPONSE, both[:1], [ALIAS, AWAY])) == [("a.example", "A", ("b.example", "192.0.2.2"), True)]


def test_answers_of_another_kind_are_none() -> None:
    asked = [question(name("a.example"), 1)]
    assert brief(message(RESPONSE, asked, [TEXT, HOME])) == [("a.example", "A", ("192.0.2.1",), True)]
    everything = [question(name("a.example"), 255)]
    assert len(brief(message(RESPONSE, everything, [TEXT, HOME]))[0][2]) == 2


def test_a_query_has_no_answers() -> None:
    assert brief(message(QUERY, [question(name("A.example"), 28)])) == [("a.example", "AAAA", (), False)]


def test_a_response_that_repeats_no_question_answers_what_its_records_say() -> None:
    assert brief(message(RESPONSE, [], [HOME, AWAY, HOME])) == [
        ("a.example", "A", ("192.0.2.1", "192.0.2.1"), True),
        ("b.example", "A", ("192.0.2.2",), True),
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (1, b"\x02h2\x02h3", "alpn=h2,h3"),
        (3, b"\x20\xfb", "port=8443"),
        (3, b"\x20", "port=20"),
        (4, bytes([192, 0, 2, 1, 192, 0, 2, 2]), "ipv4hint=192.0.2.1,192.0.2.2"),
        (4, bytes([192, 0, 2, 1, 9]), "ipv4hint=c000020109"),
        (6, bytes.fromhex("20010db8") + bytes(11) + b"\1", "ipv6hint=2001:db8::1"),
        (6, bytes(15), "ipv6hint=" + "00" * 15),
        (7, b"/dns-query{?dns}", "dohpath=/dns-query{?dns}"),
        (7, b"\xff", "dohpath=ff"),
        (999, b"\1\2", "key999=0102"),
        (2, b"", "no-default-alpn"),
    ],
)
def test_parameters_of_a_service(key: int, value: bytes, text: str) -> None:
    """RFC 9460 §7, RFC 9461 §5."""
    data = b"\0\1" + name("Cdn.example") + struct.pack("!HH", key, len(value)) + value
    read = parse(head(RESPONSE, 0, (1, 0, 0)) + record(name("a.example"), 65, data))
    assert read.answers[0].text == f"1 cdn.example {text}" and read.damage is None


def test_a_certification_authority() -> None:
    """RFC 8659 §4.1: flags, the tag's length, tag, value."""
    read = parse(head(RESPONSE, 0, (1, 0, 0)) + record(name("a.example"), 257, b"\x80\5issueca.example"))
    assert read.answers[0].text == '128 issue "ca.example"'


@pytest.mark.parametrize(
    ("kind", "klass", "fits"),
    [(1, 1, True), (1, 3, True), (1, 4, True), (1, 254, True), (1, 255, True), (1, 2, False), (1, 5, False),
     (1, 0x8001, True), (299, 1, True), (300, 1, False), (0, 1, False), (41, 4096, True)],
)  # fmt: skip
def test_first_sight_of_a_class_and_a_kind(kind: int, klass: int, fits: bool) -> None:
    """IANA's DNS parameters: IN, CH, HS, NONE, ANY; the high bit is mDNS's (RFC 6762 §5.4); OPT has a size there."""
    good = message(QUERY, [question(name("a.example"), kind)])
    assert plausible(good[:-2] + struct.pack("!H", klass)) is fits
    assert not plausible(good[:-1])


def test_an_address_has_the_length_of_its_kind() -> None:
    """RFC 1035 3.4.1: four bytes; RFC 3596 2.2: sixteen. Of another length it is shown as what it is: bytes."""
    for kind, size, shown in ((1, 4, "0.0.0.0"), (28, 16, "::")):
        for length in (size - 1, size, size + 1):
            asked, given = question(name("a.example"), kind), record(name("a.example"), kind, bytes(length))
            [answer] = parse(message(RESPONSE, [asked], [given])).answers
            assert (answer.text == shown) is (length == size)


def test_the_smallest_question_and_record() -> None:
    """RFC 1035 §4.1.2: the root's name of one byte, kind, class; §4.1.3: a record has eleven."""
    root = message(QUERY, [b"\0\0\2\0\1"])
    assert len(root) == 17 and plausible(root) and not plausible(root[:16])
    assert not plausible(root[:4] + b"\0\2" + root[6:])  # a second question has no room
    assert not plausible(root[:6] + b"\0\1" + root[8:])  # nor has a record


# IANA, "Resource Record (RR) TYPEs" and "DNS RCODEs" (iana.org/assignments/dns-parameters).
TYPES = """A 1 NS 2 CNAME 5 SOA 6 PTR 12 HINFO 13 MX 15 TXT 16 RP 17 SIG 24 KEY 25 AAAA 28 LOC 29 SRV 33 NAPTR 35
CERT 37 DNAME 39 OPT 41 DS 43 SSHFP 44 RRSIG 46 NSEC 47 DNSKEY 48 NSEC3 50 NSEC3PARAM 51 TLSA 52 CDS 59 CDNSKEY 60
OPENPGPKEY 61 SVCB 64 HTTPS 65 SPF 99 TKEY 249 TSIG 250 IXFR 251 AXFR 252 ANY 255 URI 256 CAA 257 DLV 32769"""
RCODES = """NOERROR 0 FORMERR 1 SERVFAIL 2 NXDOMAIN 3 NOTIMP 4 REFUSED 5 YXDOMAIN 6 YXRRSET 7 NXRRSET 8 NOTAUTH 9
NOTZONE 10"""


def test_types_and_codes_are_those_of_the_registry() -> None:
    """NB is RFC 1002's."""
    words = TYPES.split()
    registered = {int(number): kind for kind, number in zip(words[::2], words[1::2], strict=True)}
    assert registered | {32: "NB"} == KINDS
    words = RCODES.split()
    assert {number: CODES[number] for number in range(11)} == {
        int(number): code for code, number in zip(words[::2], words[1::2], strict=True)
    }


def test_places_of_times_to_live() -> None:
    answer, other = record(b"\xc0\x0c", 1, bytes(4)), record(name("b.example"), 16, b"\3abc")
    option = record(b"\0", 41, b"", klass=1232)
    data = message(RESPONSE, [question(name("a.example"), 1)], [answer], [other], [option])
    first = 12 + 11 + 4 + 6
    assert times_to_live(data) == [first, first + 10 + 11 + 4]
    assert [data[place : place + 4] for place in times_to_live(data) or ()] == [struct.pack("!I", 120)] * 2
    assert times_to_live(message(QUERY, [question(name("a.example"), 1)])) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(RESPONSE, [], [record(b"\0", 1, bytes(4))]) + b"\0",
        message(RESPONSE, [], [record(b"\0", 1, bytes(4))])[:-1],
        message(RESPONSE, [], [b"\xc0\xff" + bytes(10)]),
        head(questions=65) + 65 * question(b"\0", 1),
        head(RESPONSE, 0, (500, 13, 0)) + 513 * record(b"\0", 1, b""),
    ],
)
def test_a_message_that_is_not_read_whole_has_no_places(data: bytes) -> None:
    assert times_to_live(data) is None


A_QUESTION = message(QUERY, [question(name("Www.Example"), 28)])


@pytest.mark.parametrize(
    ("data", "only"),
    [
        (A_QUESTION, True),
        (A_QUESTION + b"rest", True),
        (b"\xff\xff" + A_QUESTION[2:], True),
        (A_QUESTION[:-1], False),
        (A_QUESTION[:11], False),
        (b"", False),
        (message(RESPONSE, [question(name("www.example"), 28)]), False),
        (message(QUERY, [question(name("a.example"), 1), question(name("b.example"), 1)]), False),
        (message(QUERY, [question(name("a.example"), 1)], [record(name("a.example"), 1, bytes(4))]), False),
        (message(QUERY, []), False),
        (A_QUESTION[:12] + b"\x50" + A_QUESTION[13:], False),
    ],
)
def test_a_question_alone_is_what_a_message_says_of_it(data: bytes, only: bool) -> None:
    found = only_question(data, "llmnr")
    assert (found is not None) is only
    if only:
        assert found == Lookup(name="www.example", kind="AAAA", source="llmnr")
        assert lookups(parse(data), "llmnr") == [found] and parse(data).damage is None


def test_texts_of_a_record_are_remembered_by_their_bytes_alone() -> None:
    """RFC 1035 3.3.14; a record that is cut says nothing, whatever was read before it."""
    whole = b"\x04a=bc\x01d"
    for value, expected in ((whole, (b"a=bc", b"d")), (whole, (b"a=bc", b"d")), (whole[:-1], ()),
                            (b"\xff" + bytes(255) + whole * 60, (bytes(255), *(b"a=bc", b"d") * 60))):  # fmt: skip
        (answer,) = parse(message(RESPONSE, [], [record(name("a.example"), 16, value)])).answers
        assert answer.strings == expected
