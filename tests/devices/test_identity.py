"""Status objects as products serve them: their own identity, never that of the things behind them."""

from __future__ import annotations

import json

import pytest

from sensor.devices.identity import LONGEST, told_by


def test_a_hue_bridge_s_state_tells_the_bridge_not_its_lamps() -> None:
    state = {
        "lights": {"1": {"name": "Desk", "modelid": "LWB006", "manufacturername": "Philips", "swversion": "66015095"}},
        "config": {
            "name": "Philips hue",
            "modelid": "BSB002",
            "swversion": "01027237",
            "whitelist": {"x": {"name": "app#phone"}},
        },
    }
    assert list(told_by(json.dumps(state).encode(), "application/json")) == [
        ("device.name", "Philips hue"),
        ("device.model", "BSB002"),
        ("device.firmware", "01027237"),
    ]


def test_hnap_settings_in_xml() -> None:
    text = (
        b'<?xml version="1.0"?><soap:Envelope xmlns:soap="x"><soap:Body><GetDeviceSettingsResponse><Type>ConnectedHomeClient</Type>'
        b"<DeviceName>siren</DeviceName><VendorName>D-Link</VendorName><ModelName>DCH-S220</ModelName>"
        b"<FirmwareVersion>1.21</FirmwareVersion><ModelName>other</ModelName></GetDeviceSettingsResponse></soap:Body></soap:Envelope>"
    )
    assert list(told_by(text, "text/xml")) == [
        ("device.type", "ConnectedHomeClient"),
        ("device.name", "siren"),
        ("device.maker", "D-Link"),
        ("device.model", "DCH-S220"),
        ("device.firmware", "1.21"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"null", b"<html><ModelName>x</ModelName></html>", b"plain text", b'{"model": 7}', b'{"model": ""}',
     b'{"model": "' + b"x" * 200 + b'"}', b"{" * 50_000, b'{"a":' * 5000],
)  # fmt: skip
def test_what_is_no_identity_says_nothing(data: bytes) -> None:
    assert list(told_by(data, None)) == []


def test_only_the_beginning_is_read() -> None:
    assert list(told_by(b"<a>" + b" " * LONGEST + b"<ModelName>X1</ModelName>", "text/xml")) == []
