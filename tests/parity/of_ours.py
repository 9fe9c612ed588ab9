"""What chainrule answers to its side of the table."""

from collections.abc import ValuesView

import numpy as np
from tests.parity.calls import FIXED, OPERANDS, names_in

import chainrule
from chainrule import expression, gradient, hvp, vjp
from chainrule.language.expression import lift

__all__ = ["OUR_NAMES", "answers", "difference", "evaluated", "total_of", "values_of"]

OUR_NAMES = {name: getattr(chainrule, name) for name in dir(chainrule) if name[0].islower()}


def values_of(call):
    """Return the numbers that a call is tried on, by name."""
    return {name: OPERANDS[name] for name in names_in(call.ours, OPERANDS)}


def built(call):
    """Return what our text builds, as a list."""
    values = values_of(call)
    given = {name: expression(name, shape=item.shape) for name, item in values.items()}
    plain = {f"{name}_values": item for name, item in OPERANDS.items()}
    known = {**OUR_NAMES, "inf": np.inf, "pi": np.pi, "values": OPERANDS, **plain, **FIXED, **given}
    found = eval(call.ours, known)  # noqa: S307  # our own table
    several = isinstance(found, tuple | list | ValuesView)
    return [lift(part) for part in (found if several else [found])]


def evaluated(parts, values):
    """Return the numbers of the parts of a result."""
    return [np.asarray(part.eval(values), dtype=float) for part in parts]


def total_of(parts, weights):
    """Return the weighted sum of all elements of the parts: its slopes are what is compared."""
    total = lift(0.0)
    for part, weight in zip(parts, weights, strict=True):
        total = total + chainrule.sum(part * weight)
    return total


def by_name(found, names):
    """Return the entries by these names, 0 where there is no way to an operand."""
    return [np.broadcast_to(found.get(name, np.zeros(())), OPERANDS[name].shape) for name in names]


def answers(call):
    """Return values, products with the Jacobian and with the Hessian, as arrays."""
    values = values_of(call)
    parts = call.seen(built(call))
    told = {"values": evaluated(parts, values)}
    if not call.order:
        return told
    weights = call.weights([item.shape for item in told["values"]])
    total = total_of(parts, weights)
    asked = [name for name in call.wrt if name in total.variables]
    if len(parts) == 1:
        slopes = vjp(parts[0], values, weights[0], [n for n in asked if n in parts[0].variables])
    else:
        slopes = gradient(total, values, asked)
    told["vjp"] = by_name(slopes, call.wrt)
    if call.order > 1:
        moves = {name: move for name, move in call.direction().items() if name in asked}
        told["hvp"] = by_name(hvp(total, values, moves), call.wrt)
    return told


def difference(call, moves, step):
    """Return how fast the weighted sum grows along a direction, by central differences."""
    values = values_of(call)
    parts = call.seen(built(call))
    weights = call.weights([item.shape for item in evaluated(parts, values)])
    total = total_of(parts, weights)
    there, back = (
        total.eval({name: item + way * moves.get(name, 0) for name, item in values.items()})
        for way in (step, -step)
    )
    return (there - back) / (2 * step)
