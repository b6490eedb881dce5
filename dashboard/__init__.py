"""The dashboard: pages of a store for browsers, the same as JSON, and metrics."""

from dashboard.app import create_app

__all__ = ["create_app"]
