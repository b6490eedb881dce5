"""Self-check of an installation, as `lanwitness check` prints it.

Decoder, protocols, signatures, standards map, publications, MAC prefixes, accuracy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sensor.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SectionReport:
    """One checked section: what is there in a few words, and what is wrong with it."""

    name: str
    summary: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is to be looked at, though nothing is wrong with the installation."""


def _signatures() -> SectionReport:
    from sensor.devices.signatures.check import check_signatures
    from sensor.devices.signatures.matcher import Signatures

    problems = tuple(check_signatures())
    fields = Signatures().files
    return SectionReport("signatures", f"{len(fields)} fields", problems)


def _baseline() -> SectionReport:
    from sensor.verdicts.baseline import baseline

    provisions = baseline()
    rules = {on.rule for provision in provisions for on in provision.on}
    return SectionReport("standards map", f"{len(provisions)} provisions, {len(rules)} rules speak to them")


def _vendors() -> SectionReport:
    from sensor.verdicts.vendors import vendors

    table = vendors()
    return SectionReport(
        "disclosure policies",
        f"{len(table)} makers on record, checked {table.checked.isoformat()}",
        warnings=_old(table.stale(date.today())),
    )


def _updates() -> SectionReport:
    from sensor.detectors._update_hosts import update_hosts

    table = update_hosts()
    makers = {row.maker for row in table.by_host.values()}
    return SectionReport(
        "update hosts",
        f"{len(table.by_host)} of {len(makers)} makers, checked {table.checked.isoformat()}",
        warnings=_old(table.stale(date.today())),
    )


def _old(sentence: str | None) -> tuple[str, ...]:
    return (f"the table {sentence}; a newer version of this program may have a newer one",) if sentence else ()


def _protocols() -> SectionReport:
    from sensor.parsing.registry import protocols

    found = protocols()
    return SectionReport("protocols", f"{len(found)} with a parser")


def _decoder() -> SectionReport:
    from sensor.decode.engine import Engine

    compiled = Engine(local=[], ethertypes=set(), ip_protocols=set()).compiled
    return SectionReport(
        "decoder",
        "compiled"
        if compiled
        else "plain Python: correct, but some hundred times slower (install a C compiler, then install again)",
    )


def _prefixes() -> SectionReport:
    from sensor.devices.oui import Oui

    # IEEE's own block: registered since the beginning, so a table that lacks it is broken.
    known = Oui().owner(bytes.fromhex("00000c000001"))
    return SectionReport(
        "MAC prefixes",
        "at hand" if known else "missing",
        () if known else ("the table of MAC prefixes (signatures/oui.tsv) cannot be read",),
    )


def _reliability() -> SectionReport:
    from sensor.selfcheck.reliability import reliability

    found = reliability()
    return SectionReport("reliability of claims", found.summary(), tuple(found.problems()))


def _accuracy() -> SectionReport:
    from sensor.selfcheck.accuracy import accuracy

    measured = accuracy()
    return SectionReport("accuracy", measured.summary(), tuple(measured.problems))


SECTIONS: tuple[Callable[[], SectionReport], ...] = (
    _decoder,
    _protocols,
    _signatures,
    _baseline,
    _vendors,
    _updates,
    _prefixes,
    _reliability,
    _accuracy,
)


def check(*, measure: bool = True) -> list[SectionReport]:
    """Check all sections; one that raises is a problem of its own. ``measure`` False: without the accuracy."""
    found = []
    for section in SECTIONS if measure else [one for one in SECTIONS if one is not _accuracy]:
        try:
            found.append(section())
        except Exception as error:  # noqa: BLE001 - whatever is broken, the rest is still looked at
            found.append(SectionReport(section.__name__.lstrip("_"), "broken", (f"{type(error).__name__}: {error}",)))
    return found
