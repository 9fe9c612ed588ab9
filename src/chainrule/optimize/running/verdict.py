"""How a run ended, in words: what stopped it, what its losses show, which bounds hold it.

May import the symptoms, the report on learning rates and the trace; it must not know the loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from chainrule.errors import NotANumber
from chainrule.optimize.curvature.dynamics import DescentDynamics
from chainrule.optimize.curvature.stability import report_of
from chainrule.optimize.problem.constraints import FEASIBLE
from chainrule.optimize.problem.point import Point
from chainrule.optimize.running.outcome import Outcome
from chainrule.optimize.running.record import Record
from chainrule.optimize.running.standing import standing_of
from chainrule.optimize.running.symptoms import Seen, Symptom, diagnose, divergence, seen_from
from chainrule.optimize.running.ways import Descent, Solving, Way
from chainrule.report import Sentence, counted, joined

__all__ = ["stable_report", "verdict"]

SHOWN = 5  # bounds that are named
MOST_LOOKED_AT = 1_000_000  # numbers of a path that are looked through for overshooting
NOTABLE = 1e-2  # of all that the loss has changed: a rise at the end that is worth a word


def stable_report(way: Way, point: Point) -> DescentDynamics | None:
    """Return the report on learning rates at a point; None where the curvature is not finite."""
    if not point.is_finite:
        return None
    try:
        return report_of(way.loss, point.vector)
    except NotANumber:
        return None


def verdict(
    way: Way, record: Record, status: str, reason: str, point: Point, note: str
) -> tuple[str, Callable[[], Outcome]]:
    """Return the status of a run, and what tells how it ended: worked out when somebody asks.

    status: as the loop found it; "finished" becomes "diverged" where the loss rose to the end.
    point: where it stands. note: where its rate comes from.
    """
    shows = True
    if point.value == -math.inf:
        status = "diverged"
        reason = "the loss has fallen below every number: it has no least value in this direction"
    elif status in ("finished", "stopped") and isinstance(way, Descent):
        losses = record.figures[:, 0]
        if divergence(Seen(losses)) is not None:
            rate = way.constant_rate if way.is_plain else None
            report = symptoms(way, record)[1] if rate and not losses[-1] > losses[0] else None
            beyond = report is not None and rate is not None and rate > report.stable_limit
            if losses[-1] > losses[0] or beyond:
                status, reason = "diverged", ""
            elif losses[-1] - np.min(losses) <= NOTABLE * np.ptp(losses[np.isfinite(losses)]):
                shows = False
    end = LoopEnd(status, reason, point, note, shows)
    return status, partial(outcome_of, way, record, end)


class LoopEnd(NamedTuple):
    """How a run ended, as far as its loop knows. shows: whether its losses show anything."""

    status: str
    reason: str
    point: Point
    note: str
    shows: bool


def outcome_of(way: Way, record: Record, end: LoopEnd) -> Outcome:
    """Work out what is known of the end of a run."""
    status, reason, point, note, shows = end
    found: tuple[Symptom, ...] = ()
    if shows and isinstance(way, Descent) and status != "converged":
        found = symptoms(way, record)[0] if record.figures[-1, 0] != -np.inf else ()
    remarks = (
        best_of(record),
        bound_by(way, point),
        kept_by(way, point),
        *standing_of(way, status, point, float(record.figures[0, 0])),
        noted(way, note),
    )
    return Outcome(status, record.count - 1, reason, found, tuple(filter(None, remarks)))


def symptoms(way: Descent, record: Record) -> tuple[tuple[Symptom, ...], DescentDynamics | None]:
    """Return what the losses of a run show, and the report that their words quote."""
    losses, norms = record.figures[:, 0], record.figures[:, 1]
    kept, path = record.kept()
    whole = len(kept) == record.count and path.size <= MOST_LOOKED_AT and np.isfinite(path).all()
    # What a rate does by the curvature holds for plain descent alone.
    rate = way.constant_rate or None if way.is_plain else None
    options = {
        "parameters": path if whole else None,
        "names": record.packing.elements if whole else (),
    }
    found = diagnose(losses, norms, rate=rate, **options)  # type: ignore[arg-type]
    if not found or not way.is_plain:
        return found, None
    telling = seen_from(found[0], path) if whole else record.best_vector()
    report = stable_report(way, Point.at(way.loss, telling))
    return diagnose(losses, norms, rate=rate, report=report, **options), report  # type: ignore[arg-type]


def best_of(record: Record) -> str:
    """Say where the least loss was, unless that is where the run ended."""
    place, last = record.best, record.count - 1
    if place == last:
        return ""
    return Sentence(
        "The best parameters are those of epoch {epoch:,}, where the loss{whose} is {loss:.6g}.",
        epoch=place,
        whose=" of the data held out" if record.validates else "",
        loss=record.figures[place, 4 if record.validates else 0],
    )


def bound_by(way: Way, point: Point) -> str:
    """Say which parameters lie at a bound that holds them back."""
    if way.bounds is None or not point.is_finite:
        return ""
    held = np.flatnonzero(~way.bounds.free(point.vector, point.gradient) & (point.gradient != 0))
    if not len(held):
        return ""
    elements = way.loss.packing.elements
    parts = [
        Sentence("{name} = {value:g}", name=elements[place], value=point.vector[place])
        for place in held.tolist()
    ]
    return Sentence("Held by a bound: {parts}.", parts=some(parts))


def kept_by(way: Way, point: Point) -> str:
    """Say whether the constraints hold, and which do not."""
    if not isinstance(way, Solving) or not way.is_constrained:
        return ""
    values = way.loss.values_at(point.vector)
    broken = {margin.text: margin.broken(values) for margin in way.constraints}
    parts = [
        Sentence("{constraint} (by {by:.3g})", constraint=text, by=by)
        for text, by in broken.items()
        if not by <= FEASIBLE
    ]
    return Sentence("Broken: {parts}.", parts=some(parts)) if parts else "Every constraint holds."


def some(parts: Sequence[str]) -> Sentence:
    """List the first few of some facts, and say how many there are more."""
    listed = joined(parts[:SHOWN], ", ")
    if len(parts) <= SHOWN:
        return listed
    return Sentence("{listed} and {more:,} more", listed=listed, more=len(parts) - SHOWN)


def noted(way: Way, note: str) -> str:
    """Say where a rate comes from that was left to the run."""
    rate = way.constant_rate
    if not note or rate is None:
        return ""
    less = ""
    if isinstance(way, Descent) and way.halvings:
        less = Sentence(
            " It was halved {times} from {chosen:.6g}, for steps leapt up.",
            times=counted(way.halvings, "time"),
            chosen=way.schedule(0),
        )
    return Sentence("The rate is {rate:.6g}: {note}.{less}", rate=rate, note=note, less=less)
