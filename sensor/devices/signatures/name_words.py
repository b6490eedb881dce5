"""Words of the names that devices give themselves, and the kinds of device that they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sensor.lazy_pattern import expression

RUN = 3
"""Words in a row that may be one ("set top box", "smart-plug")."""

MAX_WORDS = 24
"""Words of a name that are looked at; real names have under ten."""

SUFFIX = 6
"""Letters of a word that counts at the end of a longer one ("gartenkamera"); shorter ones end too many others."""

SUFFIX_FACTOR = 0.8
"""Factor of its weight there."""

SURE = 1.5
"""Weight of a word that is no part of other words by chance."""

PERSONAL = frozenset({"phone", "tablet", "computer"})
"""What people name after themselves: such a word beats the others of a name ("Camera-iPhone")."""

SERVES = ("plug", "sensor", "switch")
"""Kinds that are named after what they serve ("tv-plug", "washer sensor"): they beat the thing's own word."""

NARROWER = {
    "camera": ("doorbell", "baby_monitor", "hub"),
    "light": ("camera",),
    "speaker": ("voice_assistant", "tv"),
    "tv": ("media_player",),
    "lock": ("hub",),
    "appliance": ("thermostat",),
    "alarm": ("hub",),
    "nas": ("server",),
}  # fmt: skip
"""Kind -> kinds that say more where both stand in one name ("doorbell camera", "camera hub", "tv box")."""

_PARTS = expression(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[^\W\d_A-ZÀ-Þ]+|\d+")


class NameWord(NamedTuple):
    """A word that says a kind: category, weight in log-odds, the word."""

    category: str
    weight: float
    word: str


Find = Callable[[str], tuple[str, float] | None]
"""A word in lower case -> category and weight."""


def parts(name: str) -> list[str]:
    """Words of a name in lower case: split at what is no letter, at capitals, before and after digits."""
    return [part.lower() for part in _PARTS.findall(name)[:MAX_WORDS]]


def name_words(name: str, find: Find) -> list[NameWord]:
    """The words of ``name`` that count; kinds that contradict each other all stand."""
    found = list(_known(parts(name), find))
    kinds = {one.category for one in found}
    if kinds & PERSONAL:
        return [one for one in found if one.category in PERSONAL]
    serving = next((kind for kind in SERVES if kind in kinds), None)
    if serving == "switch" and "hub" in kinds:  # neither beats the other: brands are called after switches, too
        return found
    if serving is not None:
        return [one for one in found if one.category == serving]
    return [
        one._replace(weight=max([one.weight, *(other.weight for other in found if _narrows(one, other))]))
        for one in found
        if kinds.isdisjoint(NARROWER.get(one.category, ()))
    ]


def _narrows(one: NameWord, other: NameWord) -> bool:
    """Whether ``one`` says more of what ``other`` says: a lock's "gw" is no weaker than its "lock"."""
    return one.category in NARROWER.get(other.category, ())


def _known(words: list[str], find: Find) -> Iterator[NameWord]:
    start = 0
    while start < len(words):
        for stop in range(min(len(words), start + RUN), start, -1):
            word = "".join(words[start:stop])
            known = find(word) or (find(word[:-1]) if len(word) > SURE_PLURAL and word.endswith("s") else None)
            if known is not None:
                yield NameWord(*known, word)
                start = stop - 1
                break
        else:
            yield from _ending(words[start], find)
        start += 1


SURE_PLURAL = 4
"""Letters of a word whose last "s" may be its plural."""


def _ending(word: str, find: Find) -> Iterator[NameWord]:
    for start in range(1, len(word) - SUFFIX + 1):
        known = find(word[start:])
        if known is not None and known[1] >= SURE:
            yield NameWord(known[0], known[1] * SUFFIX_FACTOR, word[start:])
            return
