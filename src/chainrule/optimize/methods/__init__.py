"""Methods of descent, each two pure functions, under their classical names and PyTorch's.

May import `method`, `transforms` and the settings; it must not know the loop that calls them.
"""

from chainrule.optimize.methods.adaptive import adagrad, adam, adamw, amsgrad, nadam, rmsprop
from chainrule.optimize.methods.named import (
    METHODS,
    as_method,
    method_from_settings,
    method_named,
)
from chainrule.optimize.methods.plain import gradient_descent, lion, momentum, nesterov

__all__ = [
    "METHODS",
    "adagrad",
    "adam",
    "adamw",
    "amsgrad",
    "as_method",
    "gradient_descent",
    "lion",
    "method_from_settings",
    "method_named",
    "momentum",
    "nadam",
    "nesterov",
    "rmsprop",
]
