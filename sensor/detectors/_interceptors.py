"""Interceptors of TLS by the issuers of their certificates (``signatures/interceptors.toml``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table

ATTRIBUTES = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
}
"""Attributes of a name that a row may ask for (RFC 4514 section 3)."""


@dataclass(frozen=True, slots=True)
class Interceptor:
    """A program that re-signs what it intercepts; ``issuer``: by attribute the pattern of the whole value."""

    product: str
    issuer: Mapping[str, re.Pattern[str]]
    examples: tuple[str, ...]
    silent: tuple[str, ...]
    source: str

    def issued(self, name: x509.Name) -> bool:
        """Whether the name is that of its issuer."""
        return all(
            any(pattern.fullmatch(str(one.value)) for one in name.get_attributes_for_oid(ATTRIBUTES[attribute]))
            for attribute, pattern in self.issuer.items()
        )


@cache
def interceptors() -> tuple[Interceptor, ...]:
    """The shipped table."""
    rows = shipped_table("signatures", "interceptors.toml")["interceptor"]
    return tuple(
        Interceptor(
            product=row["product"],
            issuer={key: re.compile(value, re.IGNORECASE) for key, value in row["issuer"].items()},
            examples=tuple(row["examples"]),
            silent=tuple(row["silent"]),
            source=f"{row['source']} ({row['date'].isoformat()})",
        )
        for row in rows
    )


def interceptor_of(names: Iterable[x509.Name]) -> Interceptor | None:
    """The interceptor to which one of these names of issuers belongs."""
    known = tuple(names)
    return next((row for row in interceptors() if any(row.issued(name) for name in known)), None)
