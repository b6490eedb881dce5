"""Devices of the local network: what was observed of each, and what it is, with reasons.

``networks`` decides what is local; ``traits`` reads what events say of their ends; ``hosts`` stores it by MAC and
address; ``inventory`` makes one device of each real one; ``signatures`` says what a value means; ``classify`` weighs
that. Importing this package reads no file.
"""
