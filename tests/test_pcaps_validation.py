"""Clients recorded behind an interceptor and at unsound services: the truth names what each did, and nothing else is
said.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dpkt
import pytest
from cryptography import x509

from sensor.detectors import _certificates
from sensor.export.records import records
from sensor.run import Options
from sensor.verdicts.facts import parse
from tests.replaying import PCAPS, capture_in, of, read_bytes, replayed

FOLDERS = [PCAPS / "tls_interceptor", PCAPS / "tls_unsound"]


def names(folder: Path) -> dict[str, dict[str, Any] | None]:
    """What the hub did with each name."""
    found: dict[str, dict[str, Any] | None] = json.loads((folder / "expected.json").read_text())["facts"]["validation"]
    return found


def said(folder: Path, **more: Any) -> dict[str, dict[str, Any]]:
    """What is said of each name."""
    found = of(replayed(capture_in(folder), **more), "finding", "tls.validation")
    by_name = {one["detail"]["server_name"]: one for one in found}
    assert len(by_name) == len(found), "one finding for each name"
    return by_name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_name_is_judged_as_the_recipe_did_it(folder: Path) -> None:
    found = said(folder)
    for name, wanted in names(folder).items():
        if wanted is None:
            assert name not in found
            continue
        shown = {key: found[name]["detail"][key] for key in wanted}
        assert shown == wanted, name
        grave = [one for one in wanted["why"] if one != "private_issuer"]
        assert found[name]["severity"] == ("high" if grave else "info")
        assert found[name]["detail"]["went_on"] is (True if grave else False if not wanted["why"] else None)
    assert set(found) == {name for name, wanted in names(folder).items() if wanted}


def test_with_the_root_as_a_public_one_more_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laboratory has no public authority: the recording's own plays it."""
    folder = PCAPS / "tls_unsound"
    facts = json.loads((folder / "expected.json").read_text())["facts"]
    root = x509.load_pem_x509_certificate(facts["public_root"].encode())
    monkeypatch.setattr(_certificates, "_roots", lambda: {root.subject.public_bytes(): (root,)})
    _certificates.judge_at_any_time.cache_clear()
    found = {name.removesuffix(".cloud.example"): one["detail"] for name, one in said(folder).items()}
    _certificates.judge_at_any_time.cache_clear()
    assert found["other-careless"]["why"] == ["name_mismatch"] and found["other-careless"]["went_on"] is True
    assert found["two-careless"]["why"] == ["unrelated_issuers", "private_issuer"]
    assert found["two-checks"]["outcome"] == "refused" and found["other-checks"]["outcome"] == "refused"
    assert "sound-checks" not in found and "sound-careless" not in found
    assert found["expired-careless"]["why"] == ["expired"]


def test_the_laboratorys_authority_is_named_in_the_facts() -> None:
    facts = parse('[lab]\ninterception_ca = "Example Root CA"\n', "lab.toml")
    found = said(PCAPS / "tls_unsound", options=Options(strict=True, facts=facts))
    careless = found["sound-careless.cloud.example"]
    assert careless["severity"] == "high" and careless["detail"]["why"][0] == "lab_ca"
    assert found["other-checks.cloud.example"]["detail"]["outcome"] == "refused"


def frames_of(folder: Path) -> list[tuple[float, bytes]]:
    """The frames of a recording, with their times."""
    with capture_in(folder).open("rb") as file:
        return list(dpkt.pcap.Reader(file))


def said_of(frames: Sequence[tuple[float, bytes]]) -> dict[str, dict[str, Any]]:
    """What is said of a damaged recording."""
    out = io.BytesIO()
    writer = dpkt.pcap.Writer(out)
    for time, frame in frames:
        writer.writepkt(frame, time)
    found = [one for one in records(read_bytes(out.getvalue())) if one.get("rule") == "tls.validation"]
    return {one["detail"]["server_name"]: one for one in found}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_damaged_capture_makes_no_other_claim(folder: Path) -> None:
    """A frame that was lost, a capture that was cut or that begins late, one direction only: less is said, never the
    contrary."""
    truth, frames = names(folder), frames_of(folder)
    damaged = [frames[:at] + frames[at + 1 :] for at in range(0, len(frames), 11)]
    damaged += [frames[:at] for at in range(0, len(frames), 31)] + [frames[at:] for at in range(0, len(frames), 31)]
    for one in damaged:
        for name, found in said_of(one).items():
            wanted = truth[name]
            assert wanted is not None, name
            if found["severity"] == "high":
                assert wanted["outcome"] == "accepted" and found["detail"]["why"][0] in wanted["why"], name
            elif found["detail"]["outcome"] == "refused":
                assert wanted["outcome"] == "refused" or wanted.get("stopped_checking"), name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_one_direction_says_nothing(folder: Path) -> None:
    hub = bytes((192, 168, 50, 62))
    for sent in (True, False):
        assert said_of([(time, data) for time, data in frames_of(folder) if (data[26:30] == hub) is sent]) == {}


def test_behind_a_proxys_connect() -> None:
    """The handshake inside CONNECT is read as any other."""
    facts = parse('[lab]\ninterception_ca = "Example Root CA"\n', "lab.toml")
    found = of(replayed(capture_in(PCAPS / "proxy"), options=Options(strict=True, facts=facts)), "finding")
    through = [one for one in found if one["rule"] == "tls.validation" and one["server"].endswith(":8888")]
    assert [(one["device"], one["severity"], one["detail"]["why"][0]) for one in through] == [
        ("a4:c3:f0:17:6d:05", "high", "lab_ca")
    ]
