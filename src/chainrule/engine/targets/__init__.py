"""What a program becomes: numbers at once (interpreter), or text that computes them (others)."""
