"""Refusals in bodies of HTTP responses: SOAP faults, and JSON results that say no under any status."""

from __future__ import annotations

import json
import re

from sensor.parsing.formats import xml

SIZE_LIMIT = 64 * 1024
"""Bytes of a response that are looked at: a refusal is a few hundred long."""

_FAULT_SAYS = re.compile(
    r"(?i)(?:^|:)(?:Sender)?NotAuthorized$|FailedAuthentication|Unauthori[sz]ed|not authori[sz]ed|authentication fail"
    r"|InvalidSecurityToken|(?:^|:)InvalidSecurity$|wrong password|invalid (?:user|password|credential)"
)
"""ONVIF Core §5.11.2 (``ter:NotAuthorized``), WS-Security 1.1 §12, and the words of faults."""

_FLAGS = ("success", "result", "ok", "loggedin", "logged_in", "authenticated", "isLogin")
_CODES = ("code", "errcode", "error_code", "errorCode", "errno", "err", "ret", "retcode", "rc", "result", "error")
_FAILED = re.compile(r"(?i)(?:err(?:or)?|fail(?:ed|ure)?|denied|unauthori[sz]ed|forbidden|invalid)")
_DONE = re.compile(r"(?i)(?:ok|succe\w{1,5}|done)")
_CHALLENGE = frozenset({"realm", "nonce", "random", "challenge", "salt"})


def fault(data: bytes) -> tuple[bool, str | None]:
    """(whether a SOAP message is a fault, what it says about a login that it refuses)."""
    elements, _ = xml.read(data[:SIZE_LIMIT])
    inside = [e for e in elements if e.path[1:3] == ("Body", "Fault")]
    # UPnP Device Architecture 2.0 §3.2.2: 606 Action not authorized.
    unauthorised = any(e.path[-1] == "errorCode" and e.text == "606" for e in inside)
    words = next((e.text for e in inside if _FAULT_SAYS.search(e.text)), "606" if unauthorised else None)
    return bool(inside), words and words.rpartition(":")[2][:100]


def _object(data: bytes) -> dict[str, object] | None:
    if data[:64].lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        document = json.loads(data[:SIZE_LIMIT])
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list) and len(document) == 1:
        # Reolink: one result for each command.
        document = document[0]
    return document if isinstance(document, dict) else None


def json_refusal(data: bytes) -> str | None:
    """What in a JSON result says no to the login that it answers; None where nothing does, or something says yes."""
    given = _object(data)
    if given is None:
        return None
    if any(given.get(name) is True for name in _FLAGS):
        return None
    if any(isinstance(given.get(name), str) and _DONE.match(str(given[name])) for name in ("msg", "message", "result")):
        return None
    for name in _FLAGS:
        if given.get(name) is False:
            return f'"{name}": false'
    error = given.get("error")
    if error is True or (isinstance(error, dict | str) and error and not _DONE.fullmatch(str(error))):
        return '"error"'
    for name in _CODES:
        code = given.get(name)
        if isinstance(code, int) and not isinstance(code, bool) and code != 0 and not 200 <= code < 300:
            return f'"{name}": {code}'
    for name in ("status", "result"):
        value = given.get(name)
        if isinstance(value, str) and _FAILED.fullmatch(value[:40]):
            return f'"{name}": "{value}"'
    return None


def is_challenge(data: bytes) -> bool:
    """Whether a JSON result hands out what the next step of a login is computed with (Dahua's realm and random)."""
    given = _object(data)
    if given is None:
        return False
    nested = [value for value in given.values() if isinstance(value, dict)]
    return any(_CHALLENGE & {str(name).lower() for name in one} for one in (given, *nested))
