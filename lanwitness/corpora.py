"""Corpora as Dask bags: many captures, each a `Result`, read where Dask's scheduler puts them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from lanwitness.reading import CaptureError, Result, read
from sensor.corpus.inventory import capture_paths


def corpus(paths: Iterable[str | os.PathLike[str]], *, skip: bool = False, **options: Any) -> Any:
    """A `dask.bag.Bag` of a `Result` for each capture under these paths, in no order that is promised.

    ``options`` are those of `read`. A capture that cannot be read raises CaptureError when the bag is computed; with
    ``skip`` it is left out. Needs ``pip install 'lanwitness[corpus]'``; ImportError says so. For thousands of captures
    `lanwitness corpus read` keeps what was read, and goes on after a kill (docs/corpora.md).

    >>> import lanwitness
    >>> bag = lanwitness.corpus(["pcaps/mqtt", "pcaps/ftp_login"])
    >>> sorted(bag.map(lambda result: result.captures[0].packets).compute(scheduler="synchronous"))
    [133, 194]
    """
    try:
        import dask.bag
    except ImportError:
        raise ImportError("corpus needs Dask: pip install 'lanwitness[corpus]'") from None
    found = list(capture_paths(str(os.fspath(one)) for one in paths))
    if not found:
        return dask.bag.from_delayed([])
    bag = dask.bag.from_sequence(found, partition_size=1).map(_read, skip=skip, options=options)
    return bag.filter(_is_read) if skip else bag


def _read(path: str, *, skip: bool, options: dict[str, Any]) -> Result | None:
    try:
        return read(path, **options)
    except CaptureError:
        if skip:
            return None
        raise


def _is_read(result: Result | None) -> bool:
    return result is not None
