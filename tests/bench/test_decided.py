"""The count of decided cells, on records made by hand."""

from __future__ import annotations

import json

from bench.decided import count


def records(*devices: tuple[str, str | None, str, str]) -> list[str]:
    found = [{"record": "capture", "run": "r", "capture": "home.pcap"}]
    for name, vendor, updates, disclosure in devices:
        found.append(
            {"record": "device", "run": "r", "id": name, "vendor": vendor and {"value": vendor, "confidence": 0.9}}
        )  # type: ignore[dict-item]
        for capability, status in (("software_updates", updates), ("vulnerability_disclosure", disclosure)):
            found.append({"record": "verdict", "run": "r", "device": name, "capability": capability, "status": status})
    return [json.dumps(one) for one in found]


def test_silence_decides_no_cell_and_a_sign_does() -> None:
    lines = records(
        ("a", "Philips", "sign_seen", "partly_on_record"),
        ("b", "Edimax", "insufficient_evidence", "none_on_record"),
        ("c", None, "no_violation_seen", "not_observable"),
        ("d", None, "concern", "not_observable"),
    )
    report = count(lines, ())
    assert "devices with a decided cell: 2 of 4 (50.0%)" in report
    assert "makers on record, of devices whose maker is claimed: 1 of 2 (50.0%)" in report
    assert report[-1] == "undecided, by maker: Edimax 1, unknown 1"


def test_captures_are_chosen_by_a_word() -> None:
    assert "devices with a decided cell: 0 of 0" in count(
        records(("a", None, "concern", "none_on_record")), ("office",)
    )
