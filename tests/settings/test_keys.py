"""The configuration's table of keys against the settings that they become."""

from __future__ import annotations

import dataclasses

import pytest

from sensor.settings.keys import SECTIONS, Settings
from sensor.settings.toml_reader import text


@pytest.mark.parametrize("section", SECTIONS)
def test_the_fields_without_a_key_are_sections(section: str) -> None:
    known = {field.name for field in dataclasses.fields(SECTIONS[section].settings)}
    below = {name.rpartition(".")[2] for name in SECTIONS if name.startswith(f"{section}.")}
    assert known - {key.field for key in SECTIONS[section].keys.values()} == below


def test_every_section_is_a_field_of_the_settings() -> None:
    assert {name for name in SECTIONS if "." not in name} == {field.name for field in dataclasses.fields(Settings)}


def test_a_key_stands_in_for_one_parameter_of_one_command() -> None:
    options = [key.option for table in SECTIONS.values() for key in table.keys.values() if key.option]
    assert len(options) == len(set(options)) > 10


def test_paths_are_texts() -> None:
    for table in SECTIONS.values():
        for name, key in table.keys.items():
            assert not key.path or key.check is text, name


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section, table in SECTIONS.items() for name in table.keys]
)
def test_defaults_and_examples_pass_their_own_check_and_every_key_says_what_it_means(section: str, name: str) -> None:
    key = SECTIONS[section].keys[name]
    assert key.means[0].isupper() or key.means[0] == "…"
    assert key.means.endswith((".", "…"))
    assert key.example is not None and key.check(key.example) is None
    if key.default not in (None, ()):
        assert key.check(key.default) is None
