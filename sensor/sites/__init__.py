"""What several sensors saw as one run: devices and findings once, verdicts by all of it."""
