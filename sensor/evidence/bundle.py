"""Evidence bundle: records, report, packets and the checksums of all files.

The same store gives the same bundle, byte for byte: nothing in it depends on when it was made.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from sensor import __version__
from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.pseudonyms import Pseudonyms

KINDS = ("capture", "device", "finding", "provision", "verdict")
CONVERSATIONS = "conversations.pcapng"
MANIFEST = "SHA256SUMS"
FACTS = "facts.toml"
ABOUT = "bundle.json"

Files = dict[str, bytes]
"""Path inside the bundle -> content."""

README = """\
What a run of LANwitness found, and the packets it rests on.

  report.html, report.json   the report; open the first one in a browser
  *.jsonl                    the records, one JSON object a line; verdicts carry their coverage
  facts.toml                 what the laboratory told (only if it did)
  packets/<finding>.pcapng   the packets of one finding; packet comments say which packet of the capture it was, \
and why it is here
{more}
  SHA256SUMS                 sha256sum -c SHA256SUMS checks every file

{how}
"""
MASKED = (
    "Secrets and personal data in the packets are overwritten with * of the same length, and checksums mended: "
    "the packets show,\nand can be passed on. They do not give the same verdicts when they are read again."
)
PSEUDONYMS = "\nAddresses and names of the devices are replaced by others, the same ones everywhere."
UNMASKED = """\
NOTHING IS MASKED in the packets: passwords and personal data stand in them as they crossed. \
Keep this bundle where only those
who must can read it. `lanwitness evidence --verify` reads the conversations again and compares all verdicts."""


def bundle_files(
    records: Iterable[Mapping[str, Any]],
    report: Mapping[str, Any],
    html: str,
    packets: Iterable[EvidencePacket],
    *,
    facts: tuple[str, str] | None = None,
    conversations: Iterable[EvidencePacket] | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> Files:
    """The files of the bundle.

    ``html``: the report's page; ``facts``: name and text; ``conversations``: unmasked ones, for a bundle that
    reproduces.
    """
    made: Files = {}
    everything = list(records)
    for kind in KINDS:
        lines = [
            json.dumps(_pseudonymised(record, pseudonyms), ensure_ascii=False)
            for record in everything
            if record["record"] == kind
        ]
        made[f"{kind}s.jsonl"] = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    made["report.json"] = (json.dumps(_pseudonymised(report, pseudonyms), indent=1) + "\n").encode()
    made["report.html"] = html.encode("utf-8", "replace")
    if facts is not None:
        made[FACTS] = _pseudonymised(facts[1], pseudonyms).encode()
    ids = {record["id"] for record in everything if record["record"] == "finding"}
    by_finding: dict[str, list[EvidencePacket]] = {}
    for packet in packets:
        shown = packet if pseudonyms is None else pseudonyms.packet(packet)
        for name, why in packet.findings:
            if name in ids:
                mine = [(name, why if pseudonyms is None else pseudonyms.text(why))]
                by_finding.setdefault(name, []).append(_with_findings(shown, mine))
    application = f"LANwitness {__version__}"
    for name, found in by_finding.items():
        made[f"packets/{re.sub('[^A-Za-z0-9_-]', '_', name)}.pcapng"] = pcapng.write(found, application)
    if conversations is not None:
        made[CONVERSATIONS] = pcapng.write(conversations, application)
    unmasked = conversations is not None
    about = {
        "bundle": "lanwitness",
        "format": 1,
        "run": report["run"],
        "masked": not unmasked,
        "pseudonyms": pseudonyms is not None,
        "facts": facts[0] if facts else None,
        "tool": report["tool"],
        "findings": len(ids),
        "findings_with_packets": len(by_finding),
    }
    made[ABOUT] = (json.dumps(about, indent=1) + "\n").encode()
    more = f"  {CONVERSATIONS}       the conversations of all findings, whole\n" if unmasked else ""
    how = UNMASKED if unmasked else MASKED + (PSEUDONYMS if pseudonyms is not None else "")
    made["README.txt"] = README.format(more=more, how=how).replace("\n\n  SHA", "\n  SHA").encode()
    made[MANIFEST] = manifest(made)
    return dict(sorted(made.items()))


def _pseudonymised(value: Any, pseudonyms: Pseudonyms | None) -> Any:
    return value if pseudonyms is None else pseudonyms.text(value)


def _with_findings(packet: EvidencePacket, findings: list[tuple[str, str]]) -> EvidencePacket:
    return EvidencePacket(
        packet.capture,
        packet.frame,
        packet.time,
        packet.link,
        packet.data,
        packet.length,
        packet.marked,
        tuple(findings),
    )


def manifest(made: Mapping[str, bytes]) -> bytes:
    """The output of ``sha256sum`` for the files."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(made.items()) if name != MANIFEST)
    return "".join(lines).encode()


def changed_files(made: Mapping[str, bytes]) -> list[str]:
    """Names of files that differ from the manifest, that it lacks, or that are missing."""
    lines = made.get(MANIFEST, b"").decode("utf-8", "replace").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    names = {*digests, *made} - {MANIFEST}
    return sorted(
        name for name in names if name not in made or hashlib.sha256(made[name]).hexdigest() != digests.get(name)
    )


EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP can hold, the same for all files: equal files give equal archives."""


def concerns(record: Mapping[str, Any], device: str) -> bool:
    """Whether a record goes into the bundle of that device alone."""
    kind = record["record"]
    if kind == "finding":
        return device == record["device"] or device in (record["detail"].get("devices") or ())
    return kind == "capture" or record.get("id" if kind == "device" else "device") == device


def zip_archive(made: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of all files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in sorted(made.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return out.getvalue()
