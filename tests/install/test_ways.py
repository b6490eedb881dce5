"""Ways to install the program, each from nothing by a script of this folder, which then replays pcaps/home with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SECONDS = 1800


def install(way: str, *arguments: str, **environment: str) -> None:
    done = subprocess.run(
        ["sh", str(HERE / way), *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])


def test_a_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    """Not compiled, which is quick; the compiled one is nightly."""
    install("wheel", LANWITNESS_PLAIN="1", LANWITNESS_STATE=str(tmp_path))


@pytest.mark.nightly
def test_a_compiled_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    install("wheel", LANWITNESS_COMPILED="1", LANWITNESS_STATE=str(tmp_path))


@pytest.mark.nightly
def test_an_sdist_in_a_clean_environment(tmp_path: Path) -> None:
    install("sdist", LANWITNESS_COMPILED="1", LANWITNESS_STATE=str(tmp_path))


@pytest.mark.nightly
@pytest.mark.parametrize("installer", ["uv", "pipx"])
def test_a_tool_of_its_own(installer: str, tmp_path: Path) -> None:
    install("tool", installer, LANWITNESS_COMPILED="1", LANWITNESS_STATE=str(tmp_path))


@pytest.mark.nightly
def test_a_debian_package_in_a_clean_root() -> None:
    missing = [one for one in ("dpkg-buildpackage", "dh", "lintian", "debootstrap") if shutil.which(one) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"a clean root needs root and {', '.join(missing) or 'no more'}")
    install("debian")
