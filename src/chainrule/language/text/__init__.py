"""Formulas read from text."""

from chainrule.language.text import (
    vocabulary,
)

__all__ = [
    "vocabulary",
]
