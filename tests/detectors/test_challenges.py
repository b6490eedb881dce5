"""Strength of challenge-response schemes: every scheme of the parsers has a row with its source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sensor.parsing
import sensor.protocols
from sensor.detectors._challenges import SCHEMES, Strength, scheme_of, strength_of
from sensor.parsing.credentials import credential
from sensor.protocols import ipmi, isakmp, mysql, tacacs

SOURCES = sorted(path for room in (sensor.protocols, sensor.parsing) for path in Path(room.__path__[0]).rglob("*.py"))

MADE = (
    *("sofia-md5", "dahua-md5", "baichuan-md5", "baichuan-nonce"),
    *(f"digest-{name}{session}" for name in (*credential.ALGORITHMS, "other") for session in ("", "-sess")),
    *credential.SIGNED,
    "aws4-hmac-sha256",
    *(name for number, name in ipmi.SCHEMES_1_5.items() if number != ipmi.STRAIGHT_PASSWORD),
    *(f"ikev1-psk-{name}" for name in (*isakmp.HASHES.values(), "hash")),
    *mysql.PREFIXES,
    *(name for kind, name in tacacs.SCHEMES.items() if kind not in (tacacs.ASCII, tacacs.PAP)),
    *(
        f"krb5-{message}-etype{kind}"
        for message in ("as-req", "as-rep", "tgs-rep")
        for kind in (1, 3, 17, 18, 19, 20, 23, 24)
    ),
    *("cram-md5", "digest-md5", "scram-sha-1", "scram-sha-1-plus", "scram-sha-256", "scram-sha-512"),
    *("radius-pap", "radius-chap", "mschap", "mschapv2", "chap", "eap-md5", "eap-mschapv2", "leap"),
    *("gg32", "sha1", "lm", "ntlmv1", "ntlmv2", "iq-digest", "hnap", "wemo/wifi", "xdm-authorization-1"),
    *("nkey", "share"),
    *(f"{where}-hash" for where in ("form", "json", "xml", "query", "multipart", "syslog", "settings")),
    *(f"ios-{form}" for form in range(1, 10)),
)  # fmt: skip
"""Names that parsers put together; their tables are read where they have one."""


def constants() -> set[str]:
    """Schemes that stand beside ``clear=False`` in the parsers' own words."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = {word.arg: word.value for word in node.keywords if word.arg}
            if node.func.id == "Credential":
                given |= dict(zip(("mechanism", "username", "secret", "scheme", "clear"), node.args, strict=False))
            hidden, name = given.get("clear"), given.get("scheme")
            if isinstance(hidden, ast.Constant) and hidden.value is False and isinstance(name, ast.Constant):
                found.add(str(name.value))
    return found - {""}


@pytest.mark.parametrize("name", sorted({*MADE, *constants()}))
def test_each_is_judged(name: str) -> None:
    assert scheme_of(name) is not None


def test_the_parsers_were_read() -> None:
    assert constants() >= {"vnc", "apop", "snmpv3-usm", "hnap", "wsse", "o5logon", "rsync"}


def test_each_row_has_a_source_and_is_reached() -> None:
    for row in SCHEMES:
        assert "(" in row.why and len(row.why) > 15
        assert any(scheme_of(name) is row for name in {*MADE, *constants()}), row.why


@pytest.mark.parametrize(
    ("name", "want"),
    [
        # RFC 6143 7.2.2, RFC 2759 8.5: single DES; RFC 5802 5.1: at least 4096 rounds;
        # RFC 2195, RFC 7616: one hash or three.
        ("vnc", Strength.BROKEN),
        ("eap-mschapv2", Strength.BROKEN),
        ("cram-md5", Strength.FAST),
        ("digest-sha-256", Strength.FAST),
        ("krb5-tgs-rep-etype23", Strength.FAST),
        ("krb5-tgs-rep-etype18", Strength.SLOW),
        ("scram-sha-256-plus", Strength.SLOW),
        ("digest-akav1-md5", Strength.SLOW),
        ("ios-7", Strength.BROKEN),
        ("ios-5", Strength.SLOW),
        ("ios-4", Strength.FAST),
        ("something new", Strength.FAST),
    ],
)
def test_how_strong(name: str, want: Strength) -> None:
    assert strength_of(name) is want


def test_severities_follow_the_strength() -> None:
    assert Strength.BROKEN.value > Strength.FAST.value > Strength.SLOW.value
