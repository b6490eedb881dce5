"""Alerts on changes of devices, findings, verdicts and the sensor's health, by the user's channels.

`derive` is pure: from changes and the known state to alerts. `throttle` holds back repeats, floods and quiet hours.
`spool` keeps unsent alerts across restarts. `webhook`, `mqtt`, `syslog`, `notify` and `file_channel` send; `manager` is
what `watch` holds. Secrets, user names, personal data and remote addresses are in none of it: an alert says what
happened and where to look.
"""
