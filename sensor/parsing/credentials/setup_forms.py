"""Set-up forms of device firmware whose field names are too short to be believed anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.formats.http_headers import raw, shown

PATH_LIMIT = 256
"""Characters of a path that are looked at."""

KEY_LIMIT = 128
"""Characters of a network's key."""


class SetupField(NamedTuple):
    """A secret's field: its ``mechanism``, the fields ``beside`` it that name the network or the user, its own."""

    mechanism: str
    beside: tuple[str, ...]
    name: str


class SetupForm(NamedTuple):
    """A form of one firmware: where it is sent (``path``), and its secrets."""

    path: re.Pattern[str]
    fields: tuple[SetupField, ...]


TASMOTA = (
    SetupField("key", ("s1",), "p1"),
    SetupField("key", ("s2",), "p2"),
    SetupField("password", ("mu",), "mp"),
    SetupField("password", (), "wp"),
)
WLED = (
    *(SetupField("key", (f"CS{number}",), f"PW{number}") for number in ("0", "1", "2")),
    SetupField("key", ("CS",), "CP"),
    SetupField("key", ("AS",), "AP"),
    SetupField("password", ("MQUSER",), "MQPASS"),
    SetupField("password", (), "OP"),
)
ESPEASY = (
    SetupField("key", ("ssid",), "key"),
    SetupField("key", ("ssid2",), "key2"),
    SetupField("key", (), "apkey"),
    SetupField("password", ("controlleruser",), "controllerpassword"),
)
SHORT_LOGIN = (SetupField("password", ("u",), "p"),)
WIFIMANAGER = (SetupField("key", ("s", "ssid"), "p"),)

FORMS = (
    # WiFiManager (tzapu), and what is built on it: /wifisave, by GET and by POST.
    SetupForm(expression(r"(?i)/wifi-?save/?$"), WIFIMANAGER),
    # Tasmota (xdrv_01_webserver): /w1 and /wi Wi-Fi, /mq and /sv MQTT, /co other settings.
    SetupForm(expression(r"^/(?:w1|wi|mq|co|sv)$"), TASMOTA),
    # WLED (wled00/set.cpp).
    SetupForm(expression(r"^/settings/(?:wifi|sync|sec)$"), WLED),
    # ESPEasy: "Config" and "Controllers".
    SetupForm(expression(r"^/(?:config|setup|controllers)$"), ESPEASY),
    # Subsonic's API ("u" and "p"); dynamic DNS with the same names (ChangeIP, "nic/update").
    SetupForm(expression(r"/rest/[A-Za-z]\w{2,40}(?:\.view)?$|^/nic/update$"), SHORT_LOGIN),
)
"""By documented or published field names. A path alone proves nothing: the secret's field must be in the form."""

SERVED = (*TASMOTA, *WLED, *WIFIMANAGER)
"""Fields of pages that firmware serves, filled in."""

_PATH = expression(r"(?:[a-z][a-z0-9+.-]{1,15}://[^/]{0,255})?([^?#]{0,256})")


def form_of(path: str) -> tuple[SetupField, ...]:
    """The fields of the set-up form that is sent to this path or URL; empty where none is known."""
    return () if len(path) > 2 * PATH_LIMIT else _form_of(path.partition("?")[0].partition("#")[0])


@lru_cache(256)
def _form_of(path: str) -> tuple[SetupField, ...]:
    found = _PATH.match(path)
    return next((form.fields for form in FORMS if found and form.path.search(found[1])), ())


def setup_credentials(
    fields: Sequence[SetupField], pairs: Sequence[tuple[str, str]], scheme: str
) -> Iterator[Credential]:
    """The secrets of a set-up form, each with its own network or user; an empty one is left as it was and is none."""
    given: dict[str, str] = {}
    for name, value in pairs:
        given.setdefault(name, value)
    for field in fields:
        value = given.get(field.name, "")
        beside = next((given[name] for name in field.beside if given.get(name)), None)
        # A name of one letter means something else where nothing is beside it.
        alone = field.beside and beside is None and (field.mechanism == "key" or len(field.name) == 1)
        if not value or not value.strip("*") or alone:
            continue
        if len(value) <= KEY_LIMIT and (field.mechanism != "key" or len(value) >= 5):
            way = f"{scheme}/wifi" if field.mechanism == "key" else scheme
            who = shown(beside[:512]) if beside else None
            yield Credential(field.mechanism, who, Secret(raw(value)), way, name=field.name)


_COMMAND = expression(
    r"(?i)(?:^|;|\bbacklog0?\s)\s{0,8}(?P<name>ssid|password|mqttuser|mqttpassword|webpassword)(?P<number>[12]?)\s{1,8}"
    r"(?P<value>[^;]{1,128})"
)


def command_credentials(command: str, scheme: str) -> Iterator[Credential]:
    """Tasmota's commands in a URL (``/cm?cmnd=Backlog SSID1 home; Password1 key``)."""
    given = {
        found["name"].lower() + (found["number"] or ("1" if found["name"].lower() in ("ssid", "password") else "")): (
            found["value"].strip()
        )
        for found in _COMMAND.finditer(command[:2048])
    }
    fields = (
        SetupField("key", ("ssid1",), "password1"),
        SetupField("key", ("ssid2",), "password2"),
        SetupField("password", ("mqttuser",), "mqttpassword"),
        SetupField("password", (), "webpassword"),
    )
    for field in fields:
        value = given.get(field.name, "")
        if value and value not in ("0", "1", '"'):
            beside = next((shown(given[name]) for name in field.beside if given.get(name)), None)
            way = f"{scheme}/wifi" if field.mechanism == "key" else scheme
            yield Credential(field.mechanism, beside, Secret(raw(value)), way, name="cmnd")
