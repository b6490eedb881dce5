"""The page for a person: fits its columns, hides nothing dangerous, says what it does not know."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from sensor.catalogue import LANGUAGES, texts_of
from sensor.export.terminal import Terminal
from sensor.model import Claim
from sensor.run import Result
from sensor.text import safe
from tests.replaying import PCAPS, read, read_bytes

ETHERNET = bytes.fromhex("ffffffffffff024c6500000a0806")
"""A broadcast of ARP."""

HOME = PCAPS / "home" / "capture.pcapng"


def page(result: Result, width: int, *, colour: bool = False, language: str = LANGUAGES[0]) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, no_color=not colour, force_terminal=colour, highlight=False, markup=False, emoji=False
    )
    terminal = Terminal(plain=not colour, console=console, language=language)
    terminal.page(result)
    return out.getvalue()


@pytest.fixture(scope="module")
def home() -> Result:
    return read(HOME)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(home: Result, width: int, language: str) -> None:
    assert all(len(line) <= width for line in page(home, width, language=language).splitlines())


def test_the_german_page_has_no_english_sentence(home: Result) -> None:
    english, german = page(home, 160), page(home, 160, language="de")
    first, other = texts_of("sensor.export"), texts_of("sensor.export", "de")
    for section in ("page", "column", "capability", "mark", "meaning", "severity"):
        for key, text in first[section].items():
            # What has a field or is no word of its own language (updates, info) cannot be told apart.
            if "{" not in text and len(text) > 4 and text != other[section][key] and text in english:
                assert not re.search(rf"\b{re.escape(text)}\b", german), text
    summaries = {one.summary for one in home.findings.values()}
    assert summaries and not [one for one in summaries if one in " ".join(german.split())]
    needs = "6 dringende Punkte"
    for text in (needs, "3.174 Pakete", "7,5 kB", "Ein Passwort wurde im Heimnetz über MQTT"):
        assert text in german


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "1 packet, 1 device"), ("de", "1 Paket, 1 Gerät")],
)
def test_one_is_no_plural(language: str, words: str) -> None:
    frame = ETHERNET + bytes.fromhex("0001080006040001024c6500000ac0a8010a000000000000c0a80101")
    header = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    one = header + (1_700_000_000).to_bytes(4, "little") + bytes(4) + len(frame).to_bytes(4, "little") * 2 + frame
    assert words in page(read_bytes(one), 80, language=language)
    for count in ("packets", "devices", "remarks"):
        assert texts_of("sensor.export", language)[count]["one"] != texts_of("sensor.export", language)[count]["many"]


def test_the_german_page_of_an_empty_capture() -> None:
    header = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    assert "kein Gerät des lokalen Netzes" in page(read_bytes(header), 80, language="de")


def test_it_says_who_what_and_the_five_marks(home: Result) -> None:
    text = page(home, 80)
    for said in (
        "Who is here",
        "What crossed in the clear",
        "The five baseline capabilities",
        "passwords",
        "disclosure",
        "updates",
        "encryption",
        "privacy",
    ):
        assert said in text
    assert ", packets " in text and "6 things need you" in text and text.index("need you") < text.index("Who is here")


def test_piped_pages_have_no_escapes_and_terminals_have_colour(home: Result) -> None:
    assert "\x1b" not in page(home, 80)
    assert "\x1b[" in page(home, 80, colour=True)


def test_an_empty_capture_says_so() -> None:
    header = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    assert "No device" in page(read_bytes(header), 80)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kitchen", "kitchen"),
        ("\x1b[31mred", "?[31mred"),
        ("a\u202eb", "a?b"),
        ("line\nbreak\r\t", "line?break??"),
        ("x" * 50, "x" * 9 + "~"),
        (None, ""),
    ],
)
def test_names_from_the_wire_are_harmless(text: str | None, shown: str) -> None:
    assert safe(text, 10 if text and len(text) > 20 else 200) == shown


def test_no_user_name_can_break_out_of_the_page(home: Result) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page(home, 80))


def test_without_a_maker_the_platform_is_named(home: Result) -> None:
    platform = Claim("Electric Imp", 0.9, ())
    unknown = [replace(device, vendor=None, model=None, platform=platform) for device in home.devices]
    assert "on Electric Imp" in page(replace(home, devices=unknown), 120)
    assert "on Electric Imp" not in page(home, 120)


def test_what_a_device_runs_is_on_the_page(home: Result) -> None:
    said = {"vendor": "Tapo", "category": "camera", "model": None, "os": "Linux", "firmware": "1.2.3"}
    claims = {name: Claim(value, 0.9, ()) if value else None for name, value in said.items()}
    known = [replace(device, **claims) for device in home.devices]
    assert "Tapo camera, Linux, firmware 1.2.3" in page(replace(home, devices=known), 140)
    unsure = [replace(device, **{**claims, "firmware": Claim("1.2.3", 0.4, ())}) for device in home.devices]
    assert "firmware 1.2.3" not in page(replace(home, devices=unsure), 140)
