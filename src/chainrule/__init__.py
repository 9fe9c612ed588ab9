"""chainrule: formulas with named variables, to see, differentiate, run and fit.

Every public name is here; the module behind a name is loaded when the name is first used.
"""

from __future__ import annotations

import builtins
import importlib
from typing import Any

__version__ = "0.1.0"

# Module -> the public names that live in it.
_HOMES = {
    "language.expression": ("expression",),
    "language.constants": ("constant",),
    "language.kinds": ("elementwise", "named", "operations", "reading", "structural"),
    "language.composition": ("composed",),
    "language.arithmetic": (
        "absolute",
        "addition",
        "division",
        "exponent",
        "log",
        "multiplication",
        "natlog",
        "negation",
        "sign",
        "subtraction",
        "weighted",
    ),
    "language.elementary": (
        "abs",
        "arccos",
        "arcsin",
        "arctan",
        "arctan2",
        "cbrt",
        "cos",
        "cosine",
        "cube_root",
        "exp",
        "expm1",
        "exponential",
        "exponential_minus_1",
        "hypot",
        "hypotenuse",
        "inverse_cosine",
        "inverse_sine",
        "inverse_tangent",
        "inverse_tangent_2",
        "log1p",
        "log2",
        "log10",
        "logarithm_2",
        "logarithm_10",
        "natlog_1_plus",
        "pow",
        "sin",
        "sine",
        "sqrt",
        "square_root",
        "tan",
        "tangent",
    ),
    "language.hyperbolic": (
        "arccosh",
        "arcsinh",
        "arctanh",
        "cosh",
        "hyperbolic_cosine",
        "hyperbolic_secant",
        "hyperbolic_sine",
        "hyperbolic_tan",
        "inverse_hyperbolic_cosine",
        "inverse_hyperbolic_sine",
        "inverse_hyperbolic_tan",
        "sech",
        "sinh",
        "tanh",
    ),
    "language.choice": (
        "ceil",
        "choice",
        "complement",
        "conjunction",
        "disjunction",
        "equal",
        "equality",
        "floor",
        "greater",
        "greater_equal",
        "greater_or_equal",
        "inequality",
        "less",
        "less_equal",
        "less_or_equal",
        "logical_and",
        "logical_not",
        "logical_or",
        "not_equal",
        "round",
        "rounding",
        "rounding_down",
        "rounding_up",
        "where",
    ),
    "language.extremes": ("clip", "clipping", "larger", "maximum", "minimum", "smaller"),
    "language.special": (
        "complementary_error_function",
        "digamma",
        "digamma_function",
        "erf",
        "erfc",
        "error_function",
        "log_gamma",
        "loggamma",
        "normal_cdf",
        "normal_share",
        "polygamma",
        "polygamma_function",
    ),
    "language.activations": (
        "elu",
        "exponential_linear",
        "gaussian_linear",
        "gelu",
        "leaky_relu",
        "linear",
        "log_of_sum",
        "log_sum_exp",
        "logaddexp",
        "logsumexp",
        "relu",
        "scaled_exponential_linear",
        "selu",
        "sigmoid",
        "sigmoid_linear",
        "silu",
        "smooth_relu",
        "softplus",
        "swish",
        "swish_linear",
    ),
    "language.losses": (
        "mean_absolute_error",
        "mean_of_absolute_errors",
        "mean_of_squared_errors",
        "mean_squared_error",
        "residual",
    ),
    "language.folds": ("broadcast_as", "count", "counting", "sum", "sum_as", "summation"),
    "language.linear_algebra": ("matmul", "matrix_multiplication"),
    "language.remainders": ("floor_divide", "floor_division", "mod", "remainder"),
    "language.selection": ("item",),
    "language.arrays": ("arithmetic_mean", "mean", "var", "variance"),
    "language.parse": ("parse",),
    "calculus.derivatives": ("gradient", "hessian", "hvp", "jacobian", "jvp", "vjp"),
    "calculus.per_row": ("per_row_gradients",),
    "calculus.series": ("taylor",),
    "calculus.numerical": ("numerical_derivative",),
    "calculus.step_size": ("step_size_study",),
    "calculus.check": ("check_gradient",),
    "calculus.operation_check": ("check_operation",),
    "draw.animations": ("animate_fit", "animate_race", "write_animation"),
    "draw.contours": ("plot_contour", "plot_race"),
    "draw.curves": ("loss_curve", "plot_rates", "plot_step_size_study"),
    "draw.graph": ("Graph",),
    "draw.playground": ("Playground", "playground"),
    "draw.regressions": ("plot_fit", "plot_parameter_path", "plot_residuals"),
    "draw.slopes": ("plot_curve",),
    "draw.story": ("nan_story",),
    "draw.surfaces": ("plot_surface",),
    "optimize.checkpoint": ("Checkpoint",),
    "optimize.resume": ("resume",),
    "optimize.run": ("minimize",),
    "optimize.stability": ("learning_rate_report",),
    "optimize.stopping": ("EarlyStopping",),
    "optimize.symptoms": ("diagnose",),
    "optimize.trace": ("Trace", "load_trace"),
    "optimize": ("landscapes",),
    "models.linear": ("LinearRegression",),
    "models.outcome": ("DivergenceError", "DivergenceWarning"),
    "models.rates": ("learning_rate_study",),
    "models.saved": ("load_model",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

# A star import leaves Python's own sum, abs, min, max, round and pow alone.
__all__ = sorted(name for name in _HOME if not hasattr(builtins, name))  # noqa: PLE0605 - names come from one table


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"chainrule.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
