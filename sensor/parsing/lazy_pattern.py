"""Regular expression over bytes that is compiled when it is first used: most runs meet few of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property


class LazyPattern:
    """``source`` gives the expression, when it is needed."""

    def __init__(self, source: Callable[[], bytes], flags: int = 0) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def compiled(self) -> re.Pattern[bytes]:
        """The expression itself."""
        return re.compile(self._source(), self._flags)

    def search(self, data: bytes) -> re.Match[bytes] | None:
        """See `re.Pattern.search`."""
        return self.compiled.search(data)

    def match(self, data: bytes) -> re.Match[bytes] | None:
        """See `re.Pattern.match`."""
        return self.compiled.match(data)

    def fullmatch(self, data: bytes) -> re.Match[bytes] | None:
        """See `re.Pattern.fullmatch`."""
        return self.compiled.fullmatch(data)

    def finditer(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """See `re.Pattern.finditer`."""
        return self.compiled.finditer(data)
