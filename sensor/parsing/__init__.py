"""The base of protocol parsers: contract, bounds-checked cursor, registry, lines, terminals, SASL."""
