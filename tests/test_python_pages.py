"""The pages on the Python module: their code is run, and what it finds is what the recording's truth says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.replaying import PCAPS, ROOT, capture_in

PAGES = ("python", "recipe-cleartext", "recipe-tls", "recipe-ledger")
TRUTH = json.loads((PCAPS / "home" / "expected.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the captures that the pages name."""
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    (tmp_path / "captures").mkdir()
    (tmp_path / "home.pcapng").symlink_to(capture_in(PCAPS / "home"))
    for name in ("home", "mqtt", "http_tls"):
        (tmp_path / "captures" / name).symlink_to(capture_in(PCAPS / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(page: str, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """The names that a page's code leaves, and what it printed."""
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / f"{page}.md").read_text("utf-8"), re.M | re.S):
        exec(compile(block, f"{page}.md", "exec"), names)
    return names, capsys.readouterr().out


def mac(hostname: str) -> str:
    return str(next(one["mac"] for one in TRUTH["devices"] if one.get("hostname") == hostname))


def test_the_module(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, printed = run("python", capsys)
    assert len(names["result"].devices) == len(TRUTH["devices"])
    logins = {one["device"] for one in TRUTH["findings"] if one["rule"] == "credential.cleartext"}
    assert logins and all(device in printed for device in logins if device)


def test_makers_whose_devices_send_in_the_clear(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, printed = run("recipe-cleartext", capsys)
    devices = names["devices"]
    camera = devices[devices.device == mac("IPC-Garden")]
    assert list(camera.exposed) == [True] and list(camera.maker) == ["Reolink"] and "Reolink" in printed
    assert not devices[devices.capture == "http_tls"].exposed.any(), "the same over TLS"


def test_tls_over_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, _ = run("recipe-tls", capsys)
    shares = names["by_hour"].encrypted_share
    assert ((shares > 0) & (shares < 1)).all()
    wanted = {(one["rule"], one["device"]) for one in TRUTH["findings"] if one["rule"].startswith("tls.")}
    assert (
        wanted
        and {(rule, device) for rule, device in zip(names["weak"].rule, names["weak"].device, strict=True)} & wanted
    )


def test_a_devices_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, printed = run("recipe-ledger", capsys)
    assert names["device"].mac == mac("LivingRoomTV") and printed
    sent = {one["rule"].partition(".")[2] for one in TRUTH["findings"] if one["device"] == mac("LivingRoomTV")}
    # Its e-mail address is one for examples (RFC 2606): what is nobody's is in no line.
    assert {"location", "advertising_id"} <= sent and "email" in sent
    assert {"location", "advertising_id"} <= {line.category for line in names["ledger"].personal}


def test_every_page_is_run() -> None:
    found = {path.stem for path in (ROOT / "docs").glob("recipe-*.md")} | {"python"}
    assert found == set(PAGES)
