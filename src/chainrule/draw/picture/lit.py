"""Which paths of a graph a picture lights, and what each of them adds to the derivative.

Knows paths and numbers, nothing of strokes and places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode, Path
from chainrule.draw.picture.numbers import brief
from chainrule.draw.symbols import on_one_line
from chainrule.errors import UnknownVariable, ValueTypeError
from chainrule.report import pretty

__all__ = ["Lit", "lit_paths"]

MOST = 6  # paths with a stroke of their own
LONGEST_NAME = 24  # in letters


@dataclass(frozen=True, slots=True)
class Lit:
    """What is lit: paths with a stroke each, and lines that say what they add up to.

    strokes: edge -> the numbers of the paths along it. dim: whether the rest is dimmed, and nodes:
    the ids that are not. summary: the sum, as the last line of the legend.
    """

    lines: tuple[str, ...] = ()
    summary: str = ""
    strokes: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    dim: bool = False
    nodes: frozenset[str] = frozenset()

    def along(self, edge: GraphEdge) -> Sequence[int]:
        """Return the numbers of the paths along an edge."""
        return self.strokes.get((edge.tail, edge.head, edge.number), ())


def lit_paths(graph: ComputationGraph, paths: Path | Sequence[Path] | None) -> Lit:
    """Light the paths asked for, or those from what the graph was differentiated by.

    Raises: ValueTypeError for what is no path of a graph.
    """
    if paths is not None:
        asked = [paths] if isinstance(paths, Path) else list(paths)
        for item in asked:
            if not isinstance(item, Path):
                raise ValueTypeError(
                    f"paths must be a path of the graph, or several, not {item!r}. "
                    'Take them from graph.paths("x").'
                )
        return _lit(graph, asked[:MOST], len(asked), "")
    if graph.wrt is None:
        return Lit()
    try:
        start = graph.node(graph.wrt).id
    except UnknownVariable:  # folded away: what leads to it is known of each edge all the same
        return _by_edges(graph, "")
    count = graph.count_paths(start)
    if count > MOST:
        return _by_edges(graph, _many(graph, start, count))
    return _lit(graph, graph.paths(start) if count else (), count, start)


def _lit(graph: ComputationGraph, paths: Sequence[Path], count: int, start: str) -> Lit:
    strokes: dict[tuple[str, str, int], list[int]] = {}
    for number, item in enumerate(paths):
        for edge in item.edges:
            strokes.setdefault((edge.tail, edge.head, edge.number), []).append(number)
    nodes = frozenset(node for item in paths for node in item.nodes) | {start, graph.output}
    if count == 1 and start:  # its product is the derivative
        told, product = derivative(graph, start), _product(graph, paths[0])
        lines = [told if product == told else f"{told} = {product}"]
        return Lit(tuple(lines), "", strokes, dim=True, nodes=nodes)
    numbers = [f" {number}" for number in range(1, count + 1)] if count > 1 else [""]
    lines = [
        f"path{tag}: {_product(graph, item)}" for tag, item in zip(numbers, paths, strict=False)
    ]
    more = f"{count - len(paths)} more paths are not drawn" if count > len(paths) else ""
    summary = more or (_sum(graph, start, paths) if start else "")
    return Lit(tuple(lines), summary, strokes, dim=True, nodes=nodes)


def _by_edges(graph: ComputationGraph, summary: str) -> Lit:
    lit = [edge for edge in graph.edges if edge.on_path]
    strokes = {(edge.tail, edge.head, edge.number): [0] for edge in lit}
    nodes = frozenset(end for edge in lit for end in (edge.tail, edge.head))
    return Lit((), summary, strokes, dim=True, nodes=nodes | {graph.output})


def derivative(graph: ComputationGraph, start: str) -> str:
    """Write the derivative of the output by a node."""
    return f"∂{brief_name(graph.node(graph.output))}/∂{brief_name(graph.node(start))}"


def brief_name(node: GraphNode) -> str:
    """Return the name of a node, cut where it is long; of a constant, its value."""
    return on_one_line(node.name or node.symbol, LONGEST_NAME)


def _many(graph: ComputationGraph, start: str, count: int) -> str:
    adjoint = graph.node(start).adjoint
    told = f"{count:,} paths; their shares sum to {derivative(graph, start)}"
    return told if adjoint is None else f"{told} = {brief(adjoint)}"


def _product(graph: ComputationGraph, path: Path) -> str:
    """Write the product along a path, from the output back as the chain rule goes."""

    def formula(edge: GraphEdge) -> str:
        ends = (brief_name(graph.node(end)) for end in (edge.head, edge.tail))
        return pretty(edge.formula) or "∂{}/∂{}".format(*ends)

    back = path.edges[::-1]
    share = "" if path.contribution is None else brief(path.contribution)
    if share and all(_is_scalar(edge.local) for edge in back):
        factors = [brief(edge.local) for edge in back]
    else:
        factors = [formula(edge) for edge in back]
    product = " · ".join(_bracketed(factor, is_first=not at) for at, factor in enumerate(factors))
    return product + f" = {share}" * (bool(share) and share != product)


def _is_scalar(number: Any) -> bool:
    return number is not None and np.shape(number) == ()


def _bracketed(factor: str, *, is_first: bool) -> str:
    """Put brackets round a factor that needs them in a product."""
    needed = (
        any(sign in factor[1:] for sign in "+−/ ")
        and not factor.startswith("∂")
        and not factor.startswith("[")
    )
    return f"({factor})" if needed or (factor.startswith("−") and not is_first) else factor


def _sum(graph: ComputationGraph, start: str, paths: Sequence[Path]) -> str:
    """Write the derivative as the sum of what the paths add."""
    told = derivative(graph, start)
    if start == graph.output:
        return f"{told} = 1"
    if not paths:
        return f"{told} = 0: no path"
    shares = [path.contribution for path in paths]
    terms = [
        f"path {number + 1}" if share is None else brief(share)
        for number, share in enumerate(shares)
    ]
    terms[1:] = [f"({term})" if term.startswith("−") else term for term in terms[1:]]
    adjoint = graph.node(start).adjoint
    total = "" if adjoint is None else f" = {brief(adjoint)}"
    return f"{told} = {' + '.join(terms)}{total}"
