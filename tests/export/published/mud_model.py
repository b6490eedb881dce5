"""The data model of a MUD file: RFC 8520's and RFC 8519's own YANG modules, as pyang carries them, read by yangson."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from yangson import DataModel

IMPLEMENTED = ("ietf-mud", "ietf-access-control-list", "ietf-acldns", "ietf-interfaces")
IMPORTED = (
    "ietf-packet-fields", "ietf-ethertypes", "ietf-inet-types", "ietf-yang-types",
)  # fmt: skip
FEATURES = ("match-on-ipv4", "match-on-ipv6", "match-on-tcp", "match-on-udp", "match-on-icmp", "ipv4", "ipv6")
"""What RFC 8520 2 lets a MUD file match."""


def _folder() -> Path:
    [found] = {
        Path(str(one.locate())).resolve().parent
        for one in distribution("pyang").files or ()
        if one.name == "ietf-mud.yang"
    }
    return found


def _entry(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / f"{name}.yang").read_text()
    head = {key: re.search(rf'^\s*{key}\s+"?([^"\s;{{]+)', text, re.M) for key in ("namespace", "revision")}
    found = {key: match[1] for key, match in head.items() if match}
    entry = {"name": name, **found, "conformance-type": "implement" if name in IMPLEMENTED else "import"}
    return {**entry, "feature": list(FEATURES)} if name == "ietf-access-control-list" else entry


@cache
def mud_model() -> DataModel:
    """The model of a MUD file's content."""
    folder = _folder()
    modules = [_entry(folder, name) for name in (*IMPLEMENTED, *IMPORTED)]
    library = {"ietf-yang-library:modules-state": {"module-set-id": "mud", "module": modules}}
    return DataModel(json.dumps(library), (str(folder),))


def validate(made: dict[str, Any]) -> None:
    """Raises YangsonException where the content is no MUD file."""
    mud_model().from_raw(made).validate()
