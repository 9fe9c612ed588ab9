"""Numbers as short as a picture wants them.

Imports NumPy and the numerals of the language.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.report import number_text

__all__ = ["brief", "is_finite"]

SHOWN = 3  # numbers of an array
LETTERS, LETTERS_OF_FIRST = 18, 9  # of all of them, and of the first two where more follow


def brief(value: Any, digits: int = 4) -> str:
    """Write a number to so many digits; of an array that is not short, the first and its shape.

    >>> brief(-2 / 3), brief(1e-9), brief(float("nan")), brief(float("-inf"))
    ('−0.6667', '1e−9', 'NaN', '−∞')
    >>> import numpy as np
    >>> brief(np.ones(3) / 3), brief(np.ones((20, 3)))
    ('[0.333, 0.333, 0.333]', '[1, 1, …] (20, 3)')
    """
    if type(value) is Bundle:
        return "; ".join("0" if part is None else brief(part, digits) for part in value)
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
    """Write a few numbers to three digits; of more the first that are short, and the shape."""
    flat = value.ravel()
    first = [brief(item, 3) for item in flat[:SHOWN]]
    if value.ndim == 1 and flat.size <= SHOWN and len("".join(first)) <= LETTERS:
        return f"[{', '.join(first)}]"
    pair = first[: SHOWN - 1]
    first = pair if len("".join(pair)) <= LETTERS_OF_FIRST else first[:1]
    return f"[{''.join(f'{item}, ' for item in first)}…] {value.shape}"


def is_finite(value: Any) -> bool:
    """Whether a number, or every number of an array, is neither NaN nor infinite.

    >>> is_finite(1.0), is_finite([1.0, float("nan")]), is_finite(None)
    (True, False, True)
    """
    if value is None:
        return True
    if type(value) is Bundle:
        return all(map(is_finite, value))
    try:
        return bool(np.all(np.isfinite(value)))
    except TypeError:  # an exact number, which NumPy cannot ask
        return True
