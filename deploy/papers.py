"""The papers of a release: wheel and sdist, the bill of materials (CycloneDX), and the notices of other people's licences.

    python deploy/papers.py [--out build/papers]

Both papers are of an environment that holds the wheel with what it needs, and nothing else. Wants the extra [release].
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build, install, write the papers and the sums of all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "papers")
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("lanwitness-*"), *out.glob("*.txt"), *out.glob("*.json")):
        old.unlink()
    _run(sys.executable, "-m", "build", "--outdir", str(out), str(ROOT))
    (wheel,) = out.glob("lanwitness-*.whl")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        _run(python, "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), str(wheel))
        _run(python, "-m", "pip", "uninstall", "-q", "-y", "setuptools", "pip")
        papers(python, out)
    files = sorted(path for path in out.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (out / "SHA256SUMS").write_text(sums, "utf-8")


def papers(python: str, out: Path) -> None:
    """The bill of materials and the notices of the environment of this ``python``."""
    pyproject = str(ROOT / "pyproject.toml")
    _run(
        "cyclonedx-py",
        "environment",
        "--pyproject",
        pyproject,
        "--output-reproducible",
        "-o",
        str(out / "sbom.cdx.json"),
        python,
    )
    licences = ["--with-license-file", "--no-license-path", "--with-urls", "--format=plain-vertical", "--with-system"]
    _run("pip-licenses", f"--python={python}", *licences, f"--output-file={out / 'NOTICES.txt'}")


def _run(program: str, *rest: str) -> None:
    beside = Path(sys.executable).parent / program
    subprocess.run([str(beside) if beside.exists() else program, *rest], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
