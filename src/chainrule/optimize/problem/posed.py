"""What is to be made small, as it is given: an expression, or a landscape with all that it brings.

May import the language and the errors; it must not load the landscapes, of which most runs need
none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import text
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.expression import expression, lift
from chainrule.language.values import listed

__all__ = ["Ground", "Posed", "formula_of", "is_ground", "posed"]


class Ground(Protocol):
    """A function with a place to start and constraints of its own, as a `Landscape` is."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def expression(self) -> expression:
        """Its only objective."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its variables, in order."""

    @property
    def constraints(self) -> Sequence[Any]:
        """What must hold."""

    @property
    def start(self) -> Callable[[Any], dict[str, float]]:
        """A random point of its box, from a seed or a generator."""


class Posed(NamedTuple):
    """A loss, where to start, and what must hold besides."""

    loss: expression
    start: Any
    constraints: tuple[Any, ...]
    start_is_given: bool


def is_ground(loss: Any) -> TypeGuard[Ground]:
    """Tell whether this is a function with a start of its own, and no expression."""
    return not isinstance(loss, expression | type) and hasattr(loss, "objectives")


def formula_of(loss: Any) -> expression:
    """Return the expression of a loss, or of a landscape.

    Raises: ValueTypeError for a function of Python, or what is no number; ShapeError for a
    landscape of several objectives.

    >>> print(formula_of(expression("x") ** 2))
    x**2
    """
    if is_ground(loss):
        return loss.expression
    if callable(loss) and not isinstance(loss, expression):
        named = getattr(loss, "__name__", type(loss).__name__)
        if str(getattr(loss, "__module__", "")).startswith("chainrule.optimize.landscapes"):
            raise ValueTypeError(f"the landscape has to be made first: landscapes.{named}().")
        raise ValueTypeError(
            f"the loss is the Python function {named}, and a loss is an expression, whose "
            "derivatives are exact. Write its formula of variables, such as "
            'x = expression("x"); or call it with them, and give what it returns.'
        )
    return lift(loss)


def posed(
    loss: Any, start: Any, constraints: Any, generator: Callable[[], np.random.Generator]
) -> Posed:
    """Put together a loss, a start and constraints, with those that a landscape brings.

    Raises: as `formula_of`; ValueTypeError, ShapeError for a start that is missing, or that does
    not fit a landscape.
    """
    formula = formula_of(loss)
    given = constraints_in(constraints)
    if not is_ground(loss):
        if start is None:
            program = compiled_of(formula).program
            names = listed(program.inputs)
            raise ValueTypeError(
                f"the loss {text(program, limit=200)} has no start of its own. "
                f"Give one for each parameter among its variables {names}: "
                '{"m": 0.0, "w": [0.0, 0.0]}.'
            )
        return Posed(formula, start, given, start_is_given=True)
    brought = tuple(loss.constraints) + given
    if start is None:
        return Posed(formula, loss.start(generator()), brought, start_is_given=False)
    if not isinstance(start, Mapping) and isinstance(start, Sequence | np.ndarray):
        start = in_order(loss, start)
    return Posed(formula, start, brought, start_is_given=True)


def in_order(ground: Ground, numbers: Any) -> dict[str, Any]:
    """Return numbers in the order of the variables as a start by name.

    Raises: ShapeError for too many or too few.
    """
    if np.ndim(numbers) != 1 or len(numbers) != len(ground.variables):
        raise ShapeError(
            f"{ground.name} takes {len(ground.variables)} numbers ({', '.join(ground.variables)}), "
            f"but the start has shape {np.shape(numbers)}. Give one a variable, or a dict by name."
        )
    return dict(zip(ground.variables, numbers, strict=True))


def constraints_in(given: Any) -> tuple[Any, ...]:
    """Return constraints as a tuple, one alone too."""
    if given is None:
        return ()
    several = isinstance(given, Sequence | set | frozenset) and not isinstance(given, str)
    return tuple(given) if several else (given,)
