"""Check of the signatures: schema, examples, counter-examples, shadowing, spellings, sources."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sensor.devices.signatures.compiled import CLOUDS, DESTINATIONS
from sensor.devices.signatures.matcher import SignatureMatch, Signatures
from sensor.devices.signatures.schema import DOMAIN_KINDS, KINDS, entries_of


def check_signatures(folder: Path | None = None) -> list[str]:
    """One sentence (``file: entry: what``) for each defect of the signatures in ``folder``; None: the shipped ones."""
    signatures = Signatures(folder, cache="")
    problems = list(signatures.problems)
    sources = _table(signatures.folder / "sources.toml").get("source", {})
    for path in sorted((signatures.folder / "devices").glob("*.toml")):
        good, _ = entries_of(path.stem, _table(path))
        for entry in good:
            for problem in _of_entry(signatures, path.stem, entry, sources):
                problems.append(f"devices/{path.name}: {entry['name']}: {problem}")
    return problems + list(_of_domains(signatures, sources))


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}  # already among Signatures.problems


def _of_entry(signatures: Signatures, field: str, entry: dict[str, Any], sources: dict[str, Any]) -> Iterator[str]:
    if entry["source"] not in sources:
        yield f"source {entry['source']!r} is not in sources.toml"
    vendor = entry["says"].get("vendor")
    for name in [vendor, *(row.get("vendor") for row in (entry["rows"] or {}).values())]:
        if name and "{" not in name and signatures.makers.spelling(name) != name:
            yield f"vendor {name!r} is spelled {signatures.makers.spelling(name)!r} in makers.toml"
        if name and "{" not in name and signatures.makers.find(name) is None:
            yield f"vendor {name!r} is not in makers.toml"
    own = f"{field}/{entry['name']}"
    for example in entry["examples"]:
        wanted = {kind: example.get(kind, entry["says"].get(kind)) for kind in KINDS}
        matches = signatures.match(field, example["value"])
        yielded = {match.kind: match.value for match in matches if match.signature == own}
        for kind, value in wanted.items():
            if value is not None and "{" in value:
                yield f"example {example['value']!r} does not say which {kind} it yields"
            elif value != yielded.get(kind):
                yield f"example {example['value']!r} yields {kind} {yielded.get(kind)!r}, not {value!r}"
        for kind, other in _shadows(matches, own):
            stronger = f"{other.signature}, which says {kind} {other.value!r} with more weight"
            yield f"example {example['value']!r} is taken by {stronger}"
    for lure in entry["not"]:
        if any(match.signature == own for match in signatures.match(field, lure)):
            yield f"takes its counter-example {lure!r}"


def _shadows(matches: tuple[SignatureMatch, ...], own: str) -> Iterator[tuple[str, SignatureMatch]]:
    for kind in ("vendor", "category"):
        mine = next((match for match in matches if match.kind == kind and match.signature == own), None)
        for other in matches:
            if mine and other.kind == kind and other.weight > mine.weight and other.value != mine.value:
                yield kind, other


def _of_domains(signatures: Signatures, sources: dict[str, Any]) -> Iterator[str]:
    for file in (DESTINATIONS, CLOUDS):
        data = _table(signatures.folder / file)
        whose: dict[str, str] = {}
        more: dict[str, str] = {}
        for kind in DOMAIN_KINDS:
            for row in data.get(kind, []):
                for problem in _of_cloud(row, kind, signatures, sources):
                    yield f"{file}: {problem}"
                name = row.get("name", "")
                for domain in row.get("domains", []):
                    seen = more if kind in ("line", "platform") else whose
                    if domain in seen:
                        yield f"{file}: {domain} stands under {seen[domain]} and {name}"
                    if domain != domain.lower() or domain.strip(".") != domain or "." not in domain:
                        yield f"{file}: {domain!r} is no domain name in lower case"
                    seen[domain] = name


def _of_cloud(row: dict[str, Any], kind: str, signatures: Signatures, sources: dict[str, Any]) -> Iterator[str]:
    name = row.get("name", "")
    if row.get("source") not in sources:
        yield f"{name}: source {row.get('source')!r} is not in sources.toml"
    if kind in ("owner", "line"):
        if signatures.makers.find(name) is None:
            yield f"vendor {name!r} is not in makers.toml"
        if (spelling := signatures.makers.spelling(name)) != name:
            yield f"vendor {name!r} is spelled {spelling!r} in makers.toml"
    for domain in row.get("domains", []):
        found = signatures.domain(domain)
        if kind == "platform" and (found is None or not found.platform):
            yield f"{domain} names no platform"
        elif kind == "line" and (found is None or found.category != row.get("category")):
            yield f"{domain} does not say {row.get('category')}"


def counts(folder: Path | None = None) -> str:
    """Numbers of entries by file and by category, as the Markdown tables of docs/signatures.md."""
    signatures = Signatures(folder, cache="")
    by_field: dict[str, int] = {}
    by_category: dict[str, int] = {}
    for path in sorted((signatures.folder / "devices").glob("*.toml")):
        good, _ = entries_of(path.stem, _table(path))
        for entry in good:
            rows = list((entry["rows"] or {"": {}}).values())
            by_field[path.stem] = by_field.get(path.stem, 0) + len(rows)
            for row in rows:
                category = (
                    row.get("category")
                    or entry["says"].get("category")
                    or "(none: vendor, model, firmware or system only)"
                )
                by_category[category] = by_category.get(category, 0) + 1
    makers = signatures.makers.all
    lines = [
        f"{sum(by_field.values())} entries in {len(by_field)} files; {len(makers)} makers, "
        f"of which {sum(m.module for m in makers)} make parts or others' products; {signatures.domains} domains.",
        *("", "| field | entries |", "|---|---:|"),
        *(
            f"| `{field}` | {count} |"
            for field, count in sorted(by_field.items(), key=lambda item: (-item[1], item[0]))
        ),
        *("", "| category | entries |", "|---|---:|"),
        *(
            f"| {category} | {count} |"
            for category, count in sorted(by_category.items(), key=lambda item: (-item[1], item[0]))
        ),
    ]
    return "\n".join(lines) + "\n"
