"""Unencrypted objects: kind, responsible device, and what is in the clear by design."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors._content import content_of
from sensor.detectors.transfers import Transfers
from sensor.events import Content, Transfer
from sensor.model import Capability, Finding, OnRepeat, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


def transfer(**more: Any) -> Transfer:
    return Transfer(**{"side": Side.SERVER, "application": "http", "name": "/x", "size": 64, "data": JPEG, **more})


def judge(event: Transfer, *, client: bytes = LAPTOP, server: bytes = CAMERA) -> Finding:
    (found,) = Transfers(World()).observe(seen(event, flow(client, server)))
    return found


@pytest.mark.parametrize(
    ("more", "content"),
    [
        ({"data": JPEG}, "image"),
        ({"data": JPEG, "media_type": "text/plain"}, "image"),  # the bytes tell, not the label
        ({"data": b"\x89PNG\r\n\x1a\n...."}, "image"),
        ({"data": b"RIFF\x24\x08\x00\x00WAVEfmt "}, "audio"),
        ({"data": b"\x00\x00\x00\x18ftypmp42"}, "video"),
        ({"data": b"\x27\x05\x19\x56" + bytes(60)}, "firmware"),  # U-Boot uImage
        ({"data": b"hsqs" + bytes(90)}, "firmware"),
        ({"data": b"\x00\x00\x00\x20ftypM4A "}, "audio"),
        ({"data": b"\x00\x00\x00\x18moof"}, "video"),
        ({"data": b"\x00\x00\x00\x01\x67\x42"}, "video"),  # H.264
        ({"data": (b"\x47" + bytes(187)) * 3}, "video"),  # MPEG transport stream
        ({"data": b"GET it while it is hot, " * 30}, "text"),
        ({"data": b"II*\0" + bytes(60)}, "image"),
        ({"data": bytes.fromhex("3db8f396") + bytes(60)}, "firmware"),  # MCUboot
        ({"data": b"\xe9\x03" + bytes(60)}, None),  # one byte is no proof of an ESP image
        ({"data": b"PK\x03\x04" + bytes(90)}, "archive"),
        ({"data": b"%PDF-1.7\n"}, "document"),
        ({"data": b"MZ is how this sentence begins", "media_type": "text/plain"}, "text"),
        ({"data": b'{"temperature": 21.5, "unit": "C"}'}, "telemetry"),
        ({"data": b'{"name": "kitchen", "on": true}'}, "text"),
        ({"data": b"<html><body>hello</body></html>"}, "text"),
        ({"data": "Grüße aus der Küche".encode()}, "text"),
        ({"data": bytes(range(256))}, None),
        ({"data": b"", "media_type": "image/jpeg"}, "image"),
        ({"data": b"21.5", "application": "mqtt"}, "telemetry"),
        ({"data": b"Subject: hi\r\n\r\nhello", "application": "smtp"}, "mail"),
        ({"data": b"<s:Envelope/>", "control": True}, "control"),
        ({"data": b"{" * 100_000}, "text"),
    ],
)
def test_content(more: dict[str, Any], content: str | None) -> None:
    assert content_of(transfer(**more)) == content


def test_the_serving_device_answers() -> None:
    found = judge(transfer())
    assert (found.rule, found.device, found.role) == ("transfer.unencrypted", "c0.a8.01.05", "server")
    assert found.detail == {"application": "http", "content": "image", "bytes": 64, "party": "local", "sent": True}
    assert found.severity is Severity.MEDIUM and found.provisions == ("EN 303 645 5.5-1",)


def test_the_publisher_answers_for_telemetry() -> None:
    found = judge(transfer(side=Side.CLIENT, application="mqtt", data=b"21.5"))
    assert (found.device, found.role) == ("c0.a8.01.09", "client")


def test_pictures_to_the_internet_concern_personal_data() -> None:
    found = judge(transfer(side=Side.CLIENT), server=CLOUD)
    assert found.capability is Capability.PERSONAL_DATA and "EN 303 645 5.8-2" in found.provisions
    assert found.detail["sent"] is True


def test_pictures_from_the_internet_are_what_somebody_else_sends() -> None:
    found = judge(transfer(side=Side.SERVER), server=CLOUD)
    assert found.detail["sent"] is False and found.capability is Capability.SECURE_COMMUNICATION
    assert found.identity != judge(transfer(side=Side.CLIENT), server=CLOUD).identity
    assert found.severity is Severity.HIGH and found.remote


def test_what_protects_itself_is_information() -> None:
    found = judge(transfer(media_type="application/ocsp-response", data=b"\x30\x03\x0a\x01\x00"), server=CLOUD)
    assert found.severity is Severity.INFO and found.capability is None and found.provisions == ()


@pytest.mark.parametrize("path", ["/generate_204", "/hotspot-detect.html", "/connecttest.txt?n=1"])
def test_looking_for_a_hotspot_is_information(path: str) -> None:
    assert judge(transfer(name=path, data=b"Success", size=7), server=CLOUD).severity is Severity.INFO
    assert judge(transfer(name=path, data=b"<html>", size=50_000), server=CLOUD).severity is Severity.MEDIUM
    assert judge(transfer(name="/x" + path, data=b"Success", size=7), server=CLOUD).severity is Severity.MEDIUM


def test_values_of_snmp_are_a_transfer() -> None:
    values = Content(side=Side.SERVER, name="values", data=b"HP LaserJet\nroom 4")
    (found,) = Transfers(World()).observe(seen(values, flow(application="snmp")))
    assert (found.protocol, found.detail["content"], found.detail["bytes"]) == ("snmp", "telemetry", 18)
    assert list(Transfers(World()).observe(seen(values, flow(application="http")))) == []


def test_one_service_and_kind_is_one_finding() -> None:
    assert judge(transfer()).identity == judge(transfer(name="/y", size=9)).identity
    assert judge(transfer()).identity != judge(transfer(data=b"text")).identity


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (JPEG, "can see them."),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "can hear it."),
        (b"\x00\x00\x00\x18moof", "can see it."),
    ],
)
def test_sound_is_heard_and_pictures_are_seen(data: bytes, end: str) -> None:
    assert judge(transfer(data=data)).summary.endswith(end)


@pytest.mark.parametrize(
    ("client", "server", "role", "party"),
    [
        (LAPTOP, CAMERA, "server", "local"), (CAMERA, CLOUD, "client", None), (CLOUD, CAMERA, "server", None),
    ],
)  # fmt: skip
def test_whose_the_other_end_is(client: bytes, server: bytes, role: str, party: str | None) -> None:
    found = judge(transfer(), client=client, server=server)
    assert (found.role, found.detail["party"]) == (role, party)


@pytest.mark.parametrize(
    ("more", "home", "outside"),
    [
        ({}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"RIFF\x24\x08\x00\x00WAVEfmt "}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"\x00\x00\x00\x18moof"}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"hsqs" + bytes(90)}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"<s:Envelope/>", "control": True}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"Subject: hi\r\n\r\nhello", "application": "smtp"}, Severity.MEDIUM, Severity.HIGH),
        ({"data": b"just words of a page"}, Severity.LOW, Severity.MEDIUM),
        ({"data": b"%PDF-1.7\n"}, Severity.LOW, Severity.MEDIUM),
        ({"data": bytes(range(256))}, Severity.LOW, Severity.MEDIUM),
    ],
)
def test_what_shows_people_or_controls_weighs_more(more: dict[str, Any], home: Severity, outside: Severity) -> None:
    assert judge(transfer(**more)).severity is home
    assert judge(transfer(**more), server=CLOUD).severity is outside


@pytest.mark.parametrize(("size", "by_design"), [(0, True), (2048, True), (2049, False)])
def test_how_large_the_answer_of_a_portal_check_is(size: int, by_design: bool) -> None:
    found = judge(transfer(name="/generate_204", data=b"text", size=size), server=CLOUD)
    assert (found.severity is Severity.INFO) is by_design and (found.capability is None) is by_design
    other = judge(transfer(name="/generate_204", data=b"text", size=size, application="coap"), server=CLOUD)
    assert other.severity is not Severity.INFO, "a path of HTTP"


@pytest.mark.parametrize("kind", ["ocsp-request", "ocsp-response", "pkix-crl", "pkix-cert", "x-x509-ca-cert",
                                  "pkcs7-mime"])  # fmt: skip
def test_what_is_signed_is_sent_in_the_clear_by_design(kind: str) -> None:
    found = judge(transfer(media_type=f"Application/{kind.upper()}; x=1", data=b"\x30\x03\x0a\x01\x00"), server=CLOUD)
    assert (found.severity, found.provisions) == (Severity.INFO, ())


@pytest.mark.parametrize(
    ("side", "ends", "sent", "personal"),
    [
        (Side.CLIENT, (CAMERA, CLOUD), True, True),
        (Side.SERVER, (CAMERA, CLOUD), False, False),
        (Side.SERVER, (CLOUD, CAMERA), True, True),
        (Side.CLIENT, (CLOUD, CAMERA), False, False),
        (Side.SERVER, (LAPTOP, CAMERA), True, False),
        (Side.SERVER, (CLOUD, CLOUD), None, False),
    ],
)
def test_pictures_that_a_device_sends_out_are_personal(
    side: Side, ends: tuple[bytes, bytes], sent: bool | None, personal: bool
) -> None:
    found = judge(transfer(side=side), client=ends[0], server=ends[1])
    assert found.detail["sent"] is sent and ("EN 303 645 5.8-2" in found.provisions) is personal
    expected = Capability.PERSONAL_DATA if personal else Capability.SECURE_COMMUNICATION
    assert found.capability is expected
    text = judge(transfer(side=side, data=b"words"), client=ends[0], server=ends[1])
    assert text.capability is Capability.SECURE_COMMUNICATION and len(text.provisions) == 1


def test_of_words_it_does_not_matter_which_way_they_go() -> None:
    up, down = (judge(transfer(side=side, data=b"words"), server=CLOUD).identity for side in Side)
    assert up == down


def test_what_was_transferred_once_is_the_same_again() -> None:
    assert Transfers(World()).on_repeat(transfer()) is OnRepeat.SAME


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"words\0words", None), (b"", None), (b"x" * 2047 + b"\0", None), (b"x" * 2048 + b"\0", "text"),
        (b"a" * 95 + b"\x01" * 5, "text"), (b"a" * 94 + b"\x01" * 6, None), (b'{"a": true}', "text"),
        (b'{"a": 1}', "telemetry"), (b'[1, 2]', "text"), (b'{"a": 1', "text"),
        (b'{"a": 1, "b": "' + b"x" * 8192 + b'"}', "text"),
    ],
)  # fmt: skip
def test_what_is_text(data: bytes, content: str | None) -> None:
    """Nineteen of twenty bytes of its beginning are printable, and none is NUL; readings are numbers in an object."""
    assert content_of(transfer(data=data)) == content


@pytest.mark.parametrize(
    ("media_type", "application", "content"),
    [
        ("audio/L16", "rtp", "audio"), (None, "rtp", "video"), ("application/json", "http", "text"),
        ("multipart/x-mixed-replace; boundary=x", "http", "video"), ("Video/MP4", "http", "video"),
        ("application/octet-stream", "http", None), (None, "coap", "telemetry"), ("image/png", "coap", "telemetry"),
    ],
)  # fmt: skip
def test_where_the_bytes_tell_nothing(media_type: str | None, application: str, content: str | None) -> None:
    event = transfer(data=bytes(range(128)), media_type=media_type, application=application)
    assert content_of(event) == content
