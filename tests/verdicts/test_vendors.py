"""The table of what makers publish: its form, its brands, its sources, and that it says what its sources say."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sensor.verdicts.vendors import parse, published, vendors
from tests.devices.seen import TABLES
from tests.replaying import SHARED

TEXT = (Path(__file__).resolve().parents[2] / "signatures" / "vendors.toml").read_text("utf-8")
DATA: dict[str, Any] = tomllib.loads(TEXT)
LISTS = {"diodb": "diodb-program-list.json", "projectdiscovery": "bugbounty-programs.json"}


def test_brands_are_spelled_as_everywhere_and_none_only_makes_modules() -> None:
    for row in DATA["vendor"]:
        found = TABLES.makers.find(row["brand"])
        assert found is not None and found.name == row["brand"] and not found.module, row["brand"]
    brands = [row["brand"] for row in DATA["vendor"]]
    assert len(brands) == len(set(brands)) and brands == sorted(brands, key=str.lower)


def test_every_row_has_a_policy_a_source_and_a_date() -> None:
    for row in DATA["vendor"]:
        assert row["policy"].startswith(("https://", "http://")) and row["programme"]
        assert {"title", "version", "date", "licence"} == set(DATA["source"][row["source"]])
    for record in vendors().values():
        assert record["disclosure"].date >= "2026-07-12" and record["disclosure"].source


def test_an_unknown_maker_has_no_publication() -> None:
    """Neither list has times or support periods for these brands."""
    assert all("times that it states are not known to us" in record["disclosure"].text for record in vendors().values())
    assert not any("support" in record for record in vendors().values())


def test_a_brand_that_is_in_no_list_has_nothing() -> None:
    assert published("Nobody in particular") == {} and published(None) == {}
    assert published("Synology")["disclosure"].text.startswith("https://www.synology.com/")


@pytest.mark.skipif(not (SHARED / "facts").is_dir(), reason="the lists are not at hand")
@pytest.mark.parametrize("source", sorted(LISTS))
def test_every_row_says_what_its_list_says(source: str) -> None:
    data = json.loads((SHARED / "facts" / LISTS[source]).read_text("utf-8"))
    programmes: dict[str, list[dict[str, Any]]] = {}
    for programme in data if source == "diodb" else data["programs"]:
        programmes.setdefault(programme.get("program_name") or programme["name"], []).append(programme)
    known = {str(p.get("policy_url") or p.get("url")) for rows in programmes.values() for p in rows}
    for row in DATA["vendor"]:
        if row["source"] == source:
            fitting = [p for p in programmes[row["programme"]] if row["policy"] in (p.get("policy_url"), p.get("url"))]
            assert fitting and fitting[0].get("policy_url_status", "alive") == "alive", row["brand"]
            assert set(row.get("further", ())) <= known
            contacts = f"{fitting[0].get('contact_email')} {fitting[0].get('contact_url')}"
            assert row.get("contact", "") in contacts, row["brand"]


@pytest.mark.parametrize(
    "bad",
    [
        '[[vendor]]\nbrand = "X"\npolicy = "https://x.example"\nsource = "nowhere"\n',
        '[[vendor]]\nbrand = "X"\npolicy = "https://x.example"\nsource = "s"\ntimeline = 5\n',
        '[[vendor]]\nbrand = "X"\nsource = "s"\n',
        '[[vendor]]\nbrand = "X"\npolicy = "p"\nsource = "s"\n[[vendor]]\nbrand = "X"\npolicy = "p"\nsource = "s"\n',
        '[[vendor]]\nbrand = "X"\npolicy = "p"\nsource = "s"\ndate = "2026"\n',
    ],
)
def test_a_broken_table_is_refused(bad: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse('[source.s]\ntitle = "t"\nversion = "1"\ndate = 2026-01-01\nlicence = "x"\n' + bad)


def test_a_row_may_say_everything() -> None:
    record = parse(
        '[source.s]\ntitle = "t"\nversion = "1"\ndate = 2026-01-01\nlicence = "x"\n[[vendor]]\nbrand = "X"\npolicy = "https://x.example/p"\n'
        'contact = "c"\nsecurity_txt = "https://x.example/.well-known/security.txt"\nanswer_days = 5\n'
        "update_days = 30\nsupport_until = 2031-12-31\n"
        'support_url = "https://x.example/s"\nsource = "s"\ndate = 2026-02-02\n'
    )["X"]
    assert record["disclosure"].text == (
        "https://x.example/p, contact c, first answer within 5 days, news every 30 days; security.txt https://x.example/.well-known/security.txt"
    )
    assert (record["support"].source, record["support"].date) == ("https://x.example/s", "2026-02-02")
    assert "2031-12-31" in record["support"].text
