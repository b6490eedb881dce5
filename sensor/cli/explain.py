"""A finding of a store into what dissectors say of its kept packets: the second half of the command `explain`."""

from __future__ import annotations

import click


def explain_kept(finding: str, store: str) -> int:
    """`explain` of the packets kept with a store: the run put in last that has the finding."""
    from sensor import config
    from sensor.evidence.dissect import NoDissector, dissect_kept
    from sensor.evidence.storage import Folder, beside
    from sensor.replay import complain
    from sensor.store.location import StoreFailed, store_location
    from sensor.store.reader import Reader
    from sensor.text import safe

    try:
        where = store_location(store)
        with Reader(where) as reader:
            found = next(
                (
                    (one.id, record)
                    for one in reversed(reader.runs())
                    for record in reader.records(one.id)
                    if record["record"] == "finding" and record["id"] == finding
                ),
                None,
            )
    except StoreFailed as error:
        raise click.ClickException(safe(str(error), 400)) from None
    if found is None:
        raise click.ClickException(f"no run of this store has a finding {safe(finding, 80)!r}")
    run, record = found
    packets = Folder(beside(where, config.load().state)).of(run, finding)
    click.echo(safe(f"{record['rule']}: {record['summary']}", 600))
    if not packets:
        raise click.ClickException("its packets are not kept (any more); give the capture instead")
    try:
        for line in dissect_kept(packets):
            click.echo(line)
    except NoDissector as error:
        complain(str(error))
        return 2
    return 0
