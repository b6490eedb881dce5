"""A hub and its sensors: the authority of their certificates, and what an enrolled sensor is given."""
