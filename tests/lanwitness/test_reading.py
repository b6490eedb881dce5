"""The module for programs: its doctests, records as dataclasses, tables, a stream."""

from __future__ import annotations

import doctest
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lanwitness
from lanwitness import reading
from sensor.cli.main import cli
from tests.replaying import PCAPS, ROOT, capture_in

HOME = capture_in(PCAPS / "home")


@pytest.fixture(autouse=True, scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(tmp_path_factory.mktemp("state")))
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="module")
def home() -> lanwitness.Result:
    return lanwitness.read(HOME, flows=True)


@pytest.mark.parametrize("module", [lanwitness, reading], ids=lambda one: one.__name__)
def test_the_examples_of_the_docstrings(module: object) -> None:
    result = doctest.testmod(module, raise_on_error=False)  # type: ignore[arg-type]
    assert result.attempted >= 3 and result.failed == 0


def test_what_is_offered_is_documented() -> None:
    for name in set(lanwitness.__all__) - {"__version__"}:
        assert getattr(lanwitness, name).__doc__, name


def test_a_home_has_the_devices_of_its_truth(home: lanwitness.Result) -> None:
    truth = json.loads((PCAPS / "home" / "expected.json").read_text("utf-8"))
    assert {one.mac for one in home.devices} == {one["mac"] for one in truth["devices"]}
    for one in truth["devices"]:
        device = home.device(one["hostname"]) if "hostname" in one else home.device(one["mac"])
        assert device is not None and set(one["addresses"]) <= set(device.addresses)
    assert home.device("nobody") is None
    assert home.run and home.flows and home.ledgers and home.provisions and home.captures[0].packets
    assert {one.record for one in home.verdicts} == {"verdict"} and home.verdicts[0].coverage.hours > 0


def test_records_of_a_file_are_those_of_the_capture(tmp_path: Path, home: lanwitness.Result) -> None:
    path = tmp_path / "home.jsonl"
    cli.main(["replay", "-q", "--flows", "--json", str(path), str(HOME)], standalone_mode=False)
    again = lanwitness.read(path)
    assert again.devices == home.devices and again.findings == home.findings and again.verdicts == home.verdicts
    assert len(again.flows) == len(home.flows) and again.run == home.run


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("text", "not a capture"),
        ('{"record":"device","run":"r","id":"x"}', "line 1 is no whole device"),
        ("{}", "holds no"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(lanwitness.CaptureError, match=sentence):
        lanwitness.read(path)
    with pytest.raises(lanwitness.CaptureError, match="no such file"):
        lanwitness.read(tmp_path / "none")


def test_options(tmp_path: Path) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text('[[device]]\nid = "ec:71:db:1c:44:02"\nmodel = "Cam 9"\n')
    camera = lanwitness.read(HOME, facts=facts).device("ec:71:db:1c:44:02")
    assert camera is not None and camera.model is not None and camera.model.value == "Cam 9"
    with pytest.raises(ValueError, match="home"):
        lanwitness.read(HOME, local=["home"])
    shown = lanwitness.read(capture_in(PCAPS / "ftp_login"), reveal=True)
    assert any("value" in one.detail["secret"] for one in shown.findings if "secret" in one.detail)


def test_tables(home: lanwitness.Result, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = home.to_arrow()
    assert tables["device"].num_rows == len(home.devices) and tables["flow"].num_rows == len(home.flows)
    frames = home.to_pandas()
    assert list(frames["finding"].rule) == [one.rule for one in home.findings]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"lanwitness\[pandas\]"):
        home.to_pandas()


def test_a_stream_gives_records_as_they_are_found() -> None:
    with capture_in(PCAPS / "ftp_login").open("rb") as stream:
        found = list(lanwitness.watch(stream, flows=True, every=0.0))
    whole = lanwitness.read(capture_in(PCAPS / "ftp_login"), flows=True)
    last = {one.id: one for one in found if isinstance(one, lanwitness.Finding)}
    assert {(one.rule, one.client, one.count) for one in last.values()} == {
        (one.rule, one.client, one.count) for one in whole.findings
    }
    assert sum(isinstance(one, lanwitness.Flow) for one in found) == len(whole.flows)
    assert isinstance(found[-1], lanwitness.Capture) and found[-1].packets == whole.captures[0].packets
    with (ROOT / "README.md").open("rb") as stream, pytest.raises(lanwitness.CaptureError, match="not a capture"):
        list(lanwitness.watch(stream))
