"""Equal findings: one group a device, key and sentence; counts, times and frames of all."""

from __future__ import annotations

from typing import Any

from sensor.grouping import equal_findings


def finding(name: str = "f1", **fields: Any) -> dict[str, Any]:
    return {
        "id": name, "rule": "credential.cleartext", "severity": "high", "device": "cam", "key": "camera/x",
        "summary": "A password crossed.", "protocol": "http", "server": "192.0.2.1:80", "count": 1,
        "time": "2026-05-01T10:00:00.000000Z", "last_time": "2026-05-01T11:00:00.000000Z",
        "evidence": [{"capture": "a", "frames": [1, 2]}], **fields,
    }  # fmt: skip


def test_a_value_made_anew_for_each_request_is_one_group() -> None:
    """33 lines of one hub."""
    later = {"time": "2026-05-02T09:00:00.000000Z", "last_time": "2026-05-02T09:00:00.000000Z"}
    frames = [{"capture": "a", "frames": [9, 2]}, {"capture": "b", "frames": [4]}]
    (group,) = equal_findings([finding(f"f{n}", count=2) for n in range(32)] + [finding("z", evidence=frames, **later)])
    assert len(group.findings) == 33 and group.count == 65 and group.first["id"] == "f0"
    assert group.times == ("2026-05-01T10:00:00.000000Z", "2026-05-02T09:00:00.000000Z")
    assert group.evidence == [("a", [1, 2, 9]), ("b", [4])]


def test_another_device_service_or_sentence_is_another_group() -> None:
    others = [finding(device="plug"), finding(key="camera/y"), finding(summary="It was refused.", severity="low")]
    groups = equal_findings([*others, finding()])
    assert len(groups) == 4 and groups[-1].first["severity"] == "low"


def test_findings_of_an_old_store_are_told_apart_by_their_service() -> None:
    old = [{**finding(), "server": server} for server in ("192.0.2.1:80", "192.0.2.1:80", "192.0.2.1:81")]
    for one in old:
        del one["key"]
    assert [len(group.findings) for group in equal_findings(old)] == [2, 1]


def test_times_that_are_not_known_are_none() -> None:
    (group,) = equal_findings([finding(time=None, last_time=None)])
    assert group.times == (None, None)
