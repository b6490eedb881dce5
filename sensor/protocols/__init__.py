"""Bytes of a conversation into events: one file a protocol. Files that begin with an underscore are what the parsers stand on.

A protocol file names itself in ``PROTOCOL = Protocol(…)``; ``_registry`` finds it. Parsers import from ``sensor.model``, ``sensor.events`` and the
underscore files only, never one another: layers on layers are said with `Upgrade`, `Inner` and `Expect`.
"""
