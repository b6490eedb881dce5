"""Catalogues: complete in every language, with the same parameters, and the forms that a number needs."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from sensor.catalogue import LANGUAGES, ROOMS, counted, mentions, messages, number, texts_of, worded
from sensor.model import Capability, Severity, Status
from sensor.report.charts import PARTIES

PACKAGES = (*ROOMS, "sensor.needs", "sensor.report", "sensor.export", "dashboard")

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
    # What a word adds to a sentence may be nothing in one language.
    empty = {name for name, text in other.items() if text == "" and first[name] != ""}
    assert {name for name in empty if not name.startswith("words.")} == set()


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


def test_no_key_of_the_terminal_pages_is_unused() -> None:
    """By key as modules write it; a table of a record's or an enumeration's values has exactly these."""
    sources = [*(ROOT / "sensor" / "export").glob("*.py"), *(ROOT / "sensor" / "live").glob("*.py")]
    written = {text for path in sources for text in literals(path)}
    by_value: dict[str, set[str]] = {
        "severity": {one.name.lower() for one in Severity},
        "capability": {one.value for one in Capability},
        "topic": {one.value for one in Capability},
        "mark": {one.value for one in Status},
        "meaning": {one.value for one in Status},
        "party": set(PARTIES) - {""},
    }
    for section, keys in texts_of("sensor.export").items():
        assert section in written, section
        assert set(keys) == by_value.get(section, set(keys) & (written | {"one", "many"})), section


def literals(path: Path) -> set[str]:
    """The texts of a module, but for its docstrings."""
    return {one.value for one in ast.walk(ast.parse(path.read_text("utf-8"))) if _is_text(one)}


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


TABLES = ("summary", "advice", "reason", "caveat", "headline", "alert", "basis")

SOURCES = [path for path in (ROOT / "sensor").rglob("*.py") if path.name != "texts"]
"""Modules that make messages."""


def made() -> tuple[set[str], set[str]]:
    """Ids of the messages that the code makes: whole ones, and beginnings of ids that end in a value."""
    whole, begun = set(), set()
    for path in SOURCES:
        parts: set[ast.AST] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts |= set(node.values)
                if _is_text(node.values[0]) and re.fullmatch(r"[a-z_]+\.[a-z_.]*", node.values[0].value):
                    begun.add(node.values[0].value)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Message", "_fact") and node.args:
                whole |= {one.value for one in ast.walk(node.args[0]) if _is_text(one) and one not in parts}
    return whole, begun


def test_every_message_that_the_code_makes_has_a_text() -> None:
    known = {name for table in TABLES for name in messages()[table]}
    whole, begun = made()
    assert len(whole) > 80 and len(begun) > 5
    assert {name for name in whole - known if name not in begun and "." in name} == set()


def test_every_text_of_a_message_is_used() -> None:
    texts = {text for path in SOURCES for text in literals(path)}
    _, begun = made()
    for table in ("summary", "reason", "caveat", "headline", "alert", "basis"):
        unused = {name for name in messages()[table] if name not in texts and not name.startswith(tuple(begun))}
        assert unused == set(), table
    summaries = messages()["summary"]
    assert {
        name for name in messages()["advice"] if not any(f"{one}.".startswith(f"{name}.") for one in summaries)
    } == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_names_a_table_and_every_table_is_named(language: str) -> None:
    catalogue = messages(language)
    named = {"list"}
    for table in TABLES:
        for text in catalogue[table].values():
            named |= specs(text)
    for words in catalogue["words"].values():
        named |= {spec for text in words.values() for spec in specs(text)}
    assert named - set(catalogue["words"]) == set()
    # Titles of the standards map and of procedures are looked up by their number.
    assert set(catalogue["words"]) - named == {"provision", "why", "procedure"}


def specs(text: str) -> set[str]:
    return {spec.lstrip("^") for _, field, spec, _ in string.Formatter().parse(text) if field and spec}


def test_no_two_rooms_have_the_same_text() -> None:
    seen: set[str] = set()
    for room in ROOMS:
        names = {f"{table}.{name}" for table, texts in texts_of(room).items() for name in texts}
        assert seen & names == set()
        seen |= names


def test_words_of_a_message() -> None:
    login = {
        "kind": "password",
        "service": "FTP",
        "where": "home",
        "instead": None,
        "use": "refused",
        "accepted": False,
    }
    assert worded("summary", "login.readable", login).startswith("A password was sent unencrypted over FTP in the home")
    assert "das Heimnetz" not in worded("summary", "login.readable", login, "de")
    assert "the encrypted form of FTP" in worded("advice", "login.readable", login)
    why = {"why": ["expired", "self_signed", "short_key"], "remark": None, "where": "home"}
    assert "has expired, is signed by itself only and has a key" in worded("summary", "tls.certificate", why)
    assert worded("summary", "personal", {"category": "email", "service": "x", "where": "home"}).startswith("An e-mail")


def test_what_a_parameter_holds_is_no_text() -> None:
    hostile = {"name": "{count}{name.__class__}{0}", "refused": 1, "seen": 1}
    assert "{count}{name.__class__}{0}" in worded("summary", "tls.validation.refused", hostile)


def test_numbers() -> None:
    assert (number(1234567), number(0.04), number(1234.5), number(1234.5, "de")) == (
        "1,234,567",
        "0",
        "1,234.5",
        "1.234,5",
    )


def test_mentions() -> None:
    assert ("login.readable", "kind", frozenset({"password"})) in set(mentions("summary", "Passw"))
    assert ("update.check", "", frozenset()) in set(mentions("summary", "UPDATES"))
    assert list(mentions("summary", "no such word at all")) == []


class TextOf(HTMLParser):
    """The texts of a page that a person sees or hears."""

    READ_ALOUD = ("alt", "aria-label", "placeholder", "title")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        self.found += [value for name, value in attrs if name in self.READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        while tag in self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        # Commands, names and addresses are the same in every language.
        if not {"code", "script", "style", "kbd"} & set(self._inside):
            self.found.append(data)


TEMPLATES = sorted(
    path for room in ("dashboard", "sensor/report") for path in (ROOT / room / "templates").glob("*.html")
)

NAMES = frozenset(
    {"LANwitness", "UTC", "CSV", "JSON", "JUnit", "PDF", "EN", "ETSI", "MAC", "TS", "VERSION", "ICS", "IXIT", "B"}
)
"""Words that are the same in every language."""


def words_in(template: str) -> set[str]:
    """Words of a template outside of Jinja's brackets, and sentences in them that are shown as they are."""
    parser = TextOf()
    parser.feed(re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", template, flags=re.S))
    words = {word for text in parser.found for word in re.findall(r"[^\W\d_]{2,}", text)}
    shown = re.findall(r"{{(.*?)}}", template, re.S)
    return words | {text for one in shown for text in re.findall(r"""["']([A-Z][a-z]+ [^"']*)["']""", one)}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_text_of_its_own(path: Path) -> None:
    assert words_in(path.read_text("utf-8")) - NAMES == set()


def test_a_text_in_a_template_is_seen() -> None:
    template = """<p title="Say so">{{ t.a }} of {{ "All of it" }}</p><br><code>run it</code><style>p { }</style>"""
    assert words_in(template) == {"Say", "so", "of", "All of it"}
