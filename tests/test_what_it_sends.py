"""docs/what-it-sends.md names every module that uses the network or starts a program."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "what-it-sends.md").read_text("utf-8")

SPEAKING = re.compile(
    r"(socket|socketserver|ssl|http\.(client|server)|urllib\.(request|error)|asyncio|smtplib|ftplib|xmlrpc|subprocess"
    r"|multiprocessing|paho|cheroot|requests|apprise|distributed|dask|scapy|pyshark|psycopg|webbrowser)(\.|$)"
)
"""Modules with which a program can speak to others, or start one that does."""


def modules() -> list[Path]:
    return [path for room in ("sensor", "dashboard", "lanwitness") for path in sorted((ROOT / room).rglob("*.py"))]


def speaks(source: str) -> bool:
    """Whether a module imports what can speak, also inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(SPEAKING.match(name.name) for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module and SPEAKING.match(node.module) and not node.level:
            return True
        # `create_engine` opens the connection of a store on another machine.
        if isinstance(node, ast.ImportFrom) and any(name.name == "create_engine" for name in node.names):
            return True
    return False


def test_the_page_names_each_module_that_speaks_and_no_other() -> None:
    found = {str(path.relative_to(ROOT)) for path in modules() if speaks(path.read_text("utf-8"))}
    named = set(re.findall(r"`((?:sensor|dashboard|lanwitness)/[\w/]+\.py)`", PAGE))
    assert len(found) > 10
    assert found == named


def test_an_import_inside_a_function_is_seen() -> None:
    assert speaks("def f():\n    import http.client\n") and speaks("from urllib.request import urlopen\n")
    assert not speaks("from urllib.parse import urlsplit\nimport httpx_like\n")
