"""Catalogues: complete in every language, with the same parameters, and the forms that a number needs."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensor.catalogue import LANGUAGES, counted, texts_of

PACKAGES = ("sensor.needs", "sensor.report", "dashboard")

ROOT = Path(__file__).resolve().parent.parent


def leaves(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, name)
        else:
            yield name, value


def parameters(text: object) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field} if isinstance(text, str) else set()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_text_is_missing_and_all_have_the_same_parameters(package: str, language: str) -> None:
    first, other = (dict(leaves(texts_of(package, one))) for one in (LANGUAGES[0], language))
    assert list(other) == list(first)
    assert {name for name in first if parameters(first[name]) != parameters(other[name])} == set()
    assert {name for name, text in other.items() if text == "" and first[name] != ""} == set()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_has_both_forms(package: str, language: str) -> None:
    for name, text in leaves(texts_of(package, language)):
        if name.endswith(".many"):
            assert parameters(text) == {"count"}, name
            assert f"{name.removesuffix('many')}one" in dict(leaves(texts_of(package, language))), name


def test_counted() -> None:
    forms = {"one": "One thing", "many": "{count} things{more}"}
    assert counted(forms, 1, more="!") == "One thing" and counted(forms, 1234, more="!") == "1,234 things!"
    assert counted(forms, 1234, "1.234", more="") == "1.234 things"


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        texts_of("sensor.needs", "xx")


def test_no_key_of_the_pages_is_unused() -> None:
    """By section and key as templates and modules write them; a section that is looked up by a value is used whole."""
    sources = [path for path in (ROOT / "dashboard").rglob("*") if path.suffix in (".html", ".py")]
    written = "\n".join(path.read_text("utf-8") for path in sources)
    unused = []
    for section, keys in texts_of("dashboard").items():
        # Errors are looked up by the English sentence.
        by_value = rf"\bw\.{section}(\[|\.get\(|\.items\(|\.values\()|\[\"{section}\"\]\.(get|items)"
        if section == "error" or re.search(by_value, written):
            continue
        unused += [f"{section}.{key}" for key in keys if not re.search(rf"\b{section}\.{key}\b|\[\"{key}\"\]", written)]
    assert unused == []
