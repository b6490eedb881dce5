"""Seeded faults: small changes of the code, one at a time, and whether the tests beside the module see them.

    python bench/faults.py sensor/protocols/sip.py sensor/evidence --most 40

Each fault is put into a copy of the tree, then the tests that mirror its module run (and those given with --tests).
The faults are of the kinds that hid in reviews: a comparison turned or moved by one, a condition or one part of it
left out, an element of a list of constants, a sum that starts anew, a call left out. The choice is random but
repeatable (--seed). cosmic-ray and mutmut change more than a fault that somebody could make, and run all tests for
each; here a fault costs the tests of one module.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("sensor", "dashboard")
COPIED = ("sensor", "dashboard", "signatures", "tests", "docs", "bench", "lanwitness", "pyproject.toml", "README.md")
"""What a copy holds; `pcaps` is only linked: no test writes there."""

SECONDS = 300
"""After which a run of tests counts as one that saw the fault: it hangs."""

TURNED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
EXCHANGED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One change: ``before`` at ``start`` of the module's text becomes ``after``."""

    module: Path
    line: int
    start: int
    before: str
    after: str

    def __str__(self) -> str:
        before, after = (" ".join(text.split())[:90] for text in (self.before, self.after))
        return f"{self.module.relative_to(ROOT)}:{self.line}: {before} -> {after}"


class Finder(ast.NodeVisitor):
    """The faults that a module's code can be given; texts, annotations and `__repr__` are left alone."""

    def __init__(self, module: Path) -> None:
        self.module = module
        self.text = module.read_text("utf-8")
        self.faults: list[Fault] = []
        # Columns of ast count bytes of UTF-8.
        self._lines = [0]
        for line in self.text.encode().splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.visit(ast.parse(self.text))

    def _span(self, node: ast.AST) -> tuple[int, int]:
        where: ast.expr = node  # type: ignore[assignment]
        return (
            self._lines[where.lineno - 1] + where.col_offset,
            self._lines[(where.end_lineno or 0) - 1] + (where.end_col_offset or 0),
        )

    def _code(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.text.encode()[start:end].decode()

    def _put(self, node: ast.AST, after: str) -> None:
        start, _ = self._span(node)
        self.faults.append(Fault(self.module, getattr(node, "lineno", 0), start, self._code(node), after))

    def visit_If(self, node: ast.If) -> None:
        """A branch never taken, or always; but for guards of type checking."""
        if "TYPE_CHECKING" not in self._code(node.test):
            self._put(node.test, "False")
            self._put(node.test, "True")
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """A comparison turned; one element of the constants it looks in left out."""
        if len(node.ops) == 1:
            left, right = self._code(node.left), self._code(node.comparators[0])
            self._put(node, f"({left} {TURNED[type(node.ops[0])]} {right})")
        for one in node.comparators:
            if isinstance(one, ast.Tuple | ast.Set) and len(one.elts) > 1:
                for left_out in one.elts:
                    rest = ", ".join(self._code(each) for each in one.elts if each is not left_out)
                    self._put(one, f"({rest},)")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """One part of a condition left out."""
        word = " and " if isinstance(node.op, ast.And) else " or "
        for left_out in node.values:
            self._put(node, "(" + word.join(f"({self._code(v)})" for v in node.values if v is not left_out) + ")")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """A `not` left out."""
        if isinstance(node.op, ast.Not):
            self._put(node, f"({self._code(node.operand)})")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """A sum that begins anew."""
        self._put(node, f"{self._code(node.target)} = {self._code(node.value)}")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call left out; texts stay."""
        if isinstance(node.value, ast.Call):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A small number moved by one; a truth turned."""
        if isinstance(node.value, bool):
            self._put(node, str(not node.value))
        elif isinstance(node.value, int) and 0 <= node.value < 64:
            self._put(node, str(node.value + 1))

    def visit_Call(self, node: ast.Call) -> None:
        """The least for the most, any for all."""
        if isinstance(node.func, ast.Name) and node.func.id in EXCHANGED:
            self._put(node.func, EXCHANGED[node.func.id])
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Not its annotation."""
        if node.value is not None:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its body alone: that a dataclass is frozen or has slots is nothing that a user sees."""
        for each in node.body:
            self.visit(each)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Its body alone."""
        if node.name not in ("__repr__", "__str__"):
            for each in node.body:
                self.visit(each)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Sentences stay."""


def tests_of(module: Path) -> list[str]:
    """The tests that mirror a module: tests/<room>/…/test_<module>.py, or those of its folder."""
    inner = module.relative_to(ROOT)
    parts = inner.parts[1:] if inner.parts[0] == "sensor" else inner.parts
    folder = ROOT.joinpath("tests", *parts[:-1])
    name = parts[-2] if parts[-1] == "__init__.py" else parts[-1].removesuffix(".py")
    found = [folder / f"test_{name}.py", folder.parent / f"test_{name}.py", folder / name]
    if parts[-1] == "__init__.py":
        found.append(folder)
    found.append(folder.parent / f"test_{folder.name}.py")  # tests/protocols/test_ftp.py of ftp/control.py
    return list(dict.fromkeys(str(path.relative_to(ROOT)) for path in found if path.exists()))[:2]


def copies(number: int, folder: Path) -> Iterator[Path]:
    """Copies of the tree for as many runs side by side."""
    for each in range(number):
        copy = folder / str(each)
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.c"))
            elif source.exists():
                shutil.copy(source, copy / name)
        (copy / "pcaps").symlink_to(ROOT / "pcaps")
        yield copy


def passes(copy: Path, tests: list[str]) -> bool:
    """Whether the tests pass in a copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def seen(fault: Fault, copy: Path, tests: list[str]) -> bool:
    """Whether the tests fail with the fault in a copy, which is then as before."""
    place = copy / fault.module.relative_to(ROOT)
    whole = place.read_bytes()
    before = fault.before.encode()
    changed = whole[: fault.start] + fault.after.encode() + whole[fault.start + len(before) :]
    try:
        compile(changed, str(place), "exec")
    except SyntaxError:
        return True
    place.write_bytes(changed)
    try:
        return not passes(copy, tests)
    finally:
        place.write_bytes(whole)


def modules(paths: list[Path]) -> list[Path]:
    """The modules named, or below the folders named."""
    found = [each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [each.resolve() for each in found]


def main() -> int:
    """Print each fault that was not seen; 1 where fewer than --at-least of a hundred were seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=30, help="faults of one module at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", default=[], help="tests beside those of the module")
    parser.add_argument("--side-by-side", type=int, default=2)
    parser.add_argument("--at-least", type=int, default=0, metavar="PERCENT")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    work: list[tuple[Fault, list[str]]] = []
    for module in modules(given.paths):
        tests, faults = tests_of(module), Finder(module).faults
        if not tests:
            print(f"{module.relative_to(ROOT)}: no tests beside it")
            continue
        work += [(one, tests + given.tests) for one in chance.sample(faults, min(given.most, len(faults)))]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.side_by_side) as pool:
        free: Queue[Path] = Queue()
        for copy in copies(given.side_by_side, Path(folder)):
            free.put(copy)

        def run(one: tuple[Fault, list[str]]) -> bool:
            copy = free.get()
            try:
                return seen(one[0], copy, one[1])
            finally:
                free.put(copy)

        first = free.get()
        for tests in {tuple(tests) for _, tests in work}:
            if not passes(first, list(tests)):
                print(f"{' '.join(tests)}: fails without a fault")
                return 2
        free.put(first)
        results = list(pool.map(run, work))
    for (fault, _), found in zip(work, results, strict=True):
        if not found:
            print(f"not seen: {fault}")
    share = 100 * sum(results) / max(len(results), 1)
    print(f"{sum(results)} of {len(results)} faults seen ({share:.0f} %)")
    return 0 if share >= given.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
