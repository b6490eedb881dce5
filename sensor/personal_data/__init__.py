"""Personal data in readable content: finding it, decoding what it stands in, and the ledger of what left whom."""
