"""JSON Schemas of what `/api/v1` answers, beside those of the records."""

from __future__ import annotations

from dashboard.data.schema_parts import (
    CAPABILITY,
    COMPONENTS,
    COUNT,
    NULL,
    NUMBER,
    SEVERITY,
    STATUS,
    TEXT,
    TIME,
    YES_NO,
    by_name,
    fields,
    listed,
    maybe,
    of_record,
    or_nothing,
    part,
    ref,
)
from sensor.records import CaptureRecord, CoverageRecord
from sensor.schemas.added import Attribution, ButFor, StoredDeviceRecord, StoredProvisionRecord

part("Nothing", {**fields(run=NULL), "maxProperties": 1, "description": "The store has no run yet."})

PROVISION_NUMBERS = fields(**{"v2.1.1": maybe(TEXT), "v3.1.3": TEXT})
PROTECTIONS = fields(encrypted=COUNT, cleartext=COUNT, unknown=COUNT)

RUN_FIELDS = {
    "id": TEXT,
    "captures": listed(TEXT),
    "first_time": maybe(TIME),
    "last_time": maybe(TIME),
    "devices": COUNT,
    "findings": COUNT,
    "worst": maybe(STATUS),
    "read": TEXT,
    "version": TEXT,
    "parser_failures": COUNT,
    "bounds_hit": by_name(COUNT),
}
RUN = part("RunInShort", fields(**RUN_FIELDS))
LISTED_RUN = part("ListedRun", fields(**RUN_FIELDS, sent_as=maybe(TEXT)))

BUT_FOR = of_record("ButFor", ButFor, (), fields())
ATTRIBUTION = of_record("Attribution", Attribution, (), fields())
COVERAGE = of_record("CoverageRecord", CoverageRecord, (), fields())

MARK = part(
    "Mark",
    fields(
        {"but_for": BUT_FOR, "because": listed(TEXT)},
        capability=CAPABILITY,
        status=STATUS,
        severity=maybe(SEVERITY),
        headline=maybe(TEXT),
        headline_id=maybe(TEXT),
        headline_parameters=maybe({"type": "object"}),
    ),
)
NEED = part(
    "Need",
    fields(
        {"run": TEXT},
        kind=TEXT,
        urgent=YES_NO,
        device=TEXT,
        name=TEXT,
        severity=SEVERITY,
        count=COUNT,
        findings=listed(TEXT),
        problem=TEXT,
        remedy=TEXT,
    ),
)
SAYS = fields(capability=CAPABILITY, worst=TEXT, says=listed(listed(TEXT)))
DEVICE_ROW = part(
    "DeviceRow",
    fields(
        {
            "run": TEXT,
            "site": TEXT,
            "seen_by": listed(fields(sensor=TEXT, run=TEXT, device=TEXT)),
            "differ": listed(SAYS),
        },
        id=TEXT,
        name=TEXT,
        called=TEXT,
        category=maybe(TEXT),
        addresses=listed(TEXT),
        last_seen=maybe(TIME),
        not_heard_since=maybe(TIME),
        bytes=COUNT,
        traffic=PROTECTIONS,
        marks=listed(MARK),
        but_for=COUNT,
    ),
)
HEALTH = part(
    "SensorHealth",
    fields(
        live=YES_NO,
        state=TEXT,
        message=TEXT,
        packets=COUNT,
        dropped=maybe(COUNT),
        last_packet=maybe(TIME),
        at=maybe(TIME),
    ),
)
SENSOR = part(
    "SensorRow",
    fields(
        id=TEXT,
        name=TEXT,
        site=TEXT,
        bench=TEXT,
        interface=TEXT,
        version=TEXT,
        run=maybe(TEXT),
        heard=YES_NO,
        last_heard=TIME,
        seconds_ago=COUNT,
        first_heard=TIME,
        state=maybe(TEXT),
        message=TEXT,
        packets=maybe(COUNT),
        lost=maybe(COUNT),
        last_packet=maybe(TIME),
        lag_seconds=maybe(NUMBER),
        days=maybe(COUNT),
        fingerprint_key=maybe(TEXT),
    ),
)
UNREAD = {**listed(TEXT), "description": "Names of sensors with a run that could not be read; it is left out."}
CHOICES = fields(site=listed(TEXT), bench=listed(TEXT), sensor=listed(listed(TEXT)))
CHANGE = part(
    "StatusChange",
    fields(
        {"name": TEXT},
        better=YES_NO,
        run=TEXT,
        device=TEXT,
        capability=TEXT,
        at=maybe(TIME),
        before=maybe(STATUS),
        after=STATUS,
    ),
)
NEWEST = part(
    "RecentChanges",
    fields(
        since=TIME,
        devices={**listed(listed(TEXT)), "description": "Id and name of each; over all sensors also its run."},
        devices_count=COUNT,
        findings=listed(
            fields({"run": TEXT, "key": maybe(TEXT)}, id=TEXT, severity=SEVERITY, summary=TEXT, time=maybe(TIME))
        ),
        changes=listed(CHANGE),
    ),
)
FLEET = part(
    "FleetOfHome",
    fields(
        sensors=listed(SENSOR),
        unheard=listed(SENSOR),
        unread=UNREAD,
        choices=CHOICES,
        asked=by_name(TEXT),
        findings=COUNT,
    ),
)
HOME = or_nothing(
    part(
        "Home",
        fields(
            run=maybe(RUN),
            fleet=maybe(FLEET),
            sensor=maybe(HEALTH),
            judged=COUNT,
            counts=fields(broken=COUNT, concern=COUNT),
            capabilities=listed(fields(capability=CAPABILITY, status=STATUS, devices=by_name(COUNT))),
            needs=listed(NEED),
            new=maybe(NEWEST),
            devices=listed(DEVICE_ROW),
            kind=maybe(TEXT),
            kinds=listed(TEXT),
            page=COUNT,
            pages=COUNT,
            not_judged=listed(DEVICE_ROW),
            not_judged_count=COUNT,
            caveats=listed(TEXT),
            other_runs=COUNT,
        ),
    )
)
SENSORS = part("Sensors", fields(run=NULL, sensors=listed(SENSOR), choices=CHOICES, asked=by_name(TEXT)))

LISTED_FINDING = part(
    "ListedFinding",
    {
        "allOf": [
            ref("finding"),
            fields(
                {"alike": COUNT, "sensor": TEXT}, names=by_name(TEXT), state={"enum": ["open", "muted", "accepted"]}
            ),
        ]
    },
)
FINDINGS = or_nothing(
    part(
        "Findings",
        fields(
            {"fleet": fields(choices=CHOICES, unread=UNREAD, asked=by_name(TEXT))},
            run=maybe(RUN),
            asked=by_name(TEXT),
            sort=TEXT,
            grouped=YES_NO,
            total=COUNT,
            of=COUNT,
            page=COUNT,
            pages=COUNT,
            findings=listed(LISTED_FINDING),
            choices=fields(
                severity=listed(SEVERITY),
                capability=listed(CAPABILITY),
                rule=listed(TEXT),
                device=listed(listed(TEXT)),
                state=listed(TEXT),
            ),
        ),
    )
)
FINDING = part(
    "FindingPage",
    fields(
        run=RUN,
        finding={"allOf": [ref("finding"), fields(state=TEXT)]},
        devices=listed(TEXT),
        alike=COUNT,
        names=by_name(TEXT),
        provisions=listed(
            fields(
                **{"v2.1.1": maybe(TEXT), "v3.1.3": TEXT},
                name=TEXT,
                title=maybe(TEXT),
                modal=maybe(TEXT),
                status=maybe(STATUS),
            )
        ),
    ),
)
PACKETS = part(
    "OrderedPackets",
    fields(packets=maybe(fields({"sensor": TEXT, "last_seen": maybe(TIME)}, state=TEXT))),
)
DISSECTED = part("Dissected", fields(run=RUN, finding=ref("finding"), lines=listed(TEXT)))
SEARCH = or_nothing(
    part(
        "Search",
        fields(
            run=maybe(RUN),
            fleet=maybe(fields(choices=CHOICES, unread=UNREAD, asked=by_name(TEXT))),
            words=TEXT,
            devices=listed(DEVICE_ROW),
            destinations=listed(
                fields(
                    {"sensor": TEXT},
                    run=TEXT,
                    device=TEXT,
                    name=maybe(TEXT),
                    address=maybe(TEXT),
                    bytes=maybe(COUNT),
                    device_name=maybe(TEXT),
                )
            ),
            findings=listed(LISTED_FINDING),
            most=COUNT,
        ),
    )
)

EXPLAINED = {"title": maybe(TEXT), "why": maybe(TEXT), "lab": maybe(TEXT)}
PROVISION = of_record(
    "ReportedProvision", StoredProvisionRecord, ("record", "run", "device"), fields(**EXPLAINED, see=listed(TEXT))
)
CELL = part("TrafficCell", fields(device=TEXT, hour=COUNT, protection=TEXT, party=TEXT, bytes=COUNT))
DEVICE = of_record(
    "ReportedDevice",
    StoredDeviceRecord,
    ("record", "run"),
    fields(
        {"hourly_bytes": listed(CELL), "called": TEXT, "not_heard_since": TIME},
        name=TEXT,
        kind=TEXT,
        marks=listed(MARK),
        needs=listed(NEED),
        coverage=maybe(COVERAGE),
        provisions=listed(PROVISION),
        not_tested=listed(PROVISION),
        findings=listed(ref("finding")),
    ),
)
COMPONENTS["ReportedDevice"]["properties"]["hourly_bytes"]["description"] = "In reports alone."
DEVICE_PAGE = part(
    "DevicePage",
    fields(
        run=RUN,
        device=DEVICE,
        reasons=by_name(TEXT),
        but_for=by_name(COUNT),
        groups=listed(LISTED_FINDING),
        findings_count=COUNT,
        traffic=fields(all=listed(CELL), recent=listed(CELL), parties=listed(CELL)),
        ledger=maybe(ref("ledger")),
        history=listed(CHANGE),
        others=listed(listed(TEXT)),
        muted=listed(ATTRIBUTION),
        unread=UNREAD,
        sensors=listed(
            fields(sensor=TEXT, run=TEXT, device=TEXT, last_seen=maybe(TIME), category=maybe(TEXT), marks=listed(MARK))
        ),
    ),
)
CAPTURE = of_record("ReportedCapture", CaptureRecord, ("record", "run"), fields(sha256=maybe(TEXT), size=maybe(COUNT)))
REPORT = part(
    "Report",
    fields(
        {"left_out": UNREAD},
        made=TIME,
        report={"const": "lanwitness"},
        format=COUNT,
        run=TEXT,
        device=maybe(TEXT),
        period=maybe({"type": "object"}),
        first_time=maybe(TIME),
        last_time=maybe(TIME),
        read=TEXT,
        tool=fields(version=TEXT, sha256=maybe(TEXT), signatures_sha256=maybe(TEXT)),
        captures=listed(CAPTURE),
        parser_failures=COUNT,
        bounds_hit=by_name(COUNT),
        needs=listed(NEED),
        devices=listed(DEVICE),
        untested=listed(
            fields(**EXPLAINED, provision=PROVISION_NUMBERS, capability=maybe(CAPABILITY), devices=listed(TEXT))
        ),
        not_judged=listed(DEVICE),
        other_findings=listed(ref("finding")),
    ),
)

FINDING_CHANGE = part(
    "FindingChange",
    fields(
        change=TEXT,
        key=TEXT,
        rule=TEXT,
        severity_before=maybe(SEVERITY),
        severity_after=maybe(SEVERITY),
        before=listed(TEXT),
        after=listed(TEXT),
        summary=TEXT,
        reason=maybe(TEXT),
        silenced=YES_NO,
    ),
)
COMPARED = part(
    "ComparedDevice",
    fields(
        before=maybe(TEXT),
        after=maybe(TEXT),
        name=TEXT,
        subject=TEXT,
        paired=maybe(TEXT),
        heard_enough=YES_NO,
        findings=listed(FINDING_CHANGE),
        verdicts=listed(fields(change=TEXT, capability=CAPABILITY, before=maybe(STATUS), after=maybe(STATUS))),
        worse=YES_NO,
        notes=listed(TEXT),
    ),
)
COMPARISON = part(
    "Comparison",
    fields(
        {"sentence": TEXT, "places": fields(before=by_name(TEXT), after=by_name(TEXT))},
        run=NULL,
        unread=UNREAD,
        runs=listed(RUN),
        sides=listed(listed(TEXT)),
        shown=COUNT,
        before=maybe(TEXT),
        after=maybe(TEXT),
        comparison=maybe(
            fields(
                comparison={"const": "lanwitness"},
                format=COUNT,
                before=TEXT,
                after=TEXT,
                worse=YES_NO,
                counts=by_name(COUNT),
                devices=listed(COMPARED),
            )
        ),
    ),
)
HELP = part(
    "Help",
    fields(
        run=NULL,
        statuses=by_name(by_name(TEXT)),
        capabilities=by_name(by_name(TEXT)),
        severities=by_name(TEXT),
        parties=by_name(TEXT),
        severity_meanings=by_name(TEXT),
        glossary=by_name(TEXT),
        frameworks=by_name(TEXT),
        provisions=listed(
            fields(
                **EXPLAINED,
                capability=maybe(CAPABILITY),
                provision=PROVISION_NUMBERS,
                modal=TEXT,
                traffic=TEXT,
                see=listed({"type": "array"}),
            )
        ),
    ),
)
DESCRIPTION = fields(
    openapi=TEXT,
    info={"type": "object"},
    servers=listed({"type": "object"}),
    paths=by_name({"type": "object"}),
    components={"type": "object"},
    security=listed({"type": "object"}),
)
