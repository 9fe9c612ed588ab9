"""Least squares in rational numbers: the oracle, exact to the last digit."""

from fractions import Fraction

import numpy as np


def least_squares(matrix, target):
    """Return slopes and intercept that solve the normal equations exactly, then rounded."""
    rows = [[*map(Fraction, map(float, row)), Fraction(1)] for row in np.asarray(matrix)]
    target = [*map(Fraction, map(float, target))]
    count = len(rows[0])
    system = [
        [sum(row[i] * row[j] for row in rows) for j in range(count)]
        + [sum(row[i] * value for row, value in zip(rows, target, strict=True))]
        for i in range(count)
    ]
    for place in range(count):
        pivot = next(row for row in range(place, count) if system[row][place])
        system[place], system[pivot] = system[pivot], system[place]
        system[place] = [entry / system[place][place] for entry in system[place]]
        for row in range(count):
            factor = system[row][place]
            if row != place and factor:
                system[row] = [
                    entry - factor * other
                    for entry, other in zip(system[row], system[place], strict=True)
                ]
    return np.array([float(row[count]) for row in system])


def learned(model):
    """Return slopes and intercept of a model as one array."""
    return np.array([*model.mx.values(), model.yint])


def relative_error(model, matrix, target):
    """Return the largest relative error of a parameter."""
    exact = least_squares(matrix, target)
    return float(np.max(np.abs(learned(model) - exact) / np.abs(exact)))
