"""Words of the wire, masked: secrets and personal data are covered, the rest can be read."""

from __future__ import annotations

import pytest

from sensor.evidence import text_mask
from sensor.evidence.text_mask import COVER, TextMask


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
