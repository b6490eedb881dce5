"""A finding's packets out of a corpus: the capture is read again, cut and masked on demand."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sensor.capture import NotACapture
from sensor.cli._files import facts
from sensor.cli._options import vault_of
from sensor.corpus.folder import CorpusFolder, CorpusSettings, NoCorpus
from sensor.corpus.questions import connection
from sensor.evidence import pcapng
from sensor.evidence.fetch import read_frames
from sensor.evidence.recorder import record_run
from sensor.evidence.storage import EvidenceFolder
from sensor.files import error_reason
from sensor.replay import read_records
from sensor.run import Options
from sensor.vault import MaskedValues


class NoEvidence(Exception):  # noqa: N818 - a sentence for the user
    """The packets cannot be had; the text is a sentence."""


def evidence_pcapng(folder: Path, settings: CorpusSettings, finding: str) -> bytes:
    """The packets that a finding rests on as pcapng, secrets and personal data covered. Raises NoEvidence, NoAnswer,
    NoCorpus."""
    with connection(folder) as opened:
        rows = opened.execute("SELECT run FROM finding WHERE id = ?", [finding]).fetchall()
    if not rows:
        raise NoEvidence("the corpus has no such finding")
    row = next((one for one in CorpusFolder(folder).manifest() if one.run == rows[0][0] and one.same_as is None), None)
    if row is None or row.run is None:
        raise NoCorpus(f"{folder}: its manifest does not have the capture of this finding")
    vault = vault_of(reveal=False)
    vault.seen = MaskedValues()
    options = Options(local=settings.local, facts=facts(settings.facts), flows=settings.flows)
    records = read_records(row.path, vault, options)
    if isinstance(records, str):
        raise NoEvidence(records)
    if records[0]["run"] != row.run or not any(one.get("id") == finding for one in records):
        raise NoEvidence(f"{row.path} is no longer the capture that was read, or the program is another one")
    with tempfile.TemporaryDirectory(prefix="lanwitness-") as where:
        stored = EvidenceFolder(Path(where))
        try:
            record_run(stored, row.run, records, vault.seen, read_frames, 0.0)
        except (OSError, NotACapture) as error:
            raise NoEvidence(f"{row.path}: {error_reason(error, str(error))}") from None
        packets = stored.of(row.run, finding)
    if not packets:
        raise NoEvidence("the finding names no packets")
    return pcapng.write(packets, "LANwitness")
