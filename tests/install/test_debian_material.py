"""What the Debian package has beside the program: a page of the manual for each command, units, the user."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def material(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, run as if this checkout were the package's environment."""
    spec = spec_from_file_location("debian_material", ROOT / "debian" / "material.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "prefix", str(ROOT))
    return module


def test_a_page_for_each_command_and_completion_for_two_shells(material: ModuleType) -> None:
    found = dict(material.material())
    for page in ("lanwitness", "lanwitness-replay", "lanwitness-drill", "lanwitness-correct-mute"):
        assert found[f"usr/share/man/man1/{page}.1"].startswith(f".TH {page.upper()} 1\n.SH NAME\n{page} \\- ")
    assert "_lanwitness_completion" in found["usr/share/bash-completion/completions/lanwitness"]
    assert found["usr/share/zsh/vendor-completions/_lanwitness"].startswith("#compdef lanwitness")


def test_help_is_no_request_to_the_formatter(material: ModuleType) -> None:
    """A line that begins with a dot would be one (groff(7)), a hyphen would be set as another character."""

    class Written(click.Command):
        def get_help(self, ctx: click.Context) -> str:
            return ".so /etc/passwd\n'br\na-b\\c"

    [(_, page)] = material.man_pages(Written("x", help="A command."), "x")
    assert page.partition(".nf\n")[2].splitlines() == ["\\&.so /etc/passwd", "\\&'br", "a\\-b\\ec", ".fi"]


def test_units_run_the_installed_program(material: ModuleType) -> None:
    found = dict(material.material())
    capture = found["usr/lib/systemd/system/lanwitness-capture@.service"]
    assert "ExecStart=/usr/bin/python3 -I /usr/lib/lanwitness/sensor/live/child.py -" in capture
    assert "/usr/bin/lanwitness watch" in found["usr/lib/systemd/system/lanwitness-watch.service"]
    assert found["usr/lib/sysusers.d/lanwitness.conf"].startswith("u lanwitness ")
