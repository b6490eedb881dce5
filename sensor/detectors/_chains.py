"""Certificate chains as detectors see them: judged at a packet's time, and who issued them.

cryptography takes 30 ms to load: the modules that need it are imported with the first chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sensor.light_dataclass import dataclass

MAX_CHAIN = 10
"""Certificates of a chain that are examined: public chains have four at most."""

CHAINS_CACHED = 64
"""Chains whose judgement is cached, with their bytes (some 3 kB each, 128 kB at the most)."""


@dataclass(frozen=True, slots=True)
class JudgedChain:
    """What speaks against a chain. ``subject``: RFC 4514 text; ``why``: the reasons of docs/output.md."""

    subject: str
    why: tuple[str, ...]

    @property
    def fatal(self) -> bool:
        """Whether it is invalid for every client.

        The other reasons may not apply to a client with its maker's root or a pinned certificate.
        """
        return bool(set(self.why) & {"expired", "not_yet_valid"})

    @property
    def sound(self) -> bool:
        """Whether it proves to every client who the server is: a long life breaks a rule of the authorities only."""
        return not set(self.why) - {"long_validity"}


def judge_chain(chain: Sequence[bytes], server_name: str | None, time: int) -> JudgedChain | None:
    """Reasons against the chain (leaf first) for ``server_name`` at ``time`` (ns); ``unreadable`` alone where the leaf
    cannot be read, None without one.
    """
    if not chain:
        return None
    from sensor.detectors._certificates import judge_at_any_time

    judged = judge_at_any_time(tuple(chain[:MAX_CHAIN]), server_name)
    if judged is None:
        return JudgedChain("", ("unreadable",))
    instant = datetime.fromtimestamp(time // 1_000_000_000, UTC)
    why = ["expired"] if instant > judged.not_after else []
    if instant < judged.not_before:
        why.append("not_yet_valid")
    return JudgedChain(judged.subject, (*why, *judged.why))


@dataclass(frozen=True, slots=True)
class ChainIssuers:
    """``issuer`` of the leaf and ``issuers`` of all certificates, as RFC 4514 text; ``names``: those of the issuers
    and their common names and organisations, in small letters; ``sums``: SHA-256 of each certificate.

    ``published``: it may be a public authority's, though its root is in no list now. ``interceptor``: the product that
    makes such chains.
    """

    issuer: str
    issuers: tuple[str, ...]
    names: frozenset[str]
    sums: tuple[str, ...]
    published: bool
    interceptor: str | None

    def is_of(self, authority: str) -> bool:
        """Whether the authority, by its subject or the SHA-256 of its certificate, issued the chain."""
        wanted = authority.lower()
        return wanted in self.names or wanted in self.sums

    def shares_issuer(self, other: ChainIssuers) -> bool:
        """Whether an issuer is in both."""
        return bool(set(self.issuers) & set(other.issuers))


def chain_issuers(chain: Sequence[bytes]) -> ChainIssuers | None:
    """Of a chain, leaf first; None for an unreadable leaf, and without one."""
    if not chain:
        return None
    from sensor.detectors._issuers import issuers_of

    return issuers_of(tuple(chain))
