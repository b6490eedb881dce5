"""The PDF: searchable text, headings, the same file each time, nothing fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.report.build import build
from sensor.report.page import html
from sensor.report.pdf import NoPrinter, pdf
from tests.replaying import of, replayed
from tests.report.test_build import info
from tests.store.keeping import capture


def _printer() -> bool:
    try:
        pdf("<p>x")
    except NoPrinter:
        return False
    return True


needs_printer = pytest.mark.skipif(
    os.environ.get("CI") != "true" and (shutil.which("pdftotext") is None or not _printer()),
    reason="WeasyPrint with Pango, or poppler-utils, is not installed",
)


@needs_printer
def test_a_report_on_paper(tmp_path: Path) -> None:
    records = replayed(capture("mqtt"))
    page = html(build(info(records), records, []), "2026-05-01T10:00:00.000000Z", paper=True)
    made = pdf(page)
    path = tmp_path / "report.pdf"
    path.write_bytes(made)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for words in ("In short", "What needs you", "For the laboratory", "5.1-3", "What was not tested"):
        assert words in text
    metadata = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    assert "Tagged:          yes" in metadata and "JavaScript:      no" in metadata and "LANwitness report" in metadata


@needs_printer
def test_a_home_takes_few_pages_and_what_a_person_needs_one(tmp_path: Path) -> None:
    """Fourteen devices took 97 pages."""
    records = replayed(capture("home"))
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(html(build(info(records), records, []), "2026-05-01T10:00:00.000000Z", paper=True)))
    pages = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout.split("\f")
    assert 5 < len(pages) - 1 <= 25
    assert "What was not seen is not a pass" in pages[0] and "For the laboratory" in pages[1]
    for device in {one["device"] for one in of(records, "verdict")}:
        assert any(device in page for page in pages[1:])


@needs_printer
def test_nothing_is_fetched_and_the_same_page_makes_the_same_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("p{color:red}")
    page = (
        f'<html lang="en"><title>t</title><link rel="stylesheet" href="{secret.as_uri()}">'
        f'<img src="{secret.as_uri()}" alt="gone"><p>words</html>'
    )
    assert pdf(page) == pdf(page)
    assert b"1 0 0 rg" not in pdf(page)


def test_without_a_printer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(NoPrinter, match=r"lanwitness\[pdf\]"):
        pdf("<p>x")
