"""Passwords and network keys in published JSON messages, and telemetry without any."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret
from sensor.protocols.mqtt import message_logins
from tests.conversation import C, S

HERE = Span(S, 3, 9)


def test_network_key() -> None:
    parsed = list(
        message_logins(
            S,
            "shellies/plug/rpc",
            b'{"method":"WiFi.SetConfig","params":{"ssid":"Haus Nord","pass":"Nord-stern-7"}}',
            HERE,
        )
    )
    assert parsed == [
        Login(
            mechanism="key",
            username="Haus Nord",
            secret=Secret("Nord-stern-7"),
            scheme="json/wifi",
            name="pass",
            resource="shellies/plug/rpc",
            spans=(HERE,),
            verifier=C,
        )
    ]


def test_user_and_password() -> None:
    (login,) = message_logins(C, "cam/cfg", b'{"ftp":{"user":"anna","password":"s3cret"}}', HERE)
    assert (login.username, login.secret, login.verifier) == ("anna", Secret("s3cret"), S)


@pytest.mark.parametrize(
    "data",
    [
        b'{"temperature":21.5,"key":"temperature","name":"hall"}',
        b'{"token":"c41d8cd98f00b204e980"}',
        b'{"password"',
        b"password=s3cret",
        b"",
        b"{" * 50_000,
        b'{"user":"anna","password":"' + b"x" * 70_000 + b'"}',
    ],
)
def test_others_are_none(data: bytes) -> None:
    assert list(message_logins(C, "t", data, HERE)) == []
