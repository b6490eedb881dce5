"""Publications in English, for tests."""

from __future__ import annotations

from sensor.catalogue import worded
from sensor.verdicts.published import Published


def text_of(published: Published) -> str:
    return ", ".join(one if isinstance(one, str) else worded("reason", *one) for one in published.parts)
