"""Validation of candidate values: form, check digits, registered domains, placeholders.

Each checker takes text and returns a normal form (for comparison and fingerprints) or None. Its cost is linear in the
text's length, which the callers bound.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache

from sensor.lazy_pattern import expression
from sensor.shipped_tables import shipped_table

MAIL = expression(
    r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-']{0,62}[A-Za-z0-9_+])?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z][A-Za-z0-9-]{1,24}"
)
"""RFC 5321 4.1.2 without quoted local parts and address literals, which no person's address has."""

RESERVED_DOMAINS = frozenset(
    {"example", "test", "invalid", "localhost", "local", "lan", "home", "internal", "arpa", "onion"}
)
"""Top-level domains that cannot be registered: RFC 2606, RFC 6761, RFC 6762, RFC 8375, and home networks' custom."""

DOCUMENTATION_DOMAINS = frozenset({"example", "test", "invalid"})
"""Those of them that are reserved for examples (RFC 2606 2); example.com, .net and .org are too (RFC 2606 3)."""

SSH_ALGORITHM_DOMAINS = frozenset(
    {
        "openssh.com", "libssh.org", "lysator.liu.se", "ssh.com", "tectia.com", "libssh2.org",
        "putty.projects.tartarus.org", "vandyke.com", "cryptonector.com",
    }
)  # fmt: skip
"""Domains after the @ of SSH algorithm and extension names (RFC 4251 6), which are no e-mail addresses."""

PLACEHOLDER_LOCAL_PARTS = frozenset(
    {
        "you", "your", "yourname", "youremail", "your.name", "your.email", "name", "user", "username", "someone",
        "somebody", "anyone", "anybody", "nobody", "test", "tester", "testing", "foo", "bar", "email", "mail",
        "example", "sample", "demo", "dummy", "fake", "john.doe", "jane.doe", "johndoe", "janedoe", "jdoe", "joe",
        "john", "jane", "first.last", "firstname.lastname", "me", "abc", "abcd", "abc123", "asdf", "xyz", "null",
        "none", "undefined", "anonymous", "guest", "joebloggs", "max.mustermann", "mustermann", "alice", "bob", "xx",
        "xxx",
    }
)  # fmt: skip
"""Local parts that are placeholders."""

PLACEHOLDER_DOMAINS = frozenset(
    {
        "domain", "yourdomain", "mydomain", "your-domain", "company", "yourcompany", "email", "site", "yoursite",
        "mysite", "website", "server", "host", "hostname", "test", "foo", "bar", "foobar", "abc", "xyz", "example",
        "somewhere", "somedomain", "anydomain", "sample", "acme", "provider", "isp", "mailserver",
    }
)  # fmt: skip
"""Second-level names that are placeholders."""

ROLE_MAILBOXES = frozenset(
    {
        "abuse", "admin", "administrator", "bounce", "bounces", "billing", "contact", "customerservice", "daemon",
        "do-not-reply", "donotreply", "enquiries", "feedback", "ftp", "git", "hello", "help", "helpdesk",
        "hostmaster", "info", "jobs", "legal", "list", "mailer-daemon", "marketing", "media", "news", "newsletter",
        "no-reply", "noc", "noreply", "notify", "office", "ops", "postmaster", "press", "privacy", "root", "sales",
        "security", "service", "support", "sysadmin", "team", "usenet", "uucp", "web", "webmaster", "www",
        "www-data",
    }
)  # fmt: skip
"""Mailboxes of a role, not of a person (RFC 2142 and common custom)."""


@cache
def top_level_domains() -> frozenset[str]:
    """Top-level domains, lower case."""
    table = shipped_table("signatures", "top_level_domains.toml")
    return frozenset(table["names"].split())


def is_public_domain(text: str) -> bool:
    """Whether a name of several labels, in lower case, can be one of the public DNS."""
    return len(text) <= 253 and _is_public_domain(text)


@lru_cache(4096)
def _is_public_domain(text: str) -> bool:
    labels = text.split(".")
    return (
        len(labels) > 1
        and all(0 < len(label) <= 63 and label[0] != "-" != label[-1] for label in labels)
        and labels[-1] in top_level_domains()
        and labels[-1] != "arpa"
    )


def email(text: str) -> str | None:
    """An address below a registered or a documentation domain, in lower case: ``mara@post.example``."""
    if len(text) > 254 or not MAIL.fullmatch(text) or ".." in text or ".@" in text:
        return None
    found = text.lower()
    local, _, domain = found.rpartition("@")
    ending = domain.rpartition(".")[2]
    if ending not in DOCUMENTATION_DOMAINS and (ending in RESERVED_DOMAINS or ending not in top_level_domains()):
        return None
    if any(domain == namer or domain.endswith("." + namer) for namer in SSH_ALGORITHM_DOMAINS):
        return None
    return found if len(local) <= 64 else None


def benign_email_reason(found: str) -> str | None:
    """Why an address is no person's: ``documentation``, ``placeholder``, ``role``; None where it may be one's."""
    local, _, domain = found.rpartition("@")
    labels = domain.split(".")
    if labels[-1] in DOCUMENTATION_DOMAINS or labels[-2] == "example":
        return "documentation"
    if (
        local in PLACEHOLDER_LOCAL_PARTS
        or labels[-2] in PLACEHOLDER_DOMAINS
        or not local.strip("x.")
        or not labels[-2].strip("x")
    ):
        return "placeholder"
    return "role" if local in ROLE_MAILBOXES else None


def phone(text: str, *, named: bool) -> str | None:
    """An international number that its country's numbering plan allows, as ``+4930…`` (E.164).

    ``named``: the field's name says that it is a phone number, so a national one is accepted as well.
    """
    digits = re.sub(r"[^0-9]", "", text)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 4:
        return None
    if not text.lstrip().startswith("+"):
        # Without a country code only the form can be checked: digits and the usual separators.
        shaped = re.fullmatch(r"[(0-9][0-9 ()./\-]{6,22}[0-9]", text.strip())
        return digits if named and shaped and len(digits) >= 9 and not _is_sequence(digits) else None
    import phonenumbers  # takes 0.2 s: imported for the first candidate

    try:
        number = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or _is_sequence(digits):
        return None
    return "+" + digits


def _is_sequence(digits: str) -> bool:
    """Whether the digits only count up or down or repeat, as typed to fill a field."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in zip(digits[-7:], digits[-6:], strict=False)}
    return len(steps) == 1


def luhn(digits: str) -> bool:
    """Check digit of ISO/IEC 7812-1 annex B, which card numbers, IMEI and ICCID share."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += value if place % 2 == 0 else (value * 2 - 9 if value > 4 else value * 2)
    return total % 10 == 0


CARDS = expression(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14}"
)
"""Issuer ranges with their lengths (ISO/IEC 7812-1 register, as the schemes publish them)."""

TEST_CARDS = frozenset(
    {
        "4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100",
        "378282246310005", "371449635398431", "6011111111111117",
    }
)  # fmt: skip
"""Numbers that payment services publish for tests."""


def credit_card(text: str) -> str | None:
    """A card number: issuer range, length and check digit fit."""
    digits = re.sub(r"[ \-]", "", text.strip())
    return digits if CARDS.fullmatch(digits) and luhn(digits) else None


def imei(text: str, name: str) -> str | None:
    """IMEI (15 digits, check digit), IMSI (14 or 15 digits, a country code) or ICCID (89…, check digit).

    The field's ``name`` decides which of them is expected.
    """
    digits = re.sub(r"[ \-/]", "", text.strip())
    if not digits.isascii() or not digits.isdigit() or len(set(digits)) < 4:
        return None
    if "imsi" in name:
        return digits if len(digits) in (14, 15) and "2" <= digits[0] <= "7" else None
    if "iccid" in name or "sim" in name:
        return digits if len(digits) in (19, 20) and digits.startswith("89") and luhn(digits[:19]) else None
    return digits if len(digits) == 15 and luhn(digits) else None


MAC = expression(r"[0-9A-Fa-f]{2}([:\-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}")
"""``aa:bb:cc:dd:ee:ff``, with ``-``, with nothing, or as ``aabb.ccdd.eeff``."""

SHARED_MACS = ("01005e", "3333", "0180c2", "00005e")
"""Group addresses and VRRP (RFC 7042 2.1, 2.2), which are no device's own. 00-00-5E-00-53 is for documentation."""


_NO_HEX = expression(r"[^0-9a-f]")


def mac(text: str) -> str | None:
    """A station's MAC, 12 lower-case hexadecimal digits."""
    if not MAC.fullmatch(text):
        return None
    found = _NO_HEX.sub("", text.lower())
    if int(found[1], 16) & 1 or found.startswith(SHARED_MACS) or len(set(found)) < 4:
        return None
    return found


UUID = expression(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.I)


def uuid(text: str) -> str | None:
    """A UUID in lower case without hyphens (RFC 9562); nil, max and counted-up ones are refused."""
    match = UUID.fullmatch(text.strip())
    if match is None:
        return None
    found = "".join(match.groups()).lower()
    return found if len(set(found)) >= 6 and found not in "0123456789abcdef" * 3 else None


def identifier(text: str) -> str | None:
    """An identifier specific enough for one device: 8 to 64 letters and digits, among them 4 digits or more.

    Dates, versions and values of few different characters are refused.
    """
    found = text.strip().strip("{}")
    bare = re.sub(r"[-_:.]", "", found)
    if not (8 <= len(bare) <= 64 and bare.isascii() and bare.isalnum()):
        return None
    if (
        sum(c.isdigit() for c in bare) < 4
        or len(set(bare.lower())) < 4
        or re.fullmatch(r"\d{1,3}(\.\d{1,5}){2,}", found)
    ):
        return None
    if re.fullmatch(r"(?:19|20)\d\d[-.]?[01]\d[-.]?[0-3]\d", found) or (bare.isdigit() and _is_sequence(bare)):
        return None
    return bare.lower()


DEGREES = expression(r"[+-]?\d{1,3}\.\d{3,15}")
"""Degrees with three decimals or more, 110 metres of latitude: fewer decimals give a town."""


def degrees(text: str, most: int) -> str | None:
    """A precise coordinate of at most ``most`` degrees, cut to four decimals (11 m); 0.000 counts as unset."""
    if not DEGREES.fullmatch(text.strip()):
        return None
    value = float(text)
    if abs(value) > most or abs(value) < 0.001:
        return None
    return f"{value:.4f}"


PAIR = expression(r"\(?\s*([+-]?\d{1,2}\.\d{3,15})\s*[,; ]\s*([+-]?\d{1,3}\.\d{3,15})\s*\)?")


def coordinates(text: str) -> str | None:
    """A pair of latitude and longitude in one value."""
    match = PAIR.fullmatch(text.strip())
    if match is None:
        return None
    first, second = degrees(match[1], 90), degrees(match[2], 180)
    return f"{first},{second}" if first and second else None


NUMBER = expression(r"\d{1,6}(?:\.\d{1,6})?")


def health_reading(text: str) -> str | None:
    """A reading: a number above zero."""
    found = text.strip()
    return found if NUMBER.fullmatch(found) and float(found) > 0 else None


PERSON = expression(r"[^\W\d_][^\W\d_'’.\-]{0,39}(?:[ '’.\-]{1,2}[^\W\d_][^\W\d_'’.\-]{0,39}){0,4}\.?")

PLACEHOLDER_WORDS = frozenset(
    {
        "null", "none", "nil", "true", "false", "undefined", "unknown", "test", "user", "admin", "guest",
        "anonymous", "default", "name", "string", "text", "object", "function", "required", "optional", "n", "na",
        "first", "last", "required field", "john doe", "jane doe", "n/a", "yes", "no", "on", "off", "root", "system",
        "localhost",
    }
)  # fmt: skip
"""Placeholder words that are no names."""


def person_name(text: str) -> str | None:
    """One to five words of letters, one of them of at least two; no placeholder."""
    found = " ".join(text.split())
    if not 2 <= len(found) <= 80 or not PERSON.fullmatch(found) or found.lower() in PLACEHOLDER_WORDS:
        return None
    return found.lower() if any(len(word) > 1 for word in found.split()) else None


def account_name(text: str) -> str | None:
    """A user's name or number in a service: 3 to 64 characters without blanks, no placeholder."""
    found = text.strip().lower()
    if not re.fullmatch(r"[\w.@+\-|:]{3,64}", found) or found in PLACEHOLDER_WORDS or len(set(found)) < 3:
        return None
    return found if not found.isdigit() or len(found) >= 4 else None


def postal_address(text: str) -> str | None:
    """A street with a number, or a postal code."""
    found = " ".join(text.split())
    if re.fullmatch(r"[A-Z]{0,2}-?\d{4,6}(?:-\d{4})?|[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}", found):
        return found.lower() if len(set(found)) > 1 else None
    shaped = 5 <= len(found) <= 100 and re.search(r"\d", found) and re.search(r"[^\W\d_]{3}", found)
    return found.lower() if shaped and not re.search(r"[<>{}=@/\\]", found) else None


def ssid(text: str) -> str | None:
    """A network's name: 1 to 32 bytes (IEEE 802.11 9.4.2.2), printable, no placeholder."""
    found = text.strip()
    if (
        not 1 <= len(found.encode("utf-8", "replace")) <= 32
        or not found.isprintable()
        or re.search(r"[<>{}()$;]|%[sd]", found)
    ):
        return None
    return found if found.lower() not in PLACEHOLDER_WORDS | {"ssid", "any", "0", "1", "hidden", "*"} else None


def is_ip_address(text: str) -> bool:
    """Whether text is an IP address, which is neither an account nor a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
