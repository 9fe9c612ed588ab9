"""A call of PyTorch's beside ours: what stands in the table, and the operands it is tried on.

An operand is known by its name, the same in both texts: `x` is a table of signed numbers, `p` of
positive ones, `A` a square matrix. What a text takes is read from the text.
"""

import re
from dataclasses import dataclass

import numpy as np

__all__ = ["FIXED", "OPERANDS", "Call", "Group", "names_in"]


def numbers(seed, *shape, low=-2.0, high=2.0):
    """Return numbers of a few digits that repeat, none of them 0 and no two the same."""
    found = np.random.default_rng(seed).uniform(low, high, size=shape)
    return np.round(found, 3) + 0.00037


def positive_definite(a):
    return a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1])


# By which there are derivatives.
OPERANDS = {
    "x": np.array([[-1.7, 0.4, 2.3], [0.9, -0.25, -3.1]]),
    "y": np.array([[0.6, -1.3, 1.1], [-2.2, 0.75, 1.6]]),
    "z": np.array([[1.9, 0.3, -0.8], [1.2, -1.5, 2.7]]),
    "row": np.array([0.5, -1.25, 2.0]),
    "col": np.array([[1.5], [-0.75]]),
    "p": np.array([[0.2, 1.3, 4.1], [2.6, 0.85, 0.05]]),
    "q": np.array([[1.1, 0.3, 2.2], [0.7, 3.4, 1.9]]),
    "u": np.array([[-0.95, 0.1, 0.7], [0.35, -0.4, 0.02]]),
    "s": np.array([[0.03, 0.4, 0.88], [0.6, 0.25, 0.71]]),
    "c": np.array([[1.02, 1.7, 5.3], [2.4, 30.0, 1.25]]),
    "large": np.array([[-745.0, -30.0, 12.0], [0.5, 40.0, 700.0]]),
    "v": np.array([0.7, -1.4, 2.1]),
    "w": np.array([1.6, 0.35, -0.9]),
    "line": np.array([0.3, -1.1, 2.4, 0.8, -0.6, 1.7]),
    "A": np.array([[2.1, -0.4, 0.7], [0.9, 1.8, -1.2], [-0.3, 0.6, 2.9]]),
    "B": np.array([[0.5, 1.4, -0.8], [-1.1, 0.2, 0.6], [1.3, -0.7, 0.9]]),
    "M": numbers(1, 3, 2),
    "X": numbers(2, 4, 3),
    "S": positive_definite(numbers(3, 3, 3)),
    "AA": numbers(4, 2, 3, 3) + 2 * np.eye(3),
    "BB": numbers(5, 2, 3, 2),
    "SS": positive_definite(numbers(6, 2, 3, 3)),
    "T": numbers(7, 2, 3, 2),
    "signal": numbers(8, 2, 2, 7),
    "kernel": numbers(9, 3, 2, 3),
    "thin": numbers(10, 4, 1, 3),
    "image": numbers(11, 2, 2, 5, 6),
    "patch": numbers(12, 3, 2, 3, 2),
    "bias": np.array([0.4, -0.2, 1.3]),
    "logits": np.array([[1.2, -0.7, 0.3], [-2.1, 0.9, 1.6]]),
    "form": numbers(13, 2, 3, 3),
    "da": np.array([[0.3, -0.6, 1.4], [0.8, 1.1, -0.9]]),
}

# By which there are none: targets, places, conditions.
FIXED = {
    "whole": np.array([[-3.0, 0.0, 2.0], [2.0, 5.0, -1.0]]),
    "halves": np.array([[-2.5, -0.5, 0.5], [1.5, 2.4, -1.6]]),
    "special": np.array([1.0, np.nan, -np.inf, np.inf, 0.0]),
    "truth": np.array([[True, False, True], [False, False, True]]),
    "few": np.array([2, 0, 2]),
    "places": np.array([[0, 1, 1], [1, 0, 1]]),
    "classes": np.array([2, 0]),
    "shares": np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]]),
    "zero_one": np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    "signs": np.array([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]]),
    "counts": np.array([[0.0, 3.0, 1.0], [2.0, 1.0, 4.0]]),
}
WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\s*=[^=])")


def names_in(text, known):
    """Return which of these names a text takes."""
    found = set(WORD.findall(text))
    return [name for name in known if name in found]


@dataclass(frozen=True)
class Call:
    """PyTorch's call and ours, as text.

    note: what a reader should know. order: up to which derivatives they are compared. through: what
    both results go through first, where they are only alike up to a sign.
    """

    torch: str
    ours: str
    note: str = ""
    order: int = 2
    through: str = ""

    @property
    def wrt(self):
        """The operands by which there are derivatives."""
        return names_in(self.torch, OPERANDS) if self.order else []

    def seen(self, values):
        """Return results as they are compared."""
        return [abs(value) for value in values] if self.through == "abs" else list(values)

    def generator(self):
        """Return the numbers at random that belong to this call."""
        return np.random.default_rng(list(self.torch.encode()))

    def weights(self, shapes):
        """Return a weight for every element of every result: the cotangents."""
        made = self.generator()
        return [np.round(made.uniform(-1, 1, size=shape), 3) + 0.05 for shape in shapes]

    def direction(self):
        """Return which way the operands move."""
        made = self.generator()
        made.uniform(size=7)
        return {name: np.round(made.normal(size=OPERANDS[name].shape), 3) for name in self.wrt}


@dataclass(frozen=True)
class Group:
    """Calls of a kind, under a title."""

    title: str
    calls: tuple[Call, ...]
