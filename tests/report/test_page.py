"""The page: one file that loads and runs nothing, wire data escaped, accessible."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from sensor.catalogue import LANGUAGES
from sensor.model import Capability, Severity, Status
from sensor.records import CoverageRecord, Record, rank_of
from sensor.report.build import build
from sensor.report.page import FOLDER, LONGEST, clean, html, source_text, texts
from sensor.store.types import TrafficCell
from tests.replaying import PCAPS, capture_in, of, replayed
from tests.report.test_build import info
from tests.store.keeping import capture

MADE = "2026-05-01T12:00:00.000000Z"
EVIL = "\"'><script>alert(1)</script><img src=//evil.example onerror=x>\u202egnp.exe\x1b[2J\u2028\0{{ 7*7 }}"


def page(records: list[Record], cells: tuple[TrafficCell, ...] = (), device: str | None = None) -> str:
    return html(build(info(records), records, cells, device), MADE)


@pytest.fixture(scope="module")
def home() -> list[Record]:
    return replayed(capture("home"))


class Outline(HTMLParser):
    """Tags with attributes, in order; every one that opens must close."""

    VOID = frozenset({"meta", "br", "line", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def poisoned(value: Any, key: str = "") -> Any:
    """Every text of a record that the wire can choose, replaced by something hostile."""
    if isinstance(value, str) and key not in (
        "record",
        "run",
        "id",
        "device",
        "peer_device",
        "capability",
        "status",
        "severity",
        "rule",
        "modal",
        "v2.1.1",
        "v3.1.3",
        "party",
        "role",
        "first_time",
        "last_time",
        "first_seen",
        "last_seen",
        "time",
        "devices",
    ):
        return EVIL
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list) and key != "because":
        return [poisoned(each, key) for each in value]
    return value


def test_nothing_from_the_wire_becomes_markup(home: list[Record]) -> None:
    text = page([poisoned(record) for record in home])
    outline = Outline(text)
    assert EVIL[:20] in "".join(outline.texts)
    assert {tag for tag, _ in outline.tags} == {tag for tag, _ in Outline(page(home)).tags}
    assert not {tag for tag, _ in outline.tags} & {"script", "img", "link", "iframe", "object", "form", "base"}
    for _, attributes in outline.tags:
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src")}
        assert all(value is None or value.startswith("#") for name, value in attributes.items() if name == "href")
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or c in "\u202e\u2028\x7f"]
    assert "49" not in re.sub(r"[^4-9{} *]", "", "".join(outline.texts)) or "{{ 7*7 }}" in "".join(outline.texts)


def test_the_policy_allows_our_style_and_nothing_else(home: list[Record]) -> None:
    text = page(home)
    policy = next(m["content"] for m in Outline(text).of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None and policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "unsafe" not in policy and "url(" not in style and "@import" not in style
    # No address of another host in anything that a browser would load.
    assert not re.search(r"(?:src|srcset|action|data)\s*=", re.sub(r"<style>.*?</style>", "", text, flags=re.S))


@pytest.mark.parametrize("name", ["home", "ntp", "ftp_login"])
def test_headings_tables_and_anchors(name: str) -> None:
    cells = (TrafficCell("nobody", 1, "encrypted", "", 1),)
    outline = Outline(page(replayed(capture(name)), cells))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(th.get("scope") in ("row", "col") for th in outline.of("th"))
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in outline.of("a")} <= {f"#{one}" for one in ids}
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in outline.of("svg"))
    assert outline.of("html")[0]["lang"] == "en"


def test_a_person_reads_marks_in_words_and_what_needs_him_first(home: list[Record]) -> None:
    text = page(home)
    first = text.partition('<section class="lab"')[0]
    for record in of(home, "verdict"):
        assert f">{texts()['statuses'][record['status']]['word']}</span>" in first
    assert first.partition('<ol class="todo">')[2].partition("</ol>")[0].count("<li>") == 6
    assert first.index("Dahua camera DVR accepts a factory password") < first.index(
        "Sensor sensor-8842 sends a password"
    )
    assert len(re.findall('<span class="mark', first.partition("</table>")[0])) == len(of(home, "verdict"))


def test_a_device_says_what_decides_its_verdicts(home: list[Record]) -> None:
    lab = page(home).partition('<section class="lab"')[2]
    heads = {record["headline"] for record in of(home, "verdict") if record["against"]}
    assert len(heads) > 5
    for head in heads:
        assert escape(head) in lab
    report = build(info(home), home, ())
    ranks = {(mark["status"], mark["severity"]) for one in report["devices"] for mark in one["marks"]}
    assert ("violated", "critical") in ranks


def test_devices_of_one_status_stand_by_severity(home: list[Record]) -> None:
    order = [sorted(map(rank_of, one["marks"])) for one in build(info(home), home, ())["devices"]]
    assert order == sorted(order) and len({first for first, *_ in order}) > 2


def empty(**more: Any) -> list[Record]:
    return [
        {
            "record": "capture",
            "run": "r",
            "capture": "x",
            "packets": 0,
            "bytes": 0,
            "first_time": None,
            "last_time": None,
            "link_types": [],
            "truncated_packets": 0,
            "undecoded_packets": 0,
            "undecoded": {},
            "lost_bytes": 0,
            "damage": None,
            **more,
        }
    ]


def test_nothing_seen_is_a_report_that_says_so() -> None:
    assert texts()["home"]["no_device"] in page(empty())
    assert "it ends early" in page(empty(damage="it ends early"))
    one = {"kind": "cut", "count": 7, "sentence": "7 packets were cut."}
    assert '<p class="caveat"><bdi>7 packets were cut.</bdi></p>' in page(empty(caveats=[one]))


@pytest.mark.parametrize("name", ["reordered_segments", "doubled_packets", "dropped_packets", "tls_secrets"])
def test_what_is_odd_about_a_capture_has_a_row(name: str) -> None:
    """Of a capture without it, and of one that an older program stored, nothing is said."""
    row = texts()["conditions"][name]
    assert row in page(empty(**{name: 7}))
    assert row not in page(empty(**{name: 0})) and row not in page(empty())


def test_every_capture_of_ours_has_a_page() -> None:
    for folder in ("home", "ntp", "telnet_login", "dhcp"):
        found = PCAPS / folder
        if found.exists():
            Outline(page(replayed(capture_in(found))))


def test_one_device(home: list[Record]) -> None:
    device = of(home, "verdict")[0]["device"]
    cells = (TrafficCell(device, 5, "encrypted", "vendor", 10), TrafficCell(device, 6, "cleartext", "", 5))
    outline = Outline(page(home, cells, device))
    assert len(outline.of("svg")) == 2 and len(outline.of("article")) == 1


def test_what_the_user_muted_or_accepted_says_so_and_stays(home: list[Record]) -> None:
    mark = {"number": 1, "by": "<i>anna", "at": "2026-05-02T10:00:00.000000Z", "until": None, "note": EVIL}
    plain, marked = (
        Outline(page(home)),
        Outline(page([{**r, "muted": mark, "accepted": mark} if r["record"] == "finding" else r for r in home])),
    )
    count = "".join(marked.texts).count("Muted by <i>anna on 2026-05-02")
    assert count and "".join(marked.texts).count("Accepted by <i>anna on 2026-05-02") == count
    assert len(marked.of("tr")) == len(plain.of("tr")) and not [tag for tag, _ in marked.tags if tag == "i"]


def test_a_hostile_name_is_cut() -> None:
    assert clean("x" * 10_000) == "x" * (LONGEST - 1) + "…" and clean(3) == 3


def keys(tree: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from keys(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_every_catalogue_has_every_text() -> None:
    english = set(keys(texts()))
    for path in Path(str(FOLDER)).glob("texts/*.toml"):
        assert set(keys(tomllib.loads(path.read_text("utf-8")))) == english
    assert set(texts()["statuses"]) == {status.value for status in Status}
    assert set(texts()["capabilities"]) == {capability.value for capability in Capability}
    assert set(texts()["severities"]) == {severity.name.lower() for severity in Severity}


def test_the_template_has_no_sentence_of_its_own() -> None:
    source = FOLDER.joinpath("templates", "report.html").read_text("utf-8")
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", " ", source, flags=re.S)
    assert not re.findall(r"[A-Za-z]{2,}", bare)


def luminance(colour: str) -> float:
    """WCAG 2.1, relative luminance."""
    full = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_in_light_dark_and_print() -> None:
    style = FOLDER.joinpath("templates", "report.css").read_text("utf-8")
    themes = [
        dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", block)) for block in re.findall(r":root\{(.*?)\}", style, re.S)
    ]
    assert len(themes) == 3
    for theme in themes:
        pairs = [("ink", "paper"), ("quiet", "paper"), ("link", "paper"), ("ink", "soft")]
        pairs += [(tone, f"{tone}-bg") for tone in ("bad", "warn", "mild", "good", "unknown")]
        for front, back in pairs:
            light, dark = sorted((luminance(theme[front]), luminance(theme[back])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)  # WCAG 2.1, 1.4.3
        for mark in ("encrypted", "cleartext", "other"):
            light, dark = sorted((luminance(theme[mark]), luminance(theme["paper"])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, mark  # WCAG 2.1, 1.4.11


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_a_browser_takes_the_style_and_complains_of_nothing(home: list[Record], tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(page(home), "utf-8")
    run = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=400,900",
            f"--screenshot={tmp_path / 'x.png'}",
            f"file://{tmp_path / 'r.html'}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (tmp_path / "x.png").exists() and "CONSOLE" not in run.stderr, [
        line for line in run.stderr.splitlines() if "CONSOLE" in line
    ]


@pytest.mark.parametrize(
    ("capture", "shown"), [("-", "standard input"), ("a.pcap", "a.pcap"), ("--", "--"), ("eth0", "eth0")]
)
def test_the_name_of_a_capture(capture: str, shown: str) -> None:
    assert source_text(capture) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_of_what_was_heard_has_its_words(language: str) -> None:
    """Without them its name in the record stands there, which is English and ours."""
    assert set(texts(language)["coverage"]) == set(get_type_hints(CoverageRecord))
