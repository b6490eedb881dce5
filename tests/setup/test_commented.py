"""The commented file can be read as it is, with everything switched on, and with what was chosen."""

from __future__ import annotations

import re
import tomllib
from datetime import time

import pytest

from sensor.settings.keys import SECTIONS, MqttSettings, Settings
from sensor.settings.read import parse
from sensor.setup.commented import commented, written


def test_untouched_it_says_nothing() -> None:
    assert parse(commented({}), "x") == Settings()


def test_every_line_that_is_switched_off_can_be_switched_on() -> None:
    text = re.sub(r"^# (\[|[a-z_]+ = )", r"\1", commented({}), flags=re.MULTILINE)
    data = tomllib.loads(text)
    for section, table in SECTIONS.items():
        row = data
        for part in section.split("."):
            row = row[part]
        assert set(table.keys) <= set(row)
    # An interface and a folder exclude each other: all else can stand together.
    parse(text.replace('folder = "/srv/captures"\n', ""), "x")


def test_what_was_chosen_is_what_is_read() -> None:
    chosen = {
        "capture": {"interfaces": ["eth1"], "people": True},
        "alerts.quiet": {"from": time(22), "until": time(7)},
        "alerts.mqtt": {"host": 'odd "name" \\ \x7f', "port": 1, "tls": False},
    }
    settings = parse(commented(chosen), "x")
    assert settings.capture.interfaces == ("eth1",) and settings.capture.people
    assert settings.alerts.quiet is not None and settings.alerts.quiet.start == time(22)
    assert settings.alerts.mqtt == MqttSettings('odd "name" \\ \x7f', 1, tls=False)


def test_a_key_that_is_none_is_a_bug() -> None:
    with pytest.raises(KeyError, match=r"store\.paht"):
        commented({"store": {"paht": "x"}})


@pytest.mark.parametrize("text", ["a\nb", "tab\t", "ü", "\x00", "\x1f", "\x7f", "'\"\\", "# no comment", "😀"])
def test_any_text_survives(text: str) -> None:
    assert tomllib.loads(f"a = {written(text)}") == {"a": text}
