"""Roles of a hub: prepared twice alike, named so that none is another's, refused in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from sensor.store import database, migrations
from sensor.store.location import StoreFailed, StoreLocation, StoreState, store_location
from sensor.store.roles import Enrolment, EnrolmentRefused, HubRoles
from sensor.store.writer import Writer

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
