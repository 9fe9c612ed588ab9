"""Subscripts of Einstein's notation, "ij,jk->ik": what they name, and the sizes that follow.

Imports sizes and errors only; it must know neither arrays nor operations. A label is a letter, or a
negative whole number for an axis that an ellipsis stands for, counted from the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters
from typing import Any, NoReturn

from chainrule.engine.sizes import UNKNOWN, Shape, fits, in_words
from chainrule.errors import OperationError, ShapeError

__all__ = [
    "Labels",
    "check_count",
    "explicit",
    "labelled",
    "letters_of",
    "shape_by",
    "sizes_by",
    "terms_of",
]

Labels = tuple[Any, ...]  # one an axis
TERM = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


@lru_cache(maxsize=1024)
def terms_of(subscripts: str) -> tuple[tuple[str, ...], str]:
    """Return the subscripts of the operands, and those of the value.

    >>> terms_of("ij,jk->ik")
    (('ij', 'jk'), 'ik')
    """
    inputs, _, output = subscripts.partition("->")
    return tuple(inputs.split(",")), output


def refuse(subscripts: Any, words: str) -> NoReturn:
    """Raise the error for subscripts that say nothing."""
    raise OperationError(
        f"einsum cannot read the subscripts {subscripts!r}: {words}. Write a letter for each axis "
        "of each operand, for instance einsum('ij,jk->ik', A, B)."
    )


def explicit(subscripts: Any, *, free: bool = False) -> str:
    """Return subscripts with their output and without spaces.

    free: let the output have letters twice, or letters of its own.
    Raises: OperationError for what is no such text.

    >>> explicit("ij, jk"), explicit("ii"), explicit("...ij->...ji")
    ('ij,jk->ik', 'ii->', '...ij->...ji')
    """
    if not isinstance(subscripts, str):
        refuse(subscripts, "they are no text")
    return with_output(subscripts, free)


@lru_cache(maxsize=1024)
def with_output(subscripts: str, free: bool) -> str:  # noqa: FBT001 - a key of the cache
    """Return a text of subscripts with its output, as `explicit` does."""
    text = "".join(subscripts.split())
    before, arrow, output = text.partition("->")
    terms = before.split(",")
    for term in (*terms, output):
        if not TERM.fullmatch(term):
            refuse(subscripts, f"{term!r} is not made of letters and at most one '...'")
    letters = "".join(terms).replace(".", "")
    if not arrow:
        once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
        output = "..." * ("..." in before) + "".join(once)
    for letter in "" if free else output.replace("...", ""):
        if output.count(letter) > 1:
            refuse(subscripts, f"the output names {letter!r} twice")
        if letter not in letters:
            refuse(subscripts, f"the output names {letter!r}, which no operand has")
    if "..." in output and "..." not in before and not free:
        refuse(subscripts, "the output has '...', which no operand has")
    return f"{before}->{output}"


def labelled(
    subscripts: str, ndims: tuple[int, ...], output_ndim: int | None = None
) -> tuple[list[Labels], Labels]:
    """Return the labels of the axes of each operand, and of the value.

    output_ndim: how many axes the value has, where only that can tell.
    Raises: ShapeError for an operand with another number of axes than its subscripts name.

    >>> labelled("...ij,jk->...ik", (3, 2))
    ([(-1, 'i', 'j'), ('j', 'k')], (-1, 'i', 'k'))
    """
    terms, output = terms_of(subscripts)
    check_count(subscripts, len(ndims))
    made = [
        labels_of(term, ndim, f"operand {number}", subscripts)
        for number, (term, ndim) in enumerate(zip(terms, ndims, strict=True), 1)
    ]
    if output_ndim is None:
        hidden = max([sum(isinstance(label, int) for label in labels) for labels in made])
        output_ndim = len(output.replace("...", "")) + hidden * ("..." in output)
    return made, labels_of(output, output_ndim, "the value", subscripts)


def check_count(subscripts: str, count: int) -> None:
    """Raise OperationError for another number of operands than the subscripts name."""
    named = len(terms_of(subscripts)[0])
    if named != count:
        raise OperationError(
            f"einsum({subscripts!r}) names {named} operand{'s' * (named != 1)}, and {count} "
            f"{'is' if count == 1 else 'are'} given. "
            "Divide the subscripts by commas, one part an operand."
        )


def labels_of(term: str, ndim: int, called: str, subscripts: str) -> Labels:
    """Return the labels of the axes of one array."""
    before, dots, after = term.partition("...")
    hidden = ndim - len(before) - len(after)
    if hidden < 0 or (hidden and not dots):
        least = " or more" if dots else ""
        raise ShapeError(
            f"einsum({subscripts!r}): {called} has {ndim} ax{'is' if ndim == 1 else 'es'}, and its "
            f"subscripts {term!r} name {len(before) + len(after)}{least}. Give each axis a "
            "letter; '...' stands for any number of axes in front."
        )
    return (*before, *range(-hidden, 0), *after)


def sizes_by(subscripts: str, labels: Sequence[Labels], shapes: Sequence[Shape]) -> dict[Any, Any]:
    """Return the size of each label; an axis of length 1 repeats where another operand's is longer.

    Raises: ShapeError for sizes that do not fit, with both operands and axes.
    """
    found: dict[Any, Any] = {}
    first: dict[Any, tuple[int, int]] = {}  # the operand and the axis that a size is from
    for number, (named, shape) in enumerate(zip(labels, shapes, strict=True)):
        for axis, (label, size) in enumerate(zip(named, shape, strict=True)):
            have = found.get(label)
            within = label in first and first[label][0] == number
            if have is None or (not within and is_one(have)) or (have is UNKNOWN and size != 1):
                found[label], first[label] = size, (number, axis)
            elif not (fits(have, size) or (is_one(size) and not within)):
                refuse_sizes(subscripts, label, shapes, (first[label], (number, axis)))
    return found


def is_one(size: Any) -> bool:
    """Tell whether a size is 1, and not one that has a name only."""
    return isinstance(size, int) and size == 1


def refuse_sizes(
    subscripts: str, label: Any, shapes: Sequence[Shape], places: tuple[tuple[int, int], ...]
) -> NoReturn:
    """Raise the error for one label with two sizes."""
    called = f"index {label!r}" if isinstance(label, str) else "an axis under '...'"
    told = [
        f"{shapes[number][axis]} along axis {axis} of operand {number + 1}, "
        f"of shape {in_words(shapes[number])}"
        for number, axis in places
    ]
    raise ShapeError(
        f"einsum({subscripts!r}): {called} has size {told[0]}, and {told[1]}. "
        "One letter is one size: make these the same, or give one axis a letter of its own."
    )


def shape_by(subscripts: str, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of the value.

    >>> shape_by("ij,jk->ik", [(2, 3), (3, 4)])
    (2, 4)
    """
    labels, output = labelled(subscripts, tuple(map(len, shapes)))
    sizes = sizes_by(subscripts, labels, shapes)
    return tuple([sizes[label] for label in output])


def letters_of(labels: Sequence[Labels], output: Labels) -> str | None:
    """Return subscripts with a letter for each label; None where there are not enough letters.

    >>> letters_of([(-1, "i"), ("i", "z")], (-1, "z"))
    'ab,bc->ac'
    """
    distinct = list(dict.fromkeys([label for named in labels for label in named]))
    if len(distinct) > len(ascii_letters):
        return None
    letter = dict(zip(distinct, ascii_letters, strict=False))
    written = ["".join([letter[label] for label in named]) for named in (*labels, output)]
    return f"{','.join(written[:-1])}->{written[-1]}"
