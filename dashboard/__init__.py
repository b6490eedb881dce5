"""A store into pages for a browser on the same machine, the same as JSON, and metrics: `create_app` ties them together, `queries` is all that reads."""

from dashboard.app import create_app

__all__ = ["create_app"]
