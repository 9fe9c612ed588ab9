"""Products of vectors and matrices, their factors, inverses and functions."""
