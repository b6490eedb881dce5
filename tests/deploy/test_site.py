"""The documentation as a static site: every page is there, links hold, nothing is loaded from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sensor import __version__

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "deploy" / "site" / "build.py"
LOADED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*?\bsrc=\"([^\"]+)\"|<link\b[^>]*?\bhref=\"([^\"]+)\"")

spec = importlib.util.spec_from_file_location("site_build", BUILD)
assert spec is not None and spec.loader is not None
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. Sphinx ends with an error where a page links to what is not there."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed (the extra [docs])")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, BUILD, "--out", out], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_on_the_site(site: Path) -> None:
    pages = {path.stem for path in (site / __version__).glob("*.html")}
    names = {Path(name).stem for name in (*build.OUTSIDE.values(), *(one.name for one in (ROOT / "docs").glob("*.md")))}
    assert names <= pages and {page for chapter in build.CHAPTERS.values() for page in chapter} <= names
    assert f'href="{__version__}/index.html"' in (site / "index.html").read_text("utf-8")


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    loaded = [
        target for page in pages for found in LOADED.findall(page.read_text("utf-8")) for target in found if target
    ]
    assert len(loaded) > len(pages)
    assert not [target for target in loaded if re.match(r"(?:[a-z]+:)?//", target)]
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert styles and not [text for text in styles if re.search(r"url\([\"']?(?:https?:)?//|@import", text)]


def test_the_search_finds_words_of_the_pages(site: Path) -> None:
    index = (site / __version__ / "searchindex.js").read_text("utf-8")
    assert all(word in index for word in ("wireshark", "prometheus", "raspberri"))  # stems


def test_links_lead_to_pages_of_the_site() -> None:
    names = {"docs/store.md": "store.md", "CHANGELOG.md": "changelog.md", "docs/a.png": "a.png"}
    text = "[s](store.md#keep) [c](../CHANGELOG.md) ![p](a.png) [code](../sensor/run.py) [w](https://example.com/a)"
    assert build.relinked(text, "docs/live.md", names) == (
        "[s](store.md#keep) [c](changelog.md) ![p](a.png) code [w](https://example.com/a)"
    )
    assert build.relinked("[s](docs/store.md)", "README.md", names) == "[s](store.md)"


def test_the_newest_version_comes_first() -> None:
    page = build.overview(["0.9.0", "0.10.0", "0.10.0<b>"])
    assert re.findall(r'href="([^"]+)/index', page) == ["0.10.0", "0.10.0&lt;b&gt;", "0.9.0"]
