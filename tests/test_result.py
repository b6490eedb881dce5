"""Frames of a joined run by the captures they are in."""

from __future__ import annotations

from dataclasses import replace

from sensor.capture.join import Part
from tests.replaying import PCAPS, read


def test_frames_are_grouped_by_capture() -> None:
    alone = read(PCAPS / "ntp" / "capture.pcap")
    assert [(one.capture, one.frames) for one in alone.evidence((3, 4))] == [(alone.capture, (3, 4))]
    assert alone.evidence(()) == []
    joined = replace(alone, parts=(Part("a"), Part("b")))
    found = joined.evidence(((1 << 40) + 2, 5, (1 << 40) + 1))
    assert [(one.capture, one.frames) for one in found] == [("b", (2, 1)), ("a", (5,))]
