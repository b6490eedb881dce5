"""Refusals in bodies of HTTP responses, whatever the status: SOAP faults, HNAP and JSON results."""

from __future__ import annotations

from functools import lru_cache

from sensor.lazy_pattern import expression
from sensor.parsing.formats import json, xml

SIZE_LIMIT = 64 * 1024
"""Bytes of a response that are looked at: a refusal is a few hundred long."""

_FAULT_SAYS = expression(
    r"(?i)(?:^|:)(?:Sender)?NotAuthorized$|FailedAuthentication|Unauthori[sz]ed|not authori[sz]ed|authentication fail"
    r"|InvalidSecurityToken|(?:^|:)InvalidSecurity$|wrong password|invalid (?:user|password|credential)"
)
"""ONVIF Core §5.11.2 (``ter:NotAuthorized``), WS-Security 1.1 §12, and the words of faults."""

_RESULT = expression(
    rb"(?i)<(?:[\w-]{1,40}:)?\w{0,60}Result>\s{0,8}"
    rb"(failed|failure|error\w{0,20}|unauthori[sz]ed|denied|invalid\w{0,20}|false)\s{0,8}</"
)
"""HNAP 1.0: each answer ends in ``<ActionResult>``, OK or a word that is none."""

_NESTED_CODES = frozenset({"err_code", "error_code", "errcode", "rspcode"})
"""Codes that stand beside the result of one command, deeper in the answer (TP-Link, Tapo, Reolink)."""

_KEYS = frozenset(
    {"token", "access_token", "accesstoken", "clientkey", "apikey", "api_key", "session", "sessionid", "session_id",
     "sid", "stok", "auth", "authkey", "auth_token"}
)  # fmt: skip
"""Names under which an answer hands out what later requests prove themselves with."""

_DEPTH = 4
_NODES = 256

_FLAGS = ("success", "result", "ok", "loggedin", "logged_in", "authenticated", "isLogin")
_CODES = ("code", "errcode", "error_code", "errorCode", "errno", "err", "ret", "retcode", "rc", "result", "error")
_FAILED = expression(r"(?i)(?:err(?:or)?|fail(?:ed|ure)?|denied|unauthori[sz]ed|forbidden|invalid)")
_DONE = expression(r"(?i)(?:ok|succe\w{1,5}|done)")
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
    document = _document(data)
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


def refusal(data: bytes) -> str | None:
    """What in a response's body says that the request was not done, whatever its status; None where nothing does."""
    found = _RESULT.search(data, 0, SIZE_LIMIT)
    if found is not None:
        return f"result {found[1].decode('ascii', 'replace')}"
    if (words := json_refusal(data)) is not None:
        return words
    document = _document(data)
    if isinstance(document, list) and document and all(isinstance(e, dict) and _is_error(e) for e in document):
        # Hue: an entry for each part of the request, an error with its type and description.
        return '"error"'
    for name, value in _members(data):
        # Most values are neither, so they are looked at before their names.
        if value is False:
            if name.lower() == "success":
                return f'"{name}": false'
        elif type(value) is int and value != 0 and name.lower() in _NESTED_CODES:
            return f'"{name}": {value}'
    return None


def hands_out_key(data: bytes) -> bool:
    """Whether a JSON answer hands out a key for later requests: it was a login or a pairing, and no use."""
    for name, value in _members(data):
        if isinstance(value, str):
            if len(value) >= 8 and name.lower() in _KEYS:
                return True
        elif name == "success" and isinstance(value, dict) and isinstance(value.get("username"), str):
            return True  # Hue: the name that it made is the key
    return False


def _is_error(entry: dict[str, object]) -> bool:
    error = entry.get("error")
    return isinstance(error, dict | str) and bool(error)


def _document(data: bytes) -> object:
    if data[:64].lstrip()[:1] not in (b"{", b"["):
        return None
    return json.document(data[:SIZE_LIMIT])


@lru_cache(2)
def _members(data: bytes) -> list[tuple[str, object]]:
    """Names and values of a JSON document, outermost first, to `_DEPTH` and at most `_NODES`. Nobody may change it."""
    found: list[tuple[str, object]] = []
    level = [_document(data)]
    for _ in range(_DEPTH):
        inner: list[object] = []
        for node in level[:_NODES]:
            if isinstance(node, dict):
                found += list(node.items())[:_NODES]
                inner += node.values()
            elif isinstance(node, list):
                inner += node[:_NODES]
        level = [node for node in inner[:_NODES] if isinstance(node, dict | list)]
    return found


def is_challenge(data: bytes) -> bool:
    """Whether a JSON result hands out what the next step of a login is computed with (Dahua's realm and random)."""
    given = _object(data)
    if given is None:
        return False
    nested = [value for value in given.values() if isinstance(value, dict)]
    return any(_CHALLENGE & {str(name).lower() for name in one} for one in (given, *nested))
