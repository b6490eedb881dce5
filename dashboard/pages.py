"""A function that gives a page's content into two routes: the HTML page, and the same as JSON under `/api/v1`."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for

from dashboard.queries import Content, Queries

API = "/api/v1"

ASKED = 100
"""Characters of a query parameter that are looked at: the longest value that means something is an IPv6 address."""

Maker = Callable[..., Content]


def queries() -> Queries:
    """The open store of this application."""
    return cast(Queries, current_app.extensions["queries"])


def asked(name: str) -> str | None:
    """A query parameter, None where it is absent or empty."""
    return request.args.get(name, "")[:ASKED] or None


def page(blueprint: Blueprint, rule: str, template: str) -> Callable[[Maker], Maker]:
    """Register ``maker`` at ``rule`` as HTML by ``template`` (which gets its content as ``c``), and at ``/api/v1`` + ``rule`` as JSON."""

    def register(maker: Maker) -> Maker:
        name = f"{maker.__name__}_{rule.count('/')}"

        def html(**where: str) -> str:
            json = url_for(f"{blueprint.name}.{name}_json", **where, **_parameters())  # type: ignore[arg-type]
            return render_template(template, c=maker(**where), json_url=json, here=blueprint.name)

        def as_json(**where: str) -> Response:
            return jsonify(maker(**where))

        blueprint.add_url_rule(rule, name, html)
        blueprint.add_url_rule(API + rule, f"{name}_json", as_json)
        return maker

    return register


def _parameters() -> dict[str, str]:
    return {
        name: value for name in ("run", "severity", "capability", "device", "rule", "page") if (value := asked(name))
    }
