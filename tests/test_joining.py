"""Joined captures through the whole program: what one recording shows is found in its pieces, with their frames; in the
store each piece is known.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensor.cli.main import cli
from tests.replaying import PCAPS, Record, of

CAPTURE = PCAPS / "ftp_login" / "capture.pcap"


def pieces(chosen: Callable[[int, int], int], count: int) -> list[tuple[bytes, list[int]]]:
    """The recording's records in ``count`` captures, each with the numbers they had; ``chosen`` says of (number,
    records) in which.
    """
    data = CAPTURE.read_bytes()
    records, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at : at + 16 + size])
        at += 16 + size
    made: list[tuple[bytes, list[int]]] = [(data[:24], []) for _ in range(count)]
    for number, record in enumerate(records):
        which = chosen(number, len(records))
        made[which] = (made[which][0] + record, [*made[which][1], number + 1])
    return made


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., tuple[int, list[Record]]]:
    def run(*arguments: str | Path) -> tuple[int, list[Record]]:
        out = tmp_path / "records.jsonl"
        status = cli.main(["replay", "--plain", "--json", str(out), *map(str, arguments)], standalone_mode=False)
        return status, [json.loads(line) for line in out.read_text("utf-8").splitlines()]

    return run


def what(record: Record, frames: dict[str, list[int]] | None = None) -> tuple[Any, ...]:
    """A finding without what tells of its run, its frames counted in the whole recording."""
    numbers = sorted(
        (frames[one["capture"]][frame - 1] if frames else frame)
        for one in record["evidence"]
        for frame in one["frames"]
    )
    return (
        record["rule"],
        record["client"],
        record["server"],
        record["time"],
        record["count"],
        str(record["detail"]),
        numbers,
    )


@pytest.mark.parametrize(
    "chosen",
    [lambda n, total: n * 3 // total, lambda n, _: n % 3, lambda n, _: n * 7 % 11 % 3],
    ids=["one after another", "in turns", "mixed"],
)
def test_pieces_show_what_the_whole_does(
    chosen: Callable[[int, int], int], ran: Callable[..., tuple[int, list[Record]]], tmp_path: Path
) -> None:
    frames: dict[str, list[int]] = {}
    paths = []
    for number, (data, numbers) in enumerate(pieces(chosen, 3)):
        path = tmp_path / f"{2 - number}.pcap"
        path.write_bytes(data)
        frames[str(path)] = numbers
        paths.append(path)
    status, whole = ran(CAPTURE)
    assert status == 0
    status, joined = ran("--join", *paths)
    assert status == 0
    assert sorted(what(one, frames) for one in of(joined, "finding")) == sorted(
        what(one) for one in of(whole, "finding")
    )
    assert {one["run"] for one in joined if one["record"] != "summary"} == {joined[0]["run"]}
    assert sum(one["packets"] for one in of(joined, "capture")) == of(whole, "capture")[0]["packets"]
    assert [one["id"] for one in of(joined, "device")] == [one["id"] for one in of(whole, "device")]
    _, again = ran("--join", *paths[::-1])
    assert again[:-1] == joined[:-1]


def test_damage_and_rubbish_cost_themselves(ran: Callable[..., tuple[int, list[Record]]], tmp_path: Path) -> None:
    for number, (data, _) in enumerate(pieces(lambda n, total: n * 2 // total, 2)):
        (tmp_path / f"{number}.pcap").write_bytes(data[: -5 if number else None])
    (tmp_path / "other.pcap").write_bytes(b"rubbish")
    status, found = ran("--join", *(tmp_path / f"{name}.pcap" for name in ("0", "1", "other")))
    assert status == 1
    assert [one["damage"] is None for one in sorted(of(found, "capture"), key=lambda one: one["capture"])] == [
        True,
        False,
    ]
    assert of(found, "finding", "credential.cleartext")


def test_the_same_file_twice_is_read_once(
    ran: Callable[..., tuple[int, list[Record]]], capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = ran("--join", CAPTURE, CAPTURE)
    assert status == 0 and "it is read once" in capsys.readouterr().err
    assert found[:-1] == ran(CAPTURE)[1][:-1]


def test_the_store_knows_each_capture(ran: Callable[..., tuple[int, list[Record]]], tmp_path: Path) -> None:
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader

    paths = []
    for number, (data, _) in enumerate(pieces(lambda n, _: n % 2, 2)):
        (tmp_path / f"{number}.pcap").write_bytes(data)
        paths.append(tmp_path / f"{number}.pcap")
    _, found = ran("--join", "--store", tmp_path / "store.sqlite", *paths)
    with StoreReader(store_location(str(tmp_path / "store.sqlite"))) as reader:
        info = reader.run()
        assert info is not None and {one["sha256"] for one in info.files} == {
            hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
        }
        kept = of(reader.records(info.id), "finding")
    assert {one["id"]: one["evidence"] for one in kept} == {one["id"]: one["evidence"] for one in of(found, "finding")}
