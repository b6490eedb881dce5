"""Where tables and keys of a TOML file stand."""

from __future__ import annotations

import pytest

from sensor.settings.toml_lines import TomlLines, TomlPosition

TEXT = """# a comment with device = 1

phase = 1
[[device]]
id = "a"
  [[device.account]]
  user = "x"
  [[device.account]]
  user = "y"
  [device.support]
  "until" = 2027-01-01

[[ device ]]
id = "b"
channel = [{ port = 1 }]
[[device.account]]
user = "z"
"""


@pytest.mark.parametrize(
    ("place", "key", "line"),
    [
        ((), "phase", 3),
        ((("phase", 0),), None, 3),
        ((("device", 0),), None, 4),
        ((("device", 0),), "id", 5),
        ((("device", 0), ("account", 0)), "user", 7),
        ((("device", 0), ("account", 1)), "user", 9),
        ((("device", 0), ("support", 0)), "until", 11),
        ((("device", 1),), None, 13),
        ((("device", 1),), "id", 14),
        ((("device", 1), ("channel", 0)), "port", 15),
        ((("device", 1), ("account", 0)), "user", 17),
        ((("device", 1),), "missing", 13),
        ((("device", 7),), None, 1),
    ],
)
def test_places(place: TomlPosition, key: str | None, line: int) -> None:
    assert TomlLines(TEXT).of(place, key) == line
