"""The routers' shared way of telling a secret: once, without padding, never an empty one, bounded."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Login
from sensor.model import Secret, Side
from sensor.parsing.credentials.group_secret import SECRETS, GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Parsed
from tests.conversation import C, converse


class Bare(GroupSecretParser):
    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        yield from self.report(cursor.rest(), "bare")


def test_a_secret_is_reported_once_without_padding() -> None:
    parsed = converse(Bare, [(C, b"cisco\0\0\0"), (C, b"cisco"), (C, bytes(8)), (C, b"other")])
    assert parsed == [
        Login(mechanism="password", username=None, secret=Secret(word), scheme="bare") for word in ("cisco", "other")
    ]


def test_bounded() -> None:
    parsed = converse(Bare, [(C, b"%d" % n) for n in range(SECRETS * 2)], damage=False)
    assert len(parsed) == SECRETS
