"""Packets of a flow into parsed conversations: TCP reassembly, identification of the protocol, and the driving of parsers."""
