"""An operation with several values, or over them, seen as one that takes and gives single arrays.

So whoever compares values with derivatives need not know of Bundles. It knows no operation by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any

from chainrule.engine.bundle import Bundle
from chainrule.language.parts import names_of, part

__all__ = ["OneValue", "flat", "views_of"]


class OneValue:
    """One value of an operation as a function of arrays: what a check asks an operation for.

    number: of the value, None where the operation has one only; count: of all its values. layout:
    for each operand, of how many values it is a Bundle; None for a single one.
    """

    __slots__ = ("count", "kind", "layout", "number")

    meaning = None  # of all the values together

    def __init__(
        self, kind: Any, number: int | None, count: int, layout: Sequence[int | None]
    ) -> None:
        self.kind, self.number, self.count, self.layout = kind, number, count, tuple(layout)

    @property
    def keywords(self) -> dict[str, Any]:
        """The attributes that the operation has."""
        found: dict[str, Any] = self.kind.keywords
        return found

    @property
    def __name__(self) -> str:
        """The operation's name, and the number of the value."""
        return str(self.kind.__name__) + (f"[{self.number}]" if self.number is not None else "")

    @property
    def takes_bundles(self) -> bool:
        """Whether no variable can stand for an operand."""
        return any(count is not None for count in self.layout)

    def of(self, leaves_and_attributes: tuple[Any, ...]) -> Any:
        """Build the node of this value over others."""
        whole = self.kind.of(leaves_and_attributes)
        if self.number is None:
            return whole
        name = names_of(whole)[self.number] if names_of(whole) else str(self.number)
        return part(whole, number=self.number, count=self.count, name=name)

    def together(self, operands: Sequence[Any]) -> list[Any]:
        """Put the arrays that belong to one operand back into it; attributes follow as they are."""
        found: list[Any] = []
        rest = list(operands)
        for count in self.layout:
            if count is None:
                found.append(rest.pop(0))
            else:
                found.append(Bundle(rest[:count]))
                del rest[:count]
        return [*found, *rest]

    def chosen(self, whole: Any) -> Any:
        """Return this value of all."""
        return whole if self.number is None else whole[self.number]

    def on_array(self, *operands: Any) -> Any:
        """Compute the value."""
        return self.chosen(self.kind.on_array(*self.together(operands)))

    def shape(self, *shapes: Any) -> Any:
        """Foretell its shape."""
        return self.chosen(self.kind.shape(*self.together(shapes)))

    def pull(self, g: Any, y: Any, *operands: Any) -> list[Any]:
        """Pull what flows into this value alone, to each array."""
        taken = self.together(operands)
        whole = y
        if self.number is not None:
            whole = self.kind.on_array(*taken)
            g = Bundle.of_one(g, self.number, len(whole))
        found: list[Any] = []
        cotangents = self.kind.pull(g, whole, *taken)
        for count, cotangent in zip(self.layout, cotangents, strict=True):
            made = cotangent() if isinstance(cotangent, FunctionType) else cotangent
            if count is None:
                found.append(made)
            else:
                found += [0 if item is None else item for item in made]
        return found

    def push(self, tangents: Sequence[Any], y: Any, *operands: Any) -> Any:
        """Push tangents of the arrays to this value."""
        taken = self.together(operands)
        whole = y if self.number is None else self.kind.on_array(*taken)
        moved = [
            None if type(item) is Bundle and not any(x is not None for x in item) else item
            for item in self.together(tangents)
        ]
        found = self.chosen(self.kind.push(moved, whole, *taken))
        return 0 if found is None else found


def views_of(kind: Any, value: Any, operands: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """List what stands for an operation, and its value there, one for each of its values."""
    layout = [len(item) if type(item) is Bundle else None for item in operands]
    if type(value) is Bundle:
        for number, item in enumerate(value):
            yield OneValue(kind, number, len(value), layout), item
    elif any(count is not None for count in layout):
        yield OneValue(kind, None, 1, layout), value
    else:
        yield kind, value


def flat(operands: Sequence[Any]) -> tuple[Any, ...]:
    """List the arrays of all operands, those of a Bundle one by one."""
    return tuple(
        [array for item in operands for array in (item if type(item) is Bundle else [item])]
    )
