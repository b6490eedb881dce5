"""Regular expressions that are compiled when they are first used: a run uses few of those it imports."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from re import compile as expression
else:

    def expression(pattern: str | bytes, flags: int = 0) -> LazyPattern:
        """`re.compile`, later: a mistake in the expression shows at its first use."""
        return LazyPattern(lambda: pattern, flags)


def expression_of(source: Callable[[], bytes], flags: int = 0) -> re.Pattern[bytes]:
    """An expression that is costly to put together."""
    return cast("re.Pattern[bytes]", LazyPattern(source, flags))


class CompiledPattern:
    """One that was used: without ``__getattr__``, which slows all look-ups of its class."""


class LazyPattern(CompiledPattern):
    """Stands in for a `re.Pattern`, but not where a function of `re` wants one."""

    def __init__(self, source: Callable[[], str | bytes], flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = re.compile(self._source(), self._flags)
        self.__dict__.update((one, getattr(compiled, one)) for one in PUBLIC)
        self.__class__ = CompiledPattern  # type: ignore[assignment]
        return getattr(compiled, name)


PUBLIC = tuple(name for name in dir(re.Pattern) if not name.startswith("_"))

__all__ = ["LazyPattern", "expression", "expression_of"]
