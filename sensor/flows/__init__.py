"""Flows: causal order, TCP reassembly, identification of the protocol, parsers at work."""
