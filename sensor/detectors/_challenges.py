"""Strength of challenge-response logins: what a recording of one is worth to an attacker.

Three classes, divided by the cost of one guess (the documents named below; the speeds of hashcat's benchmark differ by
10^4 to 10^5 between them):

* ``BROKEN``: the password, or an equivalent of it, can be computed from the recording, whatever it is.
* ``FAST``: a guess costs a hash or a few, so billions a second; only long random passwords hold.
* ``SLOW``: thousands of hashes a guess, or a key that was drawn at random; guessing finds short and common passwords.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from sensor.lazy_pattern import expression
from sensor.model import Severity


class Strength(enum.Enum):
    """Strength of a scheme, with the severity of a recorded login."""

    BROKEN = Severity.HIGH
    FAST = Severity.MEDIUM
    SLOW = Severity.LOW


class ChallengeScheme(NamedTuple):
    """``pattern``: of scheme names as parsers write them; ``why``: the reason with its source."""

    pattern: re.Pattern[str]
    strength: Strength
    why: str


def _rows(strength: Strength, *rows: tuple[str, str]) -> tuple[ChallengeScheme, ...]:
    return tuple(ChallengeScheme(expression(pattern), strength, why) for pattern, why in rows)


SCHEMES = (
    *_rows(
        Strength.BROKEN,
        ("vnc", "DES whose key is the first eight characters of the password (RFC 6143 7.2.2)"),
        (
            r"ntlmv1|lm|(eap-|tacacs-)?mschap(v2)?|leap",
            "three DES keys cut from one MD4 hash: 2^56 tries give the hash, which does for the password"
            " (MS-NLMP 3.3.1, RFC 2433, RFC 2759 8.5)",
        ),
        ("share", "the LAN Manager response of a share: DES over seven characters at a time (MS-CIFS 2.2.4.55.1)"),
        ("mysql_old_password", "a hash of 64 bits that can be run backwards (MySQL 5.6 Reference Manual 6.1.2.4)"),
        ("gg32", "a hash of 32 bits: many passwords fit, one is found at once (libgadu, login packets)"),
        ("wemo/wifi", "encrypted for a key made of the device's own MAC and serial number, which it "
         "tells everyone (pywemo)"),
        ("ios-7", "scrambled with a key that is the same in every router (Cisco, Password Encryption Facts)"),
        ("xdm-authorization-1", "DES with a key of 56 bits (Xdmcp, XDM-AUTHORIZATION-1)"),
    ),
    *_rows(
        Strength.SLOW,
        (r"scram-sha-\S{1,20}", "PBKDF2 with 4096 rounds at least (RFC 5802 5.1, RFC 7677 4.)"),
        (r"krb5-\S{1,20}-etype(17|18|19|20)", "PBKDF2 with 4096 rounds, 32768 with SHA-2 (RFC 3962 4., RFC 8009 4.)"),
        ("snmpv3-usm", "a megabyte is hashed for each guess (RFC 3414 A.2)"),
        (r"digest-akav\d-\S{1,20}", "the key is the SIM's, 128 bits drawn at random (RFC 3310)"),
        ("nkey|client_ed25519", "a signature: guesses cost an elliptic curve's multiplication (RFC 8032 5.1)"),
        (
            r"hawk|oauth|sharedkey(lite)?|aws(4-\S{1,40})?|signature|hmac|edgegrid|\S{1,20}-hmac-sha\d{1,3}",
            "a signature with a key that the service drew at random (RFC 5849 3.4, RFC 9421)",
        ),
        ("nonce-proof", "an answer to a nonce of the server's, good for one request (as RFC 7616 3.3)"),
        (r"ios-[589]", "a salted hash with many rounds in the settings of a router (Cisco IOS "
         "Security Command Reference)"),
    ),
    *_rows(
        Strength.FAST,
        ("sofia-md5", "eight characters of one MD5, which often do for the password (DVRIP, DHIP, CWE-836)"),
        ("dahua-md5", "two MD5, and realm and random crossed beside it (DHIP)"),
        ("baichuan-(md5|nonce)", "one MD5, and the nonce crossed beside it (Baichuan)"),
        ("apop", "one MD5 (RFC 1939 7.)"),
        ("cram-md5", "one HMAC-MD5 (RFC 2195 2.)"),
        (r"digest-\S{1,40}", "two or three hashes without a salt or rounds (RFC 2831 2.1.2.1, RFC 7616 3.4.1)"),
        ("ntlmv2", "MD4 and two HMAC-MD5 (MS-NLMP 3.3.2)"),
        (r"(radius-|tacacs-)?chap|eap-md5", "one MD5 (RFC 1994 4.1, RFC 3748 5.4)"),
        ("radius-pap", "hidden by an MD5 of the secret that server and client share (RFC 2865 5.2): "
         "who guesses that one reads all passwords"),
        ("tacacs-plus", "hidden by an MD5 of the secret that server and client share (RFC 8907 4.5, 10.1)"),
        ("md5", "two MD5 (PostgreSQL, Frontend/Backend Protocol, AuthenticationMD5Password)"),
        ("mysql_native_password|caching_sha2_password", "three SHA-1 or SHA-256 (MySQL internals, "
         "Authentication Method)"),
        ("mongodb-cr", "two MD5 (MongoDB, Driver Authentication, MONGODB-CR)"),
        ("o5logon", "one SHA-1 and one AES block (CVE-2012-3137)"),
        ("rsync", "one MD4, MD5 or newer hash (rsyncd.conf(5), auth users)"),
        ("sha1", "one SHA-1 over password and seed (libgadu, login packets)"),
        (r"ipmi-(md2|md5|rakp)", "one hash, which the device gives to anyone who asks (IPMI 2.0 13.31, CVE-2013-4786)"),
        (r"ikev1-psk-\S{1,10}", "an HMAC or two, sent unasked in aggressive mode (RFC 2409 5.4)"),
        (r"krb5-\S{1,20}-etype(1|3|23|24)", "MD4 and HMAC-MD5, or DES (RFC 4757 2., RFC 3961 6.2)"),
        ("component|iq-digest", "one SHA-1 (XEP-0114 3., XEP-0078 3.)"),
        ("wsse(-digest)?", "one SHA-1 over nonce, time and password (WS-Security UsernameToken Profile 1.1, 3.1)"),
        ("hnap", "two HMAC-MD5 (D-Link HNAP)"),
        (
            r"(form|html|json|xml|query|multipart|syslog|settings)-hash|ios-\d",
            "the hash of a password, which may itself be taken where it was sent instead of the password (CWE-836)",
        ),
    ),
)  # fmt: skip
"""The first match counts. Names that a peer sent (an HTTP scheme, an SQL plug-in) may match no row."""


def scheme_of(name: str) -> ChallengeScheme | None:
    """The row that matches a scheme's name; None for an unknown one."""
    return next((row for row in SCHEMES if row.pattern.fullmatch(name)), None)


def strength_of(name: str) -> Strength:
    """Strength of a scheme; an unknown one counts as fast to guess, as most are."""
    row = scheme_of(name)
    return Strength.FAST if row is None else row.strength
