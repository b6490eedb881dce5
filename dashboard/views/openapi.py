"""The OpenAPI 3.1 description of `/api/v1`, made of the routes themselves."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify

from dashboard.auth.access import API
from dashboard.data.answers import DESCRIPTION
from dashboard.data.schema_parts import COMPONENTS as ANSWERS
from dashboard.data.schema_parts import PLACE as COMPONENTS
from dashboard.routes import PARAMETERS, Described
from sensor import __version__
from sensor.schemas import kinds, schema

blueprint = Blueprint("openapi", __name__)

EVERYWHERE = (401, 404, 429, 503)
"""Statuses of refusals that every call has: no token or a wrong one, nothing there, too many, no store."""

WHERE = {
    "job": "The id of a capture that was sent in.",
    "run": "The run's id.",
    "device": "The device's id: MAC or address.",
    "finding": "The finding's id.",
    "number": "The number of a correction.",
}


@blueprint.get(f"{API}/openapi.json")
def description() -> Response:
    """This description."""
    return jsonify(describe())


description.described = Described("This description.", (), "application/json", answer=DESCRIPTION)  # type: ignore[attr-defined]


def describe() -> dict[str, Any]:
    """OpenAPI 3.1 of every route under `/api/v1`."""
    paths: dict[str, Any] = {}
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if not rule.rule.startswith(f"{API}/"):
            continue
        route: Described = vars(current_app.view_functions[rule.endpoint])["described"]
        path = re.sub(r"<(?:[a-z]+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(API)
        method = "post" if "POST" in (rule.methods or ()) else "get"
        paths.setdefault(path, {})[method] = _operation(rule.endpoint, route, sorted(rule.arguments))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LANwitness",
            "version": __version__,
            "description": "What the dashboard's pages show, as JSON and CSV; captures to be read, and corrections. "
            "Records and their fields: docs/output.md and docs/schemas.md; tokens: docs/api.md.",
        },
        "servers": [{"url": API}],
        "paths": paths,
        "components": {
            "schemas": record_schemas(),
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "lanwitness",
                    "description": "The session of the log-in; __Host-lanwitness under TLS.",
                },
                "token": {"type": "http", "scheme": "bearer", "description": "A token of the page of users."},
            },
            "responses": {
                "Error": {
                    "description": "What went wrong, in a sentence.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"error": {"type": "string"}},
                                "required": ["error"],
                            }
                        }
                    },
                }
            },
        },
        "security": [{"session": []}, {"token": []}],
    }


def _operation(endpoint: str, route: Described, where: list[str]) -> dict[str, Any]:
    schema = route.answer if route.kind == "application/json" else {"type": "string"}
    errors = sorted({*EVERYWHERE, *route.errors})
    content = {kind: {"schema": each} for kind, each in route.body.items()}
    return {
        "operationId": endpoint.replace(".", "_"),
        "summary": route.summary,
        "parameters": [
            *(
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "description": WHERE[name],
                    "schema": _place(endpoint, name),
                }
                for name in where
            ),
            *(
                {"name": name, "in": "query", "description": PARAMETERS[name], "schema": _schema(name)}
                for name in route.parameters
            ),
        ],
        "responses": {
            str(route.code): {"description": route.summary, "content": {route.kind: {"schema": schema}}},
            **{str(code): {"$ref": "#/components/responses/Error"} for code in errors},
        },
        **({"requestBody": {"required": True, "content": content}} if content else {}),
    }


def record_schemas() -> dict[str, Any]:
    """The schemas of the records, of answers and of their parts, by name."""
    found: dict[str, Any] = dict(ANSWERS)
    for kind in kinds():
        whole = {name: value for name, value in schema(kind).items() if name not in ("$schema", "$id")}
        found |= {**whole.pop("$defs"), kind: whole}
    return cast("dict[str, Any]", _moved(found))


def _moved(value: Any) -> Any:
    """References to parts of a schema's file, as references to the description's components."""
    if isinstance(value, dict):
        return {
            name: each.replace("#/$defs/", COMPONENTS) if name == "$ref" else _moved(each)
            for name, each in value.items()
        }
    return [_moved(each) for each in value] if isinstance(value, list) else value


def _place(endpoint: str, name: str) -> dict[str, Any]:
    """The schema of a part of a path."""
    return {"type": "integer", "minimum": 1} if endpoint.startswith("corrections.undo") else {"type": "string"}


def _schema(name: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1} if name == "page" else {"type": "string", "maxLength": 100}
