"""Catalogues: the visible sentences of a part of the program, a TOML file for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

LANGUAGES: Final = ("en", "de")
"""Languages that every catalogue has; the first is that of records."""


@cache
def texts_of(package: str, language: str = LANGUAGES[0]) -> dict[str, Any]:
    """The catalogue of a package. FileNotFoundError where it has none of that language."""
    return tomllib.loads(files(package).joinpath("texts", f"{language}.toml").read_text("utf-8"))


def counted(forms: Mapping[str, str], count: int, shown: str | None = None, **parameters: object) -> str:
    """The sentence of a number: ``forms`` has ``one`` and ``many``; ``shown`` is how ``{count}`` is written."""
    return forms["one" if count == 1 else "many"].format(count=shown or f"{count:,}", **parameters)
