"""Run as a program of its own: the kept packets of a finding through Wireshark's dissectors, line by line onto standard output."""

from __future__ import annotations

import os
import sys

from sensor import config
from sensor.evidence.dissect import NoDissector, dissect_kept
from sensor.evidence.storage import Folder, beside
from sensor.store.location import store_location

STORE = "LANWITNESS_DISSECTING_STORE"
"""The variable of the environment that names the store: a URL may hold a password, and arguments are for everybody to see."""

MOST = 16
"""Packets that are dissected."""


def main(run: str, finding: str) -> int:
    """0 where all was told, 2 without dissectors."""
    packets = Folder(beside(store_location(os.environ[STORE]), config.load().state)).of(run, finding)[:MOST]
    try:
        for line in dissect_kept(packets):
            sys.stdout.write(line + "\n")
    except NoDissector:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
