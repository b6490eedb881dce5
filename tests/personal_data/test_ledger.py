"""Ledger of personal data: lines by category and destination, benign values, volumes."""

from __future__ import annotations

from typing import Any

from sensor.personal_data.ledger import MAX_FINDINGS, MAX_LINES, MAX_NAMES, ledger_record, ledgers


def destination(
    name: str | None,
    address: str,
    party: str,
    country: str | None,
    *,
    encrypted: int = 0,
    cleartext: int = 0,
    unknown: int = 0,
) -> dict[str, Any]:
    return {
        "name": name,
        "address": address,
        "party": party,
        "country": country,
        "bytes": encrypted + cleartext + unknown,
        "encrypted": encrypted,
        "cleartext": cleartext,
        "unknown": unknown,
    }


DEVICE: dict[str, Any] = {
    "record": "device",
    "run": "r1",
    "id": "02:00:5e:00:53:01",
    "destinations": [
        destination("api.example", "203.0.113.7", "third", "DE", encrypted=500, cleartext=400),
        destination(None, "203.0.113.7", "third", "DE", encrypted=10),
        destination("maker.example", "198.51.100.2", "vendor", None, unknown=70),
        destination(None, "192.168.1.9", "local", None, encrypted=5),
    ],
}


def finding(rule: str = "personal.email", **more: Any) -> dict[str, Any]:
    detail = {"encoding": ["plain"], "party": None, "sent": True, "harmless": None, **more.pop("detail", {})}
    return {
        "id": "f1", "rule": rule, "device": DEVICE["id"], "role": "client",
        "client": "192.168.1.5:4000", "server": "203.0.113.7:80", "severity": "medium", "count": 2,
        "detail": detail, **more,
    }  # fmt: skip


def ledger(*findings: dict[str, Any]) -> dict[str, Any]:
    record = ledger_record(DEVICE, findings)
    assert record is not None
    return record


def test_a_line_names_category_destination_and_protection() -> None:
    (line,) = ledger(finding())["personal"]
    assert line == {
        "category": "email",
        "direction": "sent",
        "destination": {"name": "api.example", "address": "203.0.113.7"},
        "party": "third",
        "country": "DE",
        "protection": "cleartext",
        "encodings": ["plain"],
        "severity": "medium",
        "count": 2,
        "findings": ["f1"],
    }


def test_one_category_to_one_destination_is_one_line() -> None:
    again = finding(id="f2", severity="low", count=3, detail={"encoding": ["hex", "sha256"]})
    (line,) = ledger(finding(), again)["personal"]
    assert (line["count"], line["findings"], line["severity"]) == (5, ["f1", "f2"], "medium")
    assert line["encodings"] == ["hex/sha256", "plain"]
    (line,) = ledger(*(finding(id=f"f{n}") for n in range(100)))["personal"]
    assert len(line["findings"]) == MAX_FINDINGS and line["count"] == 200


def test_findings_that_give_no_line() -> None:
    for other in (
        finding(device="02:00:5e:00:53:99"),
        finding(device=None),
        finding(detail={"harmless": "documentation"}),
        finding("credential.cleartext"),
        finding("transfer.unencrypted", detail={"content": "image", "sent": False}),
        finding("transfer.unencrypted", detail={"content": "firmware", "sent": True}),
    ):
        assert ledger(other)["personal"] == []


def test_personas_and_media_have_their_categories() -> None:
    found = ledger(
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
    assert ledger(served)["personal"][0]["destination"] == {"name": None, "address": "2001:db8::7"}
    bare = finding(client="192.168.1.5", server="2001:db8::7")
    assert ledger(bare)["personal"][0]["destination"]["address"] == "2001:db8::7"


def test_volumes_by_protection_party_and_country() -> None:
    assert ledger()["volumes"] == [
        {
            "protection": "encrypted",
            "party": "third",
            "country": "DE",
            "bytes": 510,
            "destinations": 2,
            "names": ["api.example", "203.0.113.7"],
        },
        {
            "protection": "unknown",
            "party": "vendor",
            "country": None,
            "bytes": 70,
            "destinations": 1,
            "names": ["maker.example"],
        },
    ]


def test_a_device_without_personal_data_or_volumes_has_no_ledger() -> None:
    assert ledger_record({**DEVICE, "destinations": []}, []) is None


def test_lines_and_names_are_bounded() -> None:
    many = [finding(server="203.0.113.7:80", rule=f"personal.{n}") for n in range(MAX_LINES + 50)]
    assert len(ledger(*many)["personal"]) == MAX_LINES
    peers = [{**DEVICE["destinations"][0], "name": f"{n}.example", "address": f"203.0.113.{n}"} for n in range(50)]
    record = ledger_record({**DEVICE, "destinations": peers}, [])
    assert (
        record is not None
        and len(record["volumes"][0]["names"]) == MAX_NAMES
        and record["volumes"][0]["destinations"] == 50
    )


def test_each_device_of_a_run_has_its_own_ledger() -> None:
    """Findings of another device, of none, and other records are not in it."""
    other = {**DEVICE, "id": "02:00:5e:00:53:02", "destinations": []}
    verdict = {"record": "verdict", "device": DEVICE["id"], "destinations": []}
    mine, nobodys = ({"record": "finding", **finding(), "device": device} for device in (DEVICE["id"], None))
    found = list(ledgers([verdict, nobodys, mine, DEVICE, other]))
    assert [one["device"] for one in found] == [DEVICE["id"]]
    assert [line["count"] for line in found[0]["personal"]] == [mine["count"]]


def test_the_destination_with_most_bytes_names_an_address_and_a_name_counts_for_more() -> None:
    def name_of(*destinations: dict[str, Any]) -> tuple[str | None, str | None]:
        record = ledger_record({**DEVICE, "destinations": list(destinations)}, [finding()])
        assert record is not None
        (line,) = record["personal"]
        return line["destination"]["name"], line["country"]

    few, many, bare = (
        destination("few.example", "203.0.113.7", "third", "DE", encrypted=1),
        destination("many.example", "203.0.113.7", "third", "FR", encrypted=9),
        destination(None, "203.0.113.7", "third", "IT", encrypted=99),
    )
    assert name_of(few, many) == name_of(many, few) == ("many.example", "FR")
    assert name_of(bare, few) == ("few.example", "DE") and name_of(bare) == (None, "IT")
    assert name_of({**many, "bytes": None}, few) == ("few.example", "DE")
    assert name_of({**many, "address": None}) == (None, None), "a name without an address is nobody's"


def test_kinds_count_for_personas_alone_and_media_only_where_they_were_sent() -> None:
    (line,) = ledger(finding("personal.email", detail={"kind": "phone"}))["personal"]
    assert line["category"] == "email"
    (line,) = ledger(finding("personal.persona"))["personal"]
    assert line["category"] == "persona"
    for rule, detail in (
        ("transfer.other", {"content": "image"}),
        ("transfer.unencrypted", {"content": "image", "sent": None}),
        ("transfer.unencrypted", {"content": None}),
    ):
        assert ledger(finding(rule, detail=detail))["personal"] == []
    (received,) = ledger(finding(detail={"sent": False}))["personal"]
    (unknown,) = ledger(finding(detail={"sent": None}))["personal"]
    assert (received["direction"], unknown["direction"]) == ("received", "sent")


def test_a_finding_without_detail_gives_a_line_of_what_its_rule_says() -> None:
    (line,) = ledger({**finding("personal.phone"), "detail": None})["personal"]
    assert (line["category"], line["direction"], line["encodings"], line["party"]) == (
        "phone",
        "sent",
        ["plain"],
        "third",
    )
    assert ledger({**finding("transfer.unencrypted"), "detail": None})["personal"] == []
