"""Facts of published formats that tests hold `export` to, and how each table was made."""
