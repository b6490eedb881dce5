"""Rows that no program of ours wrote: an error over them names their run, a fault of ours stays one."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.export.records import records
from sensor.store.location import StoreFailed, StoreState
from sensor.store.misfits import NO_RECORD, UnreadableRun, naming_misfits
from tests.replaying import read
from tests.store.keeping import capture

CHANGES: list[tuple[str, str, Any, str]] = [
    ("finding", "severity", "\u202eabc", "(finding: severity)"),
    ("verdict", "status", "", "(verdict: status)"),
    ("device", "addresses", 1e308, "(device: addresses)"),
    ("device", "probably_same", [1], "(device: probably_same[0])"),
    ("capture", "record", "\x1b[31m<b>", "(?[31m<b>)"),
]


@pytest.mark.parametrize(("kind", "field", "value", "place"), CHANGES)
@pytest.mark.parametrize("error", NO_RECORD)
def test_an_error_over_such_a_row_is_a_sentence(
    error: type[Exception], kind: str, field: str, value: Any, place: str
) -> None:
    found = [dict(one) for one in records(read(capture("http_basic"))) if one["record"] not in ("flow", "summary")]
    next(one for one in found if one["record"] == kind)[field] = value
    with pytest.raises(StoreFailed) as caught, naming_misfits("hub.db", found):
        raise error
    assert str(caught.value).startswith("hub.db: run ") and place in str(caught.value)
    assert caught.value.state is StoreState.DAMAGED


def test_a_fault_of_ours_stays_one() -> None:
    found = [one for one in records(read(capture("http_basic"))) if one["record"] not in ("flow", "summary")]
    with pytest.raises(KeyError, match="ours"), naming_misfits("hub.db", found):
        raise KeyError("ours")


def test_the_sentence_is_of_one_run_whose_name_it_has() -> None:
    found = [{**one} for one in records(read(capture("http_basic"))) if one["record"] == "device"]
    found[-1]["addresses"], found[-1]["run"] = 17, "live\u202e-attic"
    with pytest.raises(UnreadableRun) as caught, naming_misfits("hub.db", found):
        raise TypeError
    assert caught.value.run == "live\u202e-attic" and "\u202e" not in str(caught.value)
