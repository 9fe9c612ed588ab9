"""What Python's operators and built-in functions, and NumPy's, make of an expression.

Each builds the operation of its symbol, or says what to write in its place. Names no operation:
class bodies fill the tables. Imports the graph and the errors only.
"""

from __future__ import annotations

from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.node import Node
from chainrule.engine.notation import text
from chainrule.errors import ChainRuleError, OperationError, ValueTypeError, closest
from chainrule.language.registry import array_functions, called, operators, ufuncs

__all__ = ["Overloads", "array_functions", "operators", "ufuncs"]

ALIASES = {"flatten": "ravel"}  # methods that copy, which is nothing to an expression
IN_PLACE = {"sort"}  # methods that change an array, which an expression does not do


def combine(symbol: str, *operands: Any) -> Any:
    """Build the operation of an operator, or leave the operands to somebody else."""
    try:
        return operators[symbol](*operands)
    except ValueTypeError:
        foreign = next(operand for operand in operands if not isinstance(operand, Node))
        if isinstance(foreign, str | bytes | None | list | tuple | dict | set):
            raise
        return NotImplemented


class Overloads:
    """Operators of expressions, and the refusals of what only a number, or a list, can do."""

    __slots__ = ()

    # NumPy and pandas then hand their side of an operator to us.
    __array_priority__: ClassVar[float] = 1000.0
    __pandas_priority__: ClassVar[int] = 10_000

    # --- arithmetic

    def __add__(self, other: Any) -> Any:
        return combine("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return combine("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return combine("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return combine("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return combine("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return combine("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return combine("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return combine("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return combine("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return combine("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return combine("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return combine("%", other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any) -> Any:
        return combine("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return combine("**", other, self)

    def __matmul__(self, other: Any) -> Any:
        return combine("@", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return combine("@", other, self)

    def __neg__(self) -> Any:
        return combine("negate", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return combine("abs", self)

    def __getitem__(self, key: Any) -> Any:
        return operators["[]"](self, key)

    # --- arrays, with the methods of NumPy's

    if not TYPE_CHECKING:  # a type checker then still knows a method that there is not

        def __getattr__(self, name: str) -> Any:
            """Find a method of NumPy's arrays among NumPy's functions: x.max(axis=0)."""
            try:
                return object.__getattribute__(self, name)
            except AttributeError as error:
                meant = None if name in IN_PLACE else getattr(np, ALIASES.get(name, name), None)
                if hasattr(np.ndarray, name) and meant in array_functions:
                    return partial(array_functions[meant], self)
                raise AttributeError(f"{error}{instead(self, name)}") from None

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """The array with its axes in reverse order: of a matrix, the transpose.

        >>> from chainrule import matrix
        >>> X = matrix("X", "n", 3)
        >>> print(X.T @ X, (X.T @ X).shape)
        X.T @ X (3, 3)
        """
        return operators[".T"](self)

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's name
        """Each matrix of a batch turned over: the last two axes exchanged."""
        return operators[".mT"](self)

    def transpose(self, *axes: Any) -> Any:
        """Return the array with its axes in this order, or in reverse."""
        return operators["transpose"](self, axes=one_or_all(axes) if axes else None)

    def reshape(self, *shape: Any) -> Any:
        """Return the elements in another shape: x.reshape(2, -1), or x.reshape((2, -1))."""
        return operators["reshape"](self, shape=one_or_all(shape))

    def ravel(self) -> Any:
        """Return all elements in a row."""
        return operators["ravel"](self)

    def squeeze(self, axis: Any = None) -> Any:
        """Return the array without its axes of length 1, or without those named."""
        return operators["squeeze"](self, axis=axis)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the sum of all elements, or along an axis.

        >>> from chainrule import expression
        >>> print(expression("x").sum(axis=0))
        sum(x, axis=0)
        """
        return operators["sum"](self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the mean of all elements, or along an axis."""
        return operators["mean"](self, axis=axis, keepdims=keepdims)

    # --- comparisons and logic

    def __lt__(self, other: Any) -> Any:
        return combine("<", self, other)

    def __le__(self, other: Any) -> Any:
        return combine("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return combine(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return combine(">=", self, other)

    def __and__(self, other: Any) -> Any:
        return combine("&", self, other)

    def __rand__(self, other: Any) -> Any:
        return combine("&", other, self)

    def __or__(self, other: Any) -> Any:
        return combine("|", self, other)

    def __ror__(self, other: Any) -> Any:
        return combine("|", other, self)

    def __invert__(self) -> Any:
        return combine("~", self)

    def __xor__(self, other: Any) -> NoReturn:
        refuse_caret(self, other)

    def __rxor__(self, other: Any) -> NoReturn:
        refuse_caret(other, self)

    def __bool__(self) -> NoReturn:
        raise ValueTypeError(
            f"the truth of {shown(self)} is not known before it has values.\n"
            "To choose, write where(condition, a, b) for if; (1 < x) & (x < 3) for 1 < x < 3; "
            "&, | and ~ for and, or and not; maximum(a, b) and minimum(a, b) for max and min. "
            "`is` compares graphs."
        )

    # --- rounding, as Python's built-in functions and those of `math` ask for it

    def __floor__(self) -> Any:
        return ufuncs[np.floor](self)

    def __ceil__(self) -> Any:
        return ufuncs[np.ceil](self)

    def __trunc__(self) -> Any:
        return ufuncs[np.trunc](self)

    def __round__(self, ndigits: Any = None) -> Any:
        if ndigits:
            raise OperationError(
                f"round({shown(self)}, {ndigits}) is not to whole numbers. "
                "For two digits, write round(100*x)/100; to show fewer, round the value."
            )
        return ufuncs[np.rint](self)

    # --- what an expression is not

    def __int__(self) -> NoReturn:
        refuse_number(self, "floor(x) and round(x) give whole numbers")

    def __float__(self) -> NoReturn:
        refuse_number(self, "in place of math.sin(x) write sin(x), with chainrule's functions")

    def __complex__(self) -> NoReturn:
        refuse_number(self, "in place of cmath.sin(x) write sin(x), with chainrule's functions")

    def __len__(self) -> NoReturn:  # noqa: PLE0303  # it has none
        refuse_list(self, "has no length before it has values: count(x) is the number of elements")

    def __iter__(self) -> NoReturn:
        refuse_list(
            self,
            "cannot be looped over, as Python's own sum and max do: chainrule.sum(x) adds its "
            "elements, and x[0] is one of them",
        )

    def __contains__(self, item: Any) -> NoReturn:
        refuse_list(self, "holds no items to look through: its variables are in e.variables")

    def __format__(self, spec: str) -> str:
        try:
            return format(str(self), spec)
        except ValueError:
            raise ValueTypeError(
                f"{shown(self)} is an expression, and {spec!r} formats a number. "
                f"Format the value: {{e.eval(values):{spec}}}."
            ) from None

    # --- NumPy

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Build the operation of a NumPy function called on an expression."""
        operation = ufuncs.get(ufunc)
        if operation is None or method != "__call__" or options:
            called = "" if method == "__call__" else f".{method}"
            refuse_numpy(f"numpy.{ufunc.__name__}{called}", options if operation else {})
        return operation(*inputs)

    def __array_function__(
        self, function: Any, types: Any, arguments: Any, options: dict[str, Any]
    ) -> Any:
        """Build what a NumPy function over whole arrays means of an expression."""
        del types
        meant = array_functions.get(function)
        if meant is None:
            refuse_numpy(f"{function.__module__}.{function.__name__}", {})
        try:
            return meant(*arguments, **options)
        except ChainRuleError:
            raise
        except TypeError:  # an option that it has, and its meaning here has not
            known = signature(meant).parameters
            extra = {word: options[word] for word in options if word not in known}
            refuse_numpy(f"{function.__module__}.{function.__name__}", extra or options)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise ValueTypeError(
            f"{shown(self)} is an expression, not an array. Use .eval(values) to get numbers."
        )


def instead(e: Any, name: str) -> str:
    """Say what to write where there is no such method: a function, or a name that is close."""
    if name.startswith("_") or hasattr(type(e), name):  # a property, which says why
        return ""
    if called(name) is not None:
        return f". There is a function: {name}({shown(e)})."
    meant = closest(name, dir(e))
    return f".{meant}" if meant else ""


def one_or_all(given: tuple[Any, ...]) -> Any:
    """Return what is given one by one, or as one tuple."""
    return given[0] if len(given) == 1 else given


def shown(value: Any) -> str:
    """Write an operand for a message."""
    return text(compiled_of(value).program, limit=200) if isinstance(value, Node) else repr(value)


def refuse_caret(left: Any, right: Any) -> NoReturn:
    """Say that ^ is no power."""
    raise OperationError(
        f"there is no {shown(left)} ^ {shown(right)}. A power is written **; "
        "of two conditions, not_equal(a, b) tells whether one alone holds."
    )


def refuse_number(e: Any, words: str) -> NoReturn:
    """Say that an expression is no number."""
    raise ValueTypeError(
        f"{shown(e)} is an expression, not a number. Use .eval(values) to get one; {words}."
    )


def refuse_list(e: Any, words: str) -> NoReturn:
    """Say that an expression is no list."""
    raise ValueTypeError(f"{shown(e)} is an expression and {words}.")


def refuse_numpy(called: str, options: dict[str, Any]) -> NoReturn:
    """Say that a NumPy function, or an option of it, cannot be had of an expression."""
    with_option = f" with {next(iter(options))}=" if options else ""
    raise OperationError(
        f"{called} cannot take an expression{with_option}. Use operators and chainrule's own "
        f"functions, or evaluate first: {called}(e.eval(values))."
    )
