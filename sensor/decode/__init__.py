"""Decoder: blocks of records to batches of payloads; `engine` is the compiled pass, `slow` is rare."""
