"""The pages say what is there: protocols, rules, options, records, exit statuses; no link leads nowhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from sensor.cli.main import command, command_names
from sensor.detectors._detector import detectors
from sensor.model import Status
from sensor.verdicts.baseline import baseline
from sensor.verdicts.facts import TABLES
from sensor.verdicts.facts import parse as parse_facts

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = (ROOT / "docs" / "output.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "pcaps").glob("*.md")])


@pytest.mark.parametrize("name", ["protocols", "schemas", "verdicts"])
def test_a_made_page_is_what_its_source_says(name: str) -> None:
    spec = importlib.util.spec_from_file_location(f"{name}_page", ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / f"{name}.md").read_text("utf-8") == module.page(), f"run docs/{name}.py"


def test_every_rule_that_a_detector_can_write_is_documented() -> None:
    written: set[str] = set()
    for path in (ROOT / "sensor" / "detectors").rglob("*.py"):
        written |= set(
            # The id of a sentence is no rule.
            re.findall(
                r'(?<!Message\()"((?:credential|transfer|tls|update|exposure|network)\.[a-z_]+)"',
                path.read_text("utf-8"),
            )
        )
    assert written and detectors()
    # A row of its own in the table of rules: a name in passing says nothing of the detail.
    rows = set(re.findall(r"^\| `([a-z_.<>]+)` \| [^|]+ \| [^|]+ \|$", OUTPUT, re.M))
    assert not written - rows


def test_every_option_of_replay_is_documented() -> None:
    options = {name for parameter in command("replay").params for name in parameter.opts if name.startswith("--")}
    assert not {option for option in options if f"`{option}" not in OUTPUT}


def test_every_command_is_documented() -> None:
    assert not {name for name in command_names() if f"`lanwitness {name}" not in OUTPUT}


@pytest.mark.parametrize("status", [status.value for status in Status])
def test_every_status_is_documented(status: str) -> None:
    assert f"`{status}`" in OUTPUT


def test_every_rule_of_the_standards_map_is_documented() -> None:
    rules = {on.rule.removesuffix("*") for provision in baseline() for on in provision.on}
    assert not {rule for rule in rules if f"`{rule}" not in OUTPUT}


def test_every_key_of_facts_is_documented_and_the_example_can_be_read() -> None:
    start = OUTPUT.index("```toml", OUTPUT.index("(`--facts`)")) + len("```toml")
    example = OUTPUT[start : OUTPUT.index("```", start)]
    assert not {
        f"{name}.{key}"
        for name, keys in TABLES.items()
        for key in keys
        if f"\n{key} = " not in example and f".{key}]" not in example
    }
    # The one state for all the time and the states one by one cannot both stand.
    facts = parse_facts(example.replace('phase = "in_use" ', "#"), "docs/output.md").devices["ec:71:db:00:53:02"]
    assert (
        facts.accounts
        and facts.channels
        and facts.phases
        and set(facts.published) == {"disclosure", "handling", "support"}
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
