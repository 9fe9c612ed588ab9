"""Sentences that know the values in them: a text in every way, whose numbers can be reached.

May import how numbers are written; it must not know what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string import Formatter
from types import MappingProxyType
from typing import Any, Self

from chainrule.report.numerals import number_text

__all__ = ["Sentence", "counted", "joined"]


class Sentence(str):
    """A text made of a template and the values that stand in it, which stay at hand as `fields`.

    template: as of `str.format`, with fields by name; {value!n} writes a number or an array as
    people read them, {text!c} and {text!l} begin with a large and a small letter. A value may be a
    sentence itself, with values of its own.

    >>> said = Sentence("the loss went from {first:.3g} to {last!n}.", first=2 / 3, last=0.25)
    >>> said, said.fields["first"] == 2 / 3
    ('the loss went from 0.667 to 0.25.', True)
    """

    __slots__ = ("fields", "template")

    fields: Mapping[str, Any]
    template: str

    def __new__(cls, template: str, /, **fields: Any) -> Self:
        """Fill the template in."""
        made = super().__new__(cls, "".join(pieces(template, fields)))
        made.template, made.fields = template, MappingProxyType(fields)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.template, dict(self.fields))


# Many sentences have one template: of each cell of a column, of each step of an explanation.
parsed = lru_cache(maxsize=1_000)(lambda template: tuple(Formatter().parse(template)))
CONVERSIONS: dict[str | None, Callable[[Any], Any]] = {
    None: lambda value: value,
    "n": number_text,
    "r": repr,
    "c": lambda text: text[:1].upper() + text[1:],
    "l": lambda text: text[:1].lower() + text[1:],
}


def pieces(template: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """Write the words of a template and the values between them."""
    for words, name, written, conversion in parsed(template):
        yield words
        if name is not None:
            yield format(CONVERSIONS[conversion](fields[name]), written or "")


def restored(template: str, fields: dict[str, Any]) -> Sentence:
    """Build a pickled sentence again."""
    return Sentence(template, **fields)


def joined(parts: Iterable[str], between: str = " ") -> Sentence:
    """Join texts and sentences to one sentence, whose fields are these, from "part0" on.

    >>> joined(["a", Sentence("b{n}", n=1)], ", ").fields["part1"].fields["n"]
    1
    """
    fields = {f"part{place}": part for place, part in enumerate(parts)}
    return Sentence(between.join(f"{{{name}}}" for name in fields), **fields)


def counted(count: int, word: str) -> Sentence:
    """Write how many there are of something.

    >>> counted(1, "epoch"), counted(2_000, "epoch")
    ('1 epoch', '2,000 epochs')
    """
    return Sentence("{count:,} {word}", count=count, word=word + "s" * (count != 1))
