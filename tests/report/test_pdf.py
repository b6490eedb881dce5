"""The PDF: searchable text, headings, the same file each time, nothing fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.report.build import build
from sensor.report.page import html
from sensor.report.pdf import NoPrinter, pdf
from sensor.sites.stored import info_of, joined
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import store_location
from tests.replaying import of, replayed
from tests.report.test_build import info
from tests.store.keeping import capture
from tests.store.several import several


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


WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')
PAGE = re.compile(r'<page width="([\d.]+)" height="[\d.]+">')
MARGIN = 14 * 72 / 25.4
"""Of a page's sides (report.css), in points."""


def misplaced(pdf_file: Path) -> list[tuple[int, str]]:
    """Words over others, and words beyond the margins, each with its page."""
    boxes = subprocess.run(["pdftotext", "-bbox", str(pdf_file), "-"], capture_output=True, text=True, check=True)
    found = []
    for number, page in enumerate(re.split(r"(?=<page )", boxes.stdout)[1:], 1):
        width = float(PAGE.match(page)[1])  # type: ignore[index]
        words = [(*map(float, each[:4]), each[4]) for each in WORD.findall(page)]
        for at, (left, top, right, bottom, word) in enumerate(words):
            if left < MARGIN - 1 or right > width - MARGIN + 1:
                found.append((number, word))
            for other_left, other_top, other_right, other_bottom, other in words[at + 1 :]:
                height = min(bottom - top, other_bottom - other_top)
                across = min(right, other_right) - max(left, other_left)
                if across > 0.5 and min(bottom, other_bottom) - max(top, other_top) > height / 2:
                    found.append((number, f"{word} {other}"))
    return found


@needs_printer
def test_german_words_stand_beside_each_other_in_the_report_of_a_site(tmp_path: Path) -> None:
    """The words "Verschlüsselung", "Bemerkung", "Anforderung", "nicht bekannt" are wider than their English words."""
    several(tmp_path / "hub.db")
    with FleetReader(store_location(str(tmp_path / "hub.db"))) as reader:
        sensors = [one for one in reader.fleet() if one.identity.site == "Home"]
        found = joined(reader, sensors)
        whole = info_of("Home", reader, sensors, found.records)
    content = build(whole, found.records, found.cells, language="de", seen_by=found.seen_by)
    content["captures"], content["left_out"] = content["captures"] * 15, ["stall"]
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(html(content, "2026-05-01T10:00:00.000000Z", "de", paper=True)))
    assert misplaced(path) == []
    pages = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout.split("\f")
    # What a person needs is one page, also of thirty sensors.
    assert "Was nicht gesehen wurde, ist nicht bestanden" in " ".join(pages[0].split()) and "Für das Labor" in pages[1]
    assert "Ein Mitschnitt des Sensors stall ist nicht lesbar" in pages[0] and "und 28 weitere" in pages[0]


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
