"""Windows that slide along the axes of an array: convolution and pooling."""

from chainrule.language.convolving import (
    convolution,
    correlation,
    pooling,
)

__all__ = [
    "convolution",
    "correlation",
    "pooling",
]
