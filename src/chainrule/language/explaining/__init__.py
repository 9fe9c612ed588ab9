"""Both passes of a sweep, told line by line."""

from chainrule.language.explaining import (
    explanation,
)

__all__ = [
    "explanation",
]
