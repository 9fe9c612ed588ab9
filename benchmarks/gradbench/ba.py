"""Bundle adjustment: what cameras see of points, against what was seen.

A camera has 11 numbers: the rotation r (angle times axis), the centre c, the focal length f, the
principal point p and the radial distortion k. For each observation of a point x,
Y = R(r) (x - c), u = (Y_1, Y_2)/Y_3, u (1 + k_1 |u|^2 + k_2 |u|^4), and the residual is
w (f u + p - feature), two numbers; each weight has one more, 1 - w^2.

Each observation is a row, and its residuals are elementwise in the 15 columns of its camera, point
and weight: one sweep gives the blocks of the Jacobian of all rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import cos, expression, sin, sqrt, where

CAMERA = ("r1", "r2", "r3", "c1", "c2", "c3", "f", "p1", "p2", "k1", "k2")
POINT = ("x1", "x2", "x3")
COLUMNS = (*CAMERA, *POINT, "w")
SENT = 30  # of the elements of a matrix, and its last


def cross(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return the cross product of two vectors in space."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def dot(a: Any, b: Any) -> Any:
    """Return the inner product of two vectors in space."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def rotated(r: Any, v: Any) -> list[Any]:
    """Rotate by Rodrigues' formula; by so little that the angle is 0, to first order."""
    square = dot(r, r)
    angle = sqrt(where(square > 0, square, 1))
    axis = [part / angle for part in r]
    across, along = cross(axis, v), dot(axis, v) * (1 - cos(angle))
    turned = zip(v, across, axis, strict=True)
    whole = [part * cos(angle) + a * sin(angle) + n * along for part, a, n in turned]
    small = [part + a for part, a in zip(v, cross(r, v), strict=True)]
    return [where(square > 0, one, other) for one, other in zip(whole, small, strict=True)]


def residuals() -> tuple[expression, expression]:
    """Return the two residuals of an observation."""
    r1, r2, r3, c1, c2, c3, f, p1, p2, k1, k2, x1, x2, x3, w = map(expression, COLUMNS)
    Y = rotated((r1, r2, r3), (x1 - c1, x2 - c2, x3 - c3))
    u, v = Y[0] / Y[2], Y[1] / Y[2]
    square = u * u + v * v
    distortion = 1 + k1 * square + k2 * square * square
    return (
        w * (f * distortion * u + p1 - expression("seen1")),
        w * (f * distortion * v + p2 - expression("seen2")),
    )


first, second = residuals()
of_weight = 1 - expression("w") ** 2


def values(given: Any) -> dict[str, Any]:
    """Return the columns of all observations: the one camera, point and weight are repeated."""
    p = given["p"]
    numbers = dict(zip(COLUMNS, [*given["cam"], *given["x"], given["w"]], strict=True))
    numbers |= dict(zip(("seen1", "seen2"), given["feat"], strict=True))
    columns = {name: np.full(p, number) for name, number in numbers.items()}
    return {**given, "columns": columns}


def objective(at: dict[str, Any]) -> tuple[Any, Any]:
    """Return the residuals of all observations, two by two, and of the weights."""
    columns = at["columns"]
    both = np.stack([first.eval(columns), second.eval(columns)], axis=1)
    return both, of_weight.eval({"w": columns["w"]})


def jacobian(at: dict[str, Any]) -> dict[str, Any]:
    """Return the sparse Jacobian by rows: where they begin, and their columns and values."""
    n, m, p = at["n"], at["m"], at["p"]
    blocks = np.empty((p, 2, len(COLUMNS)))
    for place, residual in enumerate((first, second)):
        slopes = residual.diff(at["columns"])
        for number, name in enumerate(COLUMNS):
            blocks[:, place, number] = slopes.get(name, 0.0)
    rows = np.arange(p)
    camera = len(CAMERA) * (rows % n)[:, None] + np.arange(len(CAMERA))
    point = len(CAMERA) * n + len(POINT) * (rows % m)[:, None] + np.arange(len(POINT))
    weight = len(CAMERA) * n + len(POINT) * m + rows
    places = np.repeat(np.hstack([camera, point, weight[:, None]])[:, None], 2, axis=1)
    of_weights = of_weight.diff({"w": at["columns"]["w"]}, "w")
    wide = len(COLUMNS)
    return {
        "rows": np.concatenate([np.arange(2 * p + 1) * wide, 2 * p * wide + 1 + rows]),
        "cols": np.concatenate([places.ravel(), weight]),
        "vals": np.concatenate([blocks.ravel(), of_weights]),
    }


def residuals_sent(found: tuple[Any, Any]) -> dict[str, Any]:
    """Return the first residuals and how many there are: all are alike."""
    both, of_weights = found
    return {
        "reproj_error": {"elements": both[0].tolist(), "repeated": len(both)},
        "w_err": {"element": float(of_weights[0]), "repeated": len(of_weights)},
    }


def matrix_sent(found: dict[str, Any]) -> dict[str, Any]:
    """Return the first elements of each part of a sparse matrix, and the last."""
    return {name: [*part[:SENT].tolist(), part[-1].item()] for name, part in found.items()}


FUNCTIONS = {
    "objective": function(objective, values, residuals_sent),
    "jacobian": function(jacobian, values, matrix_sent),
}
