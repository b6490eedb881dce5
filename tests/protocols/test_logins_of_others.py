"""Logins in public captures of text protocols, against Wireshark's fields and the bytes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.replaying import SHARED, address, of, replayed

PROTOCOLS = re.compile(r"FTP|Telnet|SMTP|POP3|IMAP|IRC|Redis|XMPP|Gadu-Gadu")
CLEAN = {"ftp", "telnet", "smtp", "pop", "imap", "irc", "redis", "xmpp", "imf", "rlogin"}


def rows(name: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by capture."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    table = SHARED / "truth" / name
    for line in table.read_text().splitlines() if table.is_file() else ():
        row = json.loads(line)
        found[f"{row['repo'].replace('/', '+')}/{row['path']}"].append(row)
    return found


LOGINS = {
    path: part
    for path, part in rows("credentials.jsonl").items()
    if any(PROTOCOLS.match(row["protocol"]) for row in part)
}
SILENT = [path for path, part in rows("negatives.jsonl").items() if CLEAN & set(part[0]["protocols"])]


def capture(path: str) -> Path:
    found = SHARED / "captures" / path
    if not found.is_file():
        pytest.skip("this capture is not here")
    return found


def shown(row: dict[str, Any], finding: dict[str, Any]) -> bool:
    """Same ends, same user where the row has one, same secret where it is readable (a hash is in the secret as hex)."""
    detail = finding["detail"]
    secret = (detail.get("secret") or {}).get("value") or ""
    if {row["client_ip"], row["server_ip"]} != {address(finding["client"]), address(finding["server"])}:
        return False
    if row["username"] and row["username"] != detail["username"]:
        return False
    return bool(secret == row["secret"] if row["kind"] == "password" else row["username"] or row["secret"] in secret)


@pytest.mark.parametrize("path", sorted(LOGINS))
def test_every_login_is_found(path: str) -> None:
    found = [r for r in of(replayed(capture(path), reveal=True), "finding") if r["rule"].startswith("credential.")]
    wanted = [row for row in LOGINS[path] if PROTOCOLS.match(row["protocol"])]
    missed = [(row["protocol"], row["frame"]) for row in wanted if not any(shown(row, finding) for finding in found)]
    assert missed == []


@pytest.mark.parametrize("path", sorted(SILENT))
def test_clean_captures_stay_silent(path: str) -> None:
    found = of(replayed(capture(path)), "finding")
    assert [(r["rule"], r["protocol"]) for r in found if r["rule"].startswith("credential.")] == []


def test_the_tables_are_read() -> None:
    if not (SHARED / "truth").is_dir():
        pytest.skip("captures of others are not here")
    assert len(LOGINS) > 50 and len(SILENT) > 10
