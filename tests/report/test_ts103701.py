"""The report for laboratories: what fails, what passes and by whom, tables, comparison, and the page."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.report.page import ts103701_html
from sensor.report.ts103701 import _ixit, _outcome, build, overall
from sensor.store.reader import RunInfo
from sensor.verdicts.baseline import baseline
from sensor.verdicts.facts import parse
from tests.store.keeping import TOOL

FIRST, LAST = "2026-05-01T10:00:00.000000Z", "2026-05-01T11:00:00.000000Z"
FILE = {"capture": "c.pcap", "sha256": "c" * 64, "size": 9}
INFO = RunInfo("r", ("c.pcap",), FIRST, LAST, 1, 1, None, LAST, TOOL, 0, {}, (FILE,))


ID = "02:00:5e:00:53:01"
FINDING = "f0123456789"


def records(statuses: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    """A device with a status for each provision, a readable login, and two channels."""
    claims = dict.fromkeys(("vendor", "category", "model", "firmware", "os"))
    device = {
        "record": "device", "run": "r", "id": ID, "mac": ID, "addresses": ["192.0.2.9"], "hostname": "cam", **claims,
        "first_seen": None, "last_seen": None, "in_scope": True, "destinations": [], "probably_same": [],
        "channels_more": 0, "channels": [
            channel(role="server", port=80, protocol="http", cleartext=900),
            channel(role="client", port=443, protocol="tls", peer="203.0.113.9", names=["api.cloud.example"]),
        ],
    }  # fmt: skip
    finding = {
        "record": "finding", "run": "r", "id": FINDING, "rule": "credential.cleartext", "severity": "high",
        "device": ID, "peer_device": None, "role": "server", "protocol": "http", "client": "192.0.2.2:1",
        "server": "192.0.2.9:80", "summary": "A password crossed readable", "detail": {"mechanism": "password",
        "scheme": "basic", "accepted": True}, "evidence": [{"capture": "c.pcap", "frames": [4, 6]}],
    }  # fmt: skip
    provisions = [
        {
            "record": "provision", "run": "r", "device": ID, "provision": {"v2.1.1": one.v2, "v3.1.3": one.v3},
            "status": statuses.get(one.v3, "insufficient_evidence"), **more,
            "because": [FINDING] if statuses.get(one.v3) == "violated" else ["nothing was seen"],
        }
        for one in baseline()
    ]  # fmt: skip
    return [{"record": "capture", "capture": "c.pcap"}, device, finding, *provisions]


def channel(**more: Any) -> dict[str, Any]:
    base = {"transport": "tcp", "peer": None, "names": [], "flows": 1, "bytes": 1000, "cleartext": 0}
    base |= {"encrypted": 0, "first_time": "2026-05-01T10:00:00.000000Z", "last_time": "2026-05-01T10:00:01.000000Z"}
    return {**base, "remote": more.get("peer") is not None, **more}


def made(statuses: dict[str, str], facts: str = "", **more: Any) -> dict[str, Any]:
    given = parse(f'[lab]\nname = "Test House"\n[[device]]\nid = "{ID}"\n{facts}', "lab.toml") if facts else None
    return build(INFO, records(statuses, **more), given, "2026-05-02T00:00:00.000000Z")


def provision(report: dict[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in report["devices"][0]["provisions"] if one["v3.1.3"] == number)
    return found


def result(number: str, outcome: str) -> str:
    return f'[[device.result]]\nprovision = "{number}"\noutcome = "{outcome}"\nby = "A"\ndate = 2026-05-02\n'


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("violated", "FAIL"),
        ("concern", "INCONCLUSIVE"),
        ("no_violation_seen", "INCONCLUSIVE"),
        ("insufficient_evidence", "INCONCLUSIVE"),
        ("on_record", "SUPPORTS_PASS"),
        ("not_observable", "INCONCLUSIVE"),
    ],
)
def test_traffic_never_passes_a_case(status: str, outcome: str) -> None:
    one = provision(made({"5.1-3": status}), "5.1-3")
    assert [case["outcome"] for case in one["cases"]] == [outcome]
    assert one["outcome"] == ("FAIL" if outcome == "FAIL" else "INCONCLUSIVE")


def test_a_failed_case_names_its_packets() -> None:
    (case,) = provision(made({"5.1-3": "violated"}), "5.1-3")["cases"]
    assert case["evidence"] == [{"finding": FINDING, "capture": "c.pcap", "frames": [4, 6]}]
    assert case["because"] == ["A password crossed readable"]


def test_the_cases_of_the_record_count_where_it_has_them() -> None:
    cases = [{"case": "5.1-3-2", "unit": "a", "outcome": "FAIL"}]
    (case,) = provision(made({"5.1-3": "violated"}, ts103701=cases), "5.1-3")["cases"]
    assert (case["case"], case["unit"], case["outcome"]) == ("5.1-3-2", "a", "FAIL")


def test_only_the_laboratory_passes_a_provision_and_never_against_packets() -> None:
    report = made({"5.1-3": "violated"}, result("5.1-3", "pass") + result("5.1-5", "pass"))
    assert provision(report, "5.1-5")["outcome"] == "PASS"
    assert provision(report, "5.1-3")["outcome"] == "FAIL"
    mixed = made({}, result("5.1-5", "pass") + result("5.1-5", "inconclusive"))
    assert provision(mixed, "5.1-5")["outcome"] == "INCONCLUSIVE"
    assert provision(made({}, result("5.1-5", "fail")), "5.1-5")["outcome"] == "FAIL"


def test_what_does_not_apply_has_no_case_of_traffic() -> None:
    one = provision(made({"5.3-14": "violated"}, 'not_applicable = {"5.3-14" = "not constrained"}\n'), "5.3-14")
    assert (one["applicable"], one["reason"], one["outcome"]) == (False, "not constrained", "NOT_APPLICABLE")
    assert one["cases"] == []


def test_the_whole_passes_only_where_every_shall_passes() -> None:
    every = [one.v3 for one in baseline() if one.modal == "shall"]
    passed = "".join(result(number, "pass") for number in every)
    assert made({}, passed)["devices"][0]["outcome"] == "PASS"
    assert made({}, passed.replace("pass", "inconclusive", 1))["devices"][0]["outcome"] == "INCONCLUSIVE"
    assert made({"5.1-3": "violated"}, passed)["devices"][0]["outcome"] == "FAIL"
    assert overall([{"modal": "should", "outcome": "FAIL", "applicable": True}]) == "INCONCLUSIVE"
    assert overall([]) == "INCONCLUSIVE"


def test_the_tables_are_prefilled_and_channels_compared() -> None:
    facts = '[[device.ixit_28]]\nid = "If-1"\nport = 80\nprotection = "encrypted"\n'
    device = made({}, facts)["devices"][0]
    tables = {table["table"]: table["rows"] for table in device["ixit"]}
    assert [row["mechanism"] for row in tables["1-AuthMech"]] == ["password"]
    assert [row["port"] for row in tables["28-LogIntf"]] == [80] and tables["11-ComMech"][0]["channel"] == 1
    assert [(one["result"], one["seen"]) for one in device["comparison"]] == [("mismatch", [0]), ("undeclared", [1])]
    assert made({})["devices"][0]["comparison"] == []


def test_the_head_names_laboratory_product_and_tool() -> None:
    report = made({}, 'hardware = "rev B"\nserial = "SN-1"\nsample = "A"\n')
    product = report["devices"][0]["product"]
    assert report["laboratory"]["name"] == "Test House" and report["facts"] == "lab.toml"
    assert (product["hardware"], product["serial"], product["sample"], product["mac"]) == ("rev B", "SN-1", "A", ID)
    assert report["tool"]["version"] == INFO.tool.version


def test_a_device_that_is_not_judged_is_refused() -> None:
    with pytest.raises(KeyError):
        build(INFO, records({}), None, "2026-05-02T00:00:00.000000Z", "02:00:00:00:00:99")


def test_the_page_runs_nothing_and_escapes_what_came_from_the_wire() -> None:
    facts = '[[device.ixit_28]]\nid = "<script>alert(1)</script>"\nport = 80\n' + result("5.1-5", "pass")
    everything = records({"5.1-3": "violated"})
    everything[1]["hostname"] = "<img src=x onerror=alert(1)>\u202e"
    everything[1]["channels"][1]["names"] = ["<b>api</b>" * 500]
    given = parse(f'[[device]]\nid = "{ID}"\n{facts}', "lab.toml")
    page = ts103701_html(build(INFO, everything, given, "2026-05-02T00:00:00.000000Z"))
    assert "<script" not in page and "<img" not in page and "<b>" not in page and "\u202e" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "packets 4, 6" in page and "FAIL" in page and "PASS" in page
    assert ts103701_html(build(INFO, records({})[:1], None, "2026-05-02T00:00:00.000000Z")).count("<section>") == 0


@pytest.mark.parametrize(
    ("cases", "outcome"),
    [
        ([("traffic", "FAIL")], "FAIL"), ([("laboratory", "FAIL")], "FAIL"), ([("laboratory", "PASS")], "PASS"),
        ([("laboratory", "PASS"), ("traffic", "FAIL")], "FAIL"), ([("traffic", "PASS")], "INCONCLUSIVE"),
        ([("laboratory", "PASS"), ("traffic", "INCONCLUSIVE")], "PASS"), ([], "INCONCLUSIVE"),
        ([("laboratory", "PASS"), ("laboratory", "INCONCLUSIVE")], "INCONCLUSIVE"),
        ([("laboratory", "PASS"), ("laboratory", "FAIL")], "FAIL"),
    ],
)  # fmt: skip
def test_what_a_provision_comes_to(cases: list[tuple[str, str]], outcome: str) -> None:
    assert _outcome([{"source": source, "outcome": one} for source, one in cases]) == outcome


@pytest.mark.parametrize(
    ("provisions", "outcome"),
    [
        ([("shall", True, "PASS"), ("shall", True, "PASS")], "PASS"),
        ([("shall", True, "PASS"), ("shall", True, "INCONCLUSIVE")], "INCONCLUSIVE"),
        ([("shall", True, "PASS"), ("shall", True, "FAIL")], "FAIL"),
        ([("shall", True, "PASS"), ("should", True, "FAIL")], "PASS"),
        ([("shall", True, "PASS"), ("shall", False, "FAIL")], "PASS"),
        ([("should", True, "PASS")], "INCONCLUSIVE"), ([], "INCONCLUSIVE"),
    ],
)  # fmt: skip
def test_what_the_whole_comes_to(provisions: list[tuple[str, bool, str]], outcome: str) -> None:
    made = [{"modal": modal, "applicable": applies, "outcome": one} for modal, applies, one in provisions]
    assert overall(made) == outcome


@pytest.mark.parametrize(
    ("rule", "role", "table"),
    [
        ("credential.cleartext", "server", "1-AuthMech"), ("credential.cleartext", "client", None),
        ("update.check", "client", "7-UpdMech"), ("personal.email", "client", "21-PersData"),
        ("tls.version", "server", None), ("exposure.unauthenticated", "server", None),
    ],
)  # fmt: skip
def test_each_finding_is_in_the_table_that_asks_for_it(rule: str, role: str, table: str | None) -> None:
    found = {"rule": rule, "role": role, "protocol": "http", "server": "192.0.2.9:80", "id": "f1", "detail": {}}
    filled = {one["table"]: len(one["rows"]) for one in _ixit([found, {**found, "id": "f2"}], [])}
    assert filled == {**dict.fromkeys(filled, 0), **({table: 1} if table else {})}
