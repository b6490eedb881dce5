"""How long each page of the dashboard takes over a store of 500 devices, 100,000 findings and a year of counts, beside
a trivial page (the log-in).

    python -m bench.pages [--devices 500] [--findings 100000] [--sensors 50]

With ``--sensors`` the store has so many sensors with their share of devices and findings, and before each page one of
them writes: that is what changes such a store.

Prints milliseconds of CPU, the median of several, and how many times the trivial page that is: ``cold`` right after the
store has changed, ``warm`` after that.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.app import create_app
from dashboard.auth.access import AccessControl
from dashboard.auth.accounts import ADMIN, Accounts
from dashboard.auth.api_tokens import ApiTokens
from dashboard.auth.audit import Audit
from sensor.store.location import store_location
from sensor.store.types import Change, Sensor, SensorIdentity
from sensor.store.writer import Writer
from tests.store.keeping import TOOL
from tests.store.scale import RUN, filled, filled_by_sensors, mac

REPEAT = 7


def median(what: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    """Milliseconds."""
    found = []
    for _ in range(REPEAT):
        before()
        began = time.process_time()
        what()
        found.append((time.process_time() - began) * 1000)
    return statistics.median(found)


def of_sensors(sensors: int, devices: int, findings: int) -> None:
    """The pages over all sensors."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hub.db")
        filled_by_sensors(path, sensors, devices, findings)
        state = Path(folder, "state")
        accounts = Accounts(state)
        app = create_app(str(path), access=AccessControl(state, accounts, Audit(state), ApiTokens(state)))
        client = app.test_client()
        client.set_cookie("lanwitness", accounts.accept(accounts.link(ADMIN), "anna", "four words of nonsense"))
        trivial = median(lambda: app.test_client().get("/log-in"))
        print(f"{'the trivial page (/log-in)':42}{trivial:8.1f} ms")
        with Writer(store_location(str(path))) as writer:

            def change() -> None:
                at = int(time.time() * 1_000_000)
                who = SensorIdentity("sensor-0", "sensor 0", "site 0", "", "eth1")
                writer.change(Change("live0", TOOL, at, sensor=Sensor(at, "ok", "", "eth1", 1, 1, 0, at), identity=who))

            for name, page in (("Home", "/"), ("Home of a site", "/?site=site 1"), ("findings", "/findings")):
                began = time.process_time()
                assert client.get(page).status_code == 200
                first = (time.process_time() - began) * 1000
                after, warm = (median(lambda page=page: client.get(page), each) for each in (change, lambda: None))
                print(f"{name:42}{first:8.1f} ms first {after:8.1f} ms after a change {warm:8.1f} ms warm")


def main() -> None:
    """Make the store, ask for the pages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--sensors", type=int, default=0)
    asked = parser.parse_args()
    if asked.sensors:
        of_sensors(asked.sensors, asked.devices, asked.findings)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "big.db")
        filled(path, asked.devices, asked.findings, hours=30 * 24, days=335)
        state = Path(folder, "state")
        accounts = Accounts(state)
        app = create_app(str(path), access=AccessControl(state, accounts, Audit(state), ApiTokens(state)))
        client = app.test_client()
        client.set_cookie("lanwitness", accounts.accept(accounts.link(ADMIN), "anna", "four words of nonsense"))
        held = app.extensions["queries"].cache
        finding = client.get(f"/api/v1/runs/{RUN}/findings").json["findings"][0]["id"]
        trivial = median(lambda: app.test_client().get("/log-in"))
        print(f"{'the trivial page (/log-in)':42}{trivial:8.1f} ms")
        own = f"/runs/{RUN}"
        for name, page in (
            ("Home", "/"),
            ("Home, page 10", f"{own}?page=10"),
            ("a device", f"{own}/devices/{mac(7)}"),
            ("findings", f"{own}/findings"),
            ("findings, high, of a device", f"{own}/findings?severity=high&device={mac(7)}"),
            ("findings, open, newest, page 1000", f"{own}/findings?state=open&sort=newest&page=1000"),
            ("a finding", f"{own}/findings/{finding}"),
            ("runs", "/runs"),
            ("help", "/help"),
        ):
            answer = client.get(page)
            assert answer.status_code == 200, page
            cold, warm = (
                median(lambda page=page: client.get(page), held.clear),
                median(lambda page=page: client.get(page)),
            )
            size = len(answer.data) / 1000
            print(
                f"{name:42}{cold:8.1f} ms cold {cold / trivial:6.1f} x {warm:8.1f} ms warm {warm / trivial:6.1f} x "
                f"{size:8.1f} kB"
            )


if __name__ == "__main__":
    main()
