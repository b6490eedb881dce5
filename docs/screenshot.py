#!/usr/bin/env python3
"""The page of `lanwitness replay pcaps/home/capture.pcapng` into docs/home.svg, as the terminal shows it. Run it after
the page has changed.
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from sensor.capture import open_capture
from sensor.export.terminal import Terminal
from sensor.run import Options, Run
from sensor.vault import Vault

ROOT = Path(__file__).resolve().parent.parent
CAPTURE = "pcaps/home/capture.pcapng"


def main() -> None:
    """Write the picture."""
    run = Run(Vault(bytes(32)), Options())
    with open_capture(str(ROOT / CAPTURE)) as capture:
        for block in capture:
            run.feed(block)
        result = run.finish(CAPTURE, capture.link_types, capture.damage)
    console = Console(
        record=True, width=100, force_terminal=True, highlight=False, markup=False, emoji=False, file=io.StringIO()
    )
    Terminal(console=console).page(result)
    console.save_svg(str(ROOT / "docs" / "home.svg"), title=f"lanwitness replay {CAPTURE}")


if __name__ == "__main__":
    main()
