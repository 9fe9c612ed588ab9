"""`Constraint`: an expression that must stay on one side of a number.

May import the language; it must not know of landscapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.errors import SettingError
from chainrule.language.expression import expression, lift

__all__ = ["Constraint"]

LATEX = {"<=": r"\le", "<": "<", ">=": r"\ge", ">": ">"}


@dataclass(frozen=True, slots=True, repr=False)
class Constraint:
    """An expression `left`, a sense (<=, <, >= or >) and the number that bounds it.

    Raises: SettingError for another sense.

    >>> disk = Constraint(expression("x") ** 2 + expression("y") ** 2, "<=", 2)
    >>> print(disk)
    x**2 + y**2 <= 2
    >>> disk.margin({"x": 0.5, "y": 1.0}), disk.holds({"x": 2.0, "y": 0.0})
    (0.75, False)
    """

    left: expression
    sense: str
    bound: float

    def __post_init__(self) -> None:
        if self.sense not in LATEX:
            raise SettingError(f"a constraint says {', '.join(LATEX)}, not {self.sense!r}.")

    @property
    def inside(self) -> expression:
        """The margin as an expression: how far within the bound, negative where it is broken."""
        upper = self.sense.startswith("<")
        return lift(self.bound - self.left if upper else self.left - self.bound)

    def margin(self, values: Any) -> Any:
        """Return how far within the bound the values are; negative where it is broken."""
        return self.inside.eval(values)

    def holds(self, values: Any, *, slack: float = 0.0) -> bool:
        """Tell whether it holds at a point, or is broken by no more than the slack."""
        margin = self.margin(values)
        strict = len(self.sense) == 1 and not slack
        return bool(margin > 0 if strict else margin >= -slack)

    def to_latex(self) -> str:
        r"""Return it in LaTeX's math mode.

        >>> print(Constraint(expression("x"), ">=", 1).to_latex())
        x \ge 1
        """
        return f"{self.left.to_latex()} {LATEX[self.sense]} {self.bound:g}"

    def __str__(self) -> str:
        return f"{self.left} {self.sense} {self.bound:g}"

    def __repr__(self) -> str:
        return f"<Constraint {self}>"
