"""The table of what makers publish: its form, its brands, its sources, and that it says what its sources say."""

from __future__ import annotations

import csv
import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sensor.verdicts.vendors import Vendors, parse, published, vendors
from tests.devices.seen import TABLES
from tests.replaying import SHARED
from tests.verdicts.publications import text_of

TEXT = (Path(__file__).resolve().parents[2] / "signatures" / "vendors.toml").read_text("utf-8")
DATA: dict[str, Any] = tomllib.loads(TEXT)
LISTS = {"diodb": "diodb-program-list.json", "projectdiscovery": "bugbounty-programs.json"}
FACTS = SHARED / "facts" / "makers-facts.csv"

HEAD = """
checked = 2026-01-01
[source.s]
title = "t"
version = "1"
date = 2026-01-01
licence = "x"
"""


def test_brands_are_spelled_as_everywhere_and_none_only_makes_modules() -> None:
    for row in DATA["vendor"]:
        found = TABLES.makers.find(row["brand"])
        assert found is None or (found.name == row["brand"] and not found.module), row["brand"]
    brands = [(row["brand"].lower(), "model" not in row) for row in DATA["vendor"]]
    assert len(brands) == len(set(brands)) and brands == sorted(brands)


def test_every_row_has_a_policy_a_source_and_a_date() -> None:
    for row in DATA["vendor"]:
        assert row["policy"].startswith(("https://", "http://"))
        assert {"title", "date", "licence"} <= set(DATA["source"][row["source"]])
        assert ("programme" in row) == (row["source"] in LISTS) and ("page" in row) <= (row["source"] == "pages")
        assert row.get("date", DATA["checked"]) <= DATA["checked"]
    for rows in vendors().rows.values():
        assert all(row.record["disclosure"].date >= "2023-11-01" and row.record["disclosure"].source for row in rows)


def test_at_least_ninety_brands_are_on_record() -> None:
    assert len(DATA["vendor"]) >= 90
    assert sum("answer_days" in row for row in DATA["vendor"]) >= 30


def test_a_policy_is_complete_only_with_its_contact_and_both_times() -> None:
    for row in DATA["vendor"]:
        made = published(row["brand"], "Hue Bridge" if "Hue" in row.get("support_of", "") else row.get("model"))
        whole = {"contact", "answer_days", "update_days"} <= set(row)
        assert made["disclosure"].complete == whole, row["brand"]
        assert whole or "known to us" in text_of(made["disclosure"]) or "no contact" in text_of(made["disclosure"])


def test_a_firm_that_bought_a_brand_is_not_the_firm_that_sold_it() -> None:
    assert "signify.com" in text_of(published("Philips", "Hue Bridge")["disclosure"])
    assert "signify" not in text_of(published("Philips", "Air Purifier")["disclosure"])
    assert "signify" not in text_of(published("Philips")["disclosure"])
    assert "LEDVANCE" in text_of(published("Osram", "LEDVANCE SMART+ plug")["disclosure"])
    assert published("Osram", "Lightify") == {}
    assert "hanwha" in text_of(published("Samsung Techwin")["disclosure"])
    assert "hanwha" not in text_of(published("Samsung")["disclosure"]).lower()
    assert "resideo" in text_of(published("Honeywell Home")["disclosure"])
    assert "resideo" not in text_of(published("Honeywell")["disclosure"])
    assert "bosch.com" in text_of(published("Bosch")["disclosure"])


def test_a_model_of_any_length_is_no_trouble() -> None:
    assert published("Philips", "x" * 10_000_000 + " hue") == published("Philips")


def test_a_brand_that_is_in_no_list_has_nothing() -> None:
    assert published("Nobody in particular") == {} and published(None) == {}
    assert text_of(published("Synology")["disclosure"]).startswith("https://www.synology.com/")


def test_the_table_grows_old_after_a_year() -> None:
    table = vendors()
    assert table.stale(table.checked + timedelta(days=365)) is None
    assert str(table.checked) in (table.stale(table.checked + timedelta(days=366)) or "")


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


@pytest.mark.skipif(not FACTS.is_file(), reason="the facts are not at hand")
def test_every_time_that_is_stated_is_the_one_of_its_source() -> None:
    stated: dict[str, dict[str, str]] = {}
    for fact in csv.DictReader(FACTS.read_text("utf-8").splitlines()):
        if fact["confidence"] == "stated":
            stated.setdefault(fact["brand"], {})[fact["field"]] = fact["value"]
    for row in DATA["vendor"]:
        facts = stated.get({"Honeywell Home": "Resideo"}.get(row["brand"], row.get("holder", row["brand"])), {})
        if not facts and row["source"] == "pages":
            assert row["policy"] == row["page"], row["brand"]  # read there, and in no list
            continue
        if "times_page" in row and "answer_days" not in facts:
            assert row["times_page"].startswith("https://") and row["times_date"] <= DATA["checked"]
            continue
        counted = f"{row['answer_days']}{row['counted'][0]}" if "answer_days" in row else None
        assert counted in (None, facts.get("answer_days")), row["brand"]
        assert str(row.get("update_days")) in ("None", facts.get("update_interval_days")), row["brand"]
        if row["source"] in ("cna", "pages"):
            assert row["policy"] == facts["policy_url"], row["brand"]


@pytest.mark.parametrize(
    "bad",
    [
        'brand = "X"\npolicy = "https://x.example"\nsource = "nowhere"\n',
        'brand = "X"\npolicy = "https://x.example"\nsource = "s"\ntimeline = 5\n',
        'brand = "X"\nsource = "s"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\n[[vendor]]\nbrand = "X"\npolicy = "p"\nsource = "s"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\ndate = "2026"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\ncounted = "banking"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\nsupport_years = 3\nsupport_since = "birth"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\nsupport_until = "2031"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\nsupport_url = "u"\nsupport_date = "2026"\n',
        'brand = "X"\npolicy = "p"\nsource = "s"\ntimes_page = "u"\ntimes_date = "2026"\n',
    ],
)
def test_a_broken_table_is_refused(bad: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse(tomllib.loads(f"{HEAD}[[vendor]]\n{bad}"))


def test_a_row_may_say_everything() -> None:
    text = (
        f'{HEAD}[[vendor]]\nbrand = "X"\npolicy = "https://x.example/p"\n'
        'contact = "c"\nsecurity_txt = "https://x.example/.well-known/security.txt"\nanswer_days = 5\n'
        'update_days = 30\nfix_days = 90\nteam = true\nsupport_until = 2031-12-31\ncounted = "working"\n'
        'times_page = "https://x.example/t"\ntimes_date = 2026-03-03\n'
        'support_url = "https://x.example/s"\nsource = "s"\ndate = 2026-02-02\n'
    )
    record = parse(tomllib.loads(text)).published("X")
    assert text_of(record["disclosure"]) == (
        "https://x.example/p, contact c, first answer within 5 working days, progress reports every 30 days, times by "
        "https://x.example/t, 2026-03-03, security.txt https://x.example/.well-known/security.txt"
    )
    assert record["disclosure"].complete and record["handling"].source == "https://x.example/t"
    assert (record["support"].source, record["support"].date) == ("https://x.example/s", "2026-02-02")
    assert "2031-12-31" in text_of(record["support"]) and record["support"].complete
    assert record["monitoring"].complete and "2031-12-31" in text_of(record["monitoring"])


def test_years_of_support_are_no_end_of_this_product() -> None:
    row = (
        'brand = "X"\npolicy = "p"\nsource = "s"\nsupport_years = 3\nsupport_since = "purchase"\nsupport_of = "hubs"\n'
    )
    support = parse(tomllib.loads(f"{HEAD}[[vendor]]\n{row}")).published("X")["support"]
    assert text_of(support) == "at least 3 years from the purchase (hubs)" and not support.complete


def rows(*texts: str, head: str = HEAD) -> Vendors:
    tables = "".join(f'[[vendor]]\nbrand = "X"\nsource = "s"\n{text}\n' for text in texts)
    return parse(tomllib.loads(head + tables))


def test_the_day_of_the_table_is_a_date() -> None:
    with pytest.raises(TypeError):
        rows('policy = "p"', head=HEAD.replace("checked = 2026-01-01", 'checked = "2026-01-01"'))


def test_a_row_for_some_models_comes_before_that_for_all() -> None:
    table = rows('policy = "all"', 'policy = "lamps"\nmodel = "lamp"', 'policy = "plugs"\nmodel = "^plug"')
    assert len(table) == 3
    wanted = {"A LAMP": "lamps", "Plug 2": "plugs", "A plug": "all", "": "all"}
    assert {model: text_of(table.published("X", model)["disclosure"]).split(",")[0] for model in wanted} == wanted
    assert text_of(table.published("X")["disclosure"]).startswith("all")


def test_the_same_models_twice_are_refused_and_other_brands_are_not() -> None:
    with pytest.raises(ValueError, match="a second row"):
        rows('policy = "p"\nmodel = "a"', 'policy = "p"\nmodel = "b"', 'policy = "p"\nmodel = "a"')


def test_what_a_row_leaves_out_has_its_source_and_is_not_claimed() -> None:
    record = rows('policy = "p"\nsupport_until = 2030-06-30').published("X")
    assert set(record) == {"disclosure", "support"}  # neither a team nor a time to mend a flaw
    assert (record["disclosure"].source, record["disclosure"].date) == ("t 1", "2026-01-01")
    assert (record["support"].source, record["support"].date) == ("t 1", "2026-01-01")


def test_each_publication_has_the_day_on_which_it_was_read() -> None:
    own = 'policy = "p"\nsupport_until = 2030-06-30\nsupport_url = "u"\n'
    for more, day in (
        ("support_date = 2026-03-01\ndate = 2026-02-01", "2026-03-01"),
        ("date = 2026-02-01", "2026-02-01"),
        ("", "2026-01-01"),
    ):
        record = rows(own + more).published("X")
        assert (record["support"].source, record["support"].date) == ("u", day)


def test_a_page_is_the_source_and_further_addresses_are_listed() -> None:
    record = rows('policy = "p"\npage = "https://x.example/read"\nfurther = ["https://x.example/more"]').published("X")
    assert record["disclosure"].source == "https://x.example/read"
    assert "https://x.example/more" in text_of(record["disclosure"])
