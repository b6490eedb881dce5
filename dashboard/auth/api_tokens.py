"""Tokens of programs for `/api/v1` and `/metrics`: named, expiring, revocable; stored as hashes.

A token is 256 random bits: nobody can guess it or find it from its SHA-256 hash, so that a slow hash as for passwords
would cost each request time and protect nothing more.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.auth.accounts import NAME, ROLES, TOKEN_BYTES, TOUCHED, AccountRefused, digest
from dashboard.auth.json_file import JsonFile

PREFIX = "lanwitness_"
"""How a token begins, so that scanners of source code for secrets recognise one."""

DAYS, LONGEST_DAYS = 90, 366
"""Days for which a token is good: by default, and at most."""

TOKENS = 50
"""Tokens at most; each request with one is compared with all."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as the page lists it, without itself. Times are seconds since 1970. ``by``: the admin who made it."""

    name: str
    role: str
    by: str
    made: float
    until: float
    used: float | None
    expired: bool


class ApiTokens:
    """The tokens of a dashboard. Raises OSError where the state folder cannot be used."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._file = JsonFile(folder / "tokens.json")
        self._clock = clock

    def tokens(self) -> list[ApiToken]:
        """All tokens, by name; expired ones stay until they are revoked, so that the page says why a program fails."""
        found = self._file.read().get("tokens", {})
        return sorted(map(self._listed, found.values()), key=lambda one: one.name.casefold())

    def make(self, name: str, role: str, days: int, *, by: str) -> str:
        """A new token; it is returned here and never again. Raises AccountRefused."""
        name = name.strip()
        if not 1 <= len(name) <= NAME or not name.isprintable():
            raise AccountRefused(f"A name has 1 to {NAME} characters.")
        if role not in ROLES:
            raise AccountRefused("A token is for a viewer or for an admin.")
        if not 1 <= days <= LONGEST_DAYS:
            raise AccountRefused(f"A token is good for 1 to {LONGEST_DAYS} days.")
        token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock()
        with self._file.change() as content:
            tokens = content.setdefault("tokens", {})
            if any(one["name"].casefold() == name.casefold() for one in tokens.values()):
                raise AccountRefused("There is a token of that name already.")
            if len(tokens) >= TOKENS:
                raise AccountRefused(f"There are {TOKENS} tokens already. Revoke one that is not needed.")
            tokens[digest(token)] = {
                "name": name, "role": role, "by": by, "made": now, "until": now + days * 86400, "used": None
            }  # fmt: skip
        return token

    def find(self, token: str) -> ApiToken | None:
        """The token that was sent, also an expired one; None where there is none. Its use is written down, at most
        once an hour."""
        key = digest(token)
        # All are compared, each in constant time: how much of a hash is right must not be measurable.
        same = [one for own, one in self._file.read().get("tokens", {}).items() if hmac.compare_digest(own, key)]
        if not same:
            return None
        found = self._listed(same[0])
        now = self._clock()
        if not found.expired and (found.used is None or now > found.used + TOUCHED):
            with self._file.change() as content:
                if key in content.get("tokens", {}):
                    content["tokens"][key]["used"] = now
        return found

    def revoke(self, name: str) -> None:
        """Delete a token. Raises AccountRefused."""
        if not self._delete(lambda one: one["name"] == name):
            raise AccountRefused("There is no such token.")

    def revoke_of(self, by: str) -> list[str]:
        """Delete all tokens that a user made: who loses access loses it here, too. Returns their names."""
        return self._delete(lambda one: one["by"] == by)

    def _delete(self, which: Callable[[dict[str, Any]], bool]) -> list[str]:
        with self._file.change() as content:
            tokens = content.get("tokens", {})
            gone = [key for key, one in tokens.items() if which(one)]
            return sorted(tokens.pop(key)["name"] for key in gone)

    def _listed(self, one: dict[str, Any]) -> ApiToken:
        return ApiToken(**one, expired=self._clock() > one["until"])
