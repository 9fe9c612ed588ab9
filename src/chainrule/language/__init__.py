"""Floor 2: the words. Every operation is a class; its body is the only place that knows it.

Importing any word imports them all: operators find their operation, and text its words.
"""

from chainrule.language import (
    arithmetic,
    arrays,
    convolving,
    elements,
    explaining,
    folds,
    from_numpy,
    loops,
    losses,
    matrices,
    parts,
    shaped,
    text,
)

__all__ = [
    "arithmetic",
    "arrays",
    "convolving",
    "elements",
    "explaining",
    "folds",
    "from_numpy",
    "loops",
    "losses",
    "matrices",
    "parts",
    "shaped",
    "text",
]
