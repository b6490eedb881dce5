"""Seeded faults: small changes of the code, one at a time, and whether the tests beside the module see them.

    python bench/faults.py sensor/protocols/sip.py sensor/evidence --most 40

The tests that mirror a fault's module run (and those given with --tests): in a fork of one session of pytest that has
all of them loaded, with the fault put into the loaded functions, and only those that run its lines
(`bench.fault_session`). Where a fault cannot be put in so, and again for each that was not seen (not with --quick),
the tests run anew in a copy of the tree. Compiled modules run from their source.

The faults are of the kinds that hid in reviews: a comparison turned or moved by one, a condition or one part of it
left out, an element of a list of constants, a sum that starts anew, a call or an event left out, a state not set
anew, the sides changed, a class of status codes widened. The choice is random but repeatable (--seed). cosmic-ray
and mutmut change more than a fault that somebody could make, and run all tests for each. The end is a table of the
rooms. What no test can see (the same outcome whichever way) is left out where the code itself shows it: see `Finder`;
and so is a fault that compiles to the same instructions.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import itertools
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.fault_code import ROOT, Fault
from bench.fault_session import FaultSession, Outcome, Work, compiled, run_session

ROOMS = ("sensor", "dashboard")
COPIED = ("sensor", "dashboard", "signatures", "tests", "docs", "bench", "lanwitness", "pyproject.toml", "README.md")
"""What a copy holds; `pcaps` is only linked: no test writes there."""

HERE = Path(__file__).resolve().parent
OURS = frozenset(each.removesuffix(".py") for each in COPIED)
LOADED = ("pytest", "cryptography.x509", "dpkt", "scapy.all", "sqlalchemy", "flask")
"""Loaded before the first fork, where they are installed."""

FEW = 12
"""Positions of a conversation that are damaged at first: few faults need more."""

_TIMES = itertools.count(1_000_000_000)

SECONDS = 300
"""After which a run of tests counts as one that saw the fault: it hangs."""

TURNED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
SIDES = {"CLIENT": "SERVER", "SERVER": "CLIENT"}
CLASSES = (100, 200, 300, 400, 500, 600)
"""Where classes of status codes begin (RFC 9110 §15, RFC 3261 §7.2, RFC 959 §4.2.1)."""

EXCHANGED = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Finder(ast.NodeVisitor):
    """The faults that a module's code can be given; texts, annotations and `__repr__` are left alone.

    So is what changes no outcome: a limit of a module moved by one (a test cannot fix such a choice but by its own
    name), `strict` of zip(), what a decorator is given (slots, frozen, the size of a cache).
    """

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
        if len(node.ops) == 1 and not _is_limit(node):
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
        """A call, or what is yielded, left out; texts stay."""
        if isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A state that is not set anew; limits of the module, numbers and their products, stay as they are."""
        [target, *more] = node.targets
        if isinstance(target, ast.Attribute) and not more and isinstance(node.value, ast.Constant):
            self._put(node, "pass")
        limit = isinstance(target, ast.Name) and target.id.isupper() and _is_number(node.value)
        if not limit:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The one side for the other."""
        if isinstance(node.value, ast.Name) and node.value.id == "Side" and node.attr in SIDES:
            self._put(node, f"Side.{SIDES[node.attr]}")
        elif node.attr == "other":
            self._put(node, self._code(node.value))
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """`strict` only tells of a bug."""
        if node.arg != "strict":
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A small number moved by one; a truth turned; a class of status codes widened."""
        if isinstance(node.value, bool):
            self._put(node, str(not node.value))
        elif isinstance(node.value, int) and 0 <= node.value < 64:
            self._put(node, str(node.value + 1))
        elif isinstance(node.value, int) and node.value in CLASSES:
            self._put(node, str(node.value + 100))

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


def _is_number(value: ast.expr) -> bool:
    """Whether this is a constant, or a product or sum of such: 4 * 1024 * 1024."""
    if isinstance(value, ast.BinOp):
        return _is_number(value.left) and _is_number(value.right)
    return isinstance(value, ast.Constant)


def _is_limit(node: ast.Compare) -> bool:
    """Whether a comparison with a limit would move by one, which is a choice."""
    names = [side.id for side in (node.left, *node.comparators) if isinstance(side, ast.Name)]
    return isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE) and any("LIMIT" in name for name in names)


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
    here = [str(path.relative_to(ROOT)) for path in dict.fromkeys(found) if path.exists()][:2]
    others = {each.stem for each in module.parent.iterdir()} - {name}
    parts_of = [  # test_engine_flows.py of engine.py, but not test_tls_null.py of tls.py
        path
        for path in sorted(folder.glob(f"test_{name}_*.py"))
        if not any(path.stem.startswith(f"test_{other}") and len(other) > len(name) for other in others)
    ]
    return here + [str(path.relative_to(ROOT)) for path in parts_of]


def copies(number: int, folder: Path, plain: Collection[Path] = ()) -> Iterator[Path]:
    """Copies of the tree for as many runs side by side, without compiled forms of some modules."""
    left_out = [built.name for module in plain for built in compiled(module)]
    for each in range(number):
        copy = folder / str(each)
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.c", *left_out))
            elif source.exists():
                shutil.copy(source, copy / name)
        (copy / "pcaps").symlink_to(ROOT / "pcaps")
        yield copy


def _in_child(copy: Path, tests: list[str], positions: int | None) -> None:
    """Runs tests in a process of their own, which ends with pytest's status."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for each in range(3):
        os.dup2(null, each)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    if positions is not None:
        os.environ["LANWITNESS_POSITIONS"] = str(positions)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path = [
        str(copy),
        *(each for each in sys.path if each and Path(each).resolve() not in (ROOT, HERE, HERE.parent)),
    ]
    sys.path_importer_cache.clear()
    import pytest

    os._exit(pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]))


def passes(copy: Path, tests: list[str], positions: int | None = None) -> bool:
    """Whether the tests pass in a copy, with so many damaged positions of each conversation."""
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(copy, tests, positions))
    child.start()
    child.join(SECONDS)
    if child.exitcode is None and child.pid is not None:
        with contextlib.suppress(ProcessLookupError):  # it hangs before it has a group of its own
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.join()
    return child.exitcode == 0


def seen(fault: Fault, copy: Path, tests: list[str]) -> bool:
    """Whether the tests fail with the fault in a copy, which is then as before."""
    place = copy / fault.module.relative_to(ROOT)
    whole, times = place.read_bytes(), place.stat()
    changed = fault.changed()
    try:
        compile(changed, str(place), "exec")
    except SyntaxError:
        return True
    place.write_bytes(changed)
    # Python takes a compiled module for current by the second and the size of its source.
    changed_at = next(_TIMES)
    os.utime(place, (changed_at, changed_at))
    try:
        return not (passes(copy, tests, FEW) and passes(copy, tests))
    finally:
        place.write_bytes(whole)
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


def modules(paths: list[Path]) -> list[Path]:
    """The modules named, or below the folders named."""
    found = [each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [each.resolve() for each in found]


def judged_by_copies(
    work: Sequence[Work], session: FaultSession, side_by_side: int, *, quick: bool
) -> list[bool | None]:
    """Whether each fault was seen, None for one that is none; what a session cannot show is run in copies."""
    again = (Outcome.NEEDS_COPY,) if quick else (Outcome.NEEDS_COPY, Outcome.NOT_SEEN)
    groups = {tuple(tests) for (_, tests), outcome in zip(work, session.outcomes, strict=True) if outcome in again}
    if groups:
        for name in LOADED:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(side_by_side) as pool:
        free: Queue[Path] = Queue()
        for copy in copies(side_by_side if groups else 0, Path(folder), {fault.module for fault, _ in work}):
            free.put(copy)

        def in_copy(run: Callable[[Path], bool]) -> bool:
            copy = free.get()
            try:
                return run(copy)
            finally:
                free.put(copy)

        stands = dict(
            zip(groups, pool.map(lambda tests: in_copy(lambda c: passes(c, list(tests))), groups), strict=True)
        )

        def run(one: tuple[Work, Outcome]) -> bool | None:
            (fault, tests), outcome = one
            found = None if outcome is Outcome.NO_CHANGE else outcome is Outcome.SEEN
            if outcome in again and stands[tuple(tests)]:
                found = in_copy(lambda copy: seen(fault, copy, list(tests)))
            if found is False:
                print(f"not seen: {fault}", flush=True)
            return found

        return list(pool.map(run, zip(work, session.outcomes, strict=True)))


def room(module: Path) -> str:
    """Where a module is counted: sensor/protocols, dashboard/auth."""
    return "/".join(module.relative_to(ROOT).parts[:-1][:2])


def main() -> int:
    """Print each fault that was not seen; 1 where fewer than --at-least of a hundred were seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=30, help="faults of one module at most")
    parser.add_argument("--all", type=int, default=0, metavar="NUMBER", help="so many of all modules together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", default=[], help="tests beside those of the module")
    parser.add_argument("--side-by-side", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="no second run in a copy of what was not seen")
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
    if given.all:
        work = chance.sample(work, min(given.all, len(work)))
    session = run_session(work, given.side_by_side)
    for name in session.failing:
        print(f"{name}: fails without a fault, and is left out", flush=True)
    results = judged_by_copies(work, session, given.side_by_side, quick=given.quick)
    put, missed = Counter[str](), Counter[str]()
    for (fault, _), found in zip(work, results, strict=True):
        put[room(fault.module)] += found is not None
        missed[room(fault.module)] += found is False
    for name, number in (+put).items():
        print(f"{name}: {number - missed[name]} of {number} faults seen ({100 - 100 * missed[name] / number:.0f} %)")
    share = 100 - 100 * missed.total() / max(put.total(), 1)
    print(f"{put.total() - missed.total()} of {put.total()} faults seen ({share:.0f} %)")
    return 0 if share >= given.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
