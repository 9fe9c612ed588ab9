"""The checks of an operation that moves or folds elements: shapes, pull, push, second order.

May import the language; it must not know any operation by name.
"""

from __future__ import annotations

from contextlib import suppress
from types import FunctionType
from typing import Any

import numpy as np

from chainrule.calculus.comparison import Verdict, compare, shown
from chainrule.calculus.derivatives import gradient, hvp
from chainrule.calculus.findings import Findings, near
from chainrule.calculus.operation_points import TrialPoint, layouts, regrown, resized, with_axes
from chainrule.calculus.several import OneValue, flat, views_of
from chainrule.calculus.steps import check_pull, weights
from chainrule.engine.sizes import fits
from chainrule.errors import DerivativeError
from chainrule.language.expression import expression
from chainrule.language.folds import sum as total

__all__ = ["check_structural"]

# Sums in another order.
ORDERS_AGREE = 1e-12


def check_structural(
    kind: Any, points: list[TrialPoint], found: Findings, tolerance: float
) -> None:
    """Check an operation that is not elementwise at points whose operands are arrays or numbers."""
    for missing in [name for name in ("pull", "push") if getattr(kind, name) is None]:
        found.add(
            missing,
            "it declares no derivative. Add `{missing}` to its class body.",
            missing=missing,
        )
    declared = kind.pull is not None and kind.push is not None
    for sample in points:
        for point in with_axes(kind, sample):
            whole = legal(kind, point)
            if whole is None:
                if point == sample:
                    kind.on_array(*point.operands, *point.attributes)  # a sample must have a value
                continue
            single = TrialPoint(flat(point.operands), point.attributes)
            for view, value in views_of(kind, whole, point.operands):
                check_value(view, single, value, found)
                known = declared
                if declared:
                    try:
                        check_cotangents(view, single, value, found, max(tolerance, 1e-6))
                        check_second_order(view, single, found)
                    except DerivativeError as error:  # which it refuses, in its own words
                        found.note("derivative: {error}", error=str(error))
                        known = False
                for called, other in resized(single):
                    check_resized(view, other, called, found, declared=known)
                grown = regrown(single) if point == sample and not found.wrong else None
                if grown is not None:
                    check_regrown(view, grown, found, max(tolerance, 1e-6), declared=known)


def check_regrown(
    kind: Any, point: TrialPoint, found: Findings, tolerance: float, *, declared: bool
) -> None:
    """Check value and derivatives at sizes drawn at random, where the operation takes these."""
    value = legal(kind, point)
    if value is None or not np.all(np.isfinite(value)):
        return
    check_shape(kind, point, value, found)
    if declared and not (isinstance(kind, OneValue) and kind.takes_bundles):
        with suppress(DerivativeError):
            check_cotangents(kind, point, value, found, tolerance)


def check_value(kind: Any, point: TrialPoint, value: Any, found: Findings) -> None:
    """Check the shape of a value, its meaning, and that it is the same however arrays are laid."""
    check_shape(kind, point, value, found)
    check_meaning(kind, point, value, found)
    for called, other in layouts(point):
        again = kind.on_array(*other.operands, *other.attributes)
        found.same(
            near(again, value, ORDERS_AGREE),
            "layout",
            "{called} give {again} at {point}, not {value}.",
            called=called,
            again=np.asarray(again).tolist(),
            point=point,
            value=np.asarray(value).tolist(),
        )


def legal(kind: Any, point: TrialPoint) -> Any:
    """Return the value, or None where the operation refuses these shapes."""
    try:
        return kind.on_array(*point.operands, *point.attributes)
    except (ValueError, IndexError):
        return None


def check_shape(kind: Any, point: TrialPoint, value: Any, found: Findings) -> None:
    """Check that the shape rule foretells the value's shape."""
    shapes = [np.shape(operand) for operand in point.operands]
    said = tuple(kind.shape(*shapes, *point.attributes))
    found.same(
        len(said) == np.ndim(value) and all(map(fits, said, np.shape(value))),
        "shape",
        "operands of shapes {shapes} with {settings} give shape {shape}, but `shape` says {said}.",
        shapes=shapes,
        settings=settings(kind, point),
        shape=np.shape(value),
        said=said,
    )


def settings(kind: Any, point: TrialPoint) -> str:
    """Write a point's attributes for a message."""
    pairs = zip(kind.keywords, point.attributes, strict=True)
    return ", ".join(f"{name}={value!r}" for name, value in pairs) or "no keywords"


def check_meaning(kind: Any, point: TrialPoint, value: Any, found: Findings) -> None:
    """Check that what an operation computes is what it means."""
    if kind.meaning is None or kind.forward is None:
        return
    meant = kind.meaning(*point.operands, *point.attributes)
    found.same(
        near(meant, value, ORDERS_AGREE),
        "value",
        "at {point} it is {value}, by its meaning {meant}.",
        point=point,
        value=np.asarray(value).tolist(),
        meant=np.asarray(meant).tolist(),
    )


def check_cotangents(
    kind: Any, point: TrialPoint, value: Any, found: Findings, tolerance: float
) -> None:
    """Check pull against differences, and push against pull, operand by operand."""
    seed = weights(np.shape(value), 1)
    said = tuple(kind.pull(seed, value, *point.operands, *point.attributes))
    if len(said) != len(point.operands):
        found.add(
            "pull",
            "it gives {cotangents} cotangents for {operands} operands: give one each.",
            cotangents=len(said),
            operands=len(point.operands),
        )
        return
    compared = check_pull(
        kind, value, list(point.operands), point.attributes, [True] * len(said), tolerance
    )
    for number, cotangent in enumerate(said):
        operand = point.operands[number]
        made = cotangent() if isinstance(cotangent, FunctionType) else cotangent
        none = isinstance(made, int) and made == 0
        shape = np.shape(made)
        found.same(
            none or shape == np.shape(operand),
            "pull",
            "it gives a cotangent of shape {shape} for operand {operand} of shape "
            "{of_operand} with {settings}.",
            shape=shape,
            operand=number + 1,
            of_operand=np.shape(operand),
            settings=settings(kind, point),
        )
        comparison = compared[number][0]
        found.same(
            comparison.verdict is not Verdict.DIFFERS,
            "pull",
            "along one direction of operand {operand} at {point} it gives {taken}, "
            "numerically {numerical}.",
            operand=number + 1,
            point=point,
            taken=shown(comparison.analytic, comparison.numerical),
            numerical=shown(comparison.numerical, comparison.analytic),
        )
        check_push(kind, point, value, found, (number, comparison.analytic, seed))


def check_push(
    kind: Any, point: TrialPoint, value: Any, found: Findings, pulled: tuple[int, float, Any]
) -> None:
    """Check that weights times push along a direction are pull of the weights times the direction.

    pulled: the number of the operand, what pull gives along its direction, and the weights.
    """
    number, slope, seed = pulled
    tangents: list[Any] = [None] * len(point.operands)
    tangents[number] = weights(np.shape(point.operands[number]), 2)
    pushed = kind.push(tangents, value, *point.operands, *point.attributes)
    pushed = 0.0 if pushed is None else pushed
    try:
        moved = np.broadcast_to(pushed, np.shape(value))
    except ValueError:
        found.add(
            "push",
            "it gives a tangent of shape {pushed} for a value of shape {shape} with {settings}.",
            pushed=np.shape(pushed),
            shape=np.shape(value),
            settings=settings(kind, point),
        )
        return
    size = float(np.sum(np.abs(seed * moved)))
    along = float(np.sum(seed * moved))
    # Where slopes are as good as nothing, terms as large as the value leave their rounding.
    rounding = 1e-15 * float(np.sum(np.abs(seed * value)))
    found.same(
        abs(along - slope) <= max(1e-9 * max(size, abs(slope)), rounding),
        "forward and reverse",
        "by operand {operand} at {point}, push gives {pushed} where pull gives {pulled}.",
        operand=number + 1,
        point=point,
        pushed=shown(along, slope),
        pulled=shown(slope, along),
    )


def check_second_order(kind: Any, point: TrialPoint, found: Findings) -> None:
    """Check second derivatives of a sum of cubes against differences of its gradient."""
    if isinstance(kind, OneValue) and kind.takes_bundles:
        return  # no variable stands for several values
    names = [f"x{number + 1}" for number in range(len(point.operands))]
    values = dict(zip(names, point.operands, strict=True))
    node = kind.of((*[expression(name) for name in names], *point.attributes))
    root = total(node * node * node)
    vector = {name: weights(np.shape(operand), 2) for name, operand in values.items()}
    try:
        along_vector = hvp(root, values, vector)
    except DerivativeError as error:
        found.note("second order: {error}", error=str(error))
        return
    for name, operand in values.items():
        direction = weights(np.shape(operand), 3)

        def along(t: Any, name: str = name, direction: Any = direction) -> Any:
            moved = {key: values[key] + float(t) * vector[key] for key in values}
            try:
                return float(np.sum(gradient(root, moved, name)[name] * direction))
            except ValueError:  # beyond where it has a value
                return np.nan

        slope = float(np.sum(along_vector[name] * direction))
        made = compare(along, 1.0, slope, 1e-6)
        found.same(
            made.verdict is not Verdict.DIFFERS,
            "second order",
            "by operand {operand} at {point} it is {taken}, numerically {numerical}.",
            operand=name.removeprefix("x"),
            point=point,
            taken=shown(made.analytic, made.numerical),
            numerical=shown(made.numerical, made.analytic),
        )


def check_resized(
    kind: Any, point: TrialPoint, called: str, found: Findings, *, declared: bool
) -> None:
    """Check shapes, and those of the cotangents, on arrays of another size."""
    value = legal(kind, point)
    if value is None:
        return
    check_shape(kind, point, value, found)
    if not declared or (isinstance(kind, OneValue) and kind.takes_bundles):
        return
    names = [f"x{number + 1}" for number in range(len(point.operands))]
    values = dict(zip(names, point.operands, strict=True))
    node = kind.of((*[expression(name) for name in names], *point.attributes))
    for name, cotangent in gradient(total(node), values).items():
        found.same(
            np.shape(cotangent) == np.shape(values[name]),
            "pull",
            "on {called} of shape {of_operand} the cotangent has shape {shape}.",
            called=called,
            of_operand=np.shape(values[name]),
            shape=np.shape(cotangent),
        )
