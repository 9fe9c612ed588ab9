"""The kinds of operation: what follows from a class body, so that no body says it twice.

`constant` and `named` are nodes of their own kind; `elementwise` operations say one local
derivative an operand, `composed` ones say their meaning in terms of others, `structural` ones say
how cotangents are pulled and tangents pushed.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable
from fractions import Fraction
from numbers import Number
from types import FunctionType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.node import Node, intern
from chainrule.engine.notation import ATOM, UNARY, Notation, function, latex_name, quoted
from chainrule.engine.program import flatten
from chainrule.engine.protocol import Role
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane, run
from chainrule.errors import OperationError, ValueTypeError
from chainrule.language.expression import _lifts, expression, operators, ufuncs

__all__ = [
    "composed",
    "constant",
    "elementwise",
    "named",
    "operations",
    "reading",
    "structural",
]

_RULES = ("partials", "meaning", "pull", "push", "shape", "forward", "simplify")
_registry: dict[str, type[operation]] = {}


def operations() -> dict[str, type[operation]]:
    """Return every operation there is, a user's own too: class name -> class."""
    return dict(_registry)


class Lazy:
    """A class attribute that is worked out for each operation when it is first wanted."""

    __slots__ = ("make", "name")

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> Any:
        made = self.make(owner)
        setattr(owner, self.name, staticmethod(made) if callable(made) else made)
        return made


class constant(expression):
    """A number, or an array of numbers, in an expression.

    value: any number or array; text, None and objects are refused.
    Source: course deck A, "Autodiff Review: Constant".

    >>> (constant(2) * expression("x")).eval({"x": 10})
    20.0
    """

    __slots__ = ()

    role = Role.CONSTANT

    def __new__(cls, value: Any) -> constant:  # type: ignore[override]  # a value, not a name
        if isinstance(value, expression):
            raise ValueTypeError(f"{value} is an expression already: use it as it is.")
        if type(value) in (int, float):
            return intern(cls, (), (value,))
        return intern(cls, (), (cls.checked(value),))

    @staticmethod
    def checked(value: Any) -> Any:
        """Return a number as it is, and an array as a read-only copy."""
        if isinstance(value, str):
            raise ValueTypeError(
                f"{value!r} is text, not a number. A variable is expression({value!r}); "
                f"a formula is parse({value!r})."
            )
        if isinstance(value, np.generic) and value.dtype.kind in "biufc":
            return value
        if isinstance(value, Number | bool) or hasattr(value, "_mpf_") or hasattr(value, "_mpc_"):
            return value
        if value is not None and not isinstance(value, bytes | set | dict):
            array = np.array(value)
            if array.dtype.kind in "biufc":
                array.flags.writeable = False
                return array
        raise ValueTypeError(
            f"{value!r} is a {type(value).__name__}, not a number. Give a number or an array."
        )

    @property
    def value(self) -> Any:
        """The number, as it was given."""
        return self.attributes[0]

    def __repr__(self) -> str:
        return f"constant({self.value!r})"

    @staticmethod
    def literal(value: Any, style: str) -> tuple[str, int]:
        """Write a value, and say how tightly the writing binds."""
        if isinstance(value, np.ndarray):
            body = np.array2string(value, separator=", ", threshold=sys.maxsize, floatmode="unique")
            if style == "latex":
                return rf"\mathtt{{{' '.join(body.split())}}}" if value.size <= 12 else "A", ATOM
            kind = "" if value.dtype == np.float64 else f", dtype={value.dtype.name!r}"
            return f"array({' '.join(body.split())}{kind})", ATOM
        if isinstance(value, Fraction) and style == "latex":
            return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", ATOM
        if type(value) in (int, float):
            written = repr(value)
            if style == "latex":
                mantissa, _, power = written.partition("e")
                written = rf"{mantissa} \cdot 10^{{{int(power)}}}" if power else mantissa
                written = written.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
            return written, (UNARY if written.startswith("-") else ATOM)
        return repr(value).removeprefix("np."), ATOM


_lifts.append(constant)


class operation(expression):
    """What elementwise, composed and structural operations share: building and registering."""

    __slots__ = ()

    role = Role.OPERATION
    keywords: ClassVar[dict[str, Any]] = {}
    arity: ClassVar[tuple[int, int | None]] = (1, 1)  # least and most operands; None: any number
    defaults: ClassVar[tuple[Any, ...]] = ()

    def __init_subclass__(cls, *, operator: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        body = cls.__dict__
        for name in _RULES:
            if isinstance(body.get(name), FunctionType):
                setattr(cls, name, staticmethod(body[name]))
        if cls.__name__ in ("elementwise", "composed", "structural"):
            return
        cls.arity, cls.defaults = cls.operands_of_rule()
        if "notation" not in body:
            words = tuple(cls.keywords)
            cls.notation = function(
                cls.__name__, keywords=words, defaults=tuple(cls.keywords.values())
            )
        elif cls.notation.keywords and not cls.keywords:
            raise OperationError(f"{cls.__name__}: its notation has keywords that it does not.")
        cls.gives_truth = cls.properties.truth
        _registry[cls.__name__] = cls
        if operator:
            operators[operator] = cls
        rule = body.get("forward")
        if isinstance(rule, np.ufunc):
            ufuncs.setdefault(rule, cls)

    @classmethod
    def operands_of_rule(cls) -> tuple[tuple[int, int | None], tuple[Any, ...]]:
        """Read from the signature of a rule how many operands there are."""
        for name, before in (("meaning", 0), ("partials", 1), ("pull", 2), ("push", 2)):
            rule = cls.__dict__.get(name)
            rule = rule.__func__ if isinstance(rule, staticmethod) else rule
            if rule is None:
                continue
            parameters = list(inspect.signature(rule).parameters.values())[before:]
            if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
                return (1, None), ()
            parameters = parameters[: len(parameters) - len(cls.keywords)]
            defaults = tuple(p.default for p in parameters if p.default is not p.empty)
            return (len(parameters) - len(defaults), len(parameters)), defaults
        if isinstance(cls.forward, np.ufunc):
            return (cls.forward.nin, cls.forward.nin), ()
        return (1, None), ()

    def __new__(cls, *operands: Any, **attributes: Any) -> Any:  # noqa: D102  # see each class
        least, most = cls.arity
        if most is not None and len(operands) < most:
            missing = most - len(operands)
            if missing <= len(cls.defaults):
                operands += cls.defaults[len(cls.defaults) - missing :]
        if len(operands) < least or (most is not None and len(operands) > most):
            wanted = f"{least}" if least == most else f"{least} or more"
            raise OperationError(
                f"{cls.__name__} takes {wanted} operand{'s' * (wanted != '1')}, "
                f"not {len(operands)}."
            )
        lifted = tuple(
            [item if isinstance(item, expression) else constant(item) for item in operands]
        )
        if not (cls.keywords or attributes):
            return intern(cls, lifted)
        return intern(cls, lifted, cls.attribute_values(attributes))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes in the order of the class body, defaults filled in."""
        unknown = [name for name in given if name not in cls.keywords]
        if unknown:
            raise OperationError(
                f"{cls.__name__} has no keyword {unknown[0]!r}. "
                f"It has: {', '.join(cls.keywords) or 'none'}."
            )
        return tuple([plain(given.get(name, default)) for name, default in cls.keywords.items()])

    # --- the lanes, each derived from what the class body says

    on_nodes = Lazy(lambda cls: lambda *operands: cls.of(operands))
    on_float = Lazy(lambda cls: float_lane(cls))
    on_array = Lazy(lambda cls: array_lane(cls))
    on_ieee = Lazy(lambda cls: ieee_lane(cls))
    on_exact = Lazy(lambda cls: exact_lane(cls))

    @classmethod
    def of(cls, operands_and_attributes: tuple[Any, ...]) -> Any:
        """Build a node from operands followed by attributes."""
        count = len(operands_and_attributes) - len(cls.keywords)
        named_attributes = dict(zip(cls.keywords, operands_and_attributes[count:], strict=True))
        return cls(*operands_and_attributes[:count], **named_attributes)


def plain(value: Any) -> Any:
    """Bring an attribute to a plain, hashable form: a list to a tuple, a NumPy integer to int."""
    if isinstance(value, list | tuple):
        return tuple([plain(item) for item in value])
    return int(value) if isinstance(value, np.integer) else value


class _ForMpmath:
    """The names that spellings use of `math`, over mpmath's numbers at its precision."""

    def __getattr__(self, name: str) -> Any:
        import mpmath  # noqa: PLC0415  # optional: only whoever passes its numbers needs it

        renamed = {
            "pow": lambda a, b: mpmath.mpmathify(a) ** b,
            "fabs": mpmath.fabs,
            "log2": lambda x: mpmath.log(x, 2),
            "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
            "copysign": lambda a, b: abs(a) if b >= 0 else -abs(a),
        }
        return renamed.get(name) or getattr(mpmath, name)


def spelled(cls: Any, namespace: dict[str, Any]) -> Callable[..., Any] | None:
    """Make a function of the Python spelling of an operation."""
    pattern = cls.spell.get("python")
    if pattern is None:
        return None
    most = cls.arity[1] or 1
    names = [f"a{number}" for number in range(most)]
    # The spelling stands in the operation's class body; it is code of its author's.
    made: Callable[..., Any] = eval(  # noqa: S307
        f"lambda {', '.join(names)}, *attributes: {pattern.format(*names)}", namespace
    )
    return made


def float_lane(cls: Any) -> Callable[..., Any]:
    """Compute with Python floats: the Python spelling, else the meaning, else NumPy."""
    made = spelled(cls, {"math": math})
    if made is not None:
        return made
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    through_numpy = array_lane(cls)

    def compute(*operands: Any) -> Any:
        with np.errstate(all="ignore"):
            return through_numpy(*operands).item()

    return compute


def array_lane(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy: what the class says, else the meaning."""
    if cls.forward is not None:
        return cls.forward  # type: ignore[no-any-return]
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    raise OperationError(
        f"{cls.__name__} says neither `forward` nor `meaning`, so it has no value. "
        "Add one of them to its class body."
    )


def ieee_lane(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy scalars: the float lane's answer where it has one, else NumPy's."""
    on_float = cls.on_float
    on_array = cls.on_array
    count = len(cls.keywords)

    def compute(*operands: Any) -> Any:
        cut = len(operands) - count
        try:
            return np.float64(on_float(*[float(x) for x in operands[:cut]], *operands[cut:]))
        except FLOAT_TROUBLE:
            return on_array(*[np.float64(x) for x in operands[:cut]], *operands[cut:])

    return compute


def exact_lane(cls: Any) -> Callable[..., Any]:
    """Compute with numbers as themselves: Fraction, Decimal, mpmath."""
    exact = SimpleNamespace(spell={"python": cls.spell.get("exact")}, arity=cls.arity)
    plainly = spelled(exact if "exact" in cls.spell else cls, {"math": math})
    precisely = spelled(exact if "exact" in cls.spell else cls, {"math": _ForMpmath()})
    if plainly is None or precisely is None:
        return cls.meaning or cls.forward  # type: ignore[no-any-return]

    def compute(*operands: Any) -> Any:
        if any(type(x).__module__.startswith("mpmath") for x in operands):
            return precisely(*operands)
        return plainly(*operands)

    return compute


class elementwise(operation):
    """An operation on each element alone: say `forward` and `partials`.

    forward: its NumPy function. partials(y, *operands): one local derivative an operand, written
    with operators and the language's functions; an entry may be a function of nothing, called only
    when that derivative is asked for.
    """

    __slots__ = ()

    is_elementwise = True
    forward: ClassVar[Any] = None

    @staticmethod
    def shape(*shapes: Any) -> tuple[int, ...]:
        """Broadcast the operands' shapes."""
        return np.broadcast_shapes(*[item for item in shapes if isinstance(item, tuple)])


class structural(operation):
    """An operation that moves or folds elements: say `forward`, `pull`, `push` and `shape`.

    pull(g, y, *operands, *attributes): one cotangent an operand, of its shape.
    push(tangents, y, *operands, *attributes): the tangent; None stands for an operand off the path.
    """

    __slots__ = ()

    is_elementwise = False
    forward: ClassVar[Any] = None


class composed(operation):
    """An operation said with others: say `meaning`; refine any other field.

    meaning(*operands, *attributes) uses operators and the language's functions. `partials` must be
    refined where the meaning passes through a kink that the whole does not have.
    """

    __slots__ = ()

    forward: ClassVar[Any] = None
    is_elementwise = Lazy(lambda cls: bool(Meaning(cls).program.is_elementwise()))  # type: ignore[assignment]
    partials = Lazy(lambda cls: Meaning(cls).partials)
    pull = Lazy(lambda cls: Meaning(cls).pull)
    push = Lazy(lambda cls: Meaning(cls).push)

    @classmethod
    def shape(cls, *shapes: Any) -> tuple[int, ...]:
        """Work out the shape from the meaning, computing nothing but on empty strides."""
        count = len(cls.keywords)
        cut = len(shapes) - count
        strided = [np.broadcast_to(np.float64(1.0), item) for item in shapes[:cut]]
        return np.shape(cls.on_array(*strided, *shapes[cut:]))


class Meaning:
    """A composed operation's meaning as a program, and the rules that follow from it."""

    def __init__(self, cls: Any) -> None:
        self.operation = cls
        self.program = self.over(cls.arity[0] if cls.arity[1] is None else cls.arity[1], ())

    def over(self, count: int, attributes: tuple[Any, ...]) -> Any:
        """Return the program of the meaning of so many operands."""
        names = [f"operand {number}" for number in range(count)]
        leaves = [expression(name) for name in names]
        attributes = attributes or tuple(self.operation.keywords.values())
        root = expression.lift(self.operation.meaning(*leaves, *attributes))
        program = flatten([root])
        program.notes["operands"] = [program.inputs.get(name) for name in names]
        return program

    def opened(self, operands: tuple[Any, ...]) -> tuple[Any, list[Any], list[Any]]:
        """Return the program, the slots of the operands, and the value of every slot."""
        count = len(operands) - len(self.operation.keywords)
        program = self.over(count, tuple(operands[count:]))
        lane = lane_of_numbers(operands[:count])
        inputs = {f"operand {n}": value for n, value in enumerate(operands[:count])}
        return program, program.notes["operands"], run(program, lane, inputs)

    def partials(self, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the local derivatives of an elementwise meaning."""
        del y
        program, places, slots = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = reverse(program, slots, {program.outputs[0]: 1}, wanted)
        return tuple([0 if place is None else found.get(place, 0) for place in places])

    def pull(self, g: Any, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the cotangents of the operands."""
        del y
        from chainrule.language.arrays import fitted  # noqa: PLC0415  # words above this one

        program, places, slots = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = reverse(program, slots, {program.outputs[0]: g}, wanted, fit=fitted)
        return tuple([0 if place is None else found.get(place, 0) for place in places])

    def push(self, tangents: list[Any], y: Any, *operands: Any) -> Any:
        """Return the tangent of the whole."""
        del y
        program, places, slots = self.opened(operands)
        seeds = {
            place: tangent
            for place, tangent in zip(places, tangents, strict=True)
            if place is not None and tangent is not None
        }
        return forward(program, slots, seeds)[program.outputs[0]]


def lane_of_numbers(operands: tuple[Any, ...]) -> Lane:
    """Choose the lane in which a meaning is run for these operands."""
    if any(isinstance(item, Node) for item in operands):
        return Lane.NODES
    if all(type(item) in (float, int, bool) for item in operands):
        return Lane.FLOAT
    if any(isinstance(item, np.ndarray | np.generic | complex) for item in operands):
        if all(isinstance(item, float | int) for item in operands):
            return Lane.IEEE
        return Lane.ARRAY
    return Lane.EXACT


class named(operation):
    """An intermediate step with a name, kept in prints, explanations and errors.

    Source: course deck B, "Backpropagation Example".

    >>> a, b, c = expression("a"), expression("b"), expression("c")
    >>> d = named("d", 2 * b)
    >>> e = named("e", a + d)
    >>> print(c * e)
    c*(e := a + (d := 2*b))
    >>> (c * e).diff({"a": 1, "b": 2, "c": 3}, "d")
    3.0
    """

    __slots__ = ()

    role = Role.LABEL
    is_elementwise = True
    keywords: ClassVar[dict[str, Any]] = {"name": ""}
    spell: ClassVar[Any] = {"python": "{0}"}
    samples: ClassVar[Any] = ((2.0,),)
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, attributes: ["(", quoted(attributes[0]), " := ", (0, 0), ")"],
        latex_pieces=lambda _count, attributes: [
            r"\underbrace{",
            (0, 0),
            r"}_{",
            latex_name(attributes[0]),
            "}",
        ],
        latex_precedence=ATOM,
        name="named",
        operands=1,
    )

    def __new__(cls, name: str, step: Any) -> named:  # type: ignore[override]  # a name first
        if not isinstance(name, str) or not name:
            raise ValueTypeError(f"a step needs a name, not {name!r}: named('d', 2*b).")
        return intern(cls, (expression.lift(step),), (name,))

    @classmethod
    def of(cls, operands_and_attributes: tuple[Any, ...]) -> Any:
        """Build a node from operands followed by attributes."""
        step, name = operands_and_attributes
        return cls(name, step)

    def forward(x, name):
        return x

    def partials(y, x, name):
        return (1,)

    @staticmethod
    def shape(shape: Any, name: str) -> Any:
        """Keep the step's shape."""
        del name
        return shape


def reading(cls: Any) -> Callable[..., Any]:
    """Return the function of an operation: expressions in, an expression out; numbers likewise.

    A rule written with it therefore has two readings.
    """

    def apply(*operands: Any, **attributes: Any) -> Any:
        if len(operands) == 1 and type(operands[0]) is float and not attributes:
            try:
                return cls.on_float(operands[0], *cls.keywords.values())
            except FLOAT_TROUBLE:
                return on_numbers(cls, operands, attributes)
        for operand in operands:
            if isinstance(operand, Node):
                return cls(*operands, **attributes)
        return on_numbers(cls, operands, attributes)

    apply.__name__ = apply.__qualname__ = cls.notation.name or cls.__name__
    apply.__doc__ = cls.__doc__
    apply.operation = cls  # type: ignore[attr-defined]  # the parser and the docs follow it
    return apply


def on_numbers(cls: Any, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute an operation on plain numbers or arrays, as NumPy would."""
    least, most = cls.arity
    if most is not None and len(operands) < most:
        operands += cls.defaults[len(cls.defaults) - (most - len(operands)) :]
    if len(operands) < least or (most is not None and len(operands) > most):
        cls(*operands)  # raises, with the words for it
    settings = cls.attribute_values(attributes) if cls.keywords or attributes else ()
    if any(isinstance(item, list | tuple) for item in operands):
        operands = tuple([np.asarray(x) if isinstance(x, list | tuple) else x for x in operands])
    for operand in operands:
        if isinstance(operand, str | bytes) or operand is None:
            constant(operand)  # raises, with the words for it
    lane = lane_of_numbers(operands)
    if lane is Lane.FLOAT:
        try:
            return cls.on_float(*operands, *settings)
        except FLOAT_TROUBLE:
            with np.errstate(all="ignore"):
                found = cls.on_ieee(*operands, *settings)
            return found.item() if isinstance(found, np.generic) else found
    with np.errstate(all="ignore"):
        if lane is Lane.IEEE:
            return cls.on_ieee(*operands, *settings)
        if lane is Lane.ARRAY or any(hasattr(item, "__array__") for item in operands):
            operands = tuple(
                [np.asarray(x) if hasattr(x, "__array__") and not np.isscalar(x) else x for x in operands]
            )
            return cls.on_array(*operands, *settings)
    return cls.on_exact(*operands, *settings)

