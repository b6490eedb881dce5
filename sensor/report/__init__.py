"""A run from the store into the report that is handed over: `build` gathers it, `page` makes it one HTML file, `texts/` holds every sentence.

A language is a file beside ``texts/en.toml``. What came from the wire is cleaned and escaped by the page's environment, whatever a template says.
"""
