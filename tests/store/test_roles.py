"""Roles of a hub: prepared twice alike, named so that none is another's, refused in sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from sensor.store import database, migrations
from sensor.store.location import StoreFailed, StoreLocation, StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.retention import DAY, RetentionLimits
from sensor.store.roles import Enrolment, EnrolmentRefused, HubRoles
from sensor.store.types import Change, Sensor, SensorIdentity, StoredRun
from sensor.store.writer import Writer
from tests.replaying import of
from tests.store.keeping import TOOL
from tests.store.scale import START, records

NOW = 1_700_000_000_000_000


def test_a_file_is_no_hub(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="needs a PostgreSQL"):
        HubRoles(store_location(str(tmp_path / "home.db")))
    assert not (tmp_path / "home.db").exists()


def test_sensors_are_enrolled_and_listed(where: StoreLocation) -> None:
    with HubRoles(where) as hub:
        with pytest.raises(StoreFailed, match="hub init"):
            hub.enrol(Enrolment("cellar"), NOW)
        hub.prepare()
        made = hub.enrol(Enrolment("cellar", "home", "bench-2", days=30, hours=7), NOW)
        hub.prepare()
        assert hub.sensors() == [made] and made.last_seen is None
        assert (made.site, made.bench, made.days, made.hours, made.enrolled) == ("home", "bench-2", 30, 7, NOW)
        assert made.role is not None and made.role.startswith("lw_sensor_cellar")
        for name in ("", "postgres; --", "Cellar", "a" * 32, "a_b", "-a", "küche"):
            with pytest.raises(EnrolmentRefused):
                hub.enrol(Enrolment(name), NOW)
        with pytest.raises(EnrolmentRefused, match="enrolled already"):
            hub.enrol(Enrolment("cellar"), NOW)
        with pytest.raises(EnrolmentRefused, match="another"):
            hub.enrol(Enrolment("attic", sensor=made.id), NOW)
        with pytest.raises(EnrolmentRefused, match="UUID"):
            hub.enrol(Enrolment("attic", sensor="x"), NOW)
        with pytest.raises(EnrolmentRefused, match="No sensor"):
            hub.revoke("attic", NOW)


def test_a_role_of_the_server_is_never_taken_over(where: StoreLocation) -> None:
    """Another database of the same server may have a sensor of that name."""
    engine = create_engine(where.url or "")
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS lw_sensor_shed"))
        connection.execute(text("CREATE ROLE lw_sensor_shed LOGIN"))
    with HubRoles(where) as hub:
        hub.prepare()
        made = hub.enrol(Enrolment("shed"), NOW)
    assert made.role == "lw_sensor_shed_2"
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT rolsuper, rolcreaterole, rolbypassrls, rolconnlimit FROM pg_roles WHERE rolname = :role"),
            {"role": made.role},
        ).one()
    engine.dispose()
    assert tuple(found) == (False, False, False, 20)


def test_a_later_schema_is_brought_in_by_the_hub_and_under_its_policies(
    where: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Writer(where):
        pass
    with HubRoles(where) as hub:
        hub.prepare()
        made = hub.enrol(Enrolment("cellar"), NOW)
    engine = create_engine(where.url or "")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE changes DISABLE ROW LEVEL SECURITY"))
    monkeypatch.setattr(database, "HEAD", "later")
    monkeypatch.setattr(migrations, "upgrade", lambda connection: None)
    as_role = [store_location((where.url or "").replace("anna@", f"{role}@")) for role in (made.role, "lw_hub")]
    with pytest.raises(StoreFailed, match="hub init") as failed:
        Writer(as_role[0])
    assert failed.value.state is StoreState.OLDER
    with Writer(as_role[1]):
        pass
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT relrowsecurity FROM pg_class WHERE relname = 'changes'"))
    engine.dispose()


def runs_of(where: StoreLocation) -> set[str]:
    with StoreReader(where) as reader:
        return {one.id for one in reader.runs()}


def test_retention_is_by_sensor_and_the_hubs_alone(where: StoreLocation) -> None:
    """Rows of 40 days: out for the sensor with 30, in for the one with 400; those of nobody by the hub's own days."""
    now = START + 41 * DAY
    with HubRoles(where) as hub:
        hub.prepare()
        made = [hub.enrol(Enrolment(name, days=days), NOW) for name, days in (("cellar", 30), ("attic", 400))]
    roles = [store_location((where.url or "").replace("anna@", f"{one.role}@")) for one in made]
    for one, place in zip(made, roles, strict=True):
        identity = SensorIdentity(one.id, one.name, "", "", "eth0")
        old = [{**record, "run": f"live-{one.name}"} for record in records(2, 4)]
        with Writer(place) as store:
            store.change(
                Change(f"live-{one.name}", TOOL, now, old, sensor=Sensor(now, "ok", "", "eth0", 1, 1, 0, now),
                       identity=identity, bounds={}, failures=0)
            )  # fmt: skip
            store.keep(StoredRun(f"read-{one.name}", [], TOOL, START))
            # An enrolled sensor's own tidy takes nothing, whatever it is asked for.
            taken = store.tidy(RetentionLimits(days=1), now, one.id)
            assert (taken.runs, taken.rows) == ((), 0)
    with Writer(where) as store:
        store.keep(StoredRun("nobody's", [], TOOL, START))
        # Also where there are no roles, a sensor takes its own rows alone.
        taken = store.tidy(RetentionLimits(days=1), now, "another sensor's id")
        assert (taken.runs, taken.rows) == ((), 0)
        taken = store.tidy(RetentionLimits(days=365), now)
        assert taken.runs == ("read-cellar",) and taken.rows == 4
        assert runs_of(where) == {"live-cellar", "live-attic", "read-attic", "nobody's"}
        assert store.tidy(RetentionLimits(days=10), now).runs == ("nobody's",)
    with StoreReader(where) as reader:
        assert (
            not of(reader.records("live-cellar"), "finding") and len(of(reader.records("live-attic"), "finding")) == 4
        )


def test_a_sensor_writes_anew_what_the_hub_took(where: StoreLocation) -> None:
    """What it remembers of its rows is worth nothing then: a finding that comes back has its packets again."""
    now = START + 41 * DAY
    with HubRoles(where) as hub:
        hub.prepare()
        made = hub.enrol(Enrolment("cellar", days=30), NOW)
    identity = SensorIdentity(made.id, made.name, "", "", "eth0")
    found = [{**record, "run": "live"} for record in records(1, 2)]
    first = Change("live", TOOL, now, found, sensor=Sensor(now, "ok", "", "eth0", 1, 1, 0, now), identity=identity,
                   bounds={}, failures=0)  # fmt: skip
    late = "2026-02-10T00:00:00.000000Z"
    with Writer(store_location((where.url or "").replace("anna@", f"{made.role}@"))) as store:
        store.change(first)
        with Writer(where) as hub_store:
            assert hub_store.tidy(RetentionLimits(), now).rows == 2
        again = [{**one, "last_time": late, "last_seen": late} if one["record"] != "capture" else one for one in found]
        store.change(replace(first, records=again, written=now + 1))
    with StoreReader(where) as reader:
        back = of(reader.records("live"), "finding")
    assert len(back) == 2 and [one["evidence"] for one in back] == [one["evidence"] for one in of(found, "finding")]
