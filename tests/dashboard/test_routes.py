"""Pages, their JSON and their tables: one function, three forms; no cell is a formula."""

import csv
import io
from pathlib import Path

import pytest

from dashboard.routes import written
from tests.dashboard.site import CAMERA, first_finding, runs, site


def test_a_page_links_to_itself_as_json_and_table(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    run = runs(client)["home"]
    page = client.get(f"/runs/{run}/findings?severity=high&rule=tls.certificate").text
    assert f"/api/v1/runs/{run}/findings?severity=high&amp;rule=tls.certificate" in page
    assert f"/api/v1/runs/{run}/findings.csv?severity=high&amp;rule=tls.certificate" in page


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_calculate_is_text(value: str) -> None:
    (_, row) = csv.reader(io.StringIO("".join(written(["a"], [[value]]))))
    assert row == [f"'{value}"]


def test_other_values_are_as_they_are() -> None:
    rows = [[None, -5, ["a", "b"], 'say "x"', "\0\udc80"]]
    assert list(csv.reader(io.StringIO("".join(written(list("abcde"), rows)))))[1] == [
        "",
        "-5",
        "a b",
        'say "x"',
        "\ufffd\ufffd",
    ]


def test_a_long_table_comes_in_pieces() -> None:
    pieces = list(written(["a"], ([("x" * 100)] for _ in range(2000))))
    assert len(pieces) > 3 and "".join(pieces).count("\n") == 2001


def test_every_table_of_a_run(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    run = runs(client)["home"]
    device = f"/api/v1/runs/{run}/devices/{CAMERA}"
    for path, column, least in (
        (f"/api/v1/runs/{run}/devices.csv", "no_default_passwords", 14),
        ("/api/v1/devices.csv", "device", 14),
        (f"/api/v1/runs/{run}/findings.csv", "summary", 80),
        ("/api/v1/runs.csv", "worst", 2),
        ("/api/v1/standards.csv", "v3.1.3", 20),
        (f"{device}/destinations.csv", "party", 3),
        (f"{device}/hours.csv", "protection", 30),
        (f"{device}/provisions.csv", "status", 20),
    ):
        answer = client.get(path)
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) >= least and column in rows[0], path
        assert answer.headers["Content-Disposition"].startswith("attachment") and answer.headers[
            "Content-Type"
        ].startswith("text/csv")


def test_the_table_of_findings_has_all_that_match_and_nothing_else(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    run = runs(client)["home"]
    total = client.get(f"/api/v1/runs/{run}/findings?severity=high").json["total"]  # type: ignore[index]
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/runs/{run}/findings.csv?severity=high").text)))
    assert len(rows) == total > 5 and {row["severity"] for row in rows} == {"high"}
    assert first_finding(client, run, severity="high")["id"] == rows[0]["id"]


@pytest.mark.parametrize("value", ["a\u202eb", "a\u2028b", "a\x1b[31mb", "a\x85b", "a\u2066b", "a\rb", "a\t=1"])
def test_characters_that_would_show_another_table_are_replaced(value: str) -> None:
    (_, row) = csv.reader(io.StringIO("".join(written(["a"], [[value]]))))
    assert row[0].startswith("a\ufffd") and row[0].isprintable()
