"""The user's word into the store: names, kinds, devices that are one, findings to be quiet about; undone again; runs deleted. Admins only, each in the log."""

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
"""How long to be quiet, in days."""

LONGEST = 2000
"""Characters of a field that are looked at; the store has limits of its own."""


@blueprint.post(f"{DEVICE}/name")
def rename(run: str, device: str) -> Response:
    """Call a device by another name."""
    return _say(
        "device.rename", device, lambda said, by: said.name(device, _field("name"), by=by), _device(run, device)
    )


@blueprint.post(f"{DEVICE}/category")
def categorise(run: str, device: str) -> Response:
    """Say what kind of device it is; nothing chosen: as inferred again."""
    kind = _field("category") or None
    return _say("device.categorise", device, lambda said, by: said.category(device, kind, by=by), _device(run, device))


@blueprint.post(f"{DEVICE}/merge")
def merge(run: str, device: str) -> Response:
    """Say that it is the same as another one."""
    into = _field("into")
    return _say("device.merge", device, lambda said, by: said.merge(device, into, by=by), _device(run, into))


@blueprint.post(f"{DEVICE}/apart")
def apart(run: str, device: str) -> Response:
    """Say that a record is not this device."""
    other = _field("other")
    return _say("device.apart", device, lambda said, by: said.apart(other, device, by=by), _device(run, device))


@blueprint.post(f"{FINDING}/accept")
def accept(run: str, finding: str) -> Response:
    """Say of a finding that it is known, or wrong; the note says why."""
    told = _field("note")
    if _field("why") == "wrong":
        told = f"Wrong: {told}" if told else "Wrong."
    return _say(
        "finding.accept", finding, lambda said, by: said.accept(run, finding, by=by, note=told), _finding(run, finding)
    )


@blueprint.post(f"{FINDING}/mute")
def mute(run: str, finding: str) -> Response:
    """Be quiet about findings like this one."""
    one = queries().finding(run, finding)["finding"]
    chosen = MUTES.get(_field("until"), 0)
    if chosen == 0:
        abort(400)
    until = None if chosen is None else int((time.time() + chosen * 86400) * 1_000_000)
    what = _field("what")
    if what not in ("finding", "device"):
        abort(400)
    rule = one["rule"] if what == "finding" else None
    return _say(
        "finding.mute", finding, lambda said, by: said.mute(by=by, rule=rule, device=one["device"], until=until, note=_field("note")), _finding(run, finding)
    )  # fmt: skip


@blueprint.post("/corrections/<int:number>/undo")
def undo(number: int) -> Response:
    """Take back what was said."""

    def take_back(said: Corrections, by: str) -> int:
        said.undo(number, by=by)
        return number

    return _say("correction.undo", str(number), take_back, local(request.args.get("next")))


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


def _say(action: str, of: str, what: Callable[[Corrections, str], int], onward: str) -> Response:
    who = user()
    if who is None:
        abort(401)
    try:
        with Corrections(queries().where) as said:
            number = what(said, who.name)
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
