"""The language of a request: the page's own choice, else the setting, else what the browser asks for."""

from __future__ import annotations

from flask import current_app, g, request

from sensor.catalogue import LANGUAGES

COOKIE = "lanwitness-language"


def language() -> str:
    """One of `LANGUAGES`. JSON and CSV are English but where ``language`` says otherwise."""
    found: str = g.get("language") or _wanted()
    return found


def of_records(wanted: str | None) -> None:
    """Let this request speak the language of records, or the one that its query names."""
    g.language = wanted if wanted in LANGUAGES else LANGUAGES[0]


def _wanted() -> str:
    for one in (request.cookies.get(COOKIE), current_app.config["LANGUAGE"]):
        if one in LANGUAGES:
            return str(one)
    # Not `best_match`: it takes German for a browser that asks for British English first.
    wanted = (one.partition("-")[0].lower() for one in request.accept_languages.values())
    return next((one for one in wanted if one in LANGUAGES), LANGUAGES[0])
