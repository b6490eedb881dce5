"""Schema of the signature files: the usable entries of a parsed file, and the problems of the others."""

from __future__ import annotations

from typing import Any

from sensor.devices.device import CATEGORIES
from sensor.devices.signatures.patterns import danger, literals

KINDS = ("vendor", "category", "model", "firmware", "os", "platform")
"""What a signature may say, in this order."""

WEIGHT = 3.0
"""Log-odds of an entry that gives none: 95 of 100 that match are what it says."""

MAX_WEIGHT = 6.0
"""No single string is worth more: it may be spoofed, copied or left over from the module's maker."""

_TOP = {"field", "also", "signature", "table"}
_ENTRY = {"name", "pattern", "weight", "weights", "source", "examples", "not", "listed", *KINDS}
_TABLE = {"name", "pattern", "weight", "weights", "source", "columns", "rows", "example", "not", *KINDS}

Problem = tuple[str, str]
"""Name of the entry ("" for the file), what is wrong."""


def entries_of(stem: str, data: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The usable entries of a file named ``stem``, and the problems of the rest.

    An entry has ``name, pattern, says, weights, rows, source, examples, not``.
    """
    good: list[dict[str, Any]] = []
    bad: list[Problem] = [("", f"unknown key {key!r}") for key in sorted(set(data) - _TOP)]
    if data.get("field") != stem:
        bad.append(("", f"field is {data.get('field')!r} but the file is named {stem!r}"))
    names: set[str] = set()
    for kind in ("signature", "table"):
        rows = data.get(kind, [])
        if not isinstance(rows, list):
            bad.append(("", f"{kind} is no list of tables"))
            continue
        for row in rows:
            try:
                entry = _entry(row, table=kind == "table")
                if entry["name"] in names:
                    raise ValueError("the name is used twice")
            except (ValueError, TypeError, KeyError) as error:
                bad.append((str(row.get("name", "")) if isinstance(row, dict) else "", str(error)))
            else:
                names.add(entry["name"])
                good.append(entry)
    return good, bad


def _entry(row: dict[str, Any], *, table: bool) -> dict[str, Any]:
    unknown = sorted(set(row) - (_TABLE if table else _ENTRY))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}")
    for key in ("name", "pattern", "source"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise ValueError(f"{key} is missing")
    reason = danger(row["pattern"])
    if reason:
        raise ValueError(f"pattern {reason}")
    says = {kind: _text(row[kind], kind) for kind in KINDS if kind in row}
    rows = _rows(row) if table else None
    if not says and not rows:
        raise ValueError(f"says nothing ({', '.join(KINDS)})")
    weights = {"all": row.get("weight", WEIGHT), **row.get("weights", {})}
    for kind, weight in weights.items():
        if kind not in ("all", *KINDS) or not isinstance(weight, int | float) or not 0 < weight <= MAX_WEIGHT:
            raise ValueError(f"weight {kind} = {weight!r} (wanted: above 0, at most {MAX_WEIGHT})")
    examples = _table_examples(row, rows) if rows is not None else row.get("examples", [])
    if (
        not isinstance(examples, list)
        or not examples
        or not all(isinstance(e, dict) and isinstance(e.get("value"), str) for e in examples)
    ):
        raise ValueError("has no example with a value")
    counter = row.get("not", [])
    if not isinstance(counter, list) or not all(isinstance(text, str) for text in counter):
        raise ValueError("not is no list of texts")
    return {
        "name": row["name"], "pattern": row["pattern"], "says": says, "weights": weights, "rows": rows,
        "source": row["source"], "examples": examples, "not": counter, "listed": row.get("listed") is True,
        "literals": list(literals(row["pattern"])),
    }  # fmt: skip


def _text(value: Any, kind: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{kind} is no text")
    if kind == "category" and value not in CATEGORIES:
        raise ValueError(f"category {value!r} is not on the list of docs/output.md")
    return value


def _rows(row: dict[str, Any]) -> dict[str, dict[str, str]]:
    columns = row.get("columns")
    if not isinstance(columns, list) or not columns or not set(columns) <= set(KINDS):
        raise ValueError(f"columns must be some of {', '.join(KINDS)}")
    rows = row.get("rows")
    if not isinstance(rows, dict) or not rows:
        raise ValueError("has no rows")
    found: dict[str, dict[str, str]] = {}
    for key, values in rows.items():
        if not isinstance(values, list) or len(values) != len(columns):
            raise ValueError(f"row {key!r} has not {len(columns)} values")
        found[key.lower()] = {
            kind: _text(value, kind) for kind, value in zip(columns, values, strict=True) if value != ""
        }
    return found


def _table_examples(row: dict[str, Any], rows: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    template = row.get("example")
    if not isinstance(template, str) or "{key}" not in template:
        raise ValueError("example of a table must hold {key}")
    return [{"value": template.replace("{key}", key), **columns} for key, columns in rows.items()]


def makers_of(data: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The usable makers of a parsed ``makers.toml``, and the problems of the rest."""
    good: list[dict[str, Any]] = []
    bad: list[Problem] = [("", f"unknown key {key!r}") for key in sorted(set(data) - {"maker", "mention"})]
    for row in _rows_of(data, "maker", bad):
        name = str(row.get("name", ""))
        also = row.get("also", [])
        unknown = sorted(
            set(row) - {"name", "makes", "module", "also", "word", "of", "phones", "handhelds", "platform", "brands"}
        )
        if unknown:
            bad.append((name, f"unknown key {unknown[0]!r}"))
        elif (
            not isinstance(row.get("name"), str)
            or not isinstance(also, list)
            or not all(isinstance(one, str) for one in also)
        ):
            bad.append((name, "name must be a text, also a list of texts"))
        elif row.get("makes", "router") not in CATEGORIES:
            bad.append((name, f"makes {row['makes']!r} is not on the list of docs/output.md"))
        else:
            good.append(row)
    return good, bad


DOMAIN_KINDS = ("owner", "line", "platform", "infrastructure", "third", "tracker")
"""Lists of destinations.toml and clouds.toml."""

CATEGORY_WEIGHT = 1.1
"""Log-odds of the category of a cloud that gives none: its maker has other kinds of product, too."""


def domains_of(data: dict[str, Any]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """Domain -> [owner, party, weight, category, its weight, platform] of a parsed file, and the problems of the rest.

    A ``line`` has neither owner nor weight: it adds a category to a domain that another list gives an owner.
    """
    found: dict[str, list[Any]] = {}
    bad: list[Problem] = [("", f"unknown key {key!r}") for key in sorted(set(data) - set(DOMAIN_KINDS))]
    for kind in DOMAIN_KINDS:
        for row in _rows_of(data, kind, bad):
            try:
                domains, says = _cloud(row, kind)
            except ValueError as error:
                bad.append((str(row.get("name") or ""), str(error)))
            else:
                for domain in domains:
                    add_domain(found, domain, says)
    return found, bad


def add_domain(found: dict[str, list[Any]], domain: str, says: list[Any]) -> None:
    """Add what one row says of a domain; what another said of it before stays, and gaps in it are filled."""
    before = found.get(domain)
    if before is None:
        found[domain] = says
        return
    owner = says[:3] if before[0] is None and says[0] is not None else before[:3]
    category = before[3:5] if before[3] else says[3:5]
    found[domain] = [*owner, *category, before[5] or says[5]]


def _cloud(row: dict[str, Any], kind: str) -> tuple[list[str], list[Any]]:
    name, domains, category = row.get("name"), row.get("domains"), row.get("category")
    weight = row.get("weight", 2.0 if kind == "owner" else 0.0)
    sure = row.get("category_weight", CATEGORY_WEIGHT)
    if not isinstance(name, str) or not isinstance(domains, list) or not all(isinstance(one, str) for one in domains):
        raise ValueError("name must be a text, domains a list of texts")
    for one in (weight, sure):
        if not isinstance(one, int | float) or not 0 <= one <= MAX_WEIGHT:
            raise ValueError(f"weight = {one!r} (wanted: 0 to {MAX_WEIGHT})")
    if category is not None:
        _text(category, "category")
    owner = name if kind in ("owner", "third", "tracker", "infrastructure") else None
    party = {"owner": "vendor", "line": None, "platform": "infrastructure"}.get(kind, kind)
    return domains, [owner, party, weight, category, sure if category else 0.0, name if kind == "platform" else None]


def _rows_of(data: dict[str, Any], key: str, bad: list[Problem]) -> list[dict[str, Any]]:
    rows = data.get(key, [])
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    bad.append(("", f"{key} is no list of tables"))
    return []
