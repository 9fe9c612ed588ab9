"""`Graph`: the picture of a formula and of the two passes through it, in every form.

The numbers are those of the sweep that answers `diff`. Each form has a module of its own, loaded
when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chainrule.draw import build
from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode, Path
from chainrule.draw.folding import LIMIT, folded, unfolded
from chainrule.draw.frame import framed
from chainrule.draw.options import Direction, EdgeText, Theme
from chainrule.draw.rows import ROWS, row_by_row
from chainrule.language.expression import expression, name_of
from chainrule.report import chosen

__all__ = ["Graph", "graph"]


class Graph(ComputationGraph):
    """The computation graph of an expression: nodes, edges, local derivatives, paths; a picture.

    Displayed as an SVG picture in a notebook. Source: course deck B, "Computation Graph".

    >>> from chainrule import expression, named
    >>> a, b, c = expression("a"), expression("b"), expression("c")
    >>> L = named("L", c * named("e", a + named("d", 2 * b)))
    >>> found = L.graph({"a": 1, "b": 2, "c": 3}, wrt="b")
    >>> found.node("d").value, found.node("d").adjoint
    (4.0, 3.0)
    >>> [[edge.local for edge in path.edges] for path in found.paths("b")]
    [[2.0, 1.0, 3.0]]
    """

    __slots__ = ("_whole", "root", "values")

    def __init__(
        self,
        nodes: Sequence[GraphNode],
        edges: Sequence[GraphEdge],
        output: str,
        wrt: str | None = None,
        notes: Sequence[str] = (),
        along: Callable[[Sequence[tuple[int, int]]], Any] | None = None,
        *,
        root: expression,
        values: Any = None,
        whole: Graph | None = None,
    ) -> None:
        super().__init__(nodes, edges, output, wrt, notes, along)
        self.root = root
        self.values = values
        self._whole = whole

    @property
    def whole(self) -> Graph:
        """The graph that this one was folded from; itself if it was not."""
        return self if self._whole is None else self._whole

    def only(self, which: Iterable[Any]) -> Graph:
        """Return the graph cut down to some nodes, by name or id, and the edges between them.

        The output stays, whether it is named or not.
        """
        kept = {self.node(item).id for item in which} | {self.output}
        nodes = [node for node in self.nodes if node.id in kept]
        edges = [edge for edge in self.edges if edge.tail in kept and edge.head in kept]
        whole = None
        if self.whole is not self:
            whole = self.whole.only([item for node in nodes for item in node.members or (node.id,)])
        return self._drawn_as(nodes, edges, self.output, self.notes, whole)

    def _drawn_as(
        self,
        nodes: Sequence[GraphNode],
        edges: Sequence[GraphEdge],
        output: str,
        notes: Sequence[str],
        whole: Graph | None,
    ) -> Graph:
        return Graph(
            nodes,
            edges,
            output,
            self.wrt,
            notes,
            self._along,
            root=self.root,
            values=self.values,
            whole=whole,
        )

    def fold(self, limit: int = LIMIT) -> Graph:
        """Return the graph with at most so many nodes, the others folded into groups.

        Sums of many terms become one step, like parts one part with its count, chains of a pattern
        their first and last repeat, named steps boxes; what is then too large becomes boxes of what
        lies between output and inputs. A graph that is small enough stays as it is. The output and
        what is differentiated by are kept. A group lists its members; it has the value and the
        derivative of its last step, and as arrays those of like parts.
        Raises: ValueTypeError for a limit that is no whole number from 8.

        >>> rows = range(1000)
        >>> m, b = expression("m"), expression("b")
        >>> loss = sum((expression(f"y{i}") - (m * expression(f"x{i}") + b)) ** 2 for i in rows)
        >>> small = loss.graph().fold()
        >>> [(node.name, node.symbol, node.count) for node in small.nodes if node.count > 1][-2:]
        [('s4 … s4999', '□²', 1000), ('s5000', 'Σ', 1001)]
        """
        found = folded(self, self.whole, limit)
        if found is None:
            return self
        note = (
            f"{len(self.whole):,} nodes are drawn as {len(found[0]):,}: "
            "unfold() gives all of them back, and unfold(name) those of one group."
        )
        return self._drawn_as(*found, [*self.whole.notes, note], self.whole)

    def unfold(self, which: Any = None) -> Graph:
        """Return the folded graph with the nodes of one group given back, or of all.

        which: a group, or a step or variable in one, by name or id; None for all.
        Raises: UnknownVariable for what is in no group and no node either.

        >>> x, long = expression("x"), expression("c")
        >>> for _ in range(200):
        ...     long = long * x + 1
        >>> small = long.graph().fold()
        >>> len(small), len(small.unfold("s42")), len(small.unfold())
        (7, 402, 402)
        """
        found = None if which is None else unfolded(self, self.whole, which)
        if found is None:
            return self.whole
        return self._drawn_as(*found, self.notes, self.whole)

    def unfold_rows(self, limit: int = ROWS) -> Graph:
        """Return the graph of a loss over a table with nodes for every row, of at most so many.

        Each node of a column becomes one a row, x[0], x[1], ..., with its own value and derivative;
        a sum or mean is reached by an edge from each. Of a longer table the rows between the first
        ones and the last are one node, ⋮.
        Raises: ShapeError where the arrays are no columns of one table or a step does not take each
        row by itself; ValueTypeError for a limit that is no whole number from 3.

        >>> from chainrule import mean
        >>> m, x, y = expression("m"), expression("x"), expression("y")
        >>> values = {"x": [1.0, 2, 3], "y": [2.0, 3, 5], "m": 1}
        >>> found = mean((y - m * x) ** 2).graph(values, wrt="m").unfold_rows()
        >>> [round(path.contribution, 3) for path in found.paths("m")]
        [-0.667, -1.333, -4.0]
        """
        nodes, edges, notes = row_by_row(self.whole, limit)
        return Graph(
            nodes,
            edges,
            self.whole.output,
            self.wrt,
            notes,
            root=self.root,
            values=self.values,
        )

    def _within(self, limit: int | None) -> Graph:
        return self if limit is None else self.fold(limit)

    def to_svg(
        self,
        *,
        theme: Theme = "auto",
        direction: Direction = "right",
        edges: EdgeText = "both",
        paths: Path | Sequence[Path] | None = None,
        title: str = "",
        legend: bool = True,
        limit: int | None = LIMIT,
    ) -> str:
        """Return the graph as an SVG picture: one self-contained text, the same on every machine.

        theme: "light", "dark", or "auto" for what the reader prefers. direction: of the data,
        "right" or "down". edges: what stands at an edge, the "formula" of the local derivative, its
        "number", or "both" where they are short. paths: those to light, from `paths`; unless given,
        those of `wrt`, each with a stroke of its own up to six. title: written above. legend: what
        the signs mean, what each path adds, and the notes, below. limit: a graph of more nodes is
        drawn as `fold` folds it, and a note says so; None to draw all, as with `paths`.
        Raises: ValueTypeError for an option that there is not.

        >>> x, y = expression("x"), expression("y")
        >>> picture = (x * y + x).graph({"x": 2, "y": 3}, wrt="x").to_svg(title="Two paths")
        >>> "path 1: 1 · 3 = 3" in picture, "∂s2/∂x = 3 + 1 = 4" in picture
        (True, True)
        """
        from chainrule.draw.picture import svg  # noqa: PLC0415 - loaded when asked for

        return svg(
            self._within(limit if paths is None else None),
            theme=theme,
            direction=direction,
            edges=edges,
            paths=paths,
            title=title,
            legend=legend,
        )

    def to_png(
        self,
        path: str | os.PathLike[str],
        *,
        theme: Theme = "light",
        scale: float = 2.0,
        direction: Direction = "right",
        edges: EdgeText = "both",
        paths: Path | Sequence[Path] | None = None,
        title: str = "",
        legend: bool = True,
        limit: int | None = LIMIT,
    ) -> None:
        """Write the picture of `to_svg` into a PNG file, for slides.

        theme: "light" or "dark" ("auto" is light). scale: dots to a unit of the SVG. The other
        options are those of `to_svg`.
        Raises: MissingExtra without the extra `png`; FileFormatError for another extension;
        ValueTypeError for an option that there is not, or more than 100 million dots.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     target = Path(folder) / "square.png"
        ...     (expression("x") ** 2).graph({"x": 3}).to_png(target)
        ...     target.read_bytes()[1:4]
        b'PNG'
        """
        from chainrule.draw.picture.png import write_png  # noqa: PLC0415 - loaded when asked for

        picture = self.to_svg(
            theme=theme,
            direction=direction,
            edges=edges,
            paths=paths,
            title=title,
            legend=legend,
            limit=limit,
        )
        write_png(picture, path, scale)

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, limit: int | None = LIMIT
    ) -> str:
        """Return one HTML page: the picture, both passes step by step, sliders for the inputs.

        It needs nothing but a browser: no network, no script or font from elsewhere. The numbers
        that a slider moves are computed by JavaScript written from the expression; where that
        cannot be, the page says why and its numbers are fixed. Without values it chooses some.
        path: of a file to write it to as well. limit: a graph of more nodes is drawn as `fold`
        folds it, and its numbers are fixed; None to draw all.
        Raises: FileFormatError for an extension other than .html and .htm.

        >>> x, y = expression("x"), expression("y")
        >>> page = (x * y).graph({"x": 2, "y": 3}).to_html()
        >>> "<title>s1 = x·y</title>" in page
        True
        """
        from chainrule.draw.page import page, write_page  # noqa: PLC0415 - loaded when asked for

        text = page(self._within(limit), self.root, self.values)
        if path is not None:
            write_page(text, path)
        return text

    def to_text(self, *, limit: int | None = LIMIT) -> str:
        """Return the graph drawn in Unicode, for a terminal: a line a step, the output first.

        limit: a graph of more nodes is drawn as `fold` folds it; None to draw all.

        >>> from chainrule import expression
        >>> x, y = expression("x"), expression("y")
        >>> print((x * y).graph({"x": 2, "y": 3}).to_text())
        ●    s1 = x·y  → 6  ← 1
        ├─╮    ∂s1/∂x = y = 3,  ∂s1/∂y = x = 2
        │ ○  y         → 3  ← 2
        ○    x         → 2  ← 3
        """
        from chainrule.draw.terminal import terminal  # noqa: PLC0415 - loaded when asked for

        return terminal(self._within(limit))

    def to_dot(self) -> str:
        """Return the graph in DOT, the language of Graphviz.

        >>> print(expression("x").graph().to_dot())  # doctest: +ELLIPSIS
        digraph {
        ...
        """
        from chainrule.draw.texts import dot  # noqa: PLC0415 - loaded when asked for

        return dot(self)

    def to_mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart, which Markdown pages draw.

        >>> print(expression("x").graph().to_mermaid())
        flowchart LR
          n0(["x"])
        <BLANKLINE>
        """
        from chainrule.draw.texts import mermaid  # noqa: PLC0415 - loaded when asked for

        return mermaid(self)

    def to_tikz(self) -> str:
        r"""Return the graph as a TikZ picture, for LaTeX with the packages tikz and amsmath.

        >>> print(expression("x").graph().to_tikz())  # doctest: +ELLIPSIS
        \begin{tikzpicture}[
        ...
        """
        from chainrule.draw.texts import tikz  # noqa: PLC0415 - loaded when asked for

        return tikz(self)

    def to_json(self) -> str:
        """Return the graph as JSON: nodes and edges with all their numbers.

        NaN and infinity are the strings "NaN", "Infinity" and "-Infinity".

        >>> import json
        >>> json.loads(expression("x").graph({"x": 2}).to_json())["nodes"][0]["value"]
        2.0
        """
        from chainrule.draw.texts import json_text  # noqa: PLC0415 - loaded when asked for

        return json_text(self)

    def to_networkx(self) -> Any:
        """Return the graph as a `networkx.MultiDiGraph`, its numbers as attributes.

        Raises: MissingExtra when networkx is not installed.

        >>> (expression("x") ** 2).graph().to_networkx().number_of_edges()
        1
        """
        from chainrule.draw.texts import networkx_graph  # noqa: PLC0415 - loaded when asked for

        return networkx_graph(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        picture = self.to_svg()
        found = {
            "text/plain": self.to_text(),
            "image/svg+xml": picture,
            "text/html": framed(self.to_html(), repr(self), picture),
        }
        return chosen(found, include, exclude)

    def __repr__(self) -> str:
        return f"<Graph of {self.root.to_text(limit=60)}: {len(self)} nodes, depth {self.depth}>"


def graph(root: expression, values: Any = None, wrt: str | expression | None = None) -> Graph:
    """Return the computation graph of an expression, with numbers where there are values.

    values: as for `eval`; None for a graph without numbers, as is one whose values do not cover
    every variable (its notes say which). wrt: the variable or step to differentiate by, whose paths
    are lit; None for all variables.
    Raises: UnknownVariable for `wrt`; as `eval`.

    >>> from chainrule import expression, sin
    >>> x, y, z = expression("x"), expression("y"), expression("z")
    >>> found = graph(sin((x + y) * z), {"x": 1, "y": 2, "z": 3})
    >>> [(node.symbol, node.value) for node in found.nodes if node.kind == "operation"][:2]
    [('+', 3.0), ('×', 9.0)]
    """
    name = None if wrt is None else name_of(wrt)
    record, steps, notes = build.numbers_for(root, values, name)
    on_path = build.steps_on_paths(steps.program, name)
    return Graph(
        build.nodes_of(steps, record, on_path),
        build.edges_of(steps, record, on_path),
        build.output_of(steps),
        name,
        notes,
        None if record is None or record.notes else record.along,
        root=root,
        values=None if record is None else values,
    )
