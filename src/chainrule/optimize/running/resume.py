"""`resume`: go on with a run from its checkpoint, to the same bits.

May import `run` and `checkpoint`; it must not know how the loop works.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import text
from chainrule.errors import ChainRuleError, FileFormatError, SettingError
from chainrule.language.expression import expression
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.folded import objective_over
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.posed import Ground, formula_of
from chainrule.optimize.running.checkpoint import (
    as_checkpoint,
    generator_of,
    moment_of,
    read_checkpoint,
)
from chainrule.optimize.running.loop import Moment
from chainrule.optimize.running.record import Record
from chainrule.optimize.running.run import (
    Plan,
    Run,
    Watching,
    batches_of,
    carried_out,
    header_of,
    held_out_loss,
)
from chainrule.optimize.running.stopping import EarlyStopping, checked_callback, checked_epochs
from chainrule.optimize.running.trace import Entry, Trace, shapes_in
from chainrule.optimize.running.ways import Descent, Solving, Way
from chainrule.optimize.saving.archive import part
from chainrule.optimize.saving.fingerprint import loss_print
from chainrule.optimize.schedules import as_schedule, schedule_from_state
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.solvers import as_optimizer, optimizer_from_settings
from chainrule.optimize.solvers.solver import Solver

__all__ = ["resume", "unfinished"]


def resume(
    path: str | os.PathLike[str],
    loss: expression | Ground,
    data: Any = None,
    *,
    n_epochs: int | None = None,
    validation: Any = None,
    method: Any = None,
    learning_rate: Any = None,
    callback: Callable[[Entry], object] | None = None,
    checkpoint: Any = None,
    log: Any = None,
    progress: bool = False,
) -> Trace:
    """Go on with a run from its checkpoint; it ends with the same bits as one never interrupted.

    loss, data, validation: those that it was begun with; others are refused. n_epochs: another
    number of epochs in all, for a run that ended for want of them; what ended otherwise stays so.
    method, learning_rate: only where they hold code of yours, which no file holds: the same once
    more. checkpoint: where to save it from now on; left out, where it was read. callback, log,
    progress: as in `minimize`; a log is appended to.
    Raises: FileFormatError for a checkpoint that is truncated, changed, or of another loss or other
    data; SettingError, OSError.

    >>> import pathlib, tempfile
    >>> from chainrule import minimize
    >>> loss = (expression("x") - 2) ** 4
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.json"
    >>> half = minimize(loss, {"x": 0.0}, method="adam", n_epochs=50, checkpoint=path)
    >>> whole = minimize(loss, {"x": 0.0}, method="adam", n_epochs=100)
    >>> resume(path, loss, n_epochs=100).final.parameters == whole.final.parameters
    True
    """
    loss = formula_of(loss)
    document = read_checkpoint(path)
    given = {"method": method, "learning_rate": learning_rate}
    try:
        refuse_other_loss(document, loss)
        flat = objective_in(document, loss, data, validation)
        run = run_of(document, flat, validation, given, checked_epochs(n_epochs))
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)} is refused: {error}") from None
    status = part(document, "status", str)
    goes_on = part(document, "goes_on", bool) and n_epochs is not None
    if status not in ("", "interrupted") and not goes_on:
        return run.record.trace(run.way.name, status, part(document, "message", str))
    place = as_checkpoint(path if checkpoint is None else checkpoint)
    return carried_out(
        run, Watching(checked_callback(callback), log, progress, place), resumed=True
    )


def unfinished(path: str | os.PathLike[str], run: Run) -> Run | None:
    """Return a run that stands at its start as it had got by its checkpoint, None without one.

    A run that has ended is none to go on with. Raises: FileFormatError for a checkpoint that is
    truncated, changed, or of another loss or other data; SettingError for one with other settings.
    """
    if not os.path.lexists(path):
        return None
    document = read_checkpoint(path)
    if part(document, "status", str) not in ("", "interrupted"):
        return None
    objective = run.way.loss
    wanted = header_of(run)
    try:
        refuse_other_loss(document, objective.expression)
        refuse_other_data(part(document, "data_sha256", dict), objective, "data")
        for name in ("method", "rates", "plan"):
            if document.get(name) != wanted[name]:
                raise SettingError(
                    f"{os.fspath(path)} holds a fit that has not ended, with another {name}: "
                    f"{document.get(name)!s:.200}, not {wanted[name]!s:.200}. Go on with the same, "
                    "or give another path."
                )
        made = {"method": run.way.made_of()[0], "learning_rate": run.way.made_of()[1]}
        given = {key: made[key] for key in made}
        found = run_of(document, objective, None, given, run.plan.n_epochs)
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)} is refused: {error}") from None
    found.record.coordinates = run.record.coordinates
    return found


def refuse_other_loss(document: Mapping[str, Any], loss: expression) -> None:
    """Refuse a checkpoint of another loss.

    Raises: FileFormatError with both.
    """
    if part(document, "loss_sha256", str) != loss_print(loss):
        found = text(compiled_of(loss).program, limit=500)
        raise FileFormatError(
            f"it is of another loss: {part(document, 'loss', str)}, not {found}. Give the loss "
            "that the run was begun with, or begin a run of its own with minimize."
        )


def objective_in(document: Mapping[str, Any], loss: expression, data: Any, held: Any) -> Objective:
    """Return the loss of a document over the data, with the start that it had.

    Raises: FileFormatError for other data than those it was saved with.
    """
    path = part(part(document, "entries", dict), "path", np.ndarray)
    if not path.size:
        raise FileFormatError("it has no entries.")
    shapes = shapes_in(document, path, len(path))
    packing = Packing({name: np.empty(shape) for name, shape in shapes.items()})
    start = packing.unpack(path[0])
    # That each parameter is in the loss or in a constraint was seen when the run began.
    flat = objective_over(loss, start, data, beside=packing.names)
    refuse_other_data(part(document, "data_sha256", dict), flat, "data")
    prints = part(document, "validation_sha256", dict, type(None))
    if (prints is None) != (held is None):
        was = "without" if prints is None else "with"
        raise FileFormatError(f"the run was begun {was} validation data. Go on {was} them.")
    if prints is not None:
        refuse_other_data(prints, held_out_loss(flat, held), "validation data")
    return flat


def refuse_other_data(prints: Mapping[str, str], flat: Objective, called: str) -> None:
    """Refuse data other than those of a checkpoint.

    Raises: FileFormatError that names what differs.
    """
    found = flat.prints()
    other = [name for name in found if found[name] != part(prints, name, str)]
    if other:
        raise FileFormatError(
            f"the {called} are not those that the run was begun with: "
            f"{', '.join(map(repr, other))} differ{'s' * (len(other) == 1)}."
        )


def run_of(
    document: Mapping[str, Any],
    flat: Objective,
    held: Any,
    given: Mapping[str, Any],
    n_epochs: int | None,
) -> Run:
    """Return the run of a document.

    Raises: FileFormatError for a document that is none; SettingError for what has to be given.
    """
    plan = plan_of_document(part(document, "plan", dict), n_epochs)
    epoch, (vector, value, gradient) = moment_of(document)
    if vector.shape != flat.start.shape:
        raise FileFormatError(f"it holds {len(vector)} parameters for {len(flat.start)}.")
    if plan.n_epochs is not None and plan.n_epochs < epoch:
        raise SettingError(f"n_epochs is {plan.n_epochs}, and the run is at epoch {epoch} already.")
    random = document.get("random")
    generator = np.random.default_rng(0) if random is None else generator_of(random)
    way = way_of_document(document, flat, plan, given, generator)
    validation = None
    if held is not None:
        validation = held_out_loss(flat, held)
    record = Record(
        flat.packing,
        validates=validation is not None,
        keep_path=plan.keep_path,
        constrained=way.is_constrained,
    )
    record.restore(part(document, "entries", dict), epoch + 1)
    state = way.restored(part(document, "state", dict), Point.at(flat, flat.start))
    moment = Moment(epoch, Point(vector, value, gradient), state, way.random_state())
    return Run(way, plan, validation, part(document, "note", str), moment, record)


def plan_of_document(found: Mapping[str, Any], n_epochs: int | None) -> Plan:
    """Return the plan of a document.

    Raises: FileFormatError.
    """
    early = part(found, "early", dict, type(None))
    try:
        return Plan(
            n_epochs if n_epochs is not None else part(found, "n_epochs", int, type(None)),
            part(found, "batch_size", int, type(None)),
            part(found, "tolerance", float, type(None)),
            None if early is None else EarlyStopping(**early),
            part(found, "keep_path", bool),
            part(found, "settle", bool),
            part(found, "watch_divergence", bool),
        )
    except (SettingError, TypeError) as error:
        raise FileFormatError(f"its plan is none: {error}") from None


def way_of_document(
    document: Mapping[str, Any],
    flat: Objective,
    plan: Plan,
    given: Mapping[str, Any],
    generator: np.random.Generator,
) -> Way:
    """Return the way of a document: its method or solver, rates, batches and bounds.

    Raises: FileFormatError; SettingError for what has to be given, or is not what it was.
    """
    box = part(document, "bounds", dict, type(None))
    bounds = None
    if box is not None:
        sides = part(box, "low", np.ndarray), part(box, "high", np.ndarray)
        if any(side.shape != flat.start.shape for side in sides):
            raise FileFormatError("its bounds are not one for each of its parameters.")
        bounds = Bounds(*sides)
    optimiser = remade(
        part(document, "method", dict),
        "settings",
        "method",
        (optimizer_from_settings, as_optimizer),
        given["method"],
    )
    if isinstance(optimiser, Solver):
        return Solving(flat, bounds, optimiser)
    rates: Schedule = remade(
        part(document, "rates", dict),
        "state",
        "learning_rate",
        (schedule_from_state, as_schedule),
        given["learning_rate"],
    )
    batches = batches_of(flat, plan.batch_size)
    flags = {name: part(document, name, bool) for name in ("is_short", "is_guarded")}
    return Descent(flat, bounds, optimiser, rates, batches, generator, **flags)


def remade(
    found: Mapping[str, Any],
    key: str,
    called: str,
    makers: tuple[Callable[[Any], Any], Callable[[Any], Any]],
    given: Any,
) -> Any:
    """Return a method or rates as a document tells them, or as they were given once more.

    Raises: SettingError where they have to be given, or are not those that they were.
    """
    wanted = part(found, "repr", str)
    settings = found.get(key)
    if given is not None:
        made = makers[1](given)
    else:
        if settings is None:
            missing(called, wanted)
        try:
            made = makers[0](settings)
        except ChainRuleError:
            missing(called, wanted)
    if settings is not None and repr(made) != wanted:
        raise SettingError(
            f"{called}: the run was begun with {wanted}, not {made!r:.200}. Go on with the same."
        )
    return made


def missing(called: str, wanted: str) -> NoReturn:
    """Ask for what no file holds.

    Raises: SettingError.
    """
    raise SettingError(
        f"the run was begun with {called} {wanted:.200}, which holds code, and no file of ours "
        f"does. Give it once more: resume(..., {called}=...)."
    )
