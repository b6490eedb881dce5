"""Observations in, devices out: who is on the local network and, with reasons, what each of them is.

``networks`` says what is local; ``hosts`` keeps what each MAC and address told of itself (``evidence`` reads it out of events); ``inventory`` makes one
device of each real one; ``signatures`` says what a value tells; ``classify`` weighs it. Nothing is read from disk when this package is imported.
"""
