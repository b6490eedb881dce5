"""Formats that others read, one module each, found by its `FORMAT`; the module's name is the format's."""
