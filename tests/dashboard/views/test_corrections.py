"""Corrections through the pages: shown with their author, undone, logged; runs deleted."""

import re
from pathlib import Path

import pytest

from sensor.store.location import store_location
from sensor.store.types import Change, Sensor
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, Site, first_finding, form_of, program, runs, send, site
from tests.dashboard.views.test_home import words
from tests.store.keeping import TOOL

DVR = "90:02:a9:5f:33:e1"


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_a_device_is_called_otherwise_and_again_as_before(one: Site) -> None:
    client = one.log_in()
    page = f"/runs/{runs(client)['home']}/devices/{CAMERA}"
    assert send(client, f"{page}/name", page=page, name="Garden <b>camera</b>").headers["Location"] == page
    text = client.get(page).text
    for part in ("Garden &lt;b&gt;camera", "was named by <bdi>anna</bdi>", "before: <bdi>IPC-Garden"):
        assert part in text, part
    undo = re.search(r'action="(/corrections/\d+/undo\?[^"]+)"', text)
    assert undo
    assert send(client, undo[1].replace("&amp;", "&"), page=page).headers["Location"] == page
    assert "was named by" not in client.get(page).text
    assert {"device.rename", "correction.undo"} <= {line["action"] for line in one.access.audit.last()}


def test_a_device_gets_another_kind(one: Site) -> None:
    client = one.log_in()
    page = f"/runs/{runs(client)['home']}/devices/{CAMERA}"
    send(client, f"{page}/category", page=page, category="doorbell")
    assert client.get(f"/api/v1{page}").json["device"]["category"]["value"] == "doorbell"  # type: ignore[index]
    send(client, f"{page}/category", page=page, category="")
    assert client.get(f"/api/v1{page}").json["device"]["category"]["value"] == "camera"  # type: ignore[index]
    refused = send(client, f"{page}/category", page=page, category="<script>")
    assert refused.status_code == 400 and "There is no such kind of device." in refused.text


def test_two_devices_are_put_together_and_taken_apart(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    page = f"/runs/{run}/devices/{DVR}"
    assert send(client, f"{page}/merge", page=page, into=CAMERA).headers["Location"] == f"/runs/{run}/devices/{CAMERA}"
    assert client.get("/api/v1/").json["judged"] == 10  # type: ignore[index]
    merged = f"/runs/{run}/devices/{CAMERA}"
    assert "It is made of several records" in client.get(merged).text
    send(client, f"{merged}/apart", page=merged, other=DVR)
    assert client.get("/api/v1/").json["judged"] == 11  # type: ignore[index]


def test_a_finding_is_accepted_with_a_note(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    first = first_finding(client, run)["id"]
    page = f"/runs/{run}/findings/{first}"
    send(client, f"{page}/accept", page=page, why="wrong", note="it is a test device")
    text = words(client.get(page).text)
    assert "Accepted by anna" in text and "Wrong: it is a test device" in text
    assert [each["id"] for each in client.get(f"/api/v1/runs/{run}/findings?state=accepted").json["findings"]] == [
        first
    ]  # type: ignore[index]


def test_findings_are_muted_for_a_time(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    before = client.get(f"/api/v1/runs/{run}/findings?rule=credential.default").json  # type: ignore[index]
    first = before["findings"][0]
    page = f"/runs/{run}/findings/{first['id']}"
    send(client, f"{page}/mute", page=page, what="finding", until="week", note="")
    assert "Muted by anna" in words(client.get(page).text)
    muted = client.get(f"/api/v1/runs/{run}/findings?state=muted").json["findings"]  # type: ignore[index]
    assert {(each["rule"], each["device"]) for each in muted} == {("credential.default", first["device"])}
    send(client, f"{page}/mute", page=page, what="device", until="ever", note="old")
    device = words(client.get(f"/runs/{run}/devices/{first['device']}").text)
    assert "All findings of this device are muted by anna" in device
    for wrong in ({"what": "finding", "until": "x"}, {"what": "x", "until": "week"}):
        assert send(client, f"{page}/mute", page=page, **wrong).status_code == 400


def test_a_run_is_deleted(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["http_basic"]
    assert send(client, f"/runs/{run}/delete", page="/people").status_code == 303
    assert run not in runs(client).values() and client.get(f"/runs/{run}").status_code == 404
    assert send(client, f"/runs/{run}/delete", page="/people").status_code == 404
    assert one.access.audit.last(1)[0]["action"] == "run.delete"


def test_a_run_that_goes_on_is_not_deleted(one: Site, tmp_path: Path) -> None:
    import time

    client = one.log_in()
    now = time.time_ns() // 1000
    with Writer(store_location(str(tmp_path / "home.db"))) as writer:
        writer.change(Change("rlive", TOOL, now, sensor=Sensor(now, "ok", "", "eth0", 1, 1, 0, now)))
    answer = send(client, "/runs/rlive/delete", page="/people")
    assert answer.status_code == 409 and "Stop it first" in answer.text


def test_what_is_not_there_is_refused(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    assert send(client, f"/runs/{run}/devices/none/name", page="/people", name="x").status_code == 400
    assert send(client, f"/runs/{run}/findings/none/accept", page="/people").status_code == 400
    assert (
        send(client, f"/runs/{run}/findings/none/mute", page="/people", until="week", what="finding").status_code == 404
    )
    assert send(client, "/corrections/999/undo", page="/people").status_code == 400


def test_a_program_corrects_and_takes_it_back(one: Site) -> None:
    run = runs(one.log_in())["home"]
    client, headers = one.app.test_client(), program(one, name="ci")
    device = f"/api/v1/runs/{run}/devices/{CAMERA}"
    answer = client.post(f"{device}/name", json={"name": "Garden"}, headers=headers)
    assert answer.status_code == 201 and set(answer.json or {}) == {"corrections"}
    named = client.get(device, headers=headers).json["device"]  # type: ignore[index]
    assert named["name"] == "Garden" and "token ci" in str(named)
    number = answer.json["corrections"][0]  # type: ignore[index]
    undo = f"/api/v1/corrections/{number}/undo"
    assert client.post(undo, headers=headers).json == {"corrections": [number]}
    assert client.get(device, headers=headers).json["device"]["name"] != "Garden"  # type: ignore[index]
    assert client.post(undo, headers=headers).status_code == 400
    assert client.post(f"/api/v1/corrections/{2**70}/undo", headers=headers).status_code == 404
    log = next(line for line in one.access.audit.last() if line["action"] == "device.rename")
    assert log["user"] is None and log["token"] == "ci"


def test_a_program_accepts_and_mutes(one: Site) -> None:
    run = runs(one.log_in())["home"]
    client, headers = one.app.test_client(), program(one)
    found = f"/api/v1/runs/{run}/findings"
    first = client.get(found, headers=headers).json["findings"][0]["id"]  # type: ignore[index]
    answer = client.post(f"{found}/{first}/accept", json={"why": "wrong", "which": "alike"}, headers=headers)
    accepted = client.get(f"{found}?state=accepted", headers=headers).json  # type: ignore[index]
    assert answer.status_code == 201 and len(answer.json["corrections"]) == accepted["total"] > 0  # type: ignore[index]
    other = client.get(f"{found}?state=open", headers=headers).json["findings"][0]["id"]  # type: ignore[index]
    answer = client.post(f"{found}/{other}/mute", json={"what": "device", "until": "week"}, headers=headers)
    assert answer.status_code == 201
    assert client.get(f"{found}?state=muted", headers=headers).json["total"] > 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("devices/{camera}/name", {}, 400),
        ("devices/{camera}/name", {"name": ""}, 400),
        ("devices/{camera}/name", {"name": 1}, 400),
        ("devices/{camera}/name", {"name": None}, 400),
        ("devices/{camera}/name", {"name": "x" * 3000}, 400),
        ("devices/{camera}/name", {"name": "x", "more": "y"}, 400),
        ("devices/{camera}/name", [], 400),
        ("devices/{camera}/category", {"category": "spaceship"}, 400),
        ("devices/{camera}/merge", {"into": "nobody"}, 400),
        ("devices/{camera}/yours", {"yours": "perhaps"}, 400),
        ("devices/nobody/name", {"name": "x"}, 404),
        ("findings/nothing/accept", {}, 404),
        ("findings/nothing/mute", {"what": "device", "until": "week"}, 404),
    ],
)
def test_what_a_program_cannot_say(one: Site, path: str, body: object, status: int) -> None:
    run = runs(one.log_in())["home"]
    before = one.access.audit.last()
    path = f"/api/v1/runs/{run}/{path.format(camera=CAMERA)}"
    answer = one.app.test_client().post(path, json=body, headers=program(one))
    assert answer.status_code == status and set(answer.json or {}) == {"error"}, answer.text
    assert one.access.audit.last() == before


def test_what_is_no_json_is_refused(one: Site) -> None:
    run = runs(one.log_in())["home"]
    path, headers = f"/api/v1/runs/{run}/devices/{CAMERA}/name", program(one)
    client = one.app.test_client()
    assert client.post(path, data={"name": "x"}, headers=headers).status_code == 415
    assert client.post(path, data=b"{", content_type="application/json", headers=headers).status_code == 400
    large = b'{"name": "' + b"x" * 100_000 + b'"}'
    assert client.post(path, data=large, content_type="application/json", headers=headers).status_code == 413


def test_a_session_needs_the_token_of_a_form_at_the_api_too(one: Site) -> None:
    browser = one.log_in()
    path = f"/api/v1/runs/{runs(browser)['home']}/devices/{CAMERA}/name"
    assert browser.post(path, json={"name": "x"}).status_code == 403
    form = form_of(browser, "/people")
    assert browser.post(path, json={"name": "x"}, query_string={"form": form}).status_code == 201
