"""Makes ecs.csv: fields of the Elastic Common Schema from Elastic's own npm packages.

    npm pack @elastic/ecs@8.11.5 @elastic/ecs@9.4.0, each unpacked to a folder of its own, then
    python -m tests.export.published.ecs_fields FOLDER_OF_8.11.5 FOLDER_OF_9.4.0 > tests/export/published/ecs.csv

The packages (Apache-2.0) declare each field as a type of TypeScript; names and types alone are carried over, of the
field sets that we write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

SETS = (
    "base", "destination", "device", "dns", "ecs", "event", "host", "http", "network", "observer", "related", "rule",
    "source", "tls", "url", "user", "vulnerability",
)  # fmt: skip

OPENS = re.compile(r"^\s*'?([@\w]+)'?\??: (Array<)?\{$")
FIELD = re.compile(r"^\s*'?([@\w]+)'?\??: ([^;{]+);$")


def fields(text: str) -> Iterator[tuple[str, str, bool]]:
    """Name with dots, type and whether several are allowed, of each field that an interface declares."""
    above: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("export interface"):
            inside = True
        elif not inside or line.lstrip().startswith(("/*", "*")):
            continue
        elif opens := OPENS.match(line):
            above.append(opens[1])
        elif re.match(r"^\s*\}>?;$", line):
            above.pop()
        elif found := FIELD.match(line):
            kind = found[2].split(" | ")[0]
            kind = "object" if kind.startswith("Record<") else "string" if kind.startswith("'") else kind
            yield ".".join((*above, found[1])), kind, "Array<" in found[2]


def of_package(folder: Path) -> dict[str, tuple[str, bool]]:
    """All fields of `SETS` in an unpacked package."""
    found = {}
    for name in SETS:
        prefix = "" if name == "base" else f"{name}."
        text = (folder / "package" / "generated" / f"{name}.ts").read_text()
        found |= {prefix + field: (kind, several) for field, kind, several in fields(text)}
    return found


if __name__ == "__main__":
    older, newer = (of_package(Path(one)) for one in sys.argv[1:])
    print("field,type,several")
    for field, (kind, several) in sorted(newer.items()):
        if older.get(field) == (kind, several):
            print(f"{field},{kind},{'yes' if several else 'no'}")
