"""Input that an attacker would send, and what reading it costs; see README.md beside."""
