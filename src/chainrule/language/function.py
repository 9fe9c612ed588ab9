"""A formula as a fast function of numbers or arrays by position, or of one array.

What Python's call costs is most of what a small formula costs. So the function of a short formula
of numbers is generated code bound to a `Function`, which answers in its place where the code does
not apply: to arrays, to infinities, to calls that do not fit.
"""

from __future__ import annotations

import builtins
import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from keyword import iskeyword
from types import MethodType
from typing import Any

import numpy as np

from chainrule.engine.compiled import STEPS_A_CALL, Building, compiled_of
from chainrule.engine.expansion import expanded
from chainrule.engine.gradient import gradient_pieces
from chainrule.engine.kernels import Form, function_pieces, tuple_of
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.errors import NameClash, ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.language import compute
from chainrule.language.values import listed, scalar

__all__ = ["Function", "function_of"]

MISSING = object()  # stands for an argument that was not given
# Up to so many steps code is generated at once: it takes some 50 ms.
AT_ONCE = 500
OURS = {"self", "scalar", "missing", "more", *dir(builtins)}


class Function:
    """What stands behind a fast function: the formula, its variables in order, and what is asked.

    partials: whether the partials are returned beside the value. as_array: whether the numbers come
    as one array, and the partials go as one.
    """

    __slots__ = ("as_array", "compiled", "expression", "names", "partials", "shapes")

    def __init__(
        self, expression: Any, names: tuple[str, ...], *, partials: bool, as_array: bool
    ) -> None:
        self.expression = expression
        self.compiled = compiled_of(expression)
        self.names = names
        self.partials = partials
        self.as_array = as_array
        self.shapes = shapes_of_parts(self.program, names) if as_array else []

    @property
    def program(self) -> Program:
        """The formula as a program."""
        return self.compiled.program

    @property
    def target(self) -> str:
        """Which target serves the function: "python", or "interpreter"."""
        return "interpreter" if self.code() is None else "python"

    @property
    def source(self) -> str:
        """The text of the generated code; without it the steps that are interpreted."""
        code = self.code()
        return str(self.program) if code is None else str(code.source)

    @property
    def compute(self) -> Callable[..., Any]:
        """The generated code where there is some, and otherwise this."""
        code = self.code()
        return self if code is None or self.is_long else MethodType(code, self)

    @property
    def is_long(self) -> bool:
        """Tell whether code is generated in pieces, over several calls."""
        fits = self.as_array or all(map(is_parameter, self.names))
        return not fits or len(self.program) > AT_ONCE

    def code(self) -> Any:
        """Return the generated code, or None as long as there is none."""
        if not self.compiled.can_be_generated() or any(self.shapes):
            return None
        key = ("function", self.names, self.partials, self.as_array, self.is_long)
        steps = STEPS_A_CALL if self.is_long else math.inf
        return self.compiled.of_floats(key, self.building, asked=True, steps=steps)

    def building(self) -> Building:
        """Generate the code."""
        if self.partials:
            program = yield from gradient_pieces(self.program)
        else:
            nodes = self.program.nodes()
            program = expanded([nodes[slot] for slot in self.program.outputs])
        given = {"scalar": scalar, "missing": MISSING, "array": np.array}
        return (yield from function_pieces(program, program.outputs, self.form(program), given))

    def form(self, program: Program) -> Form:
        """Return how the generated code takes its inputs, and what it returns."""
        places = [1 + list(program.inputs).index(name) for name in self.names]
        places = places if self.partials else []

        def result(words: Sequence[str]) -> str:
            if not self.partials:
                return words[0]
            partials = [words[place] for place in places]
            made = f"array([{', '.join(partials)}])" if self.as_array else tuple_of(partials)
            return f"{words[0]}, {made}"

        order = {name: number for number, name in enumerate(self.names)}
        form = Form(
            "self, *inputs",
            [f"inputs[{order[name]}]" for name in program.inputs],
            "inputs",
            result,
            values=(0,),
            otherwise="self.by_position(inputs)",
        )
        if self.as_array:
            return form._replace(
                parameters="self, values",
                opening=["inputs = self.listed(values)"],
                checked=False,
                otherwise="self.of_array(values)",
            )
        if self.is_long:
            return form
        otherwise = f"self.by_position({tuple_of(self.names)}, more)"
        return form._replace(
            parameters=", ".join(["self", *[f"{name}=missing" for name in self.names], "*more"]),
            reads=list(program.inputs),
            opening=[f"if more: return {otherwise}"],
            otherwise=otherwise,
            in_pieces=False,
        )

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Return the value, or the value and its partials."""
        if self.as_array:
            if len(inputs) != 1 or named:
                raise self.wrong_count(inputs, named)
            code = self.code()
            return self.of_array(inputs[0]) if code is None else code(self, inputs[0])
        if named:
            inputs = self.in_order(inputs, named)
        code = self.code() if self.is_long else None
        if code is None or len(inputs) != len(self.names):
            return self.by_position(inputs)
        return code(self, *inputs)

    def in_order(self, inputs: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """Return arguments of which some were given by name.

        Raises: ValueTypeError for a name that is none, or one that is given twice.
        """
        given = dict(zip(self.names, inputs, strict=False))
        for name in named:
            if name not in self.names:
                raise ValueTypeError(
                    f"{self} has no argument {name!r}. Its arguments: {listed(self.names)}."
                    f"{closest(name, list(self.names))}"
                )
            if name in given:
                raise ValueTypeError(
                    f"{self} is given {name!r} twice, by position and by name. Give it once."
                )
        given.update(named)
        ordered = tuple([given.get(name, MISSING) for name in self.names])
        return ordered + tuple(inputs[len(self.names) :])

    def by_position(self, inputs: Sequence[Any], more: Sequence[Any] = ()) -> Any:
        """Return what the interpreter gives, for arguments of any kind.

        Raises: ValueTypeError where their number is wrong; as `eval`.
        """
        if more or len(inputs) != len(self.names) or any(item is MISSING for item in inputs):
            raise self.wrong_count([*inputs, *more], {})
        values = dict(zip(self.names, inputs, strict=True))
        if not self.partials:
            return compute.value(self.compiled, values, "ignore")
        value, partials = compute.value_and_gradient(self.compiled, values)
        return value, tuple([partials[name] for name in self.names])

    def listed(self, values: Any) -> list[float]:
        """Return the numbers in an array.

        Raises: TypeError for what the interpreter has to look at.
        """
        wanted = (len(self.names),)
        if type(values) is np.ndarray and values.dtype == np.float64 and values.shape == wanted:
            return values.tolist()  # type: ignore[no-any-return]  # of one axis: a list
        raise TypeError

    def of_array(self, values: Any) -> Any:
        """Return what the interpreter gives for one array.

        Raises: ShapeError where it has another length; as `eval`.
        """
        whole = np.asarray(values)
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        if whole.shape != (sum(sizes),):
            raise self.wrong_shape(whole.shape)
        parts, start = {}, 0
        for name, shape, size in zip(self.names, self.shapes, sizes, strict=True):
            part = whole[start : start + size].reshape(shape)
            parts[name] = part if shape else part.item()
            start += size
        if not self.partials:
            return compute.value(self.compiled, parts, "ignore")
        value, partials = compute.value_and_gradient(self.compiled, parts)
        flat = [np.ravel(partials[name]) for name in self.names]
        return value, np.concatenate(flat) if flat else np.zeros(0)

    def wrong_count(self, inputs: Sequence[Any], named: dict[str, Any]) -> ValueTypeError:
        """Build the error for a call with too few arguments, or too many."""
        if self.as_array:
            return ValueTypeError(
                f"{self} takes one array, but {len(inputs) + len(named)} arguments were given. "
                f"Give an array with the numbers for {listed(self.names)} in this order."
            )
        given = [item for item in inputs if item is not MISSING]
        lacking = [
            name
            for number, name in enumerate(self.names)
            if number >= len(inputs) or inputs[number] is MISSING
        ]
        told = f" {listed(lacking)} {'is' if len(lacking) == 1 else 'are'} missing." * bool(lacking)
        return ValueTypeError(
            f"{self} takes {len(self.names)} arguments, but {len(given)} "
            f"{'was' if len(given) == 1 else 'were'} given.{told} "
            f"Give a number or an array for each of {listed(self.names)}."
        )

    def wrong_shape(self, shape: tuple[int, ...]) -> ShapeError:
        """Build the error for an array of another shape."""
        wanted = sum(int(np.prod(own)) for own in self.shapes)
        return ShapeError(
            f"{self} takes one array of shape ({wanted},), the numbers for {listed(self.names)} in "
            f"this order, but the array given has shape {shape}."
        )

    def __repr__(self) -> str:
        return f"<function of {', '.join(self.names) or 'nothing'}: {self.short}>"

    def __str__(self) -> str:
        return f"the function of {', '.join(self.names) or 'nothing'}, {self.short},"

    @property
    def short(self) -> str:
        """The formula, shortened."""
        return text(self.program, limit=100)

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.expression, self.names, self.partials, self.as_array)


def function_of(
    expression: Any, names: Iterable[Any], *, partials: bool | None, as_array: bool
) -> Callable[..., Any]:
    """Return the fast function of an expression; see `expression.function`."""
    known = list(compiled_of(expression).program.inputs)
    given = tuple(names) or tuple(known)
    for name in given:
        if name not in known:
            raise UnknownVariable(
                f"a function of {name!r} cannot be made of {shortened(expression)}, which does not "
                f"contain it. Its variables: {listed(known)}.{closest(str(name), known)}"
            )
    twice = [name for name in given if given.count(name) > 1]
    if twice:
        raise NameClash(f"the function is to take {twice[0]!r} twice. Name each variable once.")
    lacking = [name for name in known if name not in given]
    if lacking:
        raise UnknownVariable(
            f"a function of {listed(given)} cannot be made of {shortened(expression)}, which also "
            f"contains {listed(lacking)}. Name every variable: "
            f"function({', '.join(map(repr, known))})."
        )
    pair = as_array if partials is None else partials
    return Function(expression, given, partials=pair, as_array=as_array).compute


def restored(
    expression: Any,
    names: tuple[str, ...],
    partials: bool,  # noqa: FBT001 - what a pickle holds is by position
    as_array: bool,  # noqa: FBT001
) -> Function:
    """Build a function again from its pickle."""
    return Function(expression, names, partials=partials, as_array=as_array)


def shortened(expression: Any) -> str:
    """Write an expression for a message."""
    return text(compiled_of(expression).program, limit=200)


def is_parameter(name: str) -> bool:
    """Tell whether a variable's name may stand in generated code as it is."""
    plain = name.isidentifier() and not iskeyword(name)
    # Python reads names in this form, in which two variables could be one.
    return plain and unicodedata.normalize("NFKC", name) == name and name not in OURS


def shapes_of_parts(program: Program, names: Iterable[str]) -> list[tuple[int, ...]]:
    """Return the shape of each variable within one array: that of a number, if none is declared.

    Raises: ShapeError for a declared shape with a size that is not known.
    """
    shapes: list[tuple[int, ...]] = []
    for name in names:
        declared = program.declared.get(name) or ()
        sizes = [size for size in declared if isinstance(size, int)]
        if len(sizes) < len(declared):
            raise ShapeError(
                f"{name!r} has shape {tuple(declared)}, of which not every size is a number, so it "
                "is not known where it ends in one array. Declare its sizes by number."
            )
        shapes.append(tuple(sizes))
    return shapes
