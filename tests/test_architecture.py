"""The layout's rules: who may import whom, how long a module is, a test for each module, one place that opens a secret, no print."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path for top in ("sensor", "dashboard", "signatures") for path in (ROOT / top).rglob("*.py"))

LONGEST = 300
LONG_WITH_REASON = {
    "sensor/decode/engine.py": "one compiled pass: Cython inlines within one module only",
    "sensor/protocols/_tls_suites.py": "a table: the IANA cipher suites",
}

MAY_IMPORT = {
    "sensor.model": {"sensor.events"},
    "sensor.events": {"sensor.model"},
    "sensor.vault": {"sensor.model"},
    "sensor.certificates": set(),
    "sensor.ledger": {"sensor.model"},
    "sensor.config": set(),
    "sensor.harmless": set(),
    "sensor.tables": {"sensor.tables"},
    "sensor.disclosed": {"sensor.model"},
    "sensor.geo": set(),
    "sensor.settings": {"sensor.settings", "sensor.model", "sensor.tables"},
    "sensor.alerts": {"sensor.alerts", "sensor.settings", "sensor.harmless", "sensor.model", "sensor"},
    "sensor.capture": {"sensor.capture"},
    "sensor.decode": {"sensor.decode", "sensor.capture"},
    "sensor.protocols": {"sensor.protocols", "sensor.model", "sensor.events"},
    "sensor.flows": {"sensor.flows", "sensor.protocols", "sensor.model", "sensor.events"},
    "sensor.devices": {"sensor.devices", "sensor.tables", "sensor.certificates", "sensor.model", "sensor.events", "signatures"},
    "sensor.detectors": {"sensor.detectors", "sensor.personas", "sensor.flows.terms", "sensor.certificates", "sensor.model", "sensor.events", "sensor.vault", "signatures"},
    "sensor.personas": {"sensor.personas", "sensor.model", "sensor.tables"},
    "sensor.verdicts": {"sensor.verdicts", "sensor.tables", "sensor.model", "sensor.events", "signatures"},
    "sensor.store": {"sensor.store", "sensor.model", "sensor.devices.device"},
    "sensor.store.provenance": {"sensor", "sensor.store.kept", "signatures"},
    "sensor.evidence": {
        "sensor", "sensor.evidence", "sensor.capture", "sensor.decode", "sensor.detectors._finders", "sensor.harmless", "sensor.store.place",
        "sensor.vault",
    },
    "sensor.evidence.again": {
        "sensor.capture", "sensor.model", "sensor.run", "sensor.vault", "sensor.verdicts",
    },
    "sensor.report": {"sensor.report", "sensor.harmless", "sensor.store.kept", "sensor.store.reader", "sensor.verdicts.baseline", "sensor.model"},
    "sensor.keeping": {
        "sensor", "sensor.capture", "sensor.config", "sensor.evidence", "sensor.export.records", "sensor.model", "sensor.run", "sensor.store",
        "sensor.vault", "sensor.verdicts.facts",
    },
    "sensor.counters": {"sensor.decode", "sensor.model"},
    "sensor.pipeline": {
        "sensor.counters", "sensor.measured",
        "sensor.decode", "sensor.detectors", "sensor.devices", "sensor.events", "sensor.flows", "sensor.ledger", "sensor.model",
        "sensor.personas", "sensor.protocols", "sensor.vault", "sensor.verdicts",
    },
    "dashboard": {
        "dashboard", "sensor", "sensor.config", "sensor.devices.device", "sensor.disclosed", "sensor.export.terminal", "sensor.evidence", "sensor.explain",
        "sensor.harmless", "sensor.model", "sensor.report", "sensor.store",
        "sensor.verdicts.baseline",
    },
    "dashboard.reading": {"sensor.capture", "sensor.cli_options", "sensor.keeping", "sensor.replay", "sensor.run"},
    "signatures": set(),
}  # fmt: skip
"""What a package of ours may import of ours. Those not named (run, replay, export, cli) tie the others together."""

IO_FREE = (
    "sensor.protocols",
    "sensor.flows",
    "sensor.detectors",
    "sensor.verdicts",
    "sensor.pipeline",
    "sensor.model",
    "sensor.events",
)
IO_MODULES = {"socket", "subprocess", "threading", "asyncio", "urllib", "http", "requests", "shutil", "tempfile"}
CLOCKS = {"time", "monotonic", "now", "today", "utcnow"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def rule_for(name: str) -> set[str] | None:
    fitting = [package for package in MAY_IMPORT if name == package or name.startswith(package + ".")]
    return MAY_IMPORT[max(fitting, key=len)] if fitting else None


def within(name: str, packages: set[str]) -> bool:
    # "sensor" itself is its version alone, not all that is below it.
    return any(name == package or (package != "sensor" and name.startswith(package + ".")) for package in packages)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_keep_to_the_layout(path: Path) -> None:
    allowed = rule_for(name_of(path))
    if allowed is None:
        return
    ours = {name for name in imports(path) if name.split(".")[0] in ("sensor", "dashboard", "signatures")}
    assert not {name for name in ours if not within(name, allowed)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_protocol_never_imports_another(path: Path) -> None:
    if path.parent.name == "protocols":
        others = {name.rpartition(".")[2] for name in imports(path) if name.startswith("sensor.protocols.")}
        assert not {name for name in others if not name.startswith("_")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_short(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    if relative not in LONG_WITH_REASON:
        assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_first_line_says_what_the_module_does(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert text and len(text.splitlines()[0]) > 20


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_io_and_no_clock_inside(path: Path) -> None:
    """Bytes in, events out: time comes from the packet, files and sockets belong to capture, export and the commands."""
    if not within(name_of(path), set(IO_FREE)):
        return
    assert not {name.split(".")[0] for name in imports(path)} & IO_MODULES
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in {"open", "print", "input", "eval", "exec"}
            elif (
                isinstance(called, ast.Attribute)
                and isinstance(called.value, ast.Name)
                and called.value.id in ("time", "datetime")
            ):
                assert called.attr not in CLOCKS


DATABASE = {"sqlalchemy", "alembic", "sqlite3"}


def test_only_the_store_knows_a_database_and_only_the_writer_writes() -> None:
    """What a program without a store imports of it loads no database (tests/test_cli_store.py holds that at run time, too)."""
    users = {
        name_of(path): path.read_text("utf-8")
        for path in MODULES
        if {name.split(".")[0] for name in imports(path)} & DATABASE
    }
    assert users and all(within(name, {"sensor.store"}) for name in users)
    light = ("place", "kept", "traffic", "digest", "provenance", "forgetting")
    writers = ("writer", "changing", "corrections", "retention", "migrations.versions.0002_live")
    assert not set(users) & {f"sensor.store.{name}" for name in light}
    assert {name for name, text in users.items() if re.search(r"\b(insert|update|delete)\(", text)} == {
        f"sensor.store.{name}" for name in writers
    }


def test_only_the_vault_opens_secrets() -> None:
    users = {name_of(path) for path in MODULES if re.search(r"\.expose\(", path.read_text("utf-8"))}
    assert users == {"sensor.vault"}


def test_only_evidence_asks_the_vault_what_it_has_seen() -> None:
    """Values themselves leave it for one purpose: that no kept packet shows them."""
    users = {name_of(path) for path in MODULES if re.search(r"import .*\bSeen\b|\bSeen\(", path.read_text("utf-8"))}
    assert "sensor.evidence.keep" in users
    assert all(within(name, {"sensor.vault", "sensor.keeping", "sensor.evidence", "sensor.live"}) for name in users)


def test_scapy_stays_out_of_the_program() -> None:
    """It is GPL-2.0-only: a program of its own and the tests may use it (docs/design.md)."""
    assert not {name_of(path) for path in MODULES if any(name.split(".")[0] == "scapy" for name in imports(path))}


def _tested(path: Path) -> bool:
    top = ROOT / "sensor"
    parts = path.relative_to(top if path.is_relative_to(top) else ROOT).with_suffix("").parts
    own = ROOT / "tests" / Path(*parts[:-1]) / f"test_{parts[-1].lstrip('_')}.py"
    return own.exists()


@pytest.mark.parametrize(
    "path", [p for p in MODULES if not p.is_relative_to(ROOT / "signatures") and p.name != "__init__.py"], ids=name_of
)
def test_every_module_has_a_test_of_its_own(path: Path) -> None:
    """Underscore modules may instead be tested through the protocols that stand on them, named in their tests."""
    if path.name.startswith("_"):
        word = path.stem
        folder = ROOT / "tests" / path.relative_to(ROOT / "sensor").parts[0]
        users = [p for p in MODULES if re.search(rf"\b{word}\b import|import {word}\b", p.read_text("utf-8"))]
        assert (
            _tested(path)
            or any(_tested(user) for user in users)
            or any(word in p.read_text("utf-8") for p in folder.glob("*.py"))
        )
    else:
        assert _tested(path)
