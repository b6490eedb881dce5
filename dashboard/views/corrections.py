"""Users' corrections: names, kinds, merges, mutes, undo; deletion of runs. Admins only."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for

from dashboard.auth.access import local, note, user
from dashboard.routes import queries
from sensor import config, removal
from sensor.store.corrections import CorrectionRefused, Corrections

blueprint = Blueprint("corrections", __name__)

DEVICE = "/runs/<run>/devices/<device>"
FINDING = "/runs/<run>/findings/<finding>"

MUTES = {"day": 1, "week": 7, "month": 30, "year": 365, "ever": None}
"""Days of a mute by its name in the form; None for good."""

LONGEST = 2000
"""Characters of a field that are looked at; the store has limits of its own."""


@blueprint.post(f"{DEVICE}/name")
def rename(run: str, device: str) -> Response:
    """Call a device by another name."""
    return _correct(
        "device.rename",
        device,
        lambda corrections, by: corrections.name(device, _field("name"), by=by),
        _device(run, device),
    )


@blueprint.post(f"{DEVICE}/category")
def categorise(run: str, device: str) -> Response:
    """Say what kind of device it is; nothing chosen: as inferred again."""
    kind = _field("category") or None
    return _correct(
        "device.categorise",
        device,
        lambda corrections, by: corrections.category(device, kind, by=by),
        _device(run, device),
    )


@blueprint.post(f"{DEVICE}/yours")
def yours(run: str, device: str) -> Response:
    """Say whether it is the user's own."""
    answer = _field("yours")
    if answer not in ("yes", "no"):
        abort(400)
    return _correct(
        "device.yours",
        device,
        lambda corrections, by: corrections.yours(device, mine=answer == "yes", by=by),
        local(request.args.get("next")) if "next" in request.args else _device(run, device),
    )


@blueprint.post(f"{DEVICE}/merge")
def merge(run: str, device: str) -> Response:
    """Say that it is the same as another one."""
    into = _field("into")
    return _correct(
        "device.merge", device, lambda corrections, by: corrections.merge(device, into, by=by), _device(run, into)
    )


@blueprint.post(f"{DEVICE}/apart")
def apart(run: str, device: str) -> Response:
    """Say that a record is not this device."""
    other = _field("other")
    return _correct(
        "device.apart", device, lambda corrections, by: corrections.apart(other, device, by=by), _device(run, device)
    )


@blueprint.post(f"{FINDING}/accept")
def accept(run: str, finding: str) -> Response:
    """Say of a finding that it is known, or wrong; the note says why."""
    note_text = _field("note")
    if _field("why") == "wrong":
        note_text = f"Wrong: {note_text}" if note_text else "Wrong."
    which = [finding]
    if _field("which") == "alike":
        which += [one for one in queries().reader.alike(run, finding) if one != finding]

    def accept_all(corrections: Corrections, by: str) -> int:
        numbers = [corrections.accept(run, one, by=by, note=note_text) for one in which]
        return numbers[0]

    return _correct("finding.accept", finding, accept_all, _finding(run, finding))


@blueprint.post(f"{FINDING}/mute")
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
        lambda corrections, by: corrections.mute(
            by=by, rule=rule, device=one["device"], until=until, note=_field("note")
        ),
        _finding(run, finding),
    )


@blueprint.post("/corrections/<int:number>/undo")
def undo(number: int) -> Response:
    """Undo a correction."""

    def take_back(corrections: Corrections, by: str) -> int:
        corrections.undo(number, by=by)
        return number

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


def _correct(action: str, of: str, what: Callable[[Corrections, str], int], onward: str) -> Response:
    who = user()
    if who is None:
        abort(401)
    try:
        with Corrections(queries().where) as corrections:
            number = what(corrections, who.name)
    except CorrectionRefused as error:
        abort(400, str(error))
    note(action, of=of, number=number)
    return make_response(redirect(onward, 303))


def _field(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].strip()


def _device(run: str, device: str) -> str:
    return url_for("device.device", run=run, device=device)


def _finding(run: str, finding: str) -> str:
    return url_for("findings.finding", run=run, finding=finding)
