"""The times in the head of an HTTP answer, and that no event rests on them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.protocols.http import PROTOCOL, Http
from sensor.protocols.http.clock import clock
from tests.conversation import C, S, converse

DATE = b"Sun, 06 Nov 1994 08:49:37"  # RFC 9110 5.6.7
HEAD = b"HTTP/1.1 200 OK\r\nDate: " + DATE + b" GMT\r\nServer: lab\r\nexpires: " + DATE + b" GMT\r\n"
ANSWER = HEAD + b"Content-Length: 2\r\n\r\nok"


def test_the_protocol_names_its_clock() -> None:
    assert PROTOCOL.clock is clock


def test_times_of_the_head_are_found_by_their_places() -> None:
    assert [ANSWER[first:stop] for first, stop in clock(ANSWER)] == [DATE, DATE]
    assert clock(ANSWER)[0] == (23, 48)


@pytest.mark.parametrize(
    "data",
    [
        HEAD,  # its end is in a later segment: another line could follow
        b"GET / HTTP/1.1\r\nDate: " + DATE + b" GMT\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\r\nDate: " + DATE + b" GMT\r\n\r\n",  # in the body
        b"HTTP/1.1 200 OK\r\nDate: Sunday, 06-Nov-94 08:49:37 GMT\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: pin, 06 Nov 1994 08:49:37\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Date: " + DATE + b" GMT\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Expires: " + DATE + b" GMT\r\n\r\n",
    ],
    ids=["cut", "request", "body", "another form", "no zone", "another field", "in a cookie"],
)
def test_what_is_no_time_of_a_whole_head_is_compared(data: bytes) -> None:
    assert clock(data) == []


LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6)


@settings(deadline=None, max_examples=50)
@given(LETTERS, st.text("0123456789", min_size=12, max_size=12))
def test_no_event_rests_on_it(letters: str, digits: str) -> None:
    made = f"{letters[:3]}, {digits[:2]} {letters[3:]} {digits[2:6]} {digits[6:8]}:{digits[8:10]}:{digits[10:]}"
    asked = b"GET /state?token=0123456789abcdef HTTP/1.1\r\nHost: lab\r\n\r\n"
    other = ANSWER.replace(DATE, made.encode())
    assert clock(other) == clock(ANSWER)
    found = [converse(Http, [(C, asked), (S, one)], bytewise=False, damage=False) for one in (ANSWER, other)]
    assert found[0] == found[1]
    assert found[0]
