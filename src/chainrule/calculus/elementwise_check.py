"""The checks of an elementwise operation: kinds of number, partials, second order, broadcasting.

May import the language; it must not know any operation by name.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from chainrule.calculus.comparison import Comparison, Verdict, compare, shown
from chainrule.calculus.derivatives import gradient, hessian, jvp, vjp
from chainrule.calculus.findings import Findings, near
from chainrule.calculus.operation_points import TrialPoint
from chainrule.calculus.precise import precise_derivative, precise_value
from chainrule.calculus.steps import varying, weights
from chainrule.engine.numbers import computed
from chainrule.errors import ChainRuleError, DerivativeError, ShapeError
from chainrule.language.expression import expression, lift
from chainrule.report import Sentence

__all__ = ["check_elementwise"]

# Each kind of number is right to some 4 units in the last place, in the C library as in NumPy.
KINDS_AGREE = 16 * float(np.finfo(np.float64).eps)
# A formula said in two ways, or read in two ways.
READINGS_AGREE = 1e-12
SINGLE_AGREES = 1e-4
# What a rule raises that does not take what it is read on.
NOT_READ = (ChainRuleError, TypeError, AttributeError, ValueError)


def check_elementwise(
    kind: Any, points: list[TrialPoint], found: Findings, tolerance: float
) -> None:
    """Check an elementwise operation at points whose operands are numbers."""
    if not computes(kind, points, found):
        return
    for point in points:
        check_kinds(kind, point, found)
    check_arrays(kind, points, found)
    if kind.partials is None:
        found.add(
            "partials",
            "it declares no derivative. Add `partials` to its class body, one an operand.",
        )
        return
    for point in points:
        try:
            smooth = check_partials(kind, point, found, tolerance)
        except NOT_READ as error:
            found.add("partials", "at {point}: {error}", point=point, error=str(error))
            return
        if not check_readings(kind, point, found):
            return
        if smooth:
            check_directions(kind, point, found)
            check_second_order(kind, point, found, tolerance)
    check_broadcasting(kind, points, found)


def computes(kind: Any, points: list[TrialPoint], found: Findings) -> bool:
    """Check that the operation computes at all: with arrays, as functions of `math` do not."""
    for point in points[:1]:
        try:
            on_floats(kind, point)
        except NOT_READ as error:
            found.add(
                "value",
                "it does not compute with numbers: at {point} {error}.",
                point=point,
                error=str(error),
            )
            return False
        try:
            kind.on_array(*[np.array([x, x]) for x in point.operands], *point.attributes)
        except NOT_READ as error:
            found.add(
                "arrays",
                "it does not compute with arrays: {error}. Use NumPy in `forward`.",
                error=str(error),
            )
            return False
    return True


def on_floats(kind: Any, point: TrialPoint) -> float:
    """Return the value on Python floats, or where those raise on the numbers that never do."""
    return computed(
        lambda *operands: float(kind.on_float(*operands, *point.attributes)),
        lambda *operands: float(kind.on_ieee(*map(np.float64, operands), *point.attributes)),
        *point.operands,
    )


def check_kinds(kind: Any, point: TrialPoint, found: Findings) -> None:
    """Check that every kind of number gives the same value."""
    value = on_floats(kind, point)
    others: dict[str, tuple[float, float]] = {}
    array = kind.on_array(*[np.array([x]) for x in point.operands], *point.attributes)
    if np.shape(array) != (1,):
        found.add(
            "value",
            "of arrays of shape (1,) at {point} it has shape {shape}.",
            point=point,
            shape=np.shape(array),
        )
    else:
        others["arrays"] = float(array[0]), KINDS_AGREE
    plain = kind.on_ieee(*map(np.float64, point.operands), *point.attributes)
    others["NumPy scalars"] = float(plain), KINDS_AGREE
    if kind.meaning is not None and kind.forward is not None:
        meant = kind.meaning(*map(np.float64, point.operands), *point.attributes)
        others["its meaning"] = float(meant), READINGS_AGREE
    precise = precise_value(kind, point.operands, point.attributes)
    if precise is not None:
        others["60 digits"] = precise, READINGS_AGREE
    for called, (other, tolerance) in others.items():
        found.same(
            near(value, other, tolerance),
            "value",
            "at {point} it is {value} on floats, {other} on {called}.",
            point=point,
            value=shown(value, other),
            other=shown(other, value),
            called=called,
        )


def check_arrays(kind: Any, points: list[TrialPoint], found: Findings) -> None:
    """Check empty arrays, arrays with gaps, matrices and single precision against numbers."""
    for attributes, columns in columns_of(points):
        values = np.array([on_floats(kind, TrialPoint(row, attributes)) for row in zip(*columns)])  # noqa: B905 - columns of one table
        count = len(values)
        forms: list[tuple[str, list[Any], Any, float]] = [
            ("an array", columns, values, KINDS_AGREE),
            ("an empty array", [x[:0] for x in columns], values[:0], KINDS_AGREE),
            ("an array with gaps", [np.repeat(x, 2)[::2] for x in columns], values, KINDS_AGREE),
            (
                "a matrix",
                [np.tile(x, (2, 1)) for x in columns],
                np.tile(values, (2, 1)),
                KINDS_AGREE,
            ),
        ]
        singles = [x.astype(np.float32) for x in columns]
        rounded = [x.astype(np.float64) for x in singles]
        again = [on_floats(kind, TrialPoint(row, attributes)) for row in zip(*rounded)]  # noqa: B905 - as above
        # Beyond the largest single and below the smallest, only the double is finite.
        fits = [
            place
            for place in range(count)
            if all(1e-30 < abs(x[place]) < 1e30 or x[place] == 0 for x in [*rounded, again])
        ]
        forms.append(
            (
                "single precision",
                [x[fits] for x in singles],
                np.array([again[place] for place in fits]),
                SINGLE_AGREES,
            )
        )
        for called, operands, wanted, tolerance in forms:
            got = kind.on_array(*operands, *attributes)
            found.same(
                near(got, wanted, tolerance),
                "arrays",
                "on {called} it gives {got} for {operands}, where numbers give {wanted}.",
                called=called,
                got=np.asarray(got).tolist(),
                operands=[x.tolist() for x in operands],
                wanted=wanted.tolist(),
            )


def columns_of(points: list[TrialPoint]) -> list[tuple[tuple[Any, ...], list[Any]]]:
    """Return the operands of all points as columns, those of one count and attributes together."""
    groups: dict[Any, list[tuple[Any, ...]]] = {}
    for point in points:
        groups.setdefault((point.attributes, len(point.operands)), []).append(point.operands)
    return [
        (key[0], [np.array(x) for x in zip(*rows, strict=True)]) for key, rows in groups.items()
    ]


def partials_at(kind: Any, value: Any, operands: tuple[Any, ...], attributes: Any) -> list[Any]:
    """Return what the rule gives, with nothing put off.

    Raises: DerivativeError for a rule with the wrong number of entries.
    """
    said = tuple(kind.partials(value, *operands, *attributes))
    if len(said) != len(operands):
        raise DerivativeError(
            f"`partials` gives {len(said)} local derivatives for {len(operands)} operands. "
            "Give one an operand; 0 means no dependence."
        )
    return [entry() if isinstance(entry, FunctionType) else entry for entry in said]


def numbers_at(kind: Any, point: TrialPoint) -> list[Any]:
    """Return the partials on Python floats, or where those raise on the numbers that never do."""
    value = on_floats(kind, point)

    def found_at(*numbers: Any) -> list[Any]:
        return partials_at(kind, numbers[0], numbers[1:], point.attributes)

    return computed(
        found_at, lambda *numbers: found_at(*map(np.float64, numbers)), value, *point.operands
    )


def check_partials(kind: Any, point: TrialPoint, found: Findings, tolerance: float) -> bool:
    """Check each partial against differences of values; tell whether all are there and smooth."""
    smooth = True
    for number, partial in enumerate(numbers_at(kind, point)):
        if partial is None:
            found.note(
                "it has no derivative by operand {operand}, and says so.", operand=number + 1
            )
            smooth = False
            continue
        analytic = float(partial)
        where = Sentence("partial by operand {operand} at {point}", operand=number + 1, point=point)
        precise = precise_derivative(kind, point.operands, point.attributes, number)
        if precise is not None and near(analytic, precise, tolerance):
            found.count += 1
            continue
        flat = [np.array([x]) for x in point.operands]
        along = varying(kind, flat, point.attributes, number)
        made = compare(along, flat[number], [analytic], 1e-6)
        if made.verdict is Verdict.KINK:
            smooth = False
            check_kink(made, where, found)
            continue
        if np.isnan(analytic) and np.isnan(made.numerical):  # outside of the domain
            smooth = False
            continue
        numerical = made.numerical if precise is None else precise
        if made.verdict is Verdict.UNDECIDED and precise is None:
            found.note("{where}: differences are too rough to tell.", where=where)
            continue
        found.same(
            made.verdict is not Verdict.DIFFERS and precise is None,
            "partials",
            "{where} is {taken}, numerically {numerical}.",
            where=where,
            taken=shown(analytic, numerical),
            numerical=shown(numerical, analytic),
        )
    return smooth


def check_kink(made: Comparison, where: str, found: Findings) -> None:
    """Check that the slope taken at a kink lies between those on its sides."""
    left, right = (np.nan if side is None else side for side in (made.left, made.right))
    low, high = np.fmin(left, right), np.fmax(left, right)
    between = bool(low - 1e-6 <= made.analytic <= high + 1e-6) or not np.isfinite(made.analytic)
    found.same(
        between or not np.isfinite(low) or not np.isfinite(high),
        "kinks",
        "{where} is {taken:g} at a kink, where the slopes are {left:g} and {right:g}: "
        "take one between them.",
        where=where,
        taken=made.analytic,
        left=left,
        right=right,
    )


def check_readings(kind: Any, point: TrialPoint, found: Findings) -> bool:
    """Check that the rule says the same read on expressions and on arrays as on numbers.

    Returns whether it can be read on all of them.
    """
    node, values = at_point(kind, point)
    leaves = tuple(expression(name) for name in values)
    arrays = tuple(np.array([operand]) for operand in point.operands)
    value = kind.on_array(*arrays, *point.attributes)
    readings: dict[str, Callable[[], list[Any]]] = {
        "expressions": lambda: [
            None if entry is None else lift(entry).eval(values)
            for entry in partials_at(kind, node, leaves, point.attributes)
        ],
        "arrays": lambda: partials_at(kind, value, arrays, point.attributes),
    }
    numbers = numbers_at(kind, point)
    for called, read in readings.items():
        try:
            entries = read()
        except NOT_READ as error:
            found.add(
                "readings",
                "`partials` cannot be read on {called}: {error} Write it with operators and "
                "chainrule's own functions.",
                called=called,
                error=str(error),
            )
            return False
        for number, (entry, wanted) in enumerate(zip(entries, numbers, strict=True)):
            found.same(
                (entry is None and wanted is None)
                or near(np.ravel(entry), np.ravel(wanted), READINGS_AGREE),
                "readings",
                "the partial by operand {operand} at {point} is {wanted} read on numbers, but "
                "{entry} read on {called}.",
                operand=number + 1,
                point=point,
                wanted=wanted,
                entry=np.ravel(entry)[0],
                called=called,
            )
    return True


def check_directions(kind: Any, point: TrialPoint, found: Findings) -> None:
    """Check forward mode against reverse mode, through the operation's own node."""
    node, values = at_point(kind, point)
    backwards = gradient(node, values)
    for name, slope in backwards.items():
        onwards = jvp(node, values, {name: 1.0})
        found.same(
            near(onwards, slope, READINGS_AGREE),
            "forward and reverse",
            "the derivative by {name} at {point} is {onwards} forward, but {slope} in reverse.",
            name=name,
            point=point,
            onwards=onwards,
            slope=slope,
        )


def at_point(kind: Any, point: TrialPoint) -> tuple[expression, dict[str, Any]]:
    """Return the operation over variables, and the values of a point."""
    values = {f"x{number + 1}": operand for number, operand in enumerate(point.operands)}
    node: expression = kind.of((*[expression(name) for name in values], *point.attributes))
    return node, values


def check_second_order(kind: Any, point: TrialPoint, found: Findings, tolerance: float) -> None:
    """Check the second derivatives against differences of the first ones."""
    node, values = at_point(kind, point)
    try:
        second = hessian(node, values)
    except DerivativeError as error:
        found.note("second order at {point}: {error}", point=point, error=str(error))
        return
    for row in values:
        for column, here in values.items():

            def along(t: Any, row: str = row, column: str = column, here: Any = here) -> Any:
                return gradient(node, {**values, column: float(here + t)}, row)[row]

            made = compare(along, here, second[row][column], max(tolerance, 1e-6))
            found.same(
                made.verdict is not Verdict.DIFFERS,
                "second order",
                "the derivative by {row}, then by {column}, at {point} is {taken}, "
                "numerically {numerical}.",
                row=row,
                column=column,
                point=point,
                taken=shown(made.analytic, made.numerical),
                numerical=shown(made.numerical, made.analytic),
            )


def check_broadcasting(kind: Any, points: list[TrialPoint], found: Findings) -> None:
    """Check values and cotangents where the operands have different shapes."""
    for attributes, columns in columns_of(points):
        if len(columns) < 2:
            continue
        # One operand down, the next across, and so on in turns.
        operands = [x[:, np.newaxis] if place % 2 else x for place, x in enumerate(columns)]
        values = {f"x{number + 1}": operand for number, operand in enumerate(operands)}
        node: expression = kind.of((*[expression(name) for name in values], *attributes))
        try:
            got = kind.on_array(*operands, *attributes)
        except ShapeError:
            found.note("it refuses operands of different shapes.")
            continue
        shape = np.broadcast_shapes(*[np.shape(x) for x in operands])
        if np.shape(got) != shape:
            found.add(
                "broadcasting",
                "operands of shapes {shapes} give shape {got}, not {shape}.",
                shapes=[np.shape(x) for x in operands],
                got=np.shape(got),
                shape=shape,
            )
            continue
        full = [np.broadcast_to(x, shape) for x in operands]
        rows = [TrialPoint(row, attributes) for row in zip(*[x.ravel() for x in full], strict=True)]
        wanted = np.reshape([on_floats(kind, row) for row in rows], np.shape(got))
        said = kind.shape(*[np.shape(x) for x in operands], *attributes)
        found.same(
            np.shape(got) == tuple(said),
            "shape",
            "operands of shapes {shapes} give shape {got}, but `shape` says {said}.",
            shapes=[np.shape(x) for x in operands],
            got=np.shape(got),
            said=said,
        )
        found.same(
            near(got, wanted, KINDS_AGREE),
            "broadcasting",
            "operands of shapes {shapes} give other values than number by number.",
            shapes=[np.shape(x) for x in operands],
        )
        weight = weights(np.shape(got), 1)
        rules = [numbers_at(kind, row) for row in rows]
        if any(entry is None for rule in rules for entry in rule):
            continue
        slopes = np.array(rules, dtype=float)
        cotangents = vjp(node, values, weight)
        for number, name in enumerate(values):
            # A weight of zero wins where a choice is made, so NaN is compared where both are.
            whole = weight * slopes[:, number].reshape(np.shape(got))
            axis = 0 if number % 2 == 0 else 1
            folded = np.sum(whole, axis=axis, keepdims=axis == 1)
            known = np.isfinite(folded)
            found.same(
                near(cotangents[name][known], folded[known], 1e-9),
                "broadcasting",
                "the cotangent of operand {operand}, summed to its shape {shape}, is "
                "{cotangent}, number by number {folded}.",
                operand=number + 1,
                shape=folded.shape,
                cotangent=cotangents[name].tolist(),
                folded=folded.tolist(),
            )
