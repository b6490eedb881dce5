"""Facts of a lab about devices, from a TOML file (docs/output.md): what packets cannot show.

A device's state, who set which password, what a channel carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from sensor.catalogue import Message
from sensor.light_dataclass import dataclass
from sensor.settings import toml_reader as checks
from sensor.settings.toml_lines import TomlPosition
from sensor.settings.toml_reader import Keys, Reader
from sensor.verdicts.enclosures import ENCLOSED, Enclosures, enclosed
from sensor.verdicts.ixit import DECLARED, DeclaredChannel, read_declared
from sensor.verdicts.laboratory import (
    LAB,
    RESULT,
    SESSION,
    Laboratory,
    LabResult,
    nanoseconds,
    read_laboratory,
    read_not_applicable,
    read_results,
)
from sensor.verdicts.published import COUNTED, Policy, Published, Record, Support, record_of
from sensor.verdicts.user_makers import MAKER, read_makers

PHASES = ("factory_default", "set_up", "in_use")
"""States of EN 303 645 clause 3: factory default, initialisation, initialised."""

SET_BY = ("user", "factory")

BY = ("user", "machine")
"""Who logs in with an account: 5.1-3 of V2.1.1 speaks of users alone."""

OFFERED = ("default", "opt_in", "owner_software")
"""How a login came to be there: as shipped, because its owner switched it on, by software that he put there."""

DATA = ("public", "protected", "personal", "sensitive")
"""Data of a channel: without need of protection; with it; personal data (5.8-1), sensitive personal data (5.8-2), which
need it too.
"""

PHASE: Keys = {"is": checks.word(*PHASES), "from": checks.timestamp, "until": checks.timestamp}
ACCOUNT: Keys = {
    "user": checks.text,
    "protocol": checks.text,
    "port": checks.port,
    "set_by": checks.word(*SET_BY),
    "unique": checks.flag,
    "by": checks.word(*BY),
    "offered": checks.word(*OFFERED),
}
CHANNEL: Keys = {
    "role": checks.word("server", "client"),
    "protocol": checks.text,
    "port": checks.port,
    "peer": checks.peer,
    "remote": checks.flag,
    "associated": checks.flag,
    "data": checks.word(*DATA),
    "pinned": checks.flag,
    "settings": checks.flag,
}
DISCLOSURE: Keys = {
    "policy": checks.url,
    "contact": checks.text,
    "answer_days": checks.days,
    "update_days": checks.days,
    "fix_days": checks.days,
    "counted": checks.word(*COUNTED),
    "date": checks.day,
}
SUPPORT: Keys = {"until": checks.day, "source": checks.url, "date": checks.day}
PLAIN = ("under_test", "vendor", "model", "firmware", "hardware", "serial", "sample", "update_signed")
DEVICE: Keys = {
    "id": checks.text,
    "under_test": checks.flag,
    "vendor": checks.text,
    "model": checks.text,
    "firmware": checks.text,
    "hardware": checks.text,
    "serial": checks.text,
    "sample": checks.text,
    "update_signed": checks.flag,
    "not_applicable": None,
    "phase": None,
    "account": None,
    "channel": None,
    "disclosure": None,
    "support": None,
    "result": None,
    "ixit_11": None,
    "ixit_28": None,
}
TABLES: Mapping[str, Keys] = {
    "lab": LAB,
    "lab.session": SESSION,
    "maker": MAKER,
    "enclosed": ENCLOSED,
    "device": DEVICE,
    "device.phase": PHASE,
    "device.account": ACCOUNT,
    "device.channel": CHANNEL,
    "device.disclosure": DISCLOSURE,
    "device.support": SUPPORT,
    "device.result": RESULT,
    "device.ixit_11": DECLARED,
    "device.ixit_28": DECLARED,
}
"""All tables and keys of the file (docs/output.md; a test compares the page)."""


@dataclass(frozen=True, slots=True)
class DevicePhase:
    """A state and when it held: ``start`` included and ``end`` excluded, ns since 1970 UTC, None for open."""

    name: str
    start: int | None
    end: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the device's own interface. None: any user, protocol, port.

    ``unique``: each unit left the factory with another password; ``by`` (`BY`) and ``offered`` (`OFFERED`).
    """

    user: str | None
    protocol: str | None
    port: int | None
    set_by: str | None
    unique: bool | None
    by: str | None
    offered: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A way of communication, as IXIT 11-ComMech lists them.

    ``role`` to ``peer`` select (None: any); the others state facts (None: nothing).
    """

    role: str | None
    protocol: str | None
    port: int | None
    peer: str | None
    remote: bool | None
    associated: bool | None
    data: str | None
    pinned: bool | None
    settings: bool | None
    line: int


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The facts of one device; ``origin`` is the file's name."""

    id: str
    origin: str
    under_test: bool | None = None
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    serial: str | None = None
    sample: str | None = None
    update_signed: bool | None = None
    update_line: int = 0
    phases: tuple[DevicePhase, ...] = ()
    accounts: tuple[Account, ...] = ()
    channels: tuple[Channel, ...] = ()
    published: Record = field(default_factory=dict)
    """What its maker publishes, as the lab found it."""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    """Provisions, by their numbers in V3.1.3, with the reason."""
    results: tuple[LabResult, ...] = ()
    declared: tuple[DeclaredChannel, ...] = ()
    lab: Laboratory = field(default_factory=Laboratory)

    def not_applicable_reason(self, numbers: Iterable[str]) -> Message | None:
        """Why a provision with these numbers does not apply to the device; None where the lab does not say so."""
        reason = next((self.not_applicable[number] for number in numbers if number in self.not_applicable), None)
        return None if reason is None else Message("not_applicable", {"reason": reason, "origin": self.origin})

    def phase_at(self, time: int) -> DevicePhase | None:
        """The state it was in at a time (ns)."""
        return next((one for one in self.phases if _within(one, time)), None)

    def was(self, name: str, start: int, end: int) -> bool:
        """Whether it was in that state at some time from ``start`` to ``end`` (ns)."""
        return any(
            one.name == name and (one.start is None or one.start <= end) and (one.end is None or start < one.end)
            for one in self.phases
        )

    def place(self, line: int) -> str:
        """``lab.toml:12``."""
        return f"{self.origin}:{line}"


def _within(phase: DevicePhase, time: int) -> bool:
    return (phase.start is None or phase.start <= time) and (phase.end is None or time < phase.end)


@dataclass(frozen=True, slots=True)
class Facts:
    """A whole file: devices by id, MAC or address in lower case, and the file's own ``name`` and ``source`` text."""

    devices: Mapping[str, DeviceFacts]
    name: str = ""
    source: str = field(default="", repr=False)
    lab: Laboratory = field(default_factory=Laboratory)
    makers: Mapping[str, Record] = field(default_factory=dict)
    """What the user wrote down of makers, by their names in small letters."""

    def about(self, names: Iterable[str]) -> DeviceFacts | None:
        """The facts of the device with these names (id, MAC, addresses); the first that is in the file counts."""
        return next((self.devices[name] for name in names if name in self.devices), None)


def read_facts(path: Path) -> Facts:
    """Read the file. ValueError with file, line and a suggestion where it cannot be used, OSError where not read."""
    try:
        return parse(path.read_text("utf-8"), path.name, path.parent)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: is no UTF-8 text") from None


def parse(source: str, name: str, folder: Path | None = None) -> Facts:
    """The same from text; ``name`` is the file's name in complaints and reasons, ``folder`` what the paths in it start
    from (None: the files that it names are enclosed).
    """
    reader = Reader(name, source)
    reader.top(("device", "lab", "maker", "enclosed"))
    files = Enclosures(folder, enclosed(reader))
    lab = read_laboratory(reader)
    makers = read_makers(reader, files)
    devices: dict[str, DeviceFacts] = {}
    for place, row in reader.tables((), "device", reader.data.get("device", []), DEVICE, ("id",)):
        facts = _device(reader, place, row, files, lab)
        if facts.id in devices:
            raise reader.wrong(place, "id", f"{facts.id} is told of twice")
        devices[facts.id] = facts
    return Facts(devices, name, source + files.toml(), lab, makers)


def _device(
    reader: Reader, place: TomlPosition, row: dict[str, Any], files: Enclosures, lab: Laboratory
) -> DeviceFacts:
    def several(name: str, keys: Keys) -> list[tuple[TomlPosition, dict[str, Any]]]:
        return reader.tables(place, name, row.get(name, []), keys)

    plain = {key: row.get(key) for key in PLAIN}
    return DeviceFacts(
        id=row["id"].strip().lower(),
        origin=reader.name,
        **plain,
        update_line=reader.line(place, "update_signed"),
        phases=_phases(reader, place, row.get("phase", [])),
        accounts=tuple(
            Account(**{key: table.get(key) for key in ACCOUNT}, line=reader.line(where))
            for where, table in several("account", ACCOUNT)
        ),
        channels=tuple(
            Channel(**{key: table.get(key) for key in CHANNEL}, line=reader.line(where))
            for where, table in several("channel", CHANNEL)
        ),
        published=_published(reader, place, row),
        not_applicable=read_not_applicable(reader, place, row.get("not_applicable", {})),
        results=read_results(reader, place, row.get("result", []), files),
        declared=read_declared(reader, place, row, files),
        lab=lab,
    )


def _phases(reader: Reader, place: TomlPosition, phases: Any) -> tuple[DevicePhase, ...]:
    if isinstance(phases, str):
        complaint = checks.word(*PHASES)(phases)
        if complaint:
            raise reader.wrong(place, "phase", f"phase: {complaint}")
        return (DevicePhase(phases, None, None, reader.line(place, "phase")),)
    return tuple(_ranges(reader, reader.tables(place, "phase", phases, PHASE, ("is",))))


def _ranges(reader: Reader, tables: list[tuple[TomlPosition, dict[str, Any]]]) -> Iterator[DevicePhase]:
    done: list[DevicePhase] = []
    for place, table in tables:
        start, end = (nanoseconds(table[key]) if key in table else None for key in ("from", "until"))
        phase = DevicePhase(table["is"], start, end, reader.line(place))
        if start is not None and end is not None and end <= start:
            raise reader.wrong(place, "until", "a phase must end after its beginning")
        other = next((one for one in done if _overlap(one, phase)), None)
        if other is not None:
            raise reader.wrong(place, None, f"this phase overlaps the one of line {other.line}")
        done.append(phase)
        yield phase


def _overlap(one: DevicePhase, two: DevicePhase) -> bool:
    first, second = (one, two) if (one.start or 0) <= (two.start or 0) else (two, one)
    return first.end is None or first.end > (second.start or 0)


def _published(reader: Reader, place: TomlPosition, row: dict[str, Any]) -> dict[str, Published]:
    record: dict[str, Published] = {}
    if "disclosure" in row:
        given = dict(reader.table((*place, ("disclosure", 0)), row["disclosure"], DISCLOSURE, ("policy", "date")))
        seen = given.pop("date").isoformat()
        record |= record_of(Policy(**given), None, reader.name, seen)
    if "support" in row:
        given = reader.table((*place, ("support", 0)), row["support"], SUPPORT, ("until", "source", "date"))
        record |= record_of(None, Support(until=given["until"]), given["source"], given["date"].isoformat())
    return record
