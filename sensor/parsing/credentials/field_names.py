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
from functools import lru_cache

from sensor.lazy_pattern import expression
from sensor.parsing.credentials.credential import is_token

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
_PREFIXES = frozenset(PREFIXES)
_PREFIX_SIZES = sorted(set(map(len, PREFIXES)))
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
    return any(folded[:size] in _PREFIXES and folded[size:] in names for size in _PREFIX_SIZES)


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


def may_carry_secret(name: str) -> bool:
    """Whether a value under that name is looked at as a secret, where the form is not known by its address."""
    return _may_carry_secret(name[:NAME_LIMIT])


@lru_cache(4096)
def _may_carry_secret(name: str) -> bool:
    """Whether a value under that name is looked at as a secret; only where some field's is, a set has a login."""
    secret = _kind_of(name) in (Kind.PASSWORD, Kind.WEAK_PASSWORD, Kind.NETWORK_KEY, Kind.TOKEN)
    return secret or name == COMMAND or fold(name) in JOINED or fold(name) in NUMBERED_KEYS


def _without_digits(folded: str) -> str:
    return "".join(c for c in folded if not c.isdigit())
