"""Arrays that follow a rule, written shortly and read back: zeros, ones, identities, steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["MAKERS", "regular_latex", "regular_text"]

LEAST = 7  # elements: fewer are written one by one
MOST = 10_000_000  # elements that a text may ask for


def same(array: Any, made: Any) -> bool:
    """Tell whether two arrays are the same to the last bit."""
    return bool(array.shape == made.shape and array.tobytes() == made.tobytes())


def is_identity(array: Any) -> bool:
    """Tell whether an array is the identity of two rows or more."""
    square = array.ndim == 2 and len(array) == array.shape[1] and len(array) > 1
    return bool(square and array.dtype == np.float64 and same(array, np.eye(len(array))))


def regular_text(array: Any) -> str | None:
    """Write an array by the rule that it follows; None where that is not shorter, or is none.

    >>> (
    ...     regular_text(np.eye(3)),
    ...     regular_text(np.zeros((2, 4))),
    ...     regular_text(np.arange(1.0, 9.0)),
    ... )
    ('eye(3)', 'zeros((2, 4))', 'arange(1, 9)')
    """
    if array.dtype != np.float64:
        return None
    if is_identity(array):
        return f"eye({len(array)})"
    if array.size < LEAST:
        return None
    return even_text(array) or (stepped_text(array) if array.ndim == 1 else None)


def even_text(array: Any) -> str | None:
    """Write an array of one number throughout."""
    first = float(array.flat[0])
    if not math.isfinite(first) or not same(array, np.full(array.shape, first)):
        return None
    shape = str(array.size) if array.ndim == 1 else str(array.shape)
    if first in (0, 1) and math.copysign(1, first) > 0:
        return f"{'ones' if first else 'zeros'}({shape})"
    return f"full({shape}, {first!r})"


def stepped_text(array: Any) -> str | None:
    """Write numbers in steady steps."""
    first, last, size = float(array[0]), float(array[-1]), array.size
    if not math.isfinite(last - first):
        return None
    if first.is_integer() and abs(first) < 2**52 and same(array, first + np.arange(float(size))):
        start = int(first)
        return f"arange({start}, {start + size})" if start else f"arange({size})"
    if same(array, np.linspace(first, last, size)):
        return f"linspace({first!r}, {last!r}, {size})"
    return None


def regular_latex(array: Any, most: int) -> str | None:
    """Write an identity, and zeros or ones beyond so many elements, in LaTeX's math mode."""
    if is_identity(array):
        return f"I_{{{len(array)}}}"
    if array.size > most and array.dtype == np.float64:
        sizes = r" \times ".join(map(str, array.shape))
        for number in (0, 1):
            if same(array, np.full(array.shape, float(number))):
                return f"{number}_{{{sizes}}}"
    return None


# --- reading

Maker = Callable[[Sequence[Any], Mapping[str, Any]], Any]


def shape_meant(given: Any) -> tuple[int, ...]:
    """Return a shape of whole numbers that is not too large.

    Raises: ValueError, in words.
    """
    shape = given if isinstance(given, tuple) else (given,)
    if len(shape) > 32 or any(type(size) is not int or size < 0 for size in shape):
        raise ValueError(f"its shape must be whole numbers from 0, not {given!r}")
    if math.prod(shape) > MOST:
        raise ValueError(f"it has more than {MOST} elements")
    return shape


def numbers(given: Sequence[Any], least: int, most: int) -> list[Any]:
    """Return so many plain numbers.

    Raises: ValueError, in words.
    """
    if not least <= len(given) <= most or any(type(x) not in (int, float) for x in given):
        raise ValueError(f"it takes {least} to {most} numbers")
    return list(given)


def maker(words: tuple[str, ...], make: Callable[..., Any]) -> Maker:
    """Return a reader of a call whose arguments may be given by name."""

    def read(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        given = dict(zip(words, arguments, strict=False))
        unknown = [word for word in options if word not in words or word in given]
        if unknown or len(arguments) > len(words):
            raise ValueError(f"it takes {', '.join(words)}")
        try:
            return make(**given, **options)
        except TypeError:
            raise ValueError(f"it takes {', '.join(words)}") from None

    return read


def read_full(shape: Any, fill_value: Any) -> Any:
    """Read full((2, 3), 0.5)."""
    return np.full(shape_meant(shape), float(*numbers([fill_value], 1, 1)))


def read_eye(n: Any) -> Any:
    """Read eye(3)."""
    rows, columns = shape_meant((n, n))
    return np.eye(rows, columns)


def read_arange(start: Any, stop: Any = None, step: Any = 1) -> Any:
    """Read arange(5), arange(1, 6) or arange(0, 10, 2), as floats."""
    start, stop = (0, start) if stop is None else (start, stop)
    start, stop, step = numbers([start, stop, step], 3, 3)
    if not step or not math.isfinite(start + stop + step):
        raise ValueError("it takes a step that is not 0, between finite numbers")
    shape_meant(max(0, math.ceil((stop - start) / step)))
    return np.arange(start, stop, step, dtype=float)


def read_linspace(start: Any, stop: Any, num: Any = 50) -> Any:
    """Read linspace(0.0, 1.0, 11)."""
    return np.linspace(*numbers([start, stop], 2, 2), *shape_meant(num))


MAKERS: dict[str, Maker] = {
    "zeros": maker(("shape",), lambda shape: np.zeros(shape_meant(shape))),
    "ones": maker(("shape",), lambda shape: np.ones(shape_meant(shape))),
    "full": maker(("shape", "fill_value"), read_full),
    "eye": maker(("n",), read_eye),
    "arange": maker(("start", "stop", "step"), read_arange),
    "linspace": maker(("start", "stop", "num"), read_linspace),
}
