"""Uploads: limits before anything is read, names that are never paths, hostile names as text."""

import io
from pathlib import Path
from typing import Any

import pytest

from dashboard.views import uploads
from tests.dashboard.site import Site, form_of, runs, site
from tests.store.keeping import capture

PCAP = capture("ftp_login")


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path, upload=200_000)


def sent(one: Site, client: Any, data: bytes, name: str = "a.pcap", *, json: bool = True, **more: Any) -> Any:
    body = {"capture": (io.BytesIO(data), name), **more}
    accept = {"Accept": "application/json"} if json else {}
    return client.post("/runs/upload", data=body, query_string={"form": form_of(client, "/people")}, headers=accept)


def left(one: Site) -> list[Path]:
    return [path for path in one.app.extensions["jobs"].folder.iterdir() if path.name != ".held"]


def test_a_capture_goes_into_the_store(one: Site) -> None:
    client = one.log_in()
    answer = sent(one, client, PCAP.read_bytes(), "../../<b>my home</b>.pcap", json=False)
    assert answer.status_code == 303 and answer.headers["Location"] == "/runs#uploads"
    one.app.extensions["jobs"].idle()
    page = client.get("/runs").text
    assert "my home" not in page or "&lt;" in page
    assert "b&gt;.pcap" in page and "<b>my" not in page
    found = client.get("/api/v1/runs").json
    assert found["uploads"][0]["state"] == "done" and found["uploads"][0]["run"] in {run["id"] for run in found["runs"]}
    assert [run["sent_as"] for run in found["runs"] if run["sent_as"]] == ["b>.pcap"]
    assert not left(one)
    assert "capture.uploaded" in {line["action"] for line in one.access.audit.last()}


def test_too_much_is_refused_before_it_is_read(one: Site) -> None:
    client = one.log_in()
    answer = sent(one, client, b"\xd4\xc3\xb2\xa1" + bytes(300_000))
    assert answer.status_code == 413 and "200 kB" in answer.json["error"] and not left(one)


def test_an_upload_without_a_length_is_refused(one: Site) -> None:
    client = one.log_in()
    answer = client.post(
        "/runs/upload", query_string={"form": form_of(client, "/people")}, headers={"Transfer-Encoding": "chunked"}
    )
    assert answer.status_code == 411


def test_a_disk_without_room(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one.app.extensions["jobs"], "room", lambda: uploads.SPARE + 10)
    answer = sent(one, one.log_in(), PCAP.read_bytes())
    assert answer.status_code == 507


def test_it_is_written_to_the_disk_while_it_comes(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, made = one.app.extensions["jobs"], []
    real = jobs.file

    def watched() -> Any:
        made.append(real())
        return made[-1]

    monkeypatch.setattr(jobs, "file", watched)
    sent(one, one.log_in(), PCAP.read_bytes())
    assert [Path(file.name).parent for file in made] == [jobs.folder]
    jobs.idle()


@pytest.mark.parametrize(
    "body", [b"", b"not a form", b'--x\r\nContent-Disposition: form-data; name="capture"; filename="a"\r\n\r\nabc']
)
def test_what_is_no_form_leaves_nothing_behind(one: Site, body: bytes) -> None:
    client = one.log_in()
    answer = client.post(
        "/runs/upload",
        data=body,
        content_type="multipart/form-data; boundary=x",
        query_string={"form": form_of(client, "/people")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 400 and not left(one)


def test_two_files_or_an_empty_one_are_refused(one: Site) -> None:
    client = one.log_in()
    body = {"capture": [(io.BytesIO(b"x"), "a"), (io.BytesIO(b"y"), "b")]}
    answer = client.post(
        "/runs/upload",
        data=body,
        query_string={"form": form_of(client, "/people")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 400 and not left(one)
    assert sent(one, client, b"").status_code == 400 and not left(one)


def test_an_upload_without_its_token_is_not_read(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one.app.extensions["jobs"], "file", lambda: pytest.fail("it was read"))
    client = one.log_in()
    form = form_of(client, "/people")
    answer = client.post("/runs/upload", data={"capture": (io.BytesIO(b"x" * 1000), "a"), "form": form})
    assert answer.status_code == 403


def test_a_job_can_be_taken_off_the_list(one: Site) -> None:
    client = one.log_in()
    job = sent(one, client, b"no capture").json["job"]
    one.app.extensions["jobs"].idle()
    form = form_of(client, "/people")
    assert client.post(f"/runs/uploads/{job}/cancel", data={"form": form}).status_code == 303
    assert client.get("/api/v1/runs").json["uploads"] == []  # type: ignore[index]
    assert client.post("/runs/uploads/nothing/cancel", data={"form": form}).status_code == 404


def test_where_nothing_can_be_sent_in_nothing_is_shown_of_it(tmp_path: Path) -> None:
    from dashboard.app import create_app
    from tests.dashboard.site import store

    client = create_app(str(store(tmp_path))).test_client()
    assert "upload" not in client.get("/runs").text and len(runs(client)) == 2
