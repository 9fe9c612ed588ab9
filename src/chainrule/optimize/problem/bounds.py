"""Bounds on parameters: a lowest and a highest value for each element of the flat vector.

May import the packing and the errors; it must not know of solvers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import SettingError, ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import name_of
from chainrule.language.values import listed
from chainrule.optimize.problem.packing import Packing
from chainrule.tables.columns import Floats

__all__ = ["Bounds", "bounds_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """The lowest and the highest value of each element, vectors (n,), infinite where there is none.

    >>> box = Bounds(np.array([0.0, -np.inf]), np.array([1.0, 2.0]))
    >>> box.clip(np.array([1.5, -9.0])), box.holds(np.array([1.0, 3.0]))
    (array([ 1., -9.]), False)
    """

    low: Floats
    high: Floats

    def clip(self, vector: Floats) -> Floats:
        """Return the nearest vector within the bounds."""
        return np.clip(vector, self.low, self.high)

    def holds(self, vector: Floats) -> bool:
        """Tell whether a vector is within the bounds."""
        return bool(np.all((self.low <= vector) & (vector <= self.high)))

    def free(self, vector: Floats, gradient: Floats) -> Any:
        """Tell of each element whether it can move downhill: False where a bound is in the way."""
        stuck = ((vector <= self.low) & (gradient >= 0)) | ((vector >= self.high) & (gradient <= 0))
        return ~stuck

    def reach(self, vector: Floats, direction: Floats) -> float:
        """Return how many directions lead from a vector to the first bound, infinite without one.

        >>> Bounds(np.zeros(2), np.ones(2)).reach(np.array([0.5, 1.0]), np.array([1.0, -4.0]))
        0.25
        """
        ends = np.where(direction > 0, self.high, self.low)
        moving = direction != 0
        lengths = (ends[moving] - vector[moving]) / direction[moving]
        return float(np.min(lengths, initial=np.inf))

    def projected(self, vector: Floats, gradient: Floats) -> Floats:
        """Return the gradient without what points out of the bounds: 0 at a minimum within them.

        Source: Nocedal & Wright (2006), Numerical Optimization, 2nd edition, equation 16.69.

        >>> box = Bounds(np.zeros(2), np.ones(2))
        >>> box.projected(np.array([0.0, 0.5]), np.array([3.0, 4.0]))
        array([0., 4.])
        """
        return np.where(self.free(vector, gradient), gradient, 0.0)


def bounds_of(given: Mapping[Any, Any] | None, packing: Packing) -> Bounds | None:
    """Return bounds given by name, `{"x": (0, None)}`, for the flat vector; None where none bind.

    given: a pair (low, high) for some or all parameters; numbers, arrays of the parameter's shape,
    or None for no bound. Raises: ValueTypeError, UnknownVariable, ShapeError for what is none;
    SettingError for a pair in the wrong order or a bound that is NaN.

    >>> found = bounds_of({"x": (0, None)}, Packing({"x": 1.0, "y": 1.0}))
    >>> found.low, found.high
    (array([  0., -inf]), array([inf, inf]))
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ValueTypeError(
            f"bounds must be a mapping from names to pairs, not {type(given).__name__}. "
            'For instance {"x": (0, None)}.'
        )
    low, high = np.full(packing.size, -np.inf), np.full(packing.size, np.inf)
    for key, pair in given.items():
        name = name_of(key)
        if name not in packing.places:
            raise UnknownVariable(
                f"there is no parameter {name!r} to bound. The parameters: "
                f"{listed(packing.names)}.{closest(name, packing.names)}"
            )
        if pair is None:
            continue
        lowest, highest = pair_of(name, pair)
        start, end = packing.places[name]
        shape = packing.shapes[name]
        low[start:end] = side(name, "lowest", lowest, -np.inf, shape)
        high[start:end] = side(name, "highest", highest, np.inf, shape)
    for place in np.flatnonzero(~(low <= high)).tolist()[:1]:
        raise SettingError(
            f"the bounds of {packing.elements[place]} are ({low[place]:g}, {high[place]:g}): "
            "nothing is between them. Give the lowest value first."
        )
    return Bounds(low, high) if np.isfinite(low).any() or np.isfinite(high).any() else None


def pair_of(name: str, pair: Any) -> tuple[Any, Any]:
    """Return a lowest and a highest value.

    Raises: ValueTypeError for what is no pair.
    """
    if not isinstance(pair, tuple | list | np.ndarray) or len(pair) != 2:
        raise ValueTypeError(
            f"the bounds of {name!r} must be a pair (low, high), not {pair!r:.60}. "
            "Give None for no bound: (0, None)."
        )
    return pair[0], pair[1]


def side(name: str, which: str, value: Any, none: float, shape: tuple[int, ...]) -> Floats:
    """Return one side of a parameter's bounds, flat.

    Raises: ValueTypeError, ShapeError, SettingError.
    """
    if value is None:
        value = none
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueTypeError(
            f"the {which} value of {name!r} must be a number, an array or None, not {value!r:.60}."
        ) from None
    if found.shape not in ((), shape):
        raise ShapeError(
            f"the parameter {name!r} has shape {shape}, but its {which} values have shape "
            f"{found.shape}. Give an array of the parameter's shape, or a number for all elements."
        )
    if np.isnan(found).any():
        raise SettingError(f"the {which} value of {name!r} is NaN. Give None for no bound.")
    return np.ravel(np.broadcast_to(found, shape))
