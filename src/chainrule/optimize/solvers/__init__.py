"""Solvers, under their classical names: Newton's, quasi-Newton, least squares, and SciPy's.

May import the contract of solvers; it must not know the loop that calls them.
"""

from chainrule.optimize.solvers.least_squares import gauss_newton, levenberg_marquardt
from chainrule.optimize.solvers.named import (
    SOLVERS,
    as_optimizer,
    optimizer_from_settings,
    solver_named,
)
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

__all__ = [
    "SOLVERS",
    "as_optimizer",
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
    "optimizer_from_settings",
    "powell",
    "slsqp",
    "solver_named",
    "tnc",
    "trust_constr",
]
