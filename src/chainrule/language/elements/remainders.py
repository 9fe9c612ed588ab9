"""Division into whole parts and a remainder: the operations behind `//` and `%`."""

from __future__ import annotations

import numpy as np

from chainrule.engine.notation import infix
from chainrule.language.composition import composed
from chainrule.language.elements.choice import floor
from chainrule.language.helpers import remainders_in_javascript
from chainrule.language.kinds import reading

__all__ = ["floor_divide", "floor_division", "mod", "remainder"]


class floor_division(composed, operator="//"):
    """Largest whole number of times that b goes into a; the derivative is 0, at its steps too."""

    notation = infix(
        "//",
        precedence=60,
        latex=r"\left\lfloor \frac{{0}}{{1}} \right\rfloor",
        latex_needs=(0, 0),
        latex_precedence=100,
    )
    samples = ((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0))
    forward = np.floor_divide
    spell = {
        "python": "{0} // {1}",
        "mpmath": "math.nint(({0} - {0} % {1}) / {1})",  # its remainder is exact
        "javascript": "floorDivision({0}, {1})",
    }
    helpers = {"javascript": remainders_in_javascript}

    def meaning(a, b):
        return floor(a / b)

    def partials(y, a, b):
        return 0, 0


class remainder(composed, operator="%"):
    """What is left of a after whole parts of b, with b's sign: a - b*floor(a / b).

    Its slope by a is 1, at its jumps too.
    """

    notation = infix("%", precedence=60, latex=r"{0} \bmod {1}")
    samples = ((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0))
    forward = np.remainder
    spell = {"python": "{0} % {1}", "javascript": "remainder({0}, {1})"}
    helpers = {"javascript": remainders_in_javascript}

    def meaning(a, b):
        return a - b * floor(a / b)

    def partials(y, a, b):
        return 1, lambda: -floor_divide(a, b)


floor_divide = reading(floor_division, "floor_divide")
mod = reading(remainder, "mod")
