"""Ways down, as the loop sees them: a method with its rates, or a solver with its own steps.

Both advance from a point to the next, an epoch at a time. May import methods, schedules, solvers
and batches; it must not know what is written down on the way.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import NotANumber, SettingError, ShapeError
from chainrule.optimize.curvature.spectrum import length, spectrum
from chainrule.optimize.curvature.stability import report_of
from chainrule.optimize.methods.method import Method, State, Transform, Vector
from chainrule.optimize.methods.named import METHODS
from chainrule.optimize.methods.transforms import chain, clip_by_norm
from chainrule.optimize.problem.batches import Batches
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.constraints import Margins
from chainrule.optimize.problem.kinks import kink_beside
from chainrule.optimize.problem.multipliers import residual_of
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.running.shortcut import Ahead, Shortcut
from chainrule.optimize.saving.archive import part
from chainrule.optimize.schedules import SCHEDULES, ConstantRate
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.settings import Range, nearest_first
from chainrule.optimize.solvers.scipy_solvers import SLOPELESS, ScipySolver
from chainrule.optimize.solvers.solver import Advance, Solver
from chainrule.report import Sentence
from chainrule.tables.columns import Floats

__all__ = ["AT_A_KINK", "Descent", "Solving", "Way", "clipped", "rates_of"]

RATE = Range(0.0, high_open=True, example=0.01)
LONGEST = Range(0.0, low_open=True, high_open=True, example=1.0)
AT_A_KINK = "at a kink: "
KINK = (
    "{step} turns here, so no smooth step leads on; there may be a lower point "
    "along it. Take 'nelder-mead', or a smooth formula, such as sqrt(u**2 + 1e-6) for abs(u)"
)
# In the state of a run whose rate is watched: the loss at the start, and what is left of the rate.
CEILING, SHARE = "loss at the start", "share of the rate"
LEVEL = 1e-9  # of the loss at the start: a rise below it is none
LEAST_SHARE = 2.0**-60  # no step that short can leap
SAMPLED = 32  # batches whose curvature "auto" looks at


class Way(ABC):
    """How a run gets from one epoch to the next.

    constant_rate: the rate, where it is the same in every epoch.
    """

    __slots__ = ("bounds", "constant_rate", "loss")

    def __init__(
        self, loss: Objective, bounds: Bounds | None, constant_rate: float | None = None
    ) -> None:
        self.loss = loss
        self.bounds = bounds
        self.constant_rate = constant_rate

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the method or solver."""

    @abstractmethod
    def init(self, start: Point) -> State:
        """Make the state before the first epoch."""

    @abstractmethod
    def advance(self, point: Point, state: State, epoch: int) -> Advance:
        """Go one epoch further."""

    @abstractmethod
    def restored(self, saved: Mapping[str, Any], start: Point) -> State:
        """Return a state that was saved; raises FileFormatError for what does not fit."""

    def rate(self, _epoch: int) -> float:
        """Return the rate of an epoch; NaN where there is none."""
        return math.nan

    def ahead(self, point: Point, state: State, epoch: int, most: int) -> Ahead | None:  # noqa: ARG002 - not all do
        """Return epochs from one on, made at once; None where each is made singly."""
        return None

    @property
    def recovers(self) -> bool:
        """Whether it finds its way back by itself from where the loss is no number."""
        return False

    @property
    def is_plain(self) -> bool:
        """Whether this is gradient descent on all rows, of which the curvature tells all."""
        return False

    def random_state(self) -> Any:
        """Return the state of what draws batches, None where nothing does."""
        return None

    @property
    def is_constrained(self) -> bool:
        """Whether there are constraints beyond the bounds."""
        return False

    def standing(self, point: Point) -> tuple[float, float]:
        """Return the length of the gradient that nothing blocks, and how broken constraints are."""
        return length(point.slope(self.bounds)), 0.0

    @abstractmethod
    def made_of(self) -> tuple[Method | Solver, Schedule | None]:
        """Return the method or solver, and its rates."""


class Descent(Way):
    """A method with its rates, on all rows at once or in batches.

    is_short: whether a quadratic loss is to be made independent of its data, for good. is_guarded:
    whether the rate was chosen by the curvature at the start, and has to be watched: a step that
    leaps is halved, with all that come after, and taken again. What is a leap: a rise of plain
    descent; of others, which swing, one above the loss at the start.
    """

    __slots__ = (
        "_shortcut", "batches", "generator", "is_guarded", "is_short", "method", "schedule",
    )  # fmt: skip

    def __init__(
        self,
        loss: Objective,
        bounds: Bounds | None,
        method: Method,
        schedule: Schedule,
        batches: Batches | None,
        generator: np.random.Generator,
        *,
        is_short: bool = False,
        is_guarded: bool = False,
    ) -> None:
        constant = schedule.rate if isinstance(schedule, ConstantRate) else None
        super().__init__(loss, bounds, constant)
        self.method = method
        self.schedule = schedule
        self.batches = batches
        self.generator = generator
        self.is_short = is_short
        self.is_guarded = is_guarded and constant is not None and batches is None
        self._shortcut: Shortcut | None = None

    @property
    def name(self) -> str:
        """The name of the method, and how many rows it takes at a time."""
        if self.batches is None:
            return self.method.name
        rows = self.batches.size
        return f"{self.method.name} in batches of {rows} row{'s' * (rows != 1)}"

    def init(self, start: Point) -> State:
        """Make the state before the first epoch."""
        if self.is_short:
            self._shortcut = Shortcut.of(self.loss, start, self.method)
        state = self.method.init(np.asarray(start.vector, dtype=np.float64))
        return {**state, CEILING: start.value, SHARE: 1.0} if self._watches else state

    @property
    def _watches(self) -> bool:
        return self.is_guarded and self._shortcut is None

    def ahead(self, point: Point, state: State, epoch: int, most: int) -> Ahead | None:
        """Return epochs from one on, made at once; None where each is made singly."""
        if self._shortcut is None or self.constant_rate is None:
            return None
        return self._shortcut.ahead(point, state, epoch, self.constant_rate, most)

    def advance(self, point: Point, state: State, epoch: int) -> Advance:
        """Take one step on all rows, or one for each batch."""
        if self._watches:
            return self._watched(point, state)
        rate = self.rate(epoch)
        vector: Vector = np.asarray(point.vector, dtype=np.float64)
        if self.batches is None:
            vector, state = self._moved(vector, point.gradient, state, rate)
        else:
            for places in self.batches.draw(self.generator):
                slope = self.batches.gradient(vector, places)
                vector, state = self._moved(vector, slope, state, rate)
        if self._shortcut is not None:
            return Advance(self._shortcut.at(vector, point), state)
        return Advance(Point.at(self.loss, vector), state)

    def _watched(self, point: Point, state: State) -> Advance:
        """Take a step at a rate that was chosen, halved where it leaps."""
        ceiling, share = float(state[CEILING]), float(state[SHARE])
        before = {key: part for key, part in state.items() if key not in (CEILING, SHARE)}
        most = (point.value if self.is_plain else ceiling) + LEVEL * abs(ceiling)
        chosen, vector = self.schedule(0), np.asarray(point.vector, dtype=np.float64)
        while True:
            moved, after = self._moved(vector, point.gradient, before, chosen * share)
            new = Point.at(self.loss, moved)
            if new.value <= most or share <= LEAST_SHARE:
                break
            share /= 2
        self.constant_rate = chosen * share
        return Advance(new, {**after, CEILING: ceiling, SHARE: share})

    @property
    def halvings(self) -> int:
        """How many times the rate that was chosen has been halved."""
        if not self.is_guarded or not self.constant_rate:
            return 0
        return round(math.log2(self.schedule(0) / self.constant_rate))

    def _moved(
        self, vector: Vector, slope: Floats, state: State, rate: float
    ) -> tuple[Vector, State]:
        step, state = self.method.update(np.asarray(slope, dtype=np.float64), state, vector, rate)
        if step.shape != vector.shape:
            raise ShapeError(
                f"the step of {self.method.name} has shape {step.shape}, for parameters of shape "
                f"{vector.shape}. Its update must return one number for each."
            )
        with np.errstate(all="ignore"):  # beyond the largest float the loss says so
            vector = vector + step
        if self.bounds is not None:
            vector = np.asarray(self.bounds.clip(vector), dtype=np.float64)
        return vector, state

    def restored(self, saved: Mapping[str, Any], start: Point) -> State:
        """Return a state that was saved."""
        fresh = self.init(start)
        kept = {key: part(saved, key, float) for key in (CEILING, SHARE) if key in fresh}
        if kept:
            self.constant_rate = self.schedule(0) * kept[SHARE]
        of_method = {key: value for key, value in saved.items() if key not in kept}
        vector = np.asarray(start.vector, dtype=np.float64)
        return {**self.method.restored(of_method, vector), **kept}

    def rate(self, epoch: int) -> float:
        """Return the rate of an epoch."""
        return self.schedule(epoch) if self.constant_rate is None else self.constant_rate

    @property
    def is_plain(self) -> bool:
        """Whether this is gradient descent on all rows, and nothing else."""
        plain = self.method.name == "gradient descent" and not any(self.method.options.values())
        return plain and self.batches is None and self.constant_rate is not None

    def random_state(self) -> Any:
        """Return the state of the generator that shuffles rows."""
        return None if self.batches is None else self.generator.bit_generator.state

    def made_of(self) -> tuple[Method, Schedule]:
        """Return the method and its rates."""
        return self.method, self.schedule


class Solving(Way):
    """A solver, which finds its steps itself."""

    __slots__ = ("constraints", "margins", "solver")

    def __init__(self, loss: Objective, bounds: Bounds | None, solver: Solver) -> None:
        super().__init__(loss, bounds)
        self.solver = solver
        self.constraints = solver.margins if isinstance(solver, ScipySolver) else ()
        self.margins = Margins.over(self.constraints, loss) if self.constraints else None

    @property
    def name(self) -> str:
        """The name of the solver."""
        return self.solver.name

    def init(self, start: Point) -> State:
        """Make the state before the first iteration."""
        return self.solver.init(self.loss, start, self.bounds)

    def advance(self, point: Point, state: State, epoch: int) -> Advance:  # noqa: ARG002 - a Way's
        """Go one iteration further; where the solver ends at a kink, that is why."""
        found = self.solver.advance(self.loss, point, state, self.bounds)
        if found.reason and self.margins is None and not self._is_slopeless:
            at, slope = found.point.vector, found.point.slope(self.bounds)
            turns = kink_beside(self.loss, at, slope)
            if turns:
                return found._replace(reason=Sentence(AT_A_KINK + KINK, step=turns))
        return found

    @property
    def recovers(self) -> bool:
        """Whether it finds its way back by itself: SciPy's look at the loss of every trial."""
        return isinstance(self.solver, ScipySolver)

    @property
    def _is_slopeless(self) -> bool:
        return isinstance(self.solver, ScipySolver) and self.solver.algorithm in SLOPELESS

    @property
    def is_constrained(self) -> bool:
        """Whether there are constraints beyond the bounds."""
        return self.margins is not None

    def standing(self, point: Point) -> tuple[float, float]:
        """Return the length of the gradient that nothing blocks, and how broken constraints are."""
        if self.margins is None:
            return super().standing(point)
        broken = self.margins.broken(point.vector)
        return residual_of(point, self.margins, self.bounds, self.loss.start), broken

    def restored(self, saved: Mapping[str, Any], start: Point) -> State:
        """Return a state that was saved."""
        return self.solver.restored(saved, self.loss, start, self.bounds)

    def made_of(self) -> tuple[Solver, None]:
        """Return the solver, which has no rates."""
        return self.solver, None


def clipped(method: Method, clip: object) -> Method:
    """Return a method that sees gradients no longer than a number, or as a transform leaves them.

    Raises: SettingError.

    >>> from chainrule.optimize.methods import adam
    >>> clipped(adam(), 1.0).name
    'clip by norm + adam'
    """
    if clip is None:
        return method
    if isinstance(clip, Transform):
        return chain(clip, method)
    if isinstance(clip, bool) or not isinstance(clip, Real):
        raise SettingError(
            f"clip must be the longest length that a gradient may have, or a transform, not "
            f"{clip!r:.60}. For instance 1.0, or clip_by_value(0.5)."
        )
    return chain(clip_by_norm(LONGEST.checked("clip", clip)), method)


class Rates(NamedTuple):
    """The rates of a run, where they come from, and whether that is the curvature at the start."""

    schedule: Schedule
    note: str = ""
    by_curvature: bool = False


def rates_of(given: object, method: Method, loss: Objective, batches: Batches | None) -> Rates:
    """Return the rates of a run, and where they come from if they were left to it.

    given: a number, a schedule, "auto" for a rate from the curvature at the start, or None for
    this where it makes sense and else for the method's default.
    Raises: SettingError for what is none; NotANumber where the curvature is not finite.
    """
    core = next(part for part in method.parts if isinstance(part, Method))
    if given is None and core.response != "linear":
        return Rates(ConstantRate(method.default_rate), f"the default of {core.name}")
    if given is None:
        try:
            return curved_rate(core, loss, batches)
        except NotANumber:
            note = "the curvature at the start is not finite"
            return Rates(ConstantRate(method.default_rate), note)
    if not isinstance(given, str):
        return Rates(given_rates(given))
    if given != "auto":
        names = nearest_first(given.title(), list(SCHEDULES))
        raise SettingError(
            f"learning_rate must be a number, a schedule or 'auto', not {given!r:.60}. "
            f"For instance 0.01, or StepLR(0.1, step_size=30).\n  Schedules: {', '.join(names)}."
        )
    if core.response != "linear":
        names = [name for name, maker in METHODS.items() if maker().response == "linear"]
        raise SettingError(
            f"learning_rate='auto' is for {', '.join(names)}: {core.name} scales each slope "
            f"itself, so no curvature bounds its rate. Leave it out for {method.default_rate:g}."
        )
    return curved_rate(core, loss, batches)


def given_rates(given: object) -> Schedule:
    """Return the schedule of a learning rate that is no text.

    Raises: SettingError.
    """
    if isinstance(given, Schedule):
        return given
    if isinstance(given, bool) or not isinstance(given, Real):
        function = callable(given) and not isinstance(given, type)
        hint = "LambdaLR(0.1, function)" if function else "0.01, or StepLR(0.1, step_size=30)"
        raise SettingError(
            f"learning_rate must be a number, a schedule or 'auto', not {given!r:.60}. "
            f"For instance {hint}."
        )
    return ConstantRate(RATE.checked("learning_rate", given))


def curved_rate(method: Method, loss: Objective, batches: Batches | None) -> Rates:
    """Return a rate from the curvature at the start, and why it is this one."""
    report = report_of(loss, loss.start)
    rate, why = report.auto, report.reason
    half = report.stable_limit / 2
    looks_ahead = method.name == "nesterov" or bool(method.options.get("nesterov"))
    if looks_ahead and half < rate:
        # Its limit is between 1.33 and 2 divided by the curvature, by its momentum.
        rate, why = half, "1 divided by the largest curvature, which is stable for any momentum"
    if batches is not None:
        largest = [spectrum(part, loss.start).largest for part in sampled(batches)]
        # What one batch pushes goes on for 1 / (1 - momentum) steps.
        most = max(largest) / (1 - min(method.options.get("momentum", 0.0), 0.99))
        if most * rate > 1:
            rate = 1 / most
            why = f"1 divided by the largest curvature among {len(largest)} batches"
            why += ", times 1 - momentum" if method.options.get("momentum") else ""
    return Rates(ConstantRate(rate), why, by_curvature=True)


def sampled(batches: Batches) -> list[Objective]:
    """Return the loss over some batches, the same ones for the same rows."""
    order = np.random.default_rng(0).permutation(batches.n_rows)
    starts = range(0, batches.n_rows, batches.size)[:SAMPLED]
    return [batches.over(order[first : first + batches.size]) for first in starts]
