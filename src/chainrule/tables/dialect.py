"""How a file of separated text is written: what divides cells, what stands for what, what to skip.

May import the errors; it must not know how a table is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chainrule.errors import SettingError

__all__ = ["PLAIN", "Dialect", "dialect_of", "option"]


class Dialect(NamedTuple):
    """The settings of `read_table` for separated text.

    separator: between cells; empty, if it is to be found out. decimal: the point of a number.
    thousands: what groups its digits, or nothing. na: words that stand for a missing value, beside
    those that everybody knows. comment: how a line begins that is none of the table, or nothing.
    skip: the numbers of lines, from 1, that are none of it either, as ranges.
    """

    separator: str = ""
    decimal: str = "."
    thousands: str = ""
    na: tuple[str, ...] = ()
    encoding: str = "utf-8"
    comment: str = ""
    skip: tuple[range, ...] = ()

    @property
    def top(self) -> int | None:
        """How many lines at the top are all that is left out; None where others are."""
        if self.comment or len(self.skip) > 1:
            return None
        (only,) = self.skip or (range(1, 1),)
        return len(only) if only.start == 1 else None

    def leaves_out(self, number: int, line: str) -> bool:
        """Tell whether a line, by its number and its text, is none of the table."""
        if any(number in some for some in self.skip):
            return True
        return bool(self.comment) and line.lstrip().startswith(self.comment)

    def number(self, text: str) -> float:
        """Read a number as it is written here.

        Raises: ValueError for what is none; Python alone takes 1_000 for a number.
        """
        if "_" in text:
            raise ValueError(text)
        if self.thousands:
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in text:
                raise ValueError(text)
            text = text.replace(self.decimal, ".")
        return float(text)


PLAIN = Dialect()


def option(name: str, value: object) -> str:
    """Write a setting as a call has it, and as the command line has it.

    >>> option("skip", 1)
    'skip=1 (--skip 1)'
    """
    words = value[0] if isinstance(value, list) else value
    plain = str(words)
    quoted = plain if re.fullmatch(r"[\w.-]+", plain) else repr(words)
    return f"{name}={value!r} (--{name} {quoted})"


def dialect_of(
    *,
    separator: str | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    na: str | Iterable[str] = (),
    encoding: str = "utf-8",
    comment: str | None = None,
    skip: int | str | Iterable[int] = 0,
) -> Dialect:
    """Return the settings of `read_table` for separated text, checked.

    Raises: SettingError, naming the setting and its value.
    """
    for name, text in (("separator", separator), ("decimal", decimal), ("thousands", thousands)):
        if text is not None and (not isinstance(text, str) or len(text) != 1):
            raise SettingError(f"{name} is one character, not {text!r}.")
    if decimal not in {".", ","}:
        raise SettingError(f"decimal is '.' or ',', not {decimal!r}.")
    if thousands == decimal or (thousands or " ") in "0123456789+-eE":
        raise SettingError(
            f"thousands={thousands!r} cannot group the digits where decimal={decimal!r}."
        )
    if comment is not None and (not isinstance(comment, str) or not comment.strip()):
        raise SettingError(f"comment is how a line begins, such as '#', not {comment!r}.")
    words = (na,) if isinstance(na, str) else tuple(na)
    for word in words:
        if not isinstance(word, str):
            raise SettingError(f"na holds words, such as '?', not {word!r}.")
    try:
        encoding = codecs.lookup(encoding).name
    except (LookupError, TypeError):
        raise SettingError(
            f"encoding {encoding!r} is not known. For instance 'utf-8', 'latin-1', 'utf-16'."
        ) from None
    return Dialect(
        separator or "", decimal, thousands or "", words, encoding, comment or "", lines_of(skip)
    )


def lines_of(skip: int | str | Iterable[int]) -> tuple[range, ...]:
    """Return the lines to skip: so many at the top, or these by their numbers from 1.

    Raises: SettingError.

    >>> lines_of(2), lines_of("2-2"), lines_of([1, 3])
    ((range(1, 3),), (range(2, 3),), (range(1, 2), range(3, 4)))
    """
    if isinstance(skip, str):
        return tuple([lines_of_word(word) for word in skip.split(",") if word.strip() != "0"])
    numbers: Sequence[object] = [skip] if not isinstance(skip, Iterable) else list(skip)
    for number in numbers:
        least = 1 if isinstance(skip, Iterable) else 0
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise SettingError(
                f"skip is how many lines at the top to leave out, or a list of their numbers from "
                f"1, not {skip!r}."
            )
    if isinstance(skip, Iterable):
        return tuple([range(number, number + 1) for number in skip])
    return (range(1, skip + 1),) if skip else ()


def lines_of_word(word: str) -> range:
    """Read `3`, the first three lines, or `2-4`, the lines from 2 to 4."""
    found = re.fullmatch(r"\s*(?:(\d{1,9})\s*-\s*)?(\d{1,9})\s*", word)
    if found is None:
        raise SettingError(
            f"skip: {word.strip()!r} is neither how many lines at the top to leave out, such as 3, "
            "nor lines from one to another, such as 2-2."
        )
    return range(int(found[1] or 1), int(found[2]) + 1)
