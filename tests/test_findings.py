"""Findings fold: counted, later knowledge kept, bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sensor.catalogue import Message
from sensor.findings import FRAMES, LISTED, SIBLINGS, Ledger, finding_id, join_fresh_tokens
from sensor.model import Endpoint, Finding, Severity


def finding(
    *identity: object, time: int = 1, frames: tuple[int, ...] = (1,), secret: bool = False, **detail: Any
) -> Finding:
    return Finding(
        rule="credential.cleartext", severity=Severity.HIGH, device="d", peer_device=None, role="server",
        capability=None, provisions=(),
        client=Endpoint.parse("192.0.2.1:1"), server=Endpoint.parse("192.0.2.2:21"), protocol="ftp", time=time,
        last_time=time, frames=frames, message=Message("update.check", {"at": time}),
        detail=detail, identity=identity, has_secret=secret,
    )  # fmt: skip


def test_repeats_fold() -> None:
    ledger = Ledger()
    ledger.add_all(
        [finding("a", time=5, frames=(5,), bytes=10), finding("a", time=9, frames=(9, 5), bytes=7), finding("b")]
    )
    first, second = ledger
    assert (first.count, first.time, first.last_time, first.frames, first.detail["bytes"]) == (2, 5, 9, (5, 9), 17)
    assert second.count == 1


def test_a_repeat_that_knows_more_is_believed() -> None:
    ledger = Ledger()
    ledger.add_all(
        [
            finding("a", accepted=None, basis=None),
            finding("a", time=2, accepted=True, basis="230 after PASS"),
            finding("a", accepted=False),
        ]
    )
    (only,) = ledger
    assert (
        only.detail["accepted"] is True
        and only.detail["basis"] == "230 after PASS"
        and only.message.parameters == {"at": 2}
    )


def test_a_cookie_that_was_set_and_is_sent_is_one_login() -> None:
    ledger = Ledger()
    ledger.add_all([finding("a", served=True), finding("a", time=2), finding("a", served=True, time=3)])
    (only,) = ledger
    assert "served" not in only.detail
    assert (only.count, only.message.parameters) == (3, {"at": 2})


def test_examples_grow_to_a_bound() -> None:
    ledger = Ledger()
    ledger.add_all(finding("a", values=[f"v{n}", "again"]) for n in range(40))
    (only,) = ledger
    assert only.detail["values"][:3] == ["v0", "again", "v1"] and len(only.detail["values"]) == LISTED


def test_secrets_made_anew_for_each_request_have_examples() -> None:
    ledger = Ledger()
    ledger.add_all(finding("token", f"fingerprint {n}", secret=True) for n in range(SIBLINGS + 100))
    assert len(ledger) == SIBLINGS
    assert sum(one.count for one in ledger) == SIBLINGS + 100
    assert list(ledger)[-1].detail["more_secrets"] == 100


def test_the_ledger_is_bounded() -> None:
    ledger = Ledger(10)
    ledger.add_all(finding(n) for n in range(25))
    assert len(ledger) == 10 and ledger.overflow == 15


def test_a_flood_of_one_device_hides_nothing_of_another() -> None:
    """Who is first does not keep others out: a severe finding displaces a slight one, few findings some of many."""
    ledger = Ledger(10)
    ledger.add_all(replace(finding(n), device="forger") for n in range(25))
    ledger.add(replace(finding("camera"), device="camera"))
    assert len(ledger) == 10 and ledger.overflow == 16
    assert [one.device for one in ledger].count("camera") == 1
    ledger.add(replace(finding("worse"), device="forger", severity=Severity.CRITICAL))
    assert len(ledger) == 10 and max(one.severity for one in ledger) is Severity.CRITICAL
    assert "camera" in {one.device for one in ledger}
    for n in range(100, 200):
        ledger.add(replace(finding(n), device="forger", severity=Severity.CRITICAL))
    assert "camera" in {one.device for one in ledger} and len(ledger) == 10


def test_evidence_is_bounded() -> None:
    ledger = Ledger()
    ledger.add_all(finding("a", frames=(n,)) for n in range(1, 10 * FRAMES))
    (only,) = ledger
    assert only.frames == tuple(range(1, FRAMES + 1))


def test_ids_are_the_same_for_the_same_capture_and_differ_between_findings() -> None:
    assert finding_id("r1", finding("a")) == finding_id("r1", finding("a"))
    assert (
        len(
            {
                finding_id("r1", finding("a")),
                finding_id("r2", finding("a")),
                finding_id("r1", finding("a", frames=(2,))),
            }
        )
        == 3
    )


def sent_token(secret: str, **more: Any) -> Finding:
    found = finding("auth", secret, secret=True, mechanism="token", name="auth", accepted=None, **more)
    found.role = "client"
    return found


def test_a_token_that_a_device_makes_anew_for_each_request_is_one_challenge() -> None:
    ledger = Ledger()
    fixed = [finding("sso", "always the same", secret=True, mechanism="token", name="sso") for _ in range(9)]
    ledger.add_all([*(sent_token(f"fingerprint {n}") for n in range(40)), *fixed])
    anew, same = join_fresh_tokens(ledger)
    assert len(ledger) == SIBLINGS + 1  # the ledger itself stays as it is: a live run asks it again
    assert (anew.rule, anew.severity, anew.count) == ("credential.challenge", Severity.LOW, 40)
    assert anew.detail["made_anew"] and anew.detail["more_secrets"] == 39
    assert (same.rule, same.severity, same.count) == ("credential.cleartext", Severity.HIGH, 9)


def test_the_tokens_of_one_client_are_joined_and_those_of_several_are_not() -> None:
    for hosts, count in ((("192.0.2.7",) * 5, 1), (("192.0.2.7", "192.0.2.8", "192.0.2.9") * 2, 6)):
        ledger = Ledger()
        for n, host in enumerate(hosts):
            found = sent_token(f"fingerprint {n}")
            found.role, found.client = "server", Endpoint.parse(f"{host}:{4000 + n}")
            ledger.add(found)
        assert len(join_fresh_tokens(ledger)) == count


def test_tokens_of_different_paths_are_each_a_secret() -> None:
    ledger = Ledger()
    for n in range(6):
        found = sent_token(f"fingerprint {n}")
        found.detail["scheme"] = "path"
        ledger.add(found)
    assert [one.rule for one in join_fresh_tokens(ledger)] == ["credential.cleartext"] * 6


def test_tokens_that_are_used_again_or_taken_are_secrets() -> None:
    ledger = Ledger()
    ledger.add_all(sent_token(f"fingerprint {n}") for n in (0, 0, 1, 1, 2, 2, 3, 3))
    used = join_fresh_tokens(ledger)
    assert {one.rule for one in used} == {"credential.cleartext"} and len(used) == 4
    taken = Ledger()
    for n in range(8):
        found = sent_token(f"fingerprint {n}")
        found.detail["accepted"] = True
        taken.add(found)
    kinds = [one.rule for one in join_fresh_tokens(taken)]
    assert kinds == ["credential.cleartext"] * 8
