"""Persona files: accepted keys, and error messages with file and line but no value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sensor.personas.forms import KINDS
from sensor.personas.read import PERSONA_KEYS, parse, read_personas
from tests.personas.personas import FILE, personas

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_kind_of_value_is_read() -> None:
    assert {seed.kind for seed in personas().seeds} == set(KINDS)
    assert [seed.kind for seed in personas().seeds].count("string") == 2


def test_each_persona_has_its_id() -> None:
    found = personas(file='[[persona]]\nemail="a.one@example.com"\n[[persona]]\nid="b"\nemail="b.two@example.com"\n')
    assert [seed.persona for seed in found.seeds] == ["persona 1", "b"]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('[[persona]]\nemial = "anna@example.com"', "p.toml:2: unknown key 'emial' in persona; did you mean email?"),
        ('[[persone]]\nid = "a"', "p.toml:1: unknown key 'persone'; did you mean persona?"),
        ('[persona]\nid = "a"', r"p.toml:1: write \[\[persona\]\], one for each"),
        ("[[persona]]\nname = 7", "p.toml:2: name: must be a text, or a list of texts"),
        ('[[persona]]\nid = "a"', "p.toml:1: this persona has nothing to search for"),
        ('[[persona]]\nname = "Hidden"\n[[persona]]\nname = "Hid"', "p.toml:4: name: is too short"),
        ('[[persona]]\nphone = "020 7946 0123"', "p.toml:2: phone: must be a whole number with its country"),
        ('[[persona]]\nemail = "hidden"', "p.toml:2: email: must be an address"),
        ('[[persona]]\nmac = "hidden"', "p.toml:2: mac: must be a hardware address"),
        ('[[persona]]\nlocation = "52.5, 13.4"', "p.toml:2: location: must be \"latitude, longitude\""),
        ('[[persona]]\nlocation = "152.5123, 13.4123"', "p.toml:2: location: must be"),
        ('[[persona]]\nid = "a"\nname = "Hidden"\n[[persona]]\nid = "a"\nssid = "Hidden"', "p.toml:5: two personas"),
        ("", "p.toml: no .*persona"),
        ("[[persona]\n", "p.toml: "),
    ],
)  # fmt: skip
def test_errors_name_file_and_line(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace(". ", r"\. ")) as error:
        parse(source, "p.toml")
    assert "hidden" not in str(error.value).lower()


def test_coordinates_may_be_numbers() -> None:
    assert len(personas(file="[[persona]]\nlocation = [52.520008, 13.404954]").seeds) == 1


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"p\.toml: is no UTF-8 text"):
        read_personas(path)


def test_a_seed_shows_nothing_of_its_value() -> None:
    assert all("xample" not in repr(seed) and "xample" not in repr(seed.secret) for seed in personas().seeds)


def test_the_documentation_names_every_key() -> None:
    page = (ROOT / "docs" / "output.md").read_text("utf-8")
    section = page[page.index("(`--persona`)") :]
    section = section[: section.index("\n## ")]
    assert set(re.findall(r"^(\w+) = ", section, re.M)) == set(PERSONA_KEYS)


def test_the_documented_example_can_be_read() -> None:
    page = (ROOT / "docs" / "output.md").read_text("utf-8")
    section = page[page.index("(`--persona`)") :]
    parse(section[section.index("```toml") + 7 : section.index("\n```\n")], "page")
    assert FILE


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('account = "abcd"', "too short"), ('account = "abcde"', None), ('account = "äöa"', None),
        ('account = "äö"', "too short"),
        (f'string = "{"ab " * 66}"', None), (f'string = "{"a" * 1024}"', None),
        (f'string = "{"a" * 1025}"', "longer than 1024"),
        ('name = ["Anna Example", "Ann"]', "too short"), ('name = ["Anna Example", ""]', "must be a text"),
        ('name = " "', "must be a text"),
        ('email = "a@b.c"', None), ('email = "a@b"', "must be an address"), ('email = "a@b.c d"', "must be an address"),
        ('mac = "02005e005301"', None), ('mac = "02:00:5e:00:53"', "must be a hardware"),
        ('mac = "02:00:5e:00:53:0g"', "hardware"),
        ('phone = "+44 20 7946 0123"', None), ('phone = "+49 12345"', "must be a whole number"),
        ('location = [52.520008, 13.404954]', None), ('location = [52, 13]', "must be"), ('location = 52.5', "must be"),
        ('id = "a"\nid2 = "b"', "unknown key"), ('id = 7\nssid = "Annas WLAN"', "must be"),
    ],
)  # fmt: skip
def test_what_a_value_may_be(entry: str, complaint: str | None) -> None:
    source = f"[[persona]]\n{entry}\n"
    if complaint is None:
        assert len(personas(file=source).seeds) == 1
    else:
        with pytest.raises(ValueError, match=complaint):
            personas(file=source)


@pytest.mark.parametrize(("number", "refused"), [(20, False), (21, True)])
def test_how_many_values_a_file_may_have(number: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all personas and kinds together: here twenty."""
    monkeypatch.setattr("sensor.personas.read.MAX_VALUES", 20)
    half = number // 2
    lists = [", ".join(f'"value {n} of it"' for n in range(size)) for size in (half, number - half)]
    source = f"[[persona]]\nstring = [{lists[0]}]\n[[persona]]\nname = [{lists[1]}]\n"
    if refused:
        with pytest.raises(ValueError, match="21 values; 20 can"):
            parse(source, "p.toml", fast=False)
    else:
        assert len(parse(source, "p.toml", fast=False).seeds) == 20
