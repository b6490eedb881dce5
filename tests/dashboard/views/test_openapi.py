"""The description of the API: every route, every parameter, the kind of every answer."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dashboard import create_app
from dashboard.auth.access import API
from sensor.schemas import kinds
from sensor.store.location import store_location
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, first_finding, runs, site
from tests.store.several import ATTIC, HALL, run_of, several

OWN = {"device": CAMERA, "fail_on": "violated"}
"""Values of parameters for which "1" is none."""

RUNS = ("run", "before", "after")
"""Parameters that name a run."""


def alternatives(schema: dict[str, Any], description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas that a schema stands for."""
    if "$ref" in schema:
        yield from alternatives(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], description)
    for one in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from alternatives(one, description)
    yield schema


def undescribed(value: Any, schemas: list[dict[str, Any]], description: dict[str, Any], where: str) -> Iterator[str]:
    """Fields of an answer that no schema names, but in objects whose keys are data."""
    every = [each for one in schemas for each in alternatives(one, description)]
    if isinstance(value, list):
        for one in value:
            yield from undescribed(one, [each["items"] for each in every if "items" in each], description, where)
    elif isinstance(value, dict):
        named: dict[str, list[dict[str, Any]]] = {}
        for each in every:
            for name, schema in each.get("properties", {}).items():
                named.setdefault(name, []).append(schema)
        rest = [each["additionalProperties"] for each in every if each.get("additionalProperties")]
        for name, each_value in value.items():
            if name in named or rest:
                yield from undescribed(each_value, named.get(name, rest), description, f"{where}.{name}")
            elif named:
                yield f"{where}.{name}"


def test_a_field_that_no_schema_names_is_found() -> None:
    schema = {"properties": {"a": {"properties": {"b": {}}}, "free": {"type": "object"}}}
    value = {"a": {"b": 1, "c": 1}, "free": {"x": 1}, "d": 1}
    assert list(undescribed(value, [schema], {}, "")) == [".a.c", ".d"]


def test_no_answer_is_an_object_of_anything(tmp_path: Path) -> None:
    description = site(tmp_path).log_in().get(f"{API}/openapi.json").json
    for path, methods in description["paths"].items():
        for operation in methods.values():
            for answer in operation["responses"].values():
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                every = list(alternatives(schema, description)) if schema else []
                assert schema is None or any("properties" in one for one in every), path


@pytest.mark.parametrize("where", ["several", "empty"])
def test_stores_of_several_sensors_and_of_none_answer_as_described(tmp_path: Path, where: str) -> None:
    path = tmp_path / "hub.db"
    if where == "several":
        several(path, silent=4000)
    else:
        Writer(store_location(str(path))).close()
    client = create_app(str(path)).test_client()
    description = client.get(f"{API}/openapi.json").json
    assert description is not None
    calls = [
        "/",
        "/?site=Home",
        "/findings",
        "/findings?alike=together",
        "/sensors",
        "/runs",
        "/search?q=camera",
        "/compare",
    ]
    if where == "several":
        calls += [f"/runs/{run_of(HALL)}/devices/{CAMERA}", f"/runs/{run_of(ATTIC)}/report.json"]
    for call in calls:
        answer = client.get(API + call)
        template = re.sub(r"/runs/[^/]+", "/runs/{run}", call.partition("?")[0])
        template = re.sub(r"/devices/[^/]+", "/devices/{device}", template)
        described = description["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**described, "components": description["components"]}).validate(answer.json)
        assert list(undescribed(answer.json, [described], description, call)) == []


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
                assert list(undescribed(answer.json, [described], description, path)) == []


def test_records_are_described_by_their_schemas(tmp_path: Path) -> None:
    description = site(tmp_path).log_in().get(f"{API}/openapi.json").json
    schemas = description["components"]["schemas"]
    assert set(kinds()) <= set(schemas) and "$defs" not in json.dumps(description)
    assert schemas["Findings"]["properties"]["findings"]["items"] == {"$ref": "#/components/schemas/ListedFinding"}
    assert schemas["ListedFinding"]["allOf"][0] == {"$ref": "#/components/schemas/finding"}
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
