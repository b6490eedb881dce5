"""Signatures: facts about makers, names and strings, each with its source and a checked example."""
