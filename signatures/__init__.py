"""Signatures: facts about makers, names and strings as data, each with its source and a checked example."""
