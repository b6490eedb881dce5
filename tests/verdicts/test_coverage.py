"""What was seen of a device: hours heard, starts, bytes by protection, losses."""

from __future__ import annotations

from sensor.events import Attribute
from sensor.model import Endpoint, Flow, Observation, Protection, Side, Transport
from sensor.verdicts.coverage import HOUR, Coverage, CoverageLedger

END = Endpoint(b"\xc0\x00\x02\x01", 1, b"")


def flow(
    first: int, last: int, *, payload: tuple[int, int] = (10, 30), app: str | None = "tls", cleartext: int = 0
) -> Flow:
    made = Flow(1, Transport.TCP, END, END, first, last, 1, payload=payload, application=app)
    made.protection = Protection.ENCRYPTED if app == "tls" else Protection.UNKNOWN
    made.cleartext_bytes, made.lost_pieces = cleartext, 2
    return made


def test_flows_add_up() -> None:
    ledger = CoverageLedger()
    ledger.flow_ended(flow(0, HOUR // 2), "d")
    ledger.flow_ended(flow(0, 1, app=None), "d")
    ledger.flow_ended(flow(0, 1), None)
    seen = ledger.of("d")
    assert (seen.flows, seen.bytes, seen.understood, seen.encrypted, seen.packets_lost) == (2, 80, 40, 40, 4)
    assert seen.encrypted_share == 0.5


def test_bytes_before_an_upgrade_are_not_encrypted() -> None:
    ledger = CoverageLedger()
    ledger.flow_ended(flow(0, 1, cleartext=15), "d")
    assert ledger.of("d").encrypted == 25


def test_hours_are_hours_heard_not_the_span() -> None:
    ledger = CoverageLedger()
    ledger.flow_ended(flow(5 * HOUR, 5 * HOUR + 1), "d")
    ledger.flow_ended(flow(500 * HOUR, 501 * HOUR), "d")
    assert ledger.of("d").heard == {5, 500, 501}


def test_a_dhcp_discover_is_a_start_and_a_request_is_not() -> None:
    ledger = CoverageLedger()
    for value in ("DISCOVER", "REQUEST"):
        event = Attribute(field="dhcp.message", value=value, side=Side.CLIENT)
        ledger.observe(Observation(event, flow(0, 1), 0, (1,)), "d")
    assert ledger.of("d").boots == 1


def test_nothing_seen_has_no_share_and_is_not_enough() -> None:
    assert Coverage().encrypted_share is None and not Coverage().enough
