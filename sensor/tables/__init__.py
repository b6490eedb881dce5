"""What users write in TOML (facts, personas, names, settings) against a schema: right, or a complaint with file, line and the nearest known word."""
