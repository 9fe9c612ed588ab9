"""Numbers and arrays as text, both ways: what stands for a constant in a formula.

Python's own literals where they are unambiguous, otherwise a call that names the type:
`complex(1.0, 2.0)`, `float32(0.1)`, `Fraction(1, 3)`, `array([1.0, 2.0])`. Reading builds values
from a fixed list of types; nothing is ever evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.names import NUMBERS
from chainrule.engine.notation import ATOM, FACTOR, UNARY
from chainrule.language.regular import MAKERS, regular_latex, regular_text

__all__ = ["NUMBERS", "READERS", "write"]

# The NumPy types whose names a formula may call.
SCALARS = [
    *("bool", "int8", "int16", "int32", "int64", "longlong"),
    *("uint8", "uint16", "uint32", "uint64", "ulonglong"),
    *("float16", "float32", "float64", "longdouble", "complex64", "complex128"),
]
DTYPES = frozenset(SCALARS)
NATURAL = ("bool", "int64", "float64", "complex128")  # dtypes that the elements tell by themselves
SHOWN_IN_LATEX = 12
SHOWN_IN_BRIEF = 6
# Beyond this Python refuses to write an integer in decimal (its default limit is 4,300 digits).
MOST_BITS = 14_000


def write(value: Any, style: str) -> tuple[str, int]:
    """Write a value, and say how tightly the writing binds.

    style: "text" reads back to the same bits; "brief" shortens long arrays; "latex".
    """
    if style == "latex":
        return latex(value)
    if isinstance(value, np.ndarray):
        return array_text(value, brief=style == "brief"), ATOM
    kind = type(value)
    if kind is int or kind is float:
        written = plain_text(value)
        return written, UNARY if written.startswith("-") else ATOM
    if kind is complex:
        written = complex_text(value)
    elif isinstance(value, np.generic):
        written = f"{kind.__name__}({item_text(value)})"
    else:  # a number of another library
        written = repr(value)
    return written, ATOM


def plain_text(value: float) -> str:
    """Write an int or a float; a NaN keeps its sign."""
    if isinstance(value, int):
        return hex(value) if value.bit_length() > MOST_BITS else repr(value)
    if math.isnan(value):
        return "-nan" if math.copysign(1.0, value) < 0 else "nan"
    return repr(value)


def complex_text(value: complex) -> str:
    """Write a complex number: 2j where that is exactly it, else complex(real, imag)."""
    real, imag = value.real, value.imag
    if real == 0 and math.copysign(1.0, real) > 0 and 0 <= imag < math.inf:
        return repr(value) if math.copysign(1.0, imag) > 0 else "complex(0.0, -0.0)"
    return f"complex({plain_text(real)}, {plain_text(imag)})"


def item_text(value: Any) -> str:
    """Write a NumPy scalar without its type, to its own precision."""
    if value.dtype.kind == "c":
        return f"complex({item_text(value.real)}, {item_text(value.imag)})"
    if value.dtype.kind != "f":
        return repr(value.item())
    if value.dtype == np.float64 or not np.isfinite(value):
        return plain_text(float(value))
    # The shortest digits of its own precision, however NumPy has been told to print.
    small = value == 0 or 1e-4 <= abs(float(value)) < 1e16
    write_digits = np.format_float_positional if small else np.format_float_scientific
    return write_digits(value, unique=True, trim="0")


def array_text(array: Any, *, brief: bool) -> str:
    """Write an array so that it is read back: by its rule, or its elements and dtype if needed."""
    short = regular_text(array)
    if short is not None:
        return short
    flat = array.ravel()
    if brief and flat.size > SHOWN_IN_BRIEF:
        shown = ", ".join(item_text(item) for item in flat[:3])
        return f"array([{shown}, ...], shape={array.shape})"
    words = [item_text(item) for item in flat]
    for size in reversed(array.shape):
        if not words and size == 0:
            break
        words = [f"[{', '.join(words[at : at + size])}]" for at in range(0, len(words), size)]
    body = words[0] if words else "[]"
    options = "" if array.dtype.name in NATURAL and array.size else f", dtype={array.dtype.name!r}"
    if not array.size and array.shape != (0,):
        options += f", shape={array.shape}"
    if array.dtype == np.float64 and array.shape == (0,):
        options = ""
    return f"array({body}{options})"


def latex(value: Any) -> tuple[str, int]:
    """Write a value in LaTeX's math mode."""
    if isinstance(value, np.ndarray):
        return array_latex(value), ATOM
    from fractions import Fraction  # noqa: PLC0415 - numbers are bound without it

    if isinstance(value, Fraction):
        sign = "-" if value < 0 else ""
        body = rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
        return sign + body, UNARY if sign else ATOM
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return rf"\mathrm{{{str(value).lower()}}}", ATOM
    if isinstance(value, complex):
        real, imag = (real_latex(part)[0] for part in (value.real, value.imag))
        return rf"\left({real} + {imag} i\right)", ATOM
    return real_latex(value)


def real_latex(value: Any) -> tuple[str, int]:
    """Write a real number in LaTeX's math mode."""
    if value in (math.pi, -math.pi):
        return (r"-\pi", UNARY) if value < 0 else (r"\pi", ATOM)
    written = plain_text(value) if isinstance(value, int | float) else str(value)
    mantissa, _, power = written.partition("e")
    sign = "-" if written.startswith("-") else ""
    if power:
        times = "" if float(mantissa) in (1, -1) else rf"{mantissa.lstrip('-')} \cdot "
        return f"{sign}{times}10^{{{int(power)}}}", FACTOR
    written = written.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    return written, UNARY if sign else ATOM


def array_latex(array: Any) -> str:
    """Write a small array element by element, a large one by its shape."""
    short = regular_latex(array, SHOWN_IN_LATEX)
    if short is not None:
        return short
    if array.size > SHOWN_IN_LATEX:
        sizes = r" \times ".join(str(size) for size in array.shape)
        return rf"\mathrm{{array}}_{{{sizes}}}"
    rows = array if array.ndim > 1 else array[None, ...]
    rows = rows.reshape(len(rows), math.prod(rows.shape[1:]))
    written = r",\; ".join(
        rf"\left[{', '.join(latex(item)[0] for item in row)}\right]" for row in rows
    )
    return written if array.ndim < 2 else rf"\left[{written}\right]"


# --- reading

Reader = Callable[[Sequence[Any], Mapping[str, Any]], Any]


def only(arguments: Sequence[Any], options: Mapping[str, Any], count: int, kinds: Any) -> None:
    """Refuse another number of arguments, other kinds of them, and any option.

    Raises: ValueError, in words.
    """
    if options:
        raise ValueError(f"it takes no keyword {next(iter(options))!r}")
    if len(arguments) != count:
        raise ValueError(f"it takes {count} number{'s' * (count != 1)}, not {len(arguments)}")
    for argument in arguments:
        if not isinstance(argument, kinds):
            raise ValueError(f"it does not take {argument!r}")  # noqa: TRY004  # one class for all


def read_array(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Read array([1.0, 2.0], dtype='float32', shape=(0, 3))."""
    only(arguments, {}, 1, (list, int, float, complex))
    options = dict(options)
    dtype = options.pop("dtype", None)
    shape = options.pop("shape", None)
    if options:
        raise ValueError(f"it takes no keyword {next(iter(options))!r}")
    if dtype is not None and dtype not in DTYPES:
        raise ValueError(f"it does not take the dtype {dtype!r}")
    made = np.array(arguments[0], dtype=dtype)
    if made.dtype.kind not in "biufc":
        raise ValueError("its elements must be numbers, in rows of one length")
    if shape is not None:
        if made.size or not isinstance(shape, tuple) or math.prod(shape) or len(shape) > 32:
            raise ValueError("it takes a shape only for an array without elements")
        made = made.reshape(shape)
    return made


def read_complex(arguments: Sequence[Any], options: Mapping[str, Any]) -> complex:
    """Read complex(1.0, 2.0)."""
    only(arguments, options, 2, (int, float))
    return complex(*arguments)


def read_fraction(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Read Fraction(1, 3)."""
    from fractions import Fraction  # noqa: PLC0415 - numbers are bound without it

    only(arguments, options, 2, int)
    return Fraction(*arguments)


def read_decimal(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Read Decimal('0.1')."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - numbers are bound without it

    only(arguments, options, 1, str)
    try:
        return Decimal(arguments[0])
    except InvalidOperation:
        raise ValueError(f"{arguments[0]!r} is not a decimal number") from None


def reader_of(name: str) -> Reader:
    """Return the reader of one NumPy type, such as float32(0.1)."""
    kind = getattr(np, name)
    kinds = (int, float, complex) if issubclass(kind, np.complexfloating) else (int, float)

    def read(arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        only(arguments, options, 1, kinds)
        return kind(arguments[0])

    return read


READERS: dict[str, Reader] = {
    **MAKERS,
    "array": read_array,
    "complex": read_complex,
    "Decimal": read_decimal,
    "Fraction": read_fraction,
    **{name: reader_of(name) for name in SCALARS},
}
