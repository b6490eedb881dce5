"""The masked packets of a finding: hex, a capture to download, the dissection, the order to a sensor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, url_for

from dashboard.auth.access import API, note
from dashboard.data import ordered_packets
from dashboard.data.answers import DISSECTED, PACKETS
from dashboard.jobs.dissect import STORE
from dashboard.queries import Content, Unknown
from dashboard.routes import described, page, queries
from sensor import config
from sensor.evidence import pcapng
from sensor.evidence.packet import ByteRange, EvidencePacket
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.store.location import StoreFailed
from sensor.text import safe

blueprint = Blueprint("packets", __name__)

WHERE = "/runs/<run>/findings/<finding>"

SHOWN = 12
"""Packets on a page; the capture to download has all that are stored."""

BYTES = 1024
"""Bytes of a packet on a page."""

ROW = 16
"""Bytes of a row, as everybody's hex has it."""

PATIENCE = 60
"""Seconds for the dissectors."""

LINES, LINE = 3000, 400
"""Lines and characters of a line that are taken of them."""

AT_ONCE = threading.BoundedSemaphore(1)
"""Dissectors at work: each is a process that takes some 200 MB."""

Piece = tuple[str, bool]
"""A piece of text, and whether it stands for covered bytes."""


def stored_packets(run: str, finding: str) -> list[EvidencePacket]:
    """The stored packets of a finding; none where they were never stored or have expired."""
    try:
        return _folder().of(run, finding)
    except ValueError:
        return []


def capture_path(run: str, capture: str) -> str:
    """Where a capture was on this machine, so that a command names it in every folder; else as it was named."""
    return queries().info(run).paths.get(capture, capture)


def _folder() -> EvidenceFolder:
    return EvidenceFolder(evidence_path(queries().where, config.load().state))


def packets_order(run: str, finding: str) -> Content | None:
    """How far the order of a finding's packets is; None where there is nobody to ask: the store is no hub's, the run no
    sensor's, or the role of the database may give no orders."""
    if not ordered_packets.can_be_ordered(queries().where):
        return None
    one = queries().reader.finding(run, finding)
    try:
        return None if one is None else ordered_packets.state_of(queries().where, _folder(), one)
    except StoreFailed:
        return None


@blueprint.post(f"{WHERE}/packets")
def order(run: str, finding: str) -> Response:
    """Ask the sensor of a run for the packets of a finding."""
    _order(run, finding)
    return make_response(redirect(f"{url_for('findings.finding', run=run, finding=finding)}#packets", 303))


def order_json(run: str, finding: str) -> Response:
    """Ask the sensor of a run for the packets of a finding, and say how far the order is."""
    _order(run, finding)
    response = jsonify({"packets": packets_order(run, finding)})
    response.status_code = 202
    return response


def _order(run: str, finding: str) -> None:
    queries().finding(run, finding)
    where = queries().where
    if not ordered_packets.can_be_ordered(where) or not ordered_packets.give(where, run, finding):
        abort(409, "There is no sensor to ask for these packets.")
    note("packets.order", of=finding, run=run)


def state_json(run: str, finding: str) -> Response:
    """How far the order of a finding's packets is: unordered, open, received, none (the sensor has none) or damaged."""
    queries().finding(run, finding)
    stored = bool(stored_packets(run, finding))
    order = {"state": ordered_packets.RECEIVED} if stored else packets_order(run, finding)
    return jsonify({"packets": order})


blueprint.add_url_rule(
    f"{API}{WHERE}/packets",
    "order_json",
    described(order_json, answer=PACKETS, code=202, errors=(403, 409)),
    methods=["POST"],
)
blueprint.add_url_rule(f"{API}{WHERE}/packets", "state_json", described(state_json, answer=PACKETS), methods=["GET"])


def shown(run: str, finding: str) -> list[dict[str, Any]]:
    """Packets as the page draws them."""
    return [
        {
            "frame": one.frame,
            "capture": one.capture,
            "time": f"{datetime.fromtimestamp(one.time / 1e9, UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
            "length": one.length,
            "covered": sum(end - start for start, end in one.marked),
            "left": max(0, len(one.data) - BYTES),
            "rows": list(rows(one.data[:BYTES], one.marked)),
        }
        for one in stored_packets(run, finding)[:SHOWN]
    ]


def rows(data: bytes, covered: Sequence[ByteRange]) -> Iterator[tuple[str, list[Piece], list[Piece]]]:
    """Offset, hex and text of each row; neighbours that are both covered, or both not, are one piece."""
    inside = bytearray(len(data))
    for start, end in covered:
        inside[start:end] = b"\1" * (min(end, len(data)) - start)
    for at in range(0, len(data), ROW):
        values = data[at : at + ROW]
        flags = [bool(flag) for flag in inside[at : at + ROW]]
        gaps = ["  " if number == ROW // 2 - 1 else " " for number in range(len(values))]
        yield (
            f"{at:04x}",
            _pieces([f"{value:02x}{gap}" for value, gap in zip(values, gaps, strict=True)], flags),
            _pieces([chr(value) if 32 <= value < 127 else "." for value in values], flags),
        )


def gap(hexes: Sequence[Piece]) -> int:
    """Blanks after the hex of a row, so that the texts of all rows stand below one another."""
    return 3 * ROW + 1 - sum(len(text) for text, _ in hexes)


def _pieces(texts: list[str], flags: list[bool]) -> list[Piece]:
    found: list[Piece] = []
    for text, flag in zip(texts, flags, strict=True):
        if found and found[-1][1] == flag:
            found[-1] = (found[-1][0] + text, flag)
        else:
            found.append((text, flag))
    return found


def can_dissect() -> bool:
    """Whether Wireshark's dissectors are at hand."""
    return shutil.which("tshark") is not None and find_spec("pyshark") is not None


@blueprint.get(f"{WHERE}/packets.pcapng")
def capture(run: str, finding: str) -> Response:
    """The masked packets of a finding as a capture to take away."""
    packets = stored_packets(run, finding)
    if not packets:
        abort(404, "The packets of this finding are not kept, or not any more.")
    named = {"Content-Disposition": f'attachment; filename="lanwitness-{finding[:40]}.pcapng"'}
    return Response(pcapng.write(packets, "LANwitness"), content_type="application/vnd.tcpdump.pcap", headers=named)


@page(blueprint, f"{WHERE}/dissected", "dissected.html", answer=DISSECTED)
def dissected(run: str, finding: str) -> Content:
    """What Wireshark's dissectors say of the masked packets of a finding."""
    found = queries().finding(run, finding)
    if not can_dissect():
        raise Unknown(
            "Wireshark's dissectors are not at hand: they need tshark and pyshark on the machine of the dashboard."
        )
    if not stored_packets(run, finding):
        raise Unknown("The packets of this finding are not kept, or not any more.")
    if not AT_ONCE.acquire(timeout=PATIENCE):
        abort(503, "The dissectors are at work for somebody else. Try again in a moment.")
    try:
        lines = _dissect(run, finding)
    finally:
        AT_ONCE.release()
    return {"run": found["run"], "finding": found["finding"], "lines": lines}


def _dissect(run: str, finding: str) -> list[str]:
    where = queries().where
    root = str(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        STORE: where.argument,
        "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    command = [sys.executable, "-m", "dashboard.jobs.dissect", run, finding]
    # A process of its own: the bytes are foreign, and a dissector that hangs or fails costs this page only.
    try:
        found = subprocess.run(  # noqa: S603 (our own program; ids are looked up before)
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        abort(503, "The dissectors took too long.")
    if found.returncode:
        abort(503, "The dissectors could not read these packets.")
    return [safe(line, LINE) for line in found.stdout.decode("utf-8", "replace").splitlines()[:LINES]]
