"""A loss as a function of one flat vector: value, gradient, and curvature as often as needed.

May import the language and the calculus; it must not know which method moves the vector.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import numpy as np

from chainrule.calculus.conditioning import conditioning, rounding_program
from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.array_kernels import value_in_blocks, with_partials_in_blocks
from chainrule.engine.compiled import Compiled, compiled_of
from chainrule.engine.evaluate import Evaluator, Pass
from chainrule.engine.notation import text
from chainrule.engine.numbers import DOUBLES
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.errors import (
    ChainRuleError,
    NotANumber,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
    closest,
)
from chainrule.language.binding import bind, holds_arrays
from chainrule.language.compute import partials_checked
from chainrule.language.compute import value as value_of
from chainrule.language.expression import expression
from chainrule.language.not_finite import ADVICE
from chainrule.language.values import listed
from chainrule.optimize.problem.moving_part import moving_part
from chainrule.optimize.problem.objective import Objective, Product
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.problem.posed import formula_of
from chainrule.optimize.saving.fingerprint import data_prints
from chainrule.tables.columns import Floats

__all__ = ["DenseObjective"]


class DenseObjective(Objective):
    """A loss over data as a function of its parameters, flattened to a vector (n,).

    loss: an expression of one number. parameters: by name, where to start, as numbers and arrays;
    their shapes stay. beside: names of parameters that the loss need not contain, because
    constraints do. data: what `eval` takes for the other variables, or None where there are
    none; it is bound here, once, and everything computes in double precision.
    Raises: UnknownVariable for a parameter that the loss lacks, or a variable that nobody gave;
    ShapeError for a loss that is not one number; ValueTypeError, DataError, NameClash as `eval`.

    >>> m, b, x, y = (expression(name) for name in ("m", "b", "x", "y"))
    >>> from chainrule import mean
    >>> data = {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]}
    >>> loss = DenseObjective(mean((m * x + b - y) ** 2), {"m": 0.0, "b": 0.0}, data)
    >>> loss.value_and_gradient(loss.start)
    (11.666666666666666, array([-8.666..., -6.        ]))
    >>> loss.hessian(loss.start)
    array([[3.333..., 2.        ],
           [2.        , 2.        ]])
    """

    __slots__ = (
        "_evaluator", "_given", "_held", "_inputs", "_plain", "_second", "_short", "_values",
    )  # fmt: skip

    def __init__(
        self,
        loss: expression,
        parameters: Mapping[Any, Any],
        data: Any = None,
        *,
        beside: Collection[str] = (),
    ) -> None:
        self.expression = formula_of(loss)
        self.packing = Packing(parameters)
        program = compiled_of(self.expression).program
        for name in self.packing.names:
            if name not in program.inputs and name not in beside:
                raise lacking(program, name)
        self.start = self.packing.pack(parameters)
        self._given = data
        self._values = self.values_at(self.start)
        self._inputs = bound_inputs(program, self._values)
        self.moving = tuple([name for name in self.packing.names if name in program.inputs])
        self._prepare(program)
        if not self._plain and not is_number(program, self._inputs):
            refuse_array(program, self._evaluator.outputs(self._views(self.start))[0])

    def _prepare(self, program: Program) -> None:
        self._evaluator = Evaluator(program, DOUBLES, self._inputs, self.moving)
        self._short: Compiled | None = None
        self._held: dict[str, Any] = {}
        self._second: Evaluator | None = None
        # Plain numbers and no data: there generated code is fastest.
        numbers = self.packing.size == len(self.packing.shapes)
        numbers = numbers and len(self.moving) == len(self._inputs)
        self._plain = numbers and program.is_elementwise() and not holds_arrays(program)

    def over(self, data: Mapping[str, Any]) -> DenseObjective:
        """Return the same loss of the same parameters over other data: some rows of them, say.

        data: numbers and arrays in double precision for what this one has data for.

        >>> x, w = expression("x"), expression("w")
        >>> from chainrule import mean
        >>> loss = DenseObjective(mean((x - w) ** 2), {"w": 0.0}, {"x": [1.0, 2.0, 6.0]})
        >>> loss.over({"x": np.array([1.0, 2.0])}).value(loss.start)
        2.5
        """
        other = object.__new__(DenseObjective)
        other.expression, other.packing, other.start = self.expression, self.packing, self.start
        other.moving = self.moving
        held = self.packing.shapes
        kept = {name: value for name, value in self._inputs.items() if name in held}
        other._given = data
        other._values = [data, kept]
        order = self._evaluator.program.inputs
        other._inputs = {name: kept[name] if name in kept else data[name] for name in order}
        other._prepare(self._evaluator.program)
        return other

    def rows(self, places: Any) -> DenseObjective:
        """Return the loss over the rows at some places, of the arrays as long as the longest.

        >>> x, w = expression("x"), expression("w")
        >>> from chainrule import mean
        >>> loss = DenseObjective(mean((x - w) ** 2), {"w": 0.0}, {"x": [1.0, 2.0, 6.0]})
        >>> loss.rows([0, 2]).value(loss.start)
        18.5
        """
        data = self.data
        count = max((len(value) for value in data.values() if np.ndim(value)), default=0)
        return self.over(
            {
                name: value[places] if np.ndim(value) and len(value) == count else value
                for name, value in data.items()
            }
        )

    @property
    def n_numbers(self) -> int:
        """How many numbers the data hold."""
        return sum(np.size(value) for value in self.data.values())

    def prints(self) -> dict[str, str]:
        """Return a hash of each number and array of the data, by name."""
        return data_prints(self.data)

    def values_at(self, vector: Floats) -> Any:
        """Return all that was given, with the parameters of a vector (n,), as `eval` takes it."""
        return together(self._given, self.packing.unpack(vector))

    def _views(self, vector: Floats) -> dict[str, Any]:
        views = self.packing.views(vector)
        if len(self.moving) == len(views):
            return views
        return {name: views[name] for name in self.moving}

    @property
    def data(self) -> dict[str, Any]:
        """What the other variables are bound to: numbers and arrays in double precision, by name.

        >>> sorted(DenseObjective(expression("x") * expression("a"), {"x": 1.0}, {"a": 2}).data)
        ['a']
        """
        moving = self.packing.shapes
        return {name: value for name, value in self._inputs.items() if name not in moving}

    def inputs_of(self, program: Program) -> dict[str, Any]:
        """Return a value for every variable of a program, at the start, as the loss takes it.

        Raises: UnknownVariable for one that nobody gave.

        >>> loss = DenseObjective(expression("x") ** 2, {"x": 1.0})
        >>> loss.inputs_of(compiled_of(expression("x") + 1).program)
        {'x': np.float64(1.0)}
        """
        if all(name in self._inputs for name in program.inputs):
            return {name: self._inputs[name] for name in program.inputs}
        return bound_inputs(program, self.values_at(self.start))

    def value(self, vector: Floats) -> float:
        """Return the loss at a vector (n,).

        >>> DenseObjective(expression("x") ** 2, {"x": 1.0}).value(np.array([3.0]))
        9.0
        """
        if self._plain:
            return float(self.expression.eval(self._named(vector)))
        return float(self._computed(self._views(vector)))

    def _computed(self, moved: Mapping[str, Any]) -> Any:
        """Compute the loss at these values of what moves."""
        short, inputs = self._bound(moved)
        found = value_in_blocks(short, DOUBLES, inputs)
        return self._evaluator.outputs(moved)[0] if found is None else found

    def value_and_gradient(self, vector: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient (n,), NaN or infinite where they are.

        Cost: one reverse sweep, a small multiple of one evaluation.

        >>> DenseObjective(expression("x") ** 2, {"x": 1.0}).value_and_gradient(np.array([3.0]))
        (9.0, array([6.]))
        """
        if self._plain:
            value, partials = self.expression.value_and_diff(self._named(vector))
            return float(value), self.joined([partials[name] for name in self.moving])
        views = self._views(vector)
        short, inputs = self._bound(views)
        known = with_partials_in_blocks(short, DOUBLES, inputs, self.moving)
        if known is not None:
            return float(known[0]), self.joined(known[1])
        at = self._evaluator.run(views)
        value = float(at.output)
        wanted = list(self._evaluator.moving.values())
        found = at.vjp({at.program.outputs[0]: 1}, wanted, last=True)
        return value, self.joined([found.get(slot) for slot in wanted])

    def _bound(self, moved: Mapping[str, Any]) -> tuple[Compiled, dict[str, Any]]:
        """Return the part of the loss that moves, and the values of its variables."""
        if self._short is None:
            known = compiled_of(self.expression)
            self._short, self._held = moving_part(known, self.moving, self._inputs)
        for name in self.moving:
            self._held[name] = moved[name]
        return self._short, self._held

    def _named(self, vector: Floats) -> dict[str, float]:
        named = dict(zip(self.packing.shapes, vector.tolist(), strict=True))
        if len(self.moving) == len(named):
            return named
        return {name: named[name] for name in self.moving}

    def curvature(self, vector: Floats) -> Product:
        """Return the Hessian at a vector as a function: a direction (n,) in, the product (n,) out.

        Cost: one gradient now, and a small multiple of one for each direction.
        Source: Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.

        >>> DenseObjective(expression("x") ** 3, {"x": 1.0}).curvature(np.array([2.0]))(np.ones(1))
        array([12.])
        """
        at = self._linearised(vector)

        def product(direction: Floats) -> Floats:
            # A parameter that stays put need not be swept over.
            parts = self._views(direction).items()
            seeds = {at.program.inputs[name]: part for name, part in parts if np.any(part)}
            found = at.jvp(seeds)
            return self.joined([found[output] for output in at.program.outputs[1:]])

        return product

    def _linearised(self, vector: Floats) -> Pass:
        """Return the pass of the gradient at a vector, ready to be swept forth."""
        if self._second is None:
            program = gradient_program(self.expression, list(self.moving))
            self._second = Evaluator(program, DOUBLES, self._inputs, self.moving)
        return self._second.run(self._views(np.array(vector, dtype=np.float64)))

    def hessian(self, vector: Floats) -> Floats:
        """Return the Hessian at a vector, (n, n) and symmetric.

        Cost: one product for each of the n directions, or all in one sweep where every variable
        is a number.

        >>> x, y = expression("x"), expression("y")
        >>> DenseObjective(x * y, {"x": 1.0, "y": 2.0}).hessian(np.array([1.0, 2.0]))
        array([[0., 1.],
               [1., 0.]])
        """
        at = self._linearised(vector)
        sources = [at.program.inputs[name] for name in self.moving]
        found = at.many(sources, at.program.outputs[1:], forth=True)
        if found is None or len(found) < self.packing.size:
            product = self.curvature(vector)
            rows = [product(direction) for direction in np.eye(self.packing.size)]
            found = np.array(rows).reshape(-1, self.packing.size)
        whole: Floats = (found + found.T) / 2
        return whole

    def rounding(self, vector: Floats) -> float:
        """Return how far rounding may have moved the loss at a vector, to the first order.

        Differences of the loss below it tell nothing: 1 + x - 1 near x = 0 knows 16 digits of 1.
        Cost: one reverse sweep, that keeps all of its steps where it cannot go in blocks of rows.

        >>> one = DenseObjective(1 + expression("x") - 1, {"x": 0.0})
        >>> 1e-16 < one.rounding(np.array([1e-9])) < 1e-15
        True
        """
        values = {**self._inputs, **self._views(np.array(vector, dtype=np.float64))}
        program = self._evaluator.program
        written = None if self._plain else program.analysis(rounding_program, self.moving)
        if written is not None:
            given = {name: values[name] for name in written.program.inputs}
            found = value_in_blocks(written, DOUBLES, given)
            if found is None:
                found = Evaluator(written.program, DOUBLES, given).outputs()[0]
            if np.isfinite(found):
                return float(found)
        return float(conditioning(program, values, list(self.moving)).rounding)

    def check_start(self) -> None:
        """Refuse a start where the loss or its gradient is NaN or infinite.

        Raises: NotANumber, with the step where that began.

        >>> DenseObjective(expression("x") ** 0.5, {"x": -1.0}).check_start()
        Traceback (most recent call last):
        chainrule.errors.NotANumber: the loss is nan at the start: x**0.5 is nan, where x = -1.0.
        Start elsewhere, or mend the data.
        """
        value, gradient = self.value_and_gradient(self.start)
        if np.isfinite(value) and np.isfinite(gradient).all():
            return
        compiled = compiled_of(self.expression)
        what = f"the loss is {value}"
        try:
            if not np.isfinite(value):
                value_of(compiled, self._values, "raise")
            wrong = self.packing.elements[int(np.argmin(np.isfinite(gradient)))]
            what = f"the loss is {value:.6g}, but its derivative by {wrong} is not finite"
            partials_checked(compiled, self._values, self.moving)
        except NotANumber as error:
            trouble(what, str(error).replace(ADVICE, "").rstrip())
        trouble(what, "it overflows on the way.")


def trouble(what: str, why: str) -> NoReturn:
    """Raise for a start that is no place to start from."""
    raise NotANumber(f"{what} at the start: {why} Start elsewhere, or mend the data.")


def lacking(program: Program, name: str) -> UnknownVariable:
    """Build the error for a parameter that the loss does not contain."""
    return UnknownVariable(
        f"the loss {text(program, limit=200)} does not contain the parameter {name!r}. "
        f"Its variables: {listed(program.inputs)}.{closest(name, program.inputs)}"
    )


def together(data: Any, parameters: dict[str, Any]) -> Any:
    """Return data and parameters as values for `bind`."""
    if data is None:
        return parameters
    return [*data, parameters] if isinstance(data, list | tuple) else [data, parameters]


def bound_inputs(program: Program, values: Any) -> dict[str, Any]:
    """Return a number or an array in double precision for every variable of a program.

    Raises: UnknownVariable for one that nobody gave; ValueTypeError for complex data.
    """
    try:
        _, found = bind(program, values)
    except UnknownVariable as error:
        raise UnknownVariable(
            f"{error} What should move needs a start among the parameters; what stays belongs "
            "into the data."
        ) from None
    for name, value in found.items():
        if np.iscomplexobj(value):
            raise ValueTypeError(
                f"the value of {name!r} is complex, and a loss is a real number. Give its real "
                "and its imaginary part as two variables."
            )
    return {
        name: np.asarray(value, dtype=np.float64) if np.ndim(value) else np.float64(value)
        for name, value in found.items()
    }


def is_number(program: Program, inputs: Mapping[str, Any]) -> bool:
    """Tell whether a program comes to one real number, from shapes alone where they tell."""
    try:
        shapes = shapes_of(program, {name: np.shape(value) for name, value in inputs.items()})
    except ChainRuleError:  # whoever computes it has the words
        return False
    return shapes[program.outputs[0]] == () and program.analysis(has_real_constants)


def has_real_constants(program: Program) -> bool:
    """Tell whether no constant of a program is complex."""
    constants = [
        attributes[0]
        for operation, attributes in zip(program.operations, program.attributes, strict=True)
        if operation.role is Role.CONSTANT
    ]
    return not any(map(np.iscomplexobj, constants))


def refuse_array(program: Program, output: Any) -> None:
    """Refuse a loss that is not one real number.

    Raises: ShapeError, ValueTypeError.
    """
    shape = np.shape(output)
    if shape != ():
        loss = text(program, limit=200)
        raise ShapeError(
            f"the loss {loss} has shape {shape}, and only one number can be made smaller. "
            f"Did you mean mean({loss})?"
        )
    if np.iscomplexobj(output):
        raise ValueTypeError(
            f"the loss {text(program, limit=200)} is complex at the start, {output}, and only a "
            "real number can be made smaller."
        )
