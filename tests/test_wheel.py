"""The wheel holds everything that the program reads: built from what is in the repository, unpacked, and run with
nothing of the checkout on its path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lanwitness", "sensor", "dashboard", "signatures")
SHIPPED = ("docs", "deploy", "pcaps")
BUILDS = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def tracked(tops: tuple[str, ...] = PACKAGES) -> list[str]:
    """Files of the packages (or of other folders), as a checkout has them: those that git knows, or all where there is
    no git.
    """
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *tops],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if said.returncode == 0 and said.stdout:
        return [name for name in said.stdout.splitlines() if (ROOT / name).is_file()]
    found = (path.relative_to(ROOT) for package in tops for path in (ROOT / package).rglob("*") if path.is_file())
    left_out = {".so", ".c", ".pyc"}
    return [str(path) for path in found if path.suffix not in left_out and path.name != "index.json"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with what is built, and nothing else."""
    source = tmp_path_factory.mktemp("source")
    for name in (*tracked(), *tracked(SHIPPED), *BUILDS):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    return source


def build(source: Path, kind: str) -> Path:
    """The ``wheel`` or ``sdist`` of a checkout."""
    # Uncompiled: what is asked here is which files come along; CI compiles elsewhere.
    environment = {**os.environ, "LANWITNESS_PLAIN": "1"}
    code = f"from setuptools.build_meta import build_{kind}; build_{kind}('dist')"
    command = [sys.executable, "-c", code]
    made = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-3000:]
    [found] = (source / "dist").glob("lanwitness-*.whl" if kind == "wheel" else "lanwitness-*.tar.gz")
    return found


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like site-packages with the unpacked wheel."""
    out = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(build(source, "wheel")) as archive:
        archive.extractall(out)
    return out


def run(installed: Path, code: str, folder: Path, *arguments: str) -> str:
    """Run code with the wheel first on the path, from a folder that is not the checkout."""
    start = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); import sensor; "
        f"assert sensor.__file__.startswith({str(installed)!r}), sensor.__file__; "
    )
    environment = {**os.environ, "LANWITNESS_STATE": str(folder / "state"), "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-P", "-c", start + code, *arguments], cwd=folder, env=environment,
        capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    return done.stdout


PROGRAM = "from sensor.cli.main import main; main()"


def test_every_file_of_the_packages_is_in_it(installed: Path) -> None:
    names = tracked()
    assert len(names) > 300
    assert [name for name in names if not (installed / name).is_file()] == []
    assert (installed / "signatures" / "index.json").is_file(), "the read form of the signatures"


def test_the_sdist_has_what_a_wheel_is_made_of(source: Path) -> None:
    with tarfile.open(build(source, "sdist")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {*tracked(), *tracked(SHIPPED), *BUILDS}
    assert {name for name in wanted if name not in names} == set()


def test_nothing_else_is_in_it(installed: Path) -> None:
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == set(PACKAGES)
    [info] = installed.glob("*.dist-info")
    assert (info / "licenses" / "LICENSE").is_file() and "lanwitness = sensor.cli.main:main" in (
        info / "entry_points.txt"
    ).read_text("utf-8")


def test_it_reads_a_capture_keeps_reports_and_shows_it(installed: Path, tmp_path: Path) -> None:
    """Signatures, migrations of the store, texts and templates of report and dashboard."""
    capture, store, page = ROOT / "pcaps" / "ftp_login" / "capture.pcap", tmp_path / "home.db", tmp_path / "home.html"
    told = run(installed, PROGRAM, tmp_path, "replay", "--plain", "--store", str(store), str(capture))
    assert "ftp" in told.lower()
    run(installed, PROGRAM, tmp_path, "report", "--store", str(store), "--html", str(page))
    assert page.read_text("utf-8").lower().startswith("<!doctype html>")
    shown = run(
        installed,
        "from dashboard import create_app; "
        f"client = create_app({str(store)!r}).test_client(); "
        "pages = ('/', '/findings', '/runs', '/help', '/metrics', '/style.css')\n"
        "print([client.get(page).status_code for page in pages])",
        tmp_path,
    )
    assert shown.strip() == "[200, 200, 200, 200, 200, 200]"


def test_what_is_shipped_is_there_and_its_accuracy_is_measured(installed: Path, tmp_path: Path) -> None:
    for name in ("docs", "grafana", "rules", "schemas", "captures"):
        place = Path(run(installed, PROGRAM, tmp_path, "files", name).strip())
        assert place.exists() and place.is_relative_to(installed)
    assert "13 captures of our own" in run(installed, PROGRAM, tmp_path, "check")


def test_it_says_its_version_and_how_it_is(installed: Path, tmp_path: Path) -> None:
    assert run(installed, PROGRAM, tmp_path, "--version").startswith("lanwitness, version ")
    assert "configuration" in run(installed, PROGRAM, tmp_path, "doctor", "--config", str(_config(tmp_path)))


def _config(folder: Path) -> Path:
    path = folder / "home.toml"
    path.write_text('[store]\npath = "home.db"\n', "utf-8")
    return path
