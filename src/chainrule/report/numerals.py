"""Numbers as people read them in a table or a picture: few digits, arrays by their first elements.

What reads back to the same bits is written by `literals`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["DIGITS", "number_latex", "number_text"]

DIGITS = 6
SHOWN_ELEMENTS = 3  # of an array


def number_text(value: Any, digits: int = DIGITS) -> str:
    """Write a number to some digits, and an array as its first numbers and its shape.

    Of a column that is written whole, the shape goes without saying.

    >>> number_text(2 / 3), number_text([1.0, 2.0, 3.0]), number_text([1.0, 2.0, 3.0, 4.0])
    ('0.666667', '[1, 2, 3]', '[1, 2, 3, ...] (4,)')
    """
    if is_several(value):  # nothing flows to a part without a value
        return "; ".join(number_text(0 if part is None else part, digits) for part in value)
    value = np.asarray(value) if isinstance(value, list | tuple) else value
    if isinstance(value, np.ndarray) and value.ndim:
        flat = value.ravel()
        first = ", ".join(number_text(item, digits) for item in flat[:SHOWN_ELEMENTS])
        if value.ndim == 1 and flat.size <= SHOWN_ELEMENTS:
            return f"[{first}]"
        more = ", ..." * (flat.size > SHOWN_ELEMENTS)
        return f"[{first}{more}] {value.shape}"
    value = plain(value)
    return f"{value:.{digits}g}" if isinstance(value, int | float | complex) else str(value)


def number_latex(value: Any, digits: int = DIGITS) -> str:
    r"""Write a number in LaTeX's math mode, as `number_text` writes it in text.

    >>> print(number_latex(1.5e-7), number_latex(float("-inf")))
    1.5 \cdot 10^{-7} -\infty
    """
    if is_several(value):
        return r";\; ".join(number_latex(0 if part is None else part, digits) for part in value)
    value = np.asarray(value) if isinstance(value, list | tuple) else value
    if isinstance(value, np.ndarray) and value.ndim:
        flat = value.ravel()
        first = [number_latex(item, digits) for item in flat[:SHOWN_ELEMENTS]]
        more = [r"\dots"] * (flat.size > SHOWN_ELEMENTS)
        return r"\left(" + r",\; ".join(first + more) + r"\right)"
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return r"\mathrm{nan}" if math.isnan(value) else "-" * (value < 0) + r"\infty"
    written = number_text(value, digits)
    mantissa, mark, power = written.partition("e")
    if mark and power.lstrip("+-").isdigit():
        return rf"{mantissa} \cdot 10^{{{int(power)}}}"
    if isinstance(value, int | float | complex):
        return written
    return rf"\mathrm{{{written}}}"


def plain(value: Any) -> Any:
    """Bring a NumPy scalar, and an array of no axes, to a number of Python."""
    return value.item() if isinstance(value, np.ndarray | np.generic) else value


def is_several(value: Any) -> bool:
    """Tell whether it is a tuple of a class of its own: several values, which are told apart."""
    return isinstance(value, tuple) and type(value) is not tuple
