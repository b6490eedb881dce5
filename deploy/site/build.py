"""The documentation as a static site, one folder for each version.

    python deploy/site/build.py [--out build/site]

Pages of docs/ and of the repository's top become pages of the site; links between them are kept, links to other files
of the repository become plain text. Nothing of the site is loaded from elsewhere. `index.html` beside the folders
lists the versions.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bench/README.md": "speed.md",
    "pcaps/README.md": "captures.md",
}
"""Pages outside docs/ -> their names on the site."""

CHAPTERS = {
    "First ten minutes": ("first-steps-home", "first-steps-laboratory", "first-steps-research"),
    "Install": ("install", "raspberry-pi", "openwrt", "configuration"),
    "Listen": ("live", "mirrors", "store", "alerts"),
    "Read": ("output", "schemas", "recipes", "corpora", "laboratory", "procedures"),
    "What decides": ("verdicts", "protocols", "classification", "signatures", "accepted", "peers"),
    "The project": ("what-it-sends", "security", "own-conformity", "design", "plan"),
    "For maintainers": ("speed", "captures", "contributing", "releasing", "changelog"),
}
"""The site's contents. A page that is missing here comes last, under "More"."""

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
"""Image or not, text, target, anchor. Targets with a scheme are left alone."""


def main() -> None:
    """Assemble the pages, build the site, list the versions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    out = parser.parse_args().out.resolve()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    pages = out / ".pages"
    for old in (pages, out / version):
        shutil.rmtree(old, ignore_errors=True)
    gathered(pages)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-b",
        "html",
        "-q",
        "-W",
        "--keep-going",
        "-c",
        str(Path(__file__).parent),
    ]
    environment = {**os.environ, "LANWITNESS_SITE_VERSION": version}
    subprocess.run([*command, str(pages), str(out / version)], check=True, env=environment)
    shutil.rmtree(pages)
    shutil.rmtree(out / version / ".doctrees", ignore_errors=True)
    (out / "index.html").write_text(overview(path.name for path in out.iterdir() if path.is_dir()), "utf-8")


def gathered(pages: Path) -> None:
    """All pages and pictures of the site, with links that hold there, and its contents on the first page."""
    pages.mkdir(parents=True)
    names = {f"docs/{path.name}": path.name for path in (ROOT / "docs").glob("*.md")} | OUTSIDE
    pictures = {f"docs/{path.name}": path.name for kind in ("png", "svg") for path in (ROOT / "docs").glob(f"*.{kind}")}
    for source, name in names.items():
        text = relinked((ROOT / source).read_text("utf-8"), source, names | pictures)
        (pages / name).write_text(text + (contents(names.values()) if name == "index.md" else ""), "utf-8")
    for source, name in pictures.items():
        shutil.copy(ROOT / source, pages / name)


def contents(names: Iterable[str]) -> str:
    """The chapters, as Sphinx wants them."""
    listed = {page for chapter in CHAPTERS.values() for page in chapter}
    more = sorted({name.removesuffix(".md") for name in names} - listed - {"index"})
    chapters = {**CHAPTERS, **({"More": tuple(more)} if more else {})}
    trees = (
        f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(chapter) + "\n```\n"
        for title, chapter in chapters.items()
    )
    return "\n" + "\n".join(trees)


def relinked(text: str, source: str, names: dict[str, str]) -> str:
    """A page with its links as they are on the site. ``names``: path in the repository -> name on the site."""

    def link(found: re.Match[str]) -> str:
        picture, words, target, anchor = found.groups()
        if ":" in target:
            return found[0]
        parts: list[str] = []
        for part in (PurePosixPath(source).parent / target).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        name = names.get("/".join(parts))
        return words if name is None else f"{picture}[{words}]({name}{anchor or ''})"

    return LINK.sub(link, text)


def overview(versions: Iterable[str]) -> str:
    """The page with all versions, the newest first."""
    newest = sorted(versions, key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)
    rows = "".join(f'<li><a href="{html.escape(one)}/index.html">{html.escape(one)}</a></li>\n' for one in newest)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
        f"<title>LANwitness: documentation</title>\n<h1>LANwitness: documentation</h1>\n<ul>\n{rows}</ul>\n</html>\n"
    )


if __name__ == "__main__":
    main()
