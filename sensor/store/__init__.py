"""Runs into a database and back: `schema` names what is kept, `writer` is the only code that writes, `reader` gives the records again.

`place` is all that a program without a store imports; SQLAlchemy and Alembic are loaded when a store is opened, not before.
"""
