"""The program's checksums can be made again without the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import sensor
import signatures
from sensor.store.provenance import tool


def coreutils(folder: Path, *suffixes: str) -> str:
    names = " -o ".join(f"-name '*{suffix}'" for suffix in suffixes)
    command = f"find . -type f \\( {names} \\) -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    run = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return run.stdout.split()[0]


@pytest.mark.skipif(not Path("/usr/bin/sha256sum").exists(), reason="needs coreutils")
def test_sha256sum_says_the_same() -> None:
    found = tool()
    assert found.version == sensor.__version__
    assert found.sha256 == coreutils(Path(sensor.__file__).parent, ".py", ".pyi", ".toml", ".html", ".css")
    assert found.signatures_sha256 == coreutils(Path(signatures.__file__).parent, ".toml", ".csv", ".tsv")
