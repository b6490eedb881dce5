#!/usr/bin/env python3
"""The JSON Schemas of the records (sensor/schemas/v1/) and their page (docs/schemas.md), made of the types in
sensor/records.py. Run it after those were changed; a test holds files and page to them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sensor.schemas import VERSION, identifier
from sensor.schemas.generate import KINDS, generate

FOLDER = Path(__file__).resolve().parent.parent / "sensor" / "schemas" / f"v{VERSION}"

HEAD = f"""# Schemas of the records

Each record of `replay --json`, `watch --json` and the evidence bundle has a JSON Schema (draft 2020-12). The files are
in `sensor/schemas/v{VERSION}/` and come with the program; `lanwitness.schema("finding")` gives one in
Python, and the dashboard's OpenAPI (`/api/v1/openapi.json`) refers to them. The fields' meaning is in [output.md](output.md).

The version is that of the fields' meaning. A field may be added without a new version, so schemas allow fields that they
do not name; a field whose meaning changes makes a new version, and the files of the old one stay.

```sh
pip install check-jsonschema
jq -c 'select(.record == "finding")' home.jsonl | head -1 > finding.json
check-jsonschema --schemafile sensor/schemas/v{VERSION}/finding.json finding.json
```

| file | `$id` | what |
|---|---|---|
"""


def text(kind: str) -> str:
    """The file of a kind."""
    return json.dumps(generate(kind), indent=1, ensure_ascii=False) + "\n"


def page() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| [{kind}.json](../sensor/schemas/v{VERSION}/{kind}.json) | `{identifier(kind)}` | "
        f"{generate(kind)['description']} |\n"
        for kind in sorted(KINDS)
    )


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in KINDS:
        (FOLDER / f"{each}.json").write_text(text(each), "utf-8")
    Path(__file__).with_name("schemas.md").write_text(page(), "utf-8")
    sys.exit(0)
