"""The report as PDF, by WeasyPrint: nothing is loaded, and the same page gives the same PDF."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import Any


class NoPrinter(Exception):  # noqa: N818 - a sentence for the user
    """WeasyPrint, or the library Pango that it stands on, is not at hand; the text says what to install."""


@cache
def printer() -> bool:
    """Whether WeasyPrint is installed; looked up without loading it."""
    return find_spec("weasyprint") is not None


def pdf(page: str) -> bytes:
    """The page of `sensor.report.page.html` as PDF, with bookmarks and tags for screen readers. Raises NoPrinter."""
    try:
        import weasyprint
    except ImportError:
        raise NoPrinter("WeasyPrint is not installed (pip install 'lanwitness[pdf]')") from None
    except OSError:
        raise NoPrinter("Pango is not installed (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0)") from None
    # It warns of each CSS rule that is for screens alone.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    made: bytes = weasyprint.HTML(string=page, url_fetcher=_refusing()).write_pdf(pdf_tags=True)
    return made


def _refusing() -> Any:
    """A fetcher that fetches nothing: the page refers to nothing, and a hostile name cannot make it load anything."""
    from weasyprint.urls import URLFetcher

    class Refusing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            raise ValueError("the report loads nothing")

    return Refusing()
