"""Credentials in messages: HTTP schemes, names of secret fields, settings files, group secrets."""
