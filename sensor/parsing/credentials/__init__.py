"""Credentials in messages: HTTP schemes, field names that carry secrets, settings files, group secrets."""
