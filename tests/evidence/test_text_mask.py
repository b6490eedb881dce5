"""Words of the wire, masked: secrets and personal data are covered, the rest can be read."""

from __future__ import annotations

import pytest

from sensor.evidence import text_mask
from sensor.evidence.text_mask import COVER, LearningMask, TextMask
from sensor.model import Secret
from sensor.vault import Vault


def test_a_plain_path_stays() -> None:
    mask = TextMask()
    for path in ("/", "/cgi-bin/param.cgi", "/firmware/v1.2.3/update.bin", "/api/v1/devices", "/grüße"):
        assert mask.path(path) == path


def test_what_is_secret_or_personal_is_covered() -> None:
    mask = TextMask([b"Sommer-2019", b"hunter22"])
    assert mask.path("/login/hunter22/next") == f"/login/{COVER}/next"
    assert "ommer" not in mask.path("/x/Sommer-2019") and "2019" not in mask.path("/x/sommer-2019")
    assert "erika" not in mask.path("/users/erika.muster@mail.muster-verlag.de/photo")
    assert "k3Jd9xQ2" not in mask.path("/hook/k3Jd9xQ2mZ7pL1vB8tRw")
    assert "4a5b" not in mask.path("/4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c9d/state")


def test_percent_signs_hide_nothing() -> None:
    assert "%40mail" not in TextMask().path("/users/erika.muster%40mail.muster-verlag.de/photo")
    assert "hunter" not in TextMask([b"hunter22"]).path("/login/h%75nter22")


def test_a_name_may_be_random() -> None:
    mask = TextMask([b"hunter22"])
    assert mask.name("a1b2c3d4e5f6g7h8.cloud.example") == "a1b2c3d4e5f6g7h8.cloud.example"
    assert mask.name("hunter22.example") == f"{COVER}.example"


def test_too_many_secrets_cover_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_values: object) -> object:
        raise text_mask.TooManyValues

    monkeypatch.setattr(text_mask, "ValueIndex", refuse)
    assert TextMask([b"hunter22"]).name("www.example") == COVER


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        (b"abcd", "x.abcd.example", f"x.{COVER}.example"),
        # Three letters occur by chance.
        (b"abc", "x.abc.example", "x.abc.example"),
        (b"", "x.abc.example", "x.abc.example"),
    ],
)
def test_how_short_a_secret_is_covered_in_names(value: bytes, text: str, shown: str) -> None:
    assert TextMask([value]).name(text) == shown


def test_each_place_is_covered_and_what_stands_between_stays() -> None:
    mask = TextMask([b"hunter22", b"Sommer-2019"])
    assert mask.path("/a/hunter22/b/hunter22/c") == f"/a/{COVER}/b/{COVER}/c"
    assert mask.path("hunter22") == COVER and mask.path("") == ""
    assert mask.path("/grüße/hunter22/\udcff") == f"/grüße/{COVER}/\\xff"


def test_personal_data_is_covered_in_names_too() -> None:
    mask = TextMask()
    assert "erika" not in mask.name("erika.muster@mail.muster-verlag.de")
    assert mask.name("www.muster-verlag.de") == "www.muster-verlag.de"


@pytest.mark.parametrize("error", [text_mask.TooManyReadings, text_mask.TooManyValues])
def test_what_costs_too_much_to_read_is_covered(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise error

    monkeypatch.setattr(text_mask, "search", refuse)
    assert TextMask().path("/index.html") == COVER and TextMask().name("www.example") == COVER


def test_secrets_that_are_learnt_are_covered_and_a_vault_remembers_them() -> None:
    vault = Vault(bytes(32))
    learning = LearningMask(vault)
    assert learning.mask().path("/x/hunter22") == "/x/hunter22"
    learning.learn(Secret("hunter22"))
    assert learning.mask().path("/x/hunter22") == f"/x/{COVER}"
    assert vault.seen is not None and list(vault.seen.values.values()) == [b"hunter22"]
    # What the run itself showed masked is known to it, too.
    vault.shown(Secret("Sommer-2019"))
    assert learning.mask().path("/x/Sommer-2019") == f"/x/{COVER}"
    again = LearningMask(vault)
    assert again.mask().path("/x/hunter22") == f"/x/{COVER}", "nothing is forgotten"
