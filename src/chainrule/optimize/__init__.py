"""Floor 3: descending to a minimum, by many methods, and why it went as it did.

Methods, solvers, schedules and transforms are found here too, loaded when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Module -> the names of it that are found here.
_HOMES = {
    "methods": (
        "adagrad",
        "adam",
        "adamw",
        "amsgrad",
        "gradient_descent",
        "lion",
        "momentum",
        "nadam",
        "nesterov",
        "rmsprop",
    ),
    "schedules": (
        "ConstantLR",
        "ConstantRate",
        "CosineAnnealingLR",
        "CosineAnnealingWarmRestarts",
        "ExponentialLR",
        "InverseTimeLR",
        "LambdaLR",
        "LinearLR",
        "MultiStepLR",
        "OneCycleLR",
        "PolynomialLR",
        "StepLR",
        "WarmUp",
    ),
    "solvers": (
        "bfgs",
        "conjugate_gradient",
        "gauss_newton",
        "l_bfgs",
        "l_bfgs_b",
        "levenberg_marquardt",
        "line_search_descent",
        "nelder_mead",
        "newton",
        "newton_cg",
        "powell",
        "slsqp",
        "tnc",
        "trust_constr",
    ),
    "methods.transforms": (
        "chain",
        "clip_by_norm",
        "clip_by_value",
        "coupled_weight_decay",
        "decoupled_weight_decay",
    ),
    "running.checkpoint": ("Checkpoint",),
    "running.constrained": ("solve_constrained",),
    "running.run": ("minimize",),
    "curvature.stability": ("learning_rate_report",),
    "running.stopping": ("EarlyStopping",),
    "running.trace": ("Trace", "load_trace"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: who descends on a loss of his own needs none of the sixty formulas.
    if name == "landscapes":
        return import_module("chainrule.optimize.landscapes")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'chainrule.optimize' has no attribute {name!r}")
    return getattr(import_module(f"chainrule.optimize.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, "landscapes"})
