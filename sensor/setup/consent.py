"""Consent: the text that `setup` shows before it listens to a home; it goes on only with a yes."""

from __future__ import annotations

TEXT = """Before you begin

LANwitness hears what crosses the network it is plugged into: which devices are there, whom they talk to, when, and \
whatever they send without
encryption. That is also the traffic of the people who live, work or visit there. In many places listening to other \
people's communication without
their consent is a crime, also at home. Tell them what is heard and what it is for, and ask them. In a company, ask \
those responsible for data protection.

- What phones and computers send is not searched for personal data unless you switch that on (--people).
- Passwords and personal data that are found are covered at once; only their length and a fingerprint are kept.
- Everything stays on this machine. Alerts go only where you say. Nothing is ever sent to the makers of this program.
- `lanwitness forget DEVICE` removes a device and all that was heard of it, for good."""

QUESTION = "Do all who use this network know, and agree?"

REFUSED = "without their consent nothing is set up (give --consent once you have it)"
