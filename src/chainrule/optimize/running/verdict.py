"""How a run ended, in words: what stopped it, what its losses show, which bounds hold it.

May import the symptoms, the report on learning rates and the trace; it must not know the loop.
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.errors import NotANumber
from chainrule.optimize.curvature.dynamics import DescentDynamics
from chainrule.optimize.curvature.stability import report_of
from chainrule.optimize.problem.constraints import FEASIBLE
from chainrule.optimize.problem.point import Point
from chainrule.optimize.running.record import Record
from chainrule.optimize.running.symptoms import Symptom, diagnose, seen_from
from chainrule.optimize.running.ways import Descent, Solving, Way

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
) -> tuple[str, str]:
    """Return the status and the message of a run.

    status: as the loop found it; "finished" becomes "diverged" where the loss rose to the end.
    point: where it stands. note: where its rate comes from.
    """
    if point.value == -math.inf:
        status, reason = "diverged", "the loss has fallen below every number: it has no least value"
        reason += " in this direction"
    found, report = symptoms(way, record, status)
    grew = next((symptom for symptom in found if symptom.kind == "divergence"), None)
    losses = record.figures[:, 0]
    if grew is not None and status in ("finished", "stopped"):
        rate = way.constant_rate
        beyond = report is not None and rate is not None and rate > report.stable_limit
        if losses[-1] > losses[0] or beyond:
            status, reason = "diverged", ""
        elif losses[-1] - np.min(losses) <= NOTABLE * np.ptp(losses[np.isfinite(losses)]):
            found = ()
    count = record.count - 1
    epochs = f"{count:,} epoch" + "s" * (count != 1)
    openings = {
        "finished": f"did {epochs}",
        "converged": f"converged after {epochs}",
        "stopped": f"stopped after {epochs}",
        "diverged": f"diverged at epoch {count:,}",
        "interrupted": f"was interrupted after {epochs}; everything up to there is kept",
        "failed": f"could not go on after {epochs}",
    }
    opening = openings[status]
    parts = [f"{opening}: {reason}." if reason else f"{opening}."]
    parts += [str(symptom) for symptom in found if symptom.kind != "rest"]
    parts += [best_of(record), bound_by(way, point), kept_by(way, point), noted(way, note)]
    return status, " ".join(sentence(part) for part in parts if part)


def symptoms(
    way: Way, record: Record, status: str
) -> tuple[tuple[Symptom, ...], DescentDynamics | None]:
    """Return what the losses of a run show, and the report that their words quote."""
    losses, norms = record.figures[:, 0], record.figures[:, 1]
    if not isinstance(way, Descent) or status == "converged" or losses[-1] == -np.inf:
        return (), None
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


def sentence(text: str) -> str:
    """Write a text as a sentence, its first word as it is where that is a name."""
    words = ("the ", "progress ", "did ", "converged ", "stopped ", "diverged ", "was ", "could ")
    return text[0].upper() + text[1:] if text.startswith(words) else text


def best_of(record: Record) -> str:
    """Say where the least loss was, unless that is where the run ended."""
    place, last = record.best, record.count - 1
    if place == last:
        return ""
    loss, held_out = record.figures[place, 0], record.figures[place, 4]
    which = f"the loss is {loss:.6g}"
    if record.validates:
        which = f"the loss of the data held out is {held_out:.6g}"
    return f"The best parameters are those of epoch {place:,}, where {which}."


def bound_by(way: Way, point: Point) -> str:
    """Say which parameters lie at a bound that holds them back."""
    if way.bounds is None or not point.is_finite:
        return ""
    held = np.flatnonzero(~way.bounds.free(point.vector, point.gradient) & (point.gradient != 0))
    if not len(held):
        return ""
    elements = way.loss.packing.elements
    names = [f"{elements[place]} = {point.vector[place]:g}" for place in held[:SHOWN].tolist()]
    more = f" and {len(held) - SHOWN:,} more" * (len(held) > SHOWN)
    return f"Held by a bound: {', '.join(names)}{more}."


def kept_by(way: Way, point: Point) -> str:
    """Say whether the constraints hold, and which do not."""
    if not isinstance(way, Solving) or not way.is_constrained:
        return ""
    values = way.loss.values_at(point.vector)
    broken = {margin.text: margin.broken(values) for margin in way.constraints}
    words = [f"{text} (by {by:.3g})" for text, by in broken.items() if not by <= FEASIBLE]
    if not words:
        return "Every constraint holds."
    more = f" and {len(words) - SHOWN:,} more" * (len(words) > SHOWN)
    return f"Broken: {', '.join(words[:SHOWN])}{more}."


def noted(way: Way, note: str) -> str:
    """Say where a rate comes from that was left to the run."""
    rate = way.constant_rate
    return f"The rate is {rate:.6g}: {note}." if note and rate is not None else ""
