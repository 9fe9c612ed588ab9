"""`minimize`: make a loss smaller by moving its parameters, and tell all that happened.

May import everything of this floor; what it does itself is to check what was asked for, and to put
the parts of a run together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import text
from chainrule.errors import ChainRuleError, NameClash, SettingError, ValueTypeError
from chainrule.language.expression import expression, name_of
from chainrule.optimize.methods.method import Method
from chainrule.optimize.problem.batches import Batches, row_count
from chainrule.optimize.problem.bounds import Bounds, bounds_of
from chainrule.optimize.problem.constraints import margins_of, variables_of
from chainrule.optimize.problem.coordinates import Coordinates
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.folded import objective_over
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.posed import Ground, Posed, posed
from chainrule.optimize.running.checkpoint import (
    Checkpoint,
    Saver,
    as_checkpoint,
    refuse_overwriting,
)
from chainrule.optimize.running.log import opened_log
from chainrule.optimize.running.loop import Loop, Moment, Watcher
from chainrule.optimize.running.progress import shown
from chainrule.optimize.running.record import Record
from chainrule.optimize.running.shortcut import pays
from chainrule.optimize.running.stopping import (
    EarlyStopping,
    Judge,
    Settling,
    as_early_stopping,
    checked_batch_size,
    checked_callback,
    checked_epochs,
    checked_tolerance,
)
from chainrule.optimize.running.trace import Entry, Trace
from chainrule.optimize.running.verdict import verdict
from chainrule.optimize.running.ways import Descent, Solving, Way, clipped, rates_of
from chainrule.optimize.saving.fingerprint import loss_print
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.solvers import as_optimizer
from chainrule.optimize.solvers.scipy_solvers import CONSTRAINED, ScipySolver
from chainrule.optimize.solvers.solver import Solver

__all__ = [
    "Plan",
    "Run",
    "Watching",
    "batches_of",
    "begun",
    "carried_out",
    "header_of",
    "held_out_loss",
    "minimize",
    "way_of",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """When a run ends and what is kept of it, checked; None is what was not asked for."""

    n_epochs: int | None = None
    batch_size: int | None = None
    tolerance: float | None = None
    early: EarlyStopping | None = None
    keep_path: bool = True
    settle: bool = False
    watch_divergence: bool = False

    def judge(self) -> Judge:
        """Make what tells when to stop."""
        if self.settle:
            return Settling()
        return Judge(converge=self.n_epochs is None, tolerance=self.tolerance, early=self.early)

    def to_state(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Watching:
    """Who is told of a run, and where it is saved.

    callback: told of each epoch when it is done; before: of where it begins. True ends the run:
    after this epoch.
    """

    callback: Callable[[Entry], object] | None = None
    log: Any = None
    progress: bool = False
    checkpoint: Checkpoint | None = None
    before: Callable[[Entry], object] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run that can begin or go on: its parts, and what was told of where its rate comes from."""

    way: Way
    plan: Plan
    validation: Objective | None
    note: str
    moment: Moment
    record: Record


def minimize(
    loss: expression | Ground,
    start: Mapping[Any, Any] | Sequence[float] | None = None,
    data: Any = None,
    method: str | Method | Solver = "gradient descent",
    *,
    learning_rate: float | str | Schedule | None = None,
    n_epochs: int | None = None,
    batch_size: int | None = None,
    random_state: int | np.random.Generator | None = None,
    bounds: Mapping[Any, Any] | None = None,
    constraints: Any = None,
    callback: Callable[[Entry], object] | None = None,
    early_stopping: int | EarlyStopping | None = None,
    validation: Any = None,
    clip: Any = None,
    weight_decay: float | None = None,
    tolerance: float | None = None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    log: Any = None,
    progress: bool = False,
    keep_path: bool = True,
) -> Trace:
    """Make a loss smaller by moving its parameters, epoch by epoch; give back every epoch.

    loss: an expression of one number, or a landscape with the constraints that it has. start: the
    parameters by name, numbers and arrays; for a landscape also its numbers in order, or left out a
    random point of its box, from random_state. data: what `eval` takes for the other variables,
    bound once; or a file, see `read_sheet`, which is read block by block where it is too large.
    method: a name, a method or chain of them, or a solver. learning_rate: a number, a schedule, or
    "auto" for one from the curvature at the start; left out, "auto" where the method's steps are
    sums of gradients, else its default. n_epochs: exactly so many; None until it converges.
    batch_size: rows at a time, for a loss that is a mean over rows; they are shuffled in each epoch
    by a generator made from random_state, where None is 0. bounds: by name, pairs (low, high).
    constraints: comparisons such as x + y <= 2 or `equal(x, y)`, for the methods "slsqp" and
    "trust-constr". callback: called with each entry after the start; true ends the run.
    early_stopping: epochs without improvement, or an `EarlyStopping`; looks at the loss over
    `validation`, data of the same kind, where that is given. clip: the longest gradient, or a
    transform. weight_decay: the method's option. tolerance: end where the gradient is no longer
    than this. checkpoint: a path to save the run to, or a `Checkpoint`; see `resume`. log: a path
    or stream for one line of JSON an epoch. progress: show a bar. keep_path: keep the parameters of
    every epoch, not only of the first, best and last.
    An interrupt from the keyboard, divergence and NaN end the run, and the trace says so.
    Raises: SettingError, UnknownVariable, NameClash, ShapeError, ValueTypeError, DataError for what
    cannot be run; NotANumber where the loss or its gradient is not finite at the start, naming the
    step.

    >>> from chainrule import mean
    >>> m, b, x, y = (expression(name) for name in ("m", "b", "x", "y"))
    >>> data = {"x": [-1.0, 0.0, 1.0, 2.0], "y": [-1.0, 1.0, 3.0, 5.0]}
    >>> trace = minimize(mean((m * x + b - y) ** 2), {"m": 0.0, "b": 0.0}, data)
    >>> trace.final.parameters
    {'m': 2.0..., 'b': 1.0...}
    >>> print(trace)
    gradient descent converged after 26 epochs: the gradient is 6.6e-09 long, within the tolerance
    1e-08. The rate is 0.4: the loss is quadratic, so the best constant rate here is so everywhere.
    """
    if isinstance(data, str):
        raise ValueTypeError(
            f"data is the text {data!r:.60}. Give a mapping or a table of columns, or None for a "
            "loss of parameters alone; a method goes by its keyword: method='adam'."
        )
    given = posed(loss, start, constraints, lambda: generator_from(random_state))
    beside = variables_of((*margins_of(given.constraints), *getattr(method, "margins", ())))
    flat = objective_of(given, data, beside)
    box = bounds_of(bounds, flat.packing)
    if given.start_is_given:
        refuse_outside(flat, box)
    elif box is not None:
        flat.start = box.clip(flat.start)
    begin = Point.at(flat, flat.start)
    if not begin.is_finite:
        flat.check_start()
    plan = Plan(
        checked_epochs(n_epochs),
        checked_batch_size(batch_size),
        checked_tolerance(tolerance),
        as_early_stopping(early_stopping),
        keep_path,
    )
    place = as_checkpoint(checkpoint)
    if place is not None:
        refuse_overwriting(place.path)
    held_out = None if validation is None else held_out_loss(flat, validation)
    options = {
        "learning_rate": learning_rate,
        "clip": clip,
        "batch_size": plan.batch_size,
        "n_epochs": plan.n_epochs,
    }
    optimiser = under(decaying(method, weight_decay), given.constraints)
    way, note = way_of(flat, box, optimiser, options, generator_from(random_state))
    run = begun(way, plan, begin, note, held_out)
    return carried_out(run, Watching(checked_callback(callback), log, progress, place))


def begun(
    way: Way,
    plan: Plan,
    begin: Point,
    note: str = "",
    held_out: Objective | None = None,
    coordinates: Coordinates | None = None,
) -> Run:
    """Return a run that stands at its start."""
    record = Record(
        way.loss.packing,
        validates=held_out is not None,
        keep_path=plan.keep_path,
        constrained=way.is_constrained,
        coordinates=coordinates,
    )
    moment = Moment(0, begin, way.init(begin), way.random_state())
    return Run(way, plan, held_out, note, moment, record)


def decaying(method: Any, weight_decay: float | None) -> Method | Solver:
    """Return a method or a solver, with its weight decay where one was given.

    Raises: as `as_optimizer`; SettingError for a solver, which has none.
    """
    if weight_decay is None:
        return as_optimizer(method)
    found = as_optimizer(method)
    if isinstance(found, Solver):
        raise SettingError(
            f"weight_decay is an option of methods that step by a gradient; {found.name} has none. "
            "Add to the loss what it stands for: loss + weight_decay / 2 * w**2."
        )
    return as_optimizer(method, weight_decay=weight_decay)


def objective_of(given: Posed, data: Any, beside: Collection[str]) -> Objective:
    """Return the loss over data. beside: what constraints are made of.

    Raises: as a `Objective`; NameClash for a parameter that the data have a column of, too.
    """
    try:
        return objective_over(given.loss, given.start, data, beside=beside)
    except NameClash as error:
        names = [name_of(name) for name in given.start]
        twice = next((name for name in names if repr(name) in str(error)), None)
        if twice is None:
            raise
        raise NameClash(
            f"{twice!r} has a start among the parameters, and is in the data too. What moves needs "
            "a start alone, what stays belongs into the data alone."
        ) from None


def under(optimiser: Method | Solver, constraints: tuple[Any, ...]) -> Method | Solver:
    """Return a solver under constraints, those that it has and these.

    Raises: SettingError for what takes none; ValueTypeError for what is no constraint.
    """
    margins = margins_of(constraints)
    if not margins:
        return optimiser
    if isinstance(optimiser, ScipySolver) and optimiser.algorithm in CONSTRAINED:
        return optimiser.under([*optimiser.margins, *margins])
    raise SettingError(
        f"{optimiser.name} takes no constraints, and {margins[0].text} is one. Take "
        "method='slsqp' or 'trust-constr'. A range of one parameter can be given as bounds; "
        "a landscape without its constraints is landscape.expression."
    )


def way_of(
    flat: Objective,
    box: Bounds | None,
    optimiser: Method | Solver,
    options: Mapping[str, Any],
    generator: np.random.Generator,
) -> tuple[Way, str]:
    """Put a method and its rates together, or take a solver; and say where the rate comes from.

    Raises: SettingError for options that a solver has no use for.
    """
    if isinstance(optimiser, Solver):
        for name, value in options.items():
            if value is not None and name != "n_epochs":
                raise SettingError(
                    f"{name} is for methods that step by a gradient; {optimiser.name} finds its "
                    f"steps itself, from all rows. Leave {name} out."
                )
        return Solving(flat, box, optimiser), ""
    method = clipped(optimiser, options["clip"])
    batches = batches_of(flat, options["batch_size"])
    rates = rates_of(options["learning_rate"], method, flat, batches)
    is_short = pays(flat, box, method, batches, options.get("n_epochs"))
    way = Descent(
        flat,
        box,
        method,
        rates.schedule,
        batches,
        generator,
        is_short=is_short,
        is_guarded=rates.by_curvature,
    )
    return way, rates.note


def batches_of(flat: Objective, size: int | None) -> Batches | None:
    """Return the rows in batches; None where all are taken at once."""
    if size is None:
        return None
    if not isinstance(flat, DenseObjective):
        raise SettingError(
            f"batch_size={size} takes rows in any order, and these are in a file that is larger "
            "than memory should hold. Leave batch_size out, or read the columns that are needed: "
            "read_table(path, columns)."
        )
    batches = Batches(flat, size)
    return None if size == row_count(flat) else batches


def held_out_loss(flat: Objective, validation: Any) -> Objective:
    """Return the loss over the data held out.

    Raises: as a `Objective`, saying that it is about these data.
    """
    try:
        start = flat.packing.unpack(flat.start)
        held_out = objective_over(flat.expression, start, validation, beside=flat.packing.names)
        held_out.check_start()
    except ChainRuleError as error:
        raise type(error)(f"validation: {error}") from None
    return held_out


def refuse_outside(flat: Objective, box: Bounds | None) -> None:
    """Refuse a start outside of its bounds.

    Raises: SettingError that names the element, its value and its bounds.
    """
    if box is None or box.holds(flat.start):
        return
    place = int(np.argmin((box.low <= flat.start) & (flat.start <= box.high)))
    name, value = flat.packing.elements[place], flat.start[place]
    raise SettingError(
        f"{name} starts at {value:g}, outside of its bounds ({box.low[place]:g}, "
        f"{box.high[place]:g}). Start between them: the nearest is "
        f"{np.clip(value, box.low[place], box.high[place]):g}."
    )


def generator_from(random_state: Any) -> np.random.Generator:
    """Return a generator: as it is, or from a seed, where None is 0.

    Raises: ValueTypeError, SettingError for what is no seed.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.default_rng(0)
    hint = "Give a whole number from 0, or a NumPy generator."
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
        raise ValueTypeError(f"random_state cannot be {random_state!r:.60}. {hint}")
    if random_state < 0:
        raise SettingError(f"random_state cannot be negative: {random_state}. {hint}")
    return np.random.default_rng(int(random_state))


def carried_out(run: Run, watching: Watching, *, resumed: bool = False) -> Trace:
    """Begin a run or go on with it, to its end."""
    judge = run.plan.judge()
    most = judge.most_epochs(run.plan.n_epochs)
    saver = None if watching.checkpoint is None else Saver(watching.checkpoint, header_of(run))
    with ExitStack() as stack:
        log = stack.enter_context(opened_log(watching.log, append=resumed))
        watchers: list[Watcher] = [] if log is None else [log.entry]
        if watching.progress:
            advance = stack.enter_context(shown(run.plan.n_epochs))
            watchers.append(lambda entry: advance(entry.epoch, entry.loss))
        if watching.callback is not None:
            watchers.append(watching.callback)
        loop = Loop(
            run.way,
            run.moment,
            run.record,
            judge,
            most,
            run.validation,
            tuple(watchers),
            saver,
            watching.before,
            stops_when_diverging=not run.plan.watch_divergence,
        )
        end = loop.rejudged() if resumed else loop.begin()
        if not resumed and log is not None:
            log.entry(run.record.last())
        if not resumed and saver is not None:
            saver.save(loop.moment, run.record)
        if not end[0]:
            end = loop.go()
        if end[0] == "converged" and run.plan.settle:
            run.record.settle()
        status, told = verdict(run.way, run.record, *end, loop.moment.point, run.note)
        trace = run.record.trace(run.way.name, status, told)
        if saver is not None:
            saver.try_to_save(
                loop.moment,
                run.record,
                end=(status, trace.message),
                goes_on=loop.would_go_on(end),
            )
        if log is not None:
            log.event({"status": status, "message": trace.message})
    return trace


def header_of(run: Run) -> dict[str, Any]:
    """Return what a checkpoint holds that stays the same from epoch to epoch."""
    way, box = run.way, run.way.bounds
    flat, held_out = way.loss, run.validation
    optimiser, rates = way.made_of()
    return {
        "loss": text(compiled_of(flat.expression).program, limit=500),
        "loss_sha256": loss_print(flat.expression),
        "data_sha256": flat.prints(),
        "validation_sha256": None if held_out is None else held_out.prints(),
        "shapes": {name: list(shape) for name, shape in flat.packing.shapes.items()},
        "method": {"repr": repr(optimiser), "settings": saved(optimiser.to_settings)},
        "rates": {"repr": repr(rates), "state": None if rates is None else saved(rates.to_state)},
        "bounds": None if box is None else {"low": box.low, "high": box.high},
        "plan": run.plan.to_state(),
        "note": run.note,
        "is_short": isinstance(way, Descent) and way.is_short,
        "is_guarded": isinstance(way, Descent) and way.is_guarded,
    }


def saved(to_state: Callable[[], Any]) -> Any:
    """Return what goes into a file, None for what holds code: `resume` asks for it again."""
    try:
        return to_state()
    except SettingError:
        return None
