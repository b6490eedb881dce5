"""Logins in one set of named fields: a form, an object, a query, the attributes of an element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.doubtful import (
    LOGIN_PATH,
    SHORT_NAMES,
    is_no_password_alone,
    is_size_or_directory,
    joined,
    undone,
)
from sensor.parsing.credentials.field_names import (
    COMMAND,
    JOINED,
    NAME_LIMIT,
    NETWORK_KEYS_ALONE,
    NUMBERED_KEYS,
    SECRET_LIMIT,
    SET_KINDS,
    Kind,
    fold,
    kind_of,
    looks_like_token,
    may_carry_secret,
)
from sensor.parsing.credentials.setup_forms import command_credentials, form_of, setup_credentials
from sensor.parsing.formats.http_headers import raw, shown

OWN_KEYS = frozenset(("key", "psk", "wpakey", "wpapsk", "wpa2psk", "wifikey", "wlankey"))
"""Names of a network's key beside which a "password" is another one (ESPEasy's "Config")."""

ACCOUNT_PREFIXES = (
    *("admin", "adm", "web", "http", "login", "user", "ota", "update", "portal", "root", "sys", "device"),
)
"""Beginnings of passwords that are an account's, also in the form of a network."""

_DIGEST = expression(
    r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}|\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2(?:i|d|id))\$\S{8,}"
)
"""MD5, SHA-1, SHA-256 or SHA-512 in hex: what pages send that hash the password first; and crypt(5), which settings
hold."""

_DRAWN = expression(r"[0-9A-Fa-f]{32}")

KEY_LIMIT = 128
"""Characters of a network's key: WPA allows 63 (IEEE 802.11 J.4.1), hex and enterprise passwords are longer; the
shortest, WEP-40, has 5."""


SERVICES = ("mqtt", "mq", "smtp", "ftp", "ddns", "proxy", "influx", "vpn", "pppoe")
"""First words of fields that belong to another service than the form's own: each has a user and a password."""


@lru_cache(4096)
def _service_of(name: str) -> str:
    folded = fold(name)
    return next((word for word in SERVICES if folded.startswith(word)), "")


def _sets(pairs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The fields of each service, the others first. A service without a user has that of the form."""
    sets: dict[str, list[tuple[str, str]]] = {"": []}
    for name, value in pairs:
        service = _service_of(name[:NAME_LIMIT])
        if service and kind_of(name) is None:
            continue
        sets.setdefault(service, []).append((name, value))
    users = (Kind.USER, Kind.LIKELY_USER, Kind.WEAK_USER)
    for service, own in sets.items():
        if service and not any(kind_of(name) in users for name, _ in own):
            own.extend((name, value) for name, value in sets[""] if kind_of(name) in users)
    return list(sets.values())


class _Names(NamedTuple):
    """What the names of a set of fields say, whatever stands in them: the places of users, tokens, numbered keys and
    `JOINED`; ``sets``: one is of `SET_KINDS`; ``commands``: one is `COMMAND`.
    """

    may_carry_secret: bool
    commands: bool
    sets: bool
    joined: tuple[int, ...]
    users: tuple[int, ...]
    tokens: tuple[int, ...]
    numbered: tuple[int, ...]


_NAMES_KNOWN = 32
"""Names of a set up to which what they say is remembered; each of at most `NAME_LIMIT`, so 256 sets take a megabyte."""


def _read_names(names: tuple[str, ...]) -> _Names:
    kinds = [kind_of(name) for name in names]
    folded = [fold(name) for name in names]
    return _Names(
        may_carry_secret=any(map(may_carry_secret, names)),
        commands=COMMAND in names,
        sets=not set(kinds).isdisjoint(SET_KINDS),
        joined=tuple([place for place, name in enumerate(folded) if name in JOINED]),
        users=tuple([place for place, kind in enumerate(kinds) if kind is Kind.USER]),
        tokens=tuple([place for place, kind in enumerate(kinds) if kind is Kind.TOKEN]),
        numbered=tuple([place for place, name in enumerate(folded) if name in NUMBERED_KEYS]),
    )


_known_names = lru_cache(256)(_read_names)


def _names_of(given: Sequence[tuple[str, str]]) -> _Names:
    names = tuple([name[:NAME_LIMIT] for name, _ in given])
    return _known_names(names) if len(names) <= _NAMES_KNOWN else _read_names(names)


def credentials(
    pairs: Iterable[tuple[str, str]], scheme: str, *, tokens: bool = True, path: str = ""
) -> Iterator[Credential]:
    """The logins in one set of ``(name, value)`` fields (a form, an object, a query), sent to ``path``.

    A password goes with the user in the same set; a network's key with the network; a token counts only where no
    password does (beside one it belongs to the form). A password that is a hash in hex is not ``clear``; ``scheme``
    then ends in ``-hash``. Where user and password crossed in base64, both are what they were before, and it ends in
    ``-base64``.
    """
    rest = list(pairs)
    form = form_of(path)
    known = _names_of(rest)
    if not form and not known.may_carry_secret:
        return
    secrets = keyed = False
    if form or known.commands:
        found = list(setup_credentials(form, rest, scheme)) if form else []
        for name, value in rest:
            if name == COMMAND:
                found.extend(command_credentials(value, scheme))
        if found:
            yield from found
            names = {one.name for one in found}
            rest = [(name, value) for name, value in rest if name not in names]
            secrets = True
            keyed = any(one.mechanism == "key" for one in found)
            known = _names_of(rest)
    # Only these make a set a login's; tokens come below.
    for fields in _sets(rest) if known.sets else ():
        for one in _of_set(fields, scheme, path, keyed=keyed):
            secrets = True
            yield one
    for place in () if secrets else known.joined:
        name, value = rest[place]
        pair = joined(value) if len(value) <= 512 else None
        if pair is not None:
            secrets = True
            yield Credential("password", pair[0], Secret(pair[1]), f"{scheme}-base64", name=shown(name[:NAME_LIMIT]))
            break
    if secrets or not tokens or not (known.tokens or known.numbered):
        return
    values = [rest[place][1] for place in known.users]
    user = next((shown(value) for value in values if value and len(value) <= 512), None)
    used: set[str] = set()
    for place in sorted((*known.tokens, *known.numbered)) if known.numbered else known.tokens:
        name, value = rest[place]
        key = place in known.tokens or _DRAWN.fullmatch(value)
        if key and value not in used and len(value) <= SECRET_LIMIT and looks_like_token(value):
            used.add(value)
            yield Credential("token", user, Secret(raw(value)), scheme, name=shown(name[:NAME_LIMIT]))


def _of_number(name: str, users: Sequence[tuple[str, str]]) -> str | None:
    """The user of a password: that of the same number in its name (``user2_name`` and ``user2_pwd``), else the first,
    but for an account of its own beside numbered users (``Admin_Passwd``)."""
    number = [c for c in name if c.isdigit()]
    numbered = [([c for c in user if c.isdigit()], value) for user, value in users]
    own = not number and bool(numbered[0][0]) and _is_of_account(name)
    return next((value for digits, value in numbered if digits == number), None if own else numbered[0][1])


def _number(name: str) -> str:
    return name[len(name.rstrip("0123456789")) :]


def _network_of(name: str, networks: Sequence[tuple[str, str]]) -> str | None:
    """The network whose key a field is: that of the same number, else the first."""
    same = [value for network, value in networks if _number(network) == _number(name)]
    words = [value for network, value in networks if fold(network)[:2] == fold(name)[:2]]
    return next(iter([*(words if len(words) == 1 else same), *(value for _, value in networks)]), None)


def _of_set(pairs: Sequence[tuple[str, str]], scheme: str, path: str, *, keyed: bool) -> Iterator[Credential]:
    """The passwords and keys of one service's fields; ``keyed``: the network's key was found already."""
    first: dict[Kind, str] = {}
    found: list[tuple[Kind, str, str]] = []
    networks: list[tuple[str, str]] = []
    users: list[tuple[str, str]] = []
    for name, value in pairs:
        kind = kind_of(name)
        if kind is None:
            continue
        if kind in (Kind.USER, Kind.LIKELY_USER, Kind.WEAK_USER, Kind.NETWORK):
            if value and len(value) <= 512:
                first.setdefault(kind, shown(value))
                if kind is Kind.USER:
                    users.append((name, shown(value)))
                if kind is Kind.NETWORK:
                    networks.append((name, shown(value)))
        elif len(value) <= SECRET_LIMIT:
            found.append((kind, name, value))
    if networks:
        first.pop(Kind.WEAK_USER, None)  # the device's own name
    user = first.get(Kind.USER)
    keyed = keyed or any(fold(name) in OWN_KEYS and 5 <= len(value) <= KEY_LIMIT for _, name, value in found)
    used: set[str] = set()
    for kind, name, value in found:
        if kind is Kind.WEAK_PASSWORD and value and (user or Kind.LIKELY_USER in first):
            kind = Kind.PASSWORD
        if value in used or kind in (Kind.TOKEN, Kind.WEAK_PASSWORD):
            continue
        who = _of_number(name, users) if users else first.get(Kind.LIKELY_USER, first.get(Kind.WEAK_USER))
        if fold(name) in SHORT_NAMES and (
            is_size_or_directory(name, value, pairs)
            or (who is None and not networks and not LOGIN_PATH.search(path) and is_no_password_alone(value))
        ):
            continue
        alone = fold(name) in NETWORK_KEYS_ALONE
        if fold(name) == "psk" and user and not networks:
            kind, alone = Kind.PASSWORD, False  # WLED's settings of MQTT
        if (kind is Kind.NETWORK_KEY and (networks or alone)) or (
            kind is Kind.PASSWORD and (alone or (networks and not user and not (keyed or _is_of_account(name))))
        ):
            if 5 <= len(value) <= KEY_LIMIT:
                used.add(value)
                network = _network_of(name, networks)
                yield Credential("key", network, Secret(raw(value)), f"{scheme}/wifi", name=shown(name[:NAME_LIMIT]))
        elif kind is Kind.PASSWORD and (value or user):
            used.add(value)
            yield _password(who, name, value, scheme)


def _is_of_account(name: str) -> bool:
    """Whether a password's name says that it is an account's and no network's (``webPass``, ``admin_password``)."""
    folded = fold(name)
    return any(folded.startswith(prefix) and folded != prefix for prefix in ACCOUNT_PREFIXES)


def _password(user: str | None, name: str, value: str, scheme: str) -> Credential:
    name = shown(name[:NAME_LIMIT])
    if _DIGEST.fullmatch(value):
        return Credential("password", user, Secret(raw(value)), f"{scheme}-hash", False, name)
    plain = undone(user, value)
    if plain is not None:
        return Credential("password", plain[0], Secret(plain[1]), f"{scheme}-base64", True, name)
    return Credential("password", user, Secret(raw(value)), scheme, True, name)
