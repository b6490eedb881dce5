"""A network interface, or a stream that somebody else captures, through the same pipeline as a file, for as long as it lasts."""
