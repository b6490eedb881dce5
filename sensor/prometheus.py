"""Prometheus exposition that `watch` and `serve` share: registry, bearer tokens, state sets, encoding."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from sensor import __version__

SHORTEST_TOKEN = 16
"""Characters of a user's token: a shorter one can be guessed."""


def read_token(path: Path) -> str:
    """The token in a user's file. Raises OSError, UnicodeDecodeError, and ValueError with a sentence for a
    weak token.
    """
    token = path.read_text("ascii").strip()
    if len(token) < SHORTEST_TOKEN or not token.isprintable() or " " in token:
        raise ValueError(f"a token has at least {SHORTEST_TOKEN} characters without spaces")
    return token


def authorized(header: str, token: str) -> bool:
    """Whether an Authorization field shows the bearer token (RFC 6750 2.1; the scheme's case is free, RFC
    9110 11.1).
    """
    scheme, _, shown = header.partition(" ")
    # In constant time: how much of a guess is right must not be measurable.
    same = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), token.encode())
    return scheme.lower() == "bearer" and same


def registry_of(program: str, figures: Collector) -> CollectorRegistry:
    """A registry of a program's own figures, of its build (``lanwitness_build_info``), process and Python."""
    registry = CollectorRegistry()
    registry.register(figures)
    Info("lanwitness_build", "The program and its version; always 1.", registry=registry).info(
        {"program": program, "version": __version__}
    )
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """All metrics in the format that an Accept field asks for, and its content type."""
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


def add_states(
    family: GaugeMetricFamily, labels: Sequence[str], states: Iterable[str], current: str, after: Sequence[str] = ()
) -> None:
    """Add a state set: 1 for the current state, 0 for all others. The state's label stands between ``labels`` and
    ``after``."""
    for state in states:
        family.add_metric([*labels, str(state), *after], float(state == current))
