"""Credentials in Authorization values of HTTP, RTSP and SIP.

RFC 9110 §11.4, RFC 7616, RFC 7617, RFC 6750.


What stands in a login's secret where the secret itself does not cross (``clear`` False), all fields as sent:

===============  =====================================================================================================
``digest-…``     ``$response$`` response ``$`` user ``$`` realm ``$`` method ``$`` uri ``$`` nonce ``$`` nc ``$``
                 cnonce ``$`` qop (John the Ripper's "hdaa")
SIP's digest     ``$sip$*`` source ``*`` destination ``*`` user ``*`` realm ``*`` method ``*sip*`` uri ``**`` nonce
                 ``*`` cnonce ``*`` nc ``*`` qop ``*`` algorithm ``*`` response (hashcat mode 11400)
``wsse`` …       the header's parameters as sent
===============  =====================================================================================================
"""

from __future__ import annotations

import re
from dataclasses import replace

from sensor.events import Login, Span
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.formats.http_headers import text
from sensor.parsing.sasl import unbase64

VALUE_LIMIT = 16 * 1024
"""Bytes of a credential that are looked at: Kerberos tickets with a large PAC, the longest in use, stay under it."""

_PARAMETER = expression(
    rb"""([A-Za-z][A-Za-z0-9_*-]{0,40})\s{0,8}=\s{0,8}(?:"((?:[^"\\]|\\.)*+)"|'([^']*+)'|([^\s,"']*+))"""
)

SIGNED = frozenset(
    {
        "hawk",
        "oauth",
        "sharedkey",
        "sharedkeylite",
        "aws",
        "signature",
        "acs3-hmac-sha256",
        "hmac",
        "tc3-hmac-sha256",
        "edgegrid",
        "eg1-hmac-sha256",
    }
)
"""Schemes whose value is a signature over the request: the key itself does not cross.

Hawk, RFC 5849, Azure, AWS, HTTP signatures …
"""


_AWS = expression(r"aws4-(?:hmac|ecdsa-p256)-sha256")

BEARING = frozenset(
    {
        *(
            "bearer",
            "token",
            "apikey",
            "api-key",
            "api_key",
            "key",
            "jwt",
            "mac",
            "googlelogin",
            "privatetoken",
            "dpop",
        ),
        *("gnap", "vapid", "concealed", "hoba", "mutual", "mediabrowser", "emby", "plex", "session", "zoho-oauthtoken"),
    }
)
"""Other schemes by name (IANA HTTP Authentication Scheme Registry, Emby and Jellyfin, Google, GitLab …). Any other
word is reported as ``other``: where a client leaves the scheme out, the first word is the secret's."""

ALGORITHMS = frozenset({"md5", "sha", "sha-256", "sha-512-256", "akav1-md5", "akav2-md5", "token"})
"""Of Digest, each also with ``-sess`` (IANA HTTP Digest Algorithm Values, SIP Digest)."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A login's own fields, before its answer is known; they mean what they mean in `Login`."""

    mechanism: str
    username: str | None
    secret: Secret | None
    scheme: str
    clear: bool = True
    name: str | None = None

    def login(
        self,
        *,
        scheme: str | None = None,
        resource: str | None = None,
        verifier: Side = Side.SERVER,
        spans: tuple[Span, ...] = (),
    ) -> Login:
        """The login that it is, not yet answered. ``scheme``: of the protocol around it, where that names it better."""
        return Login(
            mechanism=self.mechanism,
            username=self.username,
            secret=self.secret,
            scheme=scheme or self.scheme,
            clear=self.clear,
            name=self.name,
            resource=resource,
            verifier=verifier,
            spans=spans,
        )


def parameters(value: bytes) -> dict[str, str]:
    r"""``name="value", …`` by lower-case name (RFC 9110 §11.2); ``\"`` inside quotes is undone."""
    found: dict[str, str] = {}
    for part in _PARAMETER.finditer(value[:VALUE_LIMIT]):
        raw = (
            re.sub(rb"\\(.)", rb"\1", part[2], flags=re.DOTALL)
            if part[2] is not None
            else part[3]
            if part[3] is not None
            else part[4]
        )
        found.setdefault(part[1].decode("ascii").lower(), text(raw))
    return found


def split_scheme(value: bytes) -> tuple[str, bytes]:
    """``Scheme rest`` as the scheme in lower case and the rest."""
    scheme, _, rest = value.strip().partition(b" ")
    return text(scheme[:64]).lower(), rest.strip()


def realm(value: bytes) -> str | None:
    """The realm of a WWW-Authenticate value."""
    return parameters(value).get("realm") or None


def basic(encoded: bytes) -> Credential | None:
    """RFC 7617 §2: base64 of ``user:password``; None where it does not decode (``Basic %s`` in documentation)."""
    decoded = unbase64(encoded)
    if not decoded:
        return None
    user, colon, password = decoded.partition(b":")
    if not colon:
        # Not RFC 7617, but some devices send a bare key this way.
        return Credential("token", None, Secret(decoded), "basic")
    return Credential("password", text(user), Secret(password), "basic")


def digest(value: bytes, method: str, *, sip: tuple[str, str] | None = None) -> Credential | None:
    """RFC 7616 §3.4: the answer to a challenge. ``sip``: source and destination address for hashcat's form."""
    given = parameters(value)
    user, response = given.get("username"), given.get("response")
    if "username*" in given:
        user = given["username*"].rpartition("'")[2]
    if user is None or not response:
        return None
    algorithm = (given.get("algorithm") or "md5").lower()
    field = given.get
    rest = [field("realm") or "", method, field("uri") or ""]
    if sip is None:
        parts = [
            response,
            user,
            *rest,
            field("nonce") or "",
            field("nc") or "",
            field("cnonce") or "",
            field("qop") or "",
        ]
        secret = "$response$" + "$".join(parts)
    else:
        scheme, _, uri = rest[2].partition(":")
        parts = [
            *sip,
            user,
            rest[0],
            method,
            scheme,
            uri,
            "",
            field("nonce") or "",
            field("cnonce") or "",
            field("nc") or "",
            field("qop") or "",
        ]
        secret = "$sip$*" + "*".join([*parts, algorithm.upper(), response])
    known = algorithm.removesuffix("-sess") in ALGORITHMS
    return Credential("password", user, Secret(secret), f"digest-{algorithm if known else 'other'}", clear=False)


def _signed(scheme: str) -> bool:
    return scheme in SIGNED or bool(_AWS.fullmatch(scheme))


def _with_parameters(scheme: str, rest: bytes) -> Credential | None:
    """Schemes whose credential is a list of parameters; None where the list holds none that is known."""
    given = parameters(rest)
    if scheme == "wsse" or "passworddigest" in given:
        if not given.get("passworddigest"):
            return None
        return Credential("password", given.get("username"), Secret(rest[:VALUE_LIMIT]), "wsse", clear=False)
    if _signed(scheme) or {"signature", "oauth_signature", "mac"} & given.keys():
        user = (
            given.get("credential")
            or given.get("id")
            or given.get("oauth_consumer_key")
            or given.get("keyid")
            or given.get("access")
        )
        return Credential(
            "key", user, Secret(rest[:VALUE_LIMIT]), scheme if _signed(scheme) else "signature", clear=False
        )
    if given.get("nonce") and any(is_token(given.get(name) or "", 8) for name in PROOFS):
        # As Digest does it: the proof is for one nonce of the server's, and what stands beside it opens nothing alone.
        user = given.get("userid") or given.get("username") or given.get("clientid") or given.get("client")
        return Credential("key", user, Secret(rest[:VALUE_LIMIT]), "nonce-proof", clear=False)
    named = next((name for name in ("token", "auth", "access_token", "apikey", "api_key") if given.get(name)), None)
    user = given.get("userid") or given.get("username")
    if named:
        return Credential("token", user, Secret(given[named]), scheme, name=named if scheme == "other" else None)
    name = next((n for n, v in given.items() if n not in PUBLIC and is_token(v, 8) and not v.isdigit()), None)
    return Credential("token", user, Secret(given[name]), scheme, name=name) if scheme == "other" and name else None


PROOFS = ("authentication", "response", "digest", "proof", "hash", "hmac", "sign", "sig")
"""Parameters that answer a nonce in schemes without a description."""

PUBLIC = frozenset(
    [
        *(
            "publickey",
            "nonce",
            "client",
            "requestnr",
            "realm",
            "version",
            "timestamp",
            "created",
            "algorithm",
            "method",
        ),
        *("uri", "path", "device", "deviceid", "userid", "username", "user", "app", "appname", "clientid", "locale"),
        *("signedheaders", "credential", "cnonce", "nc", "qop", "opaque"),
    ]
)
"""Parameters of schemes without a description that carry no secret."""

_SCHEME_NAME = expression(r"[A-Za-z][A-Za-z-]{1,30}|(?=(?:[A-Za-z-]*[0-9]){1,2}[A-Za-z-]*$)[A-Za-z][0-9A-Za-z-]{1,15}")
"""A word of letters, or a short one with a digit or two (``EGO1``, ``Zoho2``)."""


def authorization(value: bytes, method: str, *, sip: tuple[str, str] | None = None) -> Credential | None:
    """The credential in an Authorization or Proxy-Authorization value.

    None where there is none, and for NTLM and Negotiate (see `negotiated`).
    """
    scheme, rest = split_scheme(value[:VALUE_LIMIT])
    if scheme in ("ntlm", "negotiate", ""):
        return None
    if scheme == "basic":
        return basic(rest)
    if scheme == "digest":
        return digest(rest, method, sip=sip)
    if not rest:
        # No scheme at all: the value itself is what the server knows the client by.
        return (
            Credential("token", None, Secret(value.strip()), "authorization") if is_token(text(value.strip())) else None
        )
    signed = _signed(scheme)
    if not signed and scheme not in BEARING and scheme != "wsse":
        scheme = "other"
    if b"=" in rest.rstrip(b"=") and scheme != "bearer":
        found = _with_parameters(scheme, rest)
        if found and found.name is not None:
            # A word with digits may be a secret itself, where a client leaves the scheme out.
            word = text(value.strip().partition(b" ")[0])
            return replace(found, name=f"{word} {found.name}" if _SCHEME_NAME.fullmatch(word) else found.name)
        if found:
            return found
        if scheme == "other" and _PARAMETER.fullmatch(rest.partition(b",")[0].strip()):
            return None
    if signed:
        user = text(rest.partition(b":")[0]) if b":" in rest else None
        return Credential("key", user, Secret(rest), scheme, clear=False)
    return Credential("token", None, Secret(rest), scheme) if is_token(text(rest)) else None


def negotiated(value: bytes) -> bytes | None:
    """The message inside ``NTLM base64`` or ``Negotiate base64`` (RFC 4559 §4)."""
    scheme, rest = split_scheme(value[: 4 * VALUE_LIMIT])
    return unbase64(rest) if scheme in ("ntlm", "negotiate") and rest else None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLANK_VALUES = _words(
    "null none nil undefined true false yes no on off deleted empty unknown anonymous guest default test token "
    "bearer session invalid n/a nan"
)
"""What programs send where they have no token."""

_LONGEST_BLANK = max(map(len, _BLANK_VALUES))

_TEMPLATE = expression(r"[\s<>{}]|%[sdi@]|^\$|^\[.*\]$|^\*+$|^x+$|^(?:your|my|insert|enter|replace)[-_]", re.IGNORECASE)
"""Places that a program or a manual left open: ``%s`` ``{token}`` ``<your key>`` ``$TOKEN`` ``xxxx``
``YOUR_API_KEY``."""


def is_token(value: str, least: int = 4) -> bool:
    """Whether a value can be a secret made up or drawn at random, rather than a blank, a flag or a placeholder."""
    if not least <= len(value) <= VALUE_LIMIT or (len(value) <= _LONGEST_BLANK and value.lower() in _BLANK_VALUES):
        return False
    if value.isalnum():
        return bool(value.strip("xX"))  # the one place left open that has no other signs
    return not _TEMPLATE.search(value)
