"""Device identification without what is known of a maker: how reliable claims are, by confidence and by field.

    LANWITNESS_SHARED=FOLDER python bench/holdout.py [--all-facts] [--every N] [--write]

Left out, for one maker at a time: every signature that names it, every signature from a source that mostly speaks of
it, its domains, what it mostly makes. What stays is the prefix registry, the spelling of its name and everything
general. Two sets: labelled captures by others, and the published values of tests/devices/test_published.py.
``--all-facts``: nothing is left out; ``--every N``: one of N devices of each maker; ``--write``: into
signatures/reliability.toml and docs/classification.md with its curve.
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
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sensor import run
from sensor.devices.classify import Classifier
from sensor.devices.device import Device, Trait
from sensor.devices.signatures.compiled import INSTALLED, SHIPPED, install
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.signatures.schema import entries_of
from sensor.records import claimed
from sensor.replay import read
from sensor.run import Options
from sensor.selfcheck.reliability import FILE, Reliability, band_of, reliability
from sensor.vault import Vault

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("LANWITNESS_SHARED", ROOT.parent / "shared"))
PAGE = ROOT / "docs" / "classification.md"
BEGIN, END = "<!-- reliability: made by bench/holdout.py --write -->", "<!-- end of reliability -->"
FIELDS = ("vendor", "category", "model")
MOSTLY = 0.6
"""Share of a source's signatures that name the vendor, from which the source is about the vendor."""

SAME = {
    "smart plug": "plug", "outlet": "plug", "gateway": "hub", "bridge": "hub", "lighting hub": "hub",
    "ip camera": "camera",
    "security camera": "camera", "body scale": "scale",
}  # fmt: skip


class Holdout:
    """The shipped signatures, copied into ``folder``, and what stays of them without a maker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.csv", "__pycache__", INSTALLED))
        install(folder, folder)
        self._index = json.loads((folder / INSTALLED).read_text("utf-8"))
        self._entries = {file: json.loads(text) for file, text in self._index["entries"].items()}
        self._sources = _sources(folder)
        self.makers = Signatures(folder).makers

    def without(self, *vendors: str) -> Signatures:
        """The signatures less what is about ``vendors``."""
        houses = {self.makers.brand_group(vendor) for vendor in vendors}

        def about(name: str | None) -> bool:
            return name is not None and "{" not in name and self.makers.brand_group(name) in houses

        named: dict[str, list[bool]] = defaultdict(list)
        for file, entries in self._entries.items():
            for entry in entries:
                rows = list((entry[5] or {}).values()) or [{}]
                source = self._sources[file, entry[0]]
                named[source] += [about(row.get("vendor") or entry[3].get("vendor")) for row in rows]
        its = {source for source, each in named.items() if sum(each) > MOSTLY * len(each)}
        left = {
            file: [
                [*entry[:5], {key: row for key, row in entry[5].items() if not about(row.get("vendor"))}, *entry[6:]]
                if entry[5]
                else entry
                for entry in entries
                if self._sources[file, entry[0]] not in its and not about(entry[3].get("vendor"))
            ]
            for file, entries in self._entries.items()
        }
        domains = {name: row for name, row in self._index["domains"].items() if not about(row[0])}
        makers = [
            {key: value for key, value in row.items() if key != "makes" or not about(row["name"]) or row.get("module")}
            for row in self._index["makers"]
        ]
        index = {**self._index, "entries": left, "domains": domains, "makers": makers}
        (self._folder / INSTALLED).write_text(json.dumps(index), "utf-8")
        return Signatures(self._folder)


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


@dataclass
class Tally:
    """Answers on one set: counts by band and field, devices and makers seen, answers by capture."""

    devices: int = 0
    makers: set[str] = field(default_factory=set)
    bands: Counter[tuple[str, bool]] = field(default_factory=Counter)
    fields: Counter[tuple[str, bool]] = field(default_factory=Counter)
    sample: dict[str, str] = field(default_factory=dict)

    def add(self, device: Device | None, verdicts: dict[str, bool | None], name: str, maker: str) -> None:
        """A device with whether the best value of each field is right; None where there is no value."""
        self.devices += 1
        self.makers.add(maker)
        words = []
        for kind, good in verdicts.items():
            claim = getattr(device, kind) if device else None
            words.append("silent" if claimed(claim) is None else "right" if good else "wrong")
            if claim is None or good is None or claim.value == "iot_module":
                continue
            self.bands[band_of(claim.confidence), good] += 1
            if claimed(claim) is not None:
                self.fields[f"{kind} by `{claim.because[0].field}`", good] += 1
            if words[-1] == "wrong":
                sys.stderr.write(f"{name}: {kind} said {claim.value!r} ({claim.confidence})\n")
        self.sample[name] = " ".join(words)

    def rows(self, name: str) -> dict[str, Any]:
        """The set for the file of results."""
        return {
            "name": name,
            "devices": self.devices,
            "makers": len(self.makers),
            "bands": _counted(self.bands),
            "fields": _counted(self.fields),
        }


def _counted(counts: Counter[tuple[str, bool]]) -> dict[str, list[int]]:
    return {
        name: [counts[name, True] + counts[name, False], counts[name, True]] for name in sorted({n for n, _ in counts})
    }


def captures(holdout: Holdout, every: int, *, whole: bool, only: Collection[str] = ()) -> Tally:
    """The labelled captures by others; ``only``: these."""
    labels = list(csv.DictReader((SHARED / "truth" / "devices.csv").read_text("utf-8").splitlines()))
    tally = Tally()
    for vendor in sorted({row["vendor"] for row in labels}, key=str.casefold):
        rows = sorted((row for row in labels if row["vendor"] == vendor), key=lambda row: row["capture"])[::every]
        rows = [row for row in rows if not only or row["capture"] in only]
        tables = Signatures() if whole or not rows else holdout.without(vendor)
        for row in rows:
            run._signatures = lambda _, tables=tables: tables  # type: ignore[assignment,misc]
            result = read(str(SHARED / "captures" / "devices" / row["capture"]), Vault(bytes(32)), Options())
            if isinstance(result, str):
                raise SystemExit(result)
            device = next((d for d in result.devices if d.mac == row["mac"].lower()), None)
            verdicts = {
                kind: right(kind, claim.value, row) if device and (claim := getattr(device, kind)) else None
                for kind in FIELDS
            }
            tally.add(device, verdicts, row["capture"], vendor)
    return tally


def published(holdout: Holdout, every: int, *, whole: bool) -> Tally:
    """The published values of tests/devices/test_published.py."""
    from tests.devices.seen import PREFIXES
    from tests.devices.test_published import KNOWN, OWNERS

    tally = Tally()
    by_makers = defaultdict(list)
    for row in KNOWN:
        by_makers[row[2]].append(row)
    for makers, rows in sorted(by_makers.items()):
        names = [name for name in makers.lstrip("~").split("|") if name]
        classifier = Classifier(PREFIXES, Signatures() if whole or not names else holdout.without(*names))
        for owner, values, _, category in rows[::every]:
            seen = tuple(Trait(one, value, (1,)) for one, value in values)
            device = Device("x", None, not owner, (), None, 1, 2, traits=seen)
            classifier.classify(device, OWNERS[owner] if owner else b"")
            verdicts = {
                "vendor": device.vendor.value in names if device.vendor else None,
                "category": device.category.value == category.lstrip("~") if device.category else None,
            }
            tally.add(device, verdicts, f"{owner} {values}", makers)
    return tally


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    every = int(sys.argv[sys.argv.index("--every") + 1]) if "--every" in sys.argv else 1
    whole = "--all-facts" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        holdout = Holdout(Path(folder) / "signatures")
        by_others, by_makers = captures(holdout, every, whole=whole), published(holdout, every, whole=whole)
    first = {name.split("/")[0]: name for name in sorted(by_others.sample, reverse=True)}
    sample = {name: by_others.sample[name] for name in sorted(first.values())}
    text = _toml([by_others.rows("captures by others"), by_makers.rows("published values")], sample)
    target = FILE if "--write" in sys.argv else Path(tempfile.gettempdir()) / FILE.name
    target.write_text(text, "utf-8")
    found = reliability(target)
    sys.stdout.write(f"{found.markdown()}{found.summary()}\n")
    for problem in found.problems():
        sys.stdout.write(f"wrong: {problem}\n")
    if "--write" in sys.argv:
        PAGE.write_text(page(PAGE.read_text("utf-8"), found), "utf-8")
        (PAGE.parent / "reliability.svg").write_text(found.svg(), "utf-8")


def page(text: str, found: Reliability) -> str:
    """docs/classification.md with the tables between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{found.markdown()}{END}{rest.split(END)[1]}"


def _toml(sets: list[dict[str, Any]], sample: dict[str, str]) -> str:
    lines = [
        "# Made by bench/holdout.py --write: [values, right ones] by band of confidence and by field of the reason."
    ]
    lines += [f"measured = {date.today().isoformat()}"]
    for one in sets:
        lines += ["", "[[set]]", *(f"{key} = {json.dumps(one[key])}" for key in ("name", "devices", "makers"))]
        for part in ("bands", "fields"):
            lines += ["", f"[set.{part}]", *(f"{json.dumps(name)} = {json.dumps(n)}" for name, n in one[part].items())]
    lines += ["", "[sample]", *(f"{json.dumps(name)} = {json.dumps(answer)}" for name, answer in sample.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
