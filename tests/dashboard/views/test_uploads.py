"""Uploads: limits before anything is read, names that are never paths, hostile names as text."""

import http.client
import io
import json
import random
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dashboard.server import DashboardServer
from dashboard.views import uploads
from sensor.cli.serve import listening
from sensor.store.location import store_location
from sensor.store.writer import Writer
from tests.dashboard.site import Site, form_of, program, runs, site
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


def over_http(port: int, cookie: str, form: str, parts: Iterable[bytes], size: int) -> tuple[int, Any]:
    """Send a file as a browser does: a multipart form in pieces over a socket."""
    head = (
        b'--lw0123456789\r\nContent-Disposition: form-data; name="capture"; filename="a.pcap"\r\n'
        b"Content-Type: application/vnd.tcpdump.pcap\r\n\r\n"
    )
    foot = b"\r\n--lw0123456789--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", f"/runs/upload?form={form}")
    for name, value in (
        ("Content-Type", "multipart/form-data; boundary=lw0123456789"),
        ("Content-Length", str(len(head) + size + len(foot))),
        ("Cookie", cookie),
        ("Accept", "application/json"),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    for part in (head, *parts, foot):
        connection.send(part)
    answer = connection.getresponse()
    try:
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@contextmanager
def running(one: Site) -> Iterator[int]:
    """The site behind the real web server, on a port of its own."""
    (sock,) = listening(free_port(), ("127.0.0.1",))
    server = DashboardServer(one.app, [sock], None, one.access.upload + uploads.AROUND)
    server.start()
    try:
        yield sock.getsockname()[1]
    finally:
        server.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def session(one: Site) -> tuple[str, str]:
    """The Cookie field of a logged-in browser and its form token."""
    client = one.log_in()
    cookie = client.get_cookie(one.access.cookie)
    assert cookie is not None
    return f"{cookie.key}={cookie.value}", form_of(client, "/people")


def test_a_home_goes_through_the_running_server_to_a_store_of_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's `serve --store home.db`: the process that reads an upload has another working directory."""
    monkeypatch.chdir(tmp_path)
    Writer(store_location("new.db")).close()  # no run of it is there yet
    one = site(tmp_path, store_path="new.db", upload=200_000_000)
    data = capture("home").read_bytes()
    assert len(data) > 100_000
    with running(one) as port:
        status, answer = over_http(port, *session(one), (data,), len(data))
        assert status == 200, answer
        one.app.extensions["jobs"].idle()
    (job,) = one.app.extensions["jobs"].jobs()
    assert job["state"] == "done", job
    assert one.log_in("bea").get(f"/runs/{job['run']}").status_code == 200


def test_random_megabytes_arrive_whole_and_are_no_capture(tmp_path: Path) -> None:
    """64 MB: a form's parser that counts a piece of the file as a field refuses some of them."""
    one = site(tmp_path, upload=200_000_000)
    block = random.Random(7).randbytes(1_000_000)
    with running(one) as port:
        cookie, form = session(one)
        status, answer = over_http(port, cookie, form, (block for _ in range(64)), 64 * len(block))
        assert status == 200, answer
        one.app.extensions["jobs"].idle()
    (job,) = one.app.extensions["jobs"].jobs()
    assert (job["state"], job["size"]) == ("failed", 64_000_000) and job["message"].startswith("Not a capture")


@pytest.mark.parametrize("raw", [True, False])
def test_a_program_sends_a_capture_and_sees_its_job(one: Site, raw: bool) -> None:
    client, headers, data = one.app.test_client(), program(one, name="ci"), PCAP.read_bytes()
    name = "../<b>night.pcap"
    if raw:
        where = {"query_string": {"name": name}, "content_type": "application/octet-stream"}
        answer = client.post("/api/v1/uploads", data=data, headers=headers, **where)  # type: ignore[arg-type]
    else:
        answer = client.post("/api/v1/uploads", data={"capture": (io.BytesIO(data), name)}, headers=headers)
    assert answer.status_code == 202 and answer.json["size"] == len(data), answer.text  # type: ignore[index]
    assert answer.json["name"] == "<b>night.pcap" and answer.json["by"] == "token ci"  # type: ignore[index]
    one.app.extensions["jobs"].idle()
    job = client.get(answer.headers["Location"], headers=headers).json
    assert job["state"] == "done" and client.get(f"/api/v1/runs/{job['run']}", headers=headers).status_code == 200
    assert client.get("/api/v1/uploads", headers=headers).json["uploads"] == [job]  # type: ignore[index]
    assert client.post(f"/api/v1/uploads/{job['id']}/cancel", headers=headers).json == {"job": job["id"]}
    assert client.get(f"/api/v1/uploads/{job['id']}", headers=headers).status_code == 404 and not left(one)


def test_limits_of_a_programs_upload(one: Site) -> None:
    client, headers = one.app.test_client(), program(one)
    for data, status in ((b"", 400), (bytes(300_000), 413)):
        length = {"CONTENT_LENGTH": str(len(data))}  # of the client's own making there is none for nothing
        answer = client.post("/api/v1/uploads", data=data, headers=headers, environ_overrides=length)
        assert answer.status_code == status and set(answer.json or {}) == {"error"} and not left(one)
    answer = client.post("/api/v1/uploads", headers={**headers, "Transfer-Encoding": "chunked"})
    assert answer.status_code == 411


def test_a_programs_upload_that_is_not_allowed_is_not_read(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one.app.extensions["jobs"], "file", lambda: pytest.fail("it was read"))
    wrong = {"Authorization": "Bearer wrong"}
    for headers, status in ((program(one, "viewer"), 403), (wrong, 401), ({}, 401)):
        assert one.app.test_client().post("/api/v1/uploads", data=b"x", headers=headers).status_code == status
    assert one.log_in().post("/api/v1/uploads", data=b"x").status_code == 403
