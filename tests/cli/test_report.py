"""`report`: its forms, a period, and the sentences where there is nothing to report."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from xml.etree import ElementTree as Xml

import click
import pytest

from sensor.cli.main import cli
from sensor.store.location import store_location
from sensor.store.types import Change, Sensor, SensorIdentity
from sensor.store.writer import Writer
from tests.canary.plant import pcap
from tests.replaying import PCAPS, capture_in
from tests.store.keeping import TOOL
from tests.store.several import CAMERA, several


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    run(
        "replay",
        "--plain",
        "--json",
        tmp_path / "records.jsonl",
        "--store",
        tmp_path / "home.db",
        capture_in(PCAPS / "ftp_login"),
    )
    return tmp_path / "home.db"


def test_forms_say_the_same(store: Path, tmp_path: Path) -> None:
    page, data, cases = (tmp_path / f"r.{name}" for name in ("html", "json", "xml"))
    status = run("report", "--store", store, "--html", page, "--json", data, "--junit", cases, "--fail-on", "violated")
    content = json.loads(data.read_text())
    violated = [mark for one in content["devices"] for mark in one["marks"] if mark["status"] == "violated"]
    assert violated and status == 3
    root = Xml.parse(cases).getroot()
    failures = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert {mark["capability"] for mark in violated} <= failures
    assert content["run"] in str(root.get("name")) and 'id="lab"' in page.read_text()
    assert {one["provision"]["v3.1.3"] for one in content["untested"]} >= {"5.1-4", "5.2-3"}


def test_a_time_between(store: Path, tmp_path: Path) -> None:
    data, page = tmp_path / "r.json", tmp_path / "r.html"
    run("report", "--store", store, "--json", data)
    first = json.loads(data.read_text())["first_time"]
    run("report", "--store", store, "--from", first[:10], "--json", data, "--html", page)
    part = json.loads(data.read_text())
    assert part["period"] == {"from": f"{first[:10]}T00:00:00Z", "to": None} and part["devices"][0]["findings"]
    assert "the marks are those of the whole run" in page.read_text()
    with pytest.raises(click.ClickException, match="no run was heard in that time"):
        run("report", "--store", store, "--to", "2001-01-01", "--json", data)
    with pytest.raises(click.UsageError, match="no day or time"):
        run("report", "--store", store, "--from", "soon", "--json", data)
    name = part["run"]
    run("report", "--store", store, "--run", name, "--to", "2001-01-01", "--json", data, "--html", page)
    assert all(not one["findings"] for one in json.loads(data.read_text())["devices"])


@pytest.mark.parametrize(
    "frames,words",
    [([], "No device of the local network"), ([b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5hello"], "No device")],
)
def test_an_empty_capture_has_a_report_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: list[bytes], words: str
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    (tmp_path / "a.pcap").write_bytes(pcap(frames))
    run("replay", "--plain", "--store", tmp_path / "home.db", tmp_path / "a.pcap")
    assert (
        run(
            "report",
            "--store",
            tmp_path / "home.db",
            "--html",
            tmp_path / "r.html",
            "--junit",
            tmp_path / "r.xml",
            "--fail-on",
            "violated",
        )
        == 0
    )
    assert words in (tmp_path / "r.html").read_text()


def test_what_cannot_be_written_is_a_sentence(store: Path, tmp_path: Path) -> None:
    for arguments in ((), ("--html", "-", "--junit", "-"), ("--junit", tmp_path / "no" / "r.xml")):
        with pytest.raises(click.UsageError):
            run("report", "--store", store, *arguments)


def test_a_new_report_is_its_owners_alone(store: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert run("report", "--store", store, "--json", tmp_path / "r.json") == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600


def test_of_a_site_each_device_once_with_its_sensors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hub.db"
    several(path)
    forms = {name: tmp_path / f"r.{name}" for name in ("html", "json", "junit")}
    given = [each for name, file in forms.items() for each in (f"--{name}", file)]
    assert run("report", "--store", path, "--site", "Home", *given) == 0
    assert capsys.readouterr().err == ""
    report = json.loads(forms["json"].read_text())
    seen = {one["id"]: one["seen_by"] for one in report["devices"]}
    assert seen[CAMERA] == ["attic", "hall"] and {tuple(each) for each in seen.values()} == {
        ("attic",),
        ("attic", "hall"),
    }
    page = forms["html"].read_text()
    assert (
        "In short: <bdi>Home</bdi>" in page
        and "Sensor: <bdi>hall</bdi>" in page
        and "heard by attic, hall" in page
        and "bench-3" not in page
    )
    suites = Xml.fromstring(forms["junit"].read_text())
    assert suites.get("name") == "LANwitness Home"
    by_device = {
        suite.get("id"): [one.get("value") for one in suite.findall("properties/property")] for suite in suites
    }
    assert by_device == seen
    run("report", "--store", path, "--site", "Home", "--html", forms["html"], "--language", "de")
    assert "gehört von attic, hall" in forms["html"].read_text()
    assert run("report", "--store", path, "--site", "Home", "--junit", "-", "--fail-on", "concern") == 3


def test_of_several_sensors_whatever_their_site(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    both = tmp_path / "both.json"
    run("report", "--store", path, "--sensor", "attic", "--sensor", "bench-3", "--sensor", "attic", "--json", both)
    report = json.loads(both.read_text())
    assert report["run"] == "attic, bench-3"
    assert {each for one in report["devices"] for each in one["seen_by"]} == {"attic", "bench-3"}
    for given, said in (
        (("--site", "Home", "--sensor", "attic"), "either --run, --sensor or --site"),
        (("--site", "Home", "--ts103701", tmp_path / "t.json"), "--ts103701 is of one run"),
    ):
        with pytest.raises(click.UsageError, match=said):
            run("report", "--store", path, *given, "--json", both)
    with pytest.raises(click.ClickException, match="of the site Nowhere; sites: Home, Lab"):
        run("report", "--store", path, "--site", "Nowhere", "--json", both)


def sensor_of(number: int, name: str, site: str) -> SensorIdentity:
    return SensorIdentity(f"5f0c0000-0000-4000-8000-00000000000{number}", name, site, "", "eth1")


CELLAR, ATTIC, OTHER_ATTIC = (
    sensor_of(*one) for one in ((1, "cellar", "home"), (2, "attic", "home"), (3, "attic", "lab"))
)


def listening(path: Path, *runs: tuple[str, SensorIdentity, int]) -> Path:
    """A store of runs without devices: name, whose, minute of the last report."""
    with Writer(store_location(str(path))) as writer:
        for name, whose, minute in runs:
            at = (1_000_000 + 60 * minute) * 1_000_000
            writer.change(Change(name, TOOL, at, sensor=Sensor(at, "ok", "", name, 0, 0, 0, None), identity=whose))
    return path


def test_the_newest_run_of_a_sensor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listening(tmp_path / "hub.db", ("w1", CELLAR, 0), ("w2", CELLAR, 60), ("w3", ATTIC, 90))
    taken = {}
    for given in ((), ("--sensor", "cellar"), ("--sensor", ATTIC.id), ("--run", "w1")):
        run("report", "--store", path, *given, "--json", "-")
        shown = capsys.readouterr()
        taken[given] = (json.loads(shown.out)["run"], shown.err)
    assert {given: name for given, (name, _) in taken.items()} == {
        (): "w3", ("--sensor", "cellar"): "w2", ("--sensor", ATTIC.id): "w3", ("--run", "w1"): "w1",
    }  # fmt: skip
    said = taken.pop(())[1]
    assert "of the run w3, of the sensor attic; --sensor NAME takes another: attic, cellar" in said
    assert [said for _, said in taken.values()] == ["", "", ""]


def test_a_sensor_of_two_interfaces_and_one_sensor_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = listening(tmp_path / "one.db", ("w1", CELLAR, 0), ("w2", CELLAR, 60))
    run("report", "--store", alone, "--json", tmp_path / "r.json")
    assert capsys.readouterr().err == ""
    both = listening(tmp_path / "two.db", ("w1", CELLAR, 0), ("w2", CELLAR, 1))
    run("report", "--store", both, "--sensor", "cellar", "--json", tmp_path / "r.json")
    assert "the report is of the run w2; the sensor also listens into w1 (--run)" in capsys.readouterr().err


def test_a_sensor_that_is_not_there_or_is_two(tmp_path: Path) -> None:
    path = listening(tmp_path / "hub.db", ("w1", CELLAR, 0), ("w2", ATTIC, 1), ("w3", OTHER_ATTIC, 2))
    with pytest.raises(click.ClickException, match="no sensor shed; there are: attic, cellar"):
        run("report", "--store", path, "--sensor", "shed", "--json", "-")
    with pytest.raises(click.ClickException, match=f"2 sensors have this name.*{ATTIC.id}.*{OTHER_ATTIC.id}"):
        run("report", "--store", path, "--sensor", "attic", "--json", "-")
    with pytest.raises(click.UsageError, match="either --run, --sensor or --site"):
        run("report", "--store", path, "--sensor", "cellar", "--run", "w1", "--json", "-")
    with Writer(store_location(str(path))) as writer:
        writer.remove("w1")
    with pytest.raises(click.ClickException, match="no run of the sensor cellar any more"):
        run("report", "--store", path, "--sensor", "cellar", "--json", "-")
