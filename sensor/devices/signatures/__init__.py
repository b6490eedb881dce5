"""Device signatures: the TOML files of `signatures/`, checked, compiled into one index, and matched."""
