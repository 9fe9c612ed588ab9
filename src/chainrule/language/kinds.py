"""The kinds of operation: what follows from a class body, so that no body says it twice.

`elementwise` operations say one local derivative an operand; `structural` ones say how cotangents
are pulled and tangents pushed; `composed` ones, in `composition`, say their meaning.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.node import Node, intern
from chainrule.engine.notation import ATOM, Notation, function, latex_name, quoted
from chainrule.engine.program import frozen
from chainrule.engine.protocol import Role
from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane
from chainrule.errors import OperationError, ValueTypeError
from chainrule.language.constants import constant
from chainrule.language.expression import expression, operators, ufuncs
from chainrule.language.lanes import (
    array_lane,
    exact_lane,
    float_lane,
    ieee_lane,
    lane_of_numbers,
)

__all__ = ["Lazy", "elementwise", "named", "operation", "operations", "reading", "structural"]

_RULES = (
    "partials",
    "shape_sources",
    "meaning",
    "pull",
    "push",
    "shape",
    "forward",
    "guard",
    "simplify",
)
_registry: dict[str, type[operation]] = {}
# With these operands, one of them an array, NumPy computes in the precision of the array.
ARRAYS = {np.ndarray, float, int, np.float64}


def operations() -> dict[str, type[operation]]:
    """Return every operation there is, a user's own too: class name -> class.

    >>> operations()["multiplication"].notation.operator
    '*'
    """
    return dict(_registry)


class Lazy:
    """A class attribute that is worked out for each operation when it is first wanted."""

    __slots__ = ("made_for", "make", "name")

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.made_for: set[type] = set()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> Any:
        if "notation" not in vars(owner):
            return self  # a kind, not an operation: tools that list its attributes come by
        made = self.make(owner)
        self.made_for.add(owner)
        setattr(owner, self.name, staticmethod(made) if callable(made) else made)
        return made


def is_lazy(owner: type, name: str) -> bool:
    """Tell whether a class holds an attribute that is yet to be worked out."""
    return isinstance(vars(owner).get(name), Lazy)


class Slotted(type):
    """Gives each class body an empty `__slots__`: a node keeps nothing that its base does not."""

    __slots__ = ()

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any
    ) -> Any:
        """Make the class."""
        body.setdefault("__slots__", ())
        return super().__new__(cls, name, bases, body, **options)


class operation(expression, metaclass=Slotted):
    """What elementwise, composed and structural operations share: building and registering."""

    __slots__ = ()

    role = Role.OPERATION
    keywords: ClassVar[dict[str, Any]] = {}
    forward: ClassVar[Any] = None
    arity: ClassVar[tuple[int, int | None]] = (1, 1)  # least and most operands; None: any number
    defaults: ClassVar[tuple[Any, ...]] = ()

    def __init_subclass__(cls, *, operator: str = "", abstract: bool = False) -> None:
        super().__init_subclass__()
        body = cls.__dict__
        for name in _RULES:
            if isinstance(body.get(name), FunctionType):
                setattr(cls, name, staticmethod(body[name]))
        if abstract:  # a kind, not an operation
            return
        cls.forget_inherited()
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
        rule = body.get("ufunc", body.get("forward"))
        if isinstance(rule, np.ufunc):
            ufuncs.setdefault(rule, cls)

    @classmethod
    def forget_inherited(cls) -> None:
        """Work out afresh what an operation above has worked out for itself."""
        seen = set(vars(cls))
        for base in cls.__mro__[1:]:
            for name in vars(base).keys() - seen:
                lazies = [vars(up)[name] for up in cls.__mro__ if is_lazy(up, name)]
                lazy = lazies[0] if lazies else None
                if lazy is not None and base in lazy.made_for:
                    setattr(cls, name, lazy)
            seen |= set(vars(base))

    @classmethod
    def operands_of_rule(cls) -> tuple[tuple[int, int | None], tuple[Any, ...]]:
        """Read from the signature of a rule how many operands there are."""
        for name, before in (("meaning", 0), ("partials", 1), ("pull", 2), ("push", 2)):
            rule = cls.__dict__.get(name)
            rule = rule.__func__ if isinstance(rule, staticmethod) else rule
            if rule is None:
                continue
            # Not inspect.signature: over all the words it takes longer than all the rest.
            code = rule.__code__
            if code.co_flags & inspect.CO_VARARGS:
                return (1, None), ()
            most = code.co_argcount - before - len(cls.keywords)
            defaults = rule.__defaults__ or ()
            return (most - len(defaults), most), defaults
        if isinstance(cls.forward, np.ufunc):
            return (cls.forward.nin, cls.forward.nin), ()
        return (1, None), ()

    def __new__(cls, *operands: Any, **attributes: Any) -> Any:
        least, most = cls.arity
        if most is not None and len(operands) < most:
            missing = most - len(operands)
            if missing <= len(cls.defaults):
                operands += cls.defaults[len(cls.defaults) - missing :]
        if len(operands) < least or (most is not None and len(operands) > most):
            wanted = f"{least}" if least == most else f"{least} or more"
            name = cls.notation.name or cls.__name__
            raise OperationError(
                f"{name} takes {wanted} operand{'s' * (wanted != '1')}, not {len(operands)}."
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

    # See engine/protocol.py: an elementwise operation broadcasts its operands; of another one only
    # the class body can tell.
    shape_sources: ClassVar[Any] = Lazy(
        lambda cls: lambda operands, _attributes: operands if cls.is_elementwise else None
    )

    # --- the lanes, each derived from what the class body says

    on_nodes = Lazy(lambda cls: lambda *operands: cls.of(operands))
    on_float = Lazy(float_lane)
    on_array = Lazy(array_lane)
    on_ieee = Lazy(ieee_lane)
    on_exact = Lazy(exact_lane)

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
    if isinstance(value, np.ndarray):
        return frozen(value)
    return int(value) if isinstance(value, np.integer) else value


class elementwise(operation, abstract=True):
    """An operation on each element alone: say `forward` and `partials`.

    forward: its NumPy function. partials(y, *operands): one local derivative an operand, written
    with operators and the language's functions; an entry may be a function of nothing, called only
    when that derivative is asked for.

    >>> class square(elementwise):
    ...     samples = ((2.0,), (-3.0,))
    ...
    ...     def forward(x):
    ...         return x * x
    ...
    ...     def partials(y, x):
    ...         return (2 * x,)
    >>> square(expression("x")).diff({"x": 5}, "x")
    10.0
    """

    __slots__ = ()

    is_elementwise = True

    @staticmethod
    def shape(*shapes: Any) -> tuple[int, ...]:
        """Broadcast the operands' shapes."""
        return np.broadcast_shapes(*[item for item in shapes if isinstance(item, tuple)])


class structural(operation, abstract=True):
    """An operation that moves or folds elements: say `forward`, `pull`, `push` and `shape`.

    pull(g, y, *operands, *attributes): one cotangent an operand, of its shape.
    push(tangents, y, *operands, *attributes): the tangent; None stands for an operand off the path.

    >>> class backwards(structural):
    ...     samples = ((np.array([1.0, 2.0, 3.0]),),)
    ...
    ...     def forward(x):
    ...         return x[::-1]
    ...
    ...     def pull(g, y, x):
    ...         return (reading(backwards)(g),)
    ...
    ...     def push(tangents, y, x):
    ...         return reading(backwards)(tangents[0])
    ...
    ...     def shape(shape):
    ...         return shape
    >>> backwards(expression("x")).eval({"x": [1, 2, 3]})
    array([3., 2., 1.])
    """

    __slots__ = ()

    is_elementwise = False


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
        latex_precedence=75,  # a power of it stands outside the brace
        name="named",
        operands=1,
    )

    def __new__(cls, name: str, step: Any) -> named:  # noqa: PYI034 - a pooled node
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

    >>> from chainrule import hyperbolic_tan
    >>> tanh = reading(hyperbolic_tan)
    >>> print(tanh(2 * expression("x")), tanh(0.0))
    tanh(2*x) 0.0
    """

    def apply(*operands: Any, **attributes: Any) -> Any:
        for operand in operands:
            if isinstance(operand, Node):
                return cls(*operands, **attributes)
        return on_numbers(cls, operands, attributes)

    def apply_to_one(operand: Any) -> Any:
        # The shortest way for a float: rules call such functions at every step of a sweep.
        if operand.__class__ is float:
            try:
                return cls.on_float(operand)
            except FLOAT_TROUBLE:
                pass
        return cls(operand) if isinstance(operand, Node) else on_numbers(cls, (operand,), {})

    made = apply_to_one if cls.arity == (1, 1) and not cls.keywords else apply
    made.__name__ = made.__qualname__ = cls.notation.name or cls.__name__
    made.__doc__ = cls.__doc__
    made.operation = cls  # type: ignore[attr-defined]  # the parser and the docs follow it
    return made


def on_numbers(cls: Any, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute an operation on plain numbers or arrays, as NumPy would."""
    least, most = cls.arity
    if most is not None and len(operands) < most:
        operands += cls.defaults[len(cls.defaults) - (most - len(operands)) :]
    if len(operands) < least or (most is not None and len(operands) > most):
        cls(*operands)  # raises, with the words for it
    settings = cls.attribute_values(attributes) if cls.keywords or attributes else ()
    if {type(operand) for operand in operands} <= ARRAYS and np.ndarray in map(type, operands):
        with np.errstate(all="ignore"):  # what a sweep over columns meets at every step
            return cls.on_array(*operands, *settings)
    if any(isinstance(item, list | tuple) for item in operands):
        operands = tuple([np.asarray(x) if isinstance(x, list | tuple) else x for x in operands])
    for operand in operands:
        if isinstance(operand, str | bytes) or operand is None:
            constant(operand)  # raises, with the words for it
    lane = lane_of_numbers(operands)
    if lane is Lane.FLOAT:
        try:
            found = cls.on_float(*operands, *settings)
            # A choice among whole numbers, say of 0, must not look like the 0 that a rule writes.
            return float(found) if type(found) is int else found
        except FLOAT_TROUBLE:
            with np.errstate(all="ignore"):
                found = cls.on_ieee(*operands, *settings)
            return found.item() if isinstance(found, np.generic) else found
    with np.errstate(all="ignore"):
        if lane is Lane.IEEE:
            return cls.on_ieee(*operands, *settings)
        if lane is Lane.ARRAY or any(hasattr(item, "__array__") for item in operands):
            operands = tuple(
                [
                    np.asarray(x) if hasattr(x, "__array__") and not np.isscalar(x) else x
                    for x in operands
                ]
            )
            return cls.on_array(*operands, *settings)
    return cls.on_exact(*operands, *settings)
