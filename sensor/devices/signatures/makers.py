"""Makers: one spelling of each name, and what it makes: products, or modules for others' products."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any

from sensor.light_dataclass import dataclass

LEGAL = frozenset(
    {
        "inc", "incorporated", "ltd", "limited", "co", "corp", "corporation", "company", "gmbh", "ag", "sa", "srl",
        "spa", "bv", "nv", "ab", "as", "asa", "oy", "oyj", "plc", "llc", "lp", "kg", "kk", "pty", "pte", "sdn", "bhd",
        "sl", "sas", "aps", "ev", "holding", "holdings", "group", "cokg", "mbh", "international", "intl", "the",
    }
)  # fmt: skip
"""Words of legal forms and the like, which do not distinguish makers."""

GENERIC = frozenset(
    {
        "technology", "technologies", "tech", "electronics", "electronic", "electric", "systems", "system", "networks",
        "network", "networking", "communications", "communication", "telecom", "semiconductor", "labs", "lab",
        "laboratories", "devices", "device", "solutions", "digital", "manufacturing", "industries", "industrial",
        "products", "software", "hardware", "wireless", "mobile", "home", "smart", "security", "energy", "iot", "usa",
        "us", "uk", "europe", "america", "americas", "germany", "deutschland", "france", "china", "japan", "korea",
        "taiwan", "asia", "hk", "shenzhen", "singapore", "hong", "kong", "hongkong", "india", "malaysia", "vietnam",
        "thailand", "brasil", "mexico", "canada", "australia", "chongqing", "suzhou", "kunshan", "dongguan", "global",
        "worldwide", "north", "n", "s", "a", "of",
    }
)  # fmt: skip
"""Words that may follow a maker's name that is a common word: "Ring Solutions" is Ring, "Pure Energie" is not Pure."""

SHORTEST_WORD = 4
"""Letters of a name that is searched in texts; "HP" and "LG" stand in too many others."""

MAX_WORDS = 6
"""Leading words of a name that are compared; no maker in the list has more."""


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker. ``makes``: category of nearly all its networked products; ``module``: parts, or others' products."""

    name: str
    makes: str | None = None
    module: bool = False
    also: tuple[str, ...] = field(default=(), compare=False)
    word: bool = False
    """Its name is no common word: every name that begins with it is this maker's."""
    of: str | None = None
    """The firm whose prefixes, clouds and names it also uses."""
    phones: bool = False
    """It makes phones, too: under its prefix, a phone's system means a phone."""
    platform: bool = False
    """Its modules run its own software and talk to its own cloud, whoever's brand is on the product."""
    brands: tuple[str, ...] = field(default=(), compare=False)
    """Makers in whose products its modules are: a hint for one of them that something else names."""
    handhelds: bool = False
    """It makes phones or tablets among much else with their systems: only a device's own attributes decide which."""


def words(name: str) -> tuple[str, ...]:
    """Words of a name without its legal form, lower case.

    ``"TP-LINK TECHNOLOGIES CO.,LTD."`` -> ``("tp", "link", "technologies")``
    """
    plain = name.lower().replace("&", " and ").replace("'", "").replace("+", " plus ")
    return tuple(word for word in re.findall(r"[^\W_]+", plain) if word not in LEGAL)


class Makers:
    """The list of makers (``signatures/makers.toml``)."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows
        self._by_words: dict[str, int] = {}
        for number, row in enumerate(rows):
            for key in row.get("keys") or keys_of(row):
                self._by_words.setdefault(key, number)
        self._by_label: dict[str, str] | None = None
        # Names repeat from device to device; hostile ones only cost the look-up again.
        self._cached = lru_cache(maxsize=4096)(self._find)

    @property
    def all(self) -> list[Maker]:
        """Every maker of the list."""
        return [_maker(row) for row in self._rows]

    def find(self, name: str) -> Maker | None:
        """The maker that ``name`` begins with; None if it is not on the list."""
        return self._cached(name)

    def _find(self, name: str) -> Maker | None:
        parts = words(name[:200])[:MAX_WORDS]
        for length in range(len(parts), 0, -1):
            number = self._by_words.get(" ".join(parts[:length]))
            if number is not None:
                found = _maker(self._rows[number])
                if found.word or length > 1 or GENERIC.issuperset(parts[length:]):
                    return found
        return None

    def spelling(self, name: str) -> str:
        """The list's spelling, or the name itself without its legal form."""
        found = self.find(name)
        return found.name if found else tidy(name)

    def mentioned(self, text: str) -> list[str]:
        """Makers whose distinctive names (``word``) stand in ``text`` as words.

        Also run together ("TPLink") or with a number ("Sonos5").
        """
        labels = self._labels()
        parts = re.findall(r"[a-z0-9]+", text.lower())
        found: list[str] = []
        start = 0
        while start < len(parts):
            for stop in range(min(len(parts), start + MAX_WORDS), start, -1):
                name = "".join(parts[start:stop])
                maker = labels.get(name) or labels.get(name.rstrip("0123456789"))
                if maker is not None:
                    found.append(maker)
                    start = stop - 1
                    break
            start += 1
        return list(dict.fromkeys(found))

    def _labels(self) -> dict[str, str]:
        """Distinctive names, run together in lower case -> the name."""
        if self._by_label is None:
            self._by_label = {
                "".join(words(maker.name)): maker.name
                for maker in self.all
                if maker.word and not maker.module and len(maker.name) >= SHORTEST_WORD
            }
        return self._by_label

    def of_label(self, label: str) -> str | None:
        """The maker whose distinctive name is exactly a domain's label (``fitbit``, ``t-link`` as ``tlink``)."""
        return self._labels().get(label.replace("-", "").lower())

    def related(self, one: str, other: str) -> bool:
        """Whether two names (as `spelling` gives them) are the same maker or of one brand group."""
        return self.brand_group(one) == self.brand_group(other)

    def brand_group(self, name: str) -> str:
        """One key for a maker and the brands it owns."""
        found = self.find(name)
        return (found.of or found.name if found else name).casefold()


def keys_of(row: Mapping[str, Any]) -> list[str]:
    """The names of a maker's entry as they are compared: words without legal forms, one blank between."""
    return [" ".join(words(name)) for name in (row["name"], *row.get("also", ()))]


def _maker(row: Mapping[str, Any]) -> Maker:
    return Maker(
        row["name"],
        row.get("makes"),
        row.get("module", False),
        tuple(row.get("also", ())),
        row.get("word", False),
        row.get("of"),
        row.get("phones", False),
        row.get("platform", False),
        tuple(row.get("brands", ())),
        row.get("handhelds", False),
    )


def tidy(name: str) -> str:
    """A registered name without its legal form: ``"Example Technology Co.,Ltd"`` -> ``"Example Technology"``."""
    parts = re.split(r"[\s,]+", name[:200].strip())
    while len(parts) > 1 and re.sub(r"[^a-z]", "", parts[-1].lower()) in LEGAL | {"coltd", ""}:
        parts.pop()
    return " ".join(parts).strip(" .,-")
