"""Orders from outside, on a real PostgreSQL, with one of two sensors away."""

from __future__ import annotations

import time
from pathlib import Path

from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.store.location import StoreLocation
from sensor.store.orders import DONE
from sensor.store.reader import StoreReader
from sensor.store.writer import Writer
from tests.cli.test_main import lanwitness
from tests.replaying import of
from tests.store.scale import mac, records
from tests.store.test_orders import ONE, OTHER, lived


def test_forget_and_evidence_on_a_hub_with_one_sensor_away(where: StoreLocation, tmp_path: Path) -> None:
    now = time.time_ns() // 1000
    lived(where, ONE, "cellar", now)
    lived(where, OTHER, "attic", now - 7_200_000_000)
    hub, state = where.argument, str(tmp_path)
    # The sensor sends what a finding rests on, and a packet of none.
    (first, *_) = of([{**one, "run": "cellar"} for one in records(2, 5)], "finding")
    entry = first["evidence"][0]
    packets = [
        EvidencePacket(entry["capture"], entry["frames"][0], 5, 1, b"ab****", 60, ((2, 6),), (("x", "y"),)),
        EvidencePacket("elsewhere", 1, 5, 1, b"canary", 60),
    ]
    wanted = ("evidence", "--store", hub, "--run", "cellar", "--out")
    asked = lanwitness(*wanted, tmp_path / "none", "--wait", "0", state=state)
    assert asked.returncode == 0 and "1 sensor holds packets of it: 1 not answered yet" in asked.stderr
    with Writer(where) as store:
        (order,) = store.orders(ONE)
        store.answer(order.id, ONE, DONE, now, pcapng.write(packets, "x"))
    sent = lanwitness(*wanted, tmp_path / "some", state=state)
    assert sent.returncode == 0 and "1 findings with their packets" in sent.stdout, sent.stderr
    assert b"canary" not in b"".join(one.read_bytes() for one in (tmp_path / "some").rglob("*.pcapng"))

    gone = lanwitness("forget", mac(0), "--store", hub, "--wait", "0", state=state)
    assert gone.returncode == 0 and "is out of 2 runs" in gone.stdout
    assert "2 sensors hold packets of it: 1 not answered yet, 1 not heard since" in gone.stdout
    with Writer(where) as store:
        (order,) = store.orders(ONE)
        store.answer(order.id, ONE, DONE, now)
    again = lanwitness("forget", mac(0), "--store", hub, "--wait", "0", state=state)
    assert again.returncode == 0 and "2 sensors hold packets of it: 1 done, 1 not heard since" in again.stdout
    assert "(attic)" in again.stdout and "is out of" not in again.stdout
    with Writer(where) as store:
        (order,) = store.orders(OTHER)
        assert mac(0) in order.names and store.orders(ONE) == []
        store.answer(order.id, OTHER, DONE, now)
    last = lanwitness("forget", mac(0), "--store", hub, "--wait", "0", state=state)
    assert "2 done" in last.stdout or last.returncode == 2
    with StoreReader(where) as reader:
        assert mac(0) not in str(reader.records("cellar")) + str(reader.records("attic"))
