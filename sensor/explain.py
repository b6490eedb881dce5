"""A finding's packets into what Wireshark's dissectors say of them (pyshark and tshark): a second opinion that owes nothing to our own parsers."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from sensor.export.terminal import safe

LINES = 400
"""Lines shown of one packet: a dissection that is longer helps nobody."""

LINE = 300
"""Characters shown of one line."""

SHORTEST = 3
"""Characters a secret must have to be covered wherever it stands; shorter ones would blot out the dissection, so whole lines with them are left out."""


class NoDissector(Exception):  # noqa: N818 - a sentence for the user
    """pyshark or tshark is not at hand; the text says what to install."""


def forms(secret: str) -> set[str]:
    """How a dissector may show a secret: as it is, in base64, hex, colon-separated hex and URL encoding, whole or behind a user name."""
    raw = secret.encode("utf-8", "backslashreplace")
    encoded = {secret, raw.hex(), raw.hex(":"), quote(secret, safe=""), base64.b64encode(raw).decode().rstrip("=")}
    # Base64 of "user:secret" holds the secret at one of three offsets; the characters that are the same in all of them are covered.
    for offset in (1, 2):
        shifted = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
        encoded.add(shifted[4 if offset == 2 else 2 : -2])
    return {form for form in encoded if len(form) >= SHORTEST}


def covered(line: str, secrets: Iterable[str]) -> str:
    """``line`` without any form of any of the secrets."""
    for secret in secrets:
        for form in sorted(forms(secret), key=len, reverse=True):
            line = line.replace(form, "*" * 8).replace(form.upper(), "*" * 8)
    return line


def dissect(path: str, frames: Iterable[int], secrets: Iterable[str]) -> Iterator[str]:
    """Lines of text for each frame of the capture at ``path``; ``secrets`` are covered. Raises NoDissector, OSError."""
    if shutil.which("tshark") is None:
        raise NoDissector("tshark is not installed (Debian: apt install tshark)")
    try:
        import pyshark
    except ImportError:
        raise NoDissector("pyshark is not installed (pip install 'lanwitness[explain]')") from None
    wanted = sorted(set(frames))
    hidden = [secret for secret in secrets if secret]
    capture = pyshark.FileCapture(
        path, display_filter="frame.number in {" + ",".join(map(str, wanted)) + "}", keep_packets=False
    )
    try:
        for packet in capture:
            yield f"packet {packet.number}"
            for line in list(_lines(packet))[:LINES]:
                yield safe(covered(line, hidden), LINE)
    finally:
        capture.close()


def _lines(packet: object) -> Iterator[str]:
    for layer in packet.layers:  # type: ignore[attr-defined]
        yield f"  {layer.layer_name}"
        for name in layer.field_names:
            field = layer.get_field(name)
            shown = getattr(field, "showname", None) or f"{name}: {field}"
            yield f"    {shown}"
