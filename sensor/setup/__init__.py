"""A machine into a sensor: what its interfaces are, the configuration file, the units that start it, and what is wrong with any of that."""
