"""Device identification without what is known of a vendor: a table of answers for each vendor of labelled captures, its
own facts left out.

    LANWITNESS_SHARED=FOLDER python bench/holdout.py [--all-facts] [--every N]

Left out, for one vendor at a time: every signature that names it, every signature from a source that mostly speaks of
it, its domains. What stays is the prefix registry, the spelling of its name and everything general. ``--all-facts``:
nothing is left out; ``--every N``: one of N captures of each vendor. The second table is the reliability by field: of
the claims whose best reason stood in it, how many were right.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sensor import run
from sensor.devices.signatures.compiled import INSTALLED, SHIPPED, install
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.signatures.schema import entries_of
from sensor.records import claimed
from sensor.replay import read
from sensor.run import Options, Result
from sensor.selfcheck.calibration import Calibration
from sensor.vault import Vault

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("LANWITNESS_SHARED", ROOT.parent / "shared"))
FIELDS = ("vendor", "category", "model")
MOSTLY = 0.6
"""Share of a source's signatures that name the vendor, from which the source is about the vendor."""

SAME = {
    "smart plug": "plug", "outlet": "plug", "gateway": "hub", "bridge": "hub", "lighting hub": "hub",
    "ip camera": "camera",
    "security camera": "camera", "body scale": "scale",
}  # fmt: skip


def without(vendor: str, folder: Path) -> Signatures:
    """The shipped signatures less what is about ``vendor``, kept in ``folder``."""
    shipped = Signatures(cache="")
    house = shipped.makers.brand_group(vendor)

    def about(name: str | None) -> bool:
        return name is not None and "{" not in name and shipped.makers.brand_group(name) == house

    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.csv", "__pycache__", INSTALLED))
    install(folder, folder)
    index = json.loads((folder / INSTALLED).read_text("utf-8"))
    index["entries"] = {file: json.loads(text) for file, text in index["entries"].items()}
    sources = _sources(folder)
    named: dict[str, list[bool]] = defaultdict(list)
    for file, entries in index["entries"].items():
        for entry in entries:
            rows = list((entry[5] or {}).values()) or [{}]
            named[sources[file, entry[0]]] += [about(row.get("vendor") or entry[3].get("vendor")) for row in rows]
    its = {source for source, each in named.items() if sum(each) > MOSTLY * len(each)}
    for file, entries in index["entries"].items():
        left = []
        for entry in entries:
            if sources[file, entry[0]] in its or about(entry[3].get("vendor")):
                continue
            if entry[5]:
                entry[5] = {key: row for key, row in entry[5].items() if not about(row.get("vendor"))}
            left.append(entry)
        index["entries"][file] = left
    index["domains"] = {name: row for name, row in index["domains"].items() if not about(row[0])}
    (folder / INSTALLED).write_text(json.dumps(index), "utf-8")
    return Signatures(folder)


def _sources(folder: Path) -> dict[tuple[str, str], str]:
    """(file, entry's id) -> its source."""
    import tomllib

    found = {}
    for path in (folder / "devices").glob("*.toml"):
        good, _ = entries_of(path.stem, tomllib.loads(path.read_text("utf-8")))
        found |= {(path.stem, f"{path.stem}/{entry['name']}"): str(entry["source"]) for entry in good}
    return found


def right(field: str, said: str, row: dict[str, str]) -> bool:
    """Whether an answer is one of the label's; punctuation and case aside."""
    wanted = [word.strip() for word in row[field].split(";") if word.strip()]
    if field == "category":
        return said in {SAME.get(word, word).replace(" ", "_") for word in wanted}
    if field == "vendor":
        wanted += [word.strip() for word in row["vendor_aliases"].split(";") if word.strip()]
    plain = [re.sub(r"[^a-z0-9]", "", text.lower()) for text in (said, *wanted)]
    return any(word in plain[0] or (plain[0] in word and len(plain[0]) >= 4) for word in plain[1:])


def answers(rows: list[dict[str, str]], tables: Signatures) -> Iterator[tuple[dict[str, str], str, str, Result]]:
    """(label, field, ``right`` ``wrong`` or ``silent``, result) for each label and field."""
    run._signatures = lambda _: tables  # type: ignore[assignment]
    seen: dict[str, Result] = {}
    for row in rows:
        if row["capture"] not in seen:
            result = read(str(SHARED / "captures" / "devices" / row["capture"]), Vault(bytes(32)), Options())
            if isinstance(result, str):
                raise SystemExit(result)
            seen = {row["capture"]: result}
        device = next((d for d in seen[row["capture"]].devices if d.mac == row["mac"].lower()), None)
        for field in FIELDS:
            said = claimed(getattr(device, field)) if device else None
            answer = "silent" if said is None else "right" if right(field, said, row) else "wrong"
            if answer == "wrong":
                sys.stderr.write(f"{row['capture']}: {field} said {said!r}, is {row[field]!r}\n")
            yield row, field, answer, seen[row["capture"]]


def main() -> None:
    """Print the table and the calibration over all answers."""
    labels = list(csv.DictReader((SHARED / "truth" / "devices.csv").read_text("utf-8").splitlines()))
    calibration = Calibration()
    every = int(sys.argv[sys.argv.index("--every") + 1]) if "--every" in sys.argv else 1
    by_field: dict[str, Counter[str]] = defaultdict(Counter)
    sys.stdout.write("| vendor | captures | vendor | category | model |\n|---|---:|---|---|---|\n")
    for vendor in sorted({row["vendor"] for row in labels}, key=str.casefold):
        rows = sorted((row for row in labels if row["vendor"] == vendor), key=lambda row: row["capture"])[::every]
        with tempfile.TemporaryDirectory() as folder:
            whole = "--all-facts" in sys.argv
            tables = Signatures() if whole else without(vendor, Path(folder) / "signatures")
            found: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
            for row, field, answer, result in answers(rows, tables):
                found[field][answer] += 1
                device = next((d for d in result.devices if d.mac == row["mac"].lower()), None)
                claim = getattr(device, field) if device else None
                calibration.add(claim, answer == "right")
                if claim is not None and answer != "silent":
                    by_field[f"{field} by {claim.because[0].field}"][answer] += 1
        cells = [", ".join(f"{count} {answer}" for answer, count in sorted(found[field].items())) for field in FIELDS]
        sys.stdout.write(f"| {vendor} | {len(rows)} | {' | '.join(cells)} |\n")
    sys.stdout.write("\n| claim by field | claims | right |\n|---|---:|---:|\n")
    for name, counts in sorted(by_field.items()):
        sys.stdout.write(f"| {name} | {sum(counts.values())} | {counts['right']} |\n")
    sys.stdout.write(f"\nclaims with confidence {calibration.summary()}\n")


if __name__ == "__main__":
    main()
