"""How the outcome of a login is known: the basis in a record as a message, in a language."""

from __future__ import annotations

from sensor.catalogue import LANGUAGES, Message, worded
from sensor.lazy_pattern import expression

LONGEST = 400
"""Characters of a basis that are taken apart: a record of another program may hold any text."""

FORMS = (
    ("basis.nothing", expression("the other end sent nothing")),
    ("basis.agent", expression("agent answered a request with it")),
    ("basis.contrast_resource", expression("(?P<refused>.+) without, (?P<accepted>.+) with, same resource")),
    ("basis.contrast_operation", expression("(?P<refused>.+) without, (?P<accepted>.+) with, same operation")),
    ("basis.contrast_login", expression("(?P<refused>.+) with another login, (?P<accepted>.+) with, same resource")),
    ("basis.contrast_call", expression("(?P<refused>.+) with another login, (?P<accepted>.+) with, same operation")),
    ("basis.this_login", expression("(?P<answer>.+) with this login")),
    ("basis.no_password", expression("shell prompt without a password")),
    ("basis.guest", expression("(?P<answer>.+) as guest")),
    ("basis.in_answer", expression("(?P<answer>.+) in (?:the )?(?:answer|response)")),
    # What the server said stands before the last of these words.
    ("basis.after", expression("(?P<answer>.+) after (?P<request>.+)")),
    ("basis.to", expression("(?P<answer>.+) to (?P<request>.+)")),
)
"""Message ids, and the texts that parsers and detectors give a basis. What fits none is the protocol's own word."""


def basis_message(basis: str) -> Message | None:
    """The message of a record's basis; None for what is a word of the protocol alone (``CONNACK 0``)."""
    for name, form in FORMS:
        found = form.fullmatch(basis[:LONGEST])
        if found is not None:
            return Message(name, found.groupdict())
    return None


def basis_text(basis: str, language: str = LANGUAGES[0]) -> str:
    """The basis of a record in a language; that of records has it as it is."""
    message = basis_message(basis) if language != LANGUAGES[0] and len(basis) <= LONGEST else None
    return basis if message is None else worded("basis", *message, language)
