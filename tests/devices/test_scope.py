"""Whose content is searched: not that of people's own devices, and of a new one not before it is known to be none."""

from __future__ import annotations

from sensor.devices.device import Device
from sensor.devices.scope import UNDECIDED, people, shown
from sensor.model import Claim, Finding, Severity
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.replaying import PCAPS, capture_in, open_capture


def device(name: str, category: str | None, confidence: float = 0.9, first: int = 1) -> Device:
    claim = Claim(category, confidence, ()) if category else None
    return Device(name, name, False, (), None, first, first, category=claim)


def finding(rule: str, who: str | None) -> Finding:
    return Finding(rule, Severity.LOW, who, None, None, None, (), None, None, "http", 1, 1, (1,), "", "")


def test_who_is_people() -> None:
    devices = [
        device("a", "phone"),
        device("b", "computer"),
        device("c", "camera"),
        device("d", "phone", 0.3),
        device("e", None),
    ]
    assert people(devices) == {"a", "b"}


def test_what_is_shown_of_them() -> None:
    devices = [device("a", "phone"), device("c", "camera"), device("e", None), device("new", None, first=UNDECIDED)]
    findings = [
        finding(rule, who)
        for rule in ("personal.email", "credential.cleartext")
        for who in ("a", "c", "e", "new", None)
    ]
    now = UNDECIDED + 5
    left = [(one.rule, one.device) for one in shown(findings, devices, now)]
    assert [who for rule, who in left if rule == "personal.email"] == ["c", "e", None]
    assert [who for rule, who in left if rule == "credential.cleartext"] == ["a", "c", "e", "new", None]
    # At the end nothing is undecided any more.
    assert [one.device for one in shown(findings, devices, 0) if one.rule == "personal.email"] == [
        "c",
        "e",
        "new",
        None,
    ]


def test_a_run_keeps_to_it() -> None:
    """The home's phone and computer.

    With `people` something personal is found at some device, without only at those that are nobody's own.
    """
    found = {}
    for each in (True, False):
        run = Run(Vault(bytes(32)), Options(people=each, strict=True))
        path = str(capture_in(PCAPS / "home"))
        with open_capture(path) as capture:
            for block in capture:
                run.feed(block)
                run.snapshot(path, [])
            result = run.finish(path, capture.link_types, None)
        own = people(result.devices)
        found[each] = {(one.rule, one.device) for one in result.findings.values() if one.rule.startswith("personal.")}
        if not each:
            assert not {who for _, who in found[False]} & own
    assert found[False] == {(rule, who) for rule, who in found[True] if who not in own}


def test_a_device_is_undecided_for_so_long_and_no_longer() -> None:
    one, mail = device("new", None, first=1000), [finding("personal.email", "new")]
    assert shown(mail, [one], 1000 + UNDECIDED - 1) == [] and shown(mail, [one], 1000 + UNDECIDED) == mail


def test_when_a_new_device_is_no_longer_undecided() -> None:
    new = device("new", None, first=1000)
    mail = finding("personal.email", "new")
    for now, there in ((1000, False), (1000 + UNDECIDED - 1, False), (1000 + UNDECIDED, True), (0, True)):
        assert bool(shown([mail], [new], now)) is there
    known = device("new", "camera", first=1000)
    assert shown([mail], [known], 1000) == [mail], "its kind is known"
    assert shown([mail], [device("new", "phone", first=1000)], 0) == []
