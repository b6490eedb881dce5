"""What was seen of a device: hours heard, starts, bytes by protection, who used it, losses, what has no parser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.events import Attribute, Event, Handshake, Login
from sensor.model import Endpoint, Flow, Observation, OnRepeat, Protection, Secret, Side, Transport
from sensor.verdicts.coverage import HOUR, MAX_HOURS, MAX_UNREAD, Coverage, CoverageLedger

DEVICE = Endpoint(b"\xc0\x00\x02\x01", 4000, b"")
CLOUD = Endpoint(b"\xcb\x00\x71\x07", 443, b"")
"""192.0.2.1 and 203.0.113.7 (RFC 5737)."""


def ledger() -> CoverageLedger:
    return CoverageLedger(
        lambda end: "d" if end.address == DEVICE.address else None, lambda address: address == CLOUD.address
    )


def flow(
    first: int = 0,
    last: int = 1,
    *,
    client: Endpoint = DEVICE,
    server: Endpoint = CLOUD,
    payload: tuple[int, int] = (10, 30),
    packets: tuple[int, int] = (500, 500),
    app: str | None = "tls",
    cleartext: int = 0,
) -> Flow:
    made = Flow(1, Transport.TCP, client, server, first, last, 1, payload=payload, packets=packets, application=app)
    made.protection = Protection.ENCRYPTED if app == "tls" else Protection.UNKNOWN
    made.cleartext_bytes, made.lost_pieces = cleartext, 2
    return made


def observed(event: Event, of: Flow | None = None, *, time: int = 0, frames: tuple[int, ...] = (1,)) -> Observation:
    return Observation(event, of or flow(), time, frames)


def after(*flows: Flow) -> Coverage:
    made = ledger()
    for one in flows:
        made.flow_ended(one)
    return made.of("d")


def test_flows_add_up() -> None:
    seen = after(flow(), flow(app=None))
    assert (seen.flows, seen.bytes, seen.understood, seen.encrypted, seen.packets_lost) == (2, 80, 40, 40, 4)
    assert seen.encrypted_share == 0.5 and seen.understood_share == 0.5
    assert seen.lost_share == 4 / 2004


def test_a_flow_between_strangers_is_nobodys_and_one_with_itself_counts_once() -> None:
    made = ledger()
    made.flow_ended(flow(client=CLOUD, server=CLOUD))
    made.flow_ended(flow(client=DEVICE, server=DEVICE))
    assert made.of("d").flows == 1


def test_served_and_outside_flows_are_counted_apart() -> None:
    laptop = Endpoint(b"\xc0\x00\x02\x09", 5000, b"")
    seen = after(flow(), flow(client=laptop, server=DEVICE), flow(client=laptop, server=DEVICE, payload=(10, 0)))
    # An unanswered request is no use of the device.
    assert (seen.outside, seen.served) == (1, 1)


def test_bytes_before_an_upgrade_are_not_encrypted() -> None:
    assert after(flow(cleartext=15)).encrypted == 25


def test_hours_are_hours_heard_not_the_span() -> None:
    seen = after(flow(5 * HOUR, 5 * HOUR + 1), flow(500 * HOUR, 501 * HOUR))
    assert set(seen.heard) == {5, 500, 501}


def test_a_connection_that_stays_open_is_heard_in_all_its_hours() -> None:
    seen = after(flow(0, 30 * HOUR))
    assert len(seen.heard) == 31 and abs(sum(seen.heard.values()) - 40) <= 31


def test_a_clock_that_jumps_does_not_make_years_of_listening() -> None:
    assert set(after(flow(0, HOUR * MAX_HOURS * 2, packets=(1, 1))).heard) == {0, 2 * MAX_HOURS}
    assert set(after(flow(9 * HOUR, 2 * HOUR, packets=(1, 1))).heard) == {2, 9}
    seen = after(*(flow(hour * HOUR, hour * HOUR + 1) for hour in range(MAX_HOURS + 5)))
    assert len(seen.heard) == MAX_HOURS


def test_use_stands_out_from_the_devices_own_rest() -> None:
    quiet = [flow(hour * HOUR, hour * HOUR + 1, payload=(500, 500)) for hour in range(20)]
    busy = [flow(hour * HOUR, hour * HOUR + 1, payload=(9, 400_000)) for hour in (3, 7)]
    assert after(*quiet, *busy).activity == (2, 18)
    assert after(*quiet).activity == (0, 20)
    assert after(*quiet[:3]).activity is None


def test_what_has_no_parser_is_named_by_port_and_bounded() -> None:
    vendor, dynamic = Endpoint(CLOUD.address, 6668, b""), Endpoint(CLOUD.address, 50_000, b"")
    seen = after(
        flow(app=None, server=vendor),
        flow(app=None, server=vendor),
        flow(app=None, server=dynamic),
        flow(app=None, payload=(0, 0)),
    )
    assert seen.unread == {"tcp/6668": 80, "tcp/dynamic": 40}
    scan = after(*(flow(app=None, server=Endpoint(CLOUD.address, port, b"")) for port in range(1, MAX_UNREAD + 11)))
    assert len(scan.unread) == MAX_UNREAD + 1 and scan.unread["other"] == 400


def test_a_dhcp_discover_is_a_start_its_repetition_and_a_request_are_not() -> None:
    made = ledger()
    for second, value in ((0, "DISCOVER"), (4, "DISCOVER"), (12, "DISCOVER"), (13, "REQUEST"), (4000, "DISCOVER")):
        event = Attribute(field="dhcp.message", value=value, side=Side.CLIENT)
        made.observe(observed(event, time=second * 1_000_000_000))
    assert made.of("d").boots == 2


def test_logins_count_at_the_end_that_asks_for_them() -> None:
    made = ledger()
    for verifier in Side:
        made.observe(
            observed(
                Login(mechanism="password", username="anna", secret=Secret(b"x"), scheme="basic", verifier=verifier)
            )
        )
    assert made.of("d").logins == 1


@pytest.mark.parametrize(("version", "certificates", "hidden"), [("TLS 1.3", (), 1), ("TLS 1.2", (b"der",), 0)])
def test_hidden_certificates_are_counted(version: str, certificates: tuple[bytes, ...], hidden: int) -> None:
    made = ledger()
    made.observe(observed(Handshake(kind="tls", version=version, certificates=certificates)))
    # No ServerHello, and a kind that has no certificates: no handshake of which one could be hidden.
    made.observe(observed(Handshake(kind="tls", version=None)))
    made.observe(observed(Handshake(kind="ssh", version="SSH 2.0")))
    assert (made.of("d").handshakes, made.of("d").hidden) == (1, hidden)


def test_nothing_seen_has_no_shares() -> None:
    assert Coverage().encrypted_share is None and Coverage().understood_share == 0 and Coverage().lost_share == 0


def test_each_handshake_counts_and_says_how_well_its_flow_is_protected() -> None:
    """Also of a flow with several: the last one holds, and of a second flow with the same ends."""
    made = ledger()
    modern = Handshake(kind="tls", version="TLS 1.3", cipher="TLS_AES_128_GCM_SHA256")
    made.observe(observed(Handshake(kind="tls", version="TLS 1.0")))
    made.observe(observed(modern))
    made.observe(observed(modern, time=5))
    assert modern.modern and made.of("d").handshakes == 3
    made.flow_ended(flow())
    made.flow_ended(flow())
    seen = made.of("d")
    assert (seen.protected, seen.unproven, seen.open_outside, seen.carriers) == (40, 40, 0, 1)
    (channel,) = seen.channels.by_key.values()
    assert (channel.flows, channel.remote) == (2, True)


@pytest.mark.parametrize("known", [False, True])
def test_flows_whose_handshakes_are_noted_are_bounded(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a flow that is noted already the last handshake holds; another one finds no room."""
    monkeypatch.setattr("sensor.verdicts.coverage.MAX_CHANNELS", 1)
    made = ledger()
    made.observe(observed(Handshake(kind="tls", version="TLS 1.0")))
    of = flow() if known else replace(flow(), uid=2)
    made.observe(observed(Handshake(kind="tls", version="TLS 1.3", cipher="TLS_AES_128_GCM_SHA256"), of))
    assert made._modern == {1: known}


@pytest.mark.parametrize(
    ("protected", "unproven", "outside", "says"),
    [(9, 2, 0, True), (9, 0, 1, False), (0, 2, 0, False), (0, 0, 0, False)],
)
def test_when_all_that_went_out_was_protected(protected: int, unproven: int, outside: int, says: bool) -> None:
    seen = Coverage(protected=protected, unproven=unproven, open_outside=outside)
    assert (seen.protected_outside is not None) is says


def test_logins_are_counted_for_both_ends() -> None:
    made = ledger()
    login = Login(mechanism="password", username="a", secret=Secret("x"), scheme="basic")
    for _ in range(3):
        made.observe(observed(login, flow(client=CLOUD, server=DEVICE)))
    assert (made.of("d").logins, made.of("d").carriers) == (3, 3)
    for _ in range(2):
        made.observe(observed(login, flow()))
    assert (made.of("d").logins, made.of("d").carriers) == (3, 5), "as a client it asks nobody for a login"
    made.observe(observed(replace(login, served=True), flow(client=CLOUD, server=DEVICE)))
    assert made.of("d").logins == 3


@pytest.mark.parametrize(
    ("protected", "unproven", "open_outside", "sign"),
    [(0, 0, 0, False), (0, 9, 0, False), (9, 0, 0, True), (9, 9, 0, True), (9, 0, 1, False)],
)
def test_when_all_that_left_was_encrypted(protected: int, unproven: int, open_outside: int, sign: bool) -> None:
    message = Coverage(protected=protected, unproven=unproven, open_outside=open_outside).protected_outside
    assert (message is not None) is sign
    if message is not None:
        assert (message.parameters["bytes"], message.parameters["unproven"]) == (9, unproven or None)


def test_hours_are_bounded_and_known_ones_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.verdicts.coverage.MAX_HOURS", 3)
    seen = after(*(flow(number * HOUR, number * HOUR + 1) for number in (1, 2, 3, 4, 1)))
    assert seen.heard == {1: 80, 2: 40, 3: 40}
    across = after(flow(0, 2 * HOUR, packets=(9, 9)), flow(2 * HOUR, 3 * HOUR))
    assert set(across.heard) == {0, 1, 2}


def test_an_hour_that_few_packets_span_is_a_clock_that_jumped() -> None:
    assert set(after(flow(0, 5 * HOUR, packets=(3, 3))).heard) == set(range(6))
    assert set(after(flow(0, 6 * HOUR, packets=(3, 3))).heard) == {0, 6}
    assert set(after(flow(6 * HOUR, 0, packets=(1, 1))).heard) == {0, 6}


@pytest.mark.parametrize(
    ("flows", "more", "dust"),
    [(0, {}, True), (1, {}, True), (2, {}, False), (1, {"logins": 1}, False), (1, {"handshakes": 1}, False),
     (1, {"boots": 1}, False), (1, {"carriers": 1}, False)],
)  # fmt: skip
def test_what_says_nothing_of_a_device(flows: int, more: dict[str, int], dust: bool) -> None:
    assert Coverage(flows=flows, **more).is_dust is dust  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        # What a repeated login says of its outcome may come later.
        (Login(mechanism="password", username="a", secret=Secret("x"), scheme="basic"), OnRepeat.LATER),
        (Handshake(kind="tls", version="TLS 1.3"), OnRepeat.AGAIN),
        (Attribute(field="dhcp.message", value="DISCOVER", side=Side.CLIENT), OnRepeat.AGAIN),
        (Attribute(field="http.user_agent", value="x", side=Side.CLIENT), OnRepeat.NOTHING),
    ],
)
def test_what_is_counted_each_time(event: Event, expected: OnRepeat) -> None:
    assert ledger().on_repeat(event) is expected


def test_bytes_outside_add_up_by_their_protection() -> None:
    seen = Coverage()
    for modern in (True, None, False):
        for _ in range(2):
            seen.add(flow(), Side.CLIENT, outside=True, modern=modern)
    assert (seen.protected, seen.unproven, seen.open_outside, seen.carriers) == (80, 80, 80, 4)
    # At home, of a service that carries no secret, without payload, and what no handshake opened.
    seen.add(flow(), Side.CLIENT, outside=False, modern=True)
    seen.add(flow(app="domain"), Side.CLIENT, outside=True)
    seen.add(flow(payload=(0, 0)), Side.CLIENT, outside=True, modern=True)
    assert (seen.protected, seen.unproven, seen.open_outside) == (80, 80, 80)
    seen.add(flow(app="http"), Side.CLIENT, outside=True)
    assert (seen.protected, seen.unproven, seen.open_outside) == (80, 80, 120)
    assert (seen.flows, seen.outside, seen.packets, seen.packets_lost) == (10, 9, 10_000, 20)


def test_what_is_read_in_the_clear_is_never_more_than_there_is() -> None:
    assert after(flow(cleartext=41)).encrypted == 0


def test_a_flow_of_a_transport_without_ports_is_named_by_it() -> None:
    strange = flow(app=None, server=replace(CLOUD, port=None))
    strange.transport = Transport.IP
    assert after(strange).unread == {"ip": 40}


def test_a_ledger_with_running_flows_leaves_this_one_as_it_is() -> None:
    made = ledger()
    made.flow_ended(flow(app=None))
    shown = made.with_running([flow(5 * HOUR, 5 * HOUR + 1, app=None)])
    assert (shown.of("d").flows, made.of("d").flows) == (2, 1)
    assert (set(shown.of("d").heard), set(made.of("d").heard)) == ({0, 5}, {0})
    assert (shown.of("d").unread, made.of("d").unread) == ({"tcp/443": 80}, {"tcp/443": 40})
    (channel,) = made.of("d").channels.by_key.values()
    assert channel.flows == 1


def test_devices_that_said_nothing_make_room_the_older_half_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.verdicts.coverage.MAX_DEVICES", 5)
    made = ledger()
    made.of("speaks").logins = 1
    for number in range(4):
        made.of(f"dust{number}").flows = 1
    made.of("new")
    assert list(made._devices) == ["speaks", "dust2", "dust3", "new"]
