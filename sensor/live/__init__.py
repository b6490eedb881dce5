"""Live runs: an interface or a stream on standard input, through the same pipeline as a file."""
