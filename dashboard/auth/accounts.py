"""Users, one-time links and sessions: a file in the state folder with Argon2 and token hashes.

They are in the state folder and not in the store: a store is copied, handed to a laboratory or shared by several
sensors, and no password's hash may go with it.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.auth.json_file import JsonFile

ADMIN, VIEWER = "admin", "viewer"
ROLES = (VIEWER, ADMIN)

SHORTEST, LONGEST = 12, 256
"""Characters of a password: too long to be guessed from its hash, too short for an attack by the cost of hashing.

RFC 9106 sets no such limit.
"""

NAME = 40
"""Characters of a user's name."""

USERS, SESSIONS, LINKS = 50, 400, 20
"""Users, sessions and links at most: a household or a laboratory has fewer; the oldest session makes room."""

LINK_LASTS = 24 * 3600.0
SESSION_LASTS = 30 * 24 * 3600.0
SESSION_IDLE = 7 * 24 * 3600.0
TOUCHED = 3600.0
"""Seconds: how long a link is good; a session at most; without being used; how often its use is written down."""

BROWSERS = 200
BROWSER_LASTS = 365 * 24 * 3600.0
"""Browsers in which users logged in before, at most, and seconds for which one is known."""

TOKEN_BYTES = 32

AT_ONCE = threading.BoundedSemaphore(2)
"""Argon2 takes 64 MiB each time: log-ins wait for one another instead of taking all memory."""


class AccountRefused(Exception):  # noqa: N818 - a sentence for the user
    """A refused change of accounts; the text is a sentence for the user and repeats no password."""


@dataclass(frozen=True, slots=True)
class User:
    """A logged-in user. ``session``: hash of the session's token; ``form``: the token of forms (CSRF).

    ``token``: the name of the API token with which a program speaks; it has no session and no forms.
    """

    name: str
    role: str
    session: str
    form: str
    token: str | None = None

    @property
    def admin(self) -> bool:
        """Whether this user may change anything."""
        return self.role == ADMIN


class Accounts:
    """Users of the dashboard. Raises OSError where the state folder cannot be used."""

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        self._file = JsonFile(folder / "users.json")
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        # Verified where there is no such user, so that a name that exists takes no longer than one that does not.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))

    @property
    def empty(self) -> bool:
        """Whether no user is set up yet."""
        return not self._file.read().get("users")

    def users(self) -> list[tuple[str, str]]:
        """Names and roles, by name."""
        found = self._file.read().get("users", {})
        return sorted((name, one["role"]) for name, one in found.items())

    def link(self, role: str, name: str | None = None) -> str:
        """The token of a new one-time link to set up a user; ``name``: to set a new password of that user."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._file.change() as content:
            now = self._clock()
            links = {key: one for key, one in content.get("links", {}).items() if one["until"] > now}
            if name is None and role == ADMIN and not content.get("users"):
                links = {}  # a first start's link of before is no longer good
            while len(links) >= LINKS:
                del links[min(links, key=lambda key: links[key]["until"])]
            links[digest(token)] = {"role": role, "name": name, "until": now + LINK_LASTS}
            content["links"] = links
        return token

    def invited(self, token: str) -> dict[str, Any] | None:
        """Role and, if it is fixed, name of a link; None where the token is unknown, used or expired."""
        one: dict[str, Any] | None = self._file.read().get("links", {}).get(digest(token))
        return one if one is not None and one["until"] > self._clock() else None

    def accept(self, token: str, name: str, password: str) -> str:
        """Redeem a link: the user is set up, or gets a new password, and is logged in.

        Returns the session's token. Raises AccountRefused.
        """
        invitation = self.invited(token)
        if invitation is None:
            raise AccountRefused("This link is no longer good: it was used, or it is older than a day.")
        name = invitation["name"] or name.strip()
        _check_name(name)
        check_password(password, name)
        hashed = self._hash(password)
        with self._file.change() as content:
            if content.get("links", {}).pop(digest(token), None) is None:
                raise AccountRefused("This link is no longer good: it was used, or it is older than a day.")
            users = content.setdefault("users", {})
            taken = any(other.casefold() == name.casefold() for other in users)
            if taken and invitation["name"] is None:
                raise AccountRefused("There is a user of that name already.")
            if len(users) >= USERS and name not in users:
                raise AccountRefused(f"There are {USERS} users already.")
            role = users[name]["role"] if name in users else invitation["role"]
            users[name] = {"role": role, "password": hashed}
            _end_sessions(content, name)
            return self._open(content, name)

    def log_in(self, name: str, password: str) -> str | None:
        """The token of a new session, None where name or password are wrong."""
        name = name.strip()
        user = self._file.read().get("users", {}).get(name)
        good = self._verify(user["password"] if user is not None else self._nobody, password)
        if user is None or not good:
            return None
        with self._file.change() as content:
            if content.get("users", {}).get(name, {}).get("password") != user["password"]:
                return None
            if self._hasher.check_needs_rehash(user["password"]):
                content["users"][name]["password"] = self._hash(password)
            return self._open(content, name)

    def who(self, token: str) -> User | None:
        """The user of a session's token; None where the session has ended."""
        key = digest(token)
        content = self._file.read()
        one = content.get("sessions", {}).get(key)
        now = self._clock()
        if one is None or now > one["since"] + SESSION_LASTS or now > one["used"] + SESSION_IDLE:
            return None
        user = content.get("users", {}).get(one["name"])
        if user is None:
            return None
        if now > one["used"] + TOUCHED:
            with self._file.change() as changed:
                if key in changed.get("sessions", {}):
                    changed["sessions"][key]["used"] = now
        return User(one["name"], user["role"], key, form_token(token))

    def browser(self, name: str) -> str:
        """The token of a browser in which that user has logged in. It opens nothing: it has limits of its own."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._file.change() as content:
            now = self._clock()
            browsers = {key: one for key, one in content.get("browsers", {}).items() if one["until"] > now}
            while len(browsers) >= BROWSERS:
                del browsers[min(browsers, key=lambda key: browsers[key]["until"])]
            browsers[digest(token)] = {"name": name, "until": now + BROWSER_LASTS}
            content["browsers"] = browsers
        return token

    def known_browser(self, token: str, name: str) -> str | None:
        """The id of a browser in which that user has logged in before; None for any other."""
        key = digest(token)
        one = self._file.read().get("browsers", {}).get(key)
        if one is None or one["until"] <= self._clock() or one["name"].casefold() != name.casefold():
            return None
        return key

    def log_out(self, user: User) -> None:
        """End one session."""
        with self._file.change() as content:
            content.get("sessions", {}).pop(user.session, None)

    def new_password(self, user: User, old: str, new: str) -> str:
        """Another password; all other sessions of the user end. Returns the token of a new one. Raises
        AccountRefused."""
        found = self._file.read().get("users", {}).get(user.name)
        if found is None or not self._verify(found["password"], old):
            raise AccountRefused("The present password is not right.")
        check_password(new, user.name)
        hashed = self._hash(new)
        with self._file.change() as content:
            content["users"][user.name]["password"] = hashed
            _end_sessions(content, user.name)
            return self._open(content, user.name)

    def remove(self, name: str) -> None:
        """A user and all sessions and links of that name. Raises AccountRefused for the last admin."""
        with self._file.change() as content:
            users = content.get("users", {})
            if name not in users:
                raise AccountRefused("There is no such user.")
            if [other for other, one in users.items() if one["role"] == ADMIN] == [name]:
                raise AccountRefused("The last admin cannot be removed.")
            del users[name]
            _end_sessions(content, name)
            content["links"] = {key: one for key, one in content.get("links", {}).items() if one["name"] != name}

    def _open(self, content: dict[str, Any], name: str) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        sessions = content.setdefault("sessions", {})
        now = self._clock()
        for key in [key for key, one in sessions.items() if now > one["used"] + SESSION_IDLE]:
            del sessions[key]
        while len(sessions) >= SESSIONS:
            del sessions[min(sessions, key=lambda key: sessions[key]["used"])]
        sessions[digest(token)] = {"name": name, "since": now, "used": now}
        return token

    def _hash(self, password: str) -> str:
        with AT_ONCE:
            return self._hasher.hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST:
            return False
        with AT_ONCE:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False


def digest(token: str) -> str:
    """The hash of a token that is stored. A token has 256 random bits: no salt and no slow hash are needed."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def form_token(cookie: str) -> str:
    """The token that a form must send back (CSRF): a hash of the cookie, which no other site can read."""
    return hashlib.sha256(b"form:" + cookie.encode("utf-8", "backslashreplace")).hexdigest()[:40]


def check_password(password: str, name: str) -> None:
    """Raises AccountRefused for a password that is too short, too long, or follows from the name."""
    if len(password) < SHORTEST:
        raise AccountRefused(
            f"A password needs at least {SHORTEST} characters. Four or five words that do not belong together are good."
        )
    if len(password) > LONGEST:
        raise AccountRefused(f"A password has at most {LONGEST} characters.")
    if len(set(password)) < 5 or (len(name) > 3 and name.casefold() in password.casefold()):
        raise AccountRefused("That password is too easy to guess: it repeats itself or holds the name.")


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME or not name.isprintable():
        raise AccountRefused(f"A name has 1 to {NAME} characters.")


def _end_sessions(content: dict[str, Any], name: str) -> None:
    """End sessions and forget browsers: a password that changed may have been known to another."""
    for part in ("sessions", "browsers"):
        content[part] = {key: one for key, one in content.get(part, {}).items() if one["name"] != name}
