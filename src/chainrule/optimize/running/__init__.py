"""A run from its first epoch to its end: the loop, what it writes down, who is told."""
