"""RunComparison of two runs: what is new, gone, the same, better or worse, by device."""
