"""Blocks of captured records into batches of payloads, packets and hosts; `engine` is the compiled pass, the rest reads what is rare."""
