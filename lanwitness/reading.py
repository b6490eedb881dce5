"""Reading of captures, records and live streams for programs and notebooks: `read`, `watch`, `Result`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from lanwitness._decoding import decoded
from lanwitness.records import Capture, Device, Finding, Flow, Gone, Ledger, Provision, Verdict

EVERY = 1.0
"""Seconds between two looks of `watch` at what has changed."""


class CaptureError(ValueError):
    """A capture or a file of records that cannot be read; the text is a sentence that says why."""


@dataclass(frozen=True)
class Result:
    """What one run found. ``rows`` are its records as JSON has them; all else is made of them.

    >>> import lanwitness
    >>> result = lanwitness.read("pcaps/mqtt/capture.pcap")
    >>> result.captures[0].capture
    'pcaps/mqtt/capture.pcap'
    >>> {finding.protocol for finding in result.findings if finding.rule == "credential.cleartext"}
    {'mqtt'}
    """

    rows: tuple[Mapping[str, Any], ...]

    def _of(self, kind: str) -> list[Any]:
        return [decoded(one) for one in self.rows if one["record"] == kind]

    @property
    def run(self) -> str:
        """The run's name: the same for the same capture."""
        return self.captures[0].run if self.captures else ""

    @cached_property
    def captures(self) -> list[Capture]:
        """The capture, or each that was joined."""
        return self._of("capture")

    @cached_property
    def devices(self) -> list[Device]:
        """Devices on the local network."""
        return self._of("device")

    @cached_property
    def findings(self) -> list[Finding]:
        """Findings, in the order first seen."""
        return self._of("finding")

    @cached_property
    def provisions(self) -> list[Provision]:
        """Provisions of EN 303 645, for each judged device."""
        return self._of("provision")

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The five verdicts of each judged device."""
        return self._of("verdict")

    @cached_property
    def ledgers(self) -> list[Ledger]:
        """The personal data of each device that sent or received some, and what could not be read."""
        return self._of("ledger")

    @cached_property
    def flows(self) -> list[Flow]:
        """Flows; empty without ``flows=True``."""
        return self._of("flow")

    def device(self, name: str) -> Device | None:
        """A device by its id (MAC or address) or host name."""
        return next((one for one in self.devices if name in (one.id, one.hostname)), None)

    def to_arrow(self) -> dict[str, Any]:
        """A `pyarrow.Table` for each kind of record (``device``, ``finding`` …), always with the same columns.

        Needs ``pip install 'lanwitness[parquet]'``; ImportError says so.
        """
        from sensor.export.arrow import TYPES, arrow_table

        return {kind: arrow_table(kind, [one for one in self.rows if one["record"] == kind]) for kind in TYPES}

    def to_pandas(self) -> dict[str, Any]:
        """The same as `pandas.DataFrame`. Needs ``pip install 'lanwitness[pandas]'``; ImportError says so."""
        try:
            import pandas  # noqa: F401 - pyarrow would name another package
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install 'lanwitness[pandas]'") from None
        return {kind: table.to_pandas() for kind, table in self.to_arrow().items()}


def read(
    path: str | os.PathLike[str],
    *,
    flows: bool = False,
    local: Sequence[str] = (),
    facts: str | os.PathLike[str] | None = None,
    users: str | os.PathLike[str] | None = None,
    persona: str | os.PathLike[str] | None = None,
    geo: str | os.PathLike[str] | None = None,
    reveal: bool = False,
) -> Result:
    """Read a finished capture, or a file of one run that ``replay --json`` wrote.

    ``flows``: with a record for each flow. ``local``: local networks (CIDR). ``facts`` ``users`` ``persona`` ``geo``:
    files as the options of ``replay`` take them (docs/output.md). ``reveal``: secrets with their values. Raises
    CaptureError, and ValueError or OSError for a file of options that cannot be used.

    >>> import lanwitness
    >>> result = lanwitness.read("pcaps/ftp_login/capture.pcap", flows=True)
    >>> {flow.application for flow in result.flows} >= {"ftp"}
    True
    >>> any("value" in finding.detail["secret"] for finding in result.findings if "secret" in finding.detail)
    False
    >>> lanwitness.read("README.md")
    Traceback (most recent call last):
    ...
    lanwitness.reading.CaptureError: README.md: not a capture: it looks like text
    """
    from sensor.comparison.source import NoRecords, looks_like_records
    from sensor.export.run_records import read_whole
    from sensor.replay import read_records
    from sensor.run import Options

    name = os.fspath(path)
    try:
        if Path(name).is_file() and looks_like_records(Path(name)):
            return Result(tuple(read_whole(Path(name))))
    except NoRecords as error:
        raise CaptureError(str(error)) from None
    options = Options(local=_networks(local), flows=flows, **_files(facts=facts, users=users, persona=persona, geo=geo))
    found = read_records(name, _vault(reveal=reveal), options)
    if isinstance(found, str):
        raise CaptureError(found)
    return Result(tuple(found))


def watch(stream: BinaryIO, *, flows: bool = False, local: Sequence[str] = (), every: float = EVERY) -> Iterator[Any]:
    """Read a capture while it is written (a pipe of tcpdump, a socket's file) and give records as they are found.

    A record that changed comes again: one of the same ``id`` (of verdicts and provisions: the same device and what is
    judged) stands in place of the one before. `Gone` takes back what is not so any more. ``every``: seconds between two
    looks at what has changed, while packets come. Raises CaptureError.

    >>> import lanwitness
    >>> with open("pcaps/mqtt/capture.pcap", "rb") as stream:
    ...     found = list(lanwitness.watch(stream))
    >>> whole = lanwitness.read("pcaps/mqtt/capture.pcap")
    >>> {one.id for one in found if isinstance(one, lanwitness.Device)} == {one.id for one in whole.devices}
    True
    """
    from sensor.capture import NotACapture, open_capture
    from sensor.export.disclosed import ledger_records
    from sensor.export.records import capture_records, flow_record
    from sensor.live.delta import Changes
    from sensor.live.watch import run_name
    from sensor.model import Flow as FlowOfRun
    from sensor.run import Options, Run

    name, ended = run_name(time.time_ns(), "stream"), list[FlowOfRun]()
    run = Run(_vault(reveal=False), Options(local=_networks(local), flows=flows), ended.append, name=name)
    changes, looked = Changes(), time.monotonic()

    def found(result: Any, *, last: bool) -> Iterator[Any]:
        if flows:
            owner = run.pipeline.device_of
            yield from (flow_record(name, one, owner(one.client) or owner(one.server)) for one in ended)
        ended.clear()
        delta = changes.of(result, time.monotonic(), last=last)
        yield from ({"record": "gone", "run": name, "kind": one.kind, "id": one.id} for one in delta.removed)
        yield from delta.records

    try:
        with open_capture("stream", stream) as capture:
            for block in capture:
                run.feed(block)
                if time.monotonic() - looked >= every:
                    yield from map(decoded, found(run.snapshot("stream", capture.link_types), last=False))
                    looked = time.monotonic()
            result = run.finish("stream", capture.link_types, capture.damage, dropped=capture.dropped)
    except NotACapture as error:
        raise CaptureError(str(error)) from None
    yield from map(decoded, found(result, last=True))
    for closing in (*ledger_records(result), *capture_records(result)):
        yield decoded({**closing})


def _networks(local: Sequence[str]) -> tuple[str, ...]:
    import ipaddress

    return tuple(str(ipaddress.ip_network(one, strict=False)) for one in local)


def _files(**paths: str | os.PathLike[str] | None) -> dict[str, Any]:
    """The files of options, read and checked."""
    from sensor.devices.geo import Geo
    from sensor.devices.users import read_users
    from sensor.personas.read import read_personas
    from sensor.verdicts.facts import read_facts

    readers = {"facts": read_facts, "users": read_users, "persona": read_personas, "geo": Geo}
    names = {"persona": "personas"}
    return {
        names.get(name, name): cast("Any", readers[name])(Path(path))
        for name, path in paths.items()
        if path is not None
    }


def _vault(*, reveal: bool) -> Any:
    """The vault with the installation's key, so that fingerprints are those of the commands; else one for now."""
    from sensor import config
    from sensor.vault import KEY_BYTES, Vault, load_key

    try:
        key = load_key(config.load().key_file)
    except OSError:
        key = os.urandom(KEY_BYTES)
    return Vault(key, reveal=reveal)


__all__ = ["CaptureError", "Gone", "Result", "read", "watch"]
