"""The ledger of personal data from records alone: lines fold by category and destination, what is nobody's is left out, volumes add up."""

from __future__ import annotations

from typing import Any

from sensor.personal_data.ledger import FINDINGS, LINES, NAMES, ledger_record

DEVICE: dict[str, Any] = {
    "record": "device",
    "run": "r1",
    "id": "02:00:5e:00:53:01",
    "destinations": [
        {"name": "api.example", "address": "203.0.113.7", "party": "third", "country": "DE", "bytes": 900, "encrypted": 500, "cleartext": 400, "unknown": 0},
        {"name": None, "address": "203.0.113.7", "party": "third", "country": "DE", "bytes": 10, "encrypted": 10, "cleartext": 0, "unknown": 0},
        {"name": "maker.example", "address": "198.51.100.2", "party": "vendor", "country": None, "bytes": 70, "encrypted": 0, "cleartext": 0, "unknown": 70},
        {"name": None, "address": "192.168.1.9", "party": "local", "country": None, "bytes": 5, "encrypted": 5, "cleartext": 0, "unknown": 0},
    ],
}  # fmt: skip


def finding(rule: str = "personal.email", **more: Any) -> dict[str, Any]:
    detail = {"encoding": ["plain"], "party": None, "sent": True, "harmless": None, **more.pop("detail", {})}
    return {
        "id": "f1", "rule": rule, "device": DEVICE["id"], "role": "client", "client": "192.168.1.5:4000", "server": "203.0.113.7:80",
        "severity": "medium", "count": 2, "detail": detail, **more,
    }  # fmt: skip


def made(*findings: dict[str, Any]) -> dict[str, Any]:
    record = ledger_record(DEVICE, findings)
    assert record is not None
    return record


def test_a_line_says_what_went_where_and_how() -> None:
    (line,) = made(finding())["personal"]
    assert line == {
        "category": "email", "direction": "sent", "destination": {"name": "api.example", "address": "203.0.113.7"}, "party": "third",
        "country": "DE", "protection": "cleartext", "encodings": ["plain"], "severity": "medium", "count": 2, "findings": ["f1"],
    }  # fmt: skip


def test_the_same_to_the_same_is_one_line() -> None:
    again = finding(id="f2", severity="low", count=3, detail={"encoding": ["hex", "sha256"]})
    (line,) = made(finding(), again)["personal"]
    assert (line["count"], line["findings"], line["severity"]) == (5, ["f1", "f2"], "medium")
    assert line["encodings"] == ["hex/sha256", "plain"]
    (line,) = made(*(finding(id=f"f{n}") for n in range(100)))["personal"]
    assert len(line["findings"]) == FINDINGS and line["count"] == 200


def test_what_is_no_line_of_this_device() -> None:
    for other in (
        finding(device="02:00:5e:00:53:99"),
        finding(device=None),
        finding(detail={"harmless": "documentation"}),
        finding("credential.cleartext"),
        finding("transfer.unencrypted", detail={"content": "image", "sent": False}),
        finding("transfer.unencrypted", detail={"content": "firmware", "sent": True}),
    ):
        assert made(other)["personal"] == []


def test_personas_and_media_have_their_categories() -> None:
    found = made(
        finding("personal.persona", detail={"kind": "phone"}),
        finding("transfer.unencrypted", detail={"content": "image", "encoding": None}),
        finding(detail={"sent": False}),
    )
    assert [(line["category"], line["direction"]) for line in found["personal"]] == [
        ("email", "received"),
        ("phone", "sent"),
        ("photo", "sent"),
    ]


def test_the_other_end_is_found_whichever_opened_the_flow() -> None:
    served = finding(role="server", client="[2001:db8::7]:4000", server="192.168.1.5:80")
    assert made(served)["personal"][0]["destination"] == {"name": None, "address": "2001:db8::7"}
    bare = finding(client="192.168.1.5", server="2001:db8::7")
    assert made(bare)["personal"][0]["destination"]["address"] == "2001:db8::7"


def test_volumes_by_protection_party_and_country() -> None:
    assert made()["volumes"] == [
        {"protection": "encrypted", "party": "third", "country": "DE", "bytes": 510, "destinations": 2, "names": ["api.example", "203.0.113.7"]},
        {"protection": "unknown", "party": "vendor", "country": None, "bytes": 70, "destinations": 1, "names": ["maker.example"]},
    ]  # fmt: skip


def test_a_device_with_nothing_to_tell_has_none() -> None:
    assert ledger_record({**DEVICE, "destinations": []}, []) is None


def test_it_is_bounded() -> None:
    many = [finding(server="203.0.113.7:80", rule=f"personal.{n}") for n in range(LINES + 50)]
    assert len(made(*many)["personal"]) == LINES
    peers = [{**DEVICE["destinations"][0], "name": f"{n}.example", "address": f"203.0.113.{n}"} for n in range(50)]
    record = ledger_record({**DEVICE, "destinations": peers}, [])
    assert (
        record is not None
        and len(record["volumes"][0]["names"]) == NAMES
        and record["volumes"][0]["destinations"] == 50
    )
