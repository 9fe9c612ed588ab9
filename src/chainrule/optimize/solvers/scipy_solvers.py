"""SciPy's solvers, handed exact gradients, Hessians and Hessian-vector products.

SciPy is needed when one of them is used, not before. May import solvers' contract and constraints;
it must not know how SciPy finds its way.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from chainrule.errors import SettingError
from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.constraints import FEASIBLE, Margin, Margins, margins_of
from chainrule.optimize.problem.multipliers import is_stationary, residual_of, scipy_optimize
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.vector_function import VectorFunction
from chainrule.optimize.solvers.along import free_of, halted, settled, steepest
from chainrule.optimize.solvers.searches import rounding_at
from chainrule.optimize.solvers.solver import Advance, Solver
from chainrule.tables.columns import Floats

__all__ = ["ScipySolver", "l_bfgs_b", "nelder_mead", "powell", "slsqp", "tnc", "trust_constr"]

FIRST_CHUNK = 16  # iterations in the first call; each next call makes twice as many
WORTH_STOPPING = 0.5  # seconds: what takes less is not begun anew for iterations to come
# Ends as near to the minimum as double precision has it: a run has its own tolerances.
TIGHT: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "SLSQP": {"ftol": 1e-15, "maxiter": 10**6},
        "trust-constr": {"gtol": 1e-12, "xtol": 1e-12, "barrier_tol": 1e-10, "maxiter": 10**6},
        "L-BFGS-B": {"ftol": 0.0, "gtol": 1e-12, "maxiter": 10**6, "maxfun": 10**7, "maxls": 50},
        "TNC": {"ftol": 0.0, "xtol": 0.0, "gtol": 1e-12, "maxfun": 10**7},
        "Nelder-Mead": {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 10**6, "maxfev": 10**7},
        "Powell": {"xtol": 1e-10, "ftol": 1e-15, "maxiter": 10**6, "maxfev": 10**7},
    }
)
CONSTRAINED: Final = ("SLSQP", "trust-constr")
SLOPELESS: Final = ("Nelder-Mead", "Powell")  # to them a kink is no obstacle
LOWER = 1e-6  # of the loss, there or at the start: less is not worth a word
SECOND_ORDER_SIZE = 500  # parameters up to which a Hessian is handed over as a matrix


class Enough(Exception):
    """Enough iterations have been seen."""


@final
class ScipySolver(Solver):
    """One of SciPy's solvers, an iteration at a time.

    SciPy keeps its state to itself, so what is saved is where it started and how far it has come;
    to go on, it runs again from there, to the same bits. Its iterates are kept, and come in chunks
    that double, so all of a run costs at most a few times one call of SciPy's.
    """

    __slots__ = ("_path", "algorithm", "margins")

    algorithm: Final[str]
    margins: Final[tuple[Margin, ...]]

    def __init__(self, name: str, algorithm: str, constraints: Any = ()) -> None:
        margins = margins_of(constraints)
        super().__init__(name, {"constraints": [one.formula for one in margins]} if margins else {})
        if margins and algorithm not in CONSTRAINED:
            raise SettingError(f"{name} takes no constraints. Take 'slsqp' or 'trust-constr'.")
        self.algorithm = algorithm
        self.margins = margins
        self._path = _Path()

    def under(self, constraints: Any) -> ScipySolver:
        """Return the same solver under constraints.

        Raises: SettingError for one that takes none; ValueTypeError for what is no constraint.

        >>> from chainrule import expression
        >>> slsqp().under(expression("x") <= 1).margins[0].text
        'x <= 1'
        """
        return ScipySolver(self.name, self.algorithm, constraints)

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: the start, and no iterations so far.

        Raises: MissingExtra without SciPy; UnknownVariable for a constraint on what nobody gave.
        """
        del bounds
        scipy_optimize()
        Margins.over(self.margins, loss)
        return {"start": np.array(start.vector, dtype=np.float64), "count": 0}

    def advance(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None = None
    ) -> Advance:
        """Go one iteration further. Under constraints, the loss may rise on the way."""
        begin: Any = np.asarray(state["start"], dtype=np.float64)
        count = int(state["count"])
        path = self._path
        if not path.is_of(loss, begin, bounds):
            path.begin(loss, begin, bounds)
        while len(path.vectors) <= count and not path.reason:
            path.run(self, max(FIRST_CHUNK, 2 * len(path.vectors)))
        if count < len(path.vectors):
            vector = path.vectors[count]
            # Interior points leave the bounds on the way, others by rounding.
            new = Point.at(loss, vector if bounds is None else bounds.clip(vector))
            return Advance(new, {"start": begin, "count": count + 1})
        return Advance(point, state, path.reason)


class _Path:
    """The iterates of one run so far: a memory that saves work, and changes no answer."""

    __slots__ = ("bounds", "loss", "reason", "start", "vectors")

    def __init__(self) -> None:
        self.loss: Objective | None = None
        self.start: Floats = np.zeros(0)
        self.bounds: Bounds | None = None
        self.vectors: list[Floats] = []
        self.reason = ""

    def is_of(self, loss: Objective, start: Floats, bounds: Bounds | None) -> bool:
        """Tell whether this is the path from a start."""
        return self.loss is loss and self.bounds is bounds and np.array_equal(self.start, start)

    def begin(self, loss: Objective, start: Floats, bounds: Bounds | None) -> None:
        """Forget all, and wait at a start."""
        self.loss, self.start, self.bounds = loss, start, bounds
        self.vectors, self.reason = [], ""

    def run(self, solver: ScipySolver, most: int) -> None:
        """Let SciPy run from the start for so many iterations; a short run goes to its end."""
        assert self.loss is not None  # noqa: S101 - begun
        found: list[Floats] = []
        began = time.perf_counter()

        def seen(vector: Floats, *_: Any) -> None:
            found.append(np.array(vector, dtype=np.float64))
            if len(found) >= most and time.perf_counter() - began > WORTH_STOPPING:
                raise Enough

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = scipy_optimize().minimize(
                    x0=self.start.copy(),
                    callback=seen,
                    **asked(solver, self.loss, self.bounds),
                )
            except Enough:
                self.vectors = found
                return
        last = np.array(result.x, dtype=np.float64)
        if not found or not np.array_equal(found[-1], last):
            found.append(last)
        self.vectors = found
        said = str(result.message).strip().rstrip(".")
        self.reason = f"SciPy's {solver.algorithm} says: {said}"
        if solver.margins and broken_at(solver, self.loss, last) > FEASIBLE:
            return
        if result.success:
            found_out = moved if solver.margins else descending
            against = found_out(solver, self.loss, last, self.bounds)
            said = self.reason
            self.reason = f"{said}, but {against}" if against else f"converged: {said}"
            return
        doubt = held if solver.margins else doubted
        self.reason = doubt(solver, self.loss, last, self.bounds) or self.reason


def broken_at(solver: ScipySolver, loss: Objective, vector: Floats) -> float:
    """Return by how much the worst constraint is broken, infinite where that is no number."""
    broken = Margins.over(solver.margins, loss).broken(vector)
    return broken if np.isfinite(broken) else np.inf


def doubted(solver: ScipySolver, loss: Objective, vector: Floats, bounds: Bounds | None) -> str:
    """Say that a search failed because it had converged to rounding, or nothing."""
    del solver
    point = Point.at(loss, vector)
    if halted(loss, point, bounds):
        return ""
    rounding = rounding_at(loss, vector)
    heading = steepest(loss, point, free_of(point, bounds))
    left = -heading.first * float(point.gradient @ heading.direction)
    return settled(loss, point, bounds, rounding) if left <= 2 * rounding else ""


def descending(solver: ScipySolver, loss: Objective, vector: Floats, bounds: Bounds | None) -> str:
    """Say that the loss is lower a step down from where a search has ended, or nothing.

    Whatever a solver reports: log(x) falls for ever towards its bound.
    """
    del solver
    point = Point.at(loss, vector if bounds is None else bounds.clip(vector))
    if not point.is_finite:
        return halted(loss, point, bounds)
    heading = steepest(loss, point, free_of(point, bounds))
    scale = max(abs(point.value), abs(loss.value(loss.start)))
    least = point.value - LOWER * scale - 2 * rounding_at(loss, point.vector)
    for part in (1.0, 1e-1, 1e-2):
        there = point.vector + part * heading.first * heading.direction
        reached = loss.value(there if bounds is None else bounds.clip(there))
        if reached < least:
            return (
                f"a step down from there lowers the loss from {point.value:.6g} to {reached:.6g}: "
                "it may have no least value here"
            )
    return ""


def moved(solver: ScipySolver, loss: Objective, vector: Floats, bounds: Bounds | None) -> str:
    """Say that what binds does not push back the gradient where a search has ended, or nothing."""
    point = Point.at(loss, vector)
    residual = residual_of(point, Margins.over(solver.margins, loss), bounds, loss.start)
    if is_stationary(residual, point):
        return ""
    return f"this is no minimum: {residual:.3g} of the gradient is pushed back by nothing"


def held(solver: ScipySolver, loss: Objective, vector: Floats, bounds: Bounds | None) -> str:
    """Say that a search that failed had ended at a minimum under its constraints, or nothing.

    SLSQP takes the last digits of a minimum for a failure of its line search.
    """
    point = Point.at(loss, vector)
    residual = residual_of(point, Margins.over(solver.margins, loss), bounds, loss.start)
    if not is_stationary(residual, point):
        return ""
    return f"converged: what binds pushes back all of the gradient but {residual:.1g}"


def asked(solver: ScipySolver, loss: Objective, bounds: Bounds | None) -> dict[str, Any]:
    """Return what `scipy.optimize.minimize` is to be called with."""
    optimize = scipy_optimize()
    algorithm = solver.algorithm
    call: dict[str, Any] = {"method": algorithm, "options": dict(TIGHT[algorithm])}
    if algorithm in SLOPELESS:
        call["fun"] = loss.value
    else:
        call |= {"fun": loss.value_and_gradient, "jac": True}
    if algorithm == "trust-constr":
        small = loss.packing.size <= SECOND_ORDER_SIZE
        call |= {"hess": loss.hessian} if small else {"hessp": loss.hvp}
        if bounds is not None or any(not one.is_equality for one in solver.margins):
            # Met while the barrier is still high, it would end the search away from the minimum.
            call["options"]["gtol"] = 1e-30
    if bounds is not None:
        call["bounds"] = optimize.Bounds(bounds.low, bounds.high)
    if solver.margins:
        call["constraints"] = constraints_for(algorithm, Margins.over(solver.margins, loss), loss)
    return call


def constraints_for(algorithm: str, margins: Margins, loss: Objective) -> list[Any]:
    """Return constraints as SciPy takes them, with exact derivatives, none of them twice."""
    made: list[Any] = []
    if margins.inside is not None:
        whole = np.arange(margins.inside.size)
        made.append(constraint_for(algorithm, "ineq", margins.inside, whole))
    if margins.equal is not None:
        kept = margins.independent(loss)
        made.append(constraint_for(algorithm, "eq", margins.equal, kept))
    return made


def constraint_for(algorithm: str, kind: str, part: VectorFunction, kept: Any) -> Any:
    """Return some elements of a vector of margins as one constraint of SciPy's."""

    def value(vector: Floats) -> Floats:
        return np.asarray(part.value(vector)[kept])

    def slopes(vector: Floats) -> Floats:
        return np.asarray(part.jacobian(vector)[kept])

    def curvature(vector: Floats, weights: Floats) -> Floats:
        whole = np.zeros(part.size)
        whole[kept] = weights
        return part.weighted_hessian(vector, whole)

    if algorithm == "SLSQP":
        return {"type": kind, "fun": value, "jac": slopes}
    high = 0.0 if kind == "eq" else np.inf

    def entries(vector: Floats) -> Any:
        return part.sparse_jacobian(vector)[kept]

    jac = entries if part.is_sparse else slopes
    return scipy_optimize().NonlinearConstraint(value, 0.0, high, jac=jac, hess=curvature)


def slsqp(*, constraints: Any = ()) -> ScipySolver:
    """Make SciPy's sequential quadratic programming, for bounds and constraints.

    Source: Kraft (1988), A software package for sequential quadratic programming, DFVLR-FB 88-28.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=slsqp(constraints=x <= 3))
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("slsqp", "SLSQP", constraints)


def trust_constr(*, constraints: Any = ()) -> ScipySolver:
    """Make SciPy's trust-region solver for bounds and constraints, with exact Hessians.

    Source: Byrd, Hribar & Nocedal (1999), An interior point algorithm for large-scale nonlinear
    programming, SIAM Journal on Optimization 9.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=trust_constr())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("trust-constr", "trust-constr", constraints)


def l_bfgs_b() -> ScipySolver:
    """Make SciPy's L-BFGS-B, for bounds and many parameters.

    Source: Byrd, Lu, Nocedal & Zhu (1995), A limited memory algorithm for bound constrained
    optimization, SIAM Journal on Scientific Computing 16.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=l_bfgs_b())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("l-bfgs-b", "L-BFGS-B")


def tnc() -> ScipySolver:
    """Make SciPy's truncated Newton method, for bounds.

    Source: Nash (1984), Newton-type minimization via the Lanczos method, SIAM Journal on Numerical
    Analysis 21.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=tnc())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("tnc", "TNC")


def nelder_mead() -> ScipySolver:
    """Make SciPy's simplex of Nelder and Mead, which asks for no derivative: for kinks and jumps.

    Source: Nelder & Mead (1965), A simplex method for function minimization, Computer Journal 7.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=nelder_mead())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("nelder-mead", "Nelder-Mead")


def powell() -> ScipySolver:
    """Make SciPy's method of Powell, which searches along lines and asks for no derivative.

    Source: Powell (1964), An efficient method for finding the minimum of a function of several
    variables without calculating derivatives, Computer Journal 7.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=powell())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ScipySolver("powell", "Powell")
