"""Floor 3: descending to a minimum, by many methods, and why it went as it did."""
