"""Row-level security of a hub's database, tried by a sensor that means harm, in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from sensor.sites.stored import joined
from sensor.store.corrections import Corrections
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreFailed, StoreLocation, StoreState, store_location
from sensor.store.orders import DONE, Orders
from sensor.store.policies import OWN_ROWS, READABLE_ROWS, READERS, SENSORS, WITHOUT, is_shared
from sensor.store.reader import StoreReader
from sensor.store.roles import EnrolledSensor, Enrolment, HubRoles
from sensor.store.schema import metadata
from sensor.store.types import CaptureCount, Change, Sensor, SensorIdentity, StoredRun, TrafficCell
from sensor.store.writer import Writer
from tests.store.keeping import TOOL
from tests.store.postgresql import Server
from tests.store.scale import START, mac, records

NOW = 1_700_000_000_000_000


@dataclass(frozen=True)
class Fleet:
    """A hub with two sensors, each of which wrote a live run and read a finished capture."""

    where: StoreLocation
    cellar: EnrolledSensor
    attic: EnrolledSensor

    def as_role(self, role: str | None) -> StoreLocation:
        return store_location((self.where.url or "").replace("anna@", f"{role}@"))


def change(sensor: EnrolledSensor, run: str) -> Change:
    found = [{**one, "run": run} for one in records(3, 5)]
    identity = SensorIdentity(sensor.id, "I say cellar", "I say here", "", "-")
    health = Sensor(NOW, "ok", "", "-", 1, 1, 0, NOW)
    cells = [TrafficCell(mac(0), 5, "unknown", "", 5)]
    counts = [CaptureCount(1, 2, 3, 4)]
    state = {("network", "a"): "{}"}
    return Change(
        run, TOOL, NOW, found, traffic=cells, captured=counts, sensor=health, identity=identity, state=state,
        bounds={}, failures=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fleet(server: Server) -> Iterator[Fleet]:
    """In a database of its own: what is refused changes nothing, so one is enough for all."""
    where = store_location((server.place.url or "").replace("/lan?", "/fleet?"))
    engine = create_engine(server.place.url or "", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE fleet"))
    engine.dispose()
    with HubRoles(where) as hub:
        hub.prepare()
        made = Fleet(
            where, hub.enrol(Enrolment("cellar", site="home"), NOW), hub.enrol(Enrolment("attic", site="home"), NOW)
        )
    for one in (made.cellar, made.attic):
        with Writer(made.as_role(one.role)) as store:
            store.change(change(one, f"live-{one.name}"))
            read = [{**record, "run": f"read-{one.name}"} for record in records(2, 3)]
            store.keep(StoredRun(f"read-{one.name}", read, TOOL, START))
    with Orders(where) as orders:
        orders.forget(mac(0), [mac(0)], [], [made.cellar.id, made.attic.id], NOW)
    yield made


def ask(where: StoreLocation, *statements: str) -> list[int]:
    """Rows that each statement gave or changed, in one session."""
    engine = create_engine(where.url or "")
    try:
        with engine.begin() as connection:
            return [_count(connection, one) for one in statements]
    finally:
        engine.dispose()


def _count(connection: Connection, statement: str) -> int:
    found = connection.execute(text(statement))
    return len(found.all()) if found.returns_rows else found.rowcount


def refused(where: StoreLocation, *statements: str) -> str:
    with pytest.raises(DBAPIError) as failed:
        ask(where, *statements)
    return str(failed.value.orig)


def test_every_table_has_a_policy_or_a_reason(fleet: Fleet) -> None:
    """Asked of the database itself: what a later schema adds must say whose its rows are."""
    engine = create_engine(fleet.where.url or "")
    with engine.connect() as connection:
        tables = set(connection.scalars(text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")))
        secured = set(
            connection.scalars(text("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relrowsecurity"))
        )
        of = {
            role: set(
                connection.scalars(
                    text("SELECT tablename::text FROM pg_policies WHERE roles = ARRAY[CAST(:role AS name)]"),
                    {"role": role},
                )
            )
            for role in (SENSORS, READERS)
        }
    engine.dispose()
    assert tables == set(metadata.tables) | set(WITHOUT) and all(WITHOUT.values())
    assert secured == of[READERS] == tables - set(WITHOUT)
    assert of[SENSORS] == set(OWN_ROWS) | set(READABLE_ROWS) == secured


def test_a_sensor_reads_its_own_rows_of_every_table_and_no_others(fleet: Fleet) -> None:
    mine, all_of_it = fleet.as_role(fleet.cellar.role), fleet.where
    tables = [name for name in OWN_ROWS if name not in ("reasons", "concerned")]
    seen, there = (ask(one, *(f"SELECT 1 FROM {name}" for name in tables)) for one in (mine, all_of_it))
    assert all(seen) and [2 * one for one in seen] == there
    assert ask(mine, "SELECT 1 FROM findings WHERE run LIKE '%attic'") == [0]
    with StoreReader(mine) as reader:
        assert {one.id for one in reader.runs()} == {"live-cellar", "read-cellar"}
        assert len(reader.records("live-cellar")) > 5 and not reader.records("live-attic")
    with StoreReader(fleet.as_role(READERS)) as reader:
        assert len(reader.runs()) == 4 and len(reader.records("live-attic")) > 5


def test_the_report_of_a_site_is_of_the_rows_that_its_role_reads(fleet: Fleet) -> None:
    for role, names in ((fleet.cellar.role, {"cellar"}), (READERS, {"cellar", "attic"})):
        with FleetReader(fleet.as_role(role)) as reader:
            found = joined(reader, [one for one in reader.fleet() if one.identity.site == "home" and one.runs])
            assert {each for seen in found.seen_by.values() for each in seen} == names
            assert {each for one in found.records if one["record"] == "finding" for each in one["sensors"]} == names
            hits = reader.search(["live-attic", "live-cellar"], mac(0), 50)
            assert {run for run, _ in hits.devices} == {f"live-{name}" for name in names}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO runs (id, written, tool_version, failures, bounds, sensor)"
        " VALUES ('x', 1, '1', 0, '{}', '{attic}')",
        "INSERT INTO runs (id, written, tool_version, failures, bounds, sensor) VALUES ('x', 1, '1', 0, '{}', NULL)",
        "UPDATE runs SET sensor = '{attic}' WHERE id = 'live-cellar'",
        "INSERT INTO findings (run, id, position, rule, severity) VALUES ('live-attic', 'x', 9, 'r', 'high')",
        "UPDATE findings SET run = 'live-attic', id = 'x' WHERE run = 'live-cellar'",
        "INSERT INTO caught VALUES ('live-attic', 9, 9, 9, 9)",
        "INSERT INTO caught VALUES ('live-attic', 1, 9, 9, 9) ON CONFLICT (run, hour) DO UPDATE SET packets = 9",
        "INSERT INTO device_seen VALUES ('home', 'k', '{attic}', 'd', 1, 2)",
        "INSERT INTO device_seen VALUES ('elsewhere', 'k', '{cellar}', 'd', 1, 2)",
        "UPDATE device_seen SET sensor = '{attic}'",
        "UPDATE sensor SET name = 'attic'",
        "UPDATE sensor SET role = 'lw_sensor_attic'",
        "UPDATE sensor SET days = 1",
        "DELETE FROM sensor",
        "DELETE FROM orders",
        "UPDATE orders SET sensor = '{attic}'",
        "UPDATE orders SET run = 'live-cellar', kind = 'evidence'",
        "INSERT INTO orders (id, sensor, kind, at, state) VALUES ('x', '{attic}', 'forget', 1, 'open')",
        "INSERT INTO orders (id, sensor, kind, at, state) VALUES ('x', '{cellar}', 'forget', 1, 'open')",
        "INSERT INTO sensor (id, name, site, bench, interface, tool_version, first_seen, last_seen)"
        " VALUES ('new', 'n', '', '', '', '', 1, 1)",
        "INSERT INTO corrections (kind, by, at) VALUES ('mute', 'x', 1)",
        "DELETE FROM corrections",
        "UPDATE alembic_version SET version_num = '9'",
        "TRUNCATE runs CASCADE",
        "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
        "DROP POLICY runs_of_lw_sensors ON runs",
        "CREATE OR REPLACE FUNCTION lw_sensor() RETURNS text LANGUAGE sql AS $$ SELECT '{attic}' $$",
        "CREATE TABLE mine (a int)",
        "CREATE TEMP TABLE sensor (id text, role text)",
        "CREATE ROLE other",
        "GRANT lw_hub TO {role}",
        "SET ROLE lw_hub",
        "SET ROLE lw_read",
        "SET ROLE {other}",
        "SET SESSION AUTHORIZATION {other}",
        "SET SESSION AUTHORIZATION lw_hub",
        "SET session_authorization = '{other}'",
        "SET LOCAL role = 'lw_hub'",
        "SET session_preload_libraries = 'x'",
    ],
)
def test_what_is_anothers_is_refused(fleet: Fleet, statement: str) -> None:
    names = {"attic": fleet.attic.id, "cellar": fleet.cellar.id, "role": fleet.cellar.role, "other": fleet.attic.role}
    for name, value in names.items():
        statement = statement.replace("{" + name + "}", str(value))
    message = refused(fleet.as_role(fleet.cellar.role), statement)
    reasons = ("permission denied", "row-level security", "must be owner", "must have admin option")
    assert any(reason in message for reason in reasons), message


@pytest.mark.parametrize(
    "before",
    [
        "SET row_security = off",
        "SET ROLE lw_sensors",
        "SET search_path = pg_temp, public",
        "SET lw.sensor = '{attic}'",
        "SET session_replication_role = 'origin'",
        "RESET ROLE",
        "RESET SESSION AUTHORIZATION",
    ],
)
def test_no_setting_shows_a_row_of_another(fleet: Fleet, before: str) -> None:
    """Whatever a session may SET, it sees nothing of the other, and changes and removes nothing."""
    mine = fleet.as_role(fleet.cellar.role)
    tries = (
        "SELECT 1 FROM findings WHERE run LIKE '%attic'",
        "UPDATE findings SET severity = 'info' WHERE run LIKE '%attic'",
        "DELETE FROM runs WHERE id LIKE '%attic'",
    )
    for one in tries:
        try:
            assert ask(mine, before.replace("{attic}", fleet.attic.id), one)[-1] == 0
        except DBAPIError as error:
            # `row_security = off` asks for an error in place of rows that are left out.
            assert "row-level security" in str(error.orig) or "permission denied" in str(error.orig)
    assert ask(fleet.where, tries[0])[0] > 0


def test_a_sensor_answers_its_own_orders_alone(fleet: Fleet) -> None:
    with Writer(fleet.as_role(fleet.cellar.role)) as store, Orders(fleet.where) as orders:
        assert store.orders(fleet.attic.id) == []
        (order,) = store.orders(fleet.cellar.id)
        for sensor in (fleet.attic.id, fleet.cellar.id):
            store.answer(order.id, sensor, DONE, NOW + 1)
        assert {one.sensor: one.state for one in orders.states(order.id)} == {"cellar": "done", "attic": "open"}


def test_what_a_sensor_says_of_its_place_is_the_hubs_to_say(fleet: Fleet) -> None:
    with HubRoles(fleet.where) as hub:
        found = {one.name: one for one in hub.sensors()}
    assert found["cellar"].id == fleet.cellar.id
    assert found["cellar"].site == "home" and found["cellar"].last_seen == NOW
    rows = ("SELECT 1 FROM device_seen WHERE site = 'home'", "SELECT 1 FROM device_seen WHERE site <> 'home'")
    assert ask(fleet.where, *rows) == [6, 0]


def test_a_sensor_under_another_id_is_refused_in_a_sentence(fleet: Fleet) -> None:
    with Writer(fleet.as_role(fleet.cellar.role)) as store:
        with pytest.raises(StoreFailed, match="hub join") as failed:
            store.change(change(fleet.attic, "live-forged"))
        with pytest.raises(StoreFailed):
            store.change(change(replace(fleet.cellar, id=fleet.attic.id), "live-attic"))
        # What a sensor reads twice is replaced; what another has read is that one's.
        store.keep(StoredRun("read-cellar", [{**one, "run": "read-cellar"} for one in records(2, 1)], TOOL, START))
        with pytest.raises(StoreFailed, match="another sensor"):
            store.keep(StoredRun("read-attic", [], TOOL, START))
    assert failed.value.state is StoreState.READ_ONLY
    assert ask(fleet.where, "SELECT 1 FROM findings WHERE run = 'read-cellar'") == [1]


def test_of_the_users_word_a_sensor_reads_what_concerns_it(fleet: Fleet) -> None:
    with Writer(fleet.as_role(fleet.attic.role)) as store:
        lone = [{**one, "run": "live-attic"} for one in records(9, 0) if one.get("id") == mac(8)]
        store.change(replace(change(fleet.attic, "live-attic"), records=lone))
    with Corrections(fleet.as_role("lw_hub"), clock=lambda: 1.0) as corrections:
        corrections.name(mac(0), "Ours", by="anna")
        corrections.name(mac(8), "The attic's", by="anna")
        corrections.mute(rule="tls.version", by="anna")
    with Writer(fleet.as_role(fleet.cellar.role)) as store:
        assert {(one.kind, one.value) for one in store.corrections()} == {("name", "Ours"), ("mute", None)}
    with Corrections(fleet.as_role(fleet.cellar.role)) as corrections, pytest.raises(StoreFailed):
        corrections.mute(rule="tls.version", by="eve")


def test_a_revoked_sensor_is_out_at_once_and_its_old_role_for_good(fleet: Fleet) -> None:
    with HubRoles(fleet.where) as hub:
        shed = hub.enrol(Enrolment("shed"), NOW)
    mine = fleet.as_role(shed.role)
    with Writer(mine) as store:
        store.change(change(shed, "live-shed"))
    engine = create_engine(mine.url or "")
    with engine.connect() as open_session:
        assert _count(open_session, "SELECT 1 FROM runs") == 1
        with HubRoles(fleet.where) as hub:
            assert hub.revoke("shed", NOW + 1).revoked == NOW + 1
        with pytest.raises(DBAPIError):
            _count(open_session, "SELECT 1 FROM runs")
    engine.dispose()
    with pytest.raises(StoreFailed, match="does not let this user in"):
        Writer(mine)
    with HubRoles(fleet.where) as hub:
        again = hub.enrol(Enrolment("shed"), NOW + 2)
    assert again.id == shed.id and again.role != shed.role and again.revoked is None
    with pytest.raises(StoreFailed):
        Writer(mine)
    with StoreReader(fleet.as_role(again.role)) as reader:
        assert [one.id for one in reader.runs()] == ["live-shed"]


def test_a_sensor_puts_no_names_into_an_order(fleet: Fleet) -> None:
    """The next order for the device, to all sensors that saw it, has the names of the one before."""
    mine = fleet.as_role(fleet.cellar.role)
    for words in ("""names = '["192.0.2.1"]'""", """findings = '["f-other"]'""", """names = 'null', findings = NULL"""):
        assert "row-level security" in refused(mine, f"UPDATE orders SET {words}")
    assert "permission denied" in refused(mine, "UPDATE orders SET device = 'x', names = NULL, findings = NULL")


def test_a_sensor_that_locks_tables_holds_nobody_up_for_ever_and_is_revoked(fleet: Fleet) -> None:
    with HubRoles(fleet.where) as hub:
        barn = hub.enrol(Enrolment("barn"), NOW)
        hub.prepare()
    for role in (fleet.attic.role, barn.role, "lw_hub", "lw_read"):
        assert _shown(fleet.as_role(role), "SHOW lock_timeout") == "15s", role
    engine = create_engine(fleet.as_role(barn.role).url or "")
    locked = "LOCK TABLE runs, device_seen, live_state IN ACCESS EXCLUSIVE MODE"
    with engine.connect() as attacker:
        attacker.execute(text(locked))
        at_once = "SET LOCAL lock_timeout = '100ms'"
        assert "lock timeout" in refused(fleet.as_role(fleet.attic.role), at_once, "SELECT 1 FROM runs")
        with HubRoles(fleet.where) as hub:
            assert hub.revoke("barn", NOW + 1).revoked == NOW + 1
        with pytest.raises(DBAPIError):
            attacker.execute(text("SELECT 1"))
        assert ask(fleet.as_role(fleet.attic.role), "SELECT 1 FROM runs WHERE id = 'live-attic'") == [1]
    engine.dispose()
    for table in ("sensor", "orders", "corrections", "alembic_version"):
        mine = fleet.as_role(fleet.cellar.role)
        assert "permission denied" in refused(mine, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


def _shown(where: StoreLocation, statement: str) -> object:
    engine = create_engine(where.url or "")
    try:
        with engine.connect() as connection:
            return connection.execute(text(statement)).scalar()
    finally:
        engine.dispose()


def test_a_store_of_one_sensor_has_no_policies(where: StoreLocation) -> None:
    with Writer(where):
        pass
    engine = create_engine(where.url or "")
    with engine.connect() as connection:
        assert not is_shared(connection)
    engine.dispose()
