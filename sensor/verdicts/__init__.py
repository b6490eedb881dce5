"""Verdicts: the standards map (``baseline``), a device's ``coverage``, and pure functions that judge."""
