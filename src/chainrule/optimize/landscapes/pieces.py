"""What the formulas of the landscapes are written with: variables, sums, products, sizes.

May import the language; it must not know of any landscape.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from functools import reduce
from typing import Any

from chainrule.errors import SettingError
from chainrule.language.constants import constant
from chainrule.language.expression import expression

__all__ = ["PI", "names_of", "product", "scaled", "size", "squares", "total", "variables"]

# A node, so that 2*pi*x is written so and not as 6.28...*x; twice a number is exact either way.
PI = constant(math.pi)


def names_of(n: int) -> tuple[str, ...]:
    """Return the names of n variables: x for one, x and y for two, x1, x2, ... for more.

    >>> names_of(1), names_of(2), names_of(3)
    (('x',), ('x', 'y'), ('x1', 'x2', 'x3'))
    """
    return ("x", "y")[:n] if n <= 2 else tuple(f"x{place}" for place in range(1, n + 1))


def variables(n: int) -> list[expression]:
    """Return n variables, named as in `names_of`."""
    return [expression(name) for name in names_of(n)]


def total(terms: Iterable[Any]) -> Any:
    """Return the sum of one term or more, without a 0 in front.

    >>> print(total(variables(3)))
    x1 + x2 + x3
    """
    return reduce(operator.add, terms)


def product(factors: Iterable[Any]) -> Any:
    """Return the product of one factor or more, without a 1 in front.

    >>> print(product(variables(2)))
    x*y
    """
    return reduce(operator.mul, factors)


def scaled(number: float, term: Any) -> Any:
    """Return a multiple of a term, which is the term itself where the number is 1.

    >>> x = expression("x")
    >>> print(scaled(1, x), "|", scaled(2, x))
    x | 2*x
    """
    return term if number == 1 else number * term


def squares(terms: Iterable[Any]) -> Any:
    """Return the sum of the squares of one term or more.

    >>> print(squares(variables(2)))
    x**2 + y**2
    """
    return total(term**2 for term in terms)


def size(n: object, name: str, *, least: int = 1) -> int:
    """Return a number of variables, checked.

    Raises: SettingError unless it is whole and at least the least.

    >>> size(1, "rosenbrock", least=2)
    Traceback (most recent call last):
    chainrule.errors.SettingError: rosenbrock takes 2 variables or more, so n=1 will not do.
      Give a whole number from 2: landscapes.rosenbrock(n=2).
    """
    if isinstance(n, int) and not isinstance(n, bool) and n >= least:
        return n
    count = f"{least} variable{'s' * (least > 1)} or more"
    raise SettingError(
        f"{name} takes {count}, so n={n!r} will not do.\n"
        f"  Give a whole number from {least}: landscapes.{name}(n={least})."
    )
