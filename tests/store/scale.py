"""A store of a size that a page must not feel: many devices, many findings, a year of counts. Everything in it is
invented."""

from __future__ import annotations

import time
from pathlib import Path

from sensor.model import SEVERITIES, Capability, Status
from sensor.records import Record
from sensor.store import schema
from sensor.store.database import open_store
from sensor.store.location import store_location
from sensor.store.rows import timestamp
from sensor.store.types import Change, Sensor, SensorIdentity, StoredRun, TrafficCell
from tests.store.keeping import TOOL

RUN = "rbig"
START = 1_767_225_600_000_000
"""2026-01-01, in µs."""

RULES = (
    "credential.cleartext",
    "transfer.unencrypted",
    "tls.certificate",
    "tls.version",
    "personal.email",
    "update.check",
)
KINDS = ("camera", "plug", "light", "speaker", "thermostat", "tv", "printer", "hub")


def mac(number: int) -> str:
    return f"02:00:5e:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def records(devices: int, findings: int) -> list[Record]:
    """A run's records."""
    end = timestamp(START + 365 * 86_400_000_000)
    found: list[Record] = [
        {
            "record": "capture",
            "run": RUN,
            "capture": "big.pcap",
            "packets": 1,
            "bytes": 1,
            "first_time": timestamp(START),
            "last_time": end,
            "link_types": ["ethernet"],
            "truncated_packets": 0,
            "undecoded_packets": 0,
            "undecoded": {},
            "lost_bytes": 0,
            "damage": None,
        }
    ]
    for number in range(devices):
        reason = {
            "field": "dhcp.vendor",
            "value": "x",
            "signature": "s",
            "evidence": [{"capture": "big.pcap", "frames": [number]}],
        }
        claim = {"value": KINDS[number % len(KINDS)], "confidence": 0.9, "because": [reason]}
        found.append(
            {
                "record": "device",
                "run": RUN,
                "id": mac(number),
                "mac": mac(number),
                "mac_randomized": False,
                "addresses": [f"10.0.{number >> 8}.{number & 255}"],
                "hostname": f"thing-{number}",
                "first_seen": timestamp(START),
                "last_seen": end,
                "vendor": {**claim, "value": "Example"},
                "category": claim,
                "model": None,
                "firmware": None,
                "os": None,
                "platform": None,
                "bytes": {"encrypted": number, "cleartext": 1, "unknown": 0},
                "destinations": [
                    {"name": f"h{n}.example", "address": f"203.0.113.{n}", "party": "third", "bytes": n}
                    for n in range(20)
                ],
                "probably_same": [],
                "in_scope": True,
            }
        )
    for number in range(findings):
        time = timestamp(START + number * 1_000_000)
        found.append(
            {
                "record": "finding",
                "run": RUN,
                "id": f"{number * 2654435761 % 2**32:08x}{number:04x}"[:12],
                "rule": RULES[number % 6],
                "severity": SEVERITIES[number % 5],
                "device": mac(number % devices),
                "peer_device": None,
                "role": "client",
                "capability": list(Capability)[number % 5].value,
                "provisions": ["EN 303 645 5.5-1"],
                "client": "10.0.0.1:40000",
                "server": f"203.0.113.{number % 200}:80",
                "protocol": "http",
                "time": time,
                "last_time": time,
                "count": 1,
                "evidence": [{"capture": "big.pcap", "frames": [number, number + 1]}],
                "summary": "A device sent a picture that anybody on the way can see." * 2,
                "advice": f"Switch on encryption ({number % 6}).",
                "detail": {"application": "http", "content": "image", "bytes": number, "party": "third", "sent": True},
            }
        )
    for number in range(devices):
        for provision in range(40):
            status = list(Status)[(number + provision) % 8].value
            found.append(
                {
                    "record": "provision",
                    "run": RUN,
                    "device": mac(number),
                    "provision": {"v2.1.1": None, "v3.1.3": f"5.{provision}"},
                    "capability": None,
                    "modal": "shall",
                    "status": status,
                    "because": ["it was seen"],
                    "reasons": ["it was seen"],
                    "settled_by": [],
                }
            )
        for place_of, capability in enumerate(Capability):
            found.append(
                {
                    "record": "verdict",
                    "run": RUN,
                    "device": mac(number),
                    "capability": capability.value,
                    "status": list(Status)[(number + place_of) % 8].value,
                    "because": [],
                    "reasons": [],
                    "coverage": {"hours": 9000.0},
                }
            )
    return found


def filled_by_sensors(path: Path, sensors: int, devices: int, findings: int) -> list[str]:
    """Make a store of so many sensors, each with its share of the devices and findings; their runs."""
    from sensor.store.writer import Writer

    each = records(devices // sensors, findings // sensors)
    runs = []
    with Writer(store_location(str(path))) as store:
        for number in range(sensors):
            run, prefix = f"live{number}", f"02:00:{number:02x}"
            own = [
                {
                    **one,
                    "run": run,
                    **{name: prefix + one[name][8:] for name in ("id", "mac", "device") if moves(one, name)},
                }
                for one in each
            ]
            identity = SensorIdentity(f"sensor-{number}", f"sensor {number}", f"site {number % 5}", "", "eth1")
            at = int(time.time() * 1_000_000)
            health = Sensor(at, "ok", "", "eth1", 1, 1, 0, at)
            store.change(Change(run, TOOL, at, own, sensor=health, identity=identity))
            runs.append(run)
    return runs


def moves(record: Record, name: str) -> bool:
    """Whether a field of a record is a device's MAC."""
    return isinstance(record.get(name), str) and str(record[name]).startswith("02:00:5e")


def filled(path: Path, devices: int, findings: int, *, hours: int, days: int) -> None:
    """Make the store; three cells for each device and hour, and for each device and day before."""
    from sensor.store.writer import Writer

    end = START // 3_600_000_000 + 365 * 24
    cells = [
        TrafficCell(mac(number), end - hour - 1, protection, party, hour + 1)
        for number in range(devices)
        for hour in range(hours)
        for protection, party in (("encrypted", "vendor"), ("cleartext", "local"), ("unknown", ""))
    ]
    with Writer(store_location(str(path))) as store:
        store.keep(StoredRun(RUN, records(devices, findings), TOOL, START, traffic=cells))
    engine = open_store(store_location(str(path)), write=True)
    with engine.begin() as connection:
        for number in range(devices):
            rows = [
                {
                    "run": RUN,
                    "device": mac(number),
                    "day": (end - hours) // 24 - day - 1,
                    "protection": protection,
                    "party": party,
                    "bytes": day + 1,
                }
                for day in range(days)
                for protection, party in (("encrypted", "vendor"), ("cleartext", "local"), ("unknown", ""))
            ]
            if rows:
                connection.execute(schema.days.insert(), rows)
    engine.dispose()
