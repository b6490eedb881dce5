"""Countries of addresses, by a file in MaxMind's format (GeoLite2, DB-IP, IPinfo …) of the user."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sensor.lazy_pattern import expression

ANSWERS = 8192
"""Addresses whose country is remembered."""

CODE = expression(r"[A-Z]{2}")


class Geo:
    """An open file. ``country`` gives the ISO 3166 code of an address in text, None where the file has none."""

    def __init__(self, path: Path) -> None:
        """Open it. ValueError where it is no such file, OSError where it cannot be read."""
        import maxminddb

        try:
            self._reader = maxminddb.open_database(str(path))
        except (maxminddb.InvalidDatabaseError, ValueError, KeyError, IndexError, TypeError, UnicodeDecodeError):
            raise ValueError(f"{path}: is no file in MaxMind's format") from None
        self._damaged = (maxminddb.InvalidDatabaseError, ValueError, IndexError, KeyError, TypeError, RecursionError)
        self.country = lru_cache(ANSWERS)(self._country)

    def _country(self, address: str) -> str | None:
        try:
            # An IPv6 address in a file of IPv4 ones is a ValueError, and so is most damage within the file.
            row: Any = self._reader.get(ipaddress.ip_address(address))
        except self._damaged:
            return None
        if not isinstance(row, dict):
            return None
        for place in (row.get("country"), row.get("registered_country"), row.get("country_code")):
            code = place.get("iso_code") if isinstance(place, dict) else place
            if isinstance(code, str) and CODE.fullmatch(code):
                return code
        return None
