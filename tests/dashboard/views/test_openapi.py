"""The description of the API: every route, every parameter, the kind of every answer."""

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator

from dashboard.auth.access import API
from sensor.schemas import kinds
from tests.dashboard.site import CAMERA, first_finding, runs, site

OWN = {"device": CAMERA, "fail_on": "violated"}
"""Values of parameters for which "1" is none."""

RUNS = ("run", "before", "after")
"""Parameters that name a run."""


def test_each_route_is_described_and_answers_as_described(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    description = client.get(f"{API}/openapi.json").json
    assert description["openapi"].startswith("3.1") and description["servers"] == [{"url": API}]
    run = runs(client)["home"]
    job = one.app.extensions["jobs"].file()
    job.write(b"no capture")
    job.close()
    sent = one.app.extensions["jobs"].add(Path(job.name), "x", "anna").id
    values = {"run": run, "device": CAMERA, "finding": first_finding(client, run)["id"], "job": sent}
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in one.app.url_map.iter_rules()
        if rule.rule.startswith(f"{API}/")
    }
    assert paths == {API + path for path in description["paths"]} and len(paths) > 12
    for path, methods in description["paths"].items():
        for operation in methods.values():
            assert operation["summary"].endswith(".") and {"401", "404"} < set(operation["responses"])
        if "get" not in methods:
            continue
        operation = methods["get"]
        assert operation["summary"].endswith(".") and operation["operationId"]
        needed = {name["name"] for name in operation["parameters"] if name["in"] == "path"}
        assert needed == set(re.findall(r"{(\w+)}", path))
        kind = next(iter(operation["responses"]["200"]["content"]))
        query_params = {
            name["name"]: OWN.get(name["name"], "1")
            for name in operation["parameters"]
            if name["in"] == "query" and name["name"] not in RUNS
        }
        if path.endswith("/dissected"):
            assert set(client.get(API + path.format(**values)).json or {}) == {
                "error"
            }  # no packets are kept here: test_packets
            continue
        for query in ({}, query_params):
            answer = client.get(API + path.format(**values), query_string=query)
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind), path
            if kind == "application/json":
                described = operation["responses"]["200"]["content"][kind]["schema"]
                Draft202012Validator({**described, "components": description["components"]}).validate(answer.json)


def test_records_are_described_by_their_schemas(tmp_path: Path) -> None:
    description = site(tmp_path).log_in().get(f"{API}/openapi.json").json
    schemas = description["components"]["schemas"]
    assert set(kinds()) <= set(schemas) and "$defs" not in json.dumps(description)
    listed = description["paths"]["/findings"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert listed["properties"]["findings"]["items"] == {"$ref": "#/components/schemas/finding"}
    finding = Draft202012Validator({**schemas["finding"], "components": description["components"]})
    assert not finding.is_valid({"record": "finding"})


def test_pages_and_their_json_are_the_same_routes(tmp_path: Path) -> None:
    """No page of the home is without its JSON."""
    one = site(tmp_path)
    rules = {rule.rule for rule in one.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    own = {
        "/style.css",
        "/dashboard.js",
        "/icon.svg",
        "/icons.svg",
        "/favicon.ico",
        "/metrics",
        "/healthz",
        "/.well-known/security.txt",
        "/events",
        "/stamp",
        "/language",
    }
    doors = {"/log-in", "/set-up/<token>", "/people"}
    for rule in rules - own - doors:
        if not rule.startswith(API) and not rule.endswith((".html", ".csv", ".pcapng")):
            assert API + rule in rules, rule
