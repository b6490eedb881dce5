"""The command `explain`: Wireshark's dissection of a finding's packets, of a capture or a store."""

from __future__ import annotations

from collections.abc import Iterable

import click

from sensor.cli._config import config_option, from_file
from sensor.cli._options import check_networks, local_net_option, vault_of
from sensor.cli._store import store_errors


@click.command()
@click.argument("finding")
@click.argument("capture", required=False, type=click.Path(exists=True, dir_okay=False))
@local_net_option("As it was given to replay.")
@config_option
@click.option("--store", metavar="PATH_OR_URL", help="Take the masked packets kept beside this store instead.")
def explain(finding: str, capture: str | None, local: tuple[str, ...], store: str | None) -> int:
    """Show what Wireshark's dissectors say of the packets that FINDING (an id from the records) rests on in CAPTURE, or
    those kept with a store.

    A second opinion: it needs tshark and pyshark, and uses none of this program's parsers. Secrets are covered.
    """
    if capture is not None and from_file("store"):
        store = None
    if capture is not None and store is None:
        return _explain_capture(finding, capture, local)
    if store is not None and capture is None:
        return _explain_stored(finding, store)
    raise click.UsageError("explain needs either CAPTURE or --store")


def _explain_capture(finding: str, capture: str, local: tuple[str, ...]) -> int:
    """The packets of a finding of a capture, which is read again for it."""
    from sensor.evidence.dissect import dissect
    from sensor.replay import read
    from sensor.run import Options

    check_networks(local)
    # Revealed here, and only to know what to cover.
    result = read(capture, vault_of(reveal=True), Options(local=local))
    if isinstance(result, str):
        raise click.UsageError(result)
    found = result.findings.get(finding)
    if found is None:
        raise click.UsageError(f"{capture} has no finding {finding}; the ids are in the records of replay --json")
    secrets = [(one.detail.get("secret") or {}).get("value") or "" for one in result.findings.values()]
    click.echo(f"{found.rule}: {found.summary}")
    return _print(dissect(capture, found.frames, secrets))


def _explain_stored(finding: str, store: str) -> int:
    """The packets stored with the run put in last that has the finding."""
    from sensor import config
    from sensor.evidence.dissect import dissect_stored
    from sensor.evidence.storage import EvidenceFolder, evidence_path
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader
    from sensor.text import safe

    with store_errors():
        where = store_location(store)
        with StoreReader(where) as reader:
            found = next(
                (
                    (one.id, record)
                    for one in reversed(reader.runs())
                    for record in reader.records(one.id)
                    if record["record"] == "finding" and record["id"] == finding
                ),
                None,
            )
    if found is None:
        raise click.ClickException(f"no run of this store has a finding {safe(finding, 80)!r}")
    run, record = found
    packets = EvidenceFolder(evidence_path(where, config.load().state)).of(run, finding)
    click.echo(safe(f"{record['rule']}: {record['summary']}", 600))
    if not packets:
        raise click.ClickException("its packets are not kept (any more); give the capture instead")
    return _print(dissect_stored(packets))


def _print(lines: Iterable[str]) -> int:
    """The exit status: 2 without dissectors."""
    from sensor.evidence.dissect import NoDissector
    from sensor.replay import complain

    try:
        for line in lines:
            click.echo(line)
    except NoDissector as error:
        complain(str(error))
        return 2
    except OSError as error:
        complain(f"it cannot be dissected: {error.strerror or error}")
        return 2
    return 0
