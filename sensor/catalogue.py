"""Catalogues: the visible sentences of a part of the program, a TOML file for each language."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from sensor.shipped_tables import shipped_table

LANGUAGES: Final = ("en", "de")
"""Languages that every catalogue has; the first is that of records."""

ROOMS: Final = ("signatures", "sensor.detectors", "sensor.verdicts", "sensor.alerts", "sensor")
"""Packages whose catalogues have the texts of messages; no two have the same text or table of words."""


class Message(NamedTuple):
    """A sentence as data: the id of its text, and parameters (plain data, masked). It is worded when it is shown."""

    id: str
    parameters: Mapping[str, Any] = {}

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def data(self) -> dict[str, Any]:
        """As records have it."""
        return {"message_id": self.id, "parameters": dict(self.parameters)}


@cache
def texts_of(package: str, language: str = LANGUAGES[0]) -> dict[str, Any]:
    """The catalogue of a package. FileNotFoundError where it has none of that language."""
    return shipped_table(package, "texts", f"{language}.toml")


@cache
def messages(language: str = LANGUAGES[0]) -> dict[str, dict[str, Any]]:
    """The tables of all `ROOMS`: texts by message id, and ``words``, the tables that their fields name."""
    found: dict[str, dict[str, Any]] = {}
    for room in ROOMS:
        for table, texts in texts_of(room, language).items():
            found[table] = found.get(table, {}) | texts
    return found


def worded(table: str, message_id: str, parameters: Mapping[str, Any], language: str = LANGUAGES[0]) -> str:
    """A message in a language, by the text of its id in ``table``. KeyError for an id that the table does not have.

    An id without a text of its own has that of the group it belongs to (``a.b`` for ``a.b.c``). A field of a text is
    ``{name}``, or ``{name:words}`` for the word that table ``words.<words>`` has for the value: by the value itself,
    ``none`` for None, else ``other`` (or the value as it is). A table with ``one`` and ``many`` is for numbers, one
    with ``last`` has what stands before the last of a list. ``{name:^words}`` begins with a capital. Messages in a
    message are worded, too, by the texts of ``reason``.
    """
    catalogue = messages(language)
    texts, name = catalogue[table], message_id
    while name not in texts and "." in name:
        name = name.rpartition(".")[0]
    return _Wording(catalogue, language, parameters).text(texts[name])


def mentions(table: str, word: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where a word stands in the texts of a table, in any language and case: the message id, with "" and nothing where
    the text itself has it, else with the name of a parameter and the values whose words have it.
    """
    word = word.casefold()
    for language in LANGUAGES:
        catalogue = messages(language)
        for name, text in catalogue[table].items():
            parts = list(string.Formatter().parse(text))
            if any(word in part[0].casefold() for part in parts):
                yield name, "", frozenset()
            for _, field, spec, _ in parts:
                words = catalogue["words"].get((spec or "").lstrip("^"), {})
                values = frozenset(value for value, shown in words.items() if word in shown.casefold())
                if field and values:
                    yield name, field, values


def counted(forms: Mapping[str, str], count: int, shown: str | None = None, **parameters: object) -> str:
    """The sentence of a number: ``forms`` has ``one`` and ``many``; ``shown`` is how ``{count}`` is written."""
    return forms["one" if count == 1 else "many"].format(count=shown or f"{count:,}", **parameters)


def number(value: float, language: str = LANGUAGES[0]) -> str:
    """A number with the language's separators."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


@cache
def _fields_of(text: str) -> tuple[tuple[str, str | None, str], ...]:
    """A text of a catalogue as literals, each with the field behind it and that field's table. ValueError."""
    found = []
    for literal, field, table, conversion in string.Formatter().parse(text):
        if conversion or (table and "{" in table):
            raise ValueError(f"a field has more than a name and a table: {text}")
        found.append((literal, field, table or ""))
    return tuple(found)


class _Wording:
    """Wording of one message. What a parameter holds is never taken for a text with fields."""

    def __init__(
        self, catalogue: Mapping[str, Mapping[str, Any]], language: str, parameters: Mapping[str, Any]
    ) -> None:
        self._catalogue = catalogue
        self._language = language
        self._parameters = parameters

    def text(self, pattern: str) -> str:
        """The pattern with the parameters in it."""
        return self._filled(pattern, self._parameters)

    def _filled(self, pattern: str, parameters: Mapping[str, Any]) -> str:
        """A field is found by its name alone: it reaches into no value. One that is not given is None."""
        parts = []
        for literal, field, table in _fields_of(pattern):
            parts.append(literal)
            if field is not None:
                parts.append(self._field(parameters.get(field), table))
        return "".join(parts)

    def _field(self, value: Any, table: str) -> str:
        """A value, or its word in a table."""
        if table.startswith("^"):
            text = self._field(value, table[1:])
            return text[:1].upper() + text[1:]
        if type(value) is str:  # most are
            return self._word(value, self._catalogue["words"][table]) if table else value
        if isinstance(value, list | tuple):
            last = self._catalogue["words"].get(table, {}).get("last")
            return self._enumerated([self._field(one, table) for one in value], last)
        if isinstance(value, Mapping):
            return worded("reason", value["message_id"], value["parameters"], self._language)
        return self._word(value, self._catalogue["words"][table]) if table else self._plain(value)

    def _word(self, value: Any, table: Mapping[str, str]) -> str:
        if "many" in table and isinstance(value, int):
            return counted(table, value, number(value, self._language))
        key = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        pattern = table.get(key)
        if pattern is None:
            pattern = table.get("other")
        if pattern is None:
            return self._plain(value)
        return self._filled(pattern, {**self._parameters, "value": value})

    def _plain(self, value: Any) -> str:
        if value is None:
            return ""
        return number(value, self._language) if type(value) in (int, float) else str(value)

    def _enumerated(self, words: list[str], last: str | None) -> str:
        if len(words) < 2:
            return "".join(words)
        return ", ".join(words[:-1]) + (last or self._catalogue["words"]["list"]["last"]) + words[-1]
