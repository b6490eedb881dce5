"""Progress of a replay: the display that a replay calls, showing nothing."""

from __future__ import annotations


class Progress:
    """A progress display that shows nothing: what a replay uses where no terminal is there."""

    def update(self) -> None:
        """Something was read."""

    def close(self) -> None:
        """All was read."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def no_progress(_capture: object, _path: str) -> Progress:
    """The display of a replay that is to show none."""
    return Progress()
