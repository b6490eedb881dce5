"""Uploads of captures: streamed to the disk, then read by a process of their own."""

from __future__ import annotations

import shutil
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

from flask import (
    Blueprint,
    Request,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException

from dashboard.auth.access import API, UPLOADS, access, note, to_api, user
from dashboard.formatting import catalogue
from dashboard.jobs.jobs import STATES, Full, Jobs
from dashboard.language import language, of_records
from dashboard.routes import described, param
from sensor.text import size

blueprint = Blueprint("uploads", __name__)

AROUND = 64 * 1024
"""Bytes of a form around the file that it sends in."""

FIELDS = 1024 * 1024
"""Bytes of a form's parser: werkzeug's holds what is left of one piece and the next one, 64 KiB each."""

SPARE = 256 * 1024 * 1024
"""Bytes of the disk that an upload must leave: the store needs room to grow, too."""


CHUNK = 64 * 1024
"""Bytes of a capture that are in memory at a time."""

FORMS = "multipart/form-data"

JOB = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "sent": {"type": "string", "format": "date-time"},
        "by": {"type": "string"},
        "state": {"enum": list(STATES)},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "message": {"type": "string"},
        "run": {"type": ["string", "null"]},
    },
    "required": ["id", "name", "size", "sent", "by", "state", "share", "message", "run"],
    "additionalProperties": False,
}
"""The schema of a `UploadJob`."""

AT_ONCE = threading.BoundedSemaphore(2)
"""Uploads under way: each holds a thread of the server."""


class Streaming(Request):
    """A request whose file is written to the jobs' folder as it arrives: never whole in memory, never by its own
    name."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.endpoint not in UPLOADS:
            return super()._get_file_stream(total_content_length, content_type, filename, content_length)
        return _part()


def _part() -> IO[bytes]:
    """A new file of this request; it is removed with it unless it was taken."""
    part = jobs().file()
    g.setdefault("parts", []).append(part)
    return part


def jobs() -> Jobs:
    """Those of this application."""
    found = current_app.extensions["jobs"]
    if found is None:
        abort(404)
    return cast(Jobs, found)


def sent_in() -> list[dict[str, Any]]:
    """What was sent in, the newest first; nothing where nothing can be."""
    return jobs().jobs() if current_app.extensions["jobs"] is not None else []


@blueprint.post("/runs/upload")
def upload() -> Response:
    """Take a capture; it is read in the background."""
    control = access()
    assert control is not None
    if jobs().full:
        return _answer(429, "Too many captures wait to be read. Try again when one of them is done.")
    if request.content_length is None:
        return _answer(411, "The browser did not say how large the file is.")
    if request.content_length > control.upload + AROUND:
        return _answer(413, catalogue(language())["upload"]["too_large"].format(size=size(control.upload)))
    if request.content_length + SPARE > jobs().room():
        return _answer(507, "The disk has no room for it.")
    if not AT_ONCE.acquire(blocking=False):
        return _answer(429, "Other captures are being sent in just now. Try again in a moment.")
    try:
        return _take(control.upload + AROUND)
    finally:
        AT_ONCE.release()
        for part in g.get("parts", ()):
            part.close()
            Path(part.name).unlink(missing_ok=True)  # what was taken has another name by now


def _take(largest: int) -> Response:
    request.max_content_length = largest
    request.max_form_memory_size = FIELDS
    request.max_form_parts = 4
    try:
        names = _whole() if to_api() and request.mimetype != FORMS else _of_form()
    except HTTPException as error:
        return _answer(error.code or 400, "What was sent is not a form with a file.")
    except OSError:
        return _answer(507, "The disk has no room for it, or the connection broke.")
    parts = [Path(part.name) for part in g.get("parts", ())]
    if len(names) != 1 or len(parts) != 1 or parts[0].stat().st_size == 0:
        return _answer(400, "Choose one file that is not empty.")
    who = user()
    try:
        job = jobs().add(parts[0], names[0], who.name if who else "")
    except Full as error:
        return _answer(429, str(error))
    note("capture.uploaded", job=job.id, bytes=job.size)
    if to_api():
        response = make_response(jsonify(asdict(job)), 202)
        response.headers["Location"] = url_for("uploads.one_job", job=job.id)
        return response
    if _wants_json():
        return jsonify({"job": job.id})
    return make_response(redirect(url_for("runs.runs") + "#uploads", 303))


def _of_form() -> list[str]:
    """The names of the files of a form, which are written by now."""
    sent = request.files.getlist("capture")
    for one in sent:
        one.close()
    return [one.filename or "" for one in sent]


def _whole() -> list[str]:
    """The body is the capture; its name is in the address."""
    with _part() as part:
        shutil.copyfileobj(request.stream, part, CHUNK)
    return [param("name") or ""]


def _upload_by_program() -> Response:
    """Send in a capture, as a form's file `capture` or as the body; it is read in the background."""
    of_records(None)
    return upload()


def _jobs() -> Response:
    """Captures that were sent in, the newest first, with how far they are."""
    return jsonify({"uploads": sent_in()})


def _job(job: str) -> Response:
    """How far a capture is that was sent in, and the run that it became."""
    found = next((one for one in sent_in() if one["id"] == job), None)
    if found is None:
        abort(404)
    return jsonify(found)


blueprint.add_url_rule(
    f"{API}/uploads",
    "upload_by_program",
    described(
        _upload_by_program,
        params=("name",),
        answer=JOB,
        body={
            FORMS: {
                "type": "object",
                "properties": {"capture": {"type": "string", "format": "binary"}},
                "required": ["capture"],
            },
            "application/octet-stream": {"type": "string", "format": "binary"},
        },
        code=202,
        errors=(400, 403, 411, 413, 429, 507),
    ),
    methods=["POST"],
)
blueprint.add_url_rule(
    f"{API}/uploads",
    "all_jobs",
    described(
        _jobs,
        answer={
            "type": "object",
            "properties": {"uploads": {"type": "array", "items": JOB}},
            "required": ["uploads"],
        },
    ),
)
blueprint.add_url_rule(f"{API}/uploads/<job>", "one_job", described(_job, answer=JOB))


@blueprint.post("/runs/uploads/<job>/cancel")
def cancel(job: str) -> Response:
    """Stop what is being read, or take what has ended off the list."""
    if not jobs().cancel(job):
        abort(404)
    note("capture.cancelled", job=job[:40])
    if to_api():
        return jsonify({"job": job})
    return make_response(redirect(url_for("runs.runs") + "#uploads", 303))


blueprint.add_url_rule(
    f"{API}/uploads/<job>/cancel",
    "cancel_by_program",
    described(
        cancel,
        answer={"type": "object", "properties": {"job": {"type": "string"}}, "required": ["job"]},
        errors=(403,),
    ),
    methods=["POST"],
)


def _wants_json() -> bool:
    return to_api() or request.accept_mimetypes.best == "application/json"


def _answer(code: int, message: str) -> Response:
    message = catalogue(language())["error"].get(message, message)
    # What is left of the body is not read: the connection ends with the answer.
    if _wants_json():
        response = make_response(jsonify({"error": message}), code)
    else:
        response = make_response(
            render_template(
                "error.html",
                c={"run": None},
                here="runs",
                json_url=None,
                csv_url=None,
                title=catalogue(language())["upload"]["refused"],
                message=message,
            ),
            code,
        )
    response.headers["Connection"] = "close"
    return response
