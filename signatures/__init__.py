"""Facts as data: what product makers, names and strings on the wire tell, each with its source (``sources.toml``) and an example that is checked."""
