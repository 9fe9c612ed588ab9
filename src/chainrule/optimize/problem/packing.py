"""Parameters of any shapes as one flat vector, and back: their names, shapes and places.

May import the language; it must not know what the parameters are for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import name_of
from chainrule.language.values import as_number, listed
from chainrule.tables.columns import Floats

__all__ = ["Packing"]

WANTED = 'For instance {"m": 0.0, "w": [0.0, 0.0]}.'


class Packing:
    """The names and shapes of parameters, and the flat vector (n,) that stands for them.

    parameters: by name (or by variable), numbers and arrays; their shapes are what is packed, in
    the order given.
    Raises: ValueTypeError for what is no mapping to real numbers, or is empty.

    >>> packing = Packing({"m": 2.0, "w": [3.0, 4.0]})
    >>> packing.elements
    ['m', 'w[0]', 'w[1]']
    >>> packing.pack({"m": 5, "w": [6, 7]})
    array([5., 6., 7.])
    >>> packing.unpack(np.array([5.0, 6.0, 7.0]))
    {'m': 5.0, 'w': array([6., 7.])}
    """

    __slots__ = ("places", "shapes", "size")

    def __init__(self, parameters: Mapping[Any, Any]) -> None:
        if not isinstance(parameters, Mapping):
            raise ValueTypeError(
                f"parameters must be a mapping from names to the numbers or arrays to start from, "
                f"not {type(parameters).__name__}. {WANTED}"
            )
        if not parameters:
            raise ValueTypeError(f"there are no parameters to move. Give at least one. {WANTED}")
        self._lay_out(
            {
                name_of(key): () if type(value) is float else np.shape(real(name_of(key), value))
                for key, value in parameters.items()
            }
        )
        if not self.size:
            name, shape = next(iter(self.shapes.items()))
            raise ShapeError(
                f"the parameter {name!r} has shape {shape}: it has no elements to move. "
                "Start it from as many numbers as the loss needs."
            )

    def _lay_out(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self.shapes = shapes
        ends = [0, *accumulate(map(math.prod, shapes.values()))]
        self.places = dict(zip(shapes, pairwise(ends), strict=True))
        self.size = ends[-1]

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> Packing:
        """Return the packing of parameters of these shapes.

        >>> Packing.of({"m": (), "w": (2,)}).elements
        ['m', 'w[0]', 'w[1]']
        """
        made = object.__new__(cls)
        made._lay_out(dict(shapes))
        return made

    @property
    def names(self) -> list[str]:
        """The names of the parameters, in the order of the vector.

        >>> Packing({"w": [1.0, 2.0], "b": 0.0}).names
        ['w', 'b']
        """
        return list(self.shapes)

    @property
    def elements(self) -> list[str]:
        """The name of every element of the vector.

        >>> Packing({"a": [[1.0, 2.0]]}).elements
        ['a[0, 0]', 'a[0, 1]']
        """
        return [
            name + (f"[{', '.join(map(str, place))}]" if place else "")
            for name, shape in self.shapes.items()
            for place in (np.ndindex(shape) if shape else [()])
        ]

    def pack(self, parameters: Mapping[Any, Any]) -> Floats:
        """Return the vector of these parameters; a number stands for all elements of an array.

        Raises: UnknownVariable for a name too many or too few, ShapeError, ValueTypeError.

        >>> Packing({"w": [0.0, 0.0]}).pack({"w": 1})
        array([1., 1.])
        """
        given = {name_of(key): value for key, value in parameters.items()}
        for name in given:
            if name not in self.shapes:
                raise UnknownVariable(
                    f"there is no parameter {name!r}. The parameters: {listed(self.shapes)}."
                    f"{closest(name, self.shapes)}"
                )
        vector = np.empty(self.size)
        for name, (start, end) in self.places.items():
            if name not in given:
                raise UnknownVariable(
                    f"no value for the parameter {name!r}. Given: {listed(given)}."
                    f"{closest(name, given)}"
                )
            value = given[name]
            if type(value) is float and not self.shapes[name]:
                vector[start] = value
                continue
            value = real(name, value)
            if np.shape(value) not in ((), self.shapes[name]):
                raise ShapeError(
                    f"the parameter {name!r} has shape {self.shapes[name]}, but what was given "
                    f"has shape {np.shape(value)}. Give an array of the parameter's shape, or a "
                    "number for all elements."
                )
            vector[start:end] = np.ravel(value)
        return vector

    def unpack(self, vector: Floats) -> dict[str, Any]:
        """Return the parameters by name: Python floats, and arrays that are the caller's own.

        >>> Packing({"m": 0.0}).unpack(np.array([2.0]))
        {'m': 2.0}
        """
        return {
            name: part.copy() if part.ndim else float(part)
            for name, part in self.views(vector).items()
        }

    def views(self, vector: Floats) -> dict[str, Any]:
        """Return the parts of a vector in their shapes: windows on it, and NumPy numbers.

        >>> Packing({"m": 0.0}).views(np.array([2.0]))["m"] == 2
        np.True_
        """
        return {
            name: vector[start:end].reshape(shape) if shape else vector[start]
            for (name, shape), (start, end) in zip(
                self.shapes.items(), self.places.values(), strict=True
            )
        }


def real(name: str, value: Any) -> Any:
    """Return a number or an array as floats.

    Raises: ValueTypeError for text, None, a truth value or a complex number.
    """
    number = as_number(name, value)
    if np.iscomplexobj(number):
        raise ValueTypeError(
            f"the value of {name!r} is complex, and what is made smaller moves along real numbers. "
            "Give its real and its imaginary part as two parameters."
        )
    return np.asarray(number, dtype=np.float64) if np.ndim(number) else float(number)
