"""Findings and coverage into verdicts: the standards map (``baseline``), what was seen of a device (``coverage``), and pure functions that judge."""
