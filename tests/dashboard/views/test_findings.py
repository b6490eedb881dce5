"""The list of findings narrowed down, and a finding's page down to its packets."""

from pathlib import Path

import pytest

from tests.dashboard.site import CAMERA, Site, first_finding, runs, site
from tests.dashboard.views.test_home import words


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity", "high"),
        ("capability", "secure_communication"),
        ("rule", "tls.certificate"),
        ("state", "open"),
        ("device", CAMERA),
    ],
)
def test_each_filter_narrows_down(one: Site, name: str, value: str) -> None:
    client = one.log_in()
    content = client.get(f"/api/v1/findings?{name}={value}").json
    assert (content and content["total"] == len(content["findings"])) or content["total"] > 25  # type: ignore[index]
    for found in content["findings"]:  # type: ignore[index]
        assert value in found["names"] if name == "device" else found[name] == value


def test_times_narrow_down_and_pages_hold_together(one: Site) -> None:
    client = one.log_in()
    everything = client.get("/api/v1/findings").json
    assert everything and everything["total"] == everything["of"] > 80 and everything["pages"] == 4
    second = client.get("/api/v1/findings?page=2").json
    assert second and not {one["id"] for one in second["findings"]} & {one["id"] for one in everything["findings"]}
    assert client.get("/api/v1/findings?until=2026-01-01").json["total"] == 0  # type: ignore[index]
    assert client.get("/api/v1/findings?since=2026-11-22T00:00:00%2B02:00").json["total"] == everything["total"]  # type: ignore[index]
    text = client.get("/findings?until=2026-01-01").text
    assert "No finding matches." in text


def test_orders(one: Site) -> None:
    client = one.log_in()
    newest = [each["time"] for each in client.get("/api/v1/findings?sort=newest").json["findings"]]  # type: ignore[index]
    assert newest == sorted(newest, reverse=True)
    rules = [each["rule"] for each in client.get("/api/v1/findings?sort=rule").json["findings"]]  # type: ignore[index]
    assert rules == sorted(rules)


def test_a_findings_page_says_what_why_and_what_to_do(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    first = first_finding(client, run, rule="credential.cleartext", device=CAMERA)
    text = words(client.get(f"/runs/{run}/findings/{first['id']}").text)
    for part in (
        first["summary"],
        first["advice"],
        "Why it matters",
        "IPC-Garden",
        "the secret itself is not stored",
        "5.1-3",
        first["id"],
    ):
        assert part in text, part
    assert client.get(f"/runs/{run}/findings/none").status_code == 404


def test_every_rule_says_why_it_matters() -> None:
    import re

    from dashboard.formatting import catalogue

    documented = set(
        re.findall(
            r"(?m)^\| `((?:credential|transfer|tls|update|exposure)\.[a-z_]+)`",
            (Path(__file__).parents[3] / "docs" / "output.md").read_text("utf-8"),
        )
    )
    why = catalogue()["why"]
    assert len(documented) > 8
    harmless = {"update.check", "update.state"}
    assert not {rule for rule in documented - harmless if rule not in why and rule.partition(".")[0] not in why}
