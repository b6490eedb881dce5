"""Line numbers of the tables and keys of a TOML text, for complaints about a user's file."""

from __future__ import annotations

from sensor.lazy_pattern import expression

HEADER = expression(r"\s*\[\[?\s*([A-Za-z0-9_.\- ]+?)\s*\]")
KEY = expression(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*[.=]""")

TomlPosition = tuple[tuple[str, int], ...]
"""Tables from the outermost in, each with its index in its array: ``(("device", 1), ("account", 0))``."""


class TomlLines:
    """Lines of the tables and keys of one file. A table without a header has the line of the one around it."""

    def __init__(self, text: str) -> None:
        self._tables: dict[TomlPosition, int] = {(): 1}
        self._keys: dict[tuple[TomlPosition, str], int] = {}
        here: TomlPosition = ()
        for number, line in enumerate(text.splitlines(), 1):
            header = HEADER.match(line)
            if header is not None:
                here = self._enter(header[1].replace(" ", ""), number)
            elif (key := KEY.match(line)) is not None:
                self._keys.setdefault((here, key[1] or key[2] or key[3]), number)

    def _enter(self, name: str, number: int) -> TomlPosition:
        *around, last = name.split(".")
        place: TomlPosition = ()
        for part in around:
            index = max(self._count(place, part) - 1, 0)
            place = (*place, (part, index))
        place = (*place, (last, self._count(place, last)))
        self._tables[place] = number
        return place

    def _count(self, around: TomlPosition, name: str) -> int:
        index = 0
        while (*around, (name, index)) in self._tables:
            index += 1
        return index

    def of(self, place: TomlPosition, key: str | None = None) -> int:
        """The line of a key in a table, else of the table, else of the nearest table around it that has a header."""
        if key is not None and (place, key) in self._keys:
            return self._keys[place, key]
        if key is not None and (*place, (key, 0)) in self._tables:
            return self._tables[*place, (key, 0)]
        while place not in self._tables:
            # An inline table stands in its parent's line of that name.
            place, name = place[:-1], place[-1][0]
            if (place, name) in self._keys:
                return self._keys[place, name]
        return self._tables[place]
