"""Floor 2: the words. Every operation is a class; its body is the only place that knows it.

Importing any word imports them all: operators find their operation, and text its words.
"""

from chainrule.language import (
    activations,
    arithmetic,
    arrays,
    choice,
    contraction,
    cross,
    diagonals,
    elementary,
    explanation,
    extremes,
    folds,
    from_numpy,
    gathering,
    hyperbolic,
    linear_algebra,
    losses,
    products,
    remainders,
    selection,
    shaped,
    softmaxes,
    special,
)

__all__ = [
    "activations",
    "arithmetic",
    "arrays",
    "choice",
    "contraction",
    "cross",
    "diagonals",
    "elementary",
    "explanation",
    "extremes",
    "folds",
    "from_numpy",
    "gathering",
    "hyperbolic",
    "linear_algebra",
    "losses",
    "products",
    "remainders",
    "selection",
    "shaped",
    "softmaxes",
    "special",
]
