"""The simplest form of sums, products and quotients, also of matrices."""
