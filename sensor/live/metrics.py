"""Prometheus metrics of a live run, taken at each update and served at ``/metrics``.

Labels are bounded, and nothing that crossed the wire is among them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Base

from sensor.live.snapshot import Snapshot
from sensor.model import SensorState
from sensor.prometheus import add_states, authorized, exposition, registry_of
from sensor.store.location import StoreState
from sensor.store.recorder import Health

WAIT = 10.0
"""Seconds that a scraper may take over one request."""


class Figures(Base):
    """An output that holds the metrics of the last snapshot, and their collector. The scrape's thread sees whole
    snapshots only."""

    def __init__(self, store: Callable[[], Health] | None = None) -> None:
        """``store``: how the store does that the run is written to, asked at each scrape."""
        self._families: list[Metric] = list(families().values())
        self._store = store

    def update(self, snapshot: Snapshot) -> None:
        """Take the snapshot's figures."""
        self._families = list(_of(snapshot).values())

    def describe(self) -> Iterable[Metric]:
        """All families, empty."""
        return [*families().values(), *(store_families().values() if self._store is not None else ())]

    def collect(self) -> Iterator[Metric]:
        """The last figures, and the store as it is."""
        yield from self._families
        if self._store is not None:
            yield from _of_store(self._store())


def families() -> dict[str, Any]:
    """Every metric, empty."""
    counter, gauge = CounterMetricFamily, GaugeMetricFamily
    return {
        "packets": counter("lanwitness_watch_packets", "Packets that were read.", labels=["source"]),
        "dropped": counter(
            "lanwitness_watch_dropped_packets", "Packets that the kernel had no room for.", labels=["source"]
        ),
        "captures": counter("lanwitness_watch_captures", "How often a capture was begun.", labels=["source"]),
        "bytes": counter("lanwitness_watch_bytes", "Bytes of all packets, as they were on the wire."),
        "undecoded": counter("lanwitness_watch_undecoded_packets", "Packets of which something could not be read."),
        "lost": counter("lanwitness_watch_lost_stream_bytes", "Bytes that are missing in streams that were read."),
        "bounds": counter("lanwitness_watch_bound_hits", "How often a limit was reached.", labels=["bound"]),
        "parser_seconds": counter(
            "lanwitness_watch_parser_seconds", "Time spent in a parser and in what listens to it.", labels=["protocol"]
        ),
        "parser_bytes": counter("lanwitness_watch_parser_bytes", "Bytes given to a parser.", labels=["protocol"]),
        "malformed": counter(
            "lanwitness_watch_parser_malformed", "Conversations that left their protocol.", labels=["protocol"]
        ),
        "parser_failures": counter(
            "lanwitness_watch_parser_failures", "Bugs met in a parser; each cost one conversation.", labels=["protocol"]
        ),
        "detector_seconds": counter(
            "lanwitness_watch_detector_seconds", "Time spent in a detector.", labels=["detector"]
        ),
        "detector_failures": counter(
            "lanwitness_watch_detector_failures",
            "Bugs met in a detector; each cost one observation.",
            labels=["detector"],
        ),
        "caveats": gauge(
            "lanwitness_watch_caveat", "What limits what is seen, by its kind, and how much of it.", labels=["kind"]
        ),
        "flows": gauge("lanwitness_watch_live_flows", "Conversations that go on."),
        "devices": gauge("lanwitness_watch_devices", "Devices seen in this run."),
        "findings": gauge("lanwitness_watch_findings", "Findings of this run.", labels=["severity"]),
        "last": gauge("lanwitness_watch_last_packet_timestamp_seconds", "Time of the last packet, Unix time."),
        "reported": gauge("lanwitness_watch_reported_timestamp_seconds", "When these figures were taken, Unix time."),
        "lost_ratio": gauge(
            "lanwitness_watch_lost_ratio", "Share of the last minute's packets that were lost.", labels=["source"]
        ),
        "state": gauge(
            "lanwitness_watch_state",
            "1 for the state that a source is in, 0 for all others.",
            labels=["source", "state"],
        ),
    }


def store_families() -> dict[str, Any]:
    """The metrics of a run that is written to a store, empty."""
    counter, gauge = CounterMetricFamily, GaugeMetricFamily
    return {
        "state": gauge(
            "lanwitness_watch_store_state", "1 for the state that the store is in, 0 for all others.", labels=["state"]
        ),
        "waiting": gauge("lanwitness_watch_store_waiting", "Records and counts that are not in the store yet."),
        "on_disk": gauge("lanwitness_watch_store_queued", "Of those that wait, what is in the queue on the disk."),
        "lost": counter("lanwitness_watch_store_lost", "Records and counts that found no room to wait."),
        "written": gauge(
            "lanwitness_watch_store_written_timestamp_seconds", "When something was written to the store, Unix time."
        ),
    }


def _of_store(health: Health) -> Iterable[Metric]:
    found = store_families()
    add_states(found["state"], [], [state.value for state in StoreState], health.state.value)
    found["waiting"].add_metric([], health.waiting)
    found["on_disk"].add_metric([], health.on_disk)
    found["lost"].add_metric([], health.lost)
    if health.written is not None:
        found["written"].add_metric([], health.written)
    return found.values()


def _of(snapshot: Snapshot) -> dict[str, Any]:
    found, result, sensor = families(), snapshot.result, snapshot.sensor
    for one in snapshot.watched:
        name = one.source.name
        found["packets"].add_metric([name], one.packets)
        found["dropped"].add_metric([name], one.lost)
        found["captures"].add_metric([name], one.source.starts)
        found["lost_ratio"].add_metric([name], one.lost_share)
        add_states(found["state"], [name], SensorState, one.state.word)
    found["bytes"].add_metric([], sensor.bytes)
    found["undecoded"].add_metric([], sum(result.undecoded.values()))
    found["lost"].add_metric([], result.lost_bytes)
    for bound, count in sorted(result.bounds.items()):
        found["bounds"].add_metric([bound], count)
    for protocol, figures in sorted(result.statistics.parsers.items()):
        found["parser_seconds"].add_metric([protocol], figures.seconds)
        found["parser_bytes"].add_metric([protocol], figures.bytes)
        found["malformed"].add_metric([protocol], figures.malformed)
        found["parser_failures"].add_metric([protocol], figures.failures)
    for detector, figures in sorted(result.statistics.detectors.items()):
        found["detector_seconds"].add_metric([detector], figures.seconds)
        found["detector_failures"].add_metric([detector], figures.failures)
    for caveat in sensor.more.get("caveats", ()):
        found["caveats"].add_metric([caveat["kind"]], caveat["count"])
    found["flows"].add_metric([], sensor.more.get("live_flows", 0))
    found["devices"].add_metric([], len(result.devices))
    counts: dict[str, int] = {}
    for finding in result.findings.values():
        severity = finding.severity.name.lower()
        counts[severity] = counts.get(severity, 0) + 1
    for severity, count in sorted(counts.items()):
        found["findings"].add_metric([severity], count)
    if sensor.last_packet:
        found["last"].add_metric([], sensor.last_packet / 1e6)
    found["reported"].add_metric([], sensor.at / 1e6)
    return found


class MetricsServer:
    """``/metrics`` on an address, in a thread of its own. ``token``: what a scraper must show (``Authorization: Bearer
    …``); None on loopback only."""

    def __init__(self, figures: Figures, address: str, port: int, token: str | None) -> None:
        """Raises OSError where the address cannot be had."""
        handler = type("Handler", (_Handler,), {"registry": registry_of("watch", figures), "token": token})
        kind = type("Six", (ThreadingHTTPServer,), {"address_family": 10}) if ":" in address else ThreadingHTTPServer
        self._server = kind((address, port), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def __enter__(self) -> MetricsServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    registry: CollectorRegistry
    token: str | None
    timeout = WAIT
    server_version, sys_version = "lanwitness", ""

    def do_GET(self) -> None:
        if self.token is not None and not authorized(self.headers.get("Authorization", ""), self.token):
            self._answer(401, b"a token is needed\n", ("WWW-Authenticate", "Bearer"))
            return
        if self.path.partition("?")[0] != "/metrics":
            self._answer(404, b"/metrics is all there is\n")
            return
        body, kind = exposition(self.registry, self.headers.get("Accept", ""))
        self._answer(200, body, ("Content-Type", kind))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""
