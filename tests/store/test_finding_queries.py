"""A page of findings holds what the same question put to all records gives, in every order, also where devices are one
or findings are muted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sensor.model import SEVERITIES
from sensor.records import OPEN_DOORS, Record
from sensor.store.applied_corrections import devices_of
from sensor.store.corrections import Corrections
from sensor.store.finding_queries import MOST, ORDERS, FindingQuery
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.rows import microseconds
from sensor.store.types import StoredRun
from tests.replaying import of
from tests.store.keeping import TOOL, writer
from tests.store.scale import RULES, RUN, START, filled, mac, records

DEVICES, FINDINGS = 20, 400
Says = Callable[[Record], bool]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With findings about two devices, mutes of every kind, an accepted finding and two devices that are one."""
    path = tmp_path_factory.mktemp("lists") / "home.db"
    found = records(DEVICES, FINDINGS)
    first = of(found, "finding")[0]
    # The last one of those with little weight: only its rule makes it urgent.
    of([one for one in found if one.get("severity") == "low"], "finding")[-1]["rule"] = "credential.default"
    for number, pair in enumerate(((1, 2), (3, 4), (5, 6))):
        shared = {
            "device": None,
            "role": None,
            "client": None,
            "server": None,
            "detail": {"devices": [mac(one) for one in pair]},
        }
        found.append({**first, "id": f"shared{number}", "rule": "credential.shared", **shared})
    with writer(path) as store:
        store.keep(StoredRun(RUN, found, TOOL, START))
        store.keep(StoredRun("rother", [{**one, "run": "rother"} for one in records(3, 5)], TOOL, START - 1))
    with Corrections(store_location(str(path))) as corrections:
        corrections.merge(mac(4), mac(3), by="anna")
        corrections.mute(rule="tls.version", by="anna")
        corrections.mute(device=mac(7), by="anna")
        corrections.mute(device=mac(3), rule="credential.shared", by="anna")
        corrections.mute(destination="203.0.113.9", rule=RULES[3], by="anna")
        corrections.accept(RUN, first["id"], by="anna")
        corrections.accept(RUN, of(found, "finding")[3]["id"], by="anna")
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[StoreReader]:
    with StoreReader(store_location(str(path))) as opened:
        yield opened


def state(record: Record) -> str:
    return "accepted" if "accepted" in record else "muted" if "muted" in record else "open"


WANTED: list[tuple[FindingQuery, Says]] = [
    (FindingQuery(), lambda r: True),
    (FindingQuery(severity=["high", "info"]), lambda r: r["severity"] in ("high", "info")),
    (FindingQuery(severity=["nonsense"]), lambda r: False),
    (FindingQuery(capability=["personal_data"]), lambda r: r["capability"] == "personal_data"),
    (FindingQuery(rule=[RULES[1], "x' OR '1'='1"]), lambda r: r["rule"] == RULES[1]),
    (FindingQuery(device=[mac(3)]), lambda r: mac(3) in devices_of(r)),
    (FindingQuery(device=[mac(4), mac(9)]), lambda r: bool({mac(3), mac(9)} & set(devices_of(r)))),
    (FindingQuery(since=START + 100_000_000), lambda r: (microseconds(r["last_time"]) or 0) >= START + 100_000_000),
    (FindingQuery(until=START + 100_000_000), lambda r: (microseconds(r["time"]) or 0) < START + 100_000_000),
    (FindingQuery(state=["open"]), lambda r: state(r) == "open"),
    (FindingQuery(state=["muted"]), lambda r: state(r) == "muted"),
    (FindingQuery(state=["accepted"]), lambda r: state(r) == "accepted"),
    (
        FindingQuery(state=["muted", "accepted"], severity=["low"]),
        lambda r: state(r) != "open" and r["severity"] == "low",
    ),
    (
        FindingQuery(device=[mac(2)], state=["open"], rule=[RULES[0], "credential.shared"]),
        lambda r: mac(2) in devices_of(r) and state(r) == "open" and r["rule"] in (RULES[0], "credential.shared"),
    ),
]

KEYS: dict[str, Callable[[Record], tuple[Any, ...]]] = {
    "severity": lambda r: (SEVERITIES.index(r["severity"]), r["time"], r["id"]),
    "oldest": lambda r: (r["time"], r["id"]),
    "rule": lambda r: (r["rule"], SEVERITIES.index(r["severity"]), r["time"], r["id"]),
}


@pytest.mark.parametrize(("wanted", "says"), WANTED)
def test_a_page_is_what_all_records_say(reader: StoreReader, wanted: FindingQuery, says: Says) -> None:
    everything = of(reader.records(RUN), "finding")
    expected = {r["id"] for r in everything if says(r)}
    pages = [reader.findings(RUN, wanted, page=number, size=100) for number in range(1, 6)]
    assert (pages[0].total, pages[0].of) == (len(expected), len(everything))
    assert pages[0].pages == max(1, -(-len(expected) // 100))
    found = [r for page in pages[: pages[0].pages] for r in page.findings]
    assert len(found) == len(expected) and {r["id"] for r in found} == expected
    by_id = {r["id"]: r for r in everything}
    assert all({k: v for k, v in r.items() if k != "state"} == by_id[r["id"]] and r["state"] == state(r) for r in found)
    assert not wanted.state or {r["state"] for r in found} == set(wanted.state)


@pytest.mark.parametrize("order", ORDERS)
def test_orders(reader: StoreReader, order: str) -> None:
    found = [r for number in (1, 2, 3) for r in reader.findings(RUN, order=order, page=number, size=150).findings]
    assert len({r["id"] for r in found}) == FINDINGS + 3
    if order == "newest":
        assert [r["time"] for r in found] == sorted((r["time"] for r in found), reverse=True)
    elif order in KEYS:
        assert found == sorted(found, key=KEYS[order])


def test_the_nearest_page_is_given_and_no_page_is_too_long(reader: StoreReader) -> None:
    assert reader.findings(RUN, page=99, size=100).page == 5 and reader.findings(RUN, page=-3).page == 1
    assert len(reader.findings(RUN, size=10_000).findings) == MOST
    empty = reader.findings("r0")
    assert (empty.findings, empty.total, empty.of, empty.page, empty.pages) == ([], 0, 0, 1, 1)


def test_choices_and_counts_are_of_this_run(reader: StoreReader) -> None:
    everything = of(reader.records(RUN), "finding")
    there = reader.choices(RUN)
    assert there["severity"] == SEVERITIES and there["state"] == ["open", "muted", "accepted"]
    assert there["rule"] == sorted({r["rule"] for r in everything}) and mac(4) not in there["device"]
    assert there["device"] == sorted({device for r in everything for device in devices_of(r)})
    assert set(there["capability"]) == {r["capability"] for r in everything}
    assert reader.choices("r0") == {
        "severity": [],
        "capability": [],
        "rule": [],
        "device": [],
        "state": ["open", "muted"],
    }
    assert reader.choices("rother")["state"] == ["open", "muted"]
    counted = reader.counts(RUN)
    assert sum(count for *_, count in counted) == len(everything)
    assert {(rule, severity): n for rule, severity, n in counted}[RULES[0], "high"] == sum(
        (r["rule"], r["severity"]) == (RULES[0], "high") for r in everything
    )


def test_one_finding_and_what_is_urgent(reader: StoreReader) -> None:
    everything = of(reader.records(RUN), "finding")
    one = reader.finding(RUN, everything[0]["id"])
    assert one is not None and one["state"] == "accepted" and one["evidence"] and reader.finding(RUN, "f0") is None
    found = reader.urgent(RUN)
    assert found and {r["state"] for r in found} == {"open"}
    severities = [SEVERITIES.index(r["severity"]) for r in found if r["rule"] not in OPEN_DOORS]
    assert severities == sorted(severities) and severities[0] == SEVERITIES.index("critical")
    doors = {r["id"] for r in everything if r["rule"] in OPEN_DOORS and state(r) == "open"}
    assert len(doors) == 1 and {r["id"] for r in found if r["rule"] in OPEN_DOORS} == doors


def test_the_newest_open_findings(reader: StoreReader) -> None:
    since = START + 100_000_000
    expected = [
        r
        for r in of(reader.records(RUN), "finding")
        if r["severity"] != "info" and state(r) == "open" and (microseconds(r["time"]) or 0) >= since
    ]
    expected.sort(key=lambda r: (r["time"], r["id"]), reverse=True)
    found = reader.newest(RUN, since, 7)
    assert len(expected) > 7 and [r["id"] for r in found] == [r["id"] for r in expected[:7]]
    assert reader.newest("r0", since, 7) == []


@pytest.mark.nightly
def test_a_page_costs_a_page_whatever_the_store_holds(tmp_path: Path) -> None:
    """500 devices, 100,000 findings, a month of hours and a year of days: no question of a page takes a quarter of a
    second of this machine."""
    path = tmp_path / "big.db"
    filled(path, 500, 100_000, hours=30 * 24, days=335)
    end = START // 3_600_000_000 + 365 * 24
    with Corrections(store_location(str(path))) as corrections:
        for number in range(10):
            corrections.mute(rule="tls.version", device=mac(number), by="anna")
        corrections.mute(rule="personal.email", by="anna")
    with StoreReader(store_location(str(path))) as reader:
        questions: list[Callable[[], object]] = [
            reader.runs,
            reader.run,
            lambda: reader.devices(RUN),
            lambda: reader.device(RUN, mac(7), findings=50),
            lambda: reader.choices(RUN),
            lambda: reader.counts(RUN),
            lambda: reader.urgent(RUN),
            lambda: reader.hours(RUN, mac(7)),
            lambda: reader.days(RUN, mac(7)),
            lambda: reader.by_protection(RUN, [mac(number) for number in range(50)], end - 24, end),
            lambda: reader.search(RUN, "password camera", 20),
            lambda: reader.seen_before(RUN),
            lambda: reader.days(RUN, since=end // 24 - 14),
            lambda: reader.history(mac(7)),
            *(lambda wanted=wanted: reader.findings(RUN, wanted) for wanted, _ in WANTED),
            *(lambda order=order: reader.findings(RUN, order=order, page=1000) for order in ORDERS),
        ]
        for number, question in enumerate(questions):
            question()
            began = time.process_time()
            question()
            assert time.process_time() - began < 0.25, number
