"""What is known of the place where a run ended: what is undetermined there, what is still to gain.

From the Hessian there, so it is worked out only when somebody asks. May import the curvature and
the ways; it must not know how a run got there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.errors import NotANumber
from chainrule.optimize.curvature.spectrum import MOST_EXACT, length
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.quadratic_form import constant_hessian
from chainrule.optimize.running.ways import Way
from chainrule.report import Sentence, joined
from chainrule.tables.columns import Floats

__all__ = ["standing_of"]

# Of the curvatures, each parameter in its own scale: below it, the largest has left nothing of one.
FLAT = 1e-11
BENT = 1e-6  # likewise, of what a slope that is left makes of it
ROUNDING = 1e-12  # of the loss at the start: what is left there is none to gain
NOTABLE = 1e-2  # of the loss: less than that is not worth a further step
SHOWN = 3  # directions that are named
TERMS = 5  # parameters of one that are named
MOST_WORK = 10**9  # numbers that would be read for it


def standing_of(way: Way, status: str, point: Point, first: float) -> Iterator[Sentence]:
    """Say what the loss does not determine, and what one step of Newton's method would gain.

    first: the loss at the start of the run. Nothing where constraints have a say, where the run has
    left for good, or where finding out would take as long as the run did.
    """
    loss, size = way.loss, way.loss.packing.size
    if way.is_constrained or status == "diverged" or not point.is_finite:
        return
    if size > MOST_EXACT or size * loss.n_numbers > MOST_WORK:
        return
    free = np.ones(size, dtype=bool)
    if way.bounds is not None:
        free = way.bounds.free(point.vector, point.gradient)
    hessian = hessian_at(loss, point.vector)
    if hessian is None or not free.any():
        return
    part = hessian[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(part)))
    units = np.where(scale > 0, scale, 1.0)
    values, axes = np.linalg.eigh(part / np.outer(units, units))
    slope, place = point.gradient[free] / units, point.vector[free] * units
    most = float(np.abs(values).max())
    # A valley that is bent shows what is left of the slope as a curvature along it.
    bent = 10 * length(slope) / length(place) if place.any() else 0.0
    least = max(FLAT * most, bent if bent <= BENT * most else 0.0)
    flat = np.abs(values) <= least
    if flat.any() and not flat.all() and values[0] >= -least:
        yield undetermined(loss, axes[:, flat] / units[:, None], free)
    rising = values > least
    step = np.zeros(size)
    along = axes[:, rising]
    step[free] = -(along @ ((along.T @ slope) / values[rising])) / units
    told = gain(way, point, step, first)
    if told is not None and status != "converged":
        yield told


def hessian_at(loss: Objective, vector: Floats) -> Floats | None:
    """Return the Hessian where it is finite, None elsewhere."""
    known = constant_hessian(loss)
    if known is not None:
        return known
    try:
        with np.errstate(all="ignore"):
            found = loss.hessian(vector)
    except NotANumber:
        return None
    return found if np.isfinite(found).all() else None


def undetermined(loss: Objective, directions: Floats, free: Floats) -> Sentence:
    """Name the combinations of parameters (n, k) along which the loss stays as it is."""
    whole = np.zeros((loss.packing.size, directions.shape[1]))
    whole[free] = directions
    whole /= np.abs(whole).max(axis=0)
    reduced = simplest(whole)
    words = [combination(direction, loss.packing.elements) for direction in reduced.T]
    more = "" if len(words) <= SHOWN else Sentence(" and {count:,} more", count=len(words) - SHOWN)
    return Sentence(
        "The loss does not determine {words}{more}: along {it} it stays as it is, so other "
        "parameters are as good.",
        words=joined(words[:SHOWN], ", "),
        more=more,
        it="it" if len(words) == 1 else "them",
    )


def combination(direction: Floats, elements: Sequence[str]) -> Sentence:
    """Write a direction as the sum that changes along it, its largest coefficient 1.

    >>> combination(np.array([0.5, 0.0, -1.0]), ["a", "b", "c"])
    'c - 0.5*a'
    """
    order = np.argsort(-np.abs(direction), kind="stable")[:TERMS].tolist()
    shares = direction / direction[order[0]]
    terms: list[str] = [elements[order[0]]]
    for place in order[1:]:
        if shares[place]:
            sign = "-" if shares[place] < 0 else "+"
            share = abs(float(shares[place]))
            factor = "" if f"{share:.3g}" == "1" else Sentence("{share:.3g}*", share=share)
            terms.append(
                Sentence("{sign} {factor}{name}", sign=sign, factor=factor, name=elements[place])
            )
    left = np.count_nonzero(direction) - len(terms)
    return joined([*terms, *["+ ..."] * bool(left)])


def simplest(directions: Floats) -> Floats:
    """Return directions that span the same, of as few parameters each as elimination leaves."""
    left: Floats = directions.T.copy()
    row = 0
    for column in range(left.shape[1]):
        if row == len(left):
            break
        pivot = row + int(np.argmax(np.abs(left[row:, column])))
        if abs(left[pivot, column]) <= 1e-7 * np.abs(left[row:]).max():
            continue
        left[[row, pivot]] = left[[pivot, row]]
        left[row] /= left[row, column]
        others = np.arange(len(left)) != row
        left[others] -= np.outer(left[others, column], left[row])
        row += 1
    left[np.abs(left) < 1e-6 * np.abs(left).max(axis=1, keepdims=True)] = 0.0
    return left.T


def gain(way: Way, point: Point, step: Floats, first: float) -> Sentence | None:
    """Say what one step of Newton's method would gain, where that is worth it.

    first: the loss at the start of the run.
    """
    there: Floats = point.vector + step
    if way.bounds is not None:
        there = way.bounds.clip(there)
    with np.errstate(all="ignore"):
        value = way.loss.value(there)
    if not point.value - value > max(NOTABLE * abs(point.value), ROUNDING * abs(first)):
        return None
    return Sentence(
        "One step of Newton's method from here would lower the loss from {loss:.6g} to "
        "{value:.6g}: it has not arrived. Give it more epochs, or another method.",
        loss=point.value,
        value=value,
    )
