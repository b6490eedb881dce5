"""What is said is there for every reader, with who and when; what cannot be is refused; what is undone stays on
record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensor.store.corrections import NAME, CorrectionRefused, Corrections, line
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.replaying import of
from tests.store.keeping import capture, everything_in, stored_run, writer

HOME = stored_run(capture("ftp_login"))
NOW = 1_800_000_000.0
FINDINGS = of(HOME.records, "finding")
DEVICES = [r["id"] for r in of(HOME.records, "device")]
NAS = next(r["device"] for r in FINDINGS if r["rule"] == "credential.cleartext")
OTHER = next(id for id in DEVICES if id != NAS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with writer(tmp_path / "home.db") as store:
        store.keep(HOME)
    return tmp_path / "home.db"


@pytest.fixture
def corrections(path: Path) -> Iterator[Corrections]:
    with Corrections(store_location(str(path)), clock=lambda: NOW) as opened:
        yield opened


def reader(path: Path) -> StoreReader:
    return StoreReader(store_location(str(path)), clock=lambda: NOW)


def device(path: Path, id: str) -> dict[str, Any]:
    with reader(path) as opened:
        return next(r for r in of(opened.records(HOME.run), "device") if r["id"] == id)


def test_a_name_is_there_for_every_reader_and_can_be_taken_back(path: Path, corrections: Corrections) -> None:
    before = device(path, NAS)
    corrections.name(NAS, "  Cellar NAS ", by="anna")
    number = corrections.name(NAS, "Attic NAS", by="ben")
    assert device(path, NAS)["hostname"] == "Attic NAS"
    corrections.undo(number, by="anna")
    assert device(path, NAS)["hostname"] == "Cellar NAS" and device(path, NAS)["corrected"]["name"]["by"] == "anna"
    corrections.name(NAS, None, by="ben")
    assert device(path, NAS) == before
    with reader(path) as opened:
        trail = opened.corrections(everything=True)
        assert [(one.value, one.by, one.undone_by) for one in trail] == [
            ("Cellar NAS", "anna", None),
            ("Attic NAS", "ben", "anna"),
            (None, "ben", None),
        ]
        assert {one.at for one in trail} == {int(NOW * 1e6)} and len(opened.corrections()) == 2


def test_it_stands_when_the_run_is_read_again(path: Path, corrections: Corrections) -> None:
    corrections.category(NAS, "printer", by="anna")
    with writer(path) as store:
        store.keep(HOME)
    assert device(path, NAS)["category"]["value"] == "printer"


def test_merge_and_apart(path: Path, corrections: Corrections) -> None:
    corrections.merge(OTHER, NAS, by="anna")
    assert device(path, NAS)["merged"] == [OTHER]
    with pytest.raises(CorrectionRefused, match="one device already"):
        corrections.merge(NAS, OTHER, by="anna")
    corrections.apart(NAS, OTHER, by="anna")
    assert "merged" not in device(path, NAS) and device(path, OTHER)["id"] == OTHER


def test_muted_and_accepted_findings_are_marked_and_not_hidden(path: Path, corrections: Corrections) -> None:
    corrections.mute(rule="credential.cleartext", device=NAS, until=int(NOW * 1e6) + 1, by="anna", note="old\n box")
    corrections.accept(HOME.run, FINDINGS[-1]["id"], by="ben", note="")
    with reader(path) as opened:
        found = of(opened.records(HOME.run), "finding")
    assert [r["id"] for r in found] == [r["id"] for r in FINDINGS]
    muted = [r for r in found if "muted" in r]
    assert muted and {r["id"] for r in muted} == {
        r["id"] for r in FINDINGS if r["rule"] == "credential.cleartext" and r["device"] == NAS
    }
    assert muted[0]["muted"]["note"] == "old box" and muted[0]["muted"]["until"] == "2027-01-15T08:00:00.000001Z"
    assert [r["id"] for r in found if "accepted" in r] == [FINDINGS[-1]["id"]]
    with StoreReader(store_location(str(path)), clock=lambda: NOW + 1) as later:
        assert not [r for r in later.records(HOME.run) if "muted" in r]


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("name", (NAS, "")),
        ("name", (NAS, "\u202e\u200b")),
        ("name", (NAS, "x" * (NAME + 1))),
        ("name", ("02:ff:00:00:00:00", "x")),
        ("category", (NAS, "toaster")),
        ("merge", (NAS, NAS)),
        ("merge", (NAS, "02:ff:00:00:00:00")),
        ("apart", (NAS, NAS)),
        ("accept", (HOME.run, "f0")),
        ("accept", ("r0", FINDINGS[0]["id"])),
        ("undo", (99,)),
    ],
)
def test_what_cannot_be_is_refused_without_repeating_it(
    path: Path, corrections: Corrections, call: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(CorrectionRefused) as refused:
        getattr(corrections, call)(*arguments, by="anna")
    assert str(refused.value)[0].isupper() and not [
        a for a in arguments if isinstance(a, str) and a and a in str(refused.value)
    ]
    with reader(path) as opened:
        assert opened.corrections(everything=True) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"rule": "x' OR 1"},
        {"device": NAS, "until": int(NOW * 1e6)},
        {"destination": " "},
        {"rule": "tls.version", "note": "x" * 1001},
    ],
)
def test_a_mute_that_says_nothing_or_too_much_is_refused(corrections: Corrections, arguments: dict[str, Any]) -> None:
    with pytest.raises(CorrectionRefused):
        corrections.mute(by="anna", **arguments)


def test_nothing_is_undone_twice_and_there_is_an_end(corrections: Corrections, monkeypatch: pytest.MonkeyPatch) -> None:
    number = corrections.name(NAS, "x", by="anna")
    corrections.undo(number, by="anna")
    with pytest.raises(CorrectionRefused):
        corrections.undo(number, by="anna")
    monkeypatch.setattr("sensor.store.corrections.MOST", 1)
    with pytest.raises(CorrectionRefused, match="too many"):
        corrections.name(NAS, "y", by="anna")


def test_a_line_holds_nothing_that_a_screen_would_turn_round() -> None:
    assert line(" a\u202eb\x1b[31m\u2028c\n", 80, "A name") == "ab[31mc"


def test_forgetting_a_device_removes_its_corrections(path: Path, corrections: Corrections) -> None:
    corrections.name(NAS, "Cellar-box", by="anna")
    corrections.merge(OTHER, NAS, by="anna")
    corrections.mute(device=NAS, by="anna", note="the cellar again")
    corrections.accept(HOME.run, FINDINGS[0]["id"], by="anna", note="known")
    corrections.name(OTHER, f"near {NAS}", by="anna")
    corrections.close()
    assert b"Cellar-box" in everything_in(path)
    with writer(path) as store:
        store.forget(NAS)
    data = everything_in(path)
    assert b"Cellar-box" not in data and b"the cellar again" not in data and NAS.encode() not in data
    with reader(path) as opened:
        assert [(one.kind, one.device, one.value) for one in opened.corrections(everything=True)] == [
            ("name", OTHER, "near (forgotten)")
        ]
        assert json.dumps(opened.records(HOME.run))


@pytest.mark.parametrize(
    ("arguments", "fine"),
    [
        ({"rule": "tls.version"}, True), ({"device": NAS}, True), ({"destination": "API.example"}, True),
        ({"rule": "tls.version", "until": int(NOW * 1e6) + 1}, True),
        ({"rule": "tls.version", "until": int(NOW * 1e6)}, False),
        ({"rule": ""}, False), ({"rule": "a." + "a" * (NAME - 2)}, True), ({"rule": "a." + "a" * (NAME - 1)}, False),
        ({"device": "nobody"}, False),
        ({"note": "why"}, False), ({"until": int(NOW * 1e6) + 9}, False),
    ],
)  # fmt: skip
def test_what_can_be_muted(path: Path, corrections: Corrections, arguments: dict[str, Any], fine: bool) -> None:
    """A rule, a device or a destination, each alone or together."""
    if not fine:
        with pytest.raises(CorrectionRefused):
            corrections.mute(by="anna", **arguments)
    else:
        corrections.mute(by="anna", **arguments)
    with reader(path) as opened:
        found = [(one.rule, one.device, one.destination) for one in opened.corrections(everything=True)]
    given = (arguments.get("rule"), arguments.get("device"), "api.example" if "destination" in arguments else None)
    assert found == ([given] if fine else [])


@pytest.mark.parametrize(("size", "fine"), [(1, True), (79, True), (80, True), (81, False), (0, False)])
def test_bounds_of_a_line(size: int, fine: bool) -> None:
    given = " \u202e" + "a" * size + "\n"
    if fine:
        assert line(given, 80, "A name") == "a" * size
    else:
        with pytest.raises(CorrectionRefused, match="empty" if size == 0 else "80 characters"):
            line(given, 80, "A name")
