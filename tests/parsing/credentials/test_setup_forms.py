"""Set-up forms: a key with its network, each service's password with its own user, and nothing elsewhere."""

from __future__ import annotations

import json

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.http_fields import Target, body_credentials
from sensor.parsing.credentials.setup_forms import command_credentials, form_of, setup_credentials

Found = list[tuple[str, str | None, Secret | None]]


def posted(path: str, body: str, kind: str = "application/x-www-form-urlencoded") -> Found:
    found = body_credentials(body.encode(), kind, "", whole=True, path=path)
    return [(c.mechanism, c.username, c.secret) for c in found if c.secret]


def queried(target: str) -> Found:
    return [(c.mechanism, c.username, c.secret) for c in Target(target.encode()).found if c.secret]


HOME: tuple[str, str | None, Secret | None] = ("key", "HomeNet", Secret("homewifi1234"))
BROKER: tuple[str, str | None, Secret | None] = ("password", "mqttuser", Secret("mqttsecret99"))


@pytest.mark.parametrize(
    ("path", "body", "want"),
    [
        ("/wifisave", "s=HomeNet&p=homewifi1234", [HOME]),
        (
            "/wifisave",
            "s=HomeNet&p=homewifi1234&mqtt_user=mqttuser&mqtt_pass=mqttsecret99",
            [HOME, BROKER],
        ),
        ("/w1", "s1=HomeNet&p1=homewifi1234&s2=Guest&p2=forguests1", [HOME, ("key", "Guest", Secret("forguests1"))]),
        ("/mq", "mh=192.168.1.2&ml=1883&mu=mqttuser&mp=mqttsecret99", [BROKER]),
        (
            "/wifisave",
            "s=HomeNet&p=homewifi1234&ota_pass=upd8mePlease",
            [HOME, ("password", None, Secret("upd8mePlease"))],
        ),
        (
            "/config",
            "name=node&ssid=HomeNet&key=homewifi1234&apkey=configesp&password=adm1nPW",
            [HOME, ("key", None, Secret("configesp")), ("password", None, Secret("adm1nPW"))],
        ),
        (
            "/save",
            "ssid=HomeNet&password=homewifi1234&webUser=keeper&webPass=joker7",
            [HOME, ("password", "keeper", Secret("joker7"))],
        ),
        ("/settings/wifi", "CS0=HomeNet&PW0=homewifi1234&AS=WLED-AP&AP=wled1234",
            [HOME, ("key", "WLED-AP", Secret("wled1234"))]),
        ("/settings/sync", "MQUSER=mqttuser&MQPASS=mqttsecret99", [BROKER]),
        ("/config", "ssid=HomeNet&key=homewifi1234&ssid2=Second&key2=another123",
            [HOME, ("key", "Second", Secret("another123"))]),
        (
            "/save",
            "ssid=HomeNet&password=homewifi1234&mqtt_user=mqttuser&mqtt_password=mqttsecret99",
            [HOME, BROKER],
        ),
        (
            "/config",
            "iwcWifiSsid=HomeNet&iwcWifiPassword=homewifi1234",
            [HOME],
        ),
        (
            "/set",
            "sta_ssid=HomeNet&sta_pass=homewifi1234&ap_ssid=Lamp&ap_pass=lampsetup1",
            [HOME, ("key", "Lamp", Secret("lampsetup1"))],
        ),
    ],
)  # fmt: skip
def test_forms(path: str, body: str, want: Found) -> None:
    assert posted(path, body) == queried(f"{path}?{body}") == want


def test_shelly_by_json() -> None:
    body = {"config": {"sta": {"ssid": "HomeNet", "pass": "homewifi1234", "enable": True}}}
    assert posted("/rpc/WiFi.SetConfig", json.dumps(body), "application/json") == [HOME]


def test_wled_and_a_shelly_password_by_json() -> None:
    settings = {"nw": {"ins": [{"ssid": "HomeNet", "psk": "homewifi1234"}]},
        "if": {"mqtt": {"user": "mqttuser", "psk": "mqttsecret99"}}}  # fmt: skip
    assert sorted(posted("/json/cfg", json.dumps(settings), "application/json")) == sorted([HOME, BROKER])
    digest = "25d7b6ea3b5ad7d5c65e2ea5f2b4b0a125d7b6ea3b5ad7d5c65e2ea5f2b4b0a1"
    sent = json.dumps({"user": "admin", "realm": "shellyplus1-a8032ab12345", "ha1": digest})
    (found,) = body_credentials(sent.encode(), "application/json", "", whole=True, path="/rpc/Shelly.SetAuth")
    assert (found.username, found.secret, found.scheme, found.clear) == ("admin", Secret(digest), "json-hash", False)


def test_the_short_names_mean_nothing_elsewhere() -> None:
    assert queried("/ping?h=mlb.com&p=/index.jsp&u=cmjwi9qojljsz9sw") == []
    assert queried("/search?s=HomeNet&p=homewifi1234") == []
    assert posted("/save", "mu=a&mp=1234567&s1=x&p1=12345678") == []
    assert form_of("/wifisave/other") == ()


@pytest.mark.parametrize("body", ["s=HomeNet&p=", "s=HomeNet&p=********", "p=homewifi1234", "s=&p=homewifi1234"])
def test_an_empty_or_masked_key_and_one_of_no_network_is_none(body: str) -> None:
    assert posted("/wifisave", body) == []


def test_the_key_is_masked_in_the_url() -> None:
    assert Target(b"/wifisave?s=HomeNet&p=homewifi1234&ip=").url == "/wifisave?s=HomeNet&p=***&ip="


def test_tasmotas_commands() -> None:
    assert queried(
        "/cm?cmnd=Backlog%20SSID1%20HomeNet%3B%20Password1%20homewifi1234%3B%20MqttUser%20mqttuser%3B"
        "MqttPassword%20mqttsecret99"
    ) == [HOME, BROKER]
    assert list(command_credentials("Power TOGGLE", "query")) == []
    assert list(command_credentials("Backlog Password1 1", "query")) == []


def test_services_whose_documents_name_a_login_u_and_p() -> None:
    given = [("u", "mara"), ("p", "hedge-6")]
    for path in ("/rest/ping.view", "/music/rest/getAlbum", "/nic/update"):
        (found,) = setup_credentials(form_of(path), given, "query")
        assert (found.mechanism, found.username, found.secret) == ("password", "mara", Secret("hedge-6"))
        assert list(setup_credentials(form_of(path), [("p", "2")], "query")) == []
    assert form_of("/rest/v1") == form_of("/search") == ()


def test_commands_of_tasmota_with_and_without_a_number() -> None:
    """ "Password" and "SSId" without a number are the first network's (docs of Tasmota, Commands, Wi-Fi)."""
    for command in ("Backlog SSId home; Password homewifi1234", "Backlog SSId1 home; Password1 homewifi1234"):
        assert [(c.mechanism, c.username, c.secret) for c in command_credentials(command, "query")] == [
            ("key", "home", Secret("homewifi1234"))
        ], command
    several = "Backlog SSId2 guest; Password2 forguests1; MqttUser mara; MqttPassword hedge-6; WebPassword x7"
    found = command_credentials(several, "query")
    assert [(c.mechanism, c.username, c.secret) for c in found] == [
        ("key", "guest", Secret("forguests1")),
        ("password", "mara", Secret("hedge-6")),
        ("password", None, Secret("x7")),
    ]
    assert list(command_credentials("Password1 0", "query")) == list(command_credentials("Password1 1", "query")) == []


@pytest.mark.parametrize("nothing", ["0", "1", '"', ""])
def test_values_that_clear_a_setting_are_no_secrets(nothing: str) -> None:
    """Tasmota: 0 clears, 1 is the default of the firmware, a quotation mark stands for an empty text."""
    for command in (
        "Password1 {}",
        "MqttPassword {}",
        "WebPassword {}",
        "Backlog SSID1 home; Password1 {}; MqttUser a",
    ):
        assert list(command_credentials(command.format(nothing), "tasmota")) == []
        assert [c.secret for c in command_credentials(command.format("2"), "tasmota")] == [Secret("2")]


def test_the_numbers_of_a_command_keep_two_networks_apart() -> None:
    command = "Backlog SSId2 guest; SSId home; Password homewifi1234; Password2 forguests1"
    assert [(c.username, c.secret) for c in command_credentials(command, "query")] == [
        ("home", Secret("homewifi1234")),
        ("guest", Secret("forguests1")),
    ]
