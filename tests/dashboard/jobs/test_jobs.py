"""The queue of uploads: one process at a time, stopped, bounded; no file stays."""

import os
import sys
from pathlib import Path

import pytest

from dashboard.jobs.jobs import LISTED, WAITING, Full, Jobs, shown
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.store.keeping import capture


def given(jobs: Jobs, data: bytes, name: str = "a.pcap") -> str:
    with jobs.file() as file:
        file.write(data)
    return jobs.add(Path(file.name), name, "anna").id


def script(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text(text)
    return [sys.executable, str(path)]


@pytest.fixture
def quick(tmp_path: Path) -> Jobs:
    """Jobs whose reader only says that it has read."""
    command = script(tmp_path, 'import sys\nprint("noise")\nprint(\'{"share": 0.5}\')\nprint(\'{"run": "r1"}\')\n')
    return Jobs(tmp_path / "state", "x.db", lambda name: [*command, name])


def test_a_capture_is_read_into_the_store_and_is_gone(tmp_path: Path) -> None:
    store = tmp_path / "home.db"
    jobs = Jobs(tmp_path / "state", str(store))
    given(jobs, capture("ftp_login").read_bytes(), "../../my home.pcap")
    jobs.idle()
    (job,) = jobs.jobs()
    assert job["state"] == "done" and job["name"] == "my home.pcap" and job["by"] == "anna", job
    with StoreReader(store_location(str(store))) as reader:
        (run,) = reader.runs()
    assert run.id == job["run"] and jobs.names() == {run.id: "my home.pcap"}
    assert not [path for path in jobs.folder.iterdir() if path.name != ".held"]
    assert "my home" not in run.captures[0] and str(tmp_path) not in run.captures[0]


def test_what_is_no_capture_gives_a_sentence(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "state", str(tmp_path / "home.db"))
    given(jobs, b"%PDF-1.7 and so on")
    jobs.idle()
    (job,) = jobs.jobs()
    assert job["state"] == "failed" and job["message"].startswith("Not a capture") and job["run"] is None


def test_how_far_it_is(quick: Jobs) -> None:
    given(quick, b"x")
    quick.idle()
    (job,) = quick.jobs()
    assert (job["state"], job["run"], job["share"], job["message"]) == ("done", "r1", 1.0, "Read.")


def test_what_is_being_read_can_be_stopped(tmp_path: Path) -> None:
    command = script(tmp_path, "import sys, time\nprint('{\"share\": 0.25}', flush=True)\ntime.sleep(60)\n")
    jobs = Jobs(tmp_path / "state", "x.db", lambda name: [*command, name])
    first, second = given(jobs, b"x"), given(jobs, b"y")
    while jobs.jobs()[1]["share"] != 0.25:
        pass
    assert [job["state"] for job in jobs.jobs()] == ["waiting", "reading"]
    assert jobs.cancel(second) and jobs.cancel(first)
    jobs.idle()
    assert [job["state"] for job in jobs.jobs()] == ["cancelled", "cancelled"]
    assert jobs.cancel(first) and len(jobs.jobs()) == 1 and not jobs.cancel(first)


def test_no_more_than_so_many_wait(tmp_path: Path) -> None:
    command = script(tmp_path, "import time\ntime.sleep(60)\n")
    jobs = Jobs(tmp_path / "state", "x.db", lambda name: [*command, name])
    given(jobs, b"x")
    while jobs.jobs()[0]["state"] != "reading":
        pass
    for _ in range(WAITING):
        given(jobs, b"x")
    assert jobs.full
    with pytest.raises(Full):
        given(jobs, b"x")
    jobs.close()
    assert not jobs.folder.exists()


def test_the_list_is_bounded(quick: Jobs) -> None:
    for _ in range(LISTED + 5):
        given(quick, b"x")
        quick.idle()
    assert len(quick.jobs()) <= LISTED + 1


def test_a_reader_that_breaks_off_is_a_failure(tmp_path: Path) -> None:
    command = script(tmp_path, 'import os\nprint(\'{"run": "r1"}\', flush=True)\nos.abort()\n')
    jobs = Jobs(tmp_path / "state", "x.db", lambda name: [*command, name])
    given(jobs, b"x")
    jobs.idle()
    assert jobs.jobs()[0]["state"] == "failed" and "bug" in jobs.jobs()[0]["message"] and jobs.names() == {}


def test_a_reader_that_cannot_be_started(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "state", "x.db", lambda name: [str(tmp_path / "nothing")])
    given(jobs, b"x")
    jobs.idle()
    assert jobs.jobs()[0]["state"] == "failed"


def test_files_of_a_process_that_is_no_more_are_swept_and_those_of_others_are_not(tmp_path: Path) -> None:
    living = Jobs(tmp_path / "state", "x.db")
    dead = Jobs(tmp_path / "state", "x.db")
    os.close(dead._folder_lock)
    (dead.folder / "part-1").write_bytes(b"x")
    Jobs(tmp_path / "state", "x.db")
    assert living.folder.exists() and not dead.folder.exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pcap", "a.pcap"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fake path\\b.pcapng", "b.pcapng"),
        ("\u202egnp.exe\x00\n", "gnp.exe"),
        ("x" * 200, "x" * 79 + "…"),
        ("/", "capture"),
        ("", "capture"),
        ("<img src=x>", "<img src=x>"),
    ],
)
def test_names_are_for_showing(name: str, expected: str) -> None:
    assert shown(name) == expected
