"""The truth about answered logins: what tshark shows of each answer, beside what LANwitness claims of it.

    python bench/accepted.py                          (over `pcaps/`)
    python bench/accepted.py FOLDER… --json FILE      (over other captures; `-` writes to standard output)

Logins, their answers and what belongs together are read from tshark's dissection alone: the tag, number or frame that
the protocol answers with, or else the first answer that acknowledges the login. Of ours, the evidence frames and
`accepted` of `credential.*` are read. Exit status 1 where a claim contradicts tshark.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tshark_logins import Answered, logins_of

LARGEST = 5_000_000
"""Bytes of the largest capture that is read."""
SUFFIXES = (".pcap", ".pcapng", ".cap", ".trace", ".pcap.gz")
RULES = ("credential.cleartext", "credential.challenge")
WORDS = {True: "accepted", False: "refused", None: "unknown"}


@dataclass
class Row:
    """The figures of one protocol."""

    logins: int = 0
    shown: int = 0
    true: int = 0
    false: int = 0
    null: int = 0
    agree: int = 0
    wrong: int = 0
    unshown: int = 0
    repeated: int = 0
    missed: int = 0


@dataclass
class Table:
    """All protocols, and each login of which we say something else."""

    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    notes: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, capture: str, login: Answered, claim: bool | None, basis: str | None) -> None:
        """Note a login for the list of differences."""
        self.notes.append(
            {
                "kind": kind,
                "capture": capture,
                "protocol": login.protocol,
                "frame": login.frame,
                "answer_frame": login.answer_frame,
                "tshark": WORDS[login.accepted],
                "ours": WORDS[claim],
                "basis": basis,
            }
        )

    def add(self, capture: str, logins: list[Answered], findings: list[dict[str, Any]]) -> None:
        """Compare the logins of one capture with the findings of it."""
        sets = [frozenset(number for each in finding["evidence"] for number in each["frames"]) for finding in findings]
        # A finding counts a login that repeats: it claims the best answer that any of them got.
        best: dict[int, set[bool | None]] = defaultdict(set)
        fitting: list[tuple[Answered, list[int]]] = []
        for login in logins:
            found = [number for number, frames in enumerate(sets) if frames & login.frames]
            found = [number for number in found if login.schemes is None or _scheme(findings[number]) in login.schemes]
            fitting.append((login, found))
            for number in found:
                best[number].add(login.accepted)
        for login, found in fitting:
            row = self.rows[login.protocol]
            row.logins += 1
            row.shown += login.accepted is not None
            if not found and any(_counts(finding, login) for finding in findings):
                row.repeated += 1
                continue
            if not found:
                row.missed += 1
                self.note("missed", capture, login, None, None)
                continue
            number = min(found, key=lambda each: findings[each]["detail"]["accepted"] is None)
            detail = findings[number]["detail"]
            claim = detail["accepted"]
            row.true += claim is True
            row.false += claim is False
            row.null += claim is None
            answers = best[number]
            truth = True if True in answers else False if False in answers else None
            if claim is truth:
                row.agree += 1
            elif claim is None:
                self.note("silent", capture, login, claim, detail["basis"])
            elif truth is None:
                row.unshown += 1
                self.note("unshown", capture, login, claim, detail["basis"])
            else:
                row.wrong += 1
                self.note("wrong", capture, login, claim, detail["basis"])


def _counts(finding: dict[str, Any], login: Answered) -> bool:
    """Whether a finding counts more of such logins than its evidence has frames for."""
    detail = finding["detail"]
    if login.accepted not in (detail["accepted"], None) or finding["count"] < 2:
        return False
    known = {finding["client"].rpartition(":")[0], finding["server"].rpartition(":")[0]}
    return known == {end.rpartition(":")[0] for end in login.ends}


def _scheme(finding: dict[str, Any]) -> str:
    return str(finding["detail"]["scheme"]).lower().split("-")[0]


def captures_in(paths: list[str]) -> list[str]:
    """The captures in folders, and those named, but for large ones."""
    found: list[Path] = []
    for path in map(Path, paths):
        found += sorted(each for each in path.rglob("*") if each.name.endswith(SUFFIXES)) if path.is_dir() else [path]
    return [str(each) for each in dict.fromkeys(found) if each.is_file() and each.stat().st_size <= LARGEST]


def findings_in(captures: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Our logins by capture."""
    by_capture: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "records.jsonl"
        command = [sys.executable, "-m", "sensor", "replay", "--plain", "--json", str(out), *captures]
        # The status of `replay` says what it found, so it is not checked.
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        for line in out.read_text("utf-8").splitlines():
            record = json.loads(line)
            if record["record"] == "finding" and record["rule"] in RULES and "accepted" in record["detail"]:
                by_capture[record["evidence"][0]["capture"]].append(record)
    return by_capture


def main() -> int:
    """Print the table; 1 where a claim is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("captures", nargs="*", default=["pcaps"], metavar="CAPTURE")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="print each login of which we say something else")
    arguments = parser.parse_args()
    table = Table()
    captures = captures_in(arguments.captures)
    findings = findings_in(captures) if captures else {}
    for capture in captures:
        table.add(capture, logins_of(capture), findings.get(capture, []))
    names = list(Row.__dataclass_fields__)
    total = {name: sum(getattr(row, name) for row in table.rows.values()) for name in names}
    figures = {protocol: vars(row) for protocol, row in sorted(table.rows.items())}
    if arguments.json:
        text = json.dumps({"protocols": figures, "total": total, "differences": table.notes}, indent=1) + "\n"
        if arguments.json == "-":
            print(text, end="")
        else:
            Path(arguments.json).write_text(text, "utf-8")
    if arguments.json != "-":
        print("| protocol | " + " | ".join(names) + " |")
        print("| --- |" + " ---: |" * len(names))
        for protocol, row in [*figures.items(), ("all", total)]:
            print(f"| {protocol} | " + " | ".join(str(row[name]) for name in names) + " |")
        if arguments.list:
            for note in table.notes:
                print(*note.values(), sep="\t")
    return 1 if total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
