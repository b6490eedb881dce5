"""The shipped facts as a whole: sources with dates, spellings, no thin copy of one capture."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from sensor.devices.device import CATEGORIES
from sensor.devices.signatures.makers import words
from tests.devices.seen import TABLES

FOLDER = Path(__file__).resolve().parents[2] / "signatures"


def test_each_source_has_a_title_a_date_and_a_licence_and_is_used() -> None:
    sources = tomllib.loads((FOLDER / "sources.toml").read_text("utf-8"))["source"]
    for key, source in sources.items():
        assert {"title", "version", "date", "licence"} == set(source), key
        assert source["date"][:4].isdigit(), key
    text = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.toml") if path.name != "sources.toml")
    assert {key for key in sources if f'"{key}"' not in text} <= {"oui"}


def test_one_spelling_for_each_maker() -> None:
    keys = Counter(words(maker.name) for maker in TABLES.makers.all)
    assert [key for key, count in keys.items() if count > 1] == []
    assert {maker.makes for maker in TABLES.makers.all if maker.makes} <= CATEGORIES
    houses = {maker.of for maker in TABLES.makers.all if maker.of}
    assert {house for house in houses if TABLES.makers.spelling(house) != house} == set()


def test_the_makers_of_modules_are_known_as_such() -> None:
    for name in (
        "Espressif Inc.",
        "Murata Manufacturing Co., Ltd.",
        "Shanghai High-Flying Electronics Technology Co., Ltd",
        "Tuya Smart Inc.",
        "AzureWave Technology Inc.",
        "Hon Hai Precision Ind. Co.,Ltd.",
        "Texas Instruments",
        "Liteon Technology Corporation",
    ):
        found = TABLES.makers.find(name)
        assert found is not None and found.module, name


def test_most_categories_have_signatures() -> None:
    told = {entry.says.get("category") for field in TABLES.files for entry in TABLES.entries(field)}
    rows = {
        row.get("category")
        for field in TABLES.files
        for entry in TABLES.entries(field)
        for row in (entry.rows or {}).values()
    }
    makers = {maker.makes for maker in TABLES.makers.all}
    assert told | rows | makers >= CATEGORIES - {"vehicle"}


WORDS = (
    "capability", "capable of anything", "hexagon", "hex", "rb", "happy", "after hours", "after trying 5 times",
    "afternoon-pc2", "citizen", "heroku", "shields up", "augustin", "august", "nested", "unification", "udmurt",
    "mfprintf", "kettlewell", "speakers", "printers", "spat-blue", "ls-files", "hd-video", "ts-node",
    "SonicOS 7.1.3-7015-R6965", "Anna Sharp", "poly", "chamberlain", "localhost", "default", "unknown", "device",
    "home", "living-room", "test",
)  # fmt: skip
"""What people and programs write, in which a product's name begins or hides.

Taken from texts that have nothing to do with devices.
"""

FREE_TEXT = (
    "dhcp.hostname", "mdns.instance", "upnp.friendly_name", "http.title", "http.server", "http.realm", "ssdp.server",
    "x509.subject", "snmp.sysdescr", "ftp.banner", "telnet.banner",
)  # fmt: skip


def test_ordinary_words_name_no_maker() -> None:
    taken = {
        (field, word, match.signature, match.value)
        for field in FREE_TEXT
        for word in WORDS
        for match in TABLES.match(field, word)
        if match.kind == "vendor" or (match.kind == "category" and match.weight >= 1.5 and word != "afternoon-pc2")
    }
    assert taken == set()
