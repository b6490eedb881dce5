"""A program of its own: Wireshark's dissection of a finding's stored packets on standard output."""

from __future__ import annotations

import os
import sys

from sensor import config
from sensor.evidence.dissect import NoDissector, dissect_stored
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.store.location import store_location

STORE = "LANWITNESS_DISSECTING_STORE"
"""The environment variable that names the store: a URL may hold a password, and arguments are public."""

MOST = 16
"""Packets that are dissected."""


def main(run: str, finding: str) -> int:
    """Print the dissection; 0, or 2 without dissectors."""
    packets = EvidenceFolder(evidence_path(store_location(os.environ[STORE]), config.load().state)).of(run, finding)[
        :MOST
    ]
    try:
        for line in dissect_stored(packets):
            sys.stdout.write(line + "\n")
    except NoDissector:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
