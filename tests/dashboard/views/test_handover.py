"""Reports and evidence for programs: of a run or of one device, as the commands write them."""

import hashlib
import io
import xml.etree.ElementTree as Xml
import zipfile
from pathlib import Path

import pytest

from dashboard.auth.accounts import VIEWER
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.store.location import store_location
from tests.dashboard.site import CAMERA, Site, first_finding, program, runs, site


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_reports_of_a_run_and_of_a_device(one: Site) -> None:
    run = runs(one.log_in())["home"]
    client, headers = one.app.test_client(), program(one, VIEWER)
    for query, devices in (({}, 11), ({"device": CAMERA}, 1)):
        answer = client.get(f"/api/v1/runs/{run}/report.json", query_string=query, headers=headers)
        assert len(answer.json["devices"]) == devices and answer.json["run"] == run  # type: ignore[index]
        suites = Xml.fromstring(client.get(f"/api/v1/runs/{run}/report.xml", query_string=query, headers=headers).data)
        assert len(suites.findall("testsuite")) == devices
        page = client.get(f"/api/v1/runs/{run}/report.html", query_string=query, headers=headers)
        assert page.mimetype == "text/html" and page.headers["Content-Disposition"].startswith("attachment")
        assert (CAMERA in page.text) and ("DVR" in page.text or query)
    for name in ("report.json", "report.xml", "report.html", "evidence.zip"):
        for path, query in ((f"/api/v1/runs/nothing/{name}", {}), (f"/api/v1/runs/{run}/{name}", {"device": "x"})):
            answer = client.get(path, query_string=query, headers=headers)
            assert answer.status_code == 404 and set(answer.json or {}) == {"error"}, path


def test_test_cases_fail_as_the_program_wants(one: Site) -> None:
    run = runs(one.log_in())["home"]
    client, headers = one.app.test_client(), program(one, VIEWER)

    def failures(**query: str) -> int:
        answer = client.get(f"/api/v1/runs/{run}/report.xml", query_string=query, headers=headers)
        return int(Xml.fromstring(answer.data).get("failures", 0))

    assert failures(fail_on="no_violation_seen") > failures(fail_on="violated") > 0
    answer = client.get(f"/api/v1/runs/{run}/report.xml?fail_on=rain", headers=headers)
    assert answer.status_code == 400 and "violated" in answer.json["error"]  # type: ignore[index]


def test_evidence_has_packets_and_right_sums(one: Site, tmp_path: Path) -> None:
    browser = one.log_in()
    run = runs(browser)["home"]
    finding = first_finding(browser, run, device=CAMERA)["id"]
    folder = EvidenceFolder(evidence_path(store_location(str(tmp_path / "home.db")), tmp_path))
    data = bytes.fromhex("000c29000001000c290000020800") + bytes(40)
    folder.put(run, [EvidencePacket("a.pcap", 7, 1_600_000_000_000_000_000, 1, data, 54, (), ((finding, "x"),))])
    answer = one.app.test_client().get(
        f"/api/v1/runs/{run}/evidence.zip", query_string={"device": CAMERA}, headers=program(one, VIEWER)
    )
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert [name for name in archive.namelist() if finding in name]
    sums = archive.read("SHA256SUMS").decode().splitlines()
    assert len(sums) == len(archive.namelist()) - 1
    for line in sums:
        digest, name = line.split(maxsplit=1)
        assert hashlib.sha256(archive.read(name.lstrip("*"))).hexdigest() == digest
