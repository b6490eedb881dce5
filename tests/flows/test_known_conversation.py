"""A connection that is compared with what was said goes on as a plain conversation where nobody remembers it."""

from __future__ import annotations

import io

from sensor.capture import open_capture
from sensor.flows.conversation import Conversation
from sensor.flows.known_conversation import KnownConversation
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.flows.connections import (
    ANSWER,
    Wire,
    both,
    poll,
)


def test_a_plain_conversation_goes_on_with_what_nobody_remembers() -> None:
    """Behind many different requests the next one is read without being compared any further."""
    wire = Wire()
    for number in range(60):
        wire.exchange(40000 + number, poll(f"{number:032x}"), ANSWER)
    wire.frames = wire.frames[:-3]
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(wire.pcap())) as capture:
        for block in capture:
            run.feed(block)
    *_, last = run.pipeline._conversations.live.values()
    assert isinstance(last, Conversation) and not isinstance(last, KnownConversation)
    both(wire.pcap())
