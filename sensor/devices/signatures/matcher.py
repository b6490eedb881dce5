"""Matcher of signatures: what a value in a field says of vendor, category, model, firmware and system.

A file ``signatures/devices/<field>.toml`` has ``field`` (its own name), ``also`` (further fields that its entries hold
for) and a list of entries, see docs/signatures.md. `compiled` reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sensor.devices.signatures.compiled import SHIPPED, load_compiled
from sensor.devices.signatures.learned import LearnedDevice
from sensor.devices.signatures.makers import Makers
from sensor.devices.signatures.name_words import NameWord, name_words
from sensor.devices.signatures.patterns import FLAGS
from sensor.devices.signatures.schema import KINDS

OWN_NAME = 1.5
"""Log-odds of a maker for a device that asks for an unlisted domain of the maker's very name."""

MENTION = 1.8
"""Log-odds of a maker named in a device's own text: owners also name devices after what these connect to."""

WORDS = "name.word"
"""Field of the words of names; no trait has it."""

MAX_NAME = 128
"""Characters of a name whose words are looked at; a DNS label has 63."""

GRAM = 3
"""Characters by which entries are indexed: the shortest literals that select few entries."""

MAX_CLAIM = 60
"""Characters of a claim taken out of the traffic (model, firmware): longer ones are no names."""

DOMAIN_LABELS = 6
"""Labels of a name that are compared with the list of domains; no entry has more."""


class SignatureMatch(NamedTuple):
    """What a value says: ``kind`` (vendor, category, model, firmware, os), ``value``, ``weight`` in log-odds."""

    kind: str
    value: str
    weight: float
    signature: str


class Domain(NamedTuple):
    """A listed domain: ``owner`` (None: no maker), party, ``weight`` (log-odds) for a device that looks it up.

    ``category``: what devices that ask for it are, with its weight; ``platform``: the cloud of others' devices.
    """

    name: str
    owner: str | None
    party: str
    weight: float
    category: str | None = None
    category_weight: float = 0.0
    platform: str | None = None


class _Entry:
    __slots__ = ("_pattern", "id", "listed", "literals", "rows", "says", "source", "weights")

    def __init__(self, data: list[Any]) -> None:
        self.id, self.source, alternatives, self.says, self.weights, self.rows, self.listed = data
        self.literals: tuple[str, ...] = tuple(alternatives)
        self._pattern: re.Pattern[str] | None = None

    def match(self, value: str, lower: str) -> re.Match[str] | None:
        if self.literals and not any(text in lower for text in self.literals):
            return None
        if self._pattern is None:
            self._pattern = re.compile(self.source, FLAGS)
        return self._pattern.search(value)


class Signatures:
    """The shipped signatures, or those of ``folder``, and those of a laboratory's own devices (``learned``).

    ``cache``: folder of the compiled form; "" for no cache.
    """

    def __init__(
        self, folder: Path | None = None, cache: str | None = None, learned: Sequence[LearnedDevice] = ()
    ) -> None:
        self.folder = folder or SHIPPED
        index = load_compiled(self.folder, cache)
        self.problems: list[str] = index["problems"]
        self.makers = Makers(index["makers"])
        self._mention_fields = frozenset(index["mention"])
        self._domains: dict[str, list[Any]] = index["domains"]
        self.files: dict[str, list[str]] = index["fields"]
        self._raw: dict[str, list[list[Any]] | str] = index["entries"]
        self._entries: dict[str, list[_Entry]] = {}
        for device in learned:
            self._add(device)
        self._words: dict[str, tuple[str, float]] | None = None
        self._grams: dict[str, tuple[dict[str, list[int]], list[int]]] = {}
        # Distinct values of a few hundred devices; an attacker's only cost the match again.
        self._matched = lru_cache(maxsize=16384)(self._match)

    def _add(self, device: LearnedDevice) -> None:
        for field, entry in device.entries():
            file = f"learned {field}"
            if file not in self._entries:
                self._entries[file] = []
                self.files.setdefault(field, []).append(file)
            self._entries[file].append(_Entry(entry))

    def match(self, field: str, value: str) -> tuple[SignatureMatch, ...]:
        """What ``value`` (at most 512 characters) says in ``field``."""
        return self._matched(field, value)

    def _match(self, field: str, value: str) -> tuple[SignatureMatch, ...]:
        lower = value.lower()
        matches = [match for file in self.files.get(field, ()) for match in self._match_file(file, value, lower)]
        if field in self._mention_fields:
            matches += [
                SignatureMatch("vendor", name, MENTION, "makers/mention") for name in self.makers.mentioned(value)
            ]
        return tuple(matches)

    def _match_file(self, file: str, value: str, lower: str) -> Iterator[SignatureMatch]:
        entries = self._of_file(file)
        by_gram, always = self._index(file, entries)
        hits = set(always)
        # Only entries of which a literal begins in the value: the cost is its length, not the number of entries.
        for start in range(len(lower) - GRAM + 1):
            found = by_gram.get(lower[start : start + GRAM])
            if found:
                hits.update(found)
        for number in sorted(hits):
            yield from self._matches(entries[number], value, lower)

    def _index(self, file: str, entries: list[_Entry]) -> tuple[dict[str, list[int]], list[int]]:
        index = self._grams.get(file)
        if index is None:
            by_gram: dict[str, list[int]] = {}
            always: list[int] = []
            for number, entry in enumerate(entries):
                if not entry.literals or min(map(len, entry.literals)) < GRAM:
                    always.append(number)
                    continue
                for text in entry.literals:
                    by_gram.setdefault(text[:GRAM], []).append(number)
            index = self._grams[file] = (by_gram, always)
        return index

    def _of_file(self, file: str) -> list[_Entry]:
        found = self._entries.get(file)
        if found is None:
            raw = self._raw[file]
            rows = json.loads(raw) if isinstance(raw, str) else raw
            found = self._entries[file] = [_Entry(data) for data in rows]
        return found

    def entries(self, field: str) -> list[_Entry]:
        """The entries that hold for ``field``."""
        return [entry for file in self.files.get(field, ()) for entry in self._of_file(file)]

    def _matches(self, entry: _Entry, value: str, lower: str) -> Iterator[SignatureMatch]:
        found = entry.match(value, lower)
        if found is None:
            return
        says = entry.says
        if entry.rows is not None:
            row = entry.rows.get((found[1] or "").lower())
            if row is None:
                return
            says = {**says, **row}
        for kind in KINDS:
            if kind in says and (text := fill(says[kind], found)):
                if kind == "vendor":
                    maker = self.makers.find(text)
                    if maker.module if maker is not None else entry.listed:
                        continue
                    text = maker.name if maker else self.makers.spelling(text)
                yield SignatureMatch(kind, text, entry.weights.get(kind, entry.weights["all"]), entry.id)

    def words(self, name: str) -> list[NameWord]:
        """The kinds of device that the words of ``name`` say (``name.word.toml``), as far as they count."""
        return name_words(name[:MAX_NAME], self._word)

    def _word(self, word: str) -> tuple[str, float] | None:
        if self._words is None:
            self._words = {
                key: (row["category"], entry.weights["all"])
                for entry in self.entries(WORDS)
                for key, row in (entry.rows or {}).items()
            }
        return self._words.get(word)

    @property
    def domains(self) -> int:
        """How many domains are listed."""
        return len(self._domains)

    def domain(self, name: str) -> Domain | None:
        """The longest listed domain at or above ``name``; else its own, where that is a maker's distinctive name."""
        labels = name.lower().rstrip(".").split(".")[-DOMAIN_LABELS:]
        found: Domain | None = None
        for start in range(len(labels) - 1):
            listed = self._domains.get(name := ".".join(labels[start:]))
            if listed is not None:
                found = Domain(name, *listed) if found is None else _with_above(found, Domain(name, *listed))
        if found is not None and found.party:
            return found
        owner = self.makers.of_label(labels[-2]) if len(labels) > 1 else None
        return Domain(".".join(labels[-2:]), owner, "vendor", OWN_NAME) if owner else None


def _with_above(found: Domain, above: Domain) -> Domain:
    """What a listed domain says, with what one above it adds: an owner if it has none, the owner's platform."""
    if found.owner is None and above.owner is not None and above.party == "vendor":
        found = found._replace(owner=above.owner, party=above.party, weight=above.weight)
    if found.category is None and found.owner == above.owner:
        found = found._replace(category=above.category, category_weight=above.category_weight)
    return found if found.platform else found._replace(platform=above.platform)


def fill(template: str, found: re.Match[str]) -> str:
    """``template`` with the match's groups for ``{0}`` … ``{9}``; "" if one is absent or the text too long."""
    if "{" not in template:
        return template

    def group(place: re.Match[str]) -> str:
        return found[int(place[1])] or ""

    text = " ".join(re.sub(r"\{(\d)\}", group, template).replace("_", " ").split()).strip(" -_,;:/")
    return text if 0 < len(text) <= MAX_CLAIM and text.isprintable() else ""
