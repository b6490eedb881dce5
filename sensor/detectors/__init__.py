"""Observations into findings: one file a detector, found by its ``DETECTOR``.

Detectors see events and the model, never packets or one another.
"""
