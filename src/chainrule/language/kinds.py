"""The kinds of operation: what follows from a class body, so that no body says it twice.

`elementwise` operations say one local derivative an operand; `structural` ones say how cotangents
are pulled and tangents pushed; `composed` ones, in `composition`, say their meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Signature
from numbers import Number
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.inference import declarations, shape_of
from chainrule.engine.node import Node, intern
from chainrule.engine.notation import ATOM, Notation, function, latex_name, quoted
from chainrule.engine.numbers import float_first
from chainrule.engine.program import frozen
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import broadcast
from chainrule.engine.weights import partials_from
from chainrule.errors import OperationError, ValueTypeError
from chainrule.language import registry
from chainrule.language.calling import bind, given_its_name, operands_of_rule, signature_of
from chainrule.language.constants import constant
from chainrule.language.expression import ShapeRule, expression
from chainrule.language.guarding import MASKS
from chainrule.language.numeric import (
    built_in,
    computing_arrays,
    computing_exactly,
    computing_floats,
    computing_scalars,
    on_numbers,
)

__all__ = [
    "Lazy",
    "elementwise",
    "named",
    "operation",
    "operations",
    "reading",
    "readings",
    "structural",
]

_RULES = (
    "partials",
    "textbook",
    "shape_sources",
    "meaning",
    "pull",
    "push",
    "shape",
    "rows",
    "forward",
    "lower",
    "weights",
    "rule",
    "told",
    "simplify",
    "limit",
    "batch",
    "is_identity",
    "for_shapes",
)
# By name, ours when they are asked for; of readings, where they are not the operation's own.
_registry, _names = registry.operations, registry.readings


def operations() -> dict[str, type[operation]]:
    """Return every operation there is, a user's own too: class name -> class.

    >>> operations()["multiplication"].notation.operator
    '*'
    """
    return dict(_registry)


def readings() -> dict[str, type[operation]]:
    """Return the operations of functions that have another name than their operation's."""
    return dict(_names)


# Wherever an operation is, masks can be written, also those of a variable alone.
expression.masks = MASKS


class Lazy:
    """A class attribute that is worked out for each operation when it is first wanted."""

    __slots__ = ("made_for", "make", "name")
    names: ClassVar[set[str]] = set()  # of all there are

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.made_for: set[type] = set()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        Lazy.names.add(name)

    def __get__(self, instance: object, owner: Any) -> Any:
        if "notation" not in vars(owner):
            return self  # a kind, not an operation: tools that list its attributes come by
        return self.keep(owner, self.make(owner))

    def keep(self, owner: Any, made: Any) -> Any:
        """Keep for an operation what was made for it."""
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

    @property
    def __signature__(cls: Any) -> Signature | None:
        """The parameters that a call shows; None leaves them to `__new__`."""
        says_so = "notation" in vars(cls) and "__new__" not in vars(cls)
        return signature_of(cls) if says_so else None


class operation(expression, metaclass=Slotted):
    """What elementwise, composed and structural operations share: building and registering."""

    __slots__ = ()

    role = Role.OPERATION
    keywords: ClassVar[dict[str, Any]] = {}
    forward: ClassVar[Any] = None
    # What a textbook calls the rule of the derivative, where it has a name: a word, or a function
    # of which operands are constants.
    rule: ClassVar[Any] = None
    # The partials as a textbook writes them, where `partials` has to keep digits that these lose:
    # a rule of the same operands, which people read and nothing computes.
    textbook: ClassVar[Any] = None
    # What it does with what flows back, in words for people, where only derivatives write it: a
    # function of the attributes.
    told: ClassVar[Any] = None
    # What it is called in algebra, for whoever takes formulas apart: "sum", "product", "at most".
    algebra: ClassVar[str] = ""
    # How it takes all entries of `vmap` at once, where that does not follow from its kind: a rule
    # as in `batches`. Without one, a structural operation goes entry by entry.
    batch: ClassVar[Any] = None
    # A rule of the shapes of the operands and of the attributes: whether it returns the first
    # operand as it is.
    is_identity: ClassVar[Any] = None
    # A rule of the same: a function of arrays of these shapes alone, with nothing left to check and
    # the same bits as `forward`; None for `forward` itself.
    for_shapes: ClassVar[Any] = None
    takes_ragged: ClassVar[bool] = False  # its rule takes entries of different shapes, in a list
    # What arrays compute in blocks of rows, see engine/recipes: for what is not elementwise.
    lower: ClassVar[Any] = None
    arity: ClassVar[tuple[int, int | None]] = (1, 1)  # least and most operands; None: any number
    parameters: ClassVar[tuple[str, ...]] = ()  # what the rules call the operands
    defaults: ClassVar[tuple[Any, ...]] = ()
    positional: ClassVar[tuple[str, ...]] = ()  # said where attributes may stand before operands
    worded: ClassVar[tuple[str, ...]] = ()  # attributes that may be words: padding="same"
    listed: ClassVar[bool] = False  # whether its operands may stand in a list, as in stack([a, b])
    advice: ClassVar[str] = ""  # what to do instead, for a call that does not fit

    def __init_subclass__(cls, *, operator: str = "", abstract: bool = False) -> None:
        super().__init_subclass__()
        body = cls.__dict__
        for name in _RULES:
            if isinstance(body.get(name), FunctionType):
                setattr(cls, name, staticmethod(body[name]))
        if "shape" in body and not isinstance(body["shape"], ShapeRule):
            cls.shape = ShapeRule(body["shape"])
        if abstract:  # a kind, not an operation
            return
        cls.forget_inherited()
        rules = operands_of_rule(body, cls.forward, len(cls.keywords))
        cls.arity, cls.parameters, cls.defaults = rules
        if "notation" not in body:
            words = tuple(cls.keywords)
            cls.notation = function(
                cls.__name__, keywords=words, defaults=tuple(cls.keywords.values())
            )
        elif cls.notation.keywords and not cls.keywords:
            raise OperationError(f"{cls.__name__}: its notation has keywords that it does not.")
        if "on_float" not in body and (
            found := built_in(cls, body.get("spell", {}).get("python", ""))
        ):
            # Nothing to be put off: what calls it first need not come by to have it made.
            vars(operation)["on_float"].keep(cls, found)
        cls.gives_truth = cls.properties.truth
        cls.enter(operator, body.get("ufunc", body.get("forward")))

    @classmethod
    def enter(cls, operator: str, rule: Any) -> None:
        """Enter the class in the registries, by all that may call it."""
        module, word = cls.__module__, cls.notation.name
        _registry.declare(cls.__name__, cls, module)
        if operator:
            registry.operators.declare(operator, cls, module)
        if word and cls.role is Role.OPERATION:
            registry.words.declare(word, cls, module)
        if isinstance(rule, np.ufunc):
            registry.ufuncs.offer(rule, cls, module)

    @classmethod
    def forget_inherited(cls) -> None:
        """Work out afresh what an operation above has worked out for itself."""
        for name in Lazy.names - vars(cls).keys():
            base = next((up for up in cls.__mro__ if name in vars(up)), None)
            if base is not None and not is_lazy(base, name):
                lazies = [vars(up)[name] for up in cls.__mro__ if is_lazy(up, name)]
                if lazies and base in lazies[0].made_for:
                    setattr(cls, name, lazies[0])

    def __new__(cls, *operands: Any, **attributes: Any) -> Any:
        if len(operands) != cls.arity[1] or not attributes.keys() <= cls.keywords.keys():
            operands, attributes = bind(cls, operands, attributes)
        return cls.built(operands, attributes)

    @classmethod
    def built(cls, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Build a node from operands, numbers among them, and attributes by name."""
        lifted = tuple(
            [item if isinstance(item, expression) else constant(item) for item in operands]
        )
        settings = cls.attribute_values(attributes) if cls.keywords else ()
        made = intern(cls, lifted, settings)
        if declarations:
            shape_of(made)  # operands that cannot fit are refused here
        return made

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes in the order of the class body, defaults filled in."""
        return tuple(
            [
                cls.settled(name, given[name], default) if name in given else plain(default)
                for name, default in cls.keywords.items()
            ]
        )

    @classmethod
    def settled(cls, name: str, value: Any, default: Any) -> Any:
        """Return an attribute plain and of the kind that its default has.

        Raises: OperationError for another kind: keepdims="no", eps=None.
        """
        kind = type(default)
        if type(value) is kind:
            return plain(value)
        if kind is bool:
            fits = isinstance(value, np.bool_) or (type(value) is int and value in (0, 1))
            wanted = "True or False"
        elif kind is float:
            fits = isinstance(value, Number | np.floating) and not isinstance(value, bool)
            fits, wanted = fits or hasattr(value, "_mpf_"), "one number"
        else:
            strange = isinstance(value, str) and kind is not str and name not in cls.worded
            fits = default is ... or not (strange or isinstance(value, dict | set))
            wanted = "a number" if strange else "numbers"
        if not fits:
            called = cls.notation.name or cls.__name__
            raise OperationError(f"{called} takes {wanted} as {name}, not {value!r}.")
        return bool(value) if kind is bool else plain(value)

    # See engine/protocol.py: an elementwise operation broadcasts its operands; of another one only
    # the class body can tell.
    shape_sources: ClassVar[Any] = Lazy(
        lambda cls: lambda operands, _attributes: operands if cls.is_elementwise else None
    )

    # How it computes on each kind of number follows from what the class body says.

    on_nodes = Lazy(lambda cls: lambda *operands: cls.of(operands))
    on_float = Lazy(computing_floats)
    on_array = Lazy(computing_arrays)
    on_ieee = Lazy(computing_scalars)
    on_exact = Lazy(computing_exactly)

    @classmethod
    def of(cls, operands_and_attributes: tuple[Any, ...]) -> Any:
        """Build a node from operands followed by attributes."""
        count = len(operands_and_attributes) - len(cls.keywords)
        attributes = dict(zip(cls.keywords, operands_and_attributes[count:], strict=True))
        return cls.built(operands_and_attributes[:count], attributes)


def plain(value: Any) -> Any:
    """Bring an attribute to a plain, hashable form: a list to a tuple, a NumPy integer to int."""
    if isinstance(value, list | tuple):
        return tuple([plain(item) for item in value])
    if isinstance(value, np.ndarray):
        return frozen(value)
    return int(value) if isinstance(value, np.integer) else value


class elementwise(operation, abstract=True):
    """An operation on each element alone: say `forward`, and `partials` or `weights`.

    forward: its NumPy function. partials(y, *operands): one local derivative an operand, written
    with operators and the language's functions; an entry may be a function of nothing, called only
    when that derivative is asked for. weights(y, *operands): of an operation that chooses, how much
    of its value comes from which operand, see `engine.weights`; the partials follow.

    >>> class squared(elementwise):
    ...     samples = ((2.0,), (-3.0,))
    ...
    ...     def forward(x):
    ...         return x * x
    ...
    ...     def partials(y, x):
    ...         return (2 * x,)
    >>> squared(expression("x")).diff({"x": 5}, "x")
    10.0
    """

    __slots__ = ()

    is_elementwise = True
    partials = Lazy(lambda cls: None if cls.weights is None else partials_from(cls.weights))

    @staticmethod
    def shape(*shapes: Any) -> tuple[int, ...]:
        """Broadcast the operands' shapes."""
        return broadcast(*[item for item in shapes if isinstance(item, tuple)])


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

    algebra = "name"
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


def reading(cls: Any, name: str = "") -> Callable[..., Any]:
    """Return the function of an operation: expressions in, an expression out; numbers likewise.

    A rule written with it therefore has two readings. A list, or a column, of numbers computes as
    an array of floats does; what it folds to is a Python float.
    name: another than the operation's own, for the function and in formulas.

    >>> from chainrule import hyperbolic_tan
    >>> tanh = reading(hyperbolic_tan)
    >>> print(tanh(2 * expression("x")), tanh(0.0))
    tanh(2*x) 0.0
    """
    most = cls.arity[1]

    def apply(*operands: Any, **attributes: Any) -> Any:
        if len(operands) != most or not attributes.keys() <= cls.keywords.keys():
            operands, attributes = bind(cls, operands, attributes)
        for operand in operands:
            if isinstance(operand, Node):
                return cls.built(operands, attributes)
        return on_numbers(cls, operands, attributes)

    def apply_otherwise(*operands: Any) -> Any:
        if len(operands) != 1 or isinstance(operands[0], Node):
            return cls(*operands)
        return on_numbers(cls, operands, {})

    alone = cls.arity == (1, 1) and not cls.keywords
    made: Any = float_first(cls, apply_otherwise) if alone else apply
    if alone:
        given_its_name(made, cls)
    made.__name__ = made.__qualname__ = name or cls.notation.name or cls.__name__
    made.__doc__ = cls.__doc__
    made.__signature__ = signature_of(cls)  # what help() shows
    made.operation = cls  # the parser and the docs follow it
    if name:
        _names.declare(name, cls, cls.__module__)
    return made  # type: ignore[no-any-return]
