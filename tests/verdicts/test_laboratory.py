"""A laboratory's sessions and results, what does not apply, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sensor.verdicts.facts import parse, read_facts
from sensor.verdicts.laboratory import Laboratory

DEVICE = '[[device]]\nid = "x"\n'
RESULT = DEVICE + '[[device.result]]\nprovision = "5.1-5"\noutcome = "pass"\nby = "A"\ndate = 2026-05-02\n'
SESSION = '[[lab.session]]\nis = "boot"\nfrom = 2026-05-01T09:00:00Z\nuntil = 2026-05-01T10:00:00Z\n'
NINE = 1_777_626_000 * 1_000_000_000
"""2026-05-01T09:00:00Z."""
HOUR = 3600 * 1_000_000_000


def test_the_laboratory_and_its_interceptor() -> None:
    text = '[lab]\nname = "Example Test House"\norder = "2026-117"\ninterception_ca = "mitmproxy"\n'
    assert parse(text, "lab.toml").lab == Laboratory("Example Test House", None, "2026-117", None, "mitmproxy")
    digest = "AB:" * 31 + "cd"
    assert parse(f'[lab]\ninterception_ca = "{digest}"\n', "lab.toml").lab.interception_ca == "ab" * 31 + "cd"
    assert parse("", "lab.toml").lab == Laboratory()


def test_a_session_counts_where_all_of_it_was_heard() -> None:
    lab = parse(SESSION, "lab.toml").lab
    assert lab.sessions_within(NINE, NINE + HOUR) == {"boot"}
    assert lab.sessions_within(NINE + 1, NINE + HOUR) == lab.sessions_within(NINE, NINE + HOUR - 1) == frozenset()
    assert Laboratory().sessions_within(0, NINE) == frozenset()


def test_a_result_with_the_digest_of_its_evidence(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(b"60 wrong passwords")
    path = tmp_path / "lab.toml"
    path.write_text(f'{RESULT}case = "5.1-5-1"\nevidence = "log.txt"\nnote = "locked after 10"\n')
    facts = read_facts(path)
    result = facts.devices["x"].results[0]
    assert (result.provision, result.case, result.outcome, result.line) == ("5.1-5", "5.1-5-1", "pass", 3)
    assert result.sha256 == hashlib.sha256(b"60 wrong passwords").hexdigest()
    (tmp_path / "log.txt").unlink()
    assert parse(facts.source, "lab.toml").devices["x"].results == facts.devices["x"].results


def test_numbers_of_either_edition_are_one_provision() -> None:
    facts = parse(DEVICE + 'not_applicable = {"5.3-14" = "not constrained", "5.3-4" = "no updates"}\n', "lab.toml")
    assert facts.devices["x"].not_applicable == {"5.3-14": "not constrained", "5.3-4A": "no updates"}


def test_hardware_serial_and_sample_are_of_the_device() -> None:
    text = f'{DEVICE}hardware = "rev B"\nserial = "SN-1"\nsample = "A"\n[lab]\nname = "T"\n'
    facts = parse(text, "lab.toml").devices["x"]
    assert (facts.hardware, facts.serial, facts.sample, facts.lab.name) == ("rev B", "SN-1", "A", "T")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (RESULT.replace("5.1-5", "5.1-55"),
         "lab.toml:4: provision: '5.1-55' is no provision of the standards map; did you mean 5.1-5?"),
        (RESULT.replace("pass", "passed"),
         "lab.toml:5: outcome: 'passed' is not one of pass, fail, inconclusive; did you mean pass?"),
        (RESULT.replace("by =", "bye ="), "lab.toml:6: unknown key 'bye' in result"),
        (RESULT + 'evidence = "no.pcapng"\n', "lab.toml:8: evidence: no.pcapng is not enclosed in these facts"),
        (DEVICE + 'not_applicable = {"9.9" = "x"}',
         "lab.toml:3: not_applicable: '9.9' is no provision of the standards map"),
        (DEVICE + 'not_applicable = {"5.3-14" = ""}', "lab.toml:3: not_applicable: 5.3-14: must be a text, the reason"),
        (DEVICE + 'not_applicable = "5.3-14"', "lab.toml:3: not_applicable must be a table"),
        (SESSION.rpartition("until")[0], "lab.toml:1: session needs until"),
        (SESSION.replace("boot", "booting"), "lab.toml:2: is: 'booting' is not one of boot, set_up"),
        (SESSION.replace("T10:", "T09:"), "lab.toml:4: a session must end after its beginning"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_file_and_line(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"lab\.toml") as caught:
        parse(text, "lab.toml")
    assert str(caught.value).startswith(complaint)


def test_an_authority_that_is_no_digest_stays_as_it_is_written() -> None:
    for given in ("Office:Proxy", "ab" * 31, "AB:" * 32):
        assert parse(f'[lab]\ninterception_ca = "{given}"\n', "lab.toml").lab.interception_ca == given
