"""Learned signatures: their file is checked, and they count like the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.devices.signatures.learned import LearnedDevice, Sign, read_learned
from sensor.devices.signatures.matcher import Signatures

DEVICE = '[[device]]\nname = "Kettle"\ncaptures = 2\nothers = 3\n'
SIGN = '[[device.sign]]\nfield = "dns.name"\npattern = "^a$"\nexample = "a"\nseen = 2\nbeside = 0\n'


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (DEVICE + SIGN + DEVICE, "is there twice"),
        (DEVICE + SIGN.replace('example = "a"', 'example = "b"'), "the pattern does not take 'b'"),
        (DEVICE + SIGN.replace("^a$", "(a+)+$"), "the pattern"),
        (DEVICE + SIGN.replace("dns.name", "dns.nane"), "did you mean dns.name?"),
        (DEVICE + SIGN.replace("seen = 2", "seen = 3"), "more often"),
        (DEVICE + SIGN.replace("seen = 2", "seen = -1"), "whole number"),
        (DEVICE + 'category = "ketle"\n', "there is no 'ketle'"),
        (DEVICE + SIGN * 65, "more than 64"),
        ("[[kettle]]\n", "unknown key"),
        ("name =", "own.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"own\.toml") as refused:
        read_learned(path)
    assert wrong in str(refused.value)


def test_a_learned_sign_matches_beside_the_shipped_ones() -> None:
    kettle = LearnedDevice("Kettle", None, "appliance", 2, 3, (Sign("tls.ja4", "^t13$", "t13", 2, 0),))
    tables = Signatures(learned=(kettle,))
    assert {(one.kind, one.value) for one in tables.match("tls.ja4", "t13")} == {
        ("category", "appliance"), ("model", "Kettle"),
    }  # fmt: skip
    assert Signatures().match("tls.ja4", "t13") == ()
