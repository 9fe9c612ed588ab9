"""The JavaScript functions that the language's spellings call, read from the files beside this one.

An operation names the function here that returns their text; nothing is read before a program is
written as JavaScript.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chainrule.language import gamma

__all__ = ["folds_in_javascript", "remainders_in_javascript", "special_in_javascript"]


@cache
def folds_in_javascript() -> str:
    """Return the functions that fold a column and spread a number."""
    return beside("folds.js")


@cache
def remainders_in_javascript() -> str:
    """Return division into whole parts and what is left of it."""
    return beside("remainders.js")


@cache
def special_in_javascript() -> str:
    """Return the special functions, after the tables that they share with Python's."""
    tables = {
        "LOG_GAMMA": [*gamma.LOG_GAMMA],
        "DIGAMMA": [*gamma.DIGAMMA],
        "BERNOULLI": [*gamma.BERNOULLI],
        "ZERO": gamma.ZERO,
        "ZERO_REST": gamma.ZERO_REST,
        "FAR": gamma.FAR,
    }
    # Finite floats, and lists of them, are written alike in Python and in JavaScript.
    written = [f"const {name} = {table!r};" for name, table in tables.items()]
    return "\n".join([*written, beside("special.js")])


def beside(name: str) -> str:
    """Read a file of this package."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
