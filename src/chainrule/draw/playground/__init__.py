"""One HTML page of gradient descent: a landscape, a start to drag, a rate, a race of methods.

Everything is in the text: no network, no fonts or scripts from elsewhere. What is computed in the
page is computed by JavaScript written from the operations' own rules, for any formula that a reader
types.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.draw.frame import framed
from chainrule.draw.page import write_page
from chainrule.draw.playground.document import document
from chainrule.draw.playground.scene import Scene, scene_of

__all__ = ["Playground", "playground"]

SHOWN = 60  # characters of a formula


class Playground:
    """A page of gradient descent, shown by a notebook or written to a file; see `playground`.

    >>> playground("x**2")
    <Playground of x**2 by gradient descent>
    """

    __slots__ = ("_scene",)

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the page as text, and write it to a file if a path is given.

        Raises: FileFormatError for another extension than .html or .htm.

        >>> playground("x**2 + y**2").to_html()[:15]
        '<!doctype html>'
        """
        text = document(self._scene)
        if path is not None:
            write_page(text, path)
        return text

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        page = framed(self.to_html(), f"Gradient descent on {self._scene.formula:.80}")
        return {"text/plain": repr(self), "text/html": page}

    def __repr__(self) -> str:
        formula = self._scene.formula
        shown = formula if len(formula) <= SHOWN else f"{formula[: SHOWN - 3]}..."
        return f"<Playground of {shown} by {self._scene.method}>"


def playground(
    function: Any = None,
    *,
    data: Any = None,
    start: Mapping[str, float] | Sequence[float] | None = None,
    method: str = "gradient descent",
    rate: float | None = None,
    n_epochs: int = 100,
    race: Sequence[str] = (),
    box: Mapping[str, tuple[float, float]] | None = None,
) -> Playground:
    """Return a page on which descent on a function of one or two variables can be played with.

    function: an expression, a formula as text, a landscape or its name; Himmelblau's if not given.
    data: a table whose columns the function names. A quadratic loss becomes a bowl with numbers of
    12 digits, over however many rows; another is written out, so a few dozen rows are the most.
    start: numbers by name, or in the order of the alphabet. method, race: names, as in
    `method_named`; those of the race run beside it. rate: chosen from the curvature if not given.
    box: from where to where the picture goes, by name.
    Everything can be changed in the page, the function too.
    Raises: ParseError for text that is neither; ShapeError for more than two variables or none, or
    more rows than a page can hold;
    OperationError for an operation that the page does not have; SettingError for a setting.

    >>> playground("rosenbrock", method="adam", rate=0.05, race=["momentum"])
    <Playground of 100*(y - x**2)**2 + (1 - x)**2 by adam>
    >>> playground("mean((y - m*x)**2)", data={"x": [1.0, 2.0], "y": [2.0, 5.0]})
    <Playground of 0.1 + 2.5*(m - 2.4)**2 by gradient descent>
    >>> playground("a*b*c")
    Traceback (most recent call last):
    chainrule.errors.ShapeError: a page shows functions of one or two variables, and a*b*c has 3:
    'a', 'b', 'c'. Put numbers in place of the others, or give a table that has them: data=...
    """
    return Playground(
        scene_of(
            function,
            data=data,
            start=start,
            method=method,
            rate=rate,
            n_epochs=n_epochs,
            race=race,
            box=box,
        )
    )
