"""`expression`: a named variable, and the base of every expression.

Holds what can be done with any expression: evaluate, differentiate, print, pickle. What Python's
operators and NumPy's functions make of one stands in `overloads`. Names no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from operator import index as operator_index
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from chainrule.engine import notation as writing
from chainrule.engine.compiled import compiled_of
from chainrule.engine.inference import declarations, shape_of
from chainrule.engine.node import Node, intern
from chainrule.engine.program import Program, flatten
from chainrule.engine.properties import NOTHING, Properties
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import NOT_KNOWN, declared_shapes
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.engine.tidy import tidy, tidy_tangents
from chainrule.errors import UnknownVariable, ValueTypeError
from chainrule.language import compute
from chainrule.language.overloads import Overloads
from chainrule.language.registry import operators, ufuncs

__all__ = ["expression", "lift", "operators", "ufuncs"]


def lift(value: Any) -> expression:
    """Return a value as an expression: an expression is itself, a number a constant.

    Raises: ValueTypeError for text (a name needs `expression(name)`) and what is no number.
    """
    return value if isinstance(value, expression) else operators["constant"](value)


class ShapeRule:
    """Two things called shape: of an operation's class its rule, of an expression its own shape."""

    __slots__ = ("rule",)

    def __init__(self, rule: Any = None) -> None:
        self.rule = rule

    def __get__(self, item: Any, owner: Any) -> Any:
        if item is not None:
            return shape_of(item)
        if self.rule is None:
            raise AttributeError(f"{owner.__name__} declares no rule for shapes")
        return self.rule.__get__(None, owner)


class expression(Overloads, Node):
    """A variable with a name; the base class of every expression.

    name: any text; one that is no identifier is printed in backticks.
    shape: the sizes of its axes, each a number, a name such as "n", which stands for one size
    throughout an expression, or None for any; () for a number. Without it, the shape is that of
    the value given. Shapes that cannot fit are then refused when an expression is built.
    Raises: ValueTypeError for what is no name, or no shape.
    Source: course deck A, "Autodiff Review: Expression".

    >>> x = expression("x")
    >>> x.eval({"x": 10})
    10.0
    >>> x is expression("x")
    True
    >>> X, w = expression("X", shape=("n", 3)), expression("w", shape=(3,))
    >>> (X @ w).shape
    (n,)
    """

    __slots__ = ()

    # What the engine reads; see engine/protocol.py. A variable computes nothing.
    role: ClassVar[Role] = Role.VARIABLE
    is_elementwise: ClassVar[bool] = True
    gives_truth: ClassVar[bool] = False
    makes_arrays: ClassVar[bool] = False  # out of numbers too: x[None]
    notation: ClassVar[Any] = None
    properties: ClassVar[Properties] = NOTHING
    domain: ClassVar[Any] = None
    kinks: ClassVar[Any] = ()
    samples: ClassVar[tuple[Any, ...]] = ()
    spell: ClassVar[Mapping[str, str]] = {}
    meaning: ClassVar[Any] = None
    partials: ClassVar[Any] = None
    pull: ClassVar[Any] = None
    push: ClassVar[Any] = None
    rows: ClassVar[Any] = None
    mixing: ClassVar[str] = ""
    weights: ClassVar[Any] = None
    masks: ClassVar[Any] = None  # how masks are written, see `guarding`
    simplify: ClassVar[Any] = None
    limit: ClassVar[Any] = None
    lift: ClassVar[Any] = staticmethod(lift)
    # Of an expression: a tuple of sizes, numbers or names, or None where it is not known yet.
    shape: ClassVar[Any] = ShapeRule()

    def __new__(cls, name: str, shape: Any = None) -> expression:  # noqa: PYI034 - a pooled node
        if not isinstance(name, str) or not name:
            raise ValueTypeError(
                f"a variable needs a name, not {name!r}. "
                'For instance expression("x"); a number is constant(2), or just 2.'
            )
        if shape is None:
            return intern(cls, (), (name,))
        sizes = declared_shape(name, shape)
        if not declarations:
            declarations.append(True)
        return intern(cls, (), (name, sizes))

    @classmethod
    def again(cls, arguments: tuple[Node, ...], attributes: tuple[Any, ...]) -> expression:
        """Build a node of this class over other arguments."""
        return intern(cls, arguments, attributes)

    @property
    def name(self) -> str:
        """The name of a variable or of a named step; other expressions have none."""
        if type(self).role in (Role.VARIABLE, Role.LABEL):
            return str(self.attributes[0])
        raise AttributeError(f"{type(self).__name__} has no name: {self}")

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in it, in the order of first appearance.

        >>> (expression("x") * expression("y") + expression("x")).variables
        ('x', 'y')
        """
        return tuple(compiled_of(self).program.inputs)

    @property
    def ndim(self) -> int | None:
        """The number of axes; None where it is not known before there are values."""
        shape = shape_of(self)
        return None if shape is None else len(shape)

    # --- numbers

    def eval(self, values: Any = None, *, on_nan: str = "ignore") -> Any:
        """Return the value, given a value for every variable.

        values: a mapping from names to numbers, arrays or columns; a dataframe, of which only the
        columns that are needed are read; or a list of these, for numbers beside a table:
        `[table, {"m": 2.0}]`. A column of truth values counts as 1 and 0. A null is an error, a
        NaN is a number.
        on_nan: "raise" names the first sub-expression that is NaN or infinite.
        Returns a float for numbers, an array for arrays (broadcast as in NumPy).
        Raises: UnknownVariable, ValueTypeError, DataError, ShapeError, NameClash, NotANumber.

        >>> x = expression("x")
        >>> (2 * x).eval({"x": 10})
        20.0
        >>> (2 * x).eval({"x": [1, 2, 3]})
        array([2., 4., 6.])
        """
        compiled = self.compiled or compiled_of(self)
        if compiled.value is not None and on_nan == "ignore":
            try:
                return compiled.value(values)
            except compute.NOT_PLAIN:
                pass
        return compute.value(compiled, {} if values is None else values, on_nan)

    def diff(
        self,
        values: Any = None,
        wrt: str | expression | None = None,
        *,
        on_nan: str = "ignore",
    ) -> Any:
        """Return the derivative with respect to one variable, or every first partial as a dict.

        values: as for `eval`. wrt: a name, a variable, or a named step.
        on_nan: "raise" names the step, going backward, where a derivative became NaN or infinite.
        Shapes: of a scalar output, the shape of the variable. Of a column, the derivative of each
        element, where the variable is a number or the expression is elementwise in it.
        Raises: as `eval`; UnknownVariable for a name that is not in it; DerivativeError where the
        derivative is a matrix (ask `jacobian`).

        >>> x, y = expression("x"), expression("y")
        >>> (x * y).diff({"x": 2, "y": 3}, "x")
        3.0
        >>> (x * y).diff({"x": 2, "y": 3})
        {'x': 3.0, 'y': 2.0}
        """
        compiled = self.compiled or compiled_of(self)
        if wrt is not None:
            name = name_of(wrt)
            if compiled.gradients is not None and on_nan == "ignore":
                try:
                    return compiled.gradients(values)[name]
                except compute.NOT_PLAIN:
                    pass
            return compute.derivative_by(compiled, {} if values is None else values, name, on_nan)
        if compiled.gradients is not None and on_nan == "ignore":
            try:
                return compiled.gradients(values)
            except compute.NOT_PLAIN:
                pass
        return compute.gradient(compiled, {} if values is None else values, on_nan)

    def value_and_diff(
        self, values: Any = None, wrt: Iterable[str | expression] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Return the value and the first partials, from one forward and one backward pass.

        values: as for `eval`. wrt: the names, variables or named steps by which partials are
        wanted, in the order of the answer, or one alone; otherwise every variable. No other
        partial is formed: leave out the columns of the data.
        Shapes, Raises: as for `diff`.

        >>> expression("x").value_and_diff({"x": 2})
        (2.0, {'x': 1.0})
        >>> m, x = expression("m"), expression("x")
        >>> (m * x).value_and_diff({"m": 2, "x": [1, 3]}, wrt="m")
        (array([2., 6.]), {'m': array([1., 3.])})
        """
        # What calls cost here is a third of what a small formula costs: as few of them as will do.
        compiled = self.compiled or compiled_of(self)
        made = compiled.values_and_gradients
        if made is not None:
            try:
                if wrt is None:
                    return made(values)
                value, partials = made(values)
                return value, {name: partials[name] for name in names_of(wrt)}
            except compute.NOT_PLAIN:
                pass
        names = None if wrt is None else names_of(wrt)
        return compute.value_and_gradient(compiled, {} if values is None else values, names)

    def function(
        self, *names: Any, partials: bool | None = None, as_array: bool = False
    ) -> Callable[..., Any]:
        """Return a fast function of the variables: numbers or arrays, by position or by name.

        names: the variables in the order of its arguments, one by one or as one list; without any,
        in the order of `variables`. The function returns the value; with partials=True a pair, the
        value and a tuple of the partials in that order. It can be pickled; `target` says what
        serves it, "python" for a formula of numbers, and `source` is that target's text.
        as_array: the function takes one array with the numbers in that order, and returns the value
        and one array of partials, as `scipy.optimize.minimize(..., jac=True)` takes it; with
        partials=False the value alone. A variable that declares a shape of numbers takes as many
        elements, in C order.
        Raises: UnknownVariable for a name that is not in it, and for a variable that is not named;
        NameClash for one named twice. The function: ValueTypeError for too few arguments or too
        many; ShapeError for an array of another length; as `eval`.

        >>> x, y = expression("x"), expression("y")
        >>> area = (x * y).function("x", "y", partials=True)
        >>> area(2.0, 3.0)
        (6.0, (3.0, 2.0))
        >>> area(y=3, x=2)
        (6.0, (3.0, 2.0))
        >>> (x * y).function(["y", "x"], as_array=True)(np.array([3.0, 2.0]))
        (6.0, array([2., 3.]))
        """
        if len(names) == 1 and not isinstance(names[0], str | expression):
            names = tuple(names[0])
        asked = [name_of(name) for name in names]
        made: Callable[..., Any] = from_above("language.function", "function_of")(
            self, asked, partials=partials, as_array=as_array
        )
        return made

    # --- expressions

    def derivative(self, wrt: str | expression, order: int = 1) -> expression:
        """Return the derivative as an expression, tidied; repeat for higher orders.

        wrt: the name of a variable, taken as a number (or as a column, where the expression is
        elementwise in it) unless it declares a shape. For the gradient by an array that does not,
        use `gradient`.
        Shapes: of a number by a variable with a declared shape, that shape.
        Raises: UnknownVariable; DerivativeError where the derivative is a matrix, or larger.

        >>> x, y, z = expression("x"), expression("y"), expression("z")
        >>> from chainrule import sin
        >>> print(sin((x + y) * z).derivative("x"))
        cos((x + y)*z)*z
        >>> X, w = expression("X", shape=("n", 3)), expression("w", shape=(3,))
        >>> y = expression("y", shape=("n",))
        >>> print(((X @ w - y) @ (X @ w - y)).derivative("w"))
        2*(X.T @ (X @ w - y))
        """
        if not isinstance(order, int) or isinstance(order, bool) or order < 0:
            raise ValueTypeError(f"order must be a whole number from 0, not {order!r}.")
        name = name_of(wrt)
        compute.slot_of(compiled_of(self).program, name)
        found: expression = self
        for _ in range(order):
            program = compiled_of(found).program
            if name not in program.inputs and name not in program.labels:
                return lift(0)  # the derivative before no longer depended on it
            slot = compute.slot_of(program, name)
            # Of a named step too: of one that is an array, a number would be the sum of all.
            if program.declared and declared_shapes(program)[slot] not in (NOT_KNOWN, ()):
                found = from_above("calculus.symbolic", "derivative_by_array")(found, name)
                continue
            tangent = tidy_tangents(program, {slot: 1})[program.outputs[0]]
            found = as_number(lift(0 if tangent is None else tangent))
        return found

    def explain(self, values: Any, wrt: str | expression | None = None) -> Any:
        """Return the forward pass, then the backward pass, a line a step: an `Explanation`.

        >>> print(expression("x").explain({"x": 2.0}))  # doctest: +ELLIPSIS
        forward
        ...
        """
        return operators["explain"](self, values, None if wrt is None else name_of(wrt))

    def graph(self, values: Any = None, wrt: str | expression | None = None) -> Any:
        """Return the computation graph, a `Graph`: a picture wherever it is displayed.

        values: as for `eval`, for a graph with the numbers of both passes; None for one without.
        wrt: the variable or named step to light up the paths from; None for all.

        >>> x, y, z = expression("x"), expression("y"), expression("z")
        >>> ((x + y) * z).graph()
        <Graph of (x + y)*z: 5 nodes, depth 2>
        """
        return from_above("draw.graph", "graph")(self, values, wrt)

    def tidy(self, *, assume_finite: bool = False) -> expression:
        """Return a simplified expression of the same value (to rounding).

        assume_finite: also drop what only NaN or infinity could tell: 0*x is 0, x - x is 0.

        >>> x = expression("x")
        >>> print((1 * x + 0 * x).tidy(), "|", (1 * x + 0 * x).tidy(assume_finite=True))
        x + 0*x | x
        """
        tidied = lift(tidy(self, assume_finite=assume_finite))
        return tidied if self.gives_truth else as_number(tidied)

    # --- text

    def __str__(self) -> str:
        return writing.text(compiled_of(self).program)

    def __repr__(self) -> str:
        if type(self) is expression:
            return f"expression({self.name!r})"
        return f"<{type(self).__name__} {self}>"

    def to_text(self, *, limit: int = writing.LIMIT) -> str:
        """Return the formula with least brackets; it parses back to the same graph.

        limit: beyond so many places in the written tree, inner parts become "...".
        """
        return writing.text(compiled_of(self).program, limit=limit)

    def to_latex(self, *, limit: int = writing.LIMIT) -> str:
        r"""Return the formula in LaTeX's math mode.

        >>> print((expression("x") / 2).to_latex())
        \frac{x}{2}
        """
        return writing.latex(compiled_of(self).program, limit=limit)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        show = from_above("draw.notebook", "expression_bundle")
        found: dict[str, str] = show(self, include, exclude)
        return found

    def __dir__(self) -> list[str]:
        """List what can be done with an expression: its class also holds what the engine reads."""
        public = {
            name
            for kind in type(self).__mro__
            for name, found in vars(kind).items()
            if isinstance(found, FunctionType | property) and not name.startswith("_")
        }
        has_name = type(self).role in (Role.VARIABLE, Role.LABEL)
        return sorted(public if has_name else public - {"name"})

    # --- an immutable value: copying gives itself, pickling is flat

    def __copy__(self) -> expression:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> expression:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (flatten([self]).to_state(),)


def declared_shape(name: str, shape: Any) -> tuple[Any, ...]:
    """Return a shape of plain sizes, from a tuple, a list, or one size alone.

    Raises: ValueTypeError for what is neither a size, nor a name of one, nor None.

    >>> declared_shape("v", expression("w", shape=("n", None)).shape)
    ('n', None)
    """
    listed = (shape,) if isinstance(shape, str | int | Size) else shape
    try:
        sizes = [as_declared(size) for size in listed]
    except TypeError:
        sizes = [...]
    for size in sizes:
        named = isinstance(size, str) and size.isidentifier()
        if (
            not named
            and size is not None
            and (not isinstance(size, int) or size < 0 or size is True)
        ):
            raise ValueTypeError(
                f"the shape of {name!r} is {shape!r}. Give a size for each axis: a whole number "
                'from 0, a name such as "n", or None for any; for instance shape=("n", 3).'
            )
    return tuple(sizes)


def as_declared(size: Any) -> Any:
    """Return a size as a variable declares it, also one that the shape of another gives."""
    if isinstance(size, Size):
        return None if size is UNKNOWN else str(size)
    return operator_index(size) if hasattr(size, "__index__") and size is not True else size


def as_number(found: expression) -> expression:
    """Return a comparison as the number 1 or 0, where it stands for one."""
    return 1 * found if found.gives_truth else found


def from_above(module: str, name: str) -> Any:
    """Return what a floor above makes of an expression, loaded when somebody asks for it."""
    return getattr(import_module(f"chainrule.{module}"), name)


def restore(state: tuple[Any, ...]) -> Node:
    """Build a pickled expression again."""
    program = Program.from_state(state)
    return program.nodes()[program.outputs[0]]


def name_of(wrt: Any) -> str:
    """Return the name meant by a name, a variable or a named step.

    Raises: UnknownVariable for an expression without a name.
    """
    if isinstance(wrt, str):
        return wrt
    if isinstance(wrt, expression):
        if type(wrt).role in (Role.VARIABLE, Role.LABEL):
            return wrt.name
        raise UnknownVariable(
            f"cannot differentiate by {wrt}, which is not a variable. "
            'Give a name, or name the step: named("d", ...).'
        )
    raise UnknownVariable(f"cannot differentiate by {wrt!r}. Give the name of a variable.")


def names_of(wrt: Any) -> list[str]:
    """Return the names meant by one name, variable or named step, or several, each once.

    Raises: UnknownVariable for an expression without a name.
    """
    alone = isinstance(wrt, str | expression) or not isinstance(wrt, Iterable)
    return list(dict.fromkeys([name_of(item) for item in ([wrt] if alone else wrt)]))


def is_array(value: Any) -> bool:
    """Tell whether a value is an array of one element or more axes."""
    return isinstance(value, np.ndarray) and value.ndim > 0
