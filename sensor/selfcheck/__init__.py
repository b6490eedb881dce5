"""Self-check of an installation: signatures, accuracy on the shipped captures, calibration."""
