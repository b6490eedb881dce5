"""The page that can be left running: it fits, and nothing from the wire commands the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sensor.live.screen import Screen, newest
from sensor.model import Severity
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in

HOME = data_of(capture_in(PCAPS / "home"))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50), (60, 12)])
def test_it_fits_the_terminal(width: int, height: int) -> None:
    _, listener, _ = watch(HOME)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    screen = Screen(console)
    with console.capture() as capture:
        console.print(screen.page(listener.moments[-1]))
    lines = capture.get().splitlines()
    assert len(lines) <= height and max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert "LANwitness listens to -" in text and "Found last" in text and "broken" in text
    assert any(str(Severity.HIGH.name.lower()) in line or "medium" in line for line in lines)


@pytest.mark.parametrize("width", [60, 160])
def test_the_german_page(width: int) -> None:
    _, listener, _ = watch(HOME)
    console = Console(file=io.StringIO(), width=width, height=40, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(Screen(console, language="de").page(listener.moments[-1]))
    text = capture.get()
    assert max(map(len, text.splitlines())) <= width
    assert "LANwitness hört - mit" in text and "Zuletzt gefunden" in text and "verletz" in text and "hoch" in text
    for english in ("Found last", "listens", "broken", "device ", "what it is", "high"):
        assert english not in text


def test_it_is_drawn_as_it_goes_and_stays_at_the_end() -> None:
    file = io.StringIO()
    with Screen(Console(file=file, width=100, height=30, force_terminal=True, color_system=None)) as screen:
        watch(HOME, screen)
        screen.say("a sentence \x1b[2J with a command")
    text = file.getvalue()
    assert "the stream has ended" in text and "a sentence ?[2J with a command" in text


def test_the_newest_first_and_no_remarks() -> None:
    _, listener, _ = watch(HOME)
    found = newest(listener.result, 5)
    assert len(found) == 5 and [one.time for one in found] == sorted((one.time for one in found), reverse=True)
    assert all(one.severity > Severity.INFO for one in found)


def shown(data: bytes, width: int, height: int) -> list[str]:
    """The page at the end, line by line."""
    _, listener, _ = watch(data)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(Screen(console).page(listener.moments[-1]))
    return capture.get().splitlines()


@pytest.mark.parametrize(("width", "wide"), [(99, False), (100, True)])
def test_what_a_device_is_has_a_column_from_a_hundred_letters(width: int, wide: bool) -> None:
    header = next(line for line in shown(HOME, width, 60) if line.lstrip().startswith("device"))
    assert ("what it is" in header) is wide and not header.startswith(" ")


def test_a_page_without_devices_has_no_table() -> None:
    lines = shown(HOME[:24], 100, 40)
    assert not any(line.lstrip().startswith("device") for line in lines) and "Found last" not in "\n".join(lines)


def test_devices_that_have_no_row_are_counted() -> None:
    """The rows and the rest are all devices; a page that is high enough has no rest."""
    _, listener, _ = watch(HOME)
    total = len(listener.result.devices)
    for height, rest in ((16, True), (200, False)):
        lines = shown(HOME, 120, height)
        begin = next(number for number, line in enumerate(lines) if line.startswith("device"))
        rows = []
        for line in lines[begin + 1 :]:
            if not line.strip():
                break
            rows.append(line.strip())
        more = [int(row.split()[1]) for row in rows if row.startswith("and ") and row.endswith(" more")]
        assert bool(more) is rest and len(rows) - len(more) + sum(more) == total
