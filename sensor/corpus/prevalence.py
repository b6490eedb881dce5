"""Prevalence: of how many devices of a maker, in which year, a rule found something."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FunctionLoader

from sensor.corpus.folder import ManifestRow
from sensor.corpus.questions import connection
from sensor.light_dataclass import dataclass
from sensor.report.page import ENVIRONMENT
from sensor.store.provenance import tool
from sensor.text import safe

QUESTION = """
WITH judged AS (
  SELECT DISTINCT d.run, d.id, coalesce(d.vendor.value, '') AS maker, year(d.first_seen) AS year
  FROM device d JOIN verdict v ON v.run = d.run AND v.device = d.id
), whole AS (SELECT maker, year, count(*) AS devices FROM judged GROUP BY ALL),
hit AS (
  SELECT DISTINCT j.run, j.id, j.maker, j.year, f.rule
  FROM judged j JOIN finding f ON f.run = j.run AND f.device = j.id AND f.severity <> 'info'
)
SELECT whole.maker, whole.year, hit.rule, count(*) AS with_it, any_value(whole.devices) AS devices
FROM hit JOIN whole USING (maker, year) GROUP BY whole.maker, whole.year, hit.rule
ORDER BY hit.rule, devices DESC, whole.maker, whole.year
"""


@dataclass(frozen=True, slots=True)
class Prevalence:
    """``with_it`` of ``devices`` of a maker ("" where it is not known), first seen in a year, have a finding of a
    rule. A device is counted once in each run that judges it."""

    maker: str
    year: int | None
    rule: str
    with_it: int
    devices: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.with_it / self.devices


def prevalences(folder: Path) -> list[Prevalence]:
    """All of a corpus, by rule; the makers of most devices first. Raises NoAnswer, NoCorpus."""
    with connection(folder) as opened:
        views = {
            name for (name,) in opened.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
        if not {"device", "verdict", "finding"} <= views:
            return []
        return [Prevalence(*row) for row in opened.execute(QUESTION).fetchall()]


def as_csv(found: Sequence[Prevalence]) -> str:
    """A row each, with the share."""
    whole = io.StringIO()
    writer = csv.writer(whole, lineterminator="\n")
    writer.writerow(("rule", "maker", "year", "devices_with_it", "devices", "share"))
    for one in found:
        writer.writerow((one.rule, safe(one.maker, 100), one.year, one.with_it, one.devices, f"{one.share:.4f}"))
    return whole.getvalue()


def as_html(found: Sequence[Prevalence], manifest: Sequence[ManifestRow]) -> str:
    """A page: the captures it rests on, then a table for each rule."""
    environment = Environment(
        loader=FunctionLoader(lambda name: (Path(__file__).parent / name).read_text("utf-8")),
        autoescape=True,
        **ENVIRONMENT,
    )
    rules = {rule: list(rows) for rule, rows in groupby(found, key=lambda one: one.rule)}
    outcomes = Counter(row.outcome for row in manifest)
    return environment.get_template("prevalence.html").render(rules=rules, outcomes=outcomes, version=tool().version)
