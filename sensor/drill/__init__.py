"""The drill: a known set-piece on the cable, and what the sensor reports of it."""
