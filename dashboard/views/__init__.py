"""The pages: one module a page, each with a ``blueprint``, discovered as protocols and detectors are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from flask import Blueprint


def blueprints() -> Iterator[Blueprint]:
    """The ``blueprint`` of every module in this package, in the order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if not module.name.startswith("_"):
            yield importlib.import_module(f"{__name__}.{module.name}").blueprint
