"""Key logs as NSS and OpenSSL write them, and what is none."""

from __future__ import annotations

from sensor.parsing.keylog import MAX_SECRETS, KeyLog

GOOD = b"CLIENT_RANDOM " + b"0a" * 32 + b" " + b"0b" * 48


def test_other_lines_are_passed_over() -> None:
    log = KeyLog()
    log.add(b"# comment\nCLIENT_RANDOM 00 11\nrubbish \xff\n" + GOOD + b"\r\n")
    assert len(log) == 1 and log.secret(b"\n" * 32, b"CLIENT_RANDOM") == b"\x0b" * 48
    assert log.secret(bytes(32), b"CLIENT_RANDOM") is None and log.secret(b"\n" * 32, b"EXPORTER_SECRET") is None


def test_bounds() -> None:
    log = KeyLog()
    log.add(b"\n".join(b"CLIENT_RANDOM %064x " % number + b"0b" * 48 for number in range(MAX_SECRETS + 5)))
    assert len(log) == MAX_SECRETS and log.dropped == 5
