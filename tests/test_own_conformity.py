"""The page on our own conformity: five capabilities, a test behind each line, each of which exists; and the policy says
what it must.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "own-conformity.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda value: value.rpartition("/")[2])
def test_the_test_that_is_named_exists(path: str, name: str) -> None:
    found = {
        node.name for node in ast.parse((ROOT / path).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    }
    assert name in found


def test_each_line_has_a_test_and_a_provision() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    titles = [section.splitlines()[0] for section in sections]
    assert titles == [
        "1. No default passwords",
        "2. Vulnerability disclosure",
        "3. Software updates",
        "4. Secure communication",
        "5. Personal data",
    ]
    for section in sections:
        rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| provision")]
        assert len(rows) >= 2
        for row in rows:
            provision, does, test = (cell.strip() for cell in row.strip("|").split("|"))
            assert re.fullmatch(r"\d+(\.\d+)?-\d+[AB]?(, \d+(\.\d+)?-\d+[AB]?)*", provision), row
            assert does and re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`(, `tests/[\w/]+\.py::test_\w+`)*", test), row


def test_the_disclosure_policy_says_what_5_2_1_wants() -> None:
    """EN 303 645 5.2-1: where to report, and timelines for the acknowledgement and for news until it is resolved."""
    policy = " ".join((ROOT / "SECURITY.md").read_text("utf-8").split())
    assert "private security advisory" in policy
    assert re.search(r"acknowledgement within \d+ days", policy)
    assert re.search(r"at every change of status until it is resolved", policy)
    assert "lanwitness --version" in policy and "docs/install.md" in policy
