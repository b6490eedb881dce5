"""Makers that a user writes down, with security.txt as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.verdicts.facts import Facts, parse, read_facts
from sensor.verdicts.user_makers import published_by
from tests.verdicts.publications import text_of

ROW = """
[[maker]]
name = "Example Devices"
policy = "https://maker.example/policy"
contact = "psirt@maker.example"
answer_days = 3
counted = "working"
update_days = 14
fix_days = 90
team = true
support_until = 2031-12-31
support_url = "https://maker.example/support"
date = 2026-06-01
"""
TXT = """Contact: mailto:security@maker.example
Expires: 2027-01-01T00:00:00Z
Policy: https://maker.example/policy
"""
SHORT = '[[maker]]\nname = "X"\nsecurity_txt = "security.txt"\ndate = 2026-06-01\n'


def of(tmp_path: Path, row: str, txt: str = TXT) -> Facts:
    (tmp_path / "security.txt").write_text(txt, "utf-8")
    path = tmp_path / "lab.toml"
    path.write_text(row, "utf-8")
    return read_facts(path)


def test_a_maker_may_say_everything() -> None:
    record = published_by(parse(ROW, "lab.toml").makers, "example DEVICES")
    assert set(record) == {"disclosure", "handling", "monitoring", "support"}
    assert record["disclosure"].complete and "within 3 working days" in text_of(record["disclosure"])
    assert (record["disclosure"].source, record["disclosure"].date) == ("lab.toml", "2026-06-01")
    assert record["support"].source == "https://maker.example/support"
    assert published_by(parse(ROW, "lab.toml").makers, "Another") == {} and published_by({}, None) == {}


def test_contact_and_policy_come_out_of_security_txt(tmp_path: Path) -> None:
    made = of(tmp_path, f"{SHORT}answer_days = 3\nupdate_days = 7\n").makers["x"]["disclosure"]
    assert made.complete and "contact mailto:security@maker.example" in text_of(made)
    assert "security.txt valid until 2027-01-01" in text_of(made)


def test_an_expired_security_txt_gives_no_contact(tmp_path: Path) -> None:
    made = of(tmp_path, SHORT.replace("2026-06-01", "2027-06-01")).makers["x"]["disclosure"]
    assert not made.complete and "mailto" not in text_of(made) and "expired on 2027-01-01" in text_of(made)


def test_a_security_txt_that_says_nothing_is_no_policy(tmp_path: Path) -> None:
    made = of(tmp_path, SHORT, "<html>not found</html>").makers["x"]["disclosure"]
    assert not made.complete and text_of(made).startswith("no policy known to us, no contact known to us")


def test_the_text_of_the_file_goes_with_the_facts(tmp_path: Path) -> None:
    facts = of(tmp_path, SHORT)
    again = parse(facts.source, "lab.toml")
    assert again.makers == facts.makers and again.source == facts.source


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('[[maker]]\nname = "X"\n', "lab.toml:1: maker needs date"),
        (SHORT + 'policey = "x"\n', "lab.toml:5: unknown key 'policey' in maker; did you mean policy?"),
        (ROW + ROW.replace("Example", "EXAMPLE"), "lab.toml:16: EXAMPLE Devices is there twice"),
        (SHORT.replace("security.txt", "no.txt"), "lab.toml:3: security_txt: no.txt is not there"),
        (SHORT.replace("security.txt", "."), "lab.toml:3: security_txt: . is not there, or is no file"),
    ],
)
def test_what_is_refused_is_named_with_file_and_line(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"lab\.toml") as caught:
        of(tmp_path, row)
    assert str(caught.value).startswith(complaint)


def test_what_the_row_says_goes_before_what_the_file_says(tmp_path: Path) -> None:
    """The file's contact and policy stand in only where the row has none."""
    own = SHORT + 'policy = "https://other.example/own"\ncontact = "row@maker.example"\n'
    made = text_of(of(tmp_path, own).makers["x"]["disclosure"])
    assert "https://other.example/own" in made and "row@maker.example" in made
    assert "maker.example/policy" not in made and "security@maker.example" not in made


@pytest.mark.parametrize(
    ("txt", "remark"),
    [
        (TXT, "security_txt.valid"),
        (TXT.replace("2027", "2025"), "security_txt.expired"),
        ("Expires: 2025-01-01T00:00:00Z\n", "security.txt"),
        ("Contact: mailto:a@b.example\n", "security.txt"),
    ],
)
def test_what_is_said_of_a_security_txt(tmp_path: Path, txt: str, remark: str) -> None:
    """RFC 9116 2.5.5: after Expires it must not be used; without Contact or Expires it is none."""
    parts = of(tmp_path, SHORT, txt).makers["x"]["disclosure"].parts
    said = [part if isinstance(part, str) else part.id for part in parts]
    assert remark in said and not {"security_txt.valid", "security_txt.expired", "security.txt"} - {remark} & set(said)
    assert ("security_txt.problem" in said) is (remark == "security.txt")


def test_what_the_row_says_comes_before_the_file(tmp_path: Path) -> None:
    own = SHORT + 'policy = "https://other.example/p"\ncontact = "psirt@other.example"\n'
    text = text_of(of(tmp_path, own).makers["x"]["disclosure"])
    assert "https://other.example/p" in text and "psirt@other.example" in text and "security@maker" not in text
    file = text_of(of(tmp_path, SHORT).makers["x"]["disclosure"])
    assert "https://maker.example/policy" in file and "security@maker.example" in file


def test_an_expired_file_gives_neither_contact_nor_policy(tmp_path: Path) -> None:
    made = of(tmp_path, SHORT, TXT.replace("2027", "2025")).makers["x"]["disclosure"]
    assert "security@maker.example" not in text_of(made) and not made.complete


def test_a_maker_that_publishes_support_alone_has_no_policy() -> None:
    row = '[[maker]]\nname = "X"\nsupport_until = 2031-12-31\ndate = 2026-06-01\n'
    record = parse(row, "lab.toml").makers["x"]
    assert set(record) == {"support"} and (record["support"].source, record["support"].date) == (
        "lab.toml",
        "2026-06-01",
    )
    with_contact = parse(row + 'contact = "a@b.example"\n', "lab.toml").makers["x"]
    assert "a@b.example" in text_of(with_contact["disclosure"]) and not with_contact["disclosure"].complete
    with pytest.raises(ValueError, match="is there twice"):
        parse(row + row.replace('"X"', '" x "'), "lab.toml")
