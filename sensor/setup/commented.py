"""The commented configuration file: every key stands in it, those that were not chosen behind a #."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from datetime import time
from typing import Any

from sensor.settings.keys import SECTIONS

WIDTH = 110


def written(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(written(one) for one in value)}]"
    # JSON's text is TOML's, save for DEL, which TOML wants escaped (toml.io v1.0.0, Strings).
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def commented(chosen: Mapping[str, Mapping[str, Any]]) -> str:
    """The file. ``chosen``: section -> key -> value; other keys are comments, with their default or an example."""
    parts = [
        "# LANwitness: the configuration file. Lines that begin with # are switched off; take the # away to use them.",
        "",
    ]
    for section, (_, introduction, keys) in SECTIONS.items():
        mine = chosen.get(section, {})
        unknown = set(mine) - set(keys)
        if unknown:
            raise KeyError(f"{section}.{min(unknown)}")
        # A section below another exists only where it says something: an empty [alerts.mqtt] would be a mistake.
        head = f"[{section}]"
        parts += _comment(introduction)
        parts.append(head if mine or "." not in section else f"# {head}")
        for key, one in keys.items():
            parts += _comment(one.means)
            value = one.example if one.default in (None, ()) else one.default
            parts.append(f"{key} = {written(mine[key])}" if key in mine else f"# {key} = {written(value)}")
        parts.append("")
    return "\n".join(parts)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]
