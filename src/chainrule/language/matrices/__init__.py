"""Products of vectors and matrices, their factors, inverses and functions."""

from chainrule.language.matrices import (
    contraction,
    cross,
    determinants,
    diagonals,
    distances,
    factorizations,
    inverses,
    least_squares,
    linear_algebra,
    matrix_functions,
    norms,
    numpy_linalg,
    products,
    spectra,
    statistics,
)

__all__ = [
    "contraction",
    "cross",
    "determinants",
    "diagonals",
    "distances",
    "factorizations",
    "inverses",
    "least_squares",
    "linear_algebra",
    "matrix_functions",
    "norms",
    "numpy_linalg",
    "products",
    "spectra",
    "statistics",
]
