"""Personal data in readable content: search, decoding, and the ledger of what went where."""
