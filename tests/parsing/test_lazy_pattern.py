"""A lazy expression finds what the compiled one does, and is compiled once, when it is first used."""

import re

from sensor.parsing.lazy_pattern import LazyPattern


def test_it_is_compiled_once_and_late() -> None:
    made = []

    def source() -> bytes:
        made.append(1)
        return rb"b+"

    pattern = LazyPattern(source, re.IGNORECASE)
    assert made == []
    assert pattern.search(b"aBbc") is not None
    assert pattern.match(b"aBbc") is None
    assert pattern.fullmatch(b"BB") is not None
    assert [match.span() for match in pattern.finditer(b"bab")] == [(0, 1), (2, 3)]
    assert made == [1]
