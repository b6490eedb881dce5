"""The configuration file: its table of `keys` and its reader (`read`); readers of users' TOML files."""
