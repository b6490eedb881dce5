"""Changes of devices, findings, verdicts and the sensor's own health into alerts, and alerts to those whom the user named. Nobody else is contacted.

`derive` is pure: changes and what is known already into alerts. `fold` holds back repeats, floods and quiet hours. `spool` keeps what is to be sent
across restarts. `webhook`, `mqtt` and `lines` send; `told` is the one object that `watch` holds. Secrets, user names, personal data and remote
addresses are in none of it: an alert says what happened and where to look.
"""
