"""Parts of pages that stay as they are: paths of links, rendered rows of what did not change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, request
from markupsafe import Markup

from dashboard.language import language

LINKS = 4096
"""Links that stay in memory; a page has some hundreds."""

LONGEST = 400
"""Characters of the values of one that does: what comes from a request can be longer."""

ROWS = 1000
"""Rendered rows that stay in memory: some 2 MB."""

LARGEST = 8000
"""Characters of what a row is made of: a larger one is rendered each time."""


class Links:
    """Paths of an application's routes: Flask builds each anew."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._known = lru_cache(LINKS)(self._made)

    def url_for(self, endpoint: str, **values: Any) -> str:
        """As `flask.url_for`, for a path."""
        given = tuple(values.items())
        if all(isinstance(value, str | int | None) for _, value in given) and len(str(given)) < LONGEST:
            return self._known(request.script_root, endpoint, given)
        return self._made(request.script_root, endpoint, given)

    def _made(self, _: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return self._app.url_for(endpoint, **dict(values))


class RenderedRows:
    """Rendered rows by what they are made of: after a change of the store most rows of a page are as before."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str, str], Markup] = OrderedDict()

    def __call__(self, *parts: Any, caller: Callable[[], str]) -> Markup:
        """What ``caller`` renders (``{% call rendered(…) %}``); it uses ``parts``, the language and links alone."""
        made_of = repr(parts)
        if len(made_of) > LARGEST:
            return Markup(caller())  # noqa: S704 (a template rendered it)
        key = (language(), request.script_root, made_of)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = Markup(caller())  # noqa: S704
            while len(self._rows) > ROWS:
                self._rows.popitem(last=False)
        return found
