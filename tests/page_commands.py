"""Commands of a documentation page, run word for word in a folder with the program on its path."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.M | re.S)


def commands(page: str, language: str = "sh") -> list[str]:
    """The lines of all blocks of this language, without their indentation."""
    return [line.strip() for _, kind, block in BLOCK.findall(page) if kind == language for line in block.splitlines()]


def with_program(folder: Path) -> Path:
    """The folder with `bin/lanwitness`, which runs this checkout."""
    program = folder / "bin" / "lanwitness"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sensor "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command there. A traceback fails the test; the exit status is the caller's."""
    more = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "LANWITNESS_STATE": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **more}, capture_output=True, timeout=300, text=True, check=False
    )
    assert "Traceback" not in done.stderr, f"{command}\n{done.stderr}"
    return done
