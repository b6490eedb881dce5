"""The choice of a language: a cookie of this browser, which opens nothing."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request

from dashboard.auth.access import access, local
from dashboard.language import COOKIE
from sensor.catalogue import LANGUAGES

blueprint = Blueprint("languages", __name__)

LASTS = 365 * 86400
"""Seconds for which a browser keeps the choice."""


@blueprint.get("/language")
def choose() -> Response:
    """Speak this language from now on, and go back to the page."""
    response = make_response(redirect(local(request.args.get("next")), 303))
    wanted = request.args.get("to")
    if wanted in LANGUAGES:
        control = access()
        secure = control is not None and control.tls
        response.set_cookie(COOKIE, str(wanted), max_age=LASTS, secure=secure, httponly=True, samesite="Strict")
    return response
