"""How far predictions are from their targets."""

from chainrule.language.losses import (
    classes,
    regression,
)

__all__ = [
    "classes",
    "regression",
]
