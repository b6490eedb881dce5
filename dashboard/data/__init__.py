"""What pages show: rows of tables, charts' data, overview, metrics, and the cache over the store."""
