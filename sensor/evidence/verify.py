"""Verification of an unmasked bundle: provisions and verdicts judged again from its packets."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.capture import Capture
from sensor.model import Finding
from sensor.records import Record, claimed_in
from sensor.run import Options, Run
from sensor.vault import Vault
from sensor.verdicts.baseline import baseline
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.facts import Facts
from sensor.verdicts.judge import judge_device
from sensor.verdicts.settle import DeviceKnowledge
from sensor.verdicts.user_makers import published_by
from sensor.verdicts.vendors import published


def differences(
    capture: Capture, records: Iterable[Record], facts: Facts | None, key: bytes, local: tuple[str, ...] = ()
) -> list[str]:
    """A sentence for each status that the packets do not give again; empty where all do.

    ``key``: any 32 bytes, for fingerprints.
    """
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record["record"], []).append(record)
    run = Run(Vault(key), Options(local=local, facts=facts))
    for block in capture:
        run.feed(block)
    findings = list(run.finish(capture.path, capture.link_types, capture.damage).findings.values())
    sentences: list[str] = []
    for device in kinds.get("device", []):
        verdicts = [r for r in kinds.get("verdict", []) if r["device"] == device["id"]]
        if verdicts:
            provisions = [r for r in kinds.get("provision", []) if r["device"] == device["id"]]
            sentences += _device_differences(device, verdicts, provisions, findings, facts)
    return sentences


def _device_differences(
    device: Record, verdicts: list[Record], provisions: list[Record], findings: list[Finding], facts: Facts | None
) -> list[str]:
    name = device["id"]
    mine = [one for one in findings if name in (one.device, *one.detail.get("devices", ()))]
    judged, again = judge_device(
        baseline(), mine, coverage_from_record(verdicts[0]["coverage"]), _device_knowledge(device, facts)
    )
    found = {one.capability.value: one.status.value for one in again}
    sentences = [
        f"{name}: {r['capability']} is {r['status']} in the bundle and {found[r['capability']]} by its packets"
        for r in verdicts
        if found[r["capability"]] != r["status"]
    ]
    by_provision = {one.provision.v3: one.status.value for one in judged}
    for record in provisions:
        number = record["provision"]["v3.1.3"]
        if by_provision.get(number) != record["status"]:
            sentences.append(
                f"{name}: {number} is {record['status']} in the bundle and {by_provision.get(number)} by its packets"
            )
    return sentences


def coverage_from_record(record: Record) -> Coverage:
    """Coverage from its record (docs/output.md), as far as judging needs it."""
    size = record["bytes"]
    return Coverage(
        hours=record["hours"],
        carriers=record.get("secret_carriers", 0),
        protected=record.get("bytes_outside_protected", 0),
        unproven=record.get("bytes_outside_unproven", 0),
        open_outside=record.get("bytes_outside_open", 0),
        boots=record["boots"],
        flows=record["flows"],
        served=record["flows_served"],
        outside=record["flows_outside"],
        logins=record["logins"],
        handshakes=record["handshakes"],
        hidden=record["certificates_hidden"],
        bytes=size,
        understood=record["bytes_understood"],
        encrypted=round(size * (record["encrypted_share"] or 0)),
        packets=record["packets"],
        packets_lost=record["packets_lost"],
        set_up_seen=record["set_up_seen"],
        set_up_sign=record["set_up_sign"],
        sessions=tuple(record.get("sessions", ())),
    )


def _device_knowledge(device: Record, facts: Facts | None) -> DeviceKnowledge:
    names: dict[str, set[str]] = {}
    for destination in device["destinations"]:
        if destination["name"] and destination["address"]:
            names.setdefault(destination["address"], set()).add(destination["name"])
    vendor = claimed_in(device, "vendor")
    about = facts.about(one for one in (device["id"], device["mac"], *device["addresses"]) if one) if facts else None
    written = published_by(facts.makers, vendor) if facts is not None else {}
    record = {
        **published(vendor, claimed_in(device, "model")),
        **written,
        **(about.published if about is not None else {}),
    }
    return DeviceKnowledge(about, names, vendor, record)
