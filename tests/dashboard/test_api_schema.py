"""The API against its own description: requests that schemathesis makes of it, over real ids of a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboard.auth.access import API
from tests.dashboard.site import CAMERA, Site, first_finding, program, runs, site

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

WRITTEN = {"corrections_rename_json", "corrections_yours_json", "corrections_accept_json", "corrections_undo_json"}
"""Calls that change something of which examples are made: the others are tested one by one."""


def requested(one: Site, method: str, examples: int) -> dict[str, set[int]]:
    """Send examples of every call of a method; the statuses of the answers by call."""
    browser = one.log_in()
    headers = program(one)
    run = runs(browser)["home"]
    real = {"run": run, "device": CAMERA, "finding": first_finding(browser, run)["id"]}
    found: dict[str, set[int]] = {}
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", one.app, headers=headers)
    # It would import all modules of the program to find values in their source.
    schema.config.analysis.constants.enabled = False
    for operation in (each.ok() for each in schema.get_all_operations()):
        name = operation.definition.raw["operationId"]
        if operation.method != method or (method == "post" and name not in WRITTEN):
            continue
        _examples(operation, real, headers, examples, found.setdefault(name, set()))
    return found


def _examples(operation: Any, real: dict[str, str], headers: dict[str, str], examples: int, statuses: set[int]) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), ids=st.sampled_from((True, True, True, False)))
    def send(case: Any, ids: bool) -> None:
        if ids:
            case.path_parameters.update({name: each for name, each in real.items() if name in case.path_parameters})
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        statuses.add(response.status_code)

    send()


def test_every_call_that_reads_answers_as_described(tmp_path: Path) -> None:
    found = requested(site(tmp_path), "get", 3)
    assert len(found) > 20 and all(statuses <= {200, 400, 404, 503} for statuses in found.values()), found
    assert sum(200 in statuses for statuses in found.values()) > len(found) * 0.8, found


def test_calls_that_change_something_answer_as_described(tmp_path: Path) -> None:
    found = requested(site(tmp_path), "post", 5)
    assert set(found) == WRITTEN and 201 in found["corrections_yours_json"], found


@pytest.mark.nightly
@pytest.mark.parametrize("method", ["get", "post"])
def test_many_requests(tmp_path: Path, method: str) -> None:
    assert requested(site(tmp_path), method, 60)
