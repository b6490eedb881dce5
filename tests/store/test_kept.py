"""What is handed to a store: the writer takes it, and rows are made of a cell's own names."""

from __future__ import annotations

from sensor.store.kept import Cell, Keeper
from sensor.store.schema import traffic
from sensor.store.writer import Writer


def test_a_cell_has_the_tables_columns_and_the_writer_is_a_keeper() -> None:
    assert {"run", *Cell._fields} == set(traffic.c.keys())
    keeper: type[Keeper] = Writer
    assert keeper.keep is Writer.keep
