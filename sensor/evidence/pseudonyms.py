"""Pseudonyms for the addresses and names of the home's devices, consistent in all files.

They replace names in texts, packet headers and payload. Text within a packet cannot change its length: it becomes
filler. Addresses outside the home are findings, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from sensor.evidence.frame_layout import fix_checksums, layout
from sensor.evidence.packet import FILLER, ByteRange, EvidencePacket, merge_ranges
from sensor.lazy_pattern import expression

MAC = expression(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


class Pseudonyms:
    """Pseudonyms for the devices among ``records`` (docs/output.md), numbered in their order.

    They are ``02:00:00:00:00:01``, ``10.0.0.1``, ``fd00::1`` and ``device-1``.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._texts: dict[str, str] = {}
        self._inside: dict[str, str] = {}
        self._bytes: dict[bytes, bytes] = {}
        devices = [record for record in records if record["record"] == "device"]
        counts = {4: 0, 6: 0}
        for number, device in enumerate(devices, 1):
            for mac in filter(None, (device["mac"], device["id"] if MAC.fullmatch(device["id"]) else None)):
                self._add(mac, bytes.fromhex(mac.replace(":", "")), b"\x02" + number.to_bytes(5, "big"))
            for text in dict.fromkeys((*device["addresses"], device["id"])):
                try:
                    address = ip_address(text)
                except ValueError:
                    continue
                counts[address.version] += 1
                base = int(ip_address("10.0.0.0" if address.version == 4 else "fd00::"))
                made = type(address)(base + counts[address.version])
                self._add(text, address.packed, made.packed, str(made))
            if device["hostname"]:
                self._texts[device["hostname"].lower()] = f"device-{number}"
        self._pattern = _name_pattern(self._texts)
        self._loose = _name_pattern(self._inside, whole=False)
        self._raw = _name_pattern(self._written(), whole=False)

    def _add(self, text: str, raw: bytes, other: bytes, shown: str | None = None) -> None:
        self._texts.setdefault(text.lower(), shown or other.hex(":"))
        if len(raw) == 6:
            # Serial numbers and UUIDs contain it.
            for sign in ("", "-"):
                self._inside.setdefault(raw.hex(sign) if sign else raw.hex(), other.hex(sign) if sign else other.hex())
        self._bytes.setdefault(raw, other)

    def _written(self) -> list[str]:
        """Names as packets may write them.

        Besides the texts: without colons, and as labels of a reverse look-up (RFC 1035 3.5, RFC 3596 2.5).
        """
        found = list(self._texts)
        for raw in self._bytes:
            if len(raw) == 6:
                found += [raw.hex(), raw.hex("-")]
            elif len(raw) == 4:
                parts = [str(byte) for byte in reversed(raw)]
                found += [".".join(parts), "".join(chr(len(part)) + part for part in parts)[1:]]
            else:
                found += [".".join(reversed(raw.hex())), "\x01".join(reversed(raw.hex()))]
        return [name for name in found if len(name) >= 3]

    def text(self, value: Any) -> Any:
        """A JSON value with each name in its texts replaced."""
        if isinstance(value, str):
            for pattern, names in ((self._pattern, self._texts), (self._loose, self._inside)):
                if pattern is not None:
                    value = pattern.sub(lambda found, names=names: names[found[0].lower()], value)  # type: ignore[misc]
            return value
        if isinstance(value, dict):
            return {self.text(name): self.text(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.text(each) for each in value]
        return value

    def packet(self, packet: EvidencePacket) -> EvidencePacket:
        """The packet with pseudonyms and updated checksums."""
        data = bytearray(packet.data)
        for raw, other in self._bytes.items():
            at = packet.data.find(raw)
            while at >= 0:
                data[at : at + len(raw)] = other
                at = packet.data.find(raw, at + 1)
        found = layout(packet.link, packet.data)
        marked: list[ByteRange] = list(packet.marked)
        if self._raw is not None:
            for name in self._raw.finditer(packet.data.decode("latin-1"), found.payload[0]):
                marked.append(name.span())
                data[name.start() : name.end()] = bytes((FILLER,)) * len(name[0])
        fix_checksums(found, packet.data, data)
        findings = tuple((name, self.text(why)) for name, why in packet.findings)
        return replace(
            packet, data=bytes(data), marked=merge_ranges(marked), findings=findings, capture=self.text(packet.capture)
        )


def _name_pattern(names: Iterable[str], *, whole: bool = True) -> re.Pattern[str] | None:
    longest = sorted(names, key=len, reverse=True)
    if not longest:
        return None
    # 10.0.0.1 is not 10.0.0.10; a port or a full stop may follow. Behind a name with colons a group of the same address
    # does: a port stands behind brackets (RFC 3986 3.2.2).
    either = "|".join(re.escape(name) + ("(?!:[0-9A-Fa-f])" if whole and ":" in name else "") for name in longest)
    form = rf"(?<![0-9A-Za-z.:])(?:{either})(?![0-9A-Za-z]|[.:][0-9A-Fa-f]*[.:]|\.[0-9])" if whole else either
    return re.compile(form, re.IGNORECASE)
