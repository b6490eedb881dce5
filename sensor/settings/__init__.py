"""The configuration file: what it may say (`keys`), and a file into frozen settings (`read`)."""
