"""Where the state lies, from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.config import load


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"LANWITNESS_STATE": "/srv/lw", "HOME": "/home/anna"}, "/srv/lw"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/home/anna"}, "/x/lanwitness"),
        ({"HOME": "/home/anna"}, "/home/anna/.local/state/lanwitness"),
    ],
)
def test_state_folder(environment: dict[str, str], folder: str) -> None:
    config = load(environment)
    assert config.state == Path(folder) and config.key_file.parent == Path(folder)
