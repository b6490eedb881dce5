"""Of a body of JSON or a form only its keys stay, wherever it is cut."""

from __future__ import annotations

import json

import pytest

from sensor.evidence.body_values import body_ranges


def left(data: bytes) -> bytes:
    """The bytes outside the ranges."""
    gone = {place for span in body_ranges(data) for place in range(*span)}
    return bytes(byte for place, byte in enumerate(data) if place not in gone)


def post(body: bytes, kind: bytes = b"application/json") -> bytes:
    return b"POST /t HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


def body_left(body: bytes, kind: bytes = b"application/json") -> bytes:
    return left(post(body, kind)).partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        (b'{"k":"blaubeerkuchen","u":"anna"}', b'{"k":"","u":""}'),  # keys of one letter
        (b'{"args":["login","anna","tigerlily"]}', b'{"args":["","",""]}'),  # a positional password
        (b'{"pos":[13.377704,-52.5e1]}', b'{"pos":[,]}'),
        (b'{"pincode":482915,"on":true,"off":false,"x":null}', b'{"pincode":,"on":true,"off":false,"x":null}'),
        (b'{"password" : "correct horse, battery: staple"}', b'{"password" : ""}'),
        (rb'{"a":"say \"pw\": \\","b":"c"}', b'{"a":"","b":""}'),  # quoted quotes end nothing
        (b'["anna","sesame"]', b'["",""]'),
        (b'{"a":"cut he', b'{"a":"'),
        ('{"пароль":"секрет"}'.encode(), '{"пароль":""}'.encode()),
        (b'{"a":truest}', b'{"a":}'),
    ],
)
def test_values_of_json(body: bytes, stays: bytes) -> None:
    assert body_left(body) == stays
    assert body_left(body, b"text/plain") == stays


def test_values_of_forms() -> None:
    form = b"usuario=anna&clave=sol+y+montana&x="
    assert body_left(form, b"application/x-www-form-urlencoded") == b"usuario=&clave=&x="
    assert body_left(form, b"text/plain") == b"usuario=&clave=&x="
    parts = (
        b'--B\r\nContent-Disposition: form-data; name="clave"\r\n\r\nsol y\r\nmontana\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Type: x/y\r\n\r\nfile\r\n--B--\r\n'
    )
    assert body_left(parts, b"multipart/form-data; boundary=B") == (
        b'--B\r\nContent-Disposition: form-data; name="clave"\r\n\r\n\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Type: x/y\r\n\r\n\r\n--B--\r\n'
    )


def test_several_messages_of_a_connection_and_what_is_between() -> None:
    get = b"GET /scale HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nServer: lamp\r\n\r\n"
    both = post(b'{"k":"v"}') + post(b"clave=sol")
    assert left(both) == both.replace(b'"v"', b'""').replace(b"=sol", b"=")
    assert left(get + post(b'{"k":"v"}') + get) == get + post(b'{"k":"v"}').replace(b'"v"', b'""') + get
    assert left(answer + b'{"k":"v"}' + answer + b"plain words") == answer + b'{"k":""}' + answer + b"plain words"


@pytest.mark.parametrize(
    ("data", "stays"),
    [
        (b'\x30\x20\0\x04home{"u":"anna","p":[1,2]}', b'\x30\x20\0\x04home{"u":"","p":[,]}'),  # MQTT
        (b"CSeq: 1\r\nplain [1234]: words", b"CSeq: 1\r\nplain [1234]: words"),
        (b"user=anna&clave=solymontana", b"user=&clave="),  # a body in a segment of its own
        (b"HTTP/1.1 200 OK\r\nServer: a", b"HTTP/1.1 200 OK\r\nServer: a"),
    ],
)
def test_what_is_in_no_message(data: bytes, stays: bytes) -> None:
    assert left(data) == stays


def test_no_cut_shows_a_value() -> None:
    """A segment may begin and end anywhere in a body."""
    body = json.dumps(
        {"key": "Zebra-Zoo", "more": {"pin": 778899, "list": ["Zebra", 'Zo"o']}, "last": "Zebra"}
    ).encode()
    for start in range(1, len(body) - 26):
        shown = left(body[start:])
        assert b"ebra" not in shown and b"778899" not in shown, body[start:]
