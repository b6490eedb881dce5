"""Routes of a page: HTML, the same as JSON under `/api/v1`, and tables as CSV."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for

from dashboard.auth.access import API
from dashboard.data.sensors import NARROW
from dashboard.fleet import Fleet
from dashboard.language import of_records
from dashboard.queries import Content, Queries
from sensor.text import no_formula, printable

LONGEST_PARAM = 100
"""Characters of a query parameter that are used: the longest useful value is an IPv6 address or a part of a name."""

Maker = Callable[..., Content]
Table = tuple[Sequence[str], Iterable[Sequence[Any]]]

PARAMETERS = {
    "before": "The earlier side: a run, a sensor, site:NAME, each with @TIME; by default the last run but one, with "
    "several sensors what they knew a day ago.",
    "after": "The side that is compared with it; by default the last run, with several sensors what they know.",
    "run": "The run (its id); the one put in last where it is left out.",
    "name": "What the capture is called on the pages.",
    "fail_on": "Which status of a verdict fails its test case (docs/output.md).",
    "page": "Which page of the list, from 1.",
    "sort": "What the list is sorted by: severity, newest, oldest, device or rule.",
    "severity": "Only findings of this severity.",
    "capability": "Only findings of this capability.",
    "device": "Only findings of this device (its id).",
    "rule": "Only findings of this rule.",
    "kind": "Only devices of this kind (a category of docs/output.md).",
    "q": "Words to search for; all of them must be there.",
    "site": "Only what sensors of this site see.",
    "bench": "Only what sensors of this bench see.",
    "sensor": "Only what this sensor (its id) sees.",
    "language": "Language of sentences, en or de; English where it is left out.",
    "state": "Only findings in this state: open, accepted or muted.",
    "alike": "together: findings of one device, rule and other end are one row; each: they are not.",
    "since": "Only findings last seen at this time or later (RFC 3339, or a date).",
    "until": "Only findings first seen before this time (RFC 3339, or a date).",
}
"""Query parameters of pages, for the OpenAPI description."""


@dataclass(frozen=True, slots=True)
class Described:
    """What the OpenAPI description says of a route."""

    summary: str
    parameters: tuple[str, ...]
    kind: str
    answer: Mapping[str, Any] | None = None
    """The JSON Schema of the answer, where it is JSON."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schemas of what is sent in, by media type; none for a call that only reads."""
    code: int = 200
    errors: tuple[int, ...] = ()
    """Statuses of refusals beside those that every call has."""


def described(
    view: Callable[..., Response], kind: str = "application/json", params: Sequence[str] = (), **more: Any
) -> Callable[..., Response]:
    """A view as a call of the API; its description's summary is the first sentence of its docstring."""
    call = functools.wraps(view)(lambda **where: view(**where))
    call.described = _described(view, params, kind, **more)  # type: ignore[attr-defined]
    return call


def queries() -> Queries:
    """The open store of this application."""
    return cast(Queries, current_app.extensions["queries"])


def fleet() -> Fleet:
    """The sensors of the open store together."""
    return cast(Fleet, current_app.extensions["fleet"])


def narrowing() -> dict[str, str]:
    """What the request narrows a page over all sensors by."""
    return {name: value for name in NARROW if (value := param(name))}


def param(name: str) -> str | None:
    """A query parameter, None where it is absent or empty."""
    return request.args.get(name, "")[:LONGEST_PARAM] or None


def number(name: str) -> int:
    """A query parameter that counts from 1; 1 for what is no such number."""
    text = param(name) or ""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def page(
    blueprint: Blueprint,
    rule: str,
    template: str,
    *,
    name: str | None = None,
    params: Sequence[str] = (),
    sheet: str | None = None,
    answer: Mapping[str, Any],
    of_all: str | None = None,
) -> Callable[[Maker], Maker]:
    """Register ``maker`` at ``rule`` as HTML and at ``/api/v1`` + ``rule`` as JSON.

    ``template`` gets the content as ``c``; ``of_all``: the template of a content over all sensors. ``params``: query
    parameters that ``maker`` uses. ``sheet``: the endpoint of the same as CSV. ``answer``: as in `Described`.
    """

    def register(maker: Maker) -> Maker:
        own = name or maker.__name__

        def html(**where: str) -> str:
            more = {each: value for each in params if (value := param(each))}
            json_url = url_for(f"{blueprint.name}.{own}_json", **where, **more)  # type: ignore[arg-type]
            csv_url = url_for(sheet, **where, **more) if sheet else None  # type: ignore[arg-type]
            with queries().cache.one_state():
                content = maker(**where)
                chosen = of_all if of_all and content.get("fleet") else template
                return render_template(chosen, c=content, json_url=json_url, csv_url=csv_url, here=blueprint.name)

        def as_json(**where: str) -> Response:
            of_records(param("language"))
            with queries().cache.one_state():
                return jsonify(maker(**where))

        as_json.described = _described(maker, params, "application/json", answer=answer)  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, own, html)
        blueprint.add_url_rule(API + rule, f"{own}_json", as_json)
        return maker

    return register


def table(
    blueprint: Blueprint, rule: str, *, name: str | None = None, params: Sequence[str] = ()
) -> Callable[[Callable[..., Table]], Callable[..., Table]]:
    """Register ``maker``, which gives titles and rows, at ``/api/v1`` + ``rule`` (which ends in .csv)."""

    def register(maker: Callable[..., Table]) -> Callable[..., Table]:
        def sheet(**where: str) -> Response:
            titles, rows = maker(**where)
            file = rule.rpartition("/")[2]
            return Response(
                written(titles, rows),
                content_type="text/csv; charset=utf-8; header=present",
                headers={"Content-Disposition": f'attachment; filename="lanwitness-{file}"'},
            )

        sheet.described = _described(maker, params, "text/csv")  # type: ignore[attr-defined]
        blueprint.add_url_rule(API + rule, name or maker.__name__, sheet)
        return maker

    return register


def written(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterable[str]:
    """A table as CSV (RFC 4180), some rows at a time. Text that a spreadsheet would calculate gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if buffer.tell() > 32 * 1024:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = " ".join(str(each) for each in value)
    if isinstance(value, str):
        # Controls, direction overrides and line separators would show another table than there is; halves of surrogate
        # pairs cannot be in a text file.
        value = printable(value, max(1, len(value)))
        return no_formula(value)
    return value


def _described(maker: Callable[..., Any], params: Sequence[str], kind: str, **more: Any) -> Described:
    summary = " ".join((maker.__doc__ or "").strip().partition("\n\n")[0].split())
    return Described(summary, tuple(params), kind, **more)
