"""Dissection by Wireshark, with every secret of the capture covered."""

from __future__ import annotations

import base64
import shutil

import pytest

from sensor.evidence.dissect import NoDissector, covered, dissect, shown_forms
from sensor.replay import read
from sensor.run import Options
from sensor.vault import Vault
from tests.cli.test_main import lanwitness
from tests.replaying import PCAPS

CANARY = "canary-of-a-test"
CAPTURE = PCAPS / "ftp_login" / "capture.pcap"


@pytest.mark.parametrize(
    "line",
    [
        f"Request arg: {CANARY}",
        CANARY.encode().hex(),
        CANARY.encode().hex(":").upper(),
        "password=" + CANARY.replace("-", "%2D"),
        base64.b64encode(CANARY.encode()).decode(),
    ],
)
def test_every_form_is_covered(line: str) -> None:
    shown = covered(line.replace("%2D", "-"), [CANARY])
    assert "********" in shown and not any(form in shown for form in shown_forms(CANARY))


@pytest.mark.parametrize("user", ["a", "an", "ann", "anna", "admin", "administrator"])
def test_base64_of_a_pair_does_not_give_the_secret_away(user: str) -> None:
    text = base64.b64encode(f"{user}:{CANARY}".encode()).decode()
    shown = covered(f"Authorization: Basic {text}", [CANARY])
    clear = base64.b64decode(shown.split()[-1].replace("*", "") + "===", validate=False) if "*" not in shown else b""
    assert CANARY.encode()[4:-4] not in clear and "********" in shown


needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@needs_tshark
def test_a_finding_is_dissected_by_tshark() -> None:
    result = read(str(CAPTURE), Vault(bytes(32), reveal=True), Options())
    assert not isinstance(result, str)
    name, found = next(
        (n, f)
        for n, f in result.findings.items()
        if f.rule == "credential.cleartext" and f.detail["username"] == "anton"
    )
    run = lanwitness("explain", name, CAPTURE)
    assert run.returncode == 0, run.stderr
    assert "Request command: PASS" in run.stdout and "ftp" in run.stdout
    for frame in found.frames:
        assert f"packet {frame}\n" in run.stdout
    secrets = {(f.detail.get("secret") or {}).get("value") or "" for f in result.findings.values()}
    assert not any(secret in run.stdout for secret in secrets if len(secret) >= 3)


@needs_tshark
def test_an_unknown_finding_or_capture_is_an_error() -> None:
    run = lanwitness("explain", "000000000000", CAPTURE)
    assert run.returncode == 2 and "no finding" in run.stderr
    assert lanwitness("explain", "000000000000", PCAPS / "README.md").returncode == 2


def test_without_tshark_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoDissector, match="tshark"):
        list(dissect(str(CAPTURE), [1], []))
