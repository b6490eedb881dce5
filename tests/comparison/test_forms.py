"""Forms of a comparison: what a document may hold, names that stay the same, words in both languages."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest

from sensor.comparison.forms import as_json, junit, markdown, sentence
from sensor.comparison.runs import compare
from tests.comparison.test_runs import HEARD, PLUG, TWIN, device, finding, verdict

BEFORE = [device(model="Plug 1"), finding(), finding("personal.email", "low"), verdict("concern")]
AFTER = [device(TWIN, "Plug 1"), finding("tls.version", "medium", device=TWIN), verdict("violated", name=TWIN)]


@pytest.mark.parametrize("language", ["en", "de"])
def test_markdown_names_each_change_and_device(language: str) -> None:
    text = markdown(compare(BEFORE, AFTER, language=language), "a.jsonl", "b.jsonl", language)
    assert PLUG in text and TWIN in text and "`plug 1/tls.version/client/cloud.example:80/http`" in text
    words = {"en": ("1 new", "2 not seen again"), "de": ("1 neu", "2 nicht wieder gesehen")}
    assert all(one in text for one in words[language])
    assert {"en": "concern | violated", "de": "Sorge | verletzt"}[language] in text


def test_findings_are_worded_in_the_language() -> None:
    found = finding(message_id="tls.version", parameters={"version": "TLS 1.0"}, summary="As a file has it.")
    german = compare([], [device(), found], language="de")
    for text in (markdown(german, "a", "b", "de"), junit(german, "a", "b", "de")):
        assert (
            "verwendete TLS 1.0; diese Version" in text.replace("\\", "")
            and "hoch" in text
            and "As a file" not in text
            and "high" not in text
        )
    assert "An encrypted connection used TLS 1.0" in markdown(compare([], [device(), found]), "a", "b").replace(
        "\\", ""
    )


@pytest.mark.parametrize("broken", [{"message_id": 7}, {"message_id": "quantum.break"}, {"parameters": [1]}])
def test_a_message_that_is_not_sound_leaves_the_sentence_of_the_file(broken: dict[str, object]) -> None:
    found = finding(**{"message_id": "tls.version", "parameters": {}, "summary": "As a file has it.", **broken})
    assert "As a file has it" in markdown(compare([], [device(), found], language="de"), "a", "b", "de")


def test_silence_is_explained_only_where_it_counts_for_nothing() -> None:
    assert "too little was heard" in markdown(compare(BEFORE, AFTER), "a", "b")
    heard = [device(TWIN, "Plug 1"), {**HEARD, "device": TWIN}]
    text = markdown(compare(BEFORE, heard), "a", "b")
    assert "too little was heard" not in text and "| gone |" in text


def test_a_device_of_one_run_is_said() -> None:
    assert "nothing is said of it" in markdown(compare([device()], []), "a", "b")
    assert "Not heard before" in markdown(compare([], [device()]), "a", "b")


def test_nothing_from_the_wire_is_markup() -> None:
    hostile = finding(summary="<script>|`x`\n# [a](http://b)\u202e")
    text = markdown(compare([], [device(hostname="|#<b>"), hostile]), "a|b", "<c>")
    (row,) = [line for line in text.splitlines() if "script" in line]
    assert not re.search(r"(?<!\\)[<\[]", text) and "\u202e" not in text
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_junit_has_the_same_names_for_another_unit_and_day() -> None:
    def names(document: str) -> set[tuple[str | None, str | None]]:
        return {(case.get("classname"), case.get("name")) for case in Xml.fromstring(document).iter("testcase")}

    other = [{**device("02:00:5e:00:53:77", "Plug 1")}, finding(device="02:00:5e:00:53:77", server="203.0.113.8:80")]
    first, second = junit(compare([], [BEFORE[0], finding()]), "a", "b"), junit(compare([], other), "c", "d")
    assert names(first) == names(second) == {("plug 1", "credential.cleartext/client/cloud.example:80/http")}


def test_junit_fails_what_is_worse_and_skips_what_was_not_seen() -> None:
    root = Xml.fromstring(junit(compare(BEFORE, AFTER), "a", "b"))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "2", "2")
    twins = [device(), device(TWIN), finding(), finding(device=TWIN)]
    suites = [one.get("name") for one in Xml.fromstring(junit(compare([], twins), "a", "b"))]
    assert suites == ["device", "device 2"]
    assert "\x01" not in junit(compare([], [device(), finding(summary="a\x01b")]), "a", "b")


def test_json_has_the_whole() -> None:
    found = as_json(compare(BEFORE, AFTER), "a", "b")
    (one,) = found["devices"]
    assert found["worse"] and one["before"] == PLUG and one["after"] == TWIN and len(one["findings"]) == 3
    assert found["counts"] == {"new": 1, "worse": 0, "better": 0, "gone": 0, "not_seen_again": 2, "same": 0}


def test_the_outcome_in_one_line() -> None:
    assert sentence(compare(BEFORE, BEFORE)) == "Nothing got worse: 2 the same."
    assert sentence(compare([device()], [device()])) == "Nothing got worse: no finding in either."
    assert sentence(compare([], AFTER)).startswith("Something got worse: 1 new")
