"""Numbers as short as a picture wants them.

Imports NumPy and the numerals of the language.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from chainrule.language.numerals import number_text

__all__ = ["brief", "is_finite"]

SHOWN, LETTERS = 3, 9  # numbers of an array, and letters of all of them


def brief(value: Any, digits: int = 4) -> str:
    """Write a number to so many digits, an array as its first numbers and its shape.

    >>> brief(-2 / 3), brief(1e-9), brief(float("nan")), brief(float("-inf"))
    ('−0.6667', '1e−9', 'NaN', '−∞')
    >>> import numpy as np
    >>> brief(np.ones(3)), brief(np.ones((20, 3)))
    ('[1, 1, 1]', '[1, 1, …] (20, 3)')
    """
    if isinstance(value, np.ndarray) and value.ndim:
        return _brief_array(value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    # Zero is zero, whatever its sign.
    written = number_text(value + 0 if isinstance(value, float) else value, digits)
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", written).replace("-", "−")


def _brief_array(value: Any) -> str:
    """Write the first numbers, as many as are short together, to three digits, and the shape."""
    flat = value.ravel()
    first = [brief(item, 3) for item in flat[:SHOWN]]
    if value.ndim == 1 and flat.size <= SHOWN and len("".join(first)) <= LETTERS:
        return f"[{', '.join(first)}]"
    first = first[: SHOWN - 1] if len("".join(first[: SHOWN - 1])) <= LETTERS else first[:1]
    return f"[{''.join(f'{item}, ' for item in first)}…] {value.shape}"


def is_finite(value: Any) -> bool:
    """Whether a number, or every number of an array, is neither NaN nor infinite.

    >>> is_finite(1.0), is_finite([1.0, float("nan")]), is_finite(None)
    (True, False, True)
    """
    if value is None:
        return True
    try:
        return bool(np.all(np.isfinite(value)))
    except TypeError:  # an exact number, which NumPy cannot ask
        return True
