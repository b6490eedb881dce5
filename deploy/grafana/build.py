"""The Grafana dashboard from a short list of panels: run it after a change here. It stands in the repository, so that it can be imported as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${source}"}
STATUS_COLOURS = {
    "violated": "dark-red",
    "concern": "orange",
    "recommendation_missed": "yellow",
    "insufficient_evidence": "blue",
    "no_violation_seen": "green",
    "on_record": "green",
    "none_on_record": "blue",
    "not_observable": "blue",
}
HERE = '{instance=~"$instance"}'


def query(expr: str, legend: str = "", *, instant: bool = False, form: str = "time_series") -> dict[str, Any]:
    """A target of a panel."""
    return {
        "datasource": SOURCE,
        "expr": expr,
        "legendFormat": legend,
        "instant": instant,
        "range": not instant,
        "format": form,
        "refId": "A",
    }


def panel(
    kind: str, title: str, at: tuple[int, int, int, int], *targets: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A panel; ``at``: x, y, width, height."""
    x, y, width, height = at
    for number, target in enumerate(targets):
        target["refId"] = chr(ord("A") + number)
    field = {
        "defaults": {"unit": more.pop("unit", "short"), **more.pop("field", {})},
        "overrides": more.pop("overrides", []),
    }
    return {
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "targets": list(targets),
        "fieldConfig": field,
        **more,
    }


def colours(*steps: tuple[float | None, str]) -> dict[str, Any]:
    """Colours from values on."""
    return {
        "thresholds": {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in steps]},
        "color": {"mode": "thresholds"},
    }


def panels() -> list[dict[str, Any]]:
    """All panels, from the top."""
    last = {"reduceOptions": {"calcs": ["lastNotNull"]}}
    well = {"mappings": [{"type": "value", "options": {"0": {"text": "well"}, "1": {"text": "look"}}}]}
    bad = (
        'max(lanwitness_sensor_state{instance=~"$instance",state=~"down|silent|own_only|one_way|losing"}) or vector(0)'
    )
    verdicts = 'lanwitness_device_verdict{instance=~"$instance"} == 1'
    open_findings = f"sum by (severity) (lanwitness_findings{HERE})"
    return [
        panel(
            "stat",
            "Sensor",
            (0, 0, 4, 4),
            query(bad),
            options=last,
            field={**colours((None, "green"), (1, "red")), **well},
        ),
        panel(
            "stat",
            "Since the last packet",
            (4, 0, 4, 4),
            query(f"time() - max(lanwitness_last_packet_timestamp_seconds{HERE})"),
            options=last,
            unit="s",
            field=colours((None, "green"), (900, "orange")),
        ),
        panel(
            "stat",
            "Devices",
            (8, 0, 4, 4),
            query(f"sum(lanwitness_devices{HERE})"),
            options=last,
            field=colours((None, "text")),
        ),
        panel(
            "stat",
            "Do not meet a capability",
            (12, 0, 4, 4),
            query(
                'count(max by (device) (lanwitness_device_verdict{instance=~"$instance",status="violated"}) == 1) or vector(0)'
            ),
            options=last,
            field=colours((None, "green"), (1, "red")),
        ),
        panel(
            "stat",
            "May not meet one",
            (16, 0, 4, 4),
            query(
                'count(max by (device) (lanwitness_device_verdict{instance=~"$instance",status="concern"}) == 1) or vector(0)'
            ),
            options=last,
            field=colours((None, "green"), (1, "orange")),
        ),
        panel(
            "stat",
            "Muted or accepted findings",
            (20, 0, 4, 4),
            query(f"sum(lanwitness_findings_silenced{HERE}) or vector(0)"),
            options=last,
            field=colours((None, "text")),
        ),
        panel(
            "timeseries",
            "Findings by severity",
            (0, 4, 12, 8),
            query(open_findings, "{{severity}}"),
            field={"custom": {"stacking": {"mode": "normal"}, "fillOpacity": 20}},
        ),
        panel(
            "bargauge",
            "Findings by rule",
            (12, 4, 12, 8),
            query(f"topk(15, sum by (rule) (lanwitness_findings{HERE}))", "{{rule}}", instant=True),
            options={**last, "orientation": "horizontal"},
        ),
        panel(
            "table",
            "Devices on the five capabilities",
            (0, 12, 24, 10),
            query(
                f"({verdicts}) * on (instance, sensor, device) group_left (name) lanwitness_device_info{HERE}",
                instant=True,
                form="table",
            ),
            transformations=[
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True, "Value": True, "__name__": True, "instance": True, "job": True}
                    },
                },
                {
                    "id": "groupingToMatrix",
                    "options": {"columnField": "capability", "rowField": "name", "valueField": "status"},
                },
            ],
            field={
                "custom": {"cellOptions": {"type": "color-text"}},
                "mappings": [
                    {
                        "type": "value",
                        "options": {status: {"color": colour} for status, colour in STATUS_COLOURS.items()},
                    }
                ],
            },
        ),
        panel(
            "timeseries",
            "Payload by protection (the ten busiest devices)",
            (0, 22, 12, 8),
            query(
                f"topk(10, sum by (device, protection) (lanwitness_device_payload_bytes{HERE}))",
                "{{device}} {{protection}}",
            ),
            unit="bytes",
        ),
        panel(
            "timeseries",
            "Readable payload",
            (12, 22, 12, 8),
            query(
                'topk(10, sum by (device) (lanwitness_device_payload_bytes{instance=~"$instance",protection="cleartext"}))',
                "{{device}}",
            ),
            unit="bytes",
        ),
        panel(
            "table",
            "First and last seen",
            (0, 30, 24, 8),
            query(
                f"lanwitness_device_last_seen_timestamp_seconds{HERE} * 1000 * on (instance, sensor, device) group_left (name) lanwitness_device_info{HERE}",
                instant=True,
                form="table",
            ),
            transformations=[
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True, "__name__": True, "instance": True, "job": True},
                        "renameByName": {"Value": "last seen"},
                    },
                }
            ],
            unit="dateTimeFromNow",
        ),
        panel(
            "timeseries",
            "Packets a second (sensor's own metrics)",
            (0, 38, 12, 8),
            query('sum by (source) (rate(lanwitness_watch_packets_total{instance=~"$watch"}[5m]))', "{{source}}"),
            unit="pps",
        ),
        panel(
            "timeseries",
            "Lost packets a second",
            (12, 38, 12, 8),
            query(
                'sum by (source) (rate(lanwitness_watch_dropped_packets_total{instance=~"$watch"}[5m]))', "{{source}}"
            ),
            unit="pps",
        ),
        panel(
            "timeseries",
            "Time spent in parsers",
            (0, 46, 12, 8),
            query(
                'topk(10, sum by (protocol) (rate(lanwitness_watch_parser_seconds_total{instance=~"$watch"}[5m])))',
                "{{protocol}}",
            ),
            unit="percentunit",
        ),
        panel(
            "timeseries",
            "Conversations that go on",
            (12, 46, 12, 8),
            query('sum by (instance) (lanwitness_watch_live_flows{instance=~"$watch"})', "{{instance}}"),
        ),
    ]


def dashboard() -> dict[str, Any]:
    """The whole dashboard."""
    variables = [
        {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
        {
            "name": "watch",
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": "label_values(lanwitness_watch_live_flows, instance)", "refId": "B"},
            "includeAll": True,
            "multi": True,
            "current": {"text": "All", "value": "$__all"},
            "label": "Its own metrics",
            "refresh": 2,
        },
        {
            "name": "instance",
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": "label_values(lanwitness_runs, instance)", "refId": "A"},
            "includeAll": True,
            "multi": True,
            "current": {"text": "All", "value": "$__all"},
            "label": "Sensor",
            "refresh": 2,
        },
    ]
    return {
        "uid": "lanwitness",
        "title": "LANwitness",
        "tags": ["lanwitness"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": variables},
        "panels": [{"id": number, **one} for number, one in enumerate(panels(), 1)],
    }


if __name__ == "__main__":
    Path(__file__).with_name("lanwitness.json").write_text(json.dumps(dashboard(), indent=1) + "\n", "utf-8")
