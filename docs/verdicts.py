#!/usr/bin/env python3
"""The standards map (signatures/baseline.toml) into docs/verdicts.md. Run it after the map was changed; a test holds
the page to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sensor.model import Capability
from sensor.verdicts.baseline import DETAILS, FindingRule, Provision, baseline, standard
from sensor.verdicts.settle import FACTS

HEAD = """# Verdicts: what each provision rests on

For each device and each provision of ETSI EN 303 645 below there is a status (`docs/output.md` lists them). How it comes about:

1. Each finding of the device is held against the rows of the provision; the first row that fits decides what it means, and how strong it is: `proof`,
   `contrast`, `sign` or `hypothesis`.
2. `violated` is said only where packets alone prove that a *shall* is broken, or packets and `--facts` together do. What needs a fact that packets cannot
   give (who set a password, whether an image is signed) is a `concern`, and the provision names the keys of `--facts` that would settle it. A *should* is never
   `violated`. A hypothesis (what would be so if a fact were) lifts nothing: the status stays `insufficient_evidence`.
3. Without a finding against it, a sign for it is `sign_seen`, which is no pass. Without any, silence is weighed: `no_violation_seen` only where enough of the right thing was
   seen, else `insufficient_evidence`; where traffic can only ever raise a concern, always `insufficient_evidence`; where it cannot speak at all,
   `not_observable`. Silence is never a pass.
4. The verdict of a capability is the worst of its provisions that traffic can speak to. Neighbours (5.4-3, 5.4-4, 5.6-1, 5.6-2) decide none. How a login
   crosses (5.1-3, 5.1-2A) says nothing of whose password it is: those two decide *Communication is secure*. A sign outranks the silence of other provisions, never a finding, be it a hypothesis.

What is in dispute and how we read it:
- 5.1-1 and 5.5-4 speak of a device that has left its factory state: a factory pair seen at work is a concern until `phase` says that it was in use.
- 5.1-3 asks for best-practice cryptography of logins whoever chose the password, in every state and on every network: a readable login that the
  device accepted, by the protocol's own word or by contrast, is proof. One that it refused, or whose answer was not seen, is a concern. V2.1.1 speaks of users:
  there a login over a protocol that machines speak (MQTT, SNMP …) is unclear until `by` says that a user logs in.
- A secret that was accepted and a person's data that was sent outside, both readable, prove 5.5-1 broken: they were protected by no cryptography. What is
  readable on the home's network without a secret, a person or a command, or was merely received, proves nothing (public pages are meant to be read).
- A secret that a device sends under a suite that encrypts nothing (NULL) proves the same: the channel was no cryptography.
- MAC, serial number, UUID and IMEI alone name a device and no person: 5.8-1 waits for `data = "personal"`. An account that is the device's own serial number or
  MAC is one of these.
- 5.5-6 (*should*) speaks of every way, 5.5-7 (*shall*) of interfaces that can be reached from outside: on the home's network the second is unclear until `remote`.
- Firmware that crosses readable may be signed and checked on the device (5.3-7, 5.3-10): a concern, never more without `update_signed`.
- An update check speaks for a device by the channel over which the device itself sent data: TLS 1.2 or newer with authenticated encryption, with a certificate that
  proves who answers (5.3-10) or one that TLS 1.3 hides; and by following each start that was seen (5.3-5). A name lookup shows that updates are looked for, not how. A
  readable manifest that carries a signature is no concern yet. That a device says itself whether new software waits for it is a sign, never a check that was seen.
- A version in a banner or in a DHCP request is a concern (5.3-8) where a published flaw names it: the maker may have mended it without changing the name. Where only
  somebody in the home network reaches the flaw, its severity is low.
- 5.8 speaks of what goes to services; what a device tells its own network is 5.6-2.
- TLS 1.3 hides certificates: nothing is said of those, and their number is told.
- 5.3-16 and 5.5-2 look tempting for traffic and are not: a model on the wire is no label, a banner is no review. For 5.1-5 a listener cannot provoke a lock-out, but
  counts refusals where somebody else does. A lock is an answer that says so, a growing delay, or two connections in a row that a client who was refused did not get.
- One private key on two units (5.4-3, 5.4-4) may have been copied by the owner; apps that it protects belong to the product as a rule, which packets do not tell.
- Numbers and units of the test cases of TS 103 701 come from documents that cite them. Their text was not at hand, and packets never pass a case.

*Fires* and *silent* name captures in `pcaps/` that show the row and that must not; `tests/verdicts/test_fires.py` reads them and says where rows without a
capture are tested. References marked (unverified) had no source at hand.
"""

TITLES = {
    Capability.NO_DEFAULT_PASSWORDS: "No universal default passwords",
    Capability.VULNERABILITY_DISCLOSURE: "A policy for reporting flaws",
    Capability.SOFTWARE_UPDATES: "Software is kept up to date",
    Capability.SECURE_COMMUNICATION: "Communication is secure",
    Capability.PERSONAL_DATA: "Personal data is secure",
    None: "Neighbours",
}

SPEAKS = {"prove": "can prove a violation", "support": "can raise a concern", "nothing": "cannot speak to it"}

CONDITIONS = ("role", "remote", *DETAILS, "harmless")
LISTS = (
    "mechanisms",
    "schemes_not",
    "contents",
    "contents_not",
    "categories",
    "how",
    "channel",
    "opens",
    "services",
    "why",
)


def _row(on: FindingRule) -> str:
    conditions = [f"{name} {str(getattr(on, name)).lower()}" for name in CONDITIONS if getattr(on, name) is not None]
    conditions += [f"{name.replace('_', ' ')}: {', '.join(getattr(on, name))}" for name in LISTS if getattr(on, name)]
    clears = ", ".join(f"`{FACTS[name]}`" for name in on.clears) or "–"
    proves = " and ".join(f"`{FACTS[name]}`" for name in on.proves) or "–"
    when = "; ".join(conditions) or "–"
    proves += f"; `{'`, `'.join(FACTS[name] for name in on.lowers)}` lowers" if on.lowers else ""
    proves += f"; V2.1.1 needs `{'`, `'.join(FACTS[name] for name in on.v2_needs)}`" if on.v2_needs else ""
    return f"| `{on.rule}` | {when} | `{on.status.value}` ({on.strength}) | {on.reason} | {clears} | {proves} | {on.fires or '–'} | {on.silent or '–'} |"


def _provision(one: Provision) -> list[str]:
    old = "" if one.v2 == one.v3 else f" (V2.1.1: {one.v2})" if one.v2 else " (not in V2.1.1)"
    lines = [
        f"### {one.v3}{old}: {one.title}",
        "",
        f"*{one.modal}*, Annex B {one.annex}. Traffic {SPEAKS[one.traffic]}: {one.why}",
        "",
    ]
    if one.on:
        lines += [
            "| finding | when | then | because | taken away by | proven by | fires | silent |",
            "|---|---|---|---|---|---|---|---|",
            *map(_row, one.on),
            "",
        ]
    if one.decides is not one.capability:
        lines += [f"Decides the verdict *{TITLES[one.decides]}*.", ""]
    if one.record:
        told = "`signatures/vendors.toml` and `--facts`" if one.record == "disclosure" else "`--facts`"
        lines += [f"On record by {told}.", ""]
    if one.needs:
        lines += [
            f"Silence counts with enough of: {', '.join(f'[{each.name}](#when-silence-counts)' for each in one.needs)}.",
            "",
        ]
    lines += [f"A laboratory: {one.lab}", ""]
    if one.case:
        unit = f", unit {one.unit}" if one.unit else ""
        lines += [f"Packets speak to test case {one.case}{unit} of TS 103 701 (its text is not verified).", ""]
    see: dict[str, list[str]] = {}
    for each in one.see:
        see.setdefault(standard().frameworks[each.framework].title, []).append(
            each.item + ("" if each.verified else " (unverified)")
        )
    return [
        *lines,
        f"See {'; '.join(f'{title}: {chr(44).join(items)}' for title, items in see.items())}.".replace(
            ",", ", "
        ).replace(",  ", ", "),
        "",
    ]


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for capability, title in TITLES.items():
        lines += [f"## {title}", ""]
        for one in baseline():
            if one.capability is capability:
                lines += _provision(one)
    lines += ["## When silence counts", "", "| name | needs | because |", "|---|---|---|"]
    for enough in standard().enough.values():
        needs = [f"{name} at least {value:g}" for name, value in enough.least] + [
            f"{name} at most {value:g}" for name, value in enough.most
        ]
        if enough.sessions:
            needs.append(f"in a laboratory sessions {', '.join(sorted(enough.sessions))} in place of the hours")
        lines.append(f"| {enough.name} | {'; '.join(needs).replace('_', ' ')} | {enough.reason} |")
    lines += [
        "",
        "## Documents referred to",
        "",
        "| document | edition | date | read in | source |",
        "|---|---|---|---|---|",
    ]
    words = {"text": "the document itself", "secondary": "something that cites it", "not verified": "not verified"}
    lines += [
        f"| {one.title} | {one.edition} | {one.date} | {words[one.state]} | {one.source} |"
        for one in standard().frameworks.values()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("verdicts.md").write_text(page(), "utf-8")
    sys.exit(0)
