"""Seeded values: in streams and in messages, once each, masked, and nothing without a file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json

import pytest

from sensor.detectors.personas import MAX_SKIPPED, MAX_UNPARSED, PersonaTap, SeededTruths
from sensor.events import Attribute, Content, Event, Handshake, Login, Lookup, Transfer
from sensor.export.records import records
from sensor.model import Capability, Finding, Flow, Severity, Side, Transport
from sensor.run import Options
from tests.canary.plant import C, S, Script, packets, pcap
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen
from tests.personas.personas import personas
from tests.replaying import PCAPS, Record, capture_in, of, read, read_bytes

ANNA = personas()
MAIL = "anna.example@example.com"
OUT, HOME = flow(CAMERA, CLOUD), flow(LAPTOP, CAMERA)


def judge(event: Event, of: Flow = OUT) -> list[Finding]:
    world = World()
    world.personas = ANNA
    return list(SeededTruths(world).observe(seen(event, of)))


def ran(script: Script, carrier: str = "tcp", port: int = 80, **more: object) -> list[Record]:
    options = Options(strict=True, personas=ANNA, **more)  # type: ignore[arg-type]
    result = read_bytes(pcap(packets(script, carrier, port)), options=options)
    return of([json.loads(json.dumps(record)) for record in records(result)], "finding", "personal.persona")


def values(found: list[Record]) -> set[tuple[str, str]]:
    return {(one["detail"]["kind"], "/".join(one["detail"]["encoding"])) for one in found}


@pytest.mark.parametrize(
    ("event", "kind", "encoding"),
    [
        (Content(side=Side.CLIENT, name="url", data=f"/?m={MAIL}".encode()), "email", ["plain"]),
        (Transfer(side=Side.CLIENT, application="http", data=gzip.compress(MAIL.encode())), "email", ["gzip"]),
        (
            Transfer(side=Side.CLIENT, application="mqtt", data=base64.b64encode(gzip.compress(b"Anna Example"))),
            "name",
            ["base64", "gzip"],
        ),
        (
            Transfer(
                side=Side.CLIENT,
                application="http",
                data=gzip.compress(hashlib.sha256(MAIL.encode()).hexdigest().encode()),
            ),
            "email",
            ["gzip", "hex", "sha256"],
        ),
        (Attribute(side=Side.CLIENT, field="dhcp.hostname", value="annas75"), "account", ["plain"]),
        (Lookup(name="anna-example.example.org", kind="A"), "name", ["plain"]),
        (Login(mechanism="password", username=MAIL, secret=None, scheme="x"), "email", ["plain"]),
    ],
)  # fmt: skip
def test_parsed_content_is_searched(event: Event, kind: str, encoding: list[str]) -> None:
    (found,) = judge(event)
    assert (found.detail["kind"], found.detail["encoding"], found.detail["persona"]) == (kind, encoding, "anna")
    assert (found.rule, found.device, found.role) == ("personal.persona", "c0.a8.01.05", "client")


@pytest.mark.parametrize(
    ("text", "of", "side", "severity"),
    [
        (MAIL, OUT, Side.CLIENT, Severity.MEDIUM),
        ("annas75", OUT, Side.CLIENT, Severity.LOW),
        ("52.520008,13.404954", OUT, Side.CLIENT, Severity.HIGH),
        (MAIL, OUT, Side.SERVER, Severity.LOW),
        (MAIL, HOME, Side.CLIENT, Severity.INFO),
        ("correct horse", HOME, Side.CLIENT, Severity.LOW),
        (MAIL, flow(CLOUD, b"\xc6\x33\x64\x05"), Side.CLIENT, Severity.INFO),
    ],
)
def test_how_grave_it_is(text: str, of: Flow, side: Side, severity: Severity) -> None:
    (found,) = judge(Content(side=side, name="payload", data=text.encode()), of)
    assert found.severity is severity
    assert (found.capability is Capability.PERSONAL_DATA) is (severity > Severity.INFO)
    assert ("EN 303 645 5.8-2" in found.provisions) is (severity is Severity.HIGH)


def test_no_finding_shows_the_value() -> None:
    (found,) = judge(Content(side=Side.CLIENT, name="url", data=f"/?m={MAIL}".encode()))
    text = repr((found, found.detail, found.identity, found.summary)).lower()
    assert "example@" not in text and "anna.e" not in text
    assert found.detail["excerpt"] == "email: A…" and set(found.detail["value"]) == {"mask", "length", "fingerprint"}


def test_the_summary_names_a_hash() -> None:
    (found,) = judge(Content(side=Side.CLIENT, name="url", data=hashlib.md5(MAIL.encode()).hexdigest().encode()))
    assert "as a hash" in found.summary and "readable" not in found.summary


def test_without_a_file_it_is_silent() -> None:
    detector = SeededTruths(World())
    assert detector.EVENTS == () and detector.tap(OUT, print) is None
    assert not list(detector.observe(seen(Content(side=Side.CLIENT, name="url", data=MAIL.encode()), OUT)))


BODY = b'{"owner":"' + MAIL.encode() + b'","q":1}'


def test_a_request_is_reported_once_with_its_frames() -> None:
    request = b"POST /a HTTP/1.1\r\nHost: x.example\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    (found,) = ran([(C, request[:70]), (C, request[70:]), (S, b"HTTP/1.1 204 No Content\r\n\r\n")])
    assert found["count"] == 1 and found["protocol"] == "http" and set(found["evidence"][0]["frames"]) <= {4, 5}


def test_packed_and_chunked_bodies_are_put_together() -> None:
    packed = gzip.compress(BODY)
    request = b"POST /a HTTP/1.1\r\nHost: x.example\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in packed) + b"0\r\n\r\n"
    assert values(ran([(C, request + chunks), (S, b"HTTP/1.1 204 No Content\r\n\r\n")])) == {("email", "plain")}


def test_what_no_parser_knows_is_read_beyond_its_beginning() -> None:
    filler = [(C, b"\x01\x9f\x02binary" * 100), (S, b"\x7f\xf0" * 300)] * 40
    assert values(ran([*filler, (C, b"\x02\x10" + MAIL.encode() + b"\xff")], port=7007)) == {("email", "plain")}
    assert values(ran([*filler, (C, b"\x02\x10" + MAIL.encode() + b"\xff")], "udp", port=7007)) == {("email", "plain")}


def test_what_a_parser_breaks_on_is_read_all_the_same() -> None:
    script = [(C, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (S, b"HTTP/1.1 200 OK\r\nContent-Length: -\xff\r\n\r\n")]
    assert ("email", "plain") in values(ran([*script, (C, b"\0\0" + MAIL.encode() + b"\n")]))


def test_a_long_upload_is_read_to_its_end() -> None:
    body = b"x" * 400_000 + b" " + MAIL.encode()
    request = b"POST /a HTTP/1.1\r\nHost: x.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    script: Script = [(C, request), (S, b"HTTP/1.1 204 No Content\r\n\r\n")]
    assert values(ran(script, local=("0.0.0.0/0",))) == {("email", "plain")}


def test_what_it_takes_is_bounded() -> None:
    along = PersonaTap(ANNA, Flow(1, Transport.TCP, OUT.client, OUT.server, 0, 0, 1), (True, False), lambda *_: None)
    assert along.wants(0) and not along.wants(1)
    along.take(0, bytes(MAX_SKIPPED), 1, 1, False)
    assert not along.wants(0) and along.buffered_bytes == 0
    assert along.goes_on()
    along.take(0, bytes(MAX_UNPARSED), 1, 1, False)
    assert not along.goes_on()


@pytest.mark.parametrize("name", ["home", "websocket", "mqtt", "smtp", "smb", "vlan_tunnels"])
def test_a_stranger_is_nowhere(name: str) -> None:
    """Of our recordings none has this person in it, and reading along changes nothing else that is found."""
    capture = capture_in(PCAPS / name)
    assert list(read(capture, options=Options(strict=True, personas=ANNA)).findings) == list(read(capture).findings)


def tapped(**more: object) -> tuple[SeededTruths, Flow, list[Finding]]:
    """A detector that reads one flow, the flow, and what its reader finds."""
    world, found = World(), []
    world.personas = ANNA
    one = flow(CAMERA, CLOUD)
    for name, value in more.items():
        setattr(one, name, value)
    detector = SeededTruths(world)
    assert not detector.awaits(one) and detector.tap(one, found.append) is not None and detector.awaits(one)
    return detector, one, found


def test_the_stream_and_the_message_in_it_count_once() -> None:
    """What the stream reported is not reported again, nor what a message reported of the same frames."""
    message = Content(side=Side.CLIENT, name="url", data=f"/?m={MAIL}".encode())
    detector, one, found = tapped()
    tap = detector._taps[one.uid]
    tap.take(0, message.data, 1, 1, False)
    tap.close(turned=False)
    assert [(each.detail["place"], each.frames) for each in found] == [("stream", (1,))]
    assert list(detector.observe(seen(message, one, frames=(1,)))) == []
    assert list(detector.observe(seen(message, one, frames=(7,)))) == [], "the stream reports what follows, too"
    detector, one, found = tapped()
    for frames, number in (((1,), 1), ((1,), 0), ((1, 2), 1), ((2,), 0)):
        assert len(list(detector.observe(seen(message, one, frames=frames)))) == number
    detector._taps[one.uid].take(0, message.data, 2, 1, False)
    detector._taps[one.uid].close(turned=False)
    assert found == []
    list(detector.flow_ended(one))
    assert not detector.awaits(one) and len(list(detector.observe(seen(message, one, frames=(1,))))) == 1


def test_a_value_that_was_read_in_both_directions_is_the_senders() -> None:
    for side, turned, sent in ((0, False, True), (1, False, False), (0, True, False), (1, True, True)):
        detector, one, found = tapped()
        tap = detector._taps[one.uid]
        tap.take(side, MAIL.encode() + b"\n", 1, 1, turned)
        tap.close(turned=turned)
        assert [each.detail["sent"] for each in found] == [sent], (side, turned)


def test_hits_wait_for_the_protocols_name() -> None:
    detector, one, found = tapped(application=None)
    tap = detector._taps[one.uid]
    tap.take(0, MAIL.encode() + b"\n", 1, 1, False)
    tap.gap(0, turned=False)
    assert found == []
    one.application = "mqtt"
    tap.take(1, bytes(8192), 2, 2, False)
    tap.gap(0, turned=False)
    assert [each.protocol for each in found] == ["mqtt"]
    detector, one, found = tapped(application=None)
    tap = detector._taps[one.uid]
    tap.take(0, MAIL.encode() + b"\n", 1, 1, False)
    tap.gap(0, turned=False)
    assert tap.goes_on() and found == []
    tap.gap(0, turned=False)
    assert [each.protocol for each in found] == ["tcp"], "no parser will give it a name"


def test_values_do_not_run_over_the_border_of_datagrams() -> None:
    for transport, number in ((Transport.UDP, 0), (Transport.TCP, 1)):
        detector, one, found = tapped(transport=transport)
        tap = detector._taps[one.uid]
        for frame, part in enumerate((MAIL[:9], MAIL[9:] + "\n"), 1):
            tap.take(0, part.encode(), frame, frame, False)
        tap.close(turned=False)
        assert len(found) == number, transport


def test_what_goes_on_without_a_parser_is_counted_from_there() -> None:
    along = PersonaTap(ANNA, Flow(1, Transport.TCP, OUT.client, OUT.server, 0, 0, 1), (True, False), lambda *_: None)
    along.take(0, bytes(MAX_UNPARSED), 1, 1, False)
    assert along.goes_on()
    along.take(1, bytes(MAX_UNPARSED - 1), 1, 1, False)
    assert along.goes_on()
    along.take(1, b"x", 1, 1, False)
    assert not along.goes_on()
    assert along.wants(0) and not along.wants(1)


@pytest.mark.parametrize(
    ("event", "place", "sent"),
    [
        (Transfer(side=Side.CLIENT, application="http", name=f"/{MAIL}", data=b""), "name", True),
        (Transfer(side=Side.SERVER, application="http", data=MAIL.encode()), "content", False),
        (Lookup(name="a.example", kind="TXT", answers=("x", MAIL)), "dns answer", False),
        (Lookup(name="anna-example.example.org", kind="A", source="mdns"), "mdns name", True),
        (Handshake(kind="tls", version=None, server_name="anna-example.example.org"), "server name", True),
        (Login(mechanism="key", username=MAIL, secret=None, scheme="x"), "user name", True),
        (Login(mechanism="key", username=MAIL, secret=None, scheme="x", verifier=Side.CLIENT), "user name", False),
    ],
)
def test_where_a_value_stood_and_who_sent_it(event: Event, place: str, sent: bool) -> None:
    (found,) = judge(event)
    assert (found.detail["place"], found.detail["sent"]) == (place, sent)


@pytest.mark.parametrize(
    "event",
    [
        # A picture's bytes are no text; of a script and a name nothing is decoded.
        Transfer(side=Side.CLIENT, application="http", data=b"\xff\xd8\xff\xe0 " + MAIL.encode()),
        Transfer(
            side=Side.SERVER, application="http", media_type="text/javascript",
            data=base64.b64encode(gzip.compress(MAIL.encode())),
        ),
        Attribute(side=Side.CLIENT, field="x", value=base64.b64encode(gzip.compress(MAIL.encode())).decode()),
        Handshake(kind="tls", version=None),
        Login(mechanism="key", username=None, secret=None, scheme="x"),
    ],
)  # fmt: skip
def test_what_is_not_searched(event: Event) -> None:
    assert judge(event) == []


def test_empty_results_are_remembered_within_bounds_and_only_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.personas.MAX_CACHED", 2)
    world = World()
    world.personas = ANNA
    detector = SeededTruths(world)
    for data in (b"a", b"b", b"c", b"x" * 4097, MAIL.encode()):
        list(detector.observe(seen(Content(side=Side.CLIENT, name="x", data=data), OUT)))
    assert [data for _, data in detector._empty] == [b"b", b"c"]
    monkeypatch.setattr(ANNA.__class__, "find", lambda *_: pytest.fail("searched again"))
    assert list(detector.observe(seen(Content(side=Side.CLIENT, name="x", data=b"c"), OUT))) == []


def test_what_was_read_without_decoding_is_decoded_where_it_may_be() -> None:
    """The same bytes as a name, of which nothing is decoded, and then as a body."""
    packed = base64.b64encode(gzip.compress(MAIL.encode()))
    world = World()
    world.personas = ANNA
    detector = SeededTruths(world)
    name = Attribute(side=Side.CLIENT, field="x", value=packed.decode())
    assert list(detector.observe(seen(name, OUT))) == []
    (found,) = detector.observe(seen(Content(side=Side.CLIENT, name="body", data=packed), OUT))
    assert found.detail["encoding"] == ["base64", "gzip"]


def test_between_strangers_no_provision_speaks() -> None:
    (found,) = judge(Content(side=Side.CLIENT, name="x", data=MAIL.encode()), flow(CLOUD, b"\xc6\x33\x64\x05"))
    assert (found.provisions, found.capability, found.remote) == ((), None, True)
    (at_home,) = judge(Content(side=Side.CLIENT, name="x", data=b"correct horse"), HOME)
    assert (at_home.provisions, at_home.severity) == ((), Severity.LOW)


def test_both_directions_wait_to_be_searched() -> None:
    along = PersonaTap(ANNA, Flow(1, Transport.TCP, OUT.client, OUT.server, 0, 0, 1), (True, True), lambda *_: None)
    for side, size in ((0, 100), (1, 30)):
        along.take(side, bytes(size), 1, 1, False)
    assert along.buffered_bytes == 130


def test_at_its_end_a_flow_without_a_name_is_told_by_its_transport() -> None:
    detector, one, found = tapped(application=None)
    tap = detector._taps[one.uid]
    tap.take(0, MAIL.encode() + b"\n", 1, 1, False)
    tap.close(turned=False)
    assert [each.protocol for each in found] == ["tcp"]
