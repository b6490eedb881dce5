"""CPU seconds, pages and bytes of the report: `pcaps/home`, and a home of sixty devices made of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sensor.report.build import build  # noqa: E402
from sensor.report.page import html  # noqa: E402
from sensor.report.pdf import pdf  # noqa: E402
from tests.replaying import PCAPS, Record, capture_in, of, replayed  # noqa: E402
from tests.report.test_build import info  # noqa: E402

DEVICES = 60
MADE = "2026-05-01T12:00:00.000000Z"


def larger(records: list[Record], devices: int) -> list[Record]:
    """The same home several times over, each with MACs and findings of its own."""
    found = of(records, "capture")
    own = [one["id"] for one in of(records, "device")]
    for turn in range(-(-devices // len(own))):
        chosen = own[: devices - turn * len(own)]
        renamed = {name: f"{name[:8]}:{turn:02x}{name[11:]}" for name in chosen}
        for one in records:
            if one["record"] == "capture" or not {one.get("id"), one.get("device")} & set(chosen):
                continue
            text = json.dumps(one)
            for name, other in renamed.items():
                text = text.replace(name, other)
            made = json.loads(text)
            if made["record"] == "finding":
                made["id"] += f"-{turn}"
            if "because" in made:
                made["because"] = [
                    f"{why}-{turn}" if re.fullmatch("[0-9a-f]{12}", why) else why for why in made["because"]
                ]
            found.append(made)
    return found


def measure(name: str, records: list[Record]) -> None:
    """One line of figures."""
    began = time.process_time()
    content = build(info(records), records, [])
    screen = html(content, MADE)
    shown = time.process_time()
    paper = pdf(html(content, MADE, paper=True))
    done = subprocess.run(["pdftotext", "-", "-"], input=paper, capture_output=True, check=True)
    pages = done.stdout.count(b"\f")
    print(
        f"{name}: {len(of(records, 'device'))} devices, HTML {shown - began:.1f} s {len(screen):,} B, "
        f"PDF {time.process_time() - shown:.1f} s, {pages} pages, {len(paper):,} B"
    )


if __name__ == "__main__":
    home = replayed(capture_in(PCAPS / "home"))
    pdf("<p>x")  # the import of WeasyPrint
    measure("pcaps/home", home)
    measure("sixty", larger(home, DEVICES))
