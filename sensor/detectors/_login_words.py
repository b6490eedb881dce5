"""Sentences about a login: what crossed, and what to do. They name no user (logs show them)."""

from __future__ import annotations

from typing import NamedTuple

from sensor.detectors._challenges import Strength, strength_of
from sensor.events import Login
from sensor.parsing.registry import facts


class LoginWords(NamedTuple):
    """``what`` crossed; what ``anyone`` on the path can do with it; what to ``do``.

    ``{instead}`` stands for the encrypted form of the service.
    """

    what: str
    anyone: str
    do: str


LOGIN_WORDS = {
    "password": LoginWords(
        "A password",
        "log in with it",
        "Change this password and use {instead}; where the device has no such setting, ask its maker for one.",
    ),
    "token": LoginWords(
        "An access token, which stands for a login,",
        "act in its owner's name with it",
        "Have a new token made where this one was issued, and use it with {instead} only.",
    ),
    "cookie": LoginWords(
        "A session cookie, which stands for a login,",
        "take the session over while it lasts",
        "Log out there, which ends the session, and use {instead} only.",
    ),
    "community": LoginWords(
        "An SNMP community, the word that opens a device's management,",
        "ask the device about itself with it, or change it if the word is the one for writing",
        "Switch SNMP off, or use version 3 with encryption; change this word wherever it is used.",
    ),
    "key": LoginWords("A key", "use it", "Have a new key made, and hand it over with {instead} only."),
    "wifi": LoginWords(
        "The key of a Wi-Fi network",
        "join that network",
        "Change the network's key, and set devices up by a cable, a code or an app that encrypts.",
    ),
    "media": LoginWords(
        "The key of an encrypted call or stream", "listen in on it", "Use signalling that is "
         "encrypted itself ({instead})."
    ),
}  # fmt: skip
"""By mechanism, and for keys by their purpose."""


def kind_of(login: Login) -> str:
    """The key of `LOGIN_WORDS` for a login."""
    if login.mechanism == "key" and login.scheme.endswith("wifi"):
        return "wifi"
    return "media" if login.scheme == "sdes" else login.mechanism


def summary_and_advice(
    login: Login, protocol: str, accepted: bool | None, *, remote: bool, without_secret: bool
) -> tuple[str, str]:
    """(summary, advice). ``without_secret``: the login was anonymous or blank."""
    where = "over the internet" if remote else "across the home network"
    answer = {True: " and was accepted", False: " and was refused", None: ""}[accepted]
    name = facts(protocol).title
    instead = facts(protocol).secure_form or f"the encrypted form of {name} (TLS)"
    if without_secret:
        return (
            f"A login without a real secret (anonymous or blank) was made over {name} {where}.",
            "If this service should not be open to everyone, set a password and use its encrypted form.",
        )
    kind = LOGIN_WORDS.get(kind_of(login), LOGIN_WORDS["key"])
    if login.served and login.clear:
        return (
            f"{kind.what} crossed readable in an answer over {name} {where}: anyone on the way can {kind.anyone}.",
            kind.do.format(instead=instead),
        )
    if login.clear:
        anyone = "read it" if accepted is False else kind.anyone
        return (
            f"{kind.what} crossed readable over {name} {where}{answer}: anyone on the way can {anyone}.",
            kind.do.format(instead=instead),
        )
    crossed = f"{kind.what} crossed disguised ({login.scheme}) over {name} {where}{answer}"
    grade = strength_of(login.scheme)
    if grade is Strength.BROKEN:
        return (
            f"{crossed}, in a way that is broken: whoever recorded it can work it out, however good it is.",
            kind.do.format(instead=instead),
        )
    if grade is Strength.FAST:
        return (
            f"{crossed}: whoever recorded it can try billions of guesses a second until one fits.",
            f"Use 16 random characters or more here, or {instead}.",
        )
    return (
        f"{crossed}: whoever recorded it can find it only if it is short or common.",
        f"A long password holds here; {instead} hides the login altogether.",
    )
