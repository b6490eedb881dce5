"""Names of fields and headers, by what they carry: user, password, token, network, its key.

The tables are data. Names are compared folded: lower case, accents off, nothing but letters and digits
(``user[passWord]`` → ``userpassword``). Sources: the HTML ``autocomplete`` words, the login pages of common servers
(WordPress ``log``/``pwd``, Java EE ``j_username``/``j_password``, osCommerce ``osCsid`` …), the set-up pages of
ESP8266/ESP32 libraries (WiFiManager's ``s`` and ``p``: see `setup_forms`), and the words for "password" and "user"
of the languages that devices' pages are written in.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential, is_token
from sensor.parsing.credentials.doubtful import (
    LOGIN_PATH,
    SHORT_NAMES,
    is_no_password_alone,
    is_size_or_directory,
    joined,
    undone,
)
from sensor.parsing.credentials.setup_forms import command_credentials, form_of, setup_credentials
from sensor.parsing.formats.http_headers import raw, shown

NAME_LIMIT = 128
"""Characters of a field's name: longer ones are generated and no words."""

SECRET_LIMIT = 8 * 1024
"""Bytes of a password that are stored: twice the longest one that is tried in the wild (4 KiB)."""


def fold(name: str) -> str:
    """A name without case, accents and signs."""
    return _fold(name[:NAME_LIMIT])


@lru_cache(4096)
def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain.casefold() if c.isalnum())


def _folded(text: str) -> tuple[str, ...]:
    return tuple(map(fold, text.split()))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PASSWORD_WORDS = _folded(
    "password passwd passwort passphrase passcode kennwort motdepasse contrasena contrasenia wachtwoord parolachiave "
    "adgangskode passord losenord salasana heslo jelszo lozinka zaporka пароль 密码 密碼 パスワード 비밀번호 senha"
)
"""Long enough to be believed at the end of any name (``frmLoginPassword``)."""

PASSWORDS = frozenset(
    (
        *PASSWORD_WORDS,
        *_folded(
            "pass pwd pw psw pswd psswd passw pword mdp clave parola sifre geslo haslo hasło losen mima kodeord "
            "upass upwd upw loginpas"
        ),
    )
)
"""Believed only alone or after one of `PREFIXES`: ``compass`` and ``bypass`` end in ``pass`` too."""

PREFIXES = _folded(
    "user usr login log admin adm account auth ftp smtp pop imap mail email wifi wlan my new old cur current j os "
    "txt tb frm form http basic root db sys web mqtt mq "
    "cam camera device dev router key sip ed edt tf str input field member mb customer client web vb session server "
    "proxy remote domain mysql ssh telnet rtsp onvif ddns "
    "ota update nvr dvr panel portal master super operator guest cloud smb nas vpn ppp pppoe wan modem ap host "
    "www site shop"
)
WORD = expression(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""The words of a name as programmers join them (``edtUserPwd``, ``mb_password``)."""

SHORT_PASSWORDS = _words("pwd passwd pw psw pswd psswd passw pword")
"""Believed as the last word of any name: no other word is spelt so. ``pass`` is one of a filter's, a ticket's or a
renderer's too."""

USER_LAST = _words(
    "user username uname usr usrname userid login loginname logon email account benutzer usuario utilisateur utente "
    "identifiant"
)
"""Last words of names that mean a user beside a password, where nothing better is there."""

PASSWORD_FILLERS = _words("input field login text txt box value plain user admin new current old auth form account")
"""Words that stand behind the one for a password in its field's name."""


NOT_PASSWORD = expression(
    r"^(show|last|max|min|save|remember|has(?![lł])|is|enable|forgot|reset|need|use(?!r)|no|hide|keep)|hint|strength|confirm|repeat|verify"
)
"""Flags about a password and its repetition."""

USERS = frozenset(
    _folded(
        "user username usr usrname uname userid userident login loginname loginid loginuse loginusr log account "
        "accountname accountid acct acc email mail emailaddress useremail "
        "benutzer benutzername nutzername anmeldename utilisateur nomutilisateur identifiant usuario nombreusuario "
        "nombredeusuario utente nomeutente gebruiker gebruikersnaam "
        "uzytkownik anvandare anvandarnamn brugernavn brukernavn kayttajatunnus uzivatel kullanici kullaniciadi "
        "felhasznalo korisnik пользователь логин 用户名 ユーザー名 "
        "identifier admin adminname principal phonenumber mobile memberid memberno mbid emailaddr mailaddress "
        "authname authuser authid registername regname "
        "emailid loginemail emailorusername usernameoremail useroremail"
    )
)
NUMBERED_USERS = _words("username userid")
"""Users where digits stand anywhere in the name (``user1_name``, ``User_ID_1_``)."""
USER_ENDINGS = ("username", "userid", "loginname", "loginid", "benutzername", "nutzername", "useremail")
WEAK_USERS = _words("name id un nick nickname uid client clientid station stationid device deviceid")
"""A user only beside a password and where nothing better is there (weather stations post ``ID`` and ``PASSWORD``)."""

WEAK_PASSWORDS = _words("secret usersecret pin pincode userpin loginpin credential ha1")
"""A password only beside a user."""

TOKENS = _words(
    "token accesstoken authtoken authenticationtoken authorizationtoken sessiontoken usertoken apitoken "
    "refreshtoken idtoken logintoken bearertoken bearer jwt apikey "
    "apisecret authkey accesskey secretkey clientsecret appsecret sessionid sessid sid session sessionkey "
    "jsessionid phpsessid asessionid oauthtoken xauthtoken "
    "authcode authorization auth ticket servicetoken devicekey usersession securitytoken ssotoken sso plextoken "
    "xplextoken privatetoken stok sysauth ubusrpcsession"
)
JOINED = _words("auth authorization basic basicauth credential credentials cred creds login userpass token")
"""Fields that may carry what Basic would: user and password in one base64."""
NUMBERED_KEYS = _words("appid passkey")
"""Keys where their value is a drawn one of 128 bits in hex (OpenWeather's ``appid``, Ecowitt's ``PASSKEY``)."""
_DRAWN = expression(r"[0-9A-Fa-f]{32}")
COMMAND = "cmnd"
"""The field of Tasmota's console, whose value is a command line."""
NOT_TOKEN = expression(
    r"csrf|xsrf|antiforgery|requestverification|formtoken|synchroni[sz]er|nonce|captcha|pagetoken|continuation|pushtoken|devicetoken"
)
"""Drawn for one form, one page or one push message: they are no logins."""

NETWORKS = _words(
    "ssid wifissid wlanssid essid networkname apssid stassid staassid wifiname ssidname wifiap wssid networkssid "
    "routerssid homessid targetssid"
)
NOT_NETWORK = expression(r"bssid|sessid|hid|broad|enab|scan|mode|num|show|count")
NETWORK_KEYS = _words(
    "psk key wpakey wpapsk wpa2psk pskkey presharedkey wpapassphrase wifikey wifipass networkkey wlankey wificode "
    "stapass stapsk stapwd appsk sharedkey encryptionkey "
    "wifipsk wlanpsk "
    "wepkey wepkey1 wpakey1 pskvalue passkey securitykey networkpass networkpw networkpassword wifiauth pskphrase"
)
NETWORK_KEY_ENDINGS = ("wpapsk", "wpa2psk", "presharedkey", "wpapassphrase", "wpakey")
"""Ends of names that a router's settings number or begin with an interface (``wl0_wpa_psk``)."""
NETWORK_KEYS_ALONE = _words(
    "psk wpakey wpapsk wpa2psk presharedkey wpapassphrase wifikey wifipassword wifipass wifipwd wlankey "
    "wlanpassword pskkey wifipsk wlanpsk"
)
"""Names that mean a network's key even where no network is named beside them."""

OWN_KEYS = _words("key psk wpakey wpapsk wpa2psk wifikey wlankey")
"""Names of a network's key beside which a "password" is another one (ESPEasy's "Config")."""

ACCOUNT_PREFIXES = tuple(_words("admin adm web http login user ota update portal root sys device"))
"""Beginnings of passwords that are an account's, also in the form of a network."""

KEY_HEADERS = _words(
    "x-api-key api-key apikey x-apikey x-auth-token x-auth-key x-access-token access-token x-token auth-token "
    "authtoken x-authorization x-session-token x-session-id "
    "x-session x-plex-token x-emby-token x-mediabrowser-token x-ha-access x-gitlab-token private-token "
    "x-vault-token x-consul-token x-influxdb-token x-cisco-meraki-api-key "
    "hue-application-key x-user-token x-security-token x-amz-security-token x-client-secret x-secret-key "
    "x-shelly-auth x-transmission-session-id-auth authentication "
    "x-auth x-jwt-assertion x-jwt x-octoprint-api-key x-device-token x-app-token x-service-token x-webhook-token "
    "x-homeassistant-token x-ubnt-auth x-aio-key "
    "thingspeakapikey x-thingspeakapikey"
)
"""Request headers that carry a secret whole (of OpenStack, Plex, Emby, Home Assistant, Hue, OctoPrint, Vault, GitLab,
Adafruit IO, ThingSpeak … and what APIs without a name use)."""

_DIGEST = expression(
    r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}|\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2(?:i|d|id))\$\S{8,}"
)
"""MD5, SHA-1, SHA-256 or SHA-512 in hex: what pages send that hash the password first; and crypt(5), which settings
hold."""

KEY_LIMIT = 128
"""Characters of a network's key: WPA allows 63 (IEEE 802.11 J.4.1), hex and enterprise passwords are longer; the
shortest, WEP-40, has 5."""


class Kind(enum.Enum):
    """What a field carries."""

    USER = 1
    WEAK_USER = 2
    PASSWORD = 3
    TOKEN = 4
    NETWORK = 5
    NETWORK_KEY = 6
    WEAK_PASSWORD = 7
    LIKELY_USER = 8


SET_KINDS = (Kind.PASSWORD, Kind.WEAK_PASSWORD, Kind.NETWORK_KEY)
"""Kinds of fields whose secrets depend on the other fields of the set."""


def _is_password(folded: str) -> bool:
    if NOT_PASSWORD.search(folded):
        return False
    bare = folded.rstrip("0123456789") or folded
    return bare in PASSWORDS or bare.endswith(PASSWORD_WORDS) or _prefixed(bare, PASSWORDS)


def _prefixed(folded: str, names: frozenset[str]) -> bool:
    return any(folded.startswith(prefix) and folded[len(prefix) :] in names for prefix in PREFIXES)


def _joined(name: str, folded: str) -> Kind | None:
    """The kind of a name that is in no table, by its words."""
    words = [word.lower() for word in WORD.findall(name)]
    if len(words) < 2:
        return None
    if not NOT_PASSWORD.search(folded):
        if words[-1] in SHORT_PASSWORDS:
            return Kind.PASSWORD
        if words[0] in PASSWORD_WORDS and PASSWORD_FILLERS.issuperset(words[1:]):
            return Kind.PASSWORD
    return Kind.LIKELY_USER if words[-1] in USER_LAST else None


def kind_of(name: str) -> Kind | None:
    """What a field of that name carries, None for anything else."""
    return _kind_of(name[:NAME_LIMIT])


@lru_cache(maxsize=4096)
def _kind_of(name: str) -> Kind | None:
    folded = fold(name)
    if folded in NETWORKS or (folded.rstrip("0123456789").endswith("ssid") and not NOT_NETWORK.search(folded)):
        return Kind.NETWORK
    bare = folded.rstrip("0123456789")
    if bare in NETWORK_KEYS or folded in NETWORK_KEYS or bare.endswith(NETWORK_KEY_ENDINGS):
        return Kind.NETWORK_KEY
    if _is_password(folded):
        return Kind.PASSWORD
    if folded in USERS or folded.endswith(USER_ENDINGS) or _without_digits(folded) in NUMBERED_USERS:
        return Kind.USER
    if folded in TOKENS and not NOT_TOKEN.search(folded):
        return Kind.TOKEN
    if folded in WEAK_PASSWORDS:
        return Kind.WEAK_PASSWORD
    if folded in WEAK_USERS:
        return Kind.WEAK_USER
    return Kind.LIKELY_USER if _prefixed(folded, USER_LAST) else _joined(name, folded)


def looks_like_token(value: str) -> bool:
    """Whether a value can be a token: long enough, not a blank or a placeholder, not a mere number (13 digits are a
    time in milliseconds)."""
    return is_token(value, 8) and (not value.isdigit() or len(value) >= 14)


def is_label(value: str) -> bool:
    """Whether a value is a word for a password ("Kennwort"), as a form or a translation labels its field."""
    return kind_of(value) in (Kind.PASSWORD, Kind.NETWORK_KEY) and not any(c.isdigit() for c in value)


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


def may_carry_secret(name: str) -> bool:
    """Whether a value under that name is looked at as a secret, where the form is not known by its address."""
    return _may_carry_secret(name[:NAME_LIMIT])


@lru_cache(4096)
def _may_carry_secret(name: str) -> bool:
    """Whether a value under that name is looked at as a secret; only where some field's is, a set has a login."""
    secret = _kind_of(name) in (Kind.PASSWORD, Kind.WEAK_PASSWORD, Kind.NETWORK_KEY, Kind.TOKEN)
    return secret or name == COMMAND or fold(name) in JOINED or fold(name) in NUMBERED_KEYS


def credentials(
    pairs: Iterable[tuple[str, str]], scheme: str, *, tokens: bool = True, path: str = ""
) -> Iterator[Credential]:
    """The logins in one set of ``(name, value)`` fields (a form, an object, a query), sent to ``path``.

    A password goes with the user in the same set; a network's key with the network; a token counts only where no
    password does (beside one it belongs to the form). A password that is a hash in hex is not ``clear``; ``scheme``
    then ends in ``-hash``. Where user and password crossed in base64, both are what they were before, and it ends in
    ``-base64``.
    """
    given = list(pairs)
    found: list[Credential] = []
    form = form_of(path)
    if form:
        found.extend(setup_credentials(form, given, scheme))
    elif not any(may_carry_secret(name) for name, _ in given):
        return
    for name, value in given:
        if name == COMMAND:
            found.extend(command_credentials(value, scheme))
    yield from found
    names = {one.name for one in found}
    rest = [(name, value) for name, value in given if name not in names]
    secrets = bool(found)
    keyed = any(one.mechanism == "key" for one in found)
    # Only these make a set a login's; tokens come below.
    for fields in _sets(rest) if any(kind_of(name) in SET_KINDS for name, _ in rest) else ():
        for one in _of_set(fields, scheme, path, keyed=keyed):
            secrets = True
            yield one
    for name, value in rest:
        pair = joined(value) if fold(name) in JOINED and len(value) <= 512 else None
        if pair is not None and not secrets:
            secrets = True
            yield Credential("password", pair[0], Secret(pair[1]), f"{scheme}-base64", name=shown(name[:NAME_LIMIT]))
    if secrets or not tokens:
        return
    user = next(
        (shown(value) for name, value in rest if value and kind_of(name) is Kind.USER and len(value) <= 512), None
    )
    used: set[str] = set()
    for name, value in rest:
        key = kind_of(name) is Kind.TOKEN or (fold(name) in NUMBERED_KEYS and _DRAWN.fullmatch(value))
        if key and value not in used and len(value) <= SECRET_LIMIT and looks_like_token(value):
            used.add(value)
            yield Credential("token", user, Secret(raw(value)), scheme, name=shown(name[:NAME_LIMIT]))


def _without_digits(folded: str) -> str:
    return "".join(c for c in folded if not c.isdigit())


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
