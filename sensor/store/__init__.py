"""The store: runs in an SQLite file or a PostgreSQL database.

`schema` has the tables, `writer` is the only code that writes, `reader` gives the records back. `location` is all that
a program without a store imports; SQLAlchemy and Alembic are loaded when a store is opened, not before.
"""
