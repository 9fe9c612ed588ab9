"""The curvatures of a loss at a point: eigenvalues of its Hessian, and directions in words.

May import the objective; it must not know of learning rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.errors import NotANumber
from chainrule.optimize.curvature.lanczos import lanczos
from chainrule.optimize.problem.objective import Objective, Product
from chainrule.optimize.problem.quadratic_form import constant_hessian
from chainrule.report import Sentence, joined
from chainrule.tables.columns import Floats

__all__ = ["Spectrum", "curvature_at", "in_words", "length", "spectrum"]

MOST_EXACT = 200  # up to so many parameters the whole Hessian costs less than a second


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Eigenvalues of a Hessian, ascending, with their vectors as columns.

    complete: whether these are all of them; otherwise they are the smallest and the largest.
    errors: how far off the smallest and the largest can be. rounding: below it, a curvature is 0.

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> from chainrule import expression
    >>> x, y = expression("x"), expression("y")
    >>> loss = DenseObjective(x**2 + 3 * y**2, {"x": 1.0, "y": 1.0})
    >>> spectrum(loss, loss.start).values
    array([2., 6.])
    """

    values: Floats
    vectors: Floats
    complete: bool
    errors: tuple[float, float]
    rounding: float

    @property
    def smallest(self) -> float:
        """The smallest curvature of any direction."""
        return float(self.values[0])

    @property
    def largest(self) -> float:
        """The largest curvature of any direction."""
        return float(self.values[-1])


def spectrum(
    loss: Objective, vector: Floats, *, most_exact: int = MOST_EXACT, seed: int = 0
) -> Spectrum:
    """Return the curvatures of a loss at a point (n,).

    most_exact: up to so many parameters all are found, from the whole Hessian; beyond, the smallest
    and the largest, by products with vectors, unless one pass over the data yields all. seed: of
    the vector that these start from.
    Raises: NotANumber where the second derivative is NaN or infinite.
    """
    product = curvature_at(loss, vector)

    def checked(direction: Floats) -> Floats:
        found = product(direction)
        if not np.isfinite(found).all():
            wrong = loss.packing.elements[int(np.argmin(np.isfinite(found)))]
            raise NotANumber(
                f"the second derivative of the loss by {wrong} is not finite here, so there is no "
                "curvature to speak of. Look a little beside this point."
            )
        return found

    size = len(vector)
    whole = constant_hessian(loss)
    if whole is None and size <= most_exact:
        whole = np.array([checked(direction) for direction in np.eye(size)])
    if whole is not None:
        values, vectors = np.linalg.eigh((whole + whole.T) / 2)
        rounding = 10 * size * EPS * float(np.abs(values).max())
        return Spectrum(
            values, vectors, errors=(rounding, rounding), rounding=rounding, complete=True
        )
    ends = lanczos(checked, size, seed=seed)
    values = np.array([ends.smallest.value, ends.largest.value])
    vectors = np.stack([ends.smallest.vector, ends.largest.vector], axis=1)
    rounding = 10 * size * EPS * float(np.abs(values).max())
    errors = (ends.smallest.error + rounding, ends.largest.error + rounding)
    return Spectrum(values, vectors, errors=errors, rounding=rounding, complete=False)


def curvature_at(loss: Objective, vector: Floats) -> Product:
    """Return the Hessian at a vector as a function, made once where it is the same everywhere.

    >>> from chainrule import expression
    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> loss = DenseObjective(expression("x") ** 2, {"x": 1.0})
    >>> curvature_at(loss, loss.start)(np.array([3.0]))
    array([6.])
    """
    known = constant_hessian(loss)
    return loss.curvature(vector) if known is None else partial(np.dot, known)


def length(vector: Floats) -> float:
    """Return the Euclidean norm, which overflows only where it is itself too large.

    Not by BLAS, which may add in another order with another number of threads.

    >>> (
    ...     length(np.array([3e200, 4e200])),
    ...     length(np.array([3e-200, 4e-200])),
    ...     length(np.zeros(2)),
    ... )
    (5e+200, 5e-200, 0.0)
    """
    with np.errstate(all="ignore"):
        squares = float(np.add.reduce(vector * vector))
        if 1e-280 < squares < math.inf:
            return math.sqrt(squares)
        unit = float(np.max(np.abs(vector), initial=0.0))
        if unit == 0 or not math.isfinite(unit):
            return unit
        scaled = vector / unit
        return unit * math.sqrt(float(np.add.reduce(scaled * scaled)))


def in_words(direction: Floats, elements: Sequence[str]) -> str:
    """Name a direction by its largest components: one name where it is nearly that alone.

    >>> in_words(np.array([0.0, -1.0]), ["m", "b"]), in_words(np.array([0.6, -0.8]), ["m", "b"])
    ('b', '0.8 b - 0.6 m')
    """
    shares = direction**2 / (direction @ direction)
    order: list[int] = np.argsort(-shares, kind="stable").tolist()
    if shares[order[0]] >= 0.9:
        return elements[order[0]]
    shown = [place for place in order[:3] if shares[place] >= 0.01]
    turned = direction * (np.sign(direction[order[0]]) / np.linalg.norm(direction))
    signs = ["", *["- " if turned[at] < 0 else "+ " for at in shown[1:]]]  # the first is positive
    terms: list[str] = [
        Sentence(f"{sign}{{share:.2g}} {{name}}", share=abs(turned[at]), name=elements[at])
        for sign, at in zip(signs, shown, strict=True)
    ]
    return joined([*terms, *["+ ..."] * bool(1 - shares[shown].sum() >= 0.01)])
