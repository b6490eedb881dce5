"""Refusals in SOAP faults and JSON results, and results that are none."""

from __future__ import annotations

import pytest

from sensor.events import Access, Login
from sensor.parsing.credentials.refusals import fault, hands_out_key, is_challenge, json_refusal, refusal
from sensor.protocols.http import Http
from tests.conversation import C, S, converse, events


def soap_fault(value: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender'
        f"</s:Value><s:Subcode><s:Value>{value}</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>"
    ).encode()


@pytest.mark.parametrize("value", ["ter:NotAuthorized", "ter:SenderNotAuthorized", "wsse:FailedAuthentication"])
def test_a_fault_about_the_login_refuses_it(value: str) -> None:
    assert fault(soap_fault(value)) == (True, value.partition(":")[2])


def test_a_fault_about_something_else_does_not() -> None:
    assert fault(soap_fault("ter:ActionNotSupported")) == (True, None)
    assert fault(b"<html/>") == (False, None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"success": false}', '"success": false'),
        (b'{"result":false,"id":1}', '"result": false'),
        (b'{"code":1,"msg":"bad"}', '"code": 1'),
        (b'{"error_code":-40401}', '"error_code": -40401'),
        (b'[{"cmd":"Login","code":1,"error":{"rspCode":-7}}]', '"error"'),
        (b'{"status":"failed"}', '"status": "failed"'),
        (b'{"code":0}', None),
        (b'{"code":200}', None),
        (b'{"code":1,"msg":"success"}', None),
        (b'{"success":true,"code":7}', None),
        (b'{"error":null,"token":"x"}', None),
        (b"{", None),
        (b"<html>failed</html>", None),
        (b"", None),
    ],
)
def test_json_results(body: bytes, words: str | None) -> None:
    assert json_refusal(body) == words


def exchange(body: bytes, answer: bytes, status: str = "200 OK", kind: str = "application/json") -> list[Login]:
    request = b"POST /login HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
    return events(converse(Http, [(C, request + body), (S, head + answer)]), Login)


LOGIN = b'{"user":"anna","password":"sesame"}'


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
def test_a_login_is_refused_under_any_status(status: str) -> None:
    (login,) = exchange(LOGIN, b'{"success":false}', status)
    assert (login.accepted, login.basis) == (False, '"success": false with this login')


def test_a_status_that_asks_for_a_login_stays_the_basis_of_a_contrast() -> None:
    assert [e.accepted for e in exchange(LOGIN, b'{"success":false}', "401 Unauthorized")] == [None]


def test_success_and_html_prove_nothing() -> None:
    assert [e.accepted for e in exchange(LOGIN, b'{"success":true}')] == [None]
    assert [e.accepted for e in exchange(LOGIN, b"<html>wrong password</html>", kind="text/html")] == [None]


def test_the_first_step_of_a_challenge_is_no_login() -> None:
    first = b'{"method":"global.login","params":{"userName":"admin","password":""}}'
    answer = b'{"error":{"code":268632079},"params":{"random":"1","realm":"Login to x"},"result":false}'
    assert is_challenge(answer)
    assert exchange(first, answer) == []
    assert [e.accepted for e in exchange(first, b'{"result":false}')] == [False]


HUE = b'{"devicetype":"app#phone"}'


def use(body: bytes, answer: bytes, kind: str = "application/json", path: bytes = b"/api") -> list[Access]:
    request = b"POST %b HTTP/1.1\r\nHost: c\r\nContent-Length: %d\r\n\r\n" % (path, len(body))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
    return events(converse(Http, [(C, request + body), (S, head + answer)]), Access)


@pytest.mark.parametrize(
    ("answer", "granted"),
    [
        # Philips Hue: the button on the bridge was not pressed; then it was, and the bridge hands out a key.
        (b'[{"error":{"type":101,"address":"/","description":"link button not pressed"}}]', False),
        (b'[{"error":{"type":7}},{"error":{"type":6}}]', False),
        (b'[{"success":{"username":"83b7780291a6ceffbe0bd049104df"}}]', None),
        # TP-Link: the code stands beside the result of the command.
        (b'{"system":{"set_relay_state":{"err_code":-3,"err_msg":"invalid argument"}}}', False),
        (b'{"system":{"set_relay_state":{"err_code":0}}}', True),
        (b'{"success":false}', False),
        (b'{"token":"0123456789abcdef"}', None),
        (b'[{"success":{"/lights/1/state/on":true}}]', True),
        (b'{"on":true}', True),
    ],
)
def test_200_is_no_grant(answer: bytes, granted: bool | None) -> None:
    assert [event.granted for event in use(HUE, answer)] == [granted]


@pytest.mark.parametrize(
    ("result", "granted"), [("failed", False), ("ERROR", False), ("UNAUTHORIZED", False), ("OK", True)]
)
def test_results_of_hnap(result: str, granted: bool) -> None:
    answer = f"<s:Envelope><s:Body><SetX><SetXResult>{result}</SetXResult></SetX></s:Body></s:Envelope>".encode()
    assert [event.granted for event in use(b"x", answer, "text/xml", b"/HNAP1/")] == [granted]


def test_a_deep_answer_is_looked_at_to_a_bound() -> None:
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    assert refusal(deep) is None and not hands_out_key(deep)
    assert refusal(b'{"a":{"b":{"c":{"d":{"err_code":-1}}}}}') is None


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"token": "12345678"}', True),
        (b'{"token": "1234567"}', False),
        (b'{"token": 12345678}', False),
        (b'[{"success": {"username": "abc"}}]', True),
        (b'[{"success": {"username": 7}}]', False),
        (b'[{"success": true}]', False),
        (b'{"name": "12345678"}', False),
        (b"no json", False),
    ],
)
def test_an_answer_that_hands_out_a_key(body: bytes, key: bool) -> None:
    assert hands_out_key(body) is key


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": true}', '"error"'),
        (b'{"error": false, "x": 1}', None),
        (b'{"error": ""}', None),
        (b'{"error": {}}', None),
        (b'{"error": {"type": 1}}', '"error"'),
        (b'{"error": "ok"}', None),
        (b'{"error": "no access"}', '"error"'),
        (b'{"error": 0}', None),
        (b'{"code": true}', None),
        (b'{"code": 299}', None),
        (b'{"code": 300}', '"code": 300'),
        (b'{"code": 199}', '"code": 199'),
        (b'{"result": "success"}', None),
    ],
)
def test_what_an_error_is(body: bytes, words: str | None) -> None:
    assert json_refusal(body) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"answer": {"success": false}}', '"success": false'),
        (b'{"answer": {"Success": false}}', '"Success": false'),
        (b'{"answer": {"success": true}}', None),
        (b'{"answer": {"successful": false}}', None),
        (b'{"answer": {"other": false}}', None),
    ],
)
def test_results_within_results(body: bytes, words: str | None) -> None:
    assert refusal(body) == words


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<errorCode>606</errorCode>", "606"),
        ("<errorCode>605</errorCode>", None),
        ("<errorDescription>606</errorDescription>", None),
    ],
)
def test_upnp_refuses_by_its_code(inside: str, words: str | None) -> None:
    """UPnP Device Architecture 2.0 §3.2.2."""
    error = f"<s:Fault><detail><UPnPError>{inside}</UPnPError></detail></s:Fault>"
    data = f"<s:Envelope xmlns:s='x'><s:Body>{error}</s:Body></s:Envelope>"
    assert fault(data.encode()) == (True, words)
    outside = f"<s:Envelope xmlns:s='x'><s:Body><Answer>{inside}</Answer></s:Body></s:Envelope>"
    assert fault(outside.encode()) == (False, None)


def test_what_a_fault_says_is_cut() -> None:
    found, words = fault(soap_fault("wsse:FailedAuthentication" + "x" * 300))
    assert found and (words is None or len(words) <= 100)


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b'[{"error":{"type":7}}]', True), (b'[{"error":{"type":7}},{"error":{"type":6}}]', True),
        (b'[{"error":{"type":7}},{"success":{"/lights/1/state/on":true}}]', False),
        (b'[{"success":{"/lights/1/state/on":true}},{"error":{"type":7}}]', False),
        (b'[{"error":{"type":7}},7]', False), (b"[]", False), (b"[7]", False),
    ],
)  # fmt: skip
def test_a_request_is_refused_where_all_of_its_parts_are(body: bytes, refused: bool) -> None:
    assert (refusal(body) is not None) is refused
