"""Text with numbers in it: written once by Python, and kept up to date by the page.

Every number of a page stands in one list, the ledger; a text knows its numbers by their places
there, so that one function can recompute them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.draw.picture.numbers import brief
from chainrule.draw.picture.text import escaped
from chainrule.engine.bundle import Bundle

__all__ = ["Ledger", "Number", "Parts", "as_data", "as_html", "as_text", "written"]

DIGITS = 6
SHOWN = 4  # elements of a column; of a longer one, one less


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the ledger in a text.

    place: in the ledger. bracketed: in brackets where it is negative. row: of a column, the one
    element of that row.
    """

    place: int
    bracketed: bool = False
    row: int | None = None


Parts = Sequence[str | Number]


class Ledger:
    """Every number of a page: as Python computed it, and the node that computes it."""

    __slots__ = ("nodes", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.nodes: list[Any] = []

    def add(self, value: Any, node: Any = None) -> Number | None:
        """Enter a number; None where there is none."""
        if value is None:
            return None
        if type(value) is Bundle:  # several values of one step, as a text
            value = "; ".join(written(0 if part is None else part) for part in value)
        self.values.append(np.asarray(value) if isinstance(value, list | tuple) else value)
        self.nodes.append(node)
        return Number(len(self.values) - 1)

    def value_of(self, number: Number) -> Any:
        """Return a number as Python computed it."""
        value = self.values[number.place]
        return value[number.row] if number.row is not None and np.shape(value) else value

    def data(self) -> list[Any]:
        """List the numbers for the page: real ones as they are, others as short texts."""
        return [real(value) if np.shape(value) == () else written(value) for value in self.values]


def real(value: Any) -> Any:
    """Return a real number as a double, anything else as text."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return written(value)


def written(value: Any) -> str:
    """Write a number to six digits, a column as its first ones.

    >>> import numpy as np
    >>> written(-2 / 3), written(np.ones(3)), written(np.ones(1000)), written(np.ones((20, 3)))
    ('−0.666667', '[1, 1, 1]', '[1, 1, 1, … (1000)]', '[1, 1, 1, … (20×3)]')
    """
    shape = np.shape(value)
    if shape == ():
        return brief(value, DIGITS)
    flat = np.asarray(value).ravel()
    if len(shape) == 1 and flat.size <= SHOWN:
        return f"[{', '.join(brief(item, DIGITS) for item in flat)}]"
    first = "".join(f"{brief(item, DIGITS)}, " for item in flat[: SHOWN - 1])
    return f"[{first}… ({'×'.join(map(str, shape))})]"


def shown(number: Number, ledger: Ledger) -> str:
    """Write a number as it stands in its text."""
    found = written(ledger.value_of(number))
    return f"({found})" if number.bracketed and found.startswith("−") else found


def as_text(parts: Parts, ledger: Ledger) -> str:
    """Write a text with its numbers put in."""
    return "".join(part if isinstance(part, str) else shown(part, ledger) for part in parts)


def as_html(parts: Parts, ledger: Ledger) -> str:
    """Write a text with each number in an element of its own, which the page keeps up to date."""
    made = []
    for part in parts:
        if isinstance(part, str):
            made.append(escaped(part))
            continue
        value = ledger.value_of(part)
        exact = repr(real(value)) if np.shape(value) == () else written(value)
        more = f' data-row="{part.row}"' * (part.row is not None) + " data-b" * part.bracketed
        word = escaped(shown(part, ledger))
        made.append(
            f'<data value="{escaped(str(exact))}" data-n="{part.place}"{more}>{word}</data>'
        )
    return "".join(made)


def as_data(parts: Parts) -> list[Any]:
    """Return a text for the page's script: words, places, and lists of place, brackets and row."""
    return [part if isinstance(part, str) else flat(part) for part in parts]


def flat(number: Number) -> Any:
    """Return a number of a text for the page's script."""
    if number.row is None and not number.bracketed:
        return number.place
    return [number.place, number.bracketed, number.row]
