"""What `doctor` finds: each thing well, worth a look, or wrong, and then how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from sensor.settings.read import parse
from sensor.setup import doctor
from sensor.setup.doctor import DoctorCheck
from tests.store.test_metric_queries import put


def state_of(checks: Iterable[DoctorCheck]) -> dict[str, str]:
    found = list(checks)
    for one in found:
        assert one.state in ("well", "look", "wrong") and one.message
        assert bool(one.mend) is (one.state != "well"), (
            f"{one.name}: what is not well says how to mend it, and only that"
        )
    return {one.name: one.state for one in found}


def test_the_installation_that_runs_these_tests_is_well() -> None:
    found = state_of(doctor.installation())
    assert found.pop("decoder") in ("well", "look")
    assert set(found) == {
        "signatures",
        "standards map",
        "disclosure policies",
        "update hosts",
        "protocols",
        "MAC prefixes",
        "reliability of claims",
    }
    assert set(found.values()) == {"well"}


def test_a_broken_installation_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    from sensor.selfcheck.check import SectionReport

    monkeypatch.setattr(
        "sensor.selfcheck.check.check",
        lambda *, measure: [
            SectionReport("signatures", "3 fields", ("plug.toml: no source",)),
            SectionReport("decoder", "plain Python: slow"),
        ],
    )
    assert state_of(doctor.installation()) == {"signatures": "wrong", "decoder": "look"}


def test_tshark(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, state in ((None, "look"), ("/usr/bin/tshark", "well")):
        monkeypatch.setattr("shutil.which", lambda name, found=found: found)
        assert state_of(doctor.tools()) == {"tshark": state}


def test_a_configuration_that_cannot_be_read() -> None:
    assert state_of(doctor.configuration(Path("/etc/x"), "x:3: unknown key")) == {"configuration": "wrong"}


def test_secrets_and_files_that_a_configuration_names(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    text = f'[capture]\nusers = "{tmp_path}/none"\n[alerts.webhook]\nurl = "https://h"\nsecret_file = "{secret}"'
    settings = parse(text, "x")

    def found() -> str:
        return state_of(doctor.configuration(tmp_path, settings))["secret"]

    assert found() == "wrong"
    secret.write_text(" \n", "utf-8")
    secret.chmod(0o600)
    assert found() == "wrong"
    secret.write_text("Sesame12", "utf-8")
    assert found() == "well"
    secret.chmod(0o640)
    assert found() == "well", "the sensor's group may read it"
    for mode in (0o644, 0o620):
        secret.chmod(mode)
        assert found() == "wrong"
    assert state_of(doctor.configuration(tmp_path, settings))["users"] == "wrong"


def test_alerts_that_cross_readable_or_unsigned() -> None:
    text = '[alerts.webhook]\nurl = "http://h"\n[alerts.mqtt]\nhost = "h"\ntls = false'
    checks = list(doctor.configuration(Path("/etc/x"), parse(text, "x")))
    assert [one.name for one in checks if one.state == "look"] == ["webhook", "webhook", "mqtt"]


def test_the_state_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert state_of(doctor.state(folder)) == {"state folder": "look"}
    folder.mkdir(mode=0o755)
    assert state_of(doctor.state(folder)) == {"state folder": "wrong"}
    folder.chmod(0o700)
    assert state_of(doctor.state(folder)) == {"state folder": "well"}
    (folder / "fingerprint.key").touch(0o644)
    assert state_of(doctor.state(folder)) == {"state folder": "well", "key": "wrong"}
    (folder / "fingerprint.key").chmod(0o600)
    assert state_of(doctor.state(folder)) == {"state folder": "well"}


def test_a_state_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    tmp_path.chmod(0o700)
    assert state_of(doctor.state(tmp_path)) == {"state folder": "wrong"}


def test_the_store(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    assert state_of(doctor.store(str(path)))["store"] == "look"
    put(path)
    checks = {one.name: one for one in doctor.store(str(path))}
    assert checks["store"].state == "well" and "1 runs, 3 devices and 3 findings" in checks["store"].message
    assert "disk" in checks
    path.write_bytes(b"no database" * 1000)
    assert state_of(doctor.store(str(path)))["store"] == "wrong"
    assert state_of(doctor.store("")) == {"store": "wrong"}


@pytest.mark.parametrize(("free", "state"), [(10**12, "well"), (500_000_000, "look"), (99_000_000, "wrong")])
def test_room_on_the_disk(tmp_path: Path, free: int, state: str) -> None:
    assert state_of([doctor.disk(tmp_path / "not" / "there", lambda _: free)]) == {"disk": state}


@pytest.mark.parametrize(
    ("now", "said", "state"),
    [(0.0, True, "wrong"), (1_577_836_800.0, None, "wrong"), (1_798_761_600.0, False, "look"),
     (1_798_761_600.0, True, "well"), (1_798_761_600.0, None, "well")],
)  # fmt: skip
def test_the_clock(now: float, said: bool | None, state: str) -> None:
    assert state_of([doctor.clock(now, lambda: said)]) == {"clock": state}


def test_alerts_that_wait(tmp_path: Path) -> None:
    assert state_of(doctor.waiting(tmp_path)) == {}
    (tmp_path / "alerts" / "webhook").mkdir(parents=True)
    assert state_of(doctor.waiting(tmp_path)) == {}
    (tmp_path / "alerts" / "webhook" / "1.json").touch()
    assert state_of(doctor.waiting(tmp_path)) == {"alerts by webhook": "look"}


def test_the_services(tmp_path: Path) -> None:
    wanted = {"lanwitness-watch.service": "new", "lanwitness-serve.service": "same"}
    assert state_of(doctor.services(tmp_path, wanted)) == {}, "none are installed"
    (tmp_path / "lanwitness-watch.service").write_text("old", "utf-8")
    assert state_of(doctor.services(tmp_path, wanted)) == {"services": "look"}
    for name, text in wanted.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert state_of(doctor.services(tmp_path, wanted)) == {"services": "well"}
