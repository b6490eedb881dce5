"""Session descriptions (RFC 8866): announced media streams, and the media of RTP's payload numbers.

The numbers are those of RFC 3551.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import field

from sensor.events import Expect
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.formats.http_headers import text

MAX_LINES = 512
MAX_STREAMS = 32
"""Media lines read: a conference has a few."""

STATIC = {
    0: "audio/PCMU", 3: "audio/GSM", 4: "audio/G723", 5: "audio/DVI4", 6: "audio/DVI4", 7: "audio/LPC", 8:
    "audio/PCMA", 9: "audio/G722",
    10: "audio/L16", 11: "audio/L16", 12: "audio/QCELP", 13: "audio/CN", 14: "audio/MPA", 15: "audio/G728", 16:
    "audio/DVI4", 17: "audio/DVI4",
    18: "audio/G729", 25: "video/CelB", 26: "video/JPEG", 28: "video/nv", 31: "video/H261", 32: "video/MPV", 33:
    "video/MP2T", 34: "video/H263",
}  # fmt: skip
"""RFC 3551 §6, tables 4 and 5."""


@dataclass(frozen=True, slots=True)
class Media:
    """What an announcer knows of a media flow: media types by payload number, and the kind of it (``audio``,
    ``video``) where a number is not named."""

    kinds: tuple[tuple[int, str], ...] = ()
    kind: str | None = None

    def of(self, payload: int) -> str | None:
        """The media type of a payload number."""
        named = dict(self.kinds).get(payload) or STATIC.get(payload)
        return named or (f"{self.kind}/rtp" if self.kind else None)


@dataclass(slots=True)
class MediaStream:
    """One media line: ``profile`` such as ``RTP/AVP``; ``address`` text or None; ``keys`` the SDES keys (RFC 4568);
    ``keyed``: DTLS will key it (RFC 5763)."""

    kind: str
    port: int
    profile: str
    address: str | None
    kinds: dict[int, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    keyed: bool = False
    control_port: int | None = None
    multiplexed: bool = False

    @property
    def media(self) -> Media:
        """The hint for the parser of the flow."""
        return Media(tuple(sorted(self.kinds.items())), self.kind)

    @property
    def plain(self) -> bool:
        """RTP without encryption (RFC 3551, RFC 4585)."""
        return self.profile in ("RTP/AVP", "RTP/AVPF") and not self.keyed and not self.keys

    @property
    def encrypted(self) -> bool:
        """SRTP with keys that the description itself carries (RFC 3711, RFC 4568)."""
        return self.profile in ("RTP/SAVP", "RTP/SAVPF") and bool(self.keys)


def streams(data: bytes) -> list[MediaStream]:
    """The media lines of a description, at most `MAX_STREAMS`; lines that do not parse are passed over."""
    found: list[MediaStream] = []
    address: str | None = None
    keyed = False
    for raw in data.split(b"\n", MAX_LINES)[:MAX_LINES]:
        line = text(raw.strip())[:1024]
        kind, value = line[:2], line[2:]
        if kind == "c=":
            shown = _address(value)
            if found:
                found[-1].address = shown
            else:
                address = shown
        elif kind == "m=":
            parts = value.split()
            if len(found) >= MAX_STREAMS or len(parts) < 3 or not re.fullmatch(r"\d{1,5}(/\d+)?", parts[1], re.ASCII):
                continue
            found.append(
                MediaStream(
                    parts[0][:20], int(parts[1].partition("/")[0]) & 0xFFFF, parts[2].upper(), address, keyed=keyed
                )
            )
        elif kind == "a=":
            if value.startswith("fingerprint:"):
                keyed = keyed or not found
                if found:
                    found[-1].keyed = True
            elif found:
                _attribute(found[-1], value)
    return found


def _attribute(stream: MediaStream, value: str) -> None:
    name, _, rest = value.partition(":")
    if name == "rtpmap":
        mapped = re.match(r"(\d{1,3}) ([A-Za-z0-9_.+-]{1,40})", rest, re.ASCII)
        if mapped and len(stream.kinds) < 128:
            stream.kinds[int(mapped[1])] = f"{stream.kind}/{mapped[2]}"
    elif name == "crypto":
        key = re.match(r"\d{1,9} [A-Za-z0-9_]{1,60} inline:([A-Za-z0-9+/=]{16,200})", rest)
        if key and len(stream.keys) < 8:
            stream.keys.append(key[1])
    elif name == "rtcp":
        port = re.match(r"(\d{1,5})(?: |$)", rest, re.ASCII)
        stream.control_port = int(port[1]) & 0xFFFF if port else None
    elif name == "rtcp-mux":
        stream.multiplexed = True


def _address(value: str) -> str | None:
    parts = value.split()
    try:
        found = ipaddress.ip_address(parts[2].partition("/")[0])
    except (IndexError, ValueError):
        return None
    return None if found.is_unspecified else str(found)


def expectations(stream: MediaStream, side: Side) -> Iterator[Expect]:
    """The flows that a media line of ``side`` announces; none for a stream that is off (port 0), keyed by DTLS or no
    RTP."""
    if not stream.port or not (stream.plain or stream.encrypted):
        return
    protocol = "rtp" if stream.plain else "srtp"
    yield Expect(protocol, stream.port, side, udp=True, address=stream.address, hint=stream.media)
    control = stream.control_port or stream.port + 1
    if stream.plain and control != stream.port and control < 65536 and not stream.multiplexed:
        # RFC 3550 §11: RTCP on the next higher port, unless another is named (RFC 3605).
        yield Expect("rtcp", control, side, udp=True, address=stream.address)
