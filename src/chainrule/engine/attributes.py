"""How the attributes of an operation are written: an axis, a key, a number of diagonals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.node import identity_of

__all__ = ["below_the_name", "setting"]


def below_the_name(
    keywords: Sequence[str], attributes: Sequence[Any], defaults: Sequence[Any]
) -> str:
    r"""Write what differs from the defaults below a function's name, in LaTeX.

    Where the folded axes are kept is left out: a textbook says it by what it does next.

    >>> below_the_name(("axis", "keepdims"), (0, True), (None, False))
    '_{\\mathrm{axis}=0}'
    """
    written = []
    for word, value, default in zip(keywords, attributes, defaults, strict=True):
        if word != "keepdims" and identity_of(value) != identity_of(default):
            shown = latex_setting(value)
            name = word if len(word) == 1 else upright(word)
            written.append(f"{name}={shown}" if shown else name)
    return f"_{{{', '.join(written)}}}" if written else ""


def latex_setting(value: Any) -> str:
    """Write an attribute in LaTeX; that it is set is enough to say of one that is true."""
    if value is True:
        return ""
    if isinstance(value, float) and math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        return f"({', '.join(map(repr, value))})"
    return upright(value if isinstance(value, str) else setting(value))


def upright(words: str) -> str:
    r"""Write words in LaTeX's math mode: upright, without signs that mean something there.

    >>> upright("pad_width")
    '\\mathrm{pad\\ width}'
    """
    plain = "".join(" " if sign in "\\{}_#$%&^~" else sign for sign in words)
    return rf"\mathrm{{{plain.replace(' ', chr(92) + ' ')}}}"


def setting(value: Any) -> str:
    """Write an attribute, such as an axis or a key.

    >>> setting((0, slice(1, None), ...))
    '(0, slice(1, None, None), ...)'
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(setting, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray):
        natural = value.size and value.dtype.name in ("bool", "int64")
        kind = "" if natural else f", dtype={value.dtype.name!r}"
        shape = "" if value.size or value.ndim == 1 else f", shape={value.shape}"
        return f"array({value.tolist() if value.size else []}{kind}{shape})"
    return "..." if value is Ellipsis else repr(value)
