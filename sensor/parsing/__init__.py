"""What protocol parsers stand on: the parser contract, the bounds-checked cursor, the registry, lines, terminals, SASL."""
