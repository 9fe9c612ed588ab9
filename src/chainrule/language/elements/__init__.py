"""Operations on each element alone: functions, choices and activations."""

from chainrule.language.elements import (
    activations,
    choice,
    elementary,
    extremes,
    hyperbolic,
    probits,
    ramps,
    remainders,
    shorthands,
    special,
)

__all__ = [
    "activations",
    "choice",
    "elementary",
    "extremes",
    "hyperbolic",
    "probits",
    "ramps",
    "remainders",
    "shorthands",
    "special",
]
