"""Parsers, one file or folder a protocol.

A protocol describes itself in ``PROTOCOL = Protocol(…)``; ``sensor.parsing.registry`` finds it. Parsers import from
``sensor.model``, ``sensor.events`` and ``sensor.parsing`` only, never one another: a protocol inside or after another
is
announced with `Upgrade`, `Inner` or `Expect`.
"""
