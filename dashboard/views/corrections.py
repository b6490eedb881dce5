"""Corrections by users and programs: names, kinds, merges, mutes, undo; deletion of runs. Admins only."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, make_response, redirect, request, url_for

from dashboard.auth.access import API, local, note, to_api, user
from dashboard.language import of_records
from dashboard.routes import described, queries
from sensor import config, removal
from sensor.devices.device import CATEGORIES
from sensor.store.corrections import CorrectionRefused, Corrections

blueprint = Blueprint("corrections", __name__)

DEVICE = "/runs/<run>/devices/<device>"
FINDING = "/runs/<run>/findings/<finding>"

MUTES = {"day": 1, "week": 7, "month": 30, "year": 365, "ever": None}
"""Days of a mute by its name in the form; None for good."""

LAST = 2**31 - 1
"""The largest number that a correction can have in every database."""

LONGEST = 2000
"""Characters of a field that are looked at; the store has limits of its own."""

MADE = {
    "type": "object",
    "properties": {"corrections": {"type": "array", "items": {"type": "integer"}}},
    "required": ["corrections"],
}
"""The answer to a program: the numbers of what was said, with which it can be undone."""

Fields = Mapping[str, Collection[str] | None]
View = Callable[..., Response]


def correction(rule: str, fields: Fields, *, optional: Collection[str] = (), code: int = 201) -> Callable[[View], View]:
    """Register a correction at ``rule`` for the form of a page, and under `/api/v1` for JSON.

    ``fields``: those of the body with the values that each can have, None for any text.
    """
    properties = {
        name: {"type": "string", "maxLength": LONGEST} | ({"enum": sorted(values)} if values else {})
        for name, values in fields.items()
    }
    required = sorted(set(fields) - set(optional))
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def register(view: View) -> View:
        @wraps(view)
        def by_program(**where: Any) -> Response:
            of_records(None)
            if "device" in where:
                queries().device_record(**where)
            elif "finding" in where:
                queries().finding(**where)
            g.fields = _sent(fields, required) if fields else {}
            response = view(**where)
            response.status_code = code
            return response

        call = described(
            by_program,
            answer=MADE,
            body={"application/json": schema} if fields else {},
            code=code,
            errors=(400, 403, 413, 415) if fields else (400, 403),
        )
        blueprint.add_url_rule(rule, view.__name__, view, methods=["POST"])
        blueprint.add_url_rule(API + rule, f"{view.__name__}_json", call, methods=["POST"])
        return view

    return register


def _sent(fields: Fields, required: Collection[str]) -> dict[str, str]:
    """The fields of a JSON body: all that are required, none that is unknown, each with a value that it can have."""
    body = request.get_json()
    if not isinstance(body, dict) or not set(required) <= set(body) <= set(fields):
        abort(400, f"The body is an object with these fields: {', '.join(sorted(fields))}.")
    for name, value in body.items():
        values = fields[name]
        if not isinstance(value, str) or len(value) > LONGEST or (values and value not in values):
            among = f" It is one of: {', '.join(sorted(values))}." if values else ""
            abort(400, f"The field {name} cannot be that.{among}")
    return body


@correction(f"{DEVICE}/name", {"name": None})
def rename(run: str, device: str) -> Response:
    """Call a device by another name."""
    return _correct(
        "device.rename",
        device,
        lambda corrections, by: [corrections.name(device, _field("name"), by=by)],
        _device(run, device),
    )


@correction(f"{DEVICE}/category", {"category": {*CATEGORIES, ""}})
def categorise(run: str, device: str) -> Response:
    """Say what kind of device it is; nothing chosen: as inferred again."""
    kind = _field("category") or None
    return _correct(
        "device.categorise",
        device,
        lambda corrections, by: [corrections.category(device, kind, by=by)],
        _device(run, device),
    )


@correction(f"{DEVICE}/yours", {"yours": ("yes", "no")})
def yours(run: str, device: str) -> Response:
    """Say whether it is the user's own."""
    answer = _field("yours")
    if answer not in ("yes", "no"):
        abort(400)
    return _correct(
        "device.yours",
        device,
        lambda corrections, by: [corrections.yours(device, mine=answer == "yes", by=by)],
        local(request.args.get("next")) if "next" in request.args else _device(run, device),
    )


@correction(f"{DEVICE}/merge", {"into": None})
def merge(run: str, device: str) -> Response:
    """Say that it is the same as another one."""
    into = _field("into")
    return _correct(
        "device.merge", device, lambda corrections, by: [corrections.merge(device, into, by=by)], _device(run, into)
    )


@correction(f"{DEVICE}/apart", {"other": None})
def apart(run: str, device: str) -> Response:
    """Say that a record is not this device."""
    other = _field("other")
    return _correct(
        "device.apart", device, lambda corrections, by: [corrections.apart(other, device, by=by)], _device(run, device)
    )


@correction(
    f"{FINDING}/accept",
    {"why": ("known", "wrong"), "which": ("this", "alike"), "note": None},
    optional=("why", "which", "note"),
)
def accept(run: str, finding: str) -> Response:
    """Say of a finding that it is known, or wrong; the note says why."""
    note_text = _field("note")
    if _field("why") == "wrong":
        note_text = f"Wrong: {note_text}" if note_text else "Wrong."
    which = [finding]
    if _field("which") == "alike":
        which += [one for one in queries().reader.alike(run, finding) if one != finding]

    def accept_all(corrections: Corrections, by: str) -> list[int]:
        return [corrections.accept(run, one, by=by, note=note_text) for one in which]

    return _correct("finding.accept", finding, accept_all, _finding(run, finding))


@correction(f"{FINDING}/mute", {"what": ("finding", "device"), "until": MUTES, "note": None}, optional=("note",))
def mute(run: str, finding: str) -> Response:
    """Mute findings like this one."""
    one = queries().finding(run, finding)["finding"]
    chosen = MUTES.get(_field("until"), 0)
    if chosen == 0:
        abort(400)
    until = None if chosen is None else int((time.time() + chosen * 86400) * 1_000_000)
    what = _field("what")
    if what not in ("finding", "device"):
        abort(400)
    rule = one["rule"] if what == "finding" else None
    return _correct(
        "finding.mute",
        finding,
        lambda corrections, by: [
            corrections.mute(by=by, rule=rule, device=one["device"], until=until, note=_field("note"))
        ],
        _finding(run, finding),
    )


@correction("/corrections/<int:number>/undo", {}, code=200)
def undo(number: int) -> Response:
    """Undo a correction."""

    def take_back(corrections: Corrections, by: str) -> list[int]:
        corrections.undo(number, by=by)
        return [number]

    if number > LAST:
        abort(404)

    return _correct("correction.undo", str(number), take_back, local(request.args.get("next")))


@blueprint.post("/runs/<run>/delete")
def delete_run(run: str) -> Response:
    """Delete a run with everything that was found in it."""
    if queries().goes_on(run):
        abort(409, "The sensor listens into this run just now. Stop it first.")
    removed = removal.remove(queries().where, config.load().state, run)
    if not removed.runs and not removed.left:
        abort(404)
    note("run.delete", run=run)
    if removed.left:
        abort(503, f"The run is deleted, but {removed.left}. Delete it again once that is mended.")
    return make_response(redirect(url_for("runs.runs"), 303))


def _correct(action: str, of: str, what: Callable[[Corrections, str], list[int]], onward: str) -> Response:
    who = user()
    if who is None:
        abort(401)
    try:
        with Corrections(queries().where) as corrections:
            numbers = what(corrections, who.name)
    except CorrectionRefused as error:
        abort(400, str(error))
    note(action, of=of, number=numbers[0])
    return jsonify({"corrections": numbers}) if to_api() else make_response(redirect(onward, 303))


def _field(name: str) -> str:
    sent = g.fields if to_api() else request.form
    return str(sent.get(name, ""))[:LONGEST].strip()


def _device(run: str, device: str) -> str:
    return url_for("device.device", run=run, device=device)


def _finding(run: str, finding: str) -> str:
    return url_for("findings.finding", run=run, finding=finding)
