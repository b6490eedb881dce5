"""Mask of words of the wire, such as paths of URLs: secrets and personal data are covered."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sensor.evidence.encoded_forms import TooManyReadings
from sensor.evidence.packet import ByteRange, merge_ranges
from sensor.evidence.personal_patterns import personal_ranges
from sensor.evidence.secret_patterns import secret_ranges
from sensor.evidence.value_index import MIN_VALUE_BYTES, TooManyValues, ValueIndex, search, value_parts
from sensor.model import Secret
from sensor.personal_data.finder import find
from sensor.vault import MaskedValues, Vault

COVER = "***"
"""In place of what is covered; its length is not told."""

REMEMBERED = 4096
"""Texts whose masked form is remembered: the same paths come again and again."""


class TextMask:
    """``secrets``: values known from logins. Where they are too many to search for, all of a text is covered."""

    def __init__(self, secrets: Iterable[bytes] = ()) -> None:
        self._index: ValueIndex | None
        try:
            self._index = ValueIndex(
                part for value in secrets for part in value_parts(value) if len(part) >= MIN_VALUE_BYTES
            )
        except TooManyValues:
            self._index = None
        self.path = lru_cache(REMEMBERED)(self._path)
        self.name = lru_cache(REMEMBERED)(self._name)

    def _path(self, text: str) -> str:
        """A path: what looks like a key or like personal data is covered, too."""
        data = text.encode("utf-8", "surrogateescape")
        return self._covered(data, [*secret_ranges(data), *personal_ranges(data)])

    def _name(self, text: str) -> str:
        """A name of a host or of a certificate's owner, which is random in good order."""
        return self._covered(text.encode("utf-8", "surrogateescape"), [])

    def _covered(self, data: bytes, places: list[ByteRange]) -> str:
        try:
            places = [*places, *self._known(data)]
        except (TooManyReadings, TooManyValues):
            return COVER
        found, done = [], 0
        for start, end in merge_ranges(places):
            found += [data[done:start].decode("utf-8", "backslashreplace"), COVER]
            done = end
        return "".join([*found, data[done:].decode("utf-8", "backslashreplace")])

    def _known(self, data: bytes) -> list[ByteRange]:
        if self._index is None:
            raise TooManyValues
        personal = {text.encode("utf-8", "replace") for one in find(data) for text in (one.text, one.value)}
        beside = [ValueIndex(personal)] if personal else []
        return search([one for one in (self._index, *beside) if one.values], data).places


class LearningMask:
    """Learns a run's secrets, for a mask at its end; ``vault`` then remembers what it shows masked."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._values = vault.seen = vault.seen or MaskedValues()

    def learn(self, secret: Secret) -> None:
        """A secret that texts must not show."""
        self._vault.shown(secret)

    def mask(self) -> TextMask:
        """A mask of all secrets so far."""
        return TextMask(self._values.values.values())
