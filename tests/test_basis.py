"""The basis of a login as a message: English is what records have, German what a reader of that language has."""

from __future__ import annotations

import pytest

from sensor.basis import FORMS, basis_message, basis_text
from sensor.catalogue import worded
from tests.replaying import of, replayed
from tests.store.keeping import capture

CAPTURES = (
    "ftp_login",
    "http_basic",
    "imap",
    "irc",
    "ldap",
    "onvif",
    "pop3",
    "radius",
    "rlogin",
    "snmp",
    "socks5",
    "smb",
)


@pytest.mark.parametrize(
    ("basis", "german"),
    [
        ("530 after PASS", "530 auf PASS"),
        ("CONNACK 5 after CONNECT", "CONNACK 5 auf CONNECT"),
        ("'login incorrect' after password", "'login incorrect' auf das Passwort"),
        ("'asked after noon' after password", "'asked after noon' auf das Passwort"),
        ("asked again after password", "erneute Frage auf das Passwort"),
        ("401 with this login", "401 bei dieser Anmeldung"),
        (
            "401 without, 200 with, same resource",
            "ohne Anmeldung 401, mit ihr 200, bei derselben Ressource",
        ),
        (
            "401 with another login, 200 with, same operation",
            "mit einer anderen Anmeldung 401, mit dieser 200, bei derselben Operation",
        ),
        ("a fault without, 200 with, same operation", "ohne Anmeldung Fehler, mit ihr 200, bei derselben Operation"),
        ("Access-Accept to the request", "Access-Accept auf die Anfrage"),
        ("bindResponse 0 to an unauthenticated bind", "bindResponse 0 auf einen Bind ohne Anmeldung"),
        ("STATUS_SUCCESS as guest", "STATUS_SUCCESS als Gast"),
        ("usmStatsWrongDigests in answer", "usmStatsWrongDigests in der Antwort"),
        ("the other end sent nothing", "Die Gegenseite hat nichts geantwortet"),
        ("{answer} after {0.__class__}", "{answer} auf {0.__class__}"),
        ("STATUS_LOGON_FAILURE", "STATUS_LOGON_FAILURE"),
    ],
)
def test_a_basis_in_both_languages(basis: str, german: str) -> None:
    assert basis_text(basis) == basis and basis_text(basis, "de") == german


def test_what_our_captures_have_is_a_message_or_a_word_of_the_protocol() -> None:
    found = [one for name in CAPTURES for one in of(replayed(capture(name)), "finding")]
    bases = {basis for one in found if isinstance(basis := one["detail"].get("basis"), str)}
    assert len(bases) > 15
    for basis in bases:
        message = basis_message(basis)
        if message is None:
            # Nothing of an English sentence is left.
            assert not {"after", "with", "without", "in", "the", "sent", "same"} & set(basis.split()), basis
        elif message.id != "basis.in_answer":
            assert worded("basis", *message) == basis


def test_every_form_is_the_first_that_fits_its_own_text() -> None:
    for name, _ in FORMS:
        text = worded("basis", name, {"answer": "530", "request": "PASS", "refused": "401", "accepted": "200"})
        message = basis_message(text)
        assert message is not None and message.id == name


def test_a_text_of_any_length_is_only_shown() -> None:
    long = "after " * 10_000
    assert basis_text(long, "de") == long
