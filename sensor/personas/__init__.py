"""Seeded truths of a lab (values of test accounts) and the search for them in traffic.

`read` turns a file into seeds, `forms` lists the forms of a value, `literals` searches for many literals in one pass,
`edges` checks that a match is a whole value, `search` finds hits in streams across packet borders.
"""
