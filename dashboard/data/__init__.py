"""What pages show: rows of tables, charts' data, overview, spreadsheets, metrics, and the cache over the store."""
