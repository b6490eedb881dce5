"""When Python searches a command for reference cycles: rarely, and not while modules are loaded."""

from __future__ import annotations

import gc

NEW_OBJECTS = 20_000
"""Objects between two searches: a conversation breaks its own cycles when it ends, so few are left."""

LOADING_OBJECTS = 200_000
"""The same while a replay loads its modules and tables: a search of them takes 5 ms, and all of them stay."""


def search_rarely() -> None:
    """For every command. What was imported stays; its count would bring the next full search forward."""
    gc.set_threshold(NEW_OBJECTS)
    gc.freeze()


def begin_loading() -> None:
    """For a command that loads much: no search before `end_loading`, unless it makes far more than that."""
    gc.set_threshold(LOADING_OBJECTS)


def end_loading() -> None:
    """All modules and tables are there. Where nothing began, as in a program that uses ours, nothing changes."""
    if gc.get_threshold()[0] == LOADING_OBJECTS:
        search_rarely()


def end_searches() -> None:
    """For a command that is over: the interpreter's own searches on its way out free what the kernel frees at once."""
    gc.freeze()
