"""The search page: devices, destinations and findings, escaped, in JSON and CSV as well."""

import csv
import io
from pathlib import Path

from tests.dashboard.site import CAMERA, runs, site
from tests.dashboard.views.test_home import words


def test_what_is_searched_is_found(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    found = client.get("/api/v1/search?q=garden").json
    assert found and [one["id"] for one in found["devices"]] == [CAMERA]
    text = words(client.get("/search?q=mqtt.sensors.example").text)
    assert "Destinations" in text and "Sensor sensor-8842" in text.replace("sensor sensor", "Sensor sensor")
    rows = list(csv.reader(io.StringIO(client.get("/api/v1/search.csv?q=telnet").text)))
    assert rows[0] == ["what", "device", "text", "id"] and {row[0] for row in rows[1:]} >= {"finding"}
    assert "Nothing matches" in words(client.get("/search?q=zzzz").text)
    other = runs(client)["http_basic"]
    assert client.get(f"/api/v1/search?run={other}&q=garden").json["devices"] == []  # type: ignore[index]


def test_what_is_searched_is_text_and_nothing_else(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    page = client.get("/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert client.get("/search?q=" + "x" * 100_000).status_code == 200
    assert client.get("/search").status_code == 200
