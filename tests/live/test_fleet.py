"""A hub and three sensors on a real PostgreSQL: started together, through an outage, a stop and a kill -9.

Each logs in by the certificate that it was enrolled with. What they write is what three replays of the same captures
say.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from sensor.cli.main import cli
from sensor.hub.folder import read_settings_of_hub, url_with_files
from sensor.store.database import server_url
from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import EVERY
from sensor.store.writer import Writer
from tests.live.test_saved_state import pieces
from tests.replaying import ROOT
from tests.store.postgresql import Server, running

PATIENCE = 60.0


@dataclass
class Fed:
    """A sensor of its own state folder, and the pcap stream that it is fed: the second part comes during the outage."""

    name: str
    state: Path
    head: bytes
    parts: list[list[bytes]]
    url: str = ""
    process: subprocess.Popen[bytes] | None = None
    oracle: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stderr(self) -> str:
        return (self.state / "stderr").read_text()

    def start(self) -> None:
        with (self.state / "stderr").open("ab") as log:
            self._start(log)
        self.feed([self.head])

    def _start(self, log: BinaryIO) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sensor", "watch", "-", "--plain", "-q", "--store", self.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "LANWITNESS_STATE": str(self.state)},
            cwd=ROOT,
        )

    def feed(self, records: list[bytes]) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(b"".join(records))
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


def shifted(record: bytes, seconds: int) -> bytes:
    return struct.pack("<I", struct.unpack_from("<I", record)[0] + seconds) + record[4:]


def halves(name: str) -> tuple[bytes, list[list[bytes]]]:
    """A capture of ours, cut in its middle."""
    head, packets = pieces(name)
    records = [record for _, record in packets]
    return head, [records[: len(records) // 2], records[len(records) // 2 :]]


def one_after_another(*names: str) -> tuple[bytes, list[list[bytes]]]:
    """Captures of ours as one, a minute between two; the last is the second part."""
    head, last, parts = b"", 0, list[list[bytes]]()
    for name in names:
        other, packets = pieces(name)
        assert head in (b"", other)
        later = (last - packets[0][0]) // 1_000_000_000 + 60 if head else 0
        parts.append([shifted(record, later) for _, record in packets])
        head, last = other, packets[-1][0] + later * 1_000_000_000
    return head, [[record for part in parts[:-1] for record in part], parts[-1]]


def facts(records: Iterable[dict[str, Any]]) -> Counter[str]:
    """What records say, without the names of run, capture and findings, which differ from run to run."""
    names = {
        "device": ("id", "mac", "addresses", "hostname", "vendor", "category"),
        "finding": (
            *("rule", "severity", "device", "peer_device", "role", "client", "server", "protocol", "time", "count"),
            "detail",
        ),
        "verdict": ("device", "capability", "status"),
        "provision": ("device", "v3", "status"),
    }  # fmt: skip
    found: Counter[str] = Counter()
    for one in records:
        if one["record"] in names:
            values = {name: _value(one.get(name)) for name in names[one["record"]]}
            found[json.dumps([one["record"], values], sort_keys=True)] += 1
    return found


def _value(value: Any) -> Any:
    """Of a claim its value: its reasons name the capture."""
    return value["value"] if isinstance(value, dict) and "because" in value else value


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def command(state: Path, *arguments: object) -> None:
    os.environ["LANWITNESS_STATE"] = str(state)
    assert cli.main([*map(str, arguments)], standalone_mode=False) in (0, 3)


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, and with the environment as it was."""
    before, made = os.environ.get("LANWITNESS_STATE", ""), Path(tempfile.mkdtemp(prefix="lw-fleet-"))
    yield made
    os.environ["LANWITNESS_STATE"] = before
    shutil.rmtree(made)


def hub_of(server: Server, folder: Path, port: int, capsys: pytest.CaptureFixture[str]) -> Path:
    """A hub as docs/fleet.md has it: TLS, certificates, no password."""
    state = folder / "hub"
    command(state, "hub", "init", f"{server.place.url}&port={port}", "--host", "127.0.0.1")
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name in ("server.crt", "server.key", "ca.crt"):
        server.put(name, (state / "hub" / name).read_text())
    lines = [line for line in shown if line.startswith("hostssl ")]
    assert len(lines) == 2
    server.put("pg_hba.conf", "\n".join([*lines, "local all anna trust", ""]))
    given = [line.replace("'", "").split(" = ") for line in shown if line.startswith("ssl")]
    server.settings = [part for name, value in given for part in ("-c", f"{name}={value}")]
    server.settings += ["-c", "listen_addresses=127.0.0.1"]
    server.stop()
    server.start()
    return state


def enrol(one: Fed, hub: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the commands of docs/fleet.md; the oracle is read with the sensor's own key."""
    bundle, capture = folder / f"{one.name}.bundle", folder / f"{one.name}.pcap"
    command(hub, "hub", "enrol", one.name, "--site", "home", "--out", bundle)
    one.state.mkdir()
    capsys.readouterr()
    command(one.state, "hub", "join", bundle)
    one.url = capsys.readouterr().out.strip()
    capture.write_bytes(one.head + b"".join(record for part in one.parts for record in part))
    command(one.state, "replay", "--plain", "--json", folder / f"{one.name}.jsonl", capture)
    one.oracle = [json.loads(line) for line in (folder / f"{one.name}.jsonl").read_text().splitlines()]


def kill(one: Fed) -> None:
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()
        if one.process.stdin is not None:
            one.process.stdin.close()


def seen(admin: Engine, name: str) -> int:
    """Packets of a sensor that are in the store."""
    query = (
        "SELECT coalesce(sum(packets), 0) FROM caught WHERE run IN"
        " (SELECT r.id FROM runs r JOIN sensor s ON s.id = r.sensor WHERE s.name = :name)"
    )
    with admin.connect() as connection:
        return int(connection.scalar(text(query), {"name": name}) or 0)


def live(server: Server, admin: Engine, fleet: list[Fed]) -> None:
    """All started together; one is killed once its first part is in the store, one is stopped during the outage."""
    cellar, attic, shed = fleet
    for one in fleet:
        one.start()
    for one in fleet:
        one.feed(one.parts[0])
    for one in fleet:
        until(lambda one=one: seen(admin, one.name) == len(one.parts[0]), f"the first part of {one.name}")
    # What it found is in the store within two seconds; `kill -9` costs no more than that (docs/store.md).
    time.sleep(2 * EVERY + 1)
    kill(shed)
    assert attic.process is not None
    attic.process.send_signal(signal.SIGSTOP)
    server.crash()
    admin.dispose()
    cellar.feed(cellar.parts[1])
    attic.feed(attic.parts[1])
    until(lambda: "listening goes on" in cellar.stderr, "a write that fails")
    assert cellar.process is not None and cellar.process.poll() is None
    server.start()
    attic.process.send_signal(signal.SIGCONT)
    shed.start()
    shed.feed(shed.parts[1])
    for one in fleet:
        until(lambda one=one: seen(admin, one.name) == sum(map(len, one.parts)), f"all of {one.name}")
    assert [one.end() for one in fleet] == [0, 0, 0]


def test_three_sensors_and_an_outage(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("PGPORT", str(port))  # of the server and of its own tools
    with ExitStack() as stack:
        server = stack.enter_context(running())
        hub = hub_of(server, folder, port, capsys)
        fleet = [
            Fed("cellar", folder / "cellar", *halves("ftp_login")),
            Fed("attic", folder / "attic", *halves("http_basic")),
            Fed("shed", folder / "shed", *one_after_another("telnet", "ntp", "mqtt")),
        ]
        for one in fleet:
            enrol(one, hub, folder, capsys)
            stack.callback(kill, one)
        admin = create_engine(server.place.url or "")
        stack.callback(admin.dispose)
        live(server, admin, fleet)
        cellar, attic, shed = fleet
        with admin.connect() as connection:
            rows = connection.execute(text("SELECT s.name, r.id FROM runs r JOIN sensor s ON s.id = r.sensor")).all()
        runs = {one.name: {run for name, run in rows if name == one.name} for one in fleet}
        assert len(runs["cellar"]) == len(runs["attic"]) == 1

        # What the store says, by a role that may read all of it, is what the three replays say.
        everything = url_with_files(hub / "hub", read_settings_of_hub(hub / "hub"), "lw_read")
        with StoreReader(store_location(everything)) as reader:
            stored = {name: [record for run in of for record in reader.records(run)] for name, of in runs.items()}
        for one in (cellar, attic):
            assert facts(stored[one.name]) == facts(one.oracle) and len(facts(one.oracle)) > 5
        # In its absence nobody listened: what a verdict rests on is less, what was found is not.
        found, wanted = (
            {fact for fact in facts(records) if fact.startswith('["finding"')}
            for records in (stored["shed"], shed.oracle)
        )
        assert found == wanted and len(found) > 1

        # A sensor sees its own alone, and its certificate opens no other's role.
        own = create_engine(server_url(store_location(cellar.url)))
        with own.connect() as connection:
            mine = connection.execute(text("SELECT run FROM findings")).scalars().all()
            assert set(mine) == runs["cellar"]
            others = text("SELECT * FROM findings WHERE run = :run")
            assert not connection.execute(others, {"run": next(iter(runs["attic"]))}).all()
        own.dispose()
        forged = make_url(cellar.url).set(username=make_url(attic.url).username)
        with pytest.raises(StoreFailed):
            Writer(store_location(forged.render_as_string()))
        plain = make_url(cellar.url).update_query_dict({"sslmode": "disable"})
        with pytest.raises(StoreFailed):
            Writer(store_location(plain.render_as_string()))
        command(hub, "hub", "revoke", "attic")
        with pytest.raises(StoreFailed):
            Writer(store_location(attic.url))
        command(hub, "hub", "tidy")
        capsys.readouterr()
        command(hub, "hub", "list")
        lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
        assert [line[:3] for line in lines] == [
            ["attic", "home", "revoked"], ["cellar", "home", "enrolled"], ["shed", "home", "enrolled"],
        ]  # fmt: skip
