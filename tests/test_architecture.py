"""The layout's rules: who may import whom, how long a module is, a test for each module, one place that opens a secret,
no print.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("lanwitness", "sensor", "dashboard", "signatures")
MODULES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))

REPORTED = 300
LONGEST = 450
"""Lines: from `REPORTED` a module is listed by `-rw`, beyond `LONGEST` it needs a reason below."""
LONG_WITH_REASON = {
    "sensor/decode/slow.py": "one rare layer after another, a short function each",
    "sensor/decode/engine.py": "one compiled pass: Cython inlines within one module only",
    "sensor/parsing/formats/tls_suites.py": "a table: the IANA cipher suites",
    "lanwitness/records.py": "generated: a dataclass for each type of record",
}

FOR_ALL = {"sensor.lazy_pattern", "sensor.light_dataclass"}
"""What imports nothing of ours and stands in for the standard library."""

MAY_IMPORT = {
    "sensor.cycle_search": set(),
    "sensor.lazy_pattern": set(),
    "sensor.light_dataclass": set(),
    "sensor.model": {"sensor.catalogue", "sensor.events"},
    "sensor.events": {"sensor.model"},
    "sensor.records": {"sensor.model", "sensor.record_values"},
    "sensor.record_values": {"sensor.model"},
    "sensor.vault": {"sensor.files", "sensor.model"},
    "sensor.caveats": {"sensor.record_values", "sensor.catalogue", "sensor.records", "sensor.text", "sensor.wording"},
    "sensor.wording": {"sensor.catalogue", "sensor.record_values", "sensor.records"},
    "sensor.certificates": {"sensor.der"},
    "sensor.der": set(),
    "sensor.memory": {"sensor.model"},
    "sensor.findings": {"sensor.catalogue", "sensor.memory", "sensor.model"},
    "sensor.config": set(),
    "sensor.files": set(),
    "sensor.private_cache": {"sensor.files"},
    "sensor.prometheus": {"sensor"},
    "sensor.shipped": set(),
    "sensor.shipped_tables": {"sensor.private_cache"},
    "sensor.schemas": {"sensor.record_values", "sensor.records", "sensor.schemas"},
    "sensor.grouping": {"sensor.model"},
    "sensor.text": set(),
    "sensor.personal_data": {"sensor.records", "sensor.personal_data", "sensor.certificates", "sensor.model",
        "sensor.events", "sensor.private_cache", "sensor.reserves", "sensor.shipped_tables", "sensor.vault"},
    "sensor.settings": {"sensor.catalogue", "sensor.memory", "sensor.settings", "sensor.model"},
    "sensor.alerts": {"sensor.catalogue", "sensor.wording", "sensor.files",
        "sensor.records", "sensor.alerts", "sensor.settings", "sensor.text",
        "sensor.model", "sensor"},
    "sensor.capture": {"sensor.files", "sensor.capture"},
    "sensor.decode": {"sensor.decode", "sensor.capture"},
    "sensor.parsing": {"sensor.parsing", "sensor.model", "sensor.events", "sensor.reserves"},
    "sensor.parsing.registry": {"sensor.parsing", "sensor.protocols", "sensor.model", "sensor.events"},
    "sensor.protocols": {"sensor.protocols", "sensor.parsing", "sensor.model", "sensor.events", "sensor.reserves"},
    "sensor.reserves": set(),
    "sensor.statistics": {"sensor.reserves"},
    "sensor.flows": {
        "sensor.statistics", "sensor.flows", "sensor.memory", "sensor.parsing", "sensor.model", "sensor.events",
    },
    "sensor.devices": {"sensor.files", "sensor.memory", "sensor.records", "sensor.devices", "sensor.settings",
        "sensor.certificates", "sensor.model", "sensor.events", "sensor.parsing.formats.json", "signatures"},
    "sensor.detectors": {
        "sensor.catalogue",
        "sensor.detectors", "sensor.personal_data", "sensor.personas", "sensor.flows.interfaces",
        "sensor.shipped_tables",
        "sensor.parsing.registry", "sensor.parsing.formats.json",
        "sensor.certificates", "sensor.der", "sensor.model", "sensor.events", "sensor.vault", "signatures",
    },
    "sensor.personas": {
        "sensor.personas", "sensor.model", "sensor.settings", "sensor.personal_data.base64_runs",
        "sensor.personal_data.multipattern",
    },
    "sensor.verdicts": {
        "sensor.catalogue",
        "sensor.files", "sensor.shipped_tables", "sensor.verdicts", "sensor.settings", "sensor.model",
        "sensor.events",
        "sensor.parsing.registry",
    },
    "sensor.store": {
        "sensor.catalogue", "sensor.devices.device", "sensor.files", "sensor.model", "sensor.records", "sensor.store",
        "sensor.wording",
    },
    "sensor.store.misfits": {
        "sensor.records", "sensor.schemas", "sensor.store.location", "sensor.text",
    },
    "sensor.store.moved_marks": {
        "sensor.catalogue",
        "sensor.records", "sensor.model", "sensor.verdicts.judge",
    },
    "sensor.store.migrations": set(),
    "sensor.store.provenance": {"sensor", "sensor.store.types", "signatures"},
    "sensor.drill.frames": set(),
    "sensor.hub": {"sensor.certificates", "sensor.config", "sensor.files", "sensor.hub", "sensor.vault"},
    "sensor.evidence": {
        "sensor.files", "sensor.record_values", "sensor.records", "sensor", "sensor.evidence", "sensor.capture",
        "sensor.decode",
        "sensor.model", "sensor.personal_data", "sensor.text", "sensor.store.location",
        "sensor.vault",
    },
    "sensor.evidence.verify": {
        "sensor.records", "sensor.capture", "sensor.model", "sensor.run", "sensor.vault", "sensor.verdicts",
    },
    "sensor.comparison": {
        "sensor.wording",
        "sensor.comparison", "sensor.junit_xml", "sensor.model", "sensor.needs", "sensor.records", "sensor.text",
    },
    "sensor.catalogue": {"sensor.shipped_tables"},
    "sensor.needs": {
        "sensor.catalogue", "sensor.devices.networks", "sensor.model", "sensor.parsing.registry", "sensor.records",
        "sensor.wording",
    },
    "sensor.report": {
        "sensor.catalogue", "sensor.wording",
        "sensor.grouping", "sensor.junit_xml", "sensor.needs", "sensor.records", "sensor.report", "sensor.text",
        "sensor.store.types", "sensor.store.reader",
        "sensor.verdicts.baseline", "sensor.verdicts.facts", "sensor.verdicts.ixit", "sensor.verdicts.laboratory",
        "sensor.model"},
    "sensor.sites": {
        "sensor.catalogue", "sensor.export.records", "sensor.model", "sensor.records", "sensor.report.period",
        "sensor.schemas", "sensor.sites", "sensor.store", "sensor.text", "sensor.verdicts", "sensor.wording",
    },
    "sensor.export.progress": set(),
    "sensor.export.transactions": {
        "sensor.certificates", "sensor.events", "sensor.evidence.text_mask", "sensor.export.records", "sensor.model",
        "sensor.records", "sensor.vault",
    },
    "sensor.export": {
        "sensor", "sensor.record_values", "sensor.schemas",
        "sensor.caveats", "sensor.catalogue", "sensor.comparison", "sensor.grouping",
        "sensor.wording",
        "sensor.needs", "sensor.records", "sensor.capture", "sensor.devices.device", "sensor.export", "sensor.findings",
        "sensor.model", "sensor.personal_data", "sensor.result",
        "sensor.run", "sensor.text", "sensor.verdicts",
    },
    "sensor.replay.storing": {
        "sensor.files", "sensor.records", "sensor", "sensor.capture", "sensor.config", "sensor.evidence",
        "sensor.export.records", "sensor.model", "sensor.run", "sensor.store",
        "sensor.vault", "sensor.verdicts.facts",
    },
    "sensor.listeners": {
        "sensor.detectors", "sensor.devices", "sensor.events", "sensor.findings", "sensor.flows.interfaces",
        "sensor.model", "sensor.personal_data.values", "sensor.statistics", "sensor.verdicts",
    },
    "sensor.ended_flows": {
        "sensor.detectors", "sensor.devices", "sensor.findings", "sensor.model", "sensor.verdicts.coverage",
    },
    "sensor.pipeline": {
        "sensor.decoded_flow", "sensor.ended_flows", "sensor.listeners", "sensor.memory", "sensor.statistics",
        "sensor.decode", "sensor.detectors", "sensor.devices", "sensor.events", "sensor.flows", "sensor.findings",
        "sensor.model", "sensor.parsing", "sensor.personal_data.values",
        "sensor.personas", "sensor.vault", "sensor.verdicts",
    },
    "dashboard": {
        "sensor.wording", "sensor.basis", "sensor.sites",
        "sensor.files", "sensor.records", "dashboard", "sensor", "sensor.certificates", "sensor.config",
        "sensor.devices.device",
        "sensor.comparison", "sensor.personal_data.ledger", "sensor.evidence", "sensor.export.progress",
        "sensor.catalogue", "sensor.needs", "sensor.removal", "sensor.setup.interfaces",
        "sensor.text", "sensor.model", "sensor.prometheus", "sensor.report", "sensor.schemas", "sensor.store",
        "sensor.verdicts.baseline",
    },
    "dashboard.jobs.read_capture": {"sensor.export.progress", "sensor.capture", "sensor.cli._options", "sensor.replay",
        "sensor.run"},
    "sensor.live.child": set(),
    "signatures": set(),
}  # fmt: skip
"""What a package of ours may import of ours. Those not named (run, replay, export, cli) tie the others together."""

IO_FREE = (
    "sensor.parsing",
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
    allowed = allowed | FOR_ALL
    ours = {name for name in imports(path) if name.split(".")[0] in ("sensor", "dashboard", "signatures")}
    assert not {name for name in ours if not within(name, allowed)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_protocol_never_imports_another(path: Path) -> None:
    parts = name_of(path).split(".")
    if parts[:2] == ["sensor", "protocols"] and len(parts) > 2:
        assert not {
            name
            for name in imports(path)
            if name.startswith("sensor.protocols") and not within(name, {f"sensor.protocols.{parts[2]}"})
        }


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_short(path: Path) -> None:
    assert path.relative_to(ROOT).as_posix() in LONG_WITH_REASON or lines(path) <= LONGEST


def test_long_modules_are_reported(record_property: pytest.FixtureRequest) -> None:
    """No failure: a list in the test report of what is worth a look."""
    found = {name_of(path): lines(path) for path in MODULES if lines(path) > REPORTED}
    record_property("long_modules", found)  # type: ignore[operator]
    assert set(LONG_WITH_REASON) <= {path.relative_to(ROOT).as_posix() for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_first_line_says_what_the_module_does(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert text and len(text.splitlines()[0]) > 20


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_io_and_no_clock_inside(path: Path) -> None:
    """Bytes in, events out: time comes from the packet, files and sockets belong to capture, export and
    the commands.
    """
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
    """What a program without a store imports of it loads no database (tests/cli/test_store.py holds that at run time,
    too).
    """
    users = {
        name_of(path): path.read_text("utf-8")
        for path in MODULES
        if {name.split(".")[0] for name in imports(path)} & DATABASE
    }
    assert users and all(within(name, {"sensor.store"}) for name in users)
    light = ("location", "types", "traffic", "digest", "provenance", "scrub")
    writers = (
        "writer",
        "live_writer",
        "corrections",
        "orders",
        "retention",
        "roles",
        "migrations.versions.0002_live",
        "migrations.versions.0003_plain_names",
        "migrations.versions.0004_sensors",
        "seen",
        "upsert",
    )
    assert not set(users) & {f"sensor.store.{name}" for name in light}
    assert {name for name, text in users.items() if re.search(r"\b(insert|update|delete)\(", text)} == {
        f"sensor.store.{name}" for name in writers
    }


def test_only_the_vault_opens_secrets() -> None:
    users = {name_of(path) for path in MODULES if re.search(r"\.expose\(", path.read_text("utf-8"))}
    assert users == {"sensor.vault"}


def test_only_evidence_asks_the_vault_what_it_has_seen() -> None:
    """Values themselves leave it for one purpose: that no kept packet shows them."""
    users = {
        name_of(path)
        for path in MODULES
        if re.search(r"import .*\bMaskedValues\b|\bMaskedValues\(", path.read_text("utf-8"))
    }
    assert "sensor.evidence.recorder" in users
    rooms = {"sensor.vault", "sensor.replay.storing", "sensor.evidence", "sensor.live", "sensor.corpus.evidence"}
    assert all(within(name, rooms) for name in users)


def test_scapy_stays_out_of_the_program() -> None:
    """It is GPL-2.0-only: a program of its own, which nothing imports, and the tests may use it (docs/design.md)."""
    program = "sensor.drill.frames"
    users = {name_of(path) for path in MODULES if any(name.split(".")[0] == "scapy" for name in imports(path))}
    assert users == {program}
    assert not {name_of(path) for path in MODULES if program in imports(path)}


TESTED_THROUGH = {
    "sensor.flows.interfaces": "tests/flows/test_conversation.py",
    "sensor.parsing.plaintext_preamble": "tests/protocols/test_nomachine.py",
    "sensor.parsing.formats.rtp": "tests/protocols/test_rtp.py",
    "sensor.parsing.formats.tls_hello": "tests/protocols/test_tls.py",
    "sensor.parsing.formats.tls_suites": "tests/protocols/test_tls.py",
}
"""Helpers without a test file of their own: the tests of those that stand on them cover them."""


def _own_test(path: Path) -> Path:
    """Where the test of a module stands: ``tests`` mirrors ``sensor`` and, below ``tests/dashboard``, the dashboard."""
    parts = path.relative_to(ROOT / "sensor" if path.is_relative_to(ROOT / "sensor") else ROOT).with_suffix("").parts
    return ROOT / "tests" / Path(*parts[:-1]) / f"test_{parts[-1]}.py"


def _public(path: Path) -> bool:
    """Helpers (an underscore before the name) and the parts of a protocol in a folder need coverage, not a test file of
    their own.
    """
    if path.name.startswith("_") or path.is_relative_to(ROOT / "signatures"):
        return False
    return path.parent.parent != ROOT / "sensor" / "protocols"


@pytest.mark.parametrize("path", [path for path in MODULES if _public(path)], ids=name_of)
def test_every_public_module_has_a_test_of_its_own(path: Path) -> None:
    through = TESTED_THROUGH.get(name_of(path))
    assert (ROOT / through if through else _own_test(path)).exists()


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in MODULES if path.parent.parent.name == "protocols"}), ids=lambda p: p.name
)
def test_every_protocol_in_a_folder_has_a_test(folder: Path) -> None:
    top = ROOT / "tests" / "protocols"
    assert (top / f"test_{folder.name}.py").exists() or list((top / folder.name).glob("test_*.py"))


def _package(name: str) -> str:
    """The package or module directly below ``sensor`` or ``dashboard`` that a module belongs to."""
    return ".".join(name.split(".")[:2])


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported; not those for the type checker alone."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _run_at_import(node.orelse)
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ClassDef)):
            blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            blocks += [handler.body for handler in getattr(node, "handlers", [])]
            for block in blocks:
                yield from _run_at_import(block)
        else:
            yield node


def package_imports(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Packages that each package imports at module level. ``sources``: text by module name.

    A package imported as a whole counts where it has code of its own: to list its modules (`iter_modules`) needs none.
    """
    empty = {name for name, text in sources.items() if all(isinstance(node, ast.Expr) for node in ast.parse(text).body)}
    found: dict[str, set[str]] = {}
    for name, text in sources.items():
        imported: set[str] = set()
        for node in _run_at_import(ast.parse(text).body):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                below = {f"{node.module}.{alias.name}" for alias in node.names}
                imported |= below & set(sources) or {node.module}
        packages = {_package(one) for one in imported - empty if one.split(".")[0] in ("sensor", "dashboard")}
        found.setdefault(_package(name), set()).update(packages - {_package(name), "sensor", "dashboard"})
    return found


def cycles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Groups of packages that reach one another."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for one in graph.get(waiting.pop(), set()) - seen:
                seen.add(one)
                waiting.append(one)
        return seen

    reach = {name: reachable(name) for name in graph}
    found = {frozenset({name} | {one for one in reach[name] if name in reach.get(one, ())}) for name in graph}
    return sorted((set(one) for one in found if len(one) > 1), key=sorted)


def test_packages_import_one_another_in_one_direction() -> None:
    sources = {
        name_of(path): path.read_text("utf-8") for path in MODULES if not path.is_relative_to(ROOT / "signatures")
    }
    graph = package_imports(sources)
    assert "sensor.model" in graph["sensor.parsing"] and "sensor.run" in graph["sensor.replay"]
    assert not cycles(graph)


def test_a_cycle_of_packages_is_found() -> None:
    graph = package_imports(
        {
            "sensor.a": '"""Nothing else."""',
            "sensor.a.one": "from sensor.b import two",
            "sensor.b": "",
            "sensor.b.two": "try:\n    import sensor.c\nexcept ImportError:\n    pass",
            "sensor.c": "from sensor.a.one import name",
            "sensor.d": "if TYPE_CHECKING:\n    from sensor.e import name\nimport sensor.a",
            "sensor.e": "import sensor.d\ndef f():\n    import sensor.a",
        }
    )
    assert graph["sensor.e"] == {"sensor.d"} and graph["sensor.d"] == set()
    assert cycles(graph) == [{"sensor.a", "sensor.b", "sensor.c"}]


def test_evidence_imports_nothing_private_of_the_detectors() -> None:
    for path in MODULES:
        if within(name_of(path), {"sensor.evidence"}):
            assert not {name for name in imports(path) if name.startswith("sensor.detectors")}


OLD_LANGUAGE = frozenset(
    [
        "told",
        "said",
        "kept",
        "held",
        "asked",
        "news",
        "moment",
        "twins",
        "sitting",
        "glance",
        "lately",
        "machines",
        "teller",
        "telling",
        "tells",
    ]
)
"""Words of the project's early private language: none is part of an identifier any more."""

RELEASED = "sensor/store/migrations/versions/"
"""Released migrations are never changed."""


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a module gives: functions, classes, parameters, variables, attributes; with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def words_of(name: str) -> set[str]:
    """``KeptFinding`` and ``kept_finding`` are the same two words."""
    return set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_identifier_is_of_the_old_language(path: Path) -> None:
    if path.relative_to(ROOT).as_posix().startswith(RELEASED):
        return
    found = {
        f"{name} (line {line})"
        for name, line in bound_names(ast.parse(path.read_text("utf-8")))
        if words_of(name) & OLD_LANGUAGE
    }
    assert not found


def test_the_search_for_old_words_sees_them() -> None:
    tree = ast.parse("class KeptFinding:\n    def tell(self, told, *, x_held=1): self.asked_by, y = 1, 2\nnews = 3")
    assert {name for name, _ in bound_names(tree) if words_of(name) & OLD_LANGUAGE} == {
        "KeptFinding", "told", "x_held", "asked_by", "news",
    }  # fmt: skip


def test_no_public_class_name_means_two_things() -> None:
    """But in `lanwitness`, whose classes are the records under the names that they have for users."""
    places: dict[str, list[str]] = {}
    for path in [path for path in MODULES if not path.is_relative_to(ROOT / "lanwitness")]:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name_of(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_head_lines_fit_100_columns() -> None:
    """And none of them is "X into Y": they say what the module is."""
    heads = {
        name_of(path): (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0] for path in MODULES
    }
    assert {name for name, head in heads.items() if len(head) > 100} == set()
