"""Two runs set against each other: what is new, worse, better, gone, not seen again."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data.answers import COMPARISON
from dashboard.language import language
from dashboard.queries import Content, Unknown
from dashboard.routes import page, param, queries
from sensor.comparison.forms import as_json, notes, sentence
from sensor.comparison.runs import compare as compare_records

blueprint = Blueprint("compare", __name__)

SHOWN = 100
"""Findings of a device on the page; the JSON has all."""


@page(blueprint, "/compare", "compare.html", params=("before", "after", "language"), answer=COMPARISON)
def compare() -> Content:
    """A run against an earlier one; without names the two that were put in last."""
    found = queries().runs()
    content: Content = {"run": None, "runs": found, "shown": SHOWN, "before": None, "after": None, "comparison": None}
    if len(found) < 2:
        return content
    before, after = param("before") or found[1]["id"], param("after") or found[0]["id"]
    if not {before, after} <= {one["id"] for one in found}:
        raise Unknown("The store has no such run.")
    reader = queries().reader
    comparison = compare_records(reader.records(before), reader.records(after), language=language())
    made = as_json(comparison, before, after)
    for device, shown in zip(comparison.devices, made["devices"], strict=True):
        shown["notes"] = list(notes(device, language()))
    return {
        **content,
        "before": before,
        "after": after,
        "comparison": made,
        "sentence": sentence(comparison, language()),
    }
