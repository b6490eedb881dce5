"""The command `evidence`: bundles of a run's findings and packets to hand over, made and verified."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensor.cli._config import config_option
from sensor.cli._options import local_net_option
from sensor.cli._orders import fetch_packets
from sensor.cli._store import choose_run, store_errors
from sensor.files import error_reason
from sensor.records import Record

if TYPE_CHECKING:
    from sensor.evidence.bundle import Files
    from sensor.evidence.packet import EvidencePacket
    from sensor.store.reader import RunInfo

LARGEST = 2 * 1024**3
"""Bytes that a bundle may unpack to when it is checked."""


@click.command()
@config_option
@click.option("--store", metavar="PATH_OR_URL", help="The store that replay --store filled.")
@click.option("--run", "run", metavar="RUN", help="Which run (see `runs`); the one put in last by default.")
@click.option("--device", metavar="DEVICE", help="Only this device (its id).")
@click.option("--out", metavar="DIR_OR_ZIP", help="Where to: an empty folder, or one ZIP if the name ends in .zip.")
@click.option("--pseudonyms", is_flag=True, help="Replace addresses and names of the devices by others.")
@click.option(
    "--unmasked", is_flag=True, help="Take the packets as they crossed, from the captures themselves: secrets and all."
)
@click.option("--capture", "captures", multiple=True, metavar="FILE", help="Where a capture is now (with --unmasked).")
@click.option("--facts", metavar="FILE", help="The lab's facts, if they are not kept with the run.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="On a hub: how long to wait for the sensor that has the packets.",
)
@click.option("--verify", metavar="BUNDLE", help="Check a bundle: its sums, and if it is unmasked, its verdicts.")
@local_net_option("As given to replay (with --verify).")
def evidence(
    store: str | None,
    run: str | None,
    device: str | None,
    out: str | None,
    pseudonyms: bool,
    unmasked: bool,
    captures: tuple[str, ...],
    facts: str | None,
    wait: float,
    verify: str | None,
    local: tuple[str, ...],
) -> int:
    """Hand over what a run found with the packets it rests on, masked, with a report and SHA-256 sums."""
    if verify is not None:
        return _verify(verify, local)
    if store is None or out is None:
        raise click.UsageError("evidence needs --store and --out, or --verify BUNDLE")
    if unmasked and pseudonyms:
        raise click.UsageError("--unmasked and --pseudonyms exclude each other: unmasked packets are as they crossed")
    if captures and not unmasked:
        raise click.UsageError("--capture is for --unmasked: masked packets are kept beside the store")
    return _make(store, run, device, Path(out), pseudonyms, unmasked, captures, facts, wait)


def _make(
    store: str,
    run: str | None,
    device: str | None,
    out: Path,
    pseudonymous: bool,
    unmasked: bool,
    captures: tuple[str, ...],
    facts_path: str | None,
    wait: float,
) -> int:
    from sensor import config
    from sensor.evidence.bundle import bundle_files, concerns
    from sensor.evidence.pseudonyms import Pseudonyms
    from sensor.evidence.storage import EvidenceFolder, evidence_path
    from sensor.replay import complain
    from sensor.report.build import build
    from sensor.report.page import html
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader
    from sensor.text import safe

    with store_errors():
        where = store_location(store)
        with StoreReader(where) as reader:
            info = choose_run(reader.runs(), run, store)
            everything = reader.records(info.id)
            try:
                report = build(info, everything, reader.traffic(info.id), device)
            except KeyError:
                raise click.ClickException(f"run {info.id} has no device {safe(device or '', 80)!r}") from None
    records = everything if device is None else [record for record in everything if concerns(record, device)]
    folder = EvidenceFolder(evidence_path(where, config.load().state))
    facts = _facts(facts_path) or folder.facts(info.id)
    if facts is None and any(map(_rests_on_facts, _reasons(records))):
        complain("the lab's facts that decided some verdicts are not kept any more; give them with --facts FILE")
    whole: list[EvidencePacket] | None = None
    if unmasked:
        whole, packets = _unmasked(info, records, captures, where.path.parent if where.path is not None else None)
        complain(
            "--unmasked: the bundle will hold secrets and personal data; keep it where only those who must can read it"
        )
    else:
        packets = folder.packets(info.id)
        if where.path is None:
            with store_errors():
                sent = fetch_packets(where, info.id, everything, wait, complain)
            packets = packets if sent is None else sent
    names = Pseudonyms(everything) if pseudonymous else None
    content: Record = report if names is None else names.text(report)
    made = bundle_files(
        records, report, html(content, info.written), packets, facts=facts, conversations=whole, pseudonyms=names
    )  # fmt: skip
    _write(out, made)
    resting = [r for r in records if r["record"] == "finding" and r["evidence"]]
    missing = len(resting) - sum(name.startswith("packets/") for name in made)
    if missing:
        complain(f"of {missing} of {len(resting)} findings no packets are kept (any more)")
    click.echo(f"{out}: {len(made)} files, {len(resting) - missing} findings with their packets")
    return 0


def _reasons(records: Iterable[Record]) -> Iterable[Any]:
    return (
        reason for record in records if record["record"] in ("provision", "verdict") for reason in record["reasons"]
    )


def _rests_on_facts(reason: Any) -> bool:
    """Whether a reason is the lab's: a message, or a sentence that an older version stored."""
    if isinstance(reason, dict):
        return reason.get("message_id") in ("fact", "cleared")
    return reason.startswith("fact: ") or "not held against" in reason


def _facts(path: str | None) -> tuple[str, str] | None:
    if path is None:
        return None
    from sensor.verdicts.facts import read_facts

    try:
        facts = read_facts(Path(path))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be read')}", param_hint="--facts") from None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--facts") from None
    return facts.name, facts.source


def _unmasked(
    info: RunInfo, records: list[Record], captures: tuple[str, ...], beside: Path | None
) -> tuple[list[EvidencePacket], list[EvidencePacket]]:
    """All conversations of the findings, and of them the packets that are a finding's own."""
    from dataclasses import replace

    from sensor.capture import NotACapture
    from sensor.evidence.conversations import conversations
    from sensor.evidence.fetch import evidence_findings, frames_by_capture

    holding = evidence_findings(records)
    frames = frames_by_capture(holding)
    whose: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for one in holding:
        for key in one.frames:
            whose.setdefault(key, []).append((one.id, one.why))
    whole: list[EvidencePacket] = []
    for file in info.files:
        name = file["capture"]
        path = _found(name, file["sha256"], (*captures, *filter(None, [info.paths.get(name)])), beside)
        try:
            taken = list(conversations([path], records, {path: frames.get(name, set())}))
        except (NotACapture, OSError) as error:
            raise click.ClickException(f"{path}: {error}") from None
        whole += [
            replace(one, capture=name, findings=tuple(whose.get((name, one.frame), ())))
            for one in taken
        ]  # fmt: skip
    whole.sort(key=lambda one: one.time)
    return whole, [one for one in whole if one.findings]


def _found(name: str, sha256: str | None, captures: tuple[str, ...], beside: Path | None) -> str:
    """Where a capture is: given by the user, or still where it was read; the very same file.

    ``beside``: the store's folder, from which a relative path may have been given.
    """
    tried = [*captures, name] if name != "-" else list(captures)
    if beside is not None and name != "-":
        tried.append(str(beside / name))
    for path in tried:
        try:
            with Path(path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
        if sha256 in (None, digest):
            return path
    raise click.ClickException(
        f"the capture {name} is needed for --unmasked, and it is not there any more, or it was changed; "
        "say with --capture FILE where it is"
    )


def _write(out: Path, made: Files) -> None:
    """A folder that was not there or was empty, or a ZIP; for its owner alone."""
    from sensor.evidence.bundle import zip_archive

    try:
        if out.suffix.lower() == ".zip":
            _private(out, zip_archive(made))
            return
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise click.BadParameter(f"{out}: is not an empty folder", param_hint="--out")
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in made.items():
            (out / name).parent.mkdir(mode=0o700, exist_ok=True)
            _private(out / name, data)
    except OSError as error:
        raise click.BadParameter(f"{out}: {error_reason(error, 'cannot be written')}", param_hint="--out") from None


def _private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _verify(path: str, local: tuple[str, ...]) -> int:
    """Print what of a bundle was changed and which verdicts its packets do not give again; 1 where there is any."""
    import json

    from sensor.capture import NotACapture, open_capture
    from sensor.evidence.bundle import ABOUT, CONVERSATIONS, FACTS, KINDS, MANIFEST, changed_files
    from sensor.evidence.verify import differences
    from sensor.text import safe
    from sensor.verdicts.facts import parse

    made = _read(Path(path))
    if MANIFEST not in made or ABOUT not in made:
        raise click.ClickException(f"{path}: is no bundle of LANwitness (it has no {MANIFEST} or no {ABOUT})")
    wrong = changed_files(made)
    for name in wrong:
        click.echo(f"{safe(name, 200)}: is not what the sums say")
    if wrong:
        return 1
    click.echo(f"{len(made) - 1} files are what the sums say")
    if CONVERSATIONS not in made:
        click.echo("the packets are masked: they show, and do not give the verdicts again")
        return 0
    try:
        about = json.loads(made[ABOUT])
        records = [json.loads(line) for kind in KINDS for line in made[f"{kind}s.jsonl"].decode().splitlines()]
        facts = parse(made[FACTS].decode(), str(about["facts"])) if FACTS in made else None
        with open_capture(CONVERSATIONS, BytesIO(made[CONVERSATIONS])) as capture:
            changes = differences(capture, records, facts, bytes(32), local)
    except (KeyError, TypeError, ValueError, NotACapture):
        raise click.ClickException(f"{path}: is a bundle that cannot be read") from None
    for sentence in changes:
        click.echo(safe(sentence, 400))
    verdicts = sum(record["record"] == "verdict" for record in records)
    click.echo(
        f"the packets give all {verdicts} verdicts again"
        if not changes
        else f"{len(changes)} statuses are not given again"
    )
    return 1 if changes else 0


def _read(path: Path) -> Files:
    try:
        if path.is_dir():
            return {
                one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()
            }  # fmt: skip
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > LARGEST:
                raise click.ClickException(f"{path}: unpacks to more than a bundle is")
            return {entry.filename: archive.read(entry) for entry in entries}
    except OSError as error:
        raise click.ClickException(f"{path}: {error_reason(error, 'cannot be read')}") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise click.ClickException(f"{path}: is no folder and no ZIP that can be read") from None
