"""Self-check of an installation: signatures with examples, accuracy on the shipped captures, calibration."""
