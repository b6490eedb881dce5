"""Packets built byte by byte after the RFCs, blocks of them, and both engines to run them through."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType
from typing import Any

import sensor.decode.engine as installed
from sensor.capture import Block

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
A, B, C = (bytes.fromhex(f"0200000000{last:02x}") for last in (10, 11, 12))
GROUP = bytes.fromhex("01005e0000fb")
ALL = b"\xff" * 6
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
LOCAL = ((ip_address("192.0.2.0").packed, 24), (ip_address("fe80::").packed, 10))


def _plain() -> ModuleType:
    """The same source, as Python runs it without a compiler."""
    loader = SourceFileLoader("plain_engine", str(Path(installed.__file__).parent / "engine.py"))
    spec = spec_from_loader("plain_engine", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


plain = _plain()
MODES: dict[str, Any] = {"installed": installed, "plain": plain}


def ip(text: str) -> bytes:
    return ip_address(text).packed


def ethernet(
    payload: bytes, kind: int = 0x0800, source: bytes = A, target: bytes = B, tags: Iterable[tuple[int, int]] = ()
) -> bytes:
    return target + source + b"".join(struct.pack("!HH", *tag) for tag in tags) + struct.pack("!H", kind) + payload


def ip4(
    payload: bytes,
    protocol: int,
    source: str = "192.0.2.10",
    target: str = "192.0.2.11",
    options: bytes = b"",
    **fields: int,
) -> bytes:
    """RFC 791, 3.1; `fields`: length, ident, place (flags and offset)."""
    size = 20 + len(options)
    head = struct.pack(
        "!BBHHHBBH",
        0x40 | size // 4,
        0,
        fields.get("length", size + len(payload)),
        fields.get("ident", 0),
        fields.get("place", 0),
        64,
        protocol,
        0,
    )
    return head + ip(source) + ip(target) + options + payload


def ip6(
    payload: bytes, following: int, source: str = "fe80::10", target: str = "fe80::11", length: int | None = None
) -> bytes:
    """RFC 8200, 3."""
    return (
        struct.pack("!IHBB", 6 << 28, len(payload) if length is None else length, following, 64)
        + ip(source)
        + ip(target)
        + payload
    )


def udp(payload: bytes, source: int = 40000, target: int = 40001, length: int | None = None) -> bytes:
    return struct.pack("!HHHH", source, target, 8 + len(payload) if length is None else length, 0) + payload


def tcp(
    payload: bytes = b"",
    source: int = 40000,
    target: int = 80,
    seq: int = 0,
    flags: int = ACK,
    options: bytes = b"",
    ack: int = 0,
) -> bytes:
    return (
        struct.pack(
            "!HHIIBBHHH", source, target, seq & 0xFFFFFFFF, ack, (20 + len(options)) // 4 << 4, flags, 1024, 0, 0
        )
        + options
        + payload
    )


Spec = bytes | tuple[float, bytes] | tuple[float, bytes, int]


def block(packets: Sequence[Spec], link: int = 1, first_frame: int = 1) -> Block:
    """Packets, each bytes or (seconds after START, bytes[, original length]), as a block; bytes alone come a
    millisecond apart.
    """
    data, table = b"", array("q")
    for number, spec in enumerate(packets):
        seconds, packet, *original = (number / 1000, spec) if isinstance(spec, bytes) else spec
        table.extend(
            (len(data), len(packet), original[0] if original else len(packet), START + round(seconds * SECOND), link)
        )
        data += packet
    return Block(data, table, len(packets), first_frame)


Reaction = Callable[[Any, tuple[Any, ...]], None]


@dataclass
class Ran:
    """What one engine gave: every tuple, the flows as they stood when each END came, and the engine."""

    engine: Any
    tuples: list[tuple[Any, ...]] = field(default_factory=list)
    ended: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, kind: int) -> list[tuple[Any, ...]]:
        return [each for each in self.tuples if each[0] == kind]

    def take(self, batches: Iterable[list[tuple[Any, ...]]], react: Reaction | None = None) -> None:
        for batch in batches:
            for each in batch:
                self.tuples.append(each)
                if each[0] == installed.END:
                    self.ended.append((each[2], self.engine.flow(each[1])))
                if react:
                    react(self.engine, each)


def run_on(
    module: Any, blocks: Iterable[Block], react: Reaction | None = None, finish: bool = True, **options: Any
) -> Ran:
    options.setdefault("local", LOCAL)
    ran = Ran(module.Engine(**options))
    for each in blocks:
        ran.take(ran.engine.process(each), react)
    if finish:
        ran.take(ran.engine.finish(), react)
    return ran


def state(ran: Ran) -> tuple[Any, ...]:
    """All that an engine says of itself, for comparing two."""
    engine = ran.engine
    names: tuple[str, ...] = (
        "packets",
        "bytes",
        "first_time",
        "last_time",
        "truncated_packets",
        "undecoded",
        "bounds_hit",
        "flows_ended",
        "live_flows",
    )
    names += ("silent_flows", "silent_packets", "silent_bytes", "entries", "repeated")
    return (
        *(getattr(engine, name) for name in names),
        engine.hosts(),
        [(why, tuple(info)) for why, info in ran.ended],
        ran.tuples,
    )


def run(
    packets: Sequence[Spec], link: int = 1, react: Reaction | None = None, finish: bool = True, **options: Any
) -> Ran:
    """Both engines over the packets; they must agree, and one answer is given."""
    first, second = (run_on(module, [block(packets, link)], react, finish, **options) for module in MODES.values())
    assert state(first) == state(second)
    return first
