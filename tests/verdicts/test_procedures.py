"""The procedures: ten of them, each with provisions of the map and a line of facts that can be read."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from sensor.verdicts.baseline import baseline
from sensor.verdicts.facts import TABLES, parse
from sensor.verdicts.procedures import WIDTH, Procedure, procedures, procedures_for
from sensor.verdicts.procedures import parse as parse_procedures

DOCS = Path(__file__).resolve().parents[2] / "docs"
IDS = [
    "LW-PW-1",
    "LW-PW-2",
    "LW-PW-3",
    "LW-TLS-1",
    "LW-TLS-2",
    "LW-UPD-1",
    "LW-UPD-2",
    "LW-NET-1",
    "LW-PD-1",
    "LW-ID-1",
]


def test_all_ten_are_there() -> None:
    assert [one.id for one in procedures()] == IDS


@pytest.mark.parametrize("one", procedures(), ids=lambda one: one.id)
def test_each_settles_provisions_of_the_map_and_ends_in_facts(one: Procedure) -> None:
    assert set(one.provisions) <= {provision.v3 for provision in baseline()}
    facts = parse(f'[[device]]\nid = "x"\n{one.facts}\n', "facts.toml").devices["x"]
    assert facts.phases or facts.accounts or facts.channels or facts.results or facts.update_signed is not None
    for key in one.settles:
        table, _, name = key.rpartition(".")
        keys = TABLES["device" if not table else table if table in TABLES else f"device.{table}"]
        assert name in keys, key
    assert {result.provision for result in facts.results} <= set(one.provisions)


@pytest.mark.parametrize("one", procedures(), ids=lambda one: one.id)
def test_a_terminal_shows_all_of_it(one: Procedure) -> None:
    text = one.text()
    words = " ".join(text.split())
    assert all(part in words for part in (*one.needs, *one.steps, one.reading, one.title))
    assert all(line.strip() in text for line in one.facts.splitlines())
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_page_says_the_same() -> None:
    spec = importlib.util.spec_from_file_location("procedures_page", DOCS / "procedures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (DOCS / "procedures.md").read_text("utf-8")
    assert page == module.page()
    assert all(one.facts in page and one.reading in page for one in procedures())


def test_a_provision_has_its_procedures() -> None:
    assert [one.id for one in procedures_for(["5.1-5"])] == ["LW-PW-3"]
    assert [one.id for one in procedures_for(["5.1-1"])] == ["LW-PW-1", "LW-PW-2"]
    assert procedures_for(["5.1-4"]) == []


@pytest.mark.parametrize("change", [('"LW-PW-2"', '"LW-PW-1"'), ("steps = [", "stages = ["), ('["5.1-5"]', "[]")])
def test_a_broken_file_is_refused(change: tuple[str, str]) -> None:
    text = (DOCS.parent / "signatures" / "procedures.toml").read_text("utf-8")
    assert len(parse_procedures(tomllib.loads(text))) == len(IDS)
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_procedures(tomllib.loads(text.replace(*change)))


@pytest.mark.parametrize("name", ["provisions", "needs", "steps", "settles"])
def test_no_list_of_a_procedure_is_empty(name: str) -> None:
    text = (DOCS.parent / "signatures" / "procedures.toml").read_text("utf-8")
    changed, count = re.subn(rf"(?ms)^{name} = \[.*?\]$", f"{name} = []", text, count=1)
    assert count == 1
    with pytest.raises(ValueError, match="an empty list"):
        parse_procedures(tomllib.loads(changed))
