"""Solvers by name, and anything that descends by name: solvers and methods in one list.

May import all solvers and methods; it must not know the loop that calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chainrule.errors import FileFormatError, SettingError, closest
from chainrule.optimize.methods.method import ChainLink, Method
from chainrule.optimize.methods.named import ALIASES as METHOD_ALIASES
from chainrule.optimize.methods.named import (
    METHODS,
    as_method,
    made,
    method_from_settings,
    no_method,
    plain_name,
)
from chainrule.optimize.settings import nearest_first
from chainrule.optimize.solvers.least_squares import gauss_newton, levenberg_marquardt
from chainrule.optimize.solvers.newton import newton, newton_cg
from chainrule.optimize.solvers.quasi_newton import (
    bfgs,
    conjugate_gradient,
    l_bfgs,
    line_search_descent,
)
from chainrule.optimize.solvers.scipy_solvers import (
    l_bfgs_b,
    nelder_mead,
    powell,
    slsqp,
    tnc,
    trust_constr,
)
from chainrule.optimize.solvers.solver import Solver

__all__ = ["SOLVERS", "as_optimizer", "optimizer_from_settings", "solver_named"]

SOLVERS: Mapping[str, Callable[..., Solver]] = MappingProxyType(
    {
        "newton": newton,
        "newton-cg": newton_cg,
        "gauss-newton": gauss_newton,
        "levenberg-marquardt": levenberg_marquardt,
        "bfgs": bfgs,
        "l-bfgs": l_bfgs,
        "conjugate gradient": conjugate_gradient,
        "line search": line_search_descent,
        "slsqp": slsqp,
        "trust-constr": trust_constr,
        "l-bfgs-b": l_bfgs_b,
        "tnc": tnc,
        "nelder-mead": nelder_mead,
        "powell": powell,
    }
)
# Keys as `plain_name` writes them.
PLAIN = {plain_name(name): name for name in SOLVERS}
ALIASES = {
    "lm": "levenberg-marquardt",
    "gn": "gauss-newton",
    "lbfgs": "l-bfgs",
    "lbfgsb": "l-bfgs-b",
    "cg": "conjugate gradient",
    "backtracking": "line search",
    "simplex": "nelder-mead",
    "newton raphson": "newton",
    "trust region": "newton",
    "trust exact": "newton",
    "trust ncg": "newton-cg",
    "truncated newton": "newton-cg",
}


def solver_named(name: str, **options: Any) -> Solver:
    """Make a solver from its name, written in any case, with spaces, hyphens or underscores.

    Raises: SettingError for a name that no solver has, listing all, the closest first; and for an
    option that the solver lacks, or a value that it cannot have.

    >>> solver_named("L_BFGS", memory=5)
    l_bfgs(memory=5)
    """
    found = canonical(name)
    if found is None:
        raise unknown(name, list(SOLVERS), "solver")
    return made(SOLVERS[found], options)


def as_optimizer(method: str | ChainLink | Solver, **options: Any) -> Method | Solver:
    """Return a method or a solver as it is, or make it from its name.

    Raises: SettingError for a name that neither has, listing both, the closest first; for what is
    neither; for options that do not fit, or beside what is already made.

    >>> as_optimizer("newton"), as_optimizer("lion")
    (newton(radius=1.0), lion(betas=(0.9, 0.99), weight_decay=0.0))
    >>> as_optimizer("newtn")
    Traceback (most recent call last):
    chainrule.errors.SettingError: no method is called 'newtn'. Did you mean 'newton'?
      Methods: 'nesterov', ...
      Solvers: 'newton', ...
    """
    if isinstance(method, Solver):
        if options:
            raise SettingError(
                f"{method!r} has its options already; {', '.join(map(repr, options))} cannot be "
                "added.\n  Give them where the solver is made."
            )
        return method
    if not isinstance(method, str | ChainLink):
        raise no_method(method, [*METHODS, *SOLVERS])
    if not isinstance(method, str):
        return as_method(method, **options)
    found = canonical(method)
    if found is not None:
        return made(SOLVERS[found], options)
    plain = plain_name(method)
    if plain in METHODS or plain in METHOD_ALIASES:
        return as_method(method, **options)
    raise unknown(method, [*SOLVERS, *METHODS], "method")


def optimizer_from_settings(settings: Mapping[str, Any]) -> Method | Solver:
    """Make a method or a solver from what its `to_settings` returned.

    Raises: FileFormatError for what is no such thing; SettingError for an unknown name or option.

    >>> optimizer_from_settings(solver_named("l-bfgs", memory=3).to_settings())
    l_bfgs(memory=3)
    """
    name = settings.get("name") if isinstance(settings, Mapping) else None
    if isinstance(name, str) and name in SOLVERS:
        options = settings.get("options", {})
        if not isinstance(options, Mapping):
            raise FileFormatError(
                f"the settings of {name} must have a mapping under 'options', not {options!r:.60}."
            )
        return made(SOLVERS[name], options)
    return method_from_settings(settings)


def canonical(name: str) -> str | None:
    """Return the name of a solver as `SOLVERS` has it, or None."""
    plain = plain_name(name)
    return PLAIN.get(plain) or ALIASES.get(plain)


def unknown(name: str, known: list[str], kind: str) -> SettingError:
    """Build the error for a name that nothing has."""
    plain = plain_name(name)
    words = [*known, *ALIASES, *(METHOD_ALIASES if kind == "method" else ())]
    message = f"no {kind} is called {name!r:.60}.{closest(plain, words)}"
    if "batch" in plain:
        message += " Batches are asked for with batch_size=, by any method of gradients."
    if kind == "method":
        message += f"\n  Methods: {in_order(plain, list(METHODS))}."
    return SettingError(f"{message}\n  Solvers: {in_order(plain, list(SOLVERS))}.")


def in_order(plain: str, names: list[str]) -> str:
    """Quote names, the closest first."""
    return ", ".join(map(repr, nearest_first(plain, names)))
