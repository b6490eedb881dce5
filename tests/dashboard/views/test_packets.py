"""The packets of a finding: marked hex, a capture to download, the dissection."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dashboard.auth.accounts import VIEWER
from dashboard.data import ordered_packets
from dashboard.views import packets
from dashboard.views.packets import BYTES, ROW, gap, rows
from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.store.location import store_location
from tests.dashboard.site import Site, first_finding, program, runs, send, site
from tests.store.several import ATTIC, run_of, several

SECRET = b"hunter2hunter2"
DATA = (
    bytes.fromhex("000c29000001000c290000020800")
    + bytes(20)
    + b"GET / HTTP/1.1\r\nAuthorization: "
    + b"*" * len(SECRET)
    + b"\r\n<script>\r\n"
)
START = DATA.index(b"*")


@pytest.fixture
def one(tmp_path: Path) -> Site:
    """A site whose finding has two packets."""
    made = site(tmp_path)
    client = made.log_in()
    run = runs(client)["home"]
    finding = first_finding(client, run)["id"]
    folder = EvidenceFolder(evidence_path(store_location(str(tmp_path / "home.db")), tmp_path))
    long = EvidencePacket(
        "a.pcap", 9, 1_600_000_001_000_000_000, 1, DATA + bytes(2 * BYTES), 5000, (), ((finding, "x"),)
    )
    folder.put(
        run,
        [
            EvidencePacket(
                "a.pcap",
                7,
                1_600_000_000_000_000_000,
                1,
                DATA,
                len(DATA),
                ((START, START + len(SECRET)),),
                ((finding, "x"),),
            ),
            long,
        ],
    )
    made.client, made.page = client, f"/runs/{run}/findings/{finding}"  # type: ignore[attr-defined]
    return made


def test_rows_are_what_everybodys_hex_is() -> None:
    found = list(rows(DATA, [(START, START + 3)]))
    text = "".join("".join(piece for piece, _ in texts) for _, _, texts in found)
    hexes = "".join("".join(piece for piece, _ in row) for _, row, _ in found)
    assert bytes.fromhex(hexes) == DATA and text == "".join(chr(b) if 32 <= b < 127 else "." for b in DATA)
    assert [at for at, _, _ in found[:3]] == ["0000", "0010", "0020"]
    covered = "".join(piece for _, _, texts in found for piece, flag in texts if flag)
    assert covered == "***"
    assert {sum(len(piece) for piece, _ in row) + gap(row) for _, row, _ in found} == {3 * ROW + 1}


def test_ranges_that_end_beyond_the_packet() -> None:
    assert list(rows(b"ab", [(1, 900)])) == [("0000", [("61 ", False), ("62 ", True)], [("a", False), ("b", True)])]
    assert list(rows(b"", [(0, 3)])) == []


def test_the_page_marks_what_is_covered(one: Site) -> None:
    text = one.client.get(one.page).text  # type: ignore[attr-defined]
    assert re.search(r"<mark>[*]+</mark>", text) and re.search(r"<mark>(2a +)+</mark>", text)
    assert "&lt;script" in text and "Packet 7" in text and f"{len(SECRET)} covered" in text
    assert "more bytes, in the capture" in text


def test_the_api_has_nothing_of_their_bytes(one: Site) -> None:
    text = one.client.get(f"/api/v1{one.page}").text  # type: ignore[attr-defined]
    assert "GET /" not in text and "2a 2a" not in text and "rows" not in text


def test_they_are_taken_away_as_a_capture(one: Site) -> None:
    answer = one.client.get(f"{one.page}/packets.pcapng")  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert [packet.frame for packet in pcapng.read(answer.data)] == [7, 9]
    assert one.client.get("/runs/../findings/x/packets.pcapng").status_code == 404
    assert one.client.get(f"{one.page}x/packets.pcapng").status_code == 404  # type: ignore[attr-defined]


def test_without_dissectors_the_page_says_what_is_missing(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "can_dissect", lambda: False)
    answer = one.client.get(f"{one.page}/dissected")  # type: ignore[attr-defined]
    assert answer.status_code == 404 and "tshark" in answer.text


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wiresharks_dissectors_say_what_they_see(one: Site) -> None:
    answer = one.client.get(f"/api/v1{one.page}/dissected")  # type: ignore[attr-defined]
    assert answer.status_code == 200, answer.text
    lines = answer.json["lines"]
    assert lines[0].startswith("packet 7") and any("00:0c:29:00:00:02" in line for line in lines)


def test_a_deleted_run_takes_its_packets_along(one: Site, tmp_path: Path) -> None:
    run = runs(one.client)["home"]
    folder = EvidenceFolder(evidence_path(store_location(str(tmp_path / "home.db")), tmp_path))
    assert folder.packets(run)
    send(one.client, f"/runs/{run}/delete", page="/people")
    assert folder.packets(run) == []


def test_a_deletion_that_leaves_packets_behind_says_so(one: Site, tmp_path: Path) -> None:
    run = runs(one.client)["home"]
    file = EvidenceFolder(evidence_path(store_location(str(tmp_path / "home.db")), tmp_path)).path / f"{run}.pcapng"
    file.unlink()
    file.mkdir()
    answer = send(one.client, f"/runs/{run}/delete", page="/people")
    assert answer.status_code == 503 and f"The run is deleted, but the packets of run {run} are still" in answer.text
    assert run not in runs(one.client).values()
    assert one.access.audit.last(1)[0]["action"] == "run.delete"
    file.rmdir()
    assert send(one.client, f"/runs/{run}/delete", page="/people").status_code == 404


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A dashboard of several sensors whose store has no packets beside it."""
    several(tmp_path / "hub.db")
    monkeypatch.setattr(ordered_packets, "can_be_ordered", lambda _: True)
    return site(tmp_path, str(tmp_path / "hub.db"))


def test_packets_are_ordered_from_the_sensor_and_the_page_says_how_far_it_is(hub: Site) -> None:
    client = hub.log_in()
    run = run_of(ATTIC)
    page = f"/runs/{run}/findings/{first_finding(client, run)['id']}"
    assert "on the disk of the sensor attic" in client.get(page).text
    assert client.get(f"/api/v1{page}/packets").json["packets"]["state"] == "unordered"  # type: ignore[index]
    answer = send(client, f"{page}/packets", page=page)
    assert answer.status_code == 303 and answer.location.endswith(f"{page}#packets")
    text = client.get(page).text
    assert "sensor attic has been asked for them" in text and "Ask the sensor" not in text
    assert "angefordert" in client.get(page, headers={"Accept-Language": "de"}).text
    assert client.get(f"/api/v1{page}/packets").json["packets"] == {  # type: ignore[index]
        "state": "open", "sensor": "attic", "last_seen": None,
    }  # fmt: skip


def test_a_reader_may_look_and_orders_nothing(hub: Site) -> None:
    reader = hub.log_in("bert", VIEWER)
    run = run_of(ATTIC)
    page = f"/runs/{run}/findings/{first_finding(reader, run)['id']}"
    text = reader.get(page).text
    assert "on the disk of the sensor attic" in text and "Ask the sensor" not in text
    assert reader.post(f"{page}/packets", headers={"Origin": "http://localhost"}).status_code in (400, 403)
    assert reader.get(f"/api/v1{page}/packets").json["packets"]["state"] == "unordered"  # type: ignore[index]


def test_a_program_orders_packets_too(hub: Site) -> None:
    headers, run = program(hub), run_of(ATTIC)
    client = hub.app.test_client()
    found = client.get(f"/api/v1/runs/{run}/findings", headers=headers).json
    where = f"/api/v1/runs/{run}/findings/{found['findings'][0]['id']}/packets"  # type: ignore[index]
    answer = client.post(where, headers=headers)
    assert answer.status_code == 202 and answer.json["packets"]["state"] == "open"  # type: ignore[index]
    assert client.post(where.replace("/findings/", "/findings/x"), headers=headers).status_code == 404


def test_a_store_of_this_machine_has_nobody_to_ask(tmp_path: Path) -> None:
    made = site(tmp_path)
    client = made.log_in()
    run = runs(client)["home"]
    page = f"/runs/{run}/findings/{first_finding(client, run)['id']}"
    assert "Ask the sensor" not in client.get(page).text and "lanwitness explain" in client.get(page).text
    assert send(client, f"{page}/packets", page=page).status_code == 409
