"""The narrow waist: the set of events is closed, none can show a secret or a payload by accident."""

from __future__ import annotations

from sensor import events
from sensor.events import Content, Event, Login, Transfer
from sensor.model import Secret, Side

CLOSED = {
    "Login", "Access", "Attribute", "Lookup", "Binding", "Network", "Handshake", "ServerName", "Transfer", "Content",
    "Weird",
}  # fmt: skip


def test_a_new_kind_of_event_is_a_change_of_design() -> None:
    """docs/design.md names them; who adds one changes that page and this set."""
    kinds = {
        name
        for name, value in vars(events).items()
        if isinstance(value, type) and issubclass(value, Event) and value is not Event
    }
    assert kinds == CLOSED


def test_the_text_of_an_event_holds_no_secret_and_no_payload() -> None:
    canary = "canary-of-a-test"
    told = (
        Login(mechanism="password", username="anna", secret=Secret(canary), scheme="basic"),
        Transfer(side=Side.CLIENT, application="http", data=canary.encode()),
        Content(side=Side.CLIENT, name="url", data=canary.encode()),
    )
    assert canary not in repr(told)
