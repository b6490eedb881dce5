"""What may be shown of a secret."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from sensor.model import Secret
from sensor.vault import MaskedValues, Vault, key_label, load_key

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("value", "mask", "length"),
    [
        ("", "", "<8"),
        ("1234567", "", "<8"),
        ("12345678", "", "8-11"),
        ("12345678901", "", "8-11"),
        ("zwölfzeichen", "z", "12-15"),
        ("1234567890123456", "1", "16+"),
    ],
)
def test_mask_and_length(value: str, mask: str, length: str) -> None:
    shown = Vault(KEY).shown(Secret(value))
    assert shown is not None
    assert (shown["mask"], shown["length"]) == (mask, length)
    assert set(shown) == {"mask", "length", "fingerprint"}


def test_fingerprints_are_equal_for_equal_secrets_under_one_key_only() -> None:
    one, two = Vault(KEY), Vault(bytes(32))
    assert one.fingerprint(b"canary-of-a-test") == one.fingerprint(b"canary-of-a-test")
    assert one.fingerprint(b"canary-of-a-test") != one.fingerprint(b"canary-of-a-tesu")
    assert one.fingerprint(b"canary-of-a-test") != two.fingerprint(b"canary-of-a-test")


def test_fingerprints_that_cannot_be_compared_differ_visibly() -> None:
    """The label is the key's own, so that two installations are told apart at a glance."""
    labels = {Vault(bytes([number]) * 32).fingerprint(b"canary-of-a-test").partition(":")[0] for number in range(40)}
    assert len(labels) > 35 and all(re.fullmatch("k[0-9a-f]{3}", one) for one in labels)
    assert Vault(KEY).label == key_label(KEY) == Vault(KEY).fingerprint(b"x")[:4]


def test_a_state_of_before_goes_on_under_the_keys_label() -> None:
    vault = Vault(KEY)
    now = vault.fingerprint(b"canary-of-a-test")
    before = "k1:" + now.partition(":")[2]
    state = {"secret": {"fingerprint": before}, "list": [("k1:short", before, 3, None)]}
    assert vault.relabelled(state) == {"secret": {"fingerprint": now}, "list": [("k1:short", now, 3, None)]}


def test_the_value_is_shown_only_when_revealed() -> None:
    shown = Vault(KEY, reveal=True).shown(Secret(b"caf\xe9-latin-one"))
    assert shown is not None and shown["value"] == "caf\\xe9-latin-one"


def test_no_secret_is_null_and_blank() -> None:
    assert Vault(KEY).shown(None) is None
    assert Vault.is_blank(None) and Vault.is_blank(Secret("")) and not Vault.is_blank(Secret(" "))


def test_a_secret_has_no_readable_form() -> None:
    secret = Secret("canary-of-a-test")
    for text in (repr(secret), str(secret), f"{secret}", repr([secret])):
        assert "canary" not in text
    assert (
        secret == Secret("canary-of-a-test")
        and secret != Secret("other")
        and len({secret, Secret("canary-of-a-test")}) == 1
    )


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "key"
    key = load_key(path)
    assert len(key) == 32 and load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_cannot_be_written_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        load_key(tmp_path / "file" / "key")


def test_what_was_seen_is_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(KEY)
    assert vault.seen is None
    vault.seen = MaskedValues()
    monkeypatch.setattr("sensor.vault.SEEN_VALUES", 2)
    for value in ("one", "two", "one", "three"):
        vault.shown(Secret(value))
    assert list(vault.seen.values.values()) == [b"one", b"three"] and vault.seen.forgotten == 1
    monkeypatch.setattr("sensor.vault.SEEN_BYTES", 6)
    vault.shown(Secret("four"))
    assert list(vault.seen.values.values()) == [b"four"]
