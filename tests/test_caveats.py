"""What limits a capture is one sentence, the same in record, page, report and dashboard."""

from __future__ import annotations

import html
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dashboard.app import create_app
from sensor.caveats import HIDING, LISTED, caveats
from sensor.export.records import records
from sensor.export.terminal import Terminal
from sensor.records import Record
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.types import StoredRun
from sensor.store.writer import Writer
from tests.decode.wire import A, ethernet, ip4, udp
from tests.replaying import PCAPS, read, read_bytes
from tests.report.test_page import page as report_of
from tests.store.keeping import TOOL
from tests.test_mirrors import one_sided, packets, written

COUNTERS = ("truncated_packets", "dropped_packets", "tls_secrets", "reordered_segments", "doubled_packets",
    "one_way_flows", "tcp_flows", "undecoded_packets")  # fmt: skip


def record(**more: Any) -> Record:
    return {**dict.fromkeys(COUNTERS, 0), "packets": 100, "damage": None, "undecoded": {}, **more}


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"damage": "cut in packet 7"}, "damaged", "Damaged: cut in packet 7."),
        ({"truncated_packets": 1}, "cut", "Cut: 1 packet was cut short"),
        ({"truncated_packets": 4000}, "cut", "Cut: 4,000 packets were cut short"),
        ({"dropped_packets": 2}, "dropped", "Lost: the capturing program lost 2 packets"),
        ({"tls_secrets": 1}, "tls_secrets", "Secrets: the file holds 1 secret of TLS connections"),
        ({"reordered_segments": 3}, "out_of_order", "Out of order: 3 answers were captured before what they answer"),
        ({"doubled_packets": 5}, "doubled", "Doubled: 5 packets were captured twice"),
        ({"one_way_flows": 1, "tcp_flows": 2}, "one_way", "One direction: of 1 of 2 connections only one side"),
        ({"undecoded_packets": 3, "undecoded": {"sFlow samples": 2, "SCTP": 1}}, "not_read",
            "Not read: sFlow samples (2), SCTP (1)."),
    ],
)  # fmt: skip
def test_each_kind_is_one_sentence(given: dict[str, Any], kind: str, words: str) -> None:
    (one,) = caveats(record(**given))
    assert one["kind"] == kind and one["sentence"].startswith(words) and one["count"] >= 1


def test_of_a_capture_without_faults_nothing_is_said() -> None:
    few = record(reordered_segments=2, doubled_packets=4, one_way_flows=1, tcp_flows=3)
    assert caveats(record()) == caveats(few) == []


def test_a_limit_and_what_hides_are_said_with_bounds() -> None:
    device = {"id": "00:b5:6d:00:53:01", "hostname": "attic\x1b", "addresses": [], "vendor": None, "category": None,
        "model": None, "hidden": [{"identity": f"scale {n}"} for n in range(LISTED + 2)]}  # fmt: skip
    limit, *hidden = caveats(record(), [{**device, "id": str(n)} for n in range(HIDING + 1)], {"expectations": 7})
    assert limit["sentence"].startswith("Limit: this program reached expectations (7).")
    assert len(hidden) == HIDING and {one["count"] for one in hidden} == {LISTED + 2}
    assert "scale 3 and 2 more" in hidden[0]["sentence"] and "\x1b" not in hidden[0]["sentence"]


def test_many_reasons_are_counted_not_listed() -> None:
    (one,) = caveats(record(undecoded_packets=99, undecoded={f"ethertype 0x{n:04x}": n for n in range(1, 10)}))
    assert "ethertype 0x0009 (9)" in one["sentence"] and "and 5 more" in one["sentence"]


def test_the_same_sentences_stand_in_record_page_report_and_dashboard(tmp_path: Path) -> None:
    """A capture of one direction, cut at 96 bytes, with an sFlow sample in it."""
    link, frames = packets(PCAPS / "http_basic" / "capture.pcap")
    sample = ethernet(ip4(udp(b"\0\0\0\5\0\0\0\1" + bytes(60), 6343, 6343), 17), source=A)
    result = read_bytes(written(link, [*one_sided(frames), (frames[-1][0], sample)], cut=96))
    found = [json.loads(json.dumps(one)) for one in records(result)]
    told = [one["sentence"] for one in found[0]["caveats"]]
    assert [one["kind"] for one in found[0]["caveats"]] == ["cut", "one_way", "not_read"]
    out = io.StringIO()
    Terminal(plain=True, console=Console(file=out, width=400)).page(result)
    assert all(sentence in out.getvalue() for sentence in told)
    assert all(html.escape(sentence) in html.unescape(report_of(found)) for sentence in told)
    path = tmp_path / "home.db"
    with Writer(store_location(str(path))) as writer:
        writer.keep(StoredRun(result.id, found, TOOL, 9))
    with StoreReader(store_location(str(path))) as reader:
        assert reader.captures(result.id)[0]["caveats"] == found[0]["caveats"]
    home = html.unescape(create_app(str(path)).test_client().get("/").text)
    assert all(sentence in home for sentence in told)


def test_a_whole_capture_has_no_caveat_of_a_mirror() -> None:
    found = next(iter(records(read(PCAPS / "http_basic" / "capture.pcap"))))
    kinds = {one["kind"] for one in found["caveats"]}
    assert not kinds & {"one_way", "cut", "doubled", "out_of_order", "damaged"}
